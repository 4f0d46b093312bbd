/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A thread of the heap's stress test, and what it holds, so that a model can say what must live:
 *
 *     cells     shared by all, each held by a root of the main thread's
 *     keepers   regions that outlive an operation: what their entries hold, in a scope or outside
 *     roots     of its own owner; any thread may give one up
 *     guards    of the same owner, and nobody else's
 *
 * Everything is the thread's own but the roots' names. At a pause of the round the main thread reads it all.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gcasync/heap.h>

#include "helpers/random.h"

enum {
        N_THREADS_MAX = 8,
        N_CELLS = 12,
        N_KEEPERS = 6,
        N_KEPT = 4, /* values in one of them */
        N_ROOTS = 16,
        N_GUARDS = 8,
};

struct keeper {
        gca_region *region; /* or NULL */
        gca_scope scope;
        bool is_scoped;
        gca_value kept[N_KEPT]; /* all that its entries hold */
        size_t n, n_outer;      /* of which outside of the scope */
};

struct shared_root {
        _Atomic uint64_t name; /* generation and slot; 0: none */
        gca_value value;       /* the owner's to write, before the name */
};

struct guarded {
        gca_guard guard;
        gca_value value; /* GCA_NO_VALUE: none */
};

struct round;

struct mutator {
        struct round *round;
        pthread_t pthread;
        struct random random;
        unsigned number;
        gca_thread *thread;
        gca_root_owner *owner;
        gca_value cells[N_CELLS];
        struct keeper keepers[N_KEEPERS];
        struct shared_root roots[N_ROOTS];
        struct guarded guards[N_GUARDS];
        uint64_t next_id;
};

/* What all threads of a round share. */
struct round {
        uint64_t seed;
        struct random random;
        gca_heap *heap;
        bool is_manual; /* the first mutator drives the collector */
        bool is_stress; /* the collector never stands still */
        unsigned n_threads;
        gca_thread *thread; /* the main thread's */
        gca_root_owner *owner;
        gca_root cell_roots[N_CELLS];
        struct mutator mutators[N_THREADS_MAX];
        pthread_barrier_t barrier;
};

void mutator_attach(struct mutator *mutator);
/* Gives up all it holds. */
void mutator_detach(struct mutator *mutator);

uint64_t mutator_make_id(struct mutator *mutator);

/* Follows a value some way down; GCA_NO_VALUE is passed over. */
void mutator_check(struct mutator *mutator, gca_value value);

gca_value mutator_pick_cell(struct mutator *mutator);

/* Puts a published value where it lives on, or nowhere; others are passed over. */
void mutator_place(struct mutator *mutator, gca_region *region, gca_value value);

/* ---- keepers ---- */

struct keeper *mutator_pick_keeper(struct mutator *mutator);

/* One with room for a value more; NULL: no memory. */
struct keeper *mutator_make_room(struct mutator *mutator);

void mutator_keep(struct mutator *mutator, gca_value value);

/* Something that it holds, or nil. */
gca_value mutator_pick_kept(struct mutator *mutator);

/* What an entry of the keeper's holds by now. */
void keeper_add(struct keeper *keeper, gca_value value);
void keeper_drop(struct keeper *keeper);

/* Begins a scope, or ends the one there is, which keeps one value of its own at the most. */
void keeper_turn_scope(struct keeper *keeper, struct random *random);

/* ---- roots and guards ---- */

gca_root root_from_name(uint64_t name);

/* In a free place of its own, if the first one looked at is. */
void mutator_put_root(struct mutator *mutator, gca_value value);
/* Anybody's. */
struct shared_root *mutator_pick_root(struct mutator *mutator);

/* All of a thread's roots go in one step, and a new owner comes. */
void mutator_change_owner(struct mutator *mutator);

/* The value is held until then. */
void mutator_put_guard(struct mutator *mutator, gca_value value);
void mutator_drop_guard(struct mutator *mutator);

/* All guarded values go from one slot to another, by nothing but the guards: the collector may have read the one and not
 * yet the other. */
void mutator_move_guards(struct mutator *mutator);
