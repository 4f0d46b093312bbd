/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A growing run of bytes: written at the end, consumed from the front. One owner, one thread.
 * Consuming everything resets it; memory stays until deinit or buffer_trim().
 */

#include <stddef.h>
#include <stdint.h>

struct buffer {
        uint8_t *data;
        size_t begin; /* first byte not yet consumed */
        size_t end;   /* first free byte */
        size_t size_bytes;
};

void buffer_deinit(struct buffer *buffer);

/* Makes room for size more bytes; returns where they go, or NULL (out of memory), nothing changed. */
uint8_t *buffer_reserve(struct buffer *buffer, size_t size);

/* Copies data to the end. 0 or -ENOMEM. */
int buffer_append(struct buffer *buffer, const void *data, size_t size);

/* Gives unused memory back: all of it when the buffer is empty. */
void buffer_trim(struct buffer *buffer);

static inline size_t buffer_get_length(const struct buffer *buffer) {
        return buffer->end - buffer->begin;
}

static inline const uint8_t *buffer_get_data(const struct buffer *buffer) {
        return buffer->data ? buffer->data + buffer->begin : NULL;
}

/* size bytes have been written where buffer_reserve() said. */
static inline void buffer_commit(struct buffer *buffer, size_t size) {
        buffer->end += size;
}

static inline void buffer_consume(struct buffer *buffer, size_t size) {
        buffer->begin += size;
        if (buffer->begin == buffer->end)
                buffer->begin = buffer->end = 0;
}
