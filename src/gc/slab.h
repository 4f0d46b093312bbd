/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Type-stable memory: items of one size in slabs that are never given back while the pool lives, so that the collector may
 * walk all of them, and look at a freed one, at any time.
 *
 * An item begins with a word that is the pool's while nobody has the item, and its owner's while somebody has; who walks
 * leaves it alone. All else is zero when an item is first handed out, and afterwards as it was given back, so a
 * walker can tell an item that nobody has from the rest of it.
 *
 * slab_take() and slab_give() take the pool's lock: outside sections only. Walking takes none: new slabs are pushed with
 * release.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/lock.h"

struct slab;

struct slab_pool {
        size_t item_bytes, n_in_slab;
        _Atomic(struct slab *) slabs; /* newest first; the lock to push, none to walk */
        struct lock lock;
        /* lock: */
        void *free;             /* linked through the items' first words */
        size_t n_free, n_items; /* of all those ever made */
};

/* item_bytes: a multiple of 16. */
void slab_pool_init(struct slab_pool *pool, size_t item_bytes);

/* Every item goes, given back or not. Accepts a pool that is all zero. May be called twice. */
void slab_pool_deinit(struct slab_pool *pool);

/* Up to n items, linked through their first word. Returns how many; 0: out of memory. */
size_t slab_take(struct slab_pool *pool, size_t n, void **ret_first);

/* n items, linked likewise. */
void slab_give(struct slab_pool *pool, void *first, size_t n);

/* A walk over every item that there was when it began, taken or not: the next one, or NULL. */
struct slab_walk {
        struct slab *slab;
        size_t index;
};

void slab_walk_begin(struct slab_pool *pool, struct slab_walk *walk);
void *slab_walk_next(struct slab_pool *pool, struct slab_walk *walk);

/* Calls visit for every item ever made, taken or not. */
void slab_visit(struct slab_pool *pool, void (*visit)(void *item, void *data), void *data);

/* ---- an item's link ---- */

static inline void *slab_get_next(const void *item) {
        return *(void *const *)item;
}

static inline void slab_set_next(void *item, void *next) {
        *(void **)item = next;
}
