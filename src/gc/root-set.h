/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * How the root set is made: slots in chunks that are never given back, which the collector walks linearly. A chunk
 * belongs to one owner at a time, or to nobody. A root's number is that of its chunk, and its place in it; chunks lie in
 * segments that double, so that a number leads to its slot by one look at a short table.
 *
 * STATE, one atomic word a slot: generation (32 bits), pins (10), guards (22).
 *
 *     free      no guards, no pins    the generation is the last one that was given out; 0: none was
 *     live      guards                the roots of this generation are good
 *     dying     no guards, pins       somebody is about to log the value, clear it and free the slot: the last one that pins
 *     queued    no guards, all pins   given up by a thread that is not attached, and so cannot log: the value still counts
 *                                     as a root, until somebody who can claims it
 *
 *     register     free -> live, generation + 1     the owner's registering thread alone: a plain store, after the value's
 *     share        live -> live                     any: compare-and-set of the guards
 *     unregister   live -> live, dying, queued      any: likewise; who makes it dying pins it, and so finishes it alone
 *     set          live -> live, pinned             any: likewise; so nobody reuses the slot under the exchange
 *     finish       dying -> free                    the last one that pins: a plain store; or takes its pin off
 *     owner's end  live, queued -> dying            any may be at it with any slot at the same time
 *
 * A slot is reused as soon as it is free, by the thread that registers for its owner: nobody has to hand it back, so giving up
 * a root takes one locked operation. That thread finds free slots by looking: at the chunk's hint, which whoever frees one
 * sets (it may be wrong), along the chunk, then in two others; then it takes a new chunk. A slot whose generation would wrap is
 * passed over, for good.
 *
 * A root whose owner has ended is stale at once (is_gone), before its slot is cleared.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gcasync/heap.h>

#include "base/check.h"
#include "base/lock.h"
#include "gc/slab.h"

enum {
        ROOT_CHUNK_SLOTS = 30,
        ROOT_CHUNK_SHIFT = 5, /* of a slot's number: the chunk's */
        ROOT_SEGMENT_SHIFT = 6,
        ROOT_SEGMENTS =
                22, /* the first one has 1 << ROOT_SEGMENT_SHIFT chunks, each one twice as many as the one before */
};

#define ROOT_GUARDS_MAX ((UINT32_C(1) << 22) - 1)
#define ROOT_PIN        (UINT32_C(1) << 22)
#define ROOT_QUEUED     (UINT32_C(1023) << 22)

struct root_slot {
        _Atomic uint64_t state;
        _Atomic uintptr_t value; /* 0 while free */
};

struct root_chunk {
        struct root_chunk *next;                /* its owner's, or of those that are nobody's */
        _Atomic(struct gca_root_owner *) owner; /* NULL: nobody's */
        uint32_t index;                         /* fixed once it was first taken */
        _Atomic uint32_t hint;                  /* a slot that may be free */
        uint64_t reserved;
        struct root_slot slots[ROOT_CHUNK_SLOTS];
};

static_assert(sizeof(struct root_chunk) == 512, "a root takes 17 bytes");

/* Type-stable. Its registering thread's, except where told. */
struct gca_root_owner {
        void *next_free; /* the pool's word, see slab.h */
        struct gca_heap *heap;
        _Atomic uint64_t id;        /* any reads */
        _Atomic bool is_gone;       /* any reads */
        struct root_chunk *chunks;  /* newest first */
        struct root_chunk *filling; /* looked at first; NULL where there are none */
        struct root_chunk *next;    /* looked at next; NULL: the first of them */
};

struct root_set {
        _Atomic(struct root_chunk *) segments[ROOT_SEGMENTS];
        _Atomic uint32_t n_chunks; /* release: they are there */
        _Atomic bool has_queued;
        struct slab_pool owners;
        struct lock lock;
        /* lock: */
        struct root_chunk *free;
};

/* ---- states ---- */

static inline uint64_t root_make_state(uint32_t generation, uint32_t pins_and_guards) {
        return (uint64_t)generation << 32 | pins_and_guards;
}

static inline uint32_t root_get_generation(uint64_t state) {
        return (uint32_t)(state >> 32);
}

static inline uint32_t root_get_guards(uint64_t state) {
        return (uint32_t)state & ROOT_GUARDS_MAX;
}

static inline uint32_t root_get_pins(uint64_t state) {
        return (uint32_t)state & ROOT_QUEUED;
}

static inline bool root_is_free(uint64_t state) {
        return (uint32_t)state == 0;
}

/* Whether it can be given out again. */
static inline bool root_is_usable(uint64_t state) {
        return (uint32_t)state == 0 && root_get_generation(state) != UINT32_MAX;
}

static inline bool root_is_live_as(uint64_t state, uint32_t generation) {
        return root_get_generation(state) == generation && root_get_guards(state) > 0;
}

/* ---- places ---- */

/* NULL: there is no such slot. */
static inline struct root_slot *
root_set_find(struct root_set *set, uint32_t number, struct root_chunk **ret_chunk) {
        uint32_t n = (number >> (ROOT_CHUNK_SHIFT + ROOT_SEGMENT_SHIFT)) + 1;
        unsigned segment = 31 - (unsigned)__builtin_clz(n);
        uint32_t place = number & ((UINT32_C(1) << ROOT_CHUNK_SHIFT) - 1);
        uint32_t first = ((UINT32_C(1) << segment) - 1) << ROOT_SEGMENT_SHIFT;
        /* Acquire: pairs with the release in root_set_take_chunk(); the chunks are zero. */
        struct root_chunk *chunks =
                atomic_load_explicit(&set->segments[segment], memory_order_acquire);

        if (__builtin_expect(!chunks || place >= ROOT_CHUNK_SLOTS, 0))
                return NULL;
        *ret_chunk = &chunks[(number >> ROOT_CHUNK_SHIFT) - first];
        return &(*ret_chunk)->slots[place];
}

/* The chunk with an index below n_chunks. */
struct root_chunk *root_set_get_chunk(struct root_set *set, uint32_t index);

/* A chunk for an owner; whoever gave up roots there may still be about to free their slots. NULL: no memory, or too
 * many. Outside sections. */
struct root_chunk *root_set_take_chunk(struct root_set *set, struct gca_root_owner *owner);

/* All of an owner's, linked by next. */
void root_set_give_chunks(struct root_set *set, struct root_chunk *first);
