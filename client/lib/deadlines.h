/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The deadlines of calls, the earliest first: a pairing heap (Fredman, Sedgewick, Sleator
 * and Tarjan, 1986) whose links lie in the calls, so that setting a deadline cannot fail
 * and a call without one costs nothing. Setting is constant time, removing logarithmic,
 * amortised. One owner, one thread at a time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A call's place in the heap. */
struct deadline {
        uint64_t time_ns;
        struct deadline *child; /* the first of those below */
        struct deadline *next;  /* the next below the same one */
        struct deadline **link; /* what points here; NULL: not in the heap */
};

struct deadlines {
        struct deadline *first; /* the earliest, or NULL */
};

/* Puts a deadline in, or moves it to another time. */
void deadlines_set(struct deadlines *deadlines, struct deadline *deadline, uint64_t time_ns);
/* Takes it out; one that is not in is left alone. */
void deadlines_remove(struct deadlines *deadlines, struct deadline *deadline);

static inline bool deadline_is_set(const struct deadline *deadline) {
        return deadline->link != NULL;
}
