/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Objects that the collector must know of by themselves: weak values and ephemerons, natives, blobs. Each is
 * registered when it is born, by its thread, in a section; when a cycle closes, the collector walks them: clears weak
 * values whose target is not marked, makes the finalisers of natives due, closes blobs.
 *
 *     weak        slots[0]: the target
 *     ephemeron   a weak value with two slots, the key and the value
 *     native      its tail names its finaliser, which has the payload
 *     blob        names its struct blob; blob_free() and the accounts (store.blob_bytes, used_bytes) are the collector's
 *
 * A slot that is cleared holds nil. Slots of weak values are read and cleared with atomic operations; only the collector
 * changes them. Hayes (OOPSLA'97) has the semantics of ephemerons: the value is marked once both the
 * ephemeron and its key are.
 *
 * REGISTRATION. A thread fills a chunk of addresses; full ones, and what a detaching thread has, are pushed on
 * heap->specials_full. The collector reads the chunks of the attached threads where they are, *then* takes that list
 * over: a chunk that changes place meanwhile is seen twice, never missed.
 *
 * UPGRADES: one word (heap->upgrades): bit 0 closed, the rest a count. An upgrade of an unmarked target while
 * marking counts itself and logs, or fails where the word is closed; it looks at the mark and makes its entry in the section that read the weak.
 * The collector reads the count before the last round's grace period and closes by compare-and-set, going round again if the count moved; the
 * write that turns marking on reopens it.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gcasync/heap.h>

#include "gc/blob.h"
#include "gc/object.h"

struct gca_heap;
struct gca_thread;

enum {
        UPGRADES_IS_CLOSED = 1,
        UPGRADES_ONE = 2,
};

enum {
        SPECIAL_CHUNK_OBJECTS = 62,
};

struct special_chunk {
        struct special_chunk *next;
        _Atomic uint32_t n; /* its thread appends; release: those before it are written */
        struct object *objects
                [SPECIAL_CHUNK_OBJECTS]; /* those before n are the collector's: NULL when gone */
};

/* In a thread. */
struct special_list {
        _Atomic(struct special_chunk *)
                chunk;               /* the thread sets, the collector reads; may be NULL or full */
        struct special_chunk *spare; /* the thread's */
};

/* A native's payload, and its finaliser's record: made before the native, so that its going needs no memory. */
struct gca_finalizer {
        struct gca_finalizer *next; /* once it is due */
        const gca_native_type *type;
        _Alignas(16) unsigned char payload[];
};

/* ---- births ---- */

/* Outside sections: one object more can be registered. 0 or -ENOMEM. */
int special_reserve(struct gca_thread *thread);

/* In the section that the object is born in, after special_reserve(). */
void special_register(struct gca_thread *thread, struct object *object);

/* A copy of type's payload_bytes (NULL: zeros); gca_finalizer_free() frees it. NULL: no memory. */
struct gca_finalizer *special_new_finalizer(const gca_native_type *type, const void *payload);

/* ---- reading weak values ---- */

/* In a section: the value in a weak value's slot (an ephemeron's: 0 the key, 1 the value), held by an entry at a depth; nil
 * where it is gone or about to go. entry_reserve() was called. An ephemeron's value is to be had only if its key is. */
gca_value
special_upgrade(struct gca_region *region, struct object *weak, size_t slot, size_t depth);

/* ---- threads and heaps ---- */

/* A thread detaches, outside sections, while it is in the registry still. */
void special_detach(struct gca_thread *thread);

/* After the last thread: what the specials own is freed; finalisers do not run. */
void special_deinit(struct gca_heap *heap);
