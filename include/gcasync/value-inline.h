/* SPDX-License-Identifier: MIT */
#ifndef GCASYNC_VALUE_INLINE_H
#define GCASYNC_VALUE_INLINE_H

/*
 * What gcasync/value.h declares, at its shortest: the common case of what tasks call most, so that the compiler can put
 * it where the call is. Include gcasync/value.h, not this. Everything else is left to the function of the same
 * name in the library: other types, objects that are not small, memory that has run out, and every fault; in a library
 * built with checks, all constructors. Each function here exists there too, for pointers and other languages.
 *
 * The layout below is part of the library's binary interface; src/gc/object.h tells the whole of it.
 */

#include <string.h>

#include <gcasync/value.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/* What a region begins with: free memory, and what an object made there gets into its header. */
struct gca_window {
        char *next, *end; /* empty in a library built with checks */
        char *clean; /* the memory between next and this is zero; at most end, and it may lie before next */
        uint64_t label;
        uint64_t padding; /* 8: sizes are rounded up to multiples of 16; 0: of 8 */
};

enum {
        GCA_INLINE_BYTES_MAX = 4096,
        GCA_INLINE_ELEMENTS_MAX = 16,
        GCA_INLINE_RAW = 15, /* the type of plain memory */
};

#define GCA_INLINE_NIL    ((uintptr_t)0x02)
#define GCA_INLINE_FALSE  ((uintptr_t)0x0a)
#define GCA_INLINE_TRUE   ((uintptr_t)0x12)
#define GCA_INLINE_HEADER ((uint64_t)1)
#define GCA_INLINE_STORED ((uint64_t)1 << 5) /* in a label: an open publication's */
#define GCA_INLINE_LARGE  ((uint64_t)1 << 6)

/* The function in the library, where it has to be told from the one here. */
#define GCA_INLINE_CALL(name) __asm__(name)
/* A loop of known length: its elements can then stay in registers. */
#define GCA_INLINE_UNROLL _Pragma("GCC unroll 16")
#define GCA_INLINE        extern inline __attribute__((gnu_inline, always_inline))

void *gca_call_region_allocate(gca_region *region, size_t size)
        GCA_INLINE_CALL("gca_region_allocate");
void *gca_call_region_allocate_unset(gca_region *region, size_t size)
        GCA_INLINE_CALL("gca_region_allocate_unset");
gca_value gca_call_int(gca_region *region, int64_t value) GCA_INLINE_CALL("gca_int");
gca_value gca_call_bytes(gca_region *region, const void *data, size_t size)
        GCA_INLINE_CALL("gca_bytes");
gca_value gca_call_list(gca_region *region, const gca_value *elements, size_t n)
        GCA_INLINE_CALL("gca_list");
int64_t gca_call_get_int(gca_value value) GCA_INLINE_CALL("gca_get_int");
const void *gca_call_get_bytes(gca_value value, size_t *ret_size) GCA_INLINE_CALL("gca_get_bytes");
void *gca_call_bytes_get_mutable(gca_value bytes) GCA_INLINE_CALL("gca_bytes_get_mutable");
const gca_value *gca_call_get_elements(gca_value list, size_t *ret_n)
        GCA_INLINE_CALL("gca_get_elements");
gca_value gca_call_get_element(gca_value value, size_t index) GCA_INLINE_CALL("gca_get_element");

/* A new object's contents, which lie before the limit (end, or clean for zeros); NULL: to be made by the library. size: of
 * the contents, and small. */
GCA_INLINE void *
gca_inline_new(gca_region *region, const char *limit, gca_type type, size_t count, size_t size) {
        struct gca_window *window = (struct gca_window *)(void *)region;
        /* Where the compiler knows the size, rounding it is one addition, or none. */
        size_t words = (sizeof(uint64_t) + size + 7) & ~(size_t)7;
        size_t whole = words & 8 ? words + (size_t)window->padding : words;
        uint64_t *header = (uint64_t *)(void *)window->next;

        if (__builtin_expect((ptrdiff_t)whole > limit - window->next, 0))
                return NULL;
        window->next += whole;
        *header = GCA_INLINE_HEADER | (uint64_t)type << 1 | (uint64_t)count << 8 | window->label;
        return header + 1;
}

