/* SPDX-License-Identifier: MIT */

#include "daemon/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/check.h"
#include "base/fault.h"

/*
 * A record's header, one word: the data's offset in its stream above (47 bits), then the stream (1 bit),
 * then the data's size less one (16 bits).
 */
enum {
        HEADER_SIZE = 8,
        HEADER_SIZE_BITS = 16,
        HEADER_OFFSET_SHIFT = 17,
};
static_assert(CAPTURE_RECORD_MAX == 1 << HEADER_SIZE_BITS, "a record's size fits into its header");

struct record {
        int stream;
        uint64_t offset;
        size_t size;
};

static uint64_t record_to_header(const struct record *record) {
        return record->offset << HEADER_OFFSET_SHIFT |
               (uint64_t)(record->stream - 1) << HEADER_SIZE_BITS | (record->size - 1);
}

static struct record record_from_header(uint64_t header) {
        return (struct record){
                .stream = 1 + (int)(header >> HEADER_SIZE_BITS & 1),
                .offset = header >> HEADER_OFFSET_SHIFT,
                .size = (size_t)(header & (CAPTURE_RECORD_MAX - 1)) + 1,
        };
}

/* ---- the pool ---- */

/* An unlinked file in a directory; a file system without O_TMPFILE gets one that is unlinked at once. */
static int directory_open_file(const char *directory, int *ret_fd) {
        char path[4096];
        int fd, n;

        fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
        if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
                n = snprintf(path, sizeof(path), "%s/gcasync-output-XXXXXX", directory);
                if (n < 0 || (size_t)n >= sizeof(path))
                        return fault_raise(-ENAMETOOLONG);
                fd = mkostemp(path, O_CLOEXEC);
                if (fd >= 0)
                        (void)unlink(path);
        }
        if (fd < 0)
                return fault_raise(-errno);
        *ret_fd = fd;
        return 0;
}

static int directory_probe(const char *directory) {
        int fd, r;

        r = directory_open_file(directory, &fd);
        if (r < 0)
                return fault_pass(r);
        (void)close(fd);
        return 0;
}

int capture_pool_init(struct capture_pool *pool,
                      struct limits *limits,
                      const char *directory,
                      const char *fallback) {
        const char *candidates[] = { fallback, getenv("TMPDIR"), "/tmp" };
        int r = -ENOENT;

        *pool = (struct capture_pool){ .limits = limits };
        if (directory)
                r = directory_probe(directory);
        for (size_t i = 0; !directory && i < sizeof(candidates) / sizeof(candidates[0]); i++) {
                if (!candidates[i] || *candidates[i] == '\0')
                        continue;
                r = directory_probe(candidates[i]);
                if (r == 0)
                        directory = candidates[i];
        }
        if (r < 0)
                return fault_pass(r);
        pool->directory = strdup(directory);
        if (!pool->directory)
                return fault_raise(-ENOMEM);
        return 0;
}

void capture_pool_deinit(struct capture_pool *pool) {
        /* Relaxed: by now there is one thread. */
        assert(atomic_load_explicit(&pool->used_bytes, memory_order_relaxed) == 0);
        free(pool->directory);
        pool->directory = NULL;
}

static int capture_pool_take(struct capture_pool *pool, uint64_t size) {
        uint64_t maximum = limits_get(pool->limits, LIMIT_CAPTURE_BYTES);
        /* Relaxed, here and below: a sum that orders nothing; only its own value is decided on. */
        uint64_t used = atomic_fetch_add_explicit(&pool->used_bytes, size, memory_order_relaxed);

        if (used + size <= maximum)
                return 0;
        atomic_fetch_sub_explicit(&pool->used_bytes, size, memory_order_relaxed);
        return fault_raise(-ENOSPC);
}

static void capture_pool_give(struct capture_pool *pool, uint64_t size) {
        atomic_fetch_sub_explicit(&pool->used_bytes, size, memory_order_relaxed);
}

/* ---- life ---- */

struct capture *capture_new(struct capture_pool *pool) {
        struct capture *capture = calloc(1, sizeof(*capture));
        uint64_t size = limits_get(pool->limits, LIMIT_CAPTURE_TASK_BYTES);

