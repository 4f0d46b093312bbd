/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The store: where published values lie. Small objects are bumped into the holes of blocks (Immix: Blackburn and
 * McKinley, PLDI'08; by granules, as Whippet's "nofl"); large ones have memory of their own, the same as in regions, so that
 * they change owner without a copy. Dead objects are swept lazily: by the thread that wants room, a block at a time,
 * and by the collector, which must be through before the next cycle.
 *
 * LENDING. A thread owns up to two blocks (struct store_cursor): one whose holes small objects fill, in the order of addresses, and one
 * for what does not fit there. A piece of a hole is lent to a publication as it is: what lay there last can still be read (in checked
 * builds it is retired, see memory.h). Who makes an object that is promised to be zero clears it (memory_hand_out_cleared()). Ownership lapses with the epoch, but what is lent stays lent across epochs (space.h), and what lies there is
 * born with whatever colour the section of its birth has.
 *
 * BIRTH. A lent piece has no marks: nobody but its thread knows what lies there. Closing the run
 * (store_bear()) walks the new objects by their headers and writes their mark bytes, in a section, with the colour of the
 * epoch that this section read. Until then they are kept by nothing but their being unknown: what they refer to is held by
 * entries, none of which is given up before the run is closed (see publication.h). Objects begin at granules: sizes are
 * rounded by space_round(). Raw memory between them is a hole again.
 *
 * SWEEPING, see store-sweep.c: each block once a cycle, in the order of addresses, claimed by whoever is at it. Of a block that is owned in
 * this epoch only the marks of the dead are cleared; its owner has read them when it took the block.
 *
 * BYTES. used_bytes counts what was ever handed out for objects, less what was swept: live, floating, dead and not
 * yet swept, and the free rest of the pieces that threads are at or that are lent (STORE_PIECE_BYTES at most).
 *
 * WHO                                        in a section      lock
 * store_lend, store_give_back, _release      no                store, for moments
 * store_bear, store_adopt_large              yes               none
 * store_sweep_one, store_trim                no                store, for moments
 * store_begin_sweep                          no                store
 * store_get_account_bytes                    no                threads, for moments
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/lock.h"
#include "gc/block-map.h"
#include "gc/object.h"
#include "gc/region.h"
#include "gc/space.h"

struct gca_heap;
struct gca_thread;

enum {
        STORE_HOLE_BYTES_MIN = 128, /* smaller holes are left alone */
        STORE_PIECE_BYTES = 16384,  /* lent at once, unless more is asked for */
        STORE_HOLE_CLASSES =
                4, /* of partial blocks, by their largest hole: from 128, 512 bytes, 2, 8 KiB */
        STORE_ACCOUNTS = 65535,
};

/* A place where a thread puts objects: a block, and the hole of it that is being filled. The thread's. */
struct store_place {
        struct block *block; /* NULL: none */
        uint64_t epoch;      /* that it was taken in; it is void in any other */
        char *next, *end;    /* a piece, without marks; empty while it is lent */
        char *hole_end;      /* of the hole that it is a piece of */
        size_t scan;         /* granule where the search for the next hole begins */
        bool is_clean;       /* the block was zero when it was taken */
        bool has_left; /* holes, or rests of them, that were too small for what was asked for */
        uint64_t holes[BLOCK_MAP_WORDS]; /* those worth filling, as of when the block was taken */
};

/* A thread's places in the store. All zero: none. */
struct store_cursor {
        struct store_place small; /* holes, one after the other */
        struct store_place
                medium; /* for what did not fit there and is larger than the least hole */
        /* What was born since it was last added to the store's accounts; the thread writes, anyone reads: */
        _Atomic uint32_t account;
        _Atomic uint64_t account_bytes;
};

