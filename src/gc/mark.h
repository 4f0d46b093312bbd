/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Marking: a stack of what is to be visited, and before each visit a short queue (FIFO) in which the object's header and its
 * mark byte are on their way from memory (Cher, Hosking, Vitek, ASPLOS'04). An object's mark is looked at when it leaves the queue,
 * not when it is pushed, so that nothing is waited for; an object may stand in the stack more than once.
 *
 * THE STACK holds words: an object's address, or a range of slots, which is two words, the address of the next slot with bit 0 set
 * above the number of slots left. Lists of more than a few elements are pushed as a range, so that neither length nor depth
 * of a value decides how large the stack becomes. Where it cannot grow, an object is made grey where it lies and found again by
 * store_take_grey(): marking takes longer then, and forgets nothing.
 *
 * WHAT IS NOT VISITED: an object that has no mark yet lies in an open run (see publication.h) and is born marked. A large object
 * whose slots are being filled is marked and not traced. Weak values are not traced; ephemerons are kept aside until their keys are
 * marked (see ephemeron.h).
 *
 * The collector's alone.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gc/ephemeron.h"
#include "gc/object.h"
#include "gc/store.h"

enum {
        MARK_FIFO = 32,            /* objects on their way; a power of two */
        MARK_RANGE_SLOTS_MIN = 64, /* longer lists are pushed as a range */
        MARK_STACK_WORDS = 4096,   /* at first; never less */
};

struct marker {
        struct store *store;
        uint8_t colour;
        uintptr_t *words;
        size_t n, n_max;
        unsigned next;     /* in fifo: the oldest */
        unsigned n_queued; /* in fifo */
        struct object *fifo[MARK_FIFO];
        struct ephemerons ephemerons;
        uint64_t n_marked, marked_bytes, n_overflowed;
};

/* 0 or -ENOMEM. */
int marker_init(struct marker *marker, struct store *store);
/* May be called twice. */
void marker_deinit(struct marker *marker);

/* Begins to mark with the epoch's colour; what a large stack took is given back. */
void marker_begin(struct marker *marker, uint64_t epoch);

/* To be visited. */
void marker_push(struct marker *marker, struct object *object);

/* The same, if it is not marked, and whether that was so. */
bool marker_push_unmarked(struct marker *marker, struct object *object);

/* Visits about n words. True: there is nothing left but what waits for keys. */
bool marker_run(struct marker *marker, size_t n);

static inline bool marker_is_empty(const struct marker *marker) {
        return marker->n == 0 && marker->n_queued == 0;
}

static inline uint8_t marker_read_state(const struct marker *marker, const struct object *object) {
        /* Acquire: pairs with the release of the birth; whose mark is seen may be looked at. */
        return atomic_load_explicit(store_get_mark(marker->store, object), memory_order_acquire) &
               MARK_STATE_MASK;
}

static inline bool marker_is_marked(const struct marker *marker, const struct object *object) {
        return marker_read_state(marker, object) == marker->colour;
}

/* When marking is over: whether the object is gone. One that is not born yet is not. */
static inline bool marker_is_dead(const struct marker *marker, const struct object *object) {
        uint8_t state = marker_read_state(marker, object);

        return state != marker->colour && state != MARK_NONE;
}