        if (!capture)
                return NULL;
        capture->pool = pool;
        capture->head_max = size / 2;
        capture->tail_max = size - size / 2;
        capture->fd = -1;
        lock_init(&capture->lock, LOCK_RANK_OUTPUT);
        return capture;
}

struct capture *capture_free(struct capture *capture) {
        if (!capture)
                return NULL;
        capture_pool_give(capture->pool, capture->stored_bytes);
        if (capture->fd >= 0)
                (void)close(capture->fd);
        lock_deinit(&capture->lock);
        free(capture->memory);
        free(capture);
        return NULL;
}

/* ---- bytes at positions ---- */

/* Where a position is stored, and how many bytes are stored in one run from there. */
static uint64_t
capture_find_place(const struct capture *capture, uint64_t position, uint64_t *ret_run) {
        uint64_t in_tail;

        if (position < capture->head_max) {
                *ret_run = capture->head_max - position;
                return position;
        }
        in_tail = (position - capture->head_max) % capture->tail_max;
        *ret_run = capture->tail_max - in_tail;
        return capture->head_max + in_tail;
}

static int file_write(int fd, uint64_t at, const void *data, size_t size) {
        while (size > 0) {
                ssize_t n = pwrite(fd, data, size, (off_t)at);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return fault_raise(n < 0 ? -errno : -ENOSPC);
                data = (const uint8_t *)data + n;
                at += (uint64_t)n;
                size -= (size_t)n;
        }
        return 0;
}

static int file_read(int fd, uint64_t at, void *data, size_t size) {
        while (size > 0) {
                ssize_t n = pread(fd, data, size, (off_t)at);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        return fault_raise(n < 0 ? -errno : -EIO);
                data = (uint8_t *)data + n;
                at += (uint64_t)n;
                size -= (size_t)n;
        }
        return 0;
}

static int
capture_store(struct capture *capture, uint64_t position, const void *data, size_t size) {
        while (size > 0) {
                uint64_t run, place = capture_find_place(capture, position, &run);
                size_t n = size < run ? size : (size_t)run;
                int r;

                if (capture->fd < 0) {
                        assert(place + n <= capture->memory_size);
                        memcpy(capture->memory + place, data, n);
                } else {
                        r = file_write(capture->fd, place, data, n);
                        if (r < 0)
                                return fault_pass(r);
                }
                data = (const uint8_t *)data + n;
                position += n;
                size -= n;
        }
        return 0;
}

static int capture_load(struct capture *capture, uint64_t position, void *data, size_t size) {
        while (size > 0) {
                uint64_t run, place = capture_find_place(capture, position, &run);
                size_t n = size < run ? size : (size_t)run;
                int r;

                if (capture->fd < 0) {
                        memcpy(data, capture->memory + place, n);
                } else {
                        r = file_read(capture->fd, place, data, n);
                        if (r < 0)
                                return fault_pass(r);
                }
                data = (uint8_t *)data + n;
                position += n;
                size -= n;
        }
        return 0;
}

static int
capture_load_record(struct capture *capture, uint64_t position, struct record *ret_record) {
        uint64_t header;
        int r;

        r = capture_load(capture, position, &header, HEADER_SIZE);
        if (r < 0)
                return fault_pass(r);
        *ret_record = record_from_header(header);
        return 0;
}

/* A record in one call where it is stored in one run, which is nearly always. */
static int
capture_store_record(struct capture *capture, const struct record *record, const void *data) {
        uint64_t header = record_to_header(record);
        uint64_t run, place = capture_find_place(capture, capture->end, &run);
        ssize_t n;
        int r;

        if (capture->fd >= 0 && run >= HEADER_SIZE + record->size) {
                const struct iovec parts[] = {
                        { .iov_base = &header, .iov_len = HEADER_SIZE },
                        { .iov_base = (void *)(uintptr_t)data, .iov_len = record->size },
                };

                n = pwritev(capture->fd, parts, 2, (off_t)place);
                if (n == (ssize_t)(HEADER_SIZE + record->size))
                        return 0;
                /* Cut short or interrupted: the slow way tells why, or mends it. */
        }
        r = capture_store(capture, capture->end, &header, HEADER_SIZE);
        if (r < 0)
                return fault_pass(r);
        r = capture_store(capture, capture->end + HEADER_SIZE, data, record->size);
        return fault_pass(r);
}

