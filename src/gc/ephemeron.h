/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Ephemerons that were marked and wait for their keys (Hayes, OOPSLA'97). Until marking first comes to an end they are
 * only kept; then those whose key is marked give up their values, and if that is not the end of it the others are put
 * in a table by key, in which from then on each newly marked object is looked up. So a chain of ephemerons, each of which has the
 * key of the next one, costs as much as any other list, and a heap without ephemerons, or whose keys are all reached otherwise, looks nothing up.
 *
 * Without memory the table is not made and the list is gone through again whenever something was marked; without memory for the list
 * is_incomplete tells that the registered ones have to be gone through. Both take longer and forget nothing.
 *
 * The collector's alone.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct marker;
struct object;

struct ephemeron_waiting {
        struct object *ephemeron; /* NULL: no longer */
        size_t next;              /* the next one of the same key, + 1; 0: none */
};

struct ephemeron_slot {
        const struct object *key; /* NULL: free */
        size_t first;             /* in waiting, + 1; 0: none any more */
};

struct ephemerons {
        struct ephemeron_waiting *waiting;
        size_t n, n_max;
        struct ephemeron_slot *table; /* n_slots of them, a power of two; NULL: there is none */
        size_t n_slots, n_used;
        bool is_incomplete;
};

void ephemerons_deinit(struct ephemerons *ephemerons);

/* Forgets all; marking begins. */
void ephemerons_begin(struct ephemerons *ephemerons);

/* An ephemeron was marked: its value is pushed, at once or when its key is marked. */
void ephemerons_add(struct marker *marker, struct object *ephemeron);

/* An object was marked while there is a table. */
void ephemerons_note_marked(struct marker *marker, const struct object *object);

/* Everything else is marked: pushes the values of those whose keys are. False: there was none. */
bool ephemerons_resolve(struct marker *marker);

/* Pushes a marked ephemeron's value if its key is marked and the value is not; whether it did. */
bool ephemeron_push_value(struct marker *marker, struct object *ephemeron);
