/* SPDX-License-Identifier: MIT */
#include "gc/root-set.h"

#include "base/cleanup.h"
#include "base/fault.h"
#include "gc/heap.h"
#include "gc/memory.h"

/* ---- life ---- */

int root_set_new(struct gca_heap *heap, struct root_set **ret_set) {
        struct root_set *set = memory_allocate(sizeof(*set));

        (void)heap;
        if (!set)
                return fault_raise(-ENOMEM);
        lock_init(&set->lock, LOCK_RANK_SLAB);
        slab_pool_init(&set->owners, space_round(sizeof(struct gca_root_owner)));
        *ret_set = set;
        return 0;
}

struct root_set *root_set_free(struct root_set *set) {
        if (!set)
                return NULL;
        slab_pool_deinit(&set->owners);
        lock_deinit(&set->lock);
        for (size_t i = 0; i < ROOT_SEGMENTS; i++)
                /* Relaxed: nobody else is left. */
                memory_free(atomic_load_explicit(&set->segments[i], memory_order_relaxed));
        memory_free(set);
        return NULL;
}

/* ---- chunks ---- */

struct root_chunk *root_set_get_chunk(struct root_set *set, uint32_t index) {
        struct root_chunk *chunk = NULL;

        (void)root_set_find(set, index << ROOT_CHUNK_SHIFT, &chunk);
        return chunk;
}

/* The segment that has the chunk with an index, made if need be. */
static bool root_set_grow_locked(struct root_set *set, uint32_t index) {
        uint32_t n = (index >> ROOT_SEGMENT_SHIFT) + 1;
        unsigned segment = 31 - (unsigned)__builtin_clz(n);
        struct root_chunk *chunks;

        lock_assert_held(&set->lock);
        if (index > UINT32_MAX >> ROOT_CHUNK_SHIFT)
                return false;
        /* Relaxed: written under the lock. */
        if (atomic_load_explicit(&set->segments[segment], memory_order_relaxed))
                return true;
        chunks = memory_allocate(sizeof(*chunks) << (segment + ROOT_SEGMENT_SHIFT));
        if (!chunks)
                return false;
        /* Release: pairs with the acquire in root_set_find(). */
        atomic_store_explicit(&set->segments[segment], chunks, memory_order_release);
        return true;
}

static struct root_chunk *root_set_make_chunk_locked(struct root_set *set) {
        /* Relaxed: written under the lock. */
        uint32_t index = atomic_load_explicit(&set->n_chunks, memory_order_relaxed);
        struct root_chunk *chunk;

        if (!root_set_grow_locked(set, index))
                return NULL;
        /* Release: pairs with the acquire in root_set_count_chunks(). */
        atomic_store_explicit(&set->n_chunks, index + 1, memory_order_release);
        chunk = root_set_get_chunk(set, index);
        chunk->index = index;
        return chunk;
}

struct root_chunk *root_set_take_chunk(struct root_set *set, struct gca_root_owner *owner) {
        LOCK_SCOPE(&set->lock);
        struct root_chunk *chunk = set->free;

        if (chunk)
                set->free = chunk->next;
        else
                chunk = root_set_make_chunk_locked(set);
        if (!chunk)
                return NULL;
        /* Relaxed, both: the hint may be wrong; who has a root of this owner has got it by way of what orders this. */
        atomic_store_explicit(&chunk->hint, 0, memory_order_relaxed);
        atomic_store_explicit(&chunk->owner, owner, memory_order_relaxed);
        return chunk;
}

void root_set_give_chunks(struct root_set *set, struct root_chunk *first) {
        struct root_chunk *last = NULL;

        for (struct root_chunk *chunk = first; chunk; chunk = chunk->next) {
                /* Relaxed: all its roots are stale by their states. */
                atomic_store_explicit(&chunk->owner, NULL, memory_order_relaxed);
                last = chunk;
        }
        if (!last)
                return;
        LOCK_SCOPE(&set->lock);
        last->next = set->free;
        set->free = first;
}

static uint32_t root_set_count_chunks(struct root_set *set) {
        /* Acquire: pairs with the release in root_set_make_chunk_locked(). */
        return atomic_load_explicit(&set->n_chunks, memory_order_acquire);
}

/* ---- the collector ---- */

static void chunk_visit(struct root_chunk *chunk,
                        void (*visit)(struct object *object, void *data),
                        void *data) {
        for (size_t i = 0; i < ROOT_CHUNK_SLOTS; i++) {
                struct root_slot *slot = &chunk->slots[i];
                gca_value value;

                /* Acquire, both: pair with the releases in gca_root_register() and gca_root_set(); the object is seen.
                 * What is about to be freed is visited, too, if it is still there. */
                if (root_is_free(atomic_load_explicit(&slot->state, memory_order_acquire)))
                        continue;
                value.word = atomic_load_explicit(&slot->value, memory_order_acquire);
                if (value_is_object(value))
                        visit(value_get_object(value), data);
        }
}

void root_visit_all(struct gca_heap *heap,
                    void (*visit)(struct object *object, void *data),
                    void *data) {
        uint32_t n = root_set_count_chunks(heap->roots);

        for (uint32_t i = 0; i < n; i++)
                chunk_visit(root_set_get_chunk(heap->roots, i), visit, data);
}

