/* SPDX-License-Identifier: MIT */
#ifndef GCASYNC_VALUE_H
#define GCASYNC_VALUE_H

/*
 * Values: what tasks take, make and return.
 *
 * A gca_value is one word: nil, booleans and small integers stand in it, the rest is a pointer to an
 * immutable object in a region (a task's private memory, gone in one stroke when the task ends). The
 * zero word is "no value": every constructor that is handed one, or finds no memory, passes it on, so
 * that one check at the end of an expression serves all of it:
 *
 *     gca_value pair = gca_list(region, (gca_value[]){ gca_int(region, n), gca_string(region, s, -1) }, 2);
 *     if (!gca_is_value(pair))
 *             ... out of memory ...
 *
 * A value belongs to the region it was made in and to that region's thread; it is never freed. What is to be
 * shared by threads, or to outlive its task, is published: copied once into a heap (gcasync/heap.h). A
 * pointer obtained from a value (bytes, a string's text) is legal while the value is.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

typedef struct gca_value {
        uintptr_t word;
} gca_value;

typedef struct gca_region gca_region;

typedef enum gca_type {
        GCA_TYPE_NONE = 0, /* "no value" */
        GCA_TYPE_NIL,
        GCA_TYPE_BOOL,
        GCA_TYPE_INT,    /* 64 bits, signed */
        GCA_TYPE_FLOAT,  /* 64 bits */
        GCA_TYPE_STRING, /* UTF-8; may hold NUL */
        GCA_TYPE_BYTES,
        GCA_TYPE_LIST,
        GCA_TYPE_MAP, /* string keys, each once, in the order they were given in */
        /* These exist in a heap's store only (gcasync/heap.h), and each is equal to itself alone: */
        GCA_TYPE_BLOB,   /* large bytes in sealed memory */
        GCA_TYPE_CELL,   /* the one mutable value: a slot */
        GCA_TYPE_NATIVE, /* a module's own object */
        GCA_TYPE_WEAK,   /* knows its target without keeping it alive */
} gca_type;

#define GCA_NO_VALUE ((gca_value){ 0 })

static inline bool gca_is_value(gca_value value) {
        return value.word != 0;
}

/* ---- regions ---- */

/*
 * A region of its own, outside any task (tests, tools, programs that embed the runtime).
 * memory_limit_bytes: 0 for none. NULL when out of memory. A region is used by one thread at a time.
 */
gca_region *gca_region_new(size_t memory_limit_bytes);

/* Frees every value in it. NULL is accepted and returned. */
gca_region *gca_region_free(gca_region *region);

/* Bytes taken from the region's limit by what is alive in it. */
size_t gca_region_get_bytes(const gca_region *region);

/* Whether an allocation failed because of the memory limit, since the region was made. */
bool gca_region_is_exhausted(const gca_region *region);

/*
 * Scopes nest. What was made since gca_scope_begin() goes when the scope ends, except the result handed
 * to gca_scope_end(), which is moved into the enclosing scope and returned there (GCA_NO_VALUE to keep
 * nothing; GCA_NO_VALUE is returned too when the copy finds no memory). Values made inside the scope are
 * invalid afterwards. Scopes end in the reverse order of their begin. The copy is not held against the
 * memory limit while the scope's own memory still is.
 */
typedef struct gca_scope {
        /* Private. */
        gca_region *region;
        void *top, *chunk, *next;
        size_t depth, bytes;
        void *reserved[2];
} gca_scope;

void gca_scope_begin(gca_region *region, gca_scope *ret_scope);
gca_value gca_scope_end(gca_region *region, gca_scope *scope, gca_value result);

/* Zeroed plain memory that lives as long as the innermost scope (or the region); aligned for any type. NULL
 * when out of memory. */
void *gca_region_allocate(gca_region *region, size_t size);

/* The same but for its contents, which may be anything that a task on this thread left: for what is written before it is read. */
void *gca_region_allocate_unset(gca_region *region, size_t size);

/* ---- constructors: GCA_NO_VALUE when out of memory ---- */

gca_value gca_nil(void);
gca_value gca_bool(bool value);
gca_value gca_int(gca_region *region, int64_t value);
gca_value gca_float(gca_region *region, double value);