/* Whether it is an object of a type, and where it was made: one that has been copied has no header. */
GCA_INLINE bool gca_inline_is_object(gca_value value, gca_type type) {
        return (value.word & 7) == 0 && value.word != 0 &&
               (*(const uint64_t *)value.word & 0x1f) == (GCA_INLINE_HEADER | (uint64_t)type << 1);
}

GCA_INLINE size_t gca_inline_count(uint64_t header) {
        return (size_t)(header >> 8 & (((uint64_t)1 << 40) - 1));
}

GCA_INLINE size_t gca_inline_get_count(gca_value value) {
        return gca_inline_count(*(const uint64_t *)value.word);
}

GCA_INLINE const void *gca_inline_get_contents(gca_value value) {
        return (const uint64_t *)value.word + 1;
}

/* ---- constructors ---- */

GCA_INLINE gca_value gca_nil(void) {
        gca_value value = { GCA_INLINE_NIL };

        return value;
}

GCA_INLINE gca_value gca_bool(bool is_true) {
        gca_value value = { is_true ? GCA_INLINE_TRUE : GCA_INLINE_FALSE };

        return value;
}

GCA_INLINE gca_value gca_int(gca_region *region, int64_t integer) {
        gca_value value = { (uintptr_t)integer << 1 | 1 };

        if (__builtin_expect((int64_t)value.word >> 1 != integer, 0))
                return gca_call_int(region, integer);
        return value;
}

/* Plain memory before the limit, or NULL. Aligned for any type: so is what follows a header that is not, and each of these
 * leaves the next one so. */
GCA_INLINE void *gca_inline_allocate(gca_region *region, const char *limit, size_t size) {
        struct gca_window *window = (struct gca_window *)(void *)region;
        size_t whole = (sizeof(uint64_t) + size + 15) & ~(size_t)15;
        uint64_t *header = (uint64_t *)(void *)window->next;

        if (__builtin_expect(((uintptr_t)header & 8) == 0 || size > GCA_INLINE_BYTES_MAX ||
                                     (ptrdiff_t)whole > limit - window->next,
                             0))
                return NULL;
        window->next += whole;
        *header = GCA_INLINE_HEADER | (uint64_t)GCA_INLINE_RAW << 1 |
                  (uint64_t)(whole - sizeof(uint64_t)) << 8 | window->label;
        return header + 1;
}

GCA_INLINE void *gca_region_allocate(gca_region *region, size_t size) {
        void *memory = gca_inline_allocate(
                region, ((const struct gca_window *)(const void *)region)->clean, size);

        return __builtin_expect(memory != NULL, 1) ? memory
                                                   : gca_call_region_allocate(region, size);
}

GCA_INLINE void *gca_region_allocate_unset(gca_region *region, size_t size) {
        void *memory = gca_inline_allocate(
                region, ((const struct gca_window *)(const void *)region)->end, size);

        return __builtin_expect(memory != NULL, 1) ? memory
                                                   : gca_call_region_allocate_unset(region, size);
}

GCA_INLINE gca_value gca_bytes(gca_region *region, const void *data, size_t size) {
        const struct gca_window *window = (const struct gca_window *)(const void *)region;
        void *contents = NULL;
        gca_value value;

        if (__builtin_expect(size <= GCA_INLINE_BYTES_MAX, 1))
                contents = gca_inline_new(
                        region, data ? window->end : window->clean, GCA_TYPE_BYTES, size, size);
        if (__builtin_expect(!contents, 0))
                return gca_call_bytes(region, data, size);
        if (data)
                memcpy(contents, data, size);
        else if (((const struct gca_window *)(const void *)region)->label & GCA_INLINE_STORED)
                memset(contents, 0, size);
        value.word = (uintptr_t)contents - sizeof(uint64_t);
        return value;
}