static bool slot_take_queued(struct root_slot *slot) {
        /* Acquire: pairs with the release in gca_root_unregister(). */
        uint64_t state = atomic_load_explicit(&slot->state, memory_order_acquire);
        uint32_t generation = root_get_generation(state);

        if (root_get_pins(state) != ROOT_QUEUED)
                return false;
        /* Acquire: from here on the slot is the claimant's. Its owner may be ending. */
        if (!atomic_compare_exchange_strong_explicit(&slot->state,
                                                     &state,
                                                     root_make_state(generation, ROOT_PIN),
                                                     memory_order_acquire,
                                                     memory_order_relaxed))
                return false;
        /* Release, both: pair with the acquires in gca_root_get() and in who looks for a free slot. */
        atomic_store_explicit(&slot->value, 0, memory_order_release);
        atomic_store_explicit(&slot->state, root_make_state(generation, 0), memory_order_release);
        return true;
}

/* Nothing is logged: nothing is being marked, and nothing will be before this is done. */
size_t root_take_queued(struct gca_heap *heap) {
        struct root_set *set = heap->roots;
        uint32_t n_chunks = root_set_count_chunks(set);
        size_t n = 0;

        /* Relaxed: what is queued just now waits for the next cycle. */
        if (!atomic_load_explicit(&set->has_queued, memory_order_relaxed))
                return 0;
        /* Acquire: pairs with the release in root_queue(); what was queued before is found. */
        (void)atomic_exchange_explicit(&set->has_queued, false, memory_order_acquire);
        for (uint32_t i = 0; i < n_chunks; i++) {
                struct root_chunk *chunk = root_set_get_chunk(set, i);

                for (size_t j = 0; j < ROOT_CHUNK_SLOTS; j++)
                        n += slot_take_queued(&chunk->slots[j]);
        }
        return n;
}

/* ---- for people and tests ---- */

/* A root of a chunk as of now; false: the slot is not live. In a section. */
static bool chunk_describe(struct root_chunk *chunk, uint32_t place, gca_root_info *ret_info) {
        struct root_slot *slot = &chunk->slots[place];
        /* Acquire, all, and the state twice: as in gca_root_get(). */
        uint64_t state = atomic_load_explicit(&slot->state, memory_order_acquire);
        struct gca_root_owner *owner = atomic_load_explicit(&chunk->owner, memory_order_acquire);
        gca_value value = { atomic_load_explicit(&slot->value, memory_order_acquire) };
        uint32_t generation = root_get_generation(state);

        if (!owner || atomic_load_explicit(&owner->is_gone, memory_order_acquire) ||
            !root_is_live_as(state, generation))
                return false;
        *ret_info = (gca_root_info){
                .root = { .slot = chunk->index << ROOT_CHUNK_SHIFT | place,
                          .generation = generation },
                /* Relaxed: checked below. */
                .owner = atomic_load_explicit(&owner->id, memory_order_relaxed),
                .n_guards = root_get_guards(state),
                .type = gca_get_type(value),
        };
        return root_is_live_as(atomic_load_explicit(&slot->state, memory_order_acquire),
                               generation);
}

/* The live roots of a chunk. Returns how many. */
static size_t chunk_snapshot(gca_thread *thread, struct root_chunk *chunk, gca_root_info *infos) {
        size_t n = 0;

        (void)section_enter(thread);
        for (uint32_t i = 0; i < ROOT_CHUNK_SLOTS; i++)
                n += chunk_describe(chunk, i, &infos[n]);
        section_exit(thread);
        return n;
}

void gca_heap_snapshot(gca_thread *thread,
                       bool (*visit)(const gca_root_info *info, void *data),
                       void *data) {
        struct root_set *set = thread->heap->roots;
        gca_root_info infos[ROOT_CHUNK_SLOTS];
        uint32_t n_chunks;

        if (heap_is_forked(thread->heap))
                return;
        n_chunks = root_set_count_chunks(set);
        for (uint32_t i = 0; i < n_chunks; i++) {
                size_t n = chunk_snapshot(thread, root_set_get_chunk(set, i), infos);

                for (size_t j = 0; j < n; j++)
                        if (!visit(&infos[j], data))
                                return;
        }
}

void root_set_verify(struct gca_heap *heap) {
        struct root_set *set = heap->roots;
        uint32_t n_chunks = root_set_count_chunks(set);
        size_t n_roots = 0, n_guards = 0;

        for (uint32_t i = 0; i < n_chunks; i++) {
                struct root_chunk *chunk = root_set_get_chunk(set, i);

                assert(chunk->index == i);
                for (size_t j = 0; j < ROOT_CHUNK_SLOTS; j++) {
                        struct root_slot *slot = &chunk->slots[j];
                        /* Relaxed, all: nobody changes anything. */
                        uint64_t state = atomic_load_explicit(&slot->state, memory_order_relaxed);
                        uintptr_t word = atomic_load_explicit(&slot->value, memory_order_relaxed);

                        assert((word != 0) == !root_is_free(state));
                        assert(root_get_pins(state) == 0 || (root_get_pins(state) == ROOT_QUEUED &&
                                                             root_get_guards(state) == 0));
                        assert(root_is_free(state) ||
                               atomic_load_explicit(&chunk->owner, memory_order_relaxed));
                        n_roots += root_get_guards(state) > 0;
                        n_guards += root_get_guards(state);
                }
        }
        assert(n_roots == gca_heap_count_roots(heap));
        assert(n_guards == gca_heap_count_guards(heap));
}
