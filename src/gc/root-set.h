/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * How the root set is made: slots that are never given back, which the collector walks linearly. 32 of them are a chunk, which
 * belongs to one owner at a time, or to nobody. All slots lie in one reservation, and what is to be said of the chunks in another,
 * where it stays in the cache: a root's number is the slot's place in the one, and leads to the place in the other.
 *
 * STATE, one atomic word a slot: generation (32 bits), pins (10), guards (22).
 *
 *     free      no guards, no pins    the generation is the last one that was given out; 0: none was. What the value says is over
 *     live      guards                the roots of this generation are good
 *     dying     no guards, pins       somebody is about to log the value, clear it and free the slot: the last one that pins
 *     queued    no guards, all pins   given up by a thread that is not attached, and so cannot log: the value still counts
 *                                     as a root, until somebody who can claims it
 *
 *     register     free -> live, generation + 1     the owner's registering thread alone: a plain store, after the value's
 *     share        live -> live                     any: compare-and-set of the guards
 *     unregister   live -> free                     any: likewise, in a section that logs nothing
 *                  live -> live, dying, queued      any: likewise; who makes it dying pins it, and so finishes it alone
 *     set          live -> live, pinned             any: likewise; so nobody reuses the slot under the exchange
 *     finish       dying -> free                    the last one that pins: a plain store; or takes its pin off
 *     owner's end  live, queued -> dying            any may be at it with any slot at the same time
 *
 * A slot is reused as soon as it is free, by the thread that registers for its owner: nobody has to hand it back, so giving up
 * a root takes one locked operation. That thread finds free slots by looking: at the one that it freed last itself, if that is the
 * owner's, along the chunk where it looked last, then in two others; then it takes a new chunk. So a pass over
 * chunks that are a tenth free costs ten looks a slot, and one over full ones adds half as many. A slot whose generation would wrap
 * is passed over, for good.
 *
 * A root whose owner has ended is stale at once (is_gone), before its slot is cleared. So giving one up begins with a look at
 * its owner; or, in gcasync/root-inline.h, at n_direct, which is zero while any owner is ending: who has found out by way of
 * is_gone finds zero there as well, or all slots of that owner claimed.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gcasync/heap.h>

#include "base/check.h"
#include "base/lock.h"
#include "gc/memory.h"
#include "gc/slab.h"

enum {
        ROOT_CHUNK_SHIFT = GCA_INLINE_ROOT_CHUNK_SHIFT, /* of a slot's place: the chunk's */
        ROOT_CHUNK_SLOTS = 1 << ROOT_CHUNK_SHIFT,
};

/* A thousand million roots, or as many as the system grants. */
#define ROOT_SLOTS_MAX (UINT32_C(1) << 30)

#define ROOT_GUARDS_MAX ((UINT32_C(1) << 22) - 1)
#define ROOT_PIN        (UINT32_C(1) << 22)
#define ROOT_QUEUED     (UINT32_C(1023) << 22)

struct root_slot {
        _Atomic uint64_t state;
        _Atomic uintptr_t value; /* 0, or not, while free */
};

struct root_chunk {
        struct root_chunk *next;                /* its owner's, or of those that are nobody's */
        _Atomic(struct gca_root_owner *) owner; /* NULL: nobody's */
};

static_assert(sizeof(struct root_slot) == sizeof(struct gca_root_slot) &&
                      offsetof(struct root_slot, state) == offsetof(struct gca_root_slot, state) &&
                      offsetof(struct root_slot, value) == offsetof(struct gca_root_slot, value) &&
                      sizeof(struct root_chunk) == sizeof(struct gca_root_chunk) &&
                      offsetof(struct root_chunk, owner) == offsetof(struct gca_root_chunk, owner),
              "gcasync/root-inline.h knows slots and chunks");

/* Type-stable. Its registering thread's, except where told. */
struct gca_root_owner {
        void *next_free; /* the pool's word, see slab.h */
        struct gca_heap *heap;
        _Atomic uint64_t id;        /* any reads */
        _Atomic bool is_gone;       /* any reads */
        uint32_t place;             /* in filling: those before it have been looked at */
        struct root_chunk *filling; /* NULL where there are no chunks */
        struct root_chunk *next;    /* looked at next; NULL: the first of them */
        struct root_chunk *chunks;  /* newest first */
        uint64_t reserved[8];       /* two owners, of two threads, share no cache line */
};

static_assert(sizeof(struct gca_root_owner) >= 120, "owners are two cache lines apart");

struct root_set {
        struct root_slot *slots;   /* fixed: the reservation */
        struct root_chunk *chunks; /* fixed: what is to be said of each 32 of them */
        _Atomic uint32_t n_slots;  /* release: they and their chunk are there */
        _Atomic uint32_t *
                n_direct; /* fixed; lock to write. In a page of its own, which reads as zero after fork */
        _Atomic bool has_queued;
        bool has_direct; /* fixed: the system does that */
        struct slab_pool owners;
        struct lock lock;
        /* lock: */
        struct memory_map slot_map, chunk_map;
        struct root_chunk *free;
        size_t n_ending; /* owners that are just ending */
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
static inline struct root_slot *root_set_find(struct root_set *set, uint32_t number) {
        /* Acquire: pairs with the release in root_set_make_chunk_locked(); the slots are zero. */
        if (__builtin_expect(
                    number - 1 >= atomic_load_explicit(&set->n_slots, memory_order_acquire), 0))
                return NULL;
        return &set->slots[number - 1];
}

static inline uint32_t root_set_get_number(const struct root_set *set,
                                           const struct root_slot *slot) {
        return (uint32_t)(slot - set->slots) + 1;
}

static inline struct root_chunk *root_set_get_chunk(struct root_set *set,
                                                    const struct root_slot *slot) {
        return &set->chunks[(size_t)(slot - set->slots) >> ROOT_CHUNK_SHIFT];
}

static inline struct root_slot *root_set_get_slots(struct root_set *set,
                                                   const struct root_chunk *chunk) {
        return &set->slots[(size_t)(chunk - set->chunks) << ROOT_CHUNK_SHIFT];
}

/* A chunk for an owner; whoever gave up roots there may still be about to free their slots. NULL: no memory, or too
 * many. Outside sections. */
struct root_chunk *root_set_take_chunk(struct root_set *set, struct gca_root_owner *owner);

/* Around an owner's end. The second gives back its chunks, linked by next, which have no root any more. */
void root_set_begin_end(struct root_set *set);
void root_set_end_end(struct root_set *set, struct root_chunk *first);
