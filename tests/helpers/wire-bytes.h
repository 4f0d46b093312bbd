/* SPDX-License-Identifier: MIT */
#pragma once

/* Protobuf's encoding written by hand into a buffer, also where it is wrong on purpose. */

#include <stdint.h>

#include "base/buffer.h"
#include "base/check.h"
#include "wire/field.h"

static inline void bytes_put(struct buffer *buffer, const void *data, size_t size) {
        int r = buffer_append(buffer, data, size);

        assert(r == 0); /* ck_assert() is too slow for millions of these */
}

static inline void bytes_put_varint(struct buffer *buffer, uint64_t value) {
        uint8_t varint[VARINT_SIZE_MAX];

        bytes_put(buffer, varint, (size_t)(varint_write(varint, value) - varint));
}

static inline void bytes_put_key(struct buffer *buffer, uint64_t number, unsigned type) {
        bytes_put_varint(buffer, number << 3 | type);
}

/* A field that is a varint. */
static inline void bytes_put_number(struct buffer *buffer, uint64_t number, uint64_t value) {
        bytes_put_key(buffer, number, FIELD_VARINT);
        bytes_put_varint(buffer, value);
}

/* A field with a length. */
static inline void
bytes_put_field(struct buffer *buffer, uint64_t number, const void *data, size_t size) {
        bytes_put_key(buffer, number, FIELD_BYTES);
        bytes_put_varint(buffer, size);
        bytes_put(buffer, data, size);
}

/* The same, its content being another buffer's. */
static inline void
bytes_put_message(struct buffer *buffer, uint64_t number, const struct buffer *inner) {
        bytes_put_field(buffer, number, buffer_get_data(inner), buffer_get_length(inner));
}
