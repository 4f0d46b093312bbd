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
 * In the store only (count: of slots), each with an identity:
 *
 *     cell        a slot
 *     native      the slots, then struct object_native_tail
 *     weak        the target; or an ephemeron: count 2, the key and the value. Not traced: see special.h
 *     blob        struct blob's address
 *
 * Slots that change once they are born (a cell's, a native's, a weak value's; an unfinished copy's, see publication.h) are
 * accessed as words, atomically; the others never change and are read as they are.
 *
 * Forwarding takes the header only: what an object holds stays readable where it was, and type and count are
 * to be had from the copy (object_get_header()). So what a region's object holds is read there and not
 * in its copy, which may be unfinished. Mark state is not here: it lies aside.
 */

#include <stdatomic.h>
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
#define OBJECT_ALIGNMENT   8

struct blob;

struct object {
        uint64_t header;
        union {
                int64_t integer[1];
                double real[1];
                char text[1];
                unsigned char bytes[1];
                gca_value slots[1];
                _Atomic uintptr_t words[1]; /* the slots, where threads race for them */
                struct blob *blob[1];
        };
};

static_assert(sizeof(gca_value) == 8, "a value is one word");
static_assert(offsetof(struct object, slots) == OBJECT_HEADER_SIZE, "the header is one word");
static_assert((uintptr_t)VALUE_NIL == GCA_INLINE_NIL &&
                      (uintptr_t)VALUE_FALSE == GCA_INLINE_FALSE &&
                      (uintptr_t)VALUE_TRUE == GCA_INLINE_TRUE &&
                      OBJECT_IS_HEADER == GCA_INLINE_HEADER &&
                      OBJECT_IS_STORED == GCA_INLINE_STORED &&
                      OBJECT_IS_LARGE == GCA_INLINE_LARGE && (int)OBJECT_RAW == GCA_INLINE_RAW,
              "gcasync/value-inline.h knows values");
static_assert(sizeof(_Atomic uintptr_t) == sizeof(gca_value), "a word is a slot");
static_assert((int)GCA_TYPE_WEAK < OBJECT_RAW, "types have four bits");

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

/* Where the object was forwarded to, or itself: one address for all that is the same object. */
static inline const struct object *object_resolve(const struct object *object) {
        uint64_t header = object->header;

        if (__builtin_expect(header & OBJECT_IS_HEADER, 1))
                return object;
        assert(header != 0 && (header & 7) == 0);
        return (const struct object *)(uintptr_t)header;
}

/* The object's header; of one that was forwarded, its copy's, which has the same type, count and index. */
static inline uint64_t object_get_header(const struct object *object) {
        uint64_t header = object_resolve(object)->header;

        assert(header & OBJECT_IS_HEADER);
        return header;
}

static inline unsigned object_get_type(const struct object *object) {
        return header_get_type(object_get_header(object));
}

static inline size_t object_get_count(const struct object *object) {
        return header_get_count(object_get_header(object));
}

static inline bool object_is_stored(const struct object *object) {
        return object->header & OBJECT_IS_HEADER && object->header & OBJECT_IS_STORED;
}

static inline size_t object_round(size_t size) {
        return (size + OBJECT_ALIGNMENT - 1) & ~(size_t)(OBJECT_ALIGNMENT - 1);
}

/* How many values it holds and keeps alive; they stand together in slots. A weak value keeps none. */
static inline size_t header_count_slots(uint64_t header) {
        enum {
                ONCE = 1 << GCA_TYPE_LIST | 1 << GCA_TYPE_CELL | 1 << GCA_TYPE_NATIVE,
                HOLDERS = ONCE | 1 << GCA_TYPE_MAP,
        };
        unsigned type = header_get_type(header);

        if (!(HOLDERS >> type & 1))
                return 0;
        return header_get_count(header) << (type == GCA_TYPE_MAP);
}

static inline size_t object_count_slots(const struct object *object) {
        return header_count_slots(object_get_header(object));
}

/* What follows a native's slots. */
struct object_native_tail {
        const struct gca_native_type *type;
        struct gca_finalizer
                *finalizer; /* owns the payload; made due or freed when the object goes */
};

static inline size_t object_get_native_size(size_t n_slots) {
        return OBJECT_HEADER_SIZE + n_slots * sizeof(gca_value) + sizeof(struct object_native_tail);
}

static inline struct object_native_tail *object_get_native_tail(struct object *native) {
        return (struct object_native_tail *)(native->slots + object_get_count(native));
}

/* Maps, whose index makes it longer; and headers that are none. */
size_t header_get_size_slow(uint64_t header);

/* The object's bytes, header included, not rounded. By a table: what is born, copied and swept is measured. */
static inline size_t header_get_size(uint64_t header) {
        static const struct {
                uint8_t fixed,
                        shift; /* bytes without the count's, and what the count is shifted by */
        } sizes[16] = {
                [GCA_TYPE_INT] = { sizeof(struct object), 0 },
                [GCA_TYPE_FLOAT] = { sizeof(struct object), 0 },
                [GCA_TYPE_STRING] = { OBJECT_HEADER_SIZE + 1, 0 },
                [GCA_TYPE_BYTES] = { OBJECT_HEADER_SIZE, 0 },
                [GCA_TYPE_LIST] = { OBJECT_HEADER_SIZE, 3 },
                [GCA_TYPE_BLOB] = { OBJECT_HEADER_SIZE + sizeof(struct blob *), 0 },
                [GCA_TYPE_CELL] = { OBJECT_HEADER_SIZE, 3 },
                [GCA_TYPE_NATIVE] = { OBJECT_HEADER_SIZE + sizeof(struct object_native_tail), 3 },
                [GCA_TYPE_WEAK] = { OBJECT_HEADER_SIZE, 3 },
                [OBJECT_RAW] = { OBJECT_HEADER_SIZE, 0 },
        };
        unsigned type = header_get_type(header);

        if (__builtin_expect(sizes[type].fixed == 0, 0))
                return header_get_size_slow(header);
        return sizes[type].fixed + (header_get_count(header) << sizes[type].shift);
}

static inline size_t object_get_size(const struct object *object) {
        return header_get_size(object_get_header(object));
}

/* A word for people: the type's, or "ephemeron". */
const char *object_get_kind(const struct object *object);

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