/* A copy of text. length: bytes, or -1 for a NUL-terminated one. Text that is not UTF-8 gives no value. */
gca_value gca_string(gca_region *region, const char *text, ptrdiff_t length);
gca_value gca_string_format(gca_region *region, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

/* A copy of data; with data NULL the bytes are zero and gca_bytes_get_mutable() fills them in. */
gca_value gca_bytes(gca_region *region, const void *data, size_t size);

/* The bytes of a value just made by gca_bytes(), to be written before anyone else sees the value. */
void *gca_bytes_get_mutable(gca_value bytes);

/* A list of n elements, copied from the array; one "no value" among them gives no value. */
gca_value gca_list(gca_region *region, const gca_value *elements, size_t n);

/* A map of n entries. A key that is not a string, or stands there twice, gives no value. */
gca_value gca_map(gca_region *region, const gca_value *keys, const gca_value *values, size_t n);

/* Builders for lists and maps whose length is not known; memory comes from the region. A builder is used and
 * ended in the scope that it was begun in; its faults stick until gca_builder_end(), which then gives no value. */
typedef struct gca_builder {
        gca_region *region;
        gca_value *keys; /* NULL for a list */
        gca_value *values;
        size_t n, n_max;
        bool is_map, has_failed;
} gca_builder;

void gca_builder_begin_list(gca_builder *builder, gca_region *region);
void gca_builder_begin_map(gca_builder *builder, gca_region *region);
void gca_builder_add(gca_builder *builder, gca_value element);
void gca_builder_set(gca_builder *builder, const char *key, gca_value value);
gca_value gca_builder_end(gca_builder *builder);

/* ---- queries: a wrong type is the caller's error and asserted, except where told ---- */

gca_type gca_get_type(gca_value value);
const char *gca_type_to_string(gca_type type); /* "nil", "bool", "int", … */

bool gca_is_nil(gca_value value);
bool gca_get_bool(gca_value value);
int64_t gca_get_int(gca_value value);
double gca_get_float(gca_value value); /* an int is converted */

/* The text of a string; NUL-terminated, also where it holds NULs. */
const char *gca_get_string(gca_value value, size_t *ret_length);

/* The bytes of bytes, of a string or of a blob; of a blob NULL, and none, where there is no room to map them. */
const void *gca_get_bytes(gca_value value, size_t *ret_size);

/* The elements of a list, or the values of a map. */
size_t gca_get_count(gca_value value);
gca_value gca_get_element(gca_value value, size_t index);

/* All elements of a list, to be walked: they are legal while the list is. */
const gca_value *gca_get_elements(gca_value list, size_t *ret_n);

/* The next element of a list, or value of a map, whose key *ret_key then is (may be NULL; GCA_NO_VALUE for a list).
 * *index is 0 at first. False, and nothing changed, at the end. */
bool gca_next(gca_value value, size_t *index, gca_value *ret_key, gca_value *ret_element);

/* A map's key at an index; its value by key: GCA_NO_VALUE where there is none. */
gca_value gca_get_key(gca_value map, size_t index);
gca_value gca_find(gca_value map, const char *key, ptrdiff_t length);

/* ---- whole values; none of them recurses, however deep the value is ---- */

/* Equal by content. An int and a float are never equal; a float equals itself bit for bit. Maps are equal
 * whatever the order of their keys. A blob, cell, native or weak value equals itself alone. When there is no memory for the walk the answer is false. */
bool gca_equal(gca_value a, gca_value b);

/* Equal values have equal hashes, for as long as the process lives: the hash is keyed against values that are
 * chosen to collide. 0 when there is no memory for the walk, and only then. */
uint64_t gca_hash(gca_value value);

/*
 * Text for people: JSON, with b"\x00…" for bytes, NaN, Infinity, and <cell>, <native file>, <blob 4096 bytes>,
 * <weak>, <ephemeron>. Writes at most size bytes to buffer, NUL-terminated, and returns the length of what was written.
 * Text that does not fit ends with "…".
 */
size_t gca_print(gca_value value, char *buffer, size_t size);

/*
 * Text for programs: JSON (RFC 8259), always whole. What JSON lacks is written as
 *
 *     NaN, infinite floats    "NaN", "Infinity", "-Infinity"; other floats have a point or an exponent
 *     bytes                   {"base64":"…"}
 *     blob                    {"$blob":4096}, its size
 *     cell, native, weak      {"$cell":null}, {"$native":"file"}, {"$weak":null}: not what they hold
 *     what was left out       {"$cut":3}, last in its list: 3 elements from here on; "$cut":3, last in its map
 *
 * What does not fit into size bytes is left out. And so that a value of which parts are shared gives no more text
 * than its parts account for, lists and maps that were written before are cut once there is eight times as much of
 * them as there is of what is new (and more than 65,536 elements in all).
 *
 * Writes at most size bytes to buffer, NUL-terminated, and returns the length; 0 for no value, without memory for the
 * walk, or where not even {"$cut":1} fits. *ret_is_cut (may be NULL): whether anything was left out.
 */
size_t gca_write_json(gca_value value, char *buffer, size_t size, bool *ret_is_cut);

/* The same as a string in the region, of at most length_max bytes (0: no limit but the region's). GCA_NO_VALUE as above. */
gca_value gca_to_json(gca_region *region, gca_value value, size_t length_max, bool *ret_is_cut);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#include <gcasync/value-inline.h>

#endif
