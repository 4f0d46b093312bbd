/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One thin layer over what bench/gc measures the heap against, so that one source of a workload runs on each:
 *
 *   PEER_ARENA    a range a thread, bumped and reset, never cleared: the limit
 *   PEER_BOEHM    the collector of Boehm, Demers and Weiser
 *   else          malloc() and free(), of whichever library the program is linked with
 *
 * PEER_FREES and PEER_IS_ARENA say what is left to the workload: calling peer_free() on what is dead, or
 * resetting to a place. Both are constants, so that a workload tests them without cost. Memory holds
 * anything.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "workload.h"

#if defined(PEER_BOEHM)
#        include <gc.h>
#endif

#if defined(PEER_ARENA)

enum {
        PEER_FREES = 0,
        PEER_IS_ARENA = 1,
};

#elif defined(PEER_BOEHM)

enum {
        PEER_FREES = 0,
        PEER_IS_ARENA = 0,
};

#else

enum {
        PEER_FREES = 1,
        PEER_IS_ARENA = 0,
};

#endif

/* A thread's part: the arena's range; nothing where the library has its own. */
struct peer {
        char *next, *end;
};

void peer_init(struct peer *peer);

/* Once a process, before any of it. */
void peer_setup(void);

/* Memory that is looked at for pointers (peer_allocate) or holds none. */
static inline void *peer_allocate(struct peer *peer, size_t size) {
#if defined(PEER_ARENA)
        size_t rounded = (size + 15) & ~(size_t)15;
        char *memory = peer->next;

        if (__builtin_expect(rounded > (size_t)(peer->end - memory), 0))
                bench_die("the arena is full");
        peer->next = memory + rounded;
        return memory;
#elif defined(PEER_BOEHM)
        (void)peer;
        return GC_MALLOC(size);
#else
        (void)peer;
        return malloc(size);
#endif
}

static inline void *peer_allocate_plain(struct peer *peer, size_t size) {
#if defined(PEER_BOEHM)
        (void)peer;
        return GC_MALLOC_ATOMIC(size);
#else
        return peer_allocate(peer, size);
#endif
}

/* Without effect unless PEER_FREES. */
static inline void peer_free(void *memory) {
        if (PEER_FREES)
                free(memory);
}

/* A table that lives to the end, cleared, looked at for pointers, and known to the collector. */
void *peer_allocate_table(size_t size);

/* The contestants' workloads (peer-….c), called once a process. */
void peer_run_trees(void);
void peer_run_requests(unsigned n_threads);
void peer_run_table(unsigned seconds);
void peer_run_objects(void);
