/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * How a value and an object look.
 *
 * VALUE, one word:
 *
 *     0                  no value
 *     …xxx1              a small integer, 63 bits
 *     …x010              nil, false, true
 *     …x000              the address of an object
 *     …x100, …x110       never a value: free memory in debug builds reads as such
 *
 * OBJECT: one header word, then what it holds. Objects begin at multiples of eight bytes.
 *
 *     bit 0       1: a header; 0: the object has moved, and the word is its new address
 *     bits 1-4    type (enum gca_type for integers that are not small and what follows them, or
 *                 OBJECT_RAW)
 *     bit 5       0: the object lies in a region; 1 is for the store
 *     bit 6       large: it has memory of its own (struct region_large)
 *     bit 7       map: an index follows the entries
 *     bits 8-47   the number of bytes, of elements or of entries
 *     bits 48-63  region: how many scopes were open when it was made (at most OBJECT_DEPTH_MAX); in the store,
 *                 the account that pays for it
 *
 *     int, float  8 bytes
 *     string      the bytes and a NUL
 *     bytes       the bytes
 *     list        the elements
 *     map         the keys, the values, the index (see map.c)
 *     raw         plain memory, or a gap
 *
 * Forwarding takes the header only: what an object holds stays readable where it was, and type and count are
 * to be had from the copy. Mark state is not here: it lies aside.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gcasync/value.h>

#include "base/check.h"

enum {
        VALUE_NIL = 0x02,
        VALUE_FALSE = 0x0a,
        VALUE_TRUE = 0x12,
};

#define VALUE_SMALL_INT_MIN (-((int64_t)1 << 62))
#define VALUE_SMALL_INT_MAX (((int64_t)1 << 62) - 1)

enum {
        OBJECT_RAW = 15,
        OBJECT_DEPTH_MAX = UINT16_MAX,
        OBJECT_DEPTH_SHIFT = 48,
};

#define OBJECT_IS_HEADER   ((uint64_t)1)
#define OBJECT_IS_STORED   ((uint64_t)1 << 5)
#define OBJECT_IS_LARGE    ((uint64_t)1 << 6)
#define OBJECT_HAS_INDEX   ((uint64_t)1 << 7)
#define OBJECT_COUNT_MAX   (((uint64_t)1 << 40) - 1)
#define OBJECT_DEPTH_MASK  ((uint64_t)OBJECT_DEPTH_MAX << OBJECT_DEPTH_SHIFT)
#define OBJECT_HEADER_SIZE sizeof(uint64_t)

struct object {
        uint64_t header;
        union {
                int64_t integer[1];
                double real[1];
                char text[1];
                unsigned char bytes[1];
                gca_value slots[1];
        };
};

static_assert(sizeof(gca_value) == 8, "a value is one word");
static_assert(offsetof(struct object, slots) == OBJECT_HEADER_SIZE, "the header is one word");
static_assert((int)GCA_TYPE_MAP < OBJECT_RAW, "types have four bits");

/* ---- values ---- */

static inline bool value_is_small_int(gca_value value) {
        return value.word & 1;
}

static inline bool value_is_object(gca_value value) {
        return value.word != 0 && (value.word & 7) == 0;
}

static inline gca_value value_from_object(const struct object *object) {
        return (gca_value){ (uintptr_t)object };
}

static inline struct object *value_get_object(gca_value value) {
        assert_slow(value_is_object(value));
        return (struct object *)value.word;
}

/* ---- objects ---- */

static inline uint64_t object_make_header(unsigned type, uint64_t count, uint64_t flags) {
        return OBJECT_IS_HEADER | (uint64_t)type << 1 | flags | count << 8;
}

static inline unsigned header_get_type(uint64_t header) {
        return (header >> 1) & 15;
}

static inline size_t header_get_count(uint64_t header) {
        return (header >> 8) & OBJECT_COUNT_MAX;
}

static inline size_t header_get_depth(uint64_t header) {
        return header >> OBJECT_DEPTH_SHIFT;
}

static inline unsigned object_get_type(const struct object *object) {
        assert(object->header & OBJECT_IS_HEADER);
        return header_get_type(object->header);
}

static inline size_t object_get_count(const struct object *object) {
        return header_get_count(object->header);
}

static inline size_t object_round(size_t size) {
        return (size + 7) & ~(size_t)7;
}

/* The object's bytes, header included, not rounded. */
size_t object_get_size(const struct object *object);

/* How many values it holds; they stand together in slots. */
static inline size_t object_count_slots(const struct object *object) {
        unsigned type = object_get_type(object);

        if (type == GCA_TYPE_LIST)
                return object_get_count(object);
        return type == GCA_TYPE_MAP ? 2 * object_get_count(object) : 0;
}

static inline bool object_is_container(const struct object *object) {
        unsigned type = object_get_type(object);

        return type == GCA_TYPE_LIST || type == GCA_TYPE_MAP;
}

/* The object of a value that has one and is of a type; for queries, whose caller guarantees it. */
static inline struct object *value_get_object_of(gca_value value, gca_type type) {
        struct object *object;

        assert(value_is_object(value));
        object = value_get_object(value);
        assert(object_get_type(object) == (unsigned)type);
        return object;
}
