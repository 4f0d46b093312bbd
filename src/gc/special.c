/* SPDX-License-Identifier: MIT */
#include "gc/special.h"

#include <errno.h>
#include <string.h>

#include "base/fault.h"
#include "gc/heap.h"
#include "gc/memory.h"
#include "gc/special-walk.h"

/* ---- births ---- */

/* The thread's own chunk, if there is room in it. */
static struct special_chunk *special_get_open_chunk(struct gca_thread *thread) {
        /* Relaxed, both: the thread reads what it wrote itself. */
        struct special_chunk *chunk =
                atomic_load_explicit(&thread->specials.chunk, memory_order_relaxed);

        if (!chunk ||
            atomic_load_explicit(&chunk->n, memory_order_relaxed) == SPECIAL_CHUNK_OBJECTS)
                return NULL;
        return chunk;
}

int special_reserve(struct gca_thread *thread) {
        assert_slow(!section_is_open(thread));
        if (thread->specials.spare || special_get_open_chunk(thread))
                return 0;
        thread->specials.spare = memory_allocate(sizeof(struct special_chunk));
        return thread->specials.spare ? 0 : fault_raise(-ENOMEM);
}

static void special_push_full(struct gca_heap *heap, struct special_chunk *chunk) {
        chunk->next = atomic_load_explicit(&heap->specials_full, memory_order_relaxed);
        /* Release: pairs with the acquire in specials_take_over(), which reads what the chunk holds. */
        while (!atomic_compare_exchange_weak_explicit(&heap->specials_full,
                                                      &chunk->next,
                                                      chunk,
                                                      memory_order_release,
                                                      memory_order_relaxed))
                continue;
}

void special_register(struct gca_thread *thread, struct object *object) {
        struct special_chunk *chunk = special_get_open_chunk(thread);
        struct special_chunk *full;
        uint32_t n;

        assert_slow(section_is_open(thread));
        if (!chunk) {
                chunk = thread->specials.spare;
                assert(chunk);
                thread->specials.spare = NULL;
                full = atomic_load_explicit(&thread->specials.chunk, memory_order_relaxed);
                /* First pushed, then replaced: see the head note of special.h. */
                if (full)
                        special_push_full(thread->heap, full);
                /* Release: pairs with the acquire in specials_visit_threads(), to which the push must not come later. */
                atomic_store_explicit(&thread->specials.chunk, chunk, memory_order_release);
        }
        n = atomic_load_explicit(&chunk->n, memory_order_relaxed);
        chunk->objects[n] = object;
        /* Release: pairs with the acquire in special_chunk_get_n(). */
        atomic_store_explicit(&chunk->n, n + 1, memory_order_release);
}

struct gca_finalizer *special_new_finalizer(const gca_native_type *type, const void *payload) {
        struct gca_finalizer *finalizer = memory_allocate(sizeof(*finalizer) + type->payload_bytes);

        if (!finalizer)
                return NULL;
        finalizer->type = type;
        if (payload)
                memcpy(finalizer->payload, payload, type->payload_bytes);
        return finalizer;
}

void gca_finalizer_run(gca_finalizer *finalizer) {
        finalizer->type->finalize(finalizer->payload);
}

gca_finalizer *gca_finalizer_free(gca_finalizer *finalizer) {
        memory_free(finalizer);
        return NULL;
}

/* ---- upgrades ---- */

/* Whether a value that a weak value names may be taken: marked, or logged and counted in time. */
static bool special_keep(struct gca_thread *thread, gca_value value) {
        struct gca_heap *heap = thread->heap;
        uint8_t state;
        uint64_t upgrades;

        /* Not while arming: roots and entries have not been read, an entry is enough. */
        if (word_get_phase(thread->word) != PHASE_MARKING)
                return true;
        /* Relaxed: a mark is final, or is going to be drained; what it guards is ordered by the grace periods. */
        state = atomic_load_explicit(store_get_mark(&heap->store, value_get_object(value)),
                                     memory_order_relaxed) &
                MARK_STATE_MASK;
        if (state == word_get_marked_colour(thread->word) || state == MARK_GREY)
                return true;
        upgrades = atomic_load_explicit(&heap->upgrades, memory_order_relaxed);
        do {
                if (upgrades & UPGRADES_IS_CLOSED)
                        return false;
                /* Seq_cst: pairs with the compare-and-set that closes; one of the two sees the other. */
        } while (!atomic_compare_exchange_weak_explicit(&heap->upgrades,
                                                        &upgrades,
                                                        upgrades + UPGRADES_ONE,
                                                        memory_order_seq_cst,
                                                        memory_order_relaxed));
        section_delay();
        log_value(thread, thread->word, value);
        return true;
}

static gca_value special_read(const struct object *weak, size_t slot) {
        /* Acquire: pairs with the release of the birth. Cleared by the collector, to nil. */
        return (gca_value){ atomic_load_explicit((const _Atomic uintptr_t *)&weak->slots[slot].word,
                                                 memory_order_acquire) };
}

gca_value
special_upgrade(struct gca_region *region, struct object *weak, size_t slot, size_t depth) {
        struct gca_thread *thread = region->thread;
        const gca_value nil = { VALUE_NIL };
        gca_value value;

        assert_slow(section_is_open(thread));
        for (size_t i = 0; i < slot; i++) {
                gca_value key = special_read(weak, i);

                if (value_is_object(key) && !special_keep(thread, key))
                        return nil;
        }
        value = special_read(weak, slot);
        section_delay();
        if (!value_is_object(value))
                return value;
        if (!special_keep(thread, value))
                return nil;
        section_delay();
        entry_take(region, value, depth);
        return value;
}

/* ---- threads and heaps ---- */

void special_detach(struct gca_thread *thread) {
        struct special_chunk *chunk =
                atomic_load_explicit(&thread->specials.chunk, memory_order_relaxed);

        assert_slow(!section_is_open(thread));
        memory_free(thread->specials.spare);
        thread->specials.spare = NULL;
        if (!chunk)
                return;
        /* Both under the lock that the collector looks at it with: there is no section here that it would wait for
         * before it frees what it has taken over. */
        LOCK_SCOPE(&thread->heap->threads_lock);
        special_push_full(thread->heap, chunk);
        /* Relaxed: the lock orders. */
        atomic_store_explicit(&thread->specials.chunk, NULL, memory_order_relaxed);
}

static void special_free_owned(struct object *object) {
        if (!object)
                return;
        if (object_get_type(object) == GCA_TYPE_NATIVE)
                gca_finalizer_free(object_get_native_tail(object)->finalizer);
        if (object_get_type(object) == GCA_TYPE_BLOB)
                blob_free(object->blob[0]);
}

void special_deinit(struct gca_heap *heap) {
        struct special_chunk *chunk =
                atomic_exchange_explicit(&heap->specials_full, NULL, memory_order_acquire);

        while (chunk) {
                struct special_chunk *next = chunk->next;
                size_t n = special_chunk_get_n(chunk);

                for (size_t i = 0; i < n; i++)
                        special_free_owned(chunk->objects[i]);
                memory_free(chunk);
                chunk = next;
        }
}