/* A large object in the store: region_large's memory, its links reused. */
struct store_large {
        struct store_large
                *next; /* in store.large, or in store.large_new until the collector takes it over */
        _Atomic uint8_t mark; /* MARK_… */
        _Atomic bool
                is_finished; /* the publication that it came with is complete; else it is not to be traced */
        bool is_abandoned; /* it will not be finished; the publication's, until then */
        uint16_t depth;    /* in its region; the publication's, until then */
        size_t size;       /* of the object, rounded */
        struct object object;
};

struct block_list {
        struct block *first, *last;
        size_t n;
};

struct store {
        struct space space;
        struct lock lock;
        /* lock: */
        struct block_list free, absent, partial[STORE_HOLE_CLASSES];
        uint64_t
                sweep_epoch; /* of the last cycle: what has not its colour was dead when it ended */
        size_t sweep_next, sweep_end; /* blocks to be claimed */
        size_t n_sweeping;            /* claimed, and not yet done */
        /* collector: */
        struct store_large *large; /* swept, or born since */
        struct store_large *large_unswept;
        /* any thread pushes, the collector takes all: */
        _Atomic(struct store_large *) large_new;
        /* any: */
        _Atomic bool is_flagged;       /* some block is */
        _Atomic bool is_large_flagged; /* as struct block's, for all large objects */
        _Atomic size_t used_bytes;
        _Atomic size_t large_bytes, blob_bytes;
        _Atomic size_t committed_bytes;        /* blocks with memory, and large objects */
        _Atomic uint64_t n_swept, swept_bytes; /* since the last sweep began */
        _Atomic uint64_t account_bytes[STORE_ACCOUNTS + 1];
        /* Called outside sections and locks when a thread got another piece: asks for a cycle if it is time, or waits for
         * one. May be NULL. Fixed. */
        void (*on_growth)(struct gca_heap *heap);
        bool (*on_full)(
                struct gca_heap *heap); /* waits for a cycle; false: none could be waited for */
};

/* reserve_bytes 0: twice the machine's memory. 0 or -ENOMEM. */
int store_init(struct store *store, size_t reserve_bytes);

/* Everything goes. May be called twice. */
void store_deinit(struct store *store);

/* ---- room ---- */

/*
 * A piece of at least size bytes (at most REGION_LARGE_BYTES), not cleared, in *ret_begin and *ret_end: the rest of the
 * cursor's, or of the next hole of its block, or of another block, swept for it if need be. It is the caller's until it gives back what is
 * left, through any number of epochs: its block is pinned, in a section of this call (see space.h). 0; -ENOMEM; -ENOSPC past the
 * heap's hard limit. May ask the collector for a cycle, and past the heap's soft limit waits for it.
 */
int store_lend(struct gca_thread *thread, size_t size, char **ret_begin, char **ret_end);

/* What is left of a lent piece, from next on (next may be end): the pin goes. What was made in it is born. */
void store_give_back(struct gca_thread *thread, char *next, char *end);

/* The thread leaves: its blocks are to be had by others. */
void store_release(struct gca_thread *thread);

/* A large object or a blob is about to be made or handed over: its bytes are counted from here on, so that threads that do so at once
 * cannot exceed the limit together; a blob's are an account's as well. 0; -ENOSPC: they would be past the heap's hard limit, and are
 * not counted. Sweeps, and waits for a cycle, to find out. Outside sections. */
int store_add_large(struct gca_thread *thread, size_t size);
int store_add_blob(struct gca_thread *thread, size_t size, uint16_t account);

/* It goes, or did not come to be. Any thread. */
void store_remove_large(struct store *store, size_t size);
void store_remove_blob(struct store *store, size_t size, uint16_t account);

/* The objects from begin to end are born: their mark bytes are written, their bytes counted. In a section, with its word. */
void store_bear(struct gca_thread *thread, uint64_t word, char *begin, char *end);

/* A region's large object, taken off its list, becomes the store's and is born; its header says so already, and store_add_large()
 * has counted its size. Unfinished where it has slots. In a section. */
struct object *
store_adopt_large(struct gca_thread *thread, uint64_t word, struct region_large *large);