/* ---- writing ---- */

static int capture_spill(struct capture *capture) {
        cleanup_(closep) int fd = -1;
        int r;

        r = directory_open_file(capture->pool->directory, &fd);
        if (r < 0)
                return fault_pass(r);
        r = file_write(fd, 0, capture->memory, (size_t)capture->stored_bytes);
        if (r < 0)
                return fault_pass(r);
        free(capture->memory);
        capture->memory = NULL;
        capture->memory_size = 0;
        capture->fd = steal_fd(&fd);
        return 0;
}

static int capture_grow_memory(struct capture *capture, uint64_t size) {
        size_t size_new = capture->memory_size ? capture->memory_size : 256;
        uint8_t *memory;

        while (size_new < size)
                size_new *= 2;
        if (size_new == capture->memory_size)
                return 0;
        memory = realloc(capture->memory, size_new);
        if (!memory)
                return fault_raise(-ENOMEM);
        capture->memory = memory;
        capture->memory_size = size_new;
        return 0;
}

/* Makes room for what is stored up to a position's end: takes it from the pool, in memory or in a file. */
static int capture_make_room(struct capture *capture, uint64_t end) {
        uint64_t size = capture->head_max + capture->tail_max, more;
        int r;

        if (end < size)
                size = end;
        more = size > capture->stored_bytes ? size - capture->stored_bytes : 0;
        r = capture_pool_take(capture->pool, more);
        if (r < 0) {
                limits_count_reached(capture->pool->limits, LIMIT_CAPTURE_BYTES);
                return fault_pass(r);
        }
        if (capture->fd < 0)
                r = size > CAPTURE_MEMORY_MAX ? capture_spill(capture)
                                              : capture_grow_memory(capture, size);
        if (r < 0) {
                capture_pool_give(capture->pool, more);
                return fault_pass(r);
        }
        capture->stored_bytes += more;
        return 0;
}

/* Gives up the oldest records of the tail until size more bytes fit into the ring. */
static int capture_evict(struct capture *capture, uint64_t size) {
        while (capture->end + size - capture->tail_begin > capture->tail_max) {
                struct record record;
                int r;

                r = capture_load_record(capture, capture->tail_begin, &record);
                if (r < 0)
                        return fault_pass(r);
                capture->tail_begin += HEADER_SIZE + record.size;
                if (!capture->is_loss_counted)
                        limits_count_reached(capture->pool->limits, LIMIT_CAPTURE_TASK_BYTES);
                capture->is_loss_counted = true;
        }
        return 0;
}

/* How much of size bytes the next record takes; begins the tail where the head has no room. */
static size_t capture_plan_record(struct capture *capture, size_t size) {
        uint64_t record_max = capture->tail_max / 4 - HEADER_SIZE;

        if (record_max > CAPTURE_RECORD_MAX)
                record_max = CAPTURE_RECORD_MAX;
        if (capture->end <= capture->head_max) {
                uint64_t room = capture->head_max - capture->end;

                if (room <= HEADER_SIZE)
                        capture->end = capture->tail_begin = capture->head_max;
                else if (record_max > room - HEADER_SIZE)
                        record_max = room - HEADER_SIZE;
        }
        return size < record_max ? size : (size_t)record_max;
}

static int
capture_append_locked(struct capture *capture, int stream, const uint8_t *data, size_t *ret_size) {
        struct record record = { .stream = stream,
                                 .offset = capture->stream_bytes[stream - 1],
                                 .size = *ret_size };
        int r = 0;

        lock_assert_held(&capture->lock);
        *ret_size = record.size = capture_plan_record(capture, record.size);
        r = capture_make_room(capture, capture->end + HEADER_SIZE + record.size);
        if (r == 0 && capture->end >= capture->head_max)
                r = capture_evict(capture, HEADER_SIZE + record.size);
        if (r == 0)
                r = capture_store_record(capture, &record, data);
        /* Kept or not, the stream has moved on. */
        capture->stream_bytes[stream - 1] += record.size;
        if (r < 0)
                return fault_pass(r);
        capture->end += HEADER_SIZE + record.size;
        if (capture->end <= capture->head_max)
                capture->head_end = capture->end;
        return 0;
}

