/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The collector's walk over the registered objects (see special.h): for ephemerons that could not be kept aside, and when a
 * cycle closes. What it finds gone it keeps until the last grace period is over, when specials_release() hands finalisers
 * to those who take them and closes blobs.
 *
 * The collector's alone, but for the list of finalisers that are due, which has a lock.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/lock.h"
#include "gc/special.h"

struct marker;

struct specials {
        struct gca_heap *heap;
        struct special_chunk *chunks; /* taken over */
        struct special_chunk **at;    /* the walk's next one */
        struct special_chunk *before; /* the one before it, or NULL */
        struct gca_finalizer *dead_first, **dead_last;
        struct blob *dead_blobs;
        uint64_t n_weaks_cleared, n_finalizers;

        struct lock due_lock;
        /* due_lock: */
        struct gca_finalizer *due_first, **due_last;
};

void specials_init(struct specials *specials, struct gca_heap *heap);
/* Hands the chunks back to the heap, for special_deinit(). */
void specials_deinit(struct specials *specials);

/* Begins to close: what is not marked is gone. Goes through the threads' own chunks. */
void specials_begin(struct specials *specials, const struct marker *marker);

/* Goes through about n chunks more. True: through all. */
bool specials_walk(struct specials *specials, const struct marker *marker, size_t n);

/* Outside locks, after the grace period. Returns how many finalisers are due by it. */
size_t specials_release(struct specials *specials);

/* The oldest that is due, or NULL. Any thread. */
struct gca_finalizer *specials_take_finalizer(struct specials *specials);

/* Pushes the value of each registered ephemeron that is marked and has a marked key. False: there was none. */
bool specials_push_values(struct specials *specials, struct marker *marker);

static inline size_t special_chunk_get_n(const struct special_chunk *chunk) {
        /* Acquire: pairs with the release in special_register(). */
        return atomic_load_explicit(&chunk->n, memory_order_acquire);
}
