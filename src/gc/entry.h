/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Entries: a task's own roots, for what it took from the store. They belong to its region and go with the scope that
 * they were made in, or with the region; the collector walks all chunks of all regions linearly.
 *
 * TAKING is entry_take(): the one function by which a thread comes to hold a store value that it did not
 * hold. It needs a free slot, which entry_reserve() provides, outside sections. Taking logs nothing.
 * GIVING UP logs, while logging is on, in the section that clears the slot. When a whole table goes and logging is on,
 * its chunks are handed over as they are, and drained as a log.
 *
 * A table is a stack of chunks. The end of a scope looks at the chunks from the top down to the first one below which
 * nothing is deeper (max_depth), gives up what is deeper there, and moves the others down into the holes: so a scope costs
 * what was taken in it, and a loop of scopes needs entries for its results alone. A moved entry is in its new slot before it
 * leaves its old one, in one section, and is logged as one that is given up.
 *
 * Chunks are type-stable: they lie in slabs that live as long as the heap. A thread keeps some spare ones.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gcasync/value.h>

struct gca_region;
struct gca_thread;
struct gca_heap;
struct object;

enum {
        ENTRY_CHUNK_SLOTS = 31,
};

struct entry {
        _Atomic uintptr_t value; /* 0: free. The owner writes, the collector reads */
        uint32_t epoch;          /* that it was made in */
        uint16_t depth;          /* of its scope, see object.h */
};

struct entry_chunk {
        struct entry_chunk *below; /* in its table; the pool's word, see slab.h */
        uint32_t used;             /* a bit for each slot; the owner's */
        uint16_t max_depth;        /* of any entry here or below; the owner's */
        struct entry entries[ENTRY_CHUNK_SLOTS];
};

/* In a region. The thread's. */
struct entry_table {
        struct entry_chunk *chunks; /* newest first */
        size_t n;                   /* entries */
        size_t n_free; /* slots that are sure to be had: those of the chunks from filling on down */
        struct entry_chunk *filling; /* those above it are full */
};

/* Outside sections: n more entries can be made. 0 or -ENOMEM. */
int entry_reserve(struct gca_region *region, size_t n);

/* In a section, after entry_reserve(): the value, as it is in the store, is held, at a depth (of open scopes). Immediate
 * values pass. */
void entry_take(struct gca_region *region, gca_value value, size_t depth);

/*
 * Outside sections; works in sections of its own: gives up what is deeper than depth. What of it is to be kept was taken
 * at that depth before. The publication of the thread is settled.
 */
void entry_end_scope(struct gca_region *region, size_t depth);

/* Gives up all. */
void entry_clear(struct gca_region *region);

/* A thread's spare chunks go back. */
void entry_release_spare(struct gca_thread *thread);

/* Asserts: bits, depths, counts. For tests. */
void entry_verify(const struct gca_region *region);

/* ---- the collector ---- */

/* Calls visit for each value that any entry of any table holds. */
void entry_visit_all(struct gca_heap *heap,
                     void (*visit)(struct object *object, void *data),
                     void *data);

/* The same for one chunk, in use or not: an item of heap->entry_chunks. Returns how many there are. */
size_t entry_visit_chunk(const struct entry_chunk *chunk,
                         void (*visit)(struct object *object, void *data),
                         void *data);

/* Chunks handed over whole since the last call: visits what they hold, and frees them. Returns how many values. */
size_t
entry_drain(struct gca_heap *heap, void (*visit)(struct object *object, void *data), void *data);
