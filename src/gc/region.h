/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A task's private memory: values are bumped off chunks that come from the worker's cache, and all of it
 * goes in one stroke. No locks: a region, its values and its cache belong to one thread.
 *
 * A region that never allocates holds nothing. Its chunks form a stack, newest on top; one of them, the
 * bump chunk, is being filled. That is the top one, except after the end of a scope whose result needed
 * chunks of its own: then filling goes on where there is more room. An object above REGION_LARGE_BYTES has
 * memory of its own and hangs on a list, so that it can change owner without a copy.
 *
 * A scope is a height of both stacks and a place in the bump chunk (see scope.c). Every object carries the
 * number of scopes that were open when it was made, which tells at once whether it goes with one.
 *
 * The memory limit counts the bytes handed out, headers, padding, builders' arrays and maps' indexes
 * included, and free tails of chunks not ([gc.region.limit]).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gcasync/value.h>

#include "base/check.h"
#include "gc/entry.h"
#include "gc/memory.h"
#include "gc/object.h"
#include "gc/region-cache.h"

enum {
        REGION_LARGE_BYTES = 32768, /* an eighth of the largest chunk */
        REGION_CLEAN_BYTES = 2048,  /* cleared at a time, ahead of what is asked for */
};

struct region_large {
        struct region_large *older, *newer;
        size_t size; /* of the object, rounded */
        struct object object;
};

/* Memory that is handed out is checked, unpoisoned, cleared: not by gcasync/value-inline.h. */
#if defined(GCASYNC_DEBUG_CHECKS) || defined(MEMORY_HAS_ASAN)
#        define REGION_HAS_CHECKS 1
#endif

struct gca_thread;
struct publication;

struct gca_region {
#ifdef REGION_HAS_CHECKS
        struct gca_window no_window; /* always empty: constructors come here, to be checked */
#endif
        /* The bump chunk's free part, to its end or, before it, the memory limit; the label is what a new object's
         * header says about open scopes. */
        struct gca_window window;
        struct region_chunk *chunk; /* the bump chunk */
        struct region_chunk *top;   /* all chunks, newest first */
        struct region_large *large; /* all large objects, newest first */
        struct region_cache *cache; /* may be NULL */
        size_t limit_bytes;
        size_t other_bytes;        /* handed out of other chunks, and in large objects */
        size_t n_scopes;           /* open ones */
        struct gca_thread *thread; /* whose it is; NULL: it holds no published values */
        struct entry_table entries;
        struct publication
                *publication;      /* the unfinished one, see publication.h; an open one's own */
        struct gca_region *opened; /* the open publication begun on it */
        struct gca_region *owner;  /* a publication's: that it was begun on */
        uint16_t account;          /* who pays for what it publishes */
        uint8_t fault;             /* enum gca_region_fault: the first */
        bool is_exhausted;
        bool is_publication;
        bool is_standalone; /* made by gca_region_new() */
};

static_assert(offsetof(struct gca_region, window) % sizeof(struct gca_window) == 0,
              "a region begins with what gcasync/value-inline.h takes for its window");

/* Takes no memory; it holds no published values until it gets a thread. limit_bytes 0: none. The cache must outlive the region; NULL: chunks come from the system. */
void region_init(struct gca_region *region, struct region_cache *cache, size_t limit_bytes);

/* From here on it may hold published values. It goes before the thread detaches. */
void region_set_thread(struct gca_region *region, struct gca_thread *thread);

/* Everything goes: open scopes, publications and entries too; the region is as after region_init(). May be called
 * twice. */
void region_deinit(struct gca_region *region);

/* Walks the region and asserts that it is sound: accounts, headers, values, free space. For tests. */
void region_verify(const struct gca_region *region);

/* ---- for this layer ---- */

/* region_new_object(), where the bump chunk has no room or the object is large. */
struct object *
region_new_object_slow(struct gca_region *region, unsigned type, size_t count, size_t size);

/* Gives a large object another size; it may move. NULL: no memory or past the limit, nothing changed. */
struct object *region_resize_large(struct gca_region *region, struct object *object, size_t size);

void region_free_large(struct gca_region *region, struct region_large *large);

/* Off and on the list; the accounts stay as they are. */
void region_unlink_large(struct gca_region *region, struct region_large *large);
void region_link_large(struct gca_region *region, struct region_large *large);

/* Makes an object of old_size bytes longer where it lies; false where it is not the last one or there is no
 * room. And shorter: what it no longer needs becomes free, or a gap. */