int capture_write(struct capture *capture, int stream, const void *data, size_t size) {
        int result = 0;
        LOCK_SCOPE(&capture->lock);

        assert(stream >= 1 && stream <= CAPTURE_STREAMS);
        while (size > 0) {
                size_t n = size;
                int r = capture_append_locked(capture, stream, data, &n);

                if (r < 0)
                        result = r;
                data = (const uint8_t *)data + n;
                size -= n;
        }
        return fault_pass(result);
}

/* ---- reading ---- */

/* Moves the cursor to the next record of the stream (0: any). 0, CAPTURE_E_END or a fault. */
static int capture_seek_locked(struct capture *capture,
                               struct capture_cursor *cursor,
                               int stream,
                               struct record *ret_record) {
        for (;;) {
                int r;

                if (cursor->position >= capture->head_end &&
                    cursor->position < capture->tail_begin) {
                        cursor->position = capture->tail_begin;
                        cursor->n_read_of_record = 0;
                }
                if (cursor->position >= capture->end)
                        return CAPTURE_E_END;
                r = capture_load_record(capture, cursor->position, ret_record);
                if (r < 0)
                        return fault_pass(r);
                if (stream == 0 || ret_record->stream == stream)
                        return 0;
                cursor->position += HEADER_SIZE + ret_record->size;
        }
}

/* Adds the record under the cursor to the chunk, as far as there is room. */
static int capture_take_record_locked(struct capture *capture,
                                      struct capture_cursor *cursor,
                                      const struct record *record,
                                      uint8_t *buffer,
                                      struct capture_chunk *chunk) {
        size_t n_read = cursor->n_read_of_record;
        size_t n = record->size - n_read, room = cursor->read_max - chunk->size;
        int r;

        if (n > room)
                n = room;
        r = capture_load(capture, cursor->position + HEADER_SIZE + n_read, buffer + chunk->size, n);
        if (r < 0)
                return fault_pass(r);
        chunk->size += n;
        cursor->n_read_of_record += n;
        cursor->offsets[record->stream - 1] = record->offset + n_read + n;
        if (cursor->n_read_of_record == record->size) {
                cursor->position += HEADER_SIZE + record->size;
                cursor->n_read_of_record = 0;
        }
        return 0;
}

int capture_read(struct capture *capture,
                 struct capture_cursor *cursor,
                 int stream,
                 void *buffer,
                 struct capture_chunk *ret_chunk) {
        struct capture_chunk chunk = { 0 };
        struct record record;
        int r;
        LOCK_SCOPE(&capture->lock);

        r = capture_seek_locked(capture, cursor, stream, &record);
        if (r != 0)
                return fault_pass(r);
        chunk.stream = record.stream;
        chunk.offset = record.offset + cursor->n_read_of_record;
        chunk.cut_bytes = chunk.offset - cursor->offsets[record.stream - 1];
        do {
                r = capture_take_record_locked(capture, cursor, &record, buffer, &chunk);
                if (r < 0)
                        return fault_pass(r);
                if (chunk.size == cursor->read_max)
                        break;
                r = capture_seek_locked(capture, cursor, stream, &record);
                if (r < 0)
                        return fault_pass(r);
        } while (r == 0 && record.stream == chunk.stream &&
                 record.offset == cursor->offsets[record.stream - 1]);
        *ret_chunk = chunk;
        return 0;
}

void capture_get_size(struct capture *capture, struct capture_size *ret_size) {
        LOCK_SCOPE(&capture->lock);

        for (int i = 0; i < CAPTURE_STREAMS; i++)
                ret_size->stream_bytes[i] = capture->stream_bytes[i];
        ret_size->stored_bytes = capture->stored_bytes;
}