/* Whether a new object may hold it without more ado: not "no value", and in an open publication nothing of a region. */
GCA_INLINE bool gca_inline_may_hold(uint64_t label, gca_value value) {
        const uint64_t small = GCA_INLINE_HEADER | GCA_INLINE_STORED;

        if (__builtin_expect(value.word == 0, 0))
                return false;
        /* In this order: that a value is no object is often known to the compiler. */
        return (value.word & 7) != 0 || !(label & GCA_INLINE_STORED) ||
               (*(const uint64_t *)value.word & (small | GCA_INLINE_LARGE)) == small;
}

/* Short lists of a length that the compiler knows. */
GCA_INLINE gca_value gca_list(gca_region *region, const gca_value *elements, size_t n) {
        uint64_t label = ((const struct gca_window *)(const void *)region)->label;
        gca_value value = { 0 }, *slots = NULL;
        bool is_held = true;

        if (!__builtin_constant_p(n) || n == 0 || n > GCA_INLINE_ELEMENTS_MAX)
                return gca_call_list(region, elements, n);
        GCA_INLINE_UNROLL
        for (size_t i = 0; i < n; i++)
                is_held = is_held && gca_inline_may_hold(label, elements[i]);
        if (__builtin_expect(is_held, 1))
                slots = (gca_value *)gca_inline_new(
                        region,
                        ((const struct gca_window *)(const void *)region)->end,
                        GCA_TYPE_LIST,
                        n,
                        n * sizeof(*slots));
        if (__builtin_expect(!slots, 0)) {
                /* A copy, so that the elements themselves need not be in memory. */
                gca_value copy[GCA_INLINE_ELEMENTS_MAX];

                GCA_INLINE_UNROLL
                for (size_t i = 0; i < n; i++)
                        copy[i] = elements[i];
                return gca_call_list(region, copy, n);
        }
        GCA_INLINE_UNROLL
        for (size_t i = 0; i < n; i++)
                slots[i] = elements[i];
        value.word = (uintptr_t)slots - sizeof(uint64_t);
        return value;
}

/* ---- queries ---- */

GCA_INLINE bool gca_is_nil(gca_value value) {
        return value.word == GCA_INLINE_NIL;
}

GCA_INLINE int64_t gca_get_int(gca_value value) {
        if (__builtin_expect(value.word & 1, 1))
                return (int64_t)value.word >> 1;
        return gca_call_get_int(value);
}

GCA_INLINE const void *gca_get_bytes(gca_value value, size_t *ret_size) {
        if (__builtin_expect(!gca_inline_is_object(value, GCA_TYPE_BYTES), 0))
                return gca_call_get_bytes(value, ret_size);
        if (ret_size)
                *ret_size = gca_inline_get_count(value);
        return gca_inline_get_contents(value);
}

GCA_INLINE void *gca_bytes_get_mutable(gca_value bytes) {
        if (__builtin_expect(!gca_inline_is_object(bytes, GCA_TYPE_BYTES), 0))
                return gca_call_bytes_get_mutable(bytes);
        return (void *)((uint64_t *)bytes.word + 1);
}

GCA_INLINE const gca_value *gca_get_elements(gca_value list, size_t *ret_n) {
        const gca_value *elements;

        if (__builtin_expect(gca_inline_is_object(list, GCA_TYPE_LIST), 1))
                elements = (const gca_value *)gca_inline_get_contents(list);
        else
                elements = gca_call_get_elements(list, NULL);
        /* Not by the function above: no variable of the caller's need be in memory then, and recursion can become a loop. */
        if (ret_n)
                *ret_n = gca_inline_count(elements[-1].word);
        return elements;
}

GCA_INLINE gca_value gca_get_element(gca_value value, size_t index) {
        if (__builtin_expect(!gca_inline_is_object(value, GCA_TYPE_LIST) ||
                                     index >= gca_inline_get_count(value),
                             0))
                return gca_call_get_element(value, index);
        return ((const gca_value *)gca_inline_get_contents(value))[index];
}

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