bool region_extend(struct gca_region *region, struct object *object, size_t old_size, size_t size);
void region_trim(struct gca_region *region, struct object *object, size_t old_size, size_t size);

/* An object that nobody knows of is not wanted after all; its memory is reused where that is easy. */
void region_discard(struct gca_region *region, struct object *object);

/* Something is asked for that is larger than any object can be. Returns NULL. */
struct object *region_refuse(struct gca_region *region);

/* A large object, without its header. NULL: no memory or past the limit. */
struct object *region_new_large(struct gca_region *region, size_t size);

/* The size class of the next chunk, when used_bytes are there and size are to be had. */
size_t region_choose_class(size_t used_bytes, size_t size);

/* Ends filling of the bump chunk; a chunk is opened for filling, up to its end or the limit. */
void region_close_chunk(struct gca_region *region);
void region_open_chunk(struct gca_region *region, struct region_chunk *chunk, char *next);

/* The limit's share in end. To be called when other_bytes has changed. */
void region_update_end(struct gca_region *region);

/* Takes chunks off until this one is on top, and the large objects of a depth and deeper, which are on top of the others (one that
 * was there when the scope began may have gone: it was published). */
void region_pop(struct gca_region *region, struct region_chunk *top, size_t depth);

/* Whether there are large objects of a depth or deeper. */
static inline bool region_has_large(const struct gca_region *region, size_t depth) {
        return region->large && header_get_depth(region->large->object.header) >= depth;
}

static inline struct region_large *object_get_large(struct object *object) {
        return (struct region_large *)((char *)object - offsetof(struct region_large, object));
}

/* What was just handed out is cleared from here on, and some memory ahead of it. */
void region_clean(struct gca_region *region, void *from);

/* The window's next goes back: what lies behind is not clean any more. */
void region_go_back(struct gca_region *region, char *next);

/* How far apart objects are: a publication's lie on granules. */
static inline size_t region_round(const struct gca_region *region, size_t size) {
        size_t rounded = object_round(size);

        return rounded + (rounded & region->window.padding);
}

/* An object of size bytes with its header written; the rest is anything. NULL: no memory or past the limit. */
static inline struct object *
region_new_object_unset(struct gca_region *region, unsigned type, size_t count, size_t size) {
        struct object *object = (struct object *)region->window.next;
        size_t rounded = region_round(region, size);

        /* Not where size wraps around: counts are bounded. */
        if (__builtin_expect(rounded > (size_t)(region->window.end - region->window.next) ||
                                     rounded > REGION_LARGE_BYTES,
                             0))
                return region_new_object_slow(region, type, count, size);
        region->window.next += rounded;
        if (region->window.label & OBJECT_IS_STORED)
                memory_hand_out_cleared(object, size);
        else
                memory_hand_out(object, size);
        object->header = object_make_header(type, count, region->window.label);
        return object;
}

/* The same, and the rest is zero. */
static inline struct object *
region_new_object(struct gca_region *region, unsigned type, size_t count, size_t size) {
        struct object *object = region_new_object_unset(region, type, count, size);

        if (!MEMORY_IS_CHECKED && object && region->window.next > region->window.clean &&
            !(object->header & OBJECT_IS_LARGE))
                region_clean(region, object->bytes);
        return object;
}

/* What is made now is of this depth; see object.h. */
static inline size_t region_get_depth(const struct gca_region *region) {
        return region->n_scopes < OBJECT_DEPTH_MAX ? region->n_scopes : OBJECT_DEPTH_MAX;
}

/* The region whose entries hold what is taken: an open publication's are its owner's. */
static inline struct gca_region *region_get_holder(struct gca_region *region) {
        return region->is_publication ? region->owner : region;
}

/* The region's first fault sticks (enum gca_region_fault); an open publication's is its owner's too. Returns no value. */
static inline gca_value region_fail(struct gca_region *region, unsigned fault) {
        if (region->fault == 0)
                region->fault = (uint8_t)fault;
        if (region->is_publication)
                (void)region_fail(region->owner, fault);
        return GCA_NO_VALUE;
}

/* Whether something made now may hold the value: it lives as long. For assertions. */
static inline bool region_may_hold(const struct gca_region *region, gca_value value) {
        const struct object *object;

        if (!value_is_object(value))
                return true;
        object = value_get_object(value);
        if (object_get_type(object) == OBJECT_RAW)
                return false;
        /* An object that was published does not tell any more. */
        return object->header & OBJECT_IS_STORED || !(object->header & OBJECT_IS_HEADER) ||
               header_get_depth(object->header) <= header_get_depth(region->window.label);
}
