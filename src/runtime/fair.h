/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A queue that is fair between uids: each has a line of its own, and the lines take turns (deficit
 * round robin). A turn is worth FAIR_QUANTUM cost units; what a line's first item costs beyond that it
 * saves up for. So an item waits for at most one turn of each other uid, however long their lines are.
 *
 * Items come from another thread's cache, one line of it each, and a list says only where the next one is. So an
 * item points ahead, FAIR_AHEAD places, to one that is fetched when it is popped (jump pointers: C.-K. Luk and
 * T. C. Mowry, 1996).
 *
 * Nothing here fails: where there is no memory for a uid's own line, its items share the spare one.
 * No lock inside: the owner has one.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"

enum {
        FAIR_QUANTUM = 8,
        FAIR_N_BUCKETS = 64,
        FAIR_N_IDLE_MAX = 64,
        FAIR_AHEAD = 8, /* a power of two */
};

/* One waiting thing, in its owner's memory. */
struct fair_item {
        struct list link;
        struct fair_item *
                ahead; /* some places behind it in its line, to be fetched when it is popped; may be gone */
        struct fair_line *line; /* NULL: not queued */
        uint32_t uid;
        uint32_t cost; /* at least 1 */
};

/* One uid's items. */
struct fair_line {
        struct list turns;  /* in fair.active while it has items, in fair.idle while not */
        struct list bucket; /* in fair.buckets */
        struct list items;
        size_t n;
        struct fair_item
                *newest[FAIR_AHEAD]; /* the last ones pushed, a ring; an older one may be gone */
        size_t n_pushed;
        uint32_t uid;
        uint64_t deficit;
};

struct fair {
        struct list active; /* the first one's turn it is */
        struct list idle;   /* empty lines kept, the longest unused first */
        struct list buckets[FAIR_N_BUCKETS];
        struct fair_line spare;
        size_t n;
        size_t n_idle;
};

void fair_init(struct fair *fair);
/* Nothing may be queued. May be called twice. */
void fair_deinit(struct fair *fair);

/* Puts the item, with uid and cost set, at the end of its uid's line. */
void fair_push(struct fair *fair, struct fair_item *item);

/* The next one, or NULL. */
struct fair_item *fair_pop(struct fair *fair);

/* Takes an item out of turn; one that is not queued is accepted: false. */
bool fair_remove(struct fair *fair, struct fair_item *item);

void fair_verify(const struct fair *fair);
