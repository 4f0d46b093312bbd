/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Protobuf's encoding, one field at a time: bytes in, fields out, nothing allocated. A field is a
 * varint key (number and type) and a value. Numbers are 1 to 2^29 - 1; groups (types 3 and 4) do
 * not exist here, so that nothing nests but what a caller chooses to enter.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum field_type {
        FIELD_VARINT = 0,
        FIELD_FIXED64 = 1,
        FIELD_BYTES = 2,
        FIELD_FIXED32 = 5,
};

enum {
        VARINT_SIZE_MAX = 10,
};

struct field {
        uint32_t number;
        enum field_type type;
        const uint8_t *data; /* the value: the content of bytes, or what stands on the wire */
        size_t size;
        uint64_t varint; /* its value, if it is one; else 0 */
};

/* A varint that was read, and where the next byte stands: NULL where there is no varint. */
struct varint {
        const uint8_t *next;
        uint64_t value;
};

/* What varint_read() does where a varint is longer than a byte. */
struct varint varint_read_long(const uint8_t *at, const uint8_t *end);

/* Reads a varint; there is none where it does not end before end or within 64 bits. */
static inline struct varint varint_read(const uint8_t *at, const uint8_t *end) {
        if (at == end || *at >= 0x80)
                return varint_read_long(at, end);
        return (struct varint){ .next = at + 1, .value = *at };
}

/* Writes value, which takes VARINT_SIZE_MAX bytes at most, and returns where the next byte goes. */
static inline uint8_t *varint_write(uint8_t *at, uint64_t value) {
        while (value >= 0x80) {
                *at++ = (uint8_t)(value | 0x80);
                value >>= 7;
        }
        *at++ = (uint8_t)value;
        return at;
}

/* The bytes that varint_write() takes for value. */
static inline size_t varint_get_size(uint64_t value) {
        /* 7 bits a byte: (bits + 6) / 7, as a multiplication that is exact for 1 to 64 bits. */
        unsigned n_bits = 64 - (unsigned)__builtin_clzll(value | 1);

        return (n_bits * 9 + 64) / 64;
}

/* Reads the field at at, which is before end; returns where the next one stands, NULL for none. */
static inline const uint8_t *
field_read(const uint8_t *at, const uint8_t *end, struct field *ret_field) {
        struct varint key = varint_read(at, end), size;

        if (!key.next || key.value > UINT32_MAX || key.value < 1 << 3)
                return NULL;
        at = key.next;
        ret_field->number = (uint32_t)key.value >> 3;
        ret_field->type = (enum field_type)(key.value & 7);
        switch (ret_field->type) {
        case FIELD_VARINT:
                size = varint_read(at, end);
                if (!size.next)
                        return NULL;
                ret_field->data = at;
                ret_field->size = (size_t)(size.next - at);
                ret_field->varint = size.value;
                return size.next;
        case FIELD_BYTES:
                size = varint_read(at, end);
                if (!size.next)
                        return NULL;
                at = size.next;
                break;
        case FIELD_FIXED64:
                size.value = sizeof(uint64_t);
                break;
        case FIELD_FIXED32:
                size.value = sizeof(uint32_t);
                break;
        default:
                return NULL;
        }
        if (size.value > (size_t)(end - at))
                return NULL;
        ret_field->data = at;
        ret_field->size = size.value;
        ret_field->varint = 0;
        return at + size.value;
}

/*
 * How many varints a field adds to an array: one, or as many as are packed into it; false where it
 * holds something else or its last varint does not end. Whether each ends within 64 bits,
 * varint_read() tells.
 */
static inline bool field_count_varints(const struct field *field, size_t *ret_n) {
        size_t n = 0;

        if (field->type == FIELD_VARINT) {
                *ret_n = 1;
                return true;
        }
        if (field->type != FIELD_BYTES || (field->size > 0 && field->data[field->size - 1] >= 0x80))
                return false;
        for (size_t i = 0; i < field->size; i++)
                n += field->data[i] < 0x80;
        *ret_n = n;
        return true;
}
