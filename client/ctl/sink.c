/* SPDX-License-Identifier: MIT */

#include "sink.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "memory.h"

void sink_init(struct sink *sink, int fd) {
        struct stat status;

        *sink = (struct sink){ .fd = fd };
        sink->is_file = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

void sink_deinit(struct sink *sink) {
        buffer_deinit(&sink->pending);
}

/* Whether a write of PIPE_BUF bytes would not block. */
static bool has_room(const struct sink *sink) {
        struct pollfd pollfd = { .fd = sink->fd, .events = POLLOUT };

        return sink->is_file || poll(&pollfd, 1, 0) > 0;
}

/* Writes once. How much went; 0 when interrupted or after an error. */
static size_t write_once(struct sink *sink, const uint8_t *data, size_t size) {
        size_t n_max = sink->is_file ? size : PIPE_BUF;
        ssize_t n = write(sink->fd, data, size < n_max ? size : n_max);

        if (n < 0 && errno != EINTR && errno != EAGAIN)
                sink->error = errno;
        return n > 0 ? (size_t)n : 0;
}

static void keep(struct sink *sink, const void *data, size_t size) {
        size_t room = SINK_KEEP_MAX - buffer_get_length(&sink->pending);

        if (size > room) {
                sink->cut_bytes += size - room;
                size = room;
        }
        if (buffer_append(&sink->pending, data, size) < 0)
                memory_give_up();
}

void sink_push(struct sink *sink, const void *data, size_t size) {
        const uint8_t *at = data;

        while (size > 0 && sink->error == 0 && !sink_is_pending(sink) && has_room(sink)) {
                size_t n = write_once(sink, at, size);

                at += n;
                size -= n;
        }
        if (size > 0 && sink->error == 0)
                keep(sink, at, size);
}

void sink_write(struct sink *sink) {
        while (sink_is_pending(sink) && has_room(sink))
                buffer_consume(&sink->pending,
                               write_once(sink,
                                          buffer_get_data(&sink->pending),
                                          buffer_get_length(&sink->pending)));
        buffer_trim(&sink->pending);
}

bool sink_is_pending(const struct sink *sink) {
        return sink->error == 0 && buffer_get_length(&sink->pending) > 0;
}

void sink_flush(struct sink *sink) {
        while (sink_is_pending(sink)) {
                struct pollfd pollfd = { .fd = sink->fd, .events = POLLOUT };

                if (poll(&pollfd, 1, -1) >= 0)
                        sink_write(sink);
        }
}
