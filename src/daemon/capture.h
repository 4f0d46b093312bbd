/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Captured output: what one task wrote to its standard output and error, in the order in which it came.
 *
 * A capture is a log of records, a word of header and up to 64 KiB of one stream's data each. The first
 * few KiB stay in memory; a longer log goes to an unlinked file. Of a log longer than its limit the head (one half) and
 * the tail (a ring, the other half) are kept:
 *
 *     position   0 ........ head_end   head_max ... tail_begin ........... end
 *                [ records of the head ]            [ records of the tail ]
 *     stored at  position              head_max + (position - head_max) % tail_max
 *
 * A record never lies in both. What could not be stored (the limits, a full disk) still counts in the
 * stream's offsets, so a reader sees exactly which bytes are missing before those it gets.
 *
 * The pool bounds all captures together and says where their files are. A capture has its own lock: the
 * task's thread writes while the I/O thread reads.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/lock.h"
#include "daemon/limits.h"

enum {
        CAPTURE_E_END = 1, /* nothing more, for now */
};

enum {
        CAPTURE_STREAMS = 2, /* 1 and 2, as descriptors are numbered */
        CAPTURE_RECORD_MAX = 64 << 10,
        CAPTURE_MEMORY_MAX = 4 << 10,
};

struct capture_pool {
        struct limits *limits;
        char *directory;
        _Atomic uint64_t used_bytes;
};

struct capture {
        struct capture_pool *pool;
        uint64_t head_max, tail_max; /* bytes, fixed */
        struct lock lock;            /* the fields below */
        uint8_t *memory;
        size_t memory_size;
        int fd; /* -1 while memory holds everything */
        uint64_t head_end, tail_begin, end;
        uint64_t stored_bytes;                  /* held of the pool */
        uint64_t stream_bytes[CAPTURE_STREAMS]; /* written in all, what was cut included */
        bool is_loss_counted;
};

/* Where a reader is. Zero but for read_max: at the begin. */
struct capture_cursor {
        size_t read_max; /* bytes a read may return, at most CAPTURE_RECORD_MAX */
        uint64_t position;
        size_t n_read_of_record;
        uint64_t offsets[CAPTURE_STREAMS]; /* the offset after the last byte got */
};

struct capture_chunk {
        int stream;
        uint64_t offset;    /* of the data in its stream, what was cut included */
        uint64_t cut_bytes; /* missing between what this cursor got before and the data */
        size_t size;
};

struct capture_size {
        uint64_t stream_bytes[CAPTURE_STREAMS];
        uint64_t stored_bytes;
};

/*
 * directory NULL: the first of fallback, $TMPDIR and /tmp that takes a file. 0, or -errno where the
 * directory, or none of them, takes one.
 */
int capture_pool_init(struct capture_pool *pool,
                      struct limits *limits,
                      const char *directory,
                      const char *fallback);
void capture_pool_deinit(struct capture_pool *pool);

/* NULL when out of memory. */
struct capture *capture_new(struct capture_pool *pool);
struct capture *capture_free(struct capture *capture);

/* stream: 1 or 2. 0, or -errno when some of the data was not kept (-ENOSPC for the pool's bound). */
int capture_write(struct capture *capture, int stream, const void *data, size_t size);

/*
 * Reads the next data of a stream (0: of any) into buffer, which has room for the cursor's
 * read_max bytes, and moves the cursor behind it. 0, CAPTURE_E_END, or -errno.
 */
int capture_read(struct capture *capture,
                 struct capture_cursor *cursor,
                 int stream,
                 void *buffer,
                 struct capture_chunk *ret_chunk);

void capture_get_size(struct capture *capture, struct capture_size *ret_size);

DEFINE_CLEANUP(struct capture *, capture_free);