static inline struct store_large *object_get_store_large(const struct object *object) {
        return (struct store_large *)((char *)(uintptr_t)object -
                                      offsetof(struct store_large, object));
}

/* ---- marks ---- */

/* The mark byte of any object of the store. */
static inline _Atomic uint8_t *store_get_mark(const struct store *store,
                                              const struct object *object) {
        if (space_contains(&store->space, object))
                return space_get_mark(&store->space, object);
        return &object_get_store_large(object)->mark;
}

/* Makes an object grey whose mark byte was seen to be that of another colour, and flags the place: where neither a log nor
 * the queue can take it. store_take_grey() clears a flag before it looks. In a section, or the collector. */
static inline void store_make_grey(struct store *store, struct object *object, uint8_t seen) {
        _Atomic uint8_t *mark = store_get_mark(store, object);
        uint8_t grey = (uint8_t)((seen & ~MARK_STATE_MASK) | MARK_GREY);

        /* Relaxed: where it fails, the collector has marked the object, or somebody made it grey. What it guards
         * is ordered by the flag. */
        if (!atomic_compare_exchange_strong_explicit(
                    mark, &seen, grey, memory_order_relaxed, memory_order_relaxed))
                return;
        /* Release, each: pairs with the acquire in store_take_grey(); who sees the flag sees the mark, and who sees
         * the store's flag sees the block's. */
        if (!space_contains(&store->space, object)) {
                atomic_store_explicit(&store->is_large_flagged, true, memory_order_release);
                return;
        }
        atomic_store_explicit(
                &space_get_block(&store->space, object)->is_flagged, true, memory_order_release);
        atomic_store_explicit(&store->is_flagged, true, memory_order_release);
}

/* ---- sweeping: the collector, except where told ---- */

/* Every block and large object is to be swept: what has not this epoch's colour is dead. After the last grace period of a cycle; the
 * last sweep is complete. */
void store_begin_sweep(struct store *store, uint64_t epoch);

/* Sweeps a block, or some large objects; false: there is none left to be claimed. *ret_is_complete then tells whether those
 * that others claimed are finished too. */
bool store_sweep_one(struct store *store, bool *ret_is_complete);

/* For the cycle's statistics: what was swept since the sweep began. */
void store_get_swept(const struct store *store, uint64_t *ret_n, uint64_t *ret_bytes);

/* Whether nothing lies in the store, and nothing can without a block that is taken, or a large object that is counted, from here on: no
 * thread owns a block, none is pinned. Any thread; a sweep is complete. */
bool store_is_empty(struct store *store);

/* Empty blocks go back to the system, all but keep_bytes. Returns the bytes. */
size_t store_trim(struct store *store, size_t keep_bytes);

/* Takes what threads flagged because their logs were full: calls visit for each grey object there, in no queue, which gives it another mark; clears the
 * flags. Returns how many. */
size_t
store_take_grey(struct store *store, void (*visit)(struct object *object, void *data), void *data);

/* Takes over what large_new holds. */
void store_take_large(struct store *store);

/* ---- for tests and people ---- */

/*
 * Each object with a mark, small ones first. The collector, while no sweep is under way: then no object with a mark
 * goes, and threads that go on allocating only add some, each seen or not.
 */
void store_walk(struct store *store,
                void (*visit)(struct object *object, uint8_t mark, void *data),
                void *data);

/* Asserts: lists, states, counters; marks and headers agree; free space is retired. At quiescence: no thread is in a call
 * of this header; less exact where pieces are lent. */
void store_verify(struct gca_heap *heap);

/* Bytes that an account pays for; exact at quiescence. */
uint64_t store_get_account_bytes(struct gca_heap *heap, uint16_t account);

static inline size_t store_get_used_bytes(const struct store *store) {
        /* Relaxed: a statistic; who needs more has its own order. */
        return atomic_load_explicit(&store->used_bytes, memory_order_relaxed);
}
