/* SPDX-License-Identifier: MIT */
#include "gc/root-set.h"

#include "base/cleanup.h"
#include "base/fault.h"
#include "gc/heap.h"

enum {
        ROOT_GROWTH_BYTES = 65536,
};

/* ---- life ---- */

/* As much address space as there is to be had. */
static int root_set_reserve(struct root_set *set) {
        int r = -ENOMEM;

        for (size_t bytes = ROOT_RESERVE_BYTES; r < 0 && bytes >= ROOT_GROWTH_BYTES; bytes /= 16)
                r = memory_map_init(&set->map, bytes, ROOT_GROWTH_BYTES);
        return r;
}

int root_set_new(struct gca_heap *heap, struct root_set **ret_set) {
        struct root_set *set = memory_allocate(sizeof(*set));
        int r;

        (void)heap;
        if (!set)
                return fault_raise(-ENOMEM);
        r = root_set_reserve(set);
        if (r < 0) {
                memory_free(set);
                return fault_pass(r);
        }
        set->chunks = (struct root_chunk *)set->map.base;
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
        memory_map_deinit(&set->map);
        memory_free(set);
        return NULL;
}

/* ---- chunks ---- */

static struct root_chunk *root_set_make_chunk_locked(struct root_set *set) {
        /* Relaxed: written under the lock. */
        uint32_t number = atomic_load_explicit(&set->n_numbers, memory_order_relaxed);
        struct root_chunk *chunk = &set->chunks[number >> ROOT_CHUNK_SHIFT];
        size_t needed = (size_t)((char *)(chunk + 1) - set->map.base);

        lock_assert_held(&set->lock);
        if (number > UINT32_MAX - 2 * (UINT32_C(1) << ROOT_CHUNK_SHIFT))
                return NULL;
        if (needed > set->map.mapped_bytes &&
            memory_map_grow(&set->map, set->map.mapped_bytes + ROOT_GROWTH_BYTES) < 0)
                return NULL;
        /* Release: pairs with the acquire in root_set_find(). */
        atomic_store_explicit(
                &set->n_numbers, number + (UINT32_C(1) << ROOT_CHUNK_SHIFT), memory_order_release);
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
        /* Relaxed: who has a root of this owner has got it by way of what orders this. */
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

static size_t root_set_count_chunks(struct root_set *set) {
        /* Acquire: pairs with the release in root_set_make_chunk_locked(). */
        return atomic_load_explicit(&set->n_numbers, memory_order_acquire) >> ROOT_CHUNK_SHIFT;
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

bool root_visit_chunk(struct gca_heap *heap,
                      size_t index,
                      void (*visit)(struct object *object, void *data),
                      void *data) {
        if (index >= root_set_count_chunks(heap->roots))
                return false;
        chunk_visit(&heap->roots->chunks[index], visit, data);
        return true;
}

void root_visit_all(struct gca_heap *heap,
                    void (*visit)(struct object *object, void *data),
                    void *data) {
        size_t n = root_set_count_chunks(heap->roots);

        for (size_t i = 0; i < n; i++)
                chunk_visit(&heap->roots->chunks[i], visit, data);
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
        size_t n_chunks = root_set_count_chunks(set);
        size_t n = 0;

        /* Relaxed: what is queued just now waits for the next cycle. */
        if (!atomic_load_explicit(&set->has_queued, memory_order_relaxed))
                return 0;
        /* Acquire: pairs with the release in root_queue(); what was queued before is found. */
        (void)atomic_exchange_explicit(&set->has_queued, false, memory_order_acquire);
        for (size_t i = 0; i < n_chunks; i++) {
                struct root_chunk *chunk = &set->chunks[i];

                for (size_t j = 0; j < ROOT_CHUNK_SLOTS; j++)
                        n += slot_take_queued(&chunk->slots[j]);
        }
        return n;
}

bool root_has_queued(struct gca_heap *heap) {
        /* Seq_cst: pairs with the store in root_unregister_unattached(); see pace_rest(). */
        return atomic_load_explicit(&heap->roots->has_queued, memory_order_seq_cst);
}

/* ---- for people and tests ---- */

/* A root of a chunk as of now; false: the slot is not live. In a section. */
static bool slot_describe(struct root_set *set, struct root_slot *slot, gca_root_info *ret_info) {
        struct root_chunk *chunk = root_slot_get_chunk(slot);
        /* Acquire, all, and the state twice: as in gca_root_get(). */
        uint64_t state = atomic_load_explicit(&slot->state, memory_order_acquire);
        struct gca_root_owner *owner = atomic_load_explicit(&chunk->owner, memory_order_acquire);
        gca_value value = { atomic_load_explicit(&slot->value, memory_order_acquire) };
        uint32_t generation = root_get_generation(state);

        if (!owner || atomic_load_explicit(&owner->is_gone, memory_order_acquire) ||
            !root_is_live_as(state, generation))
                return false;
        *ret_info = (gca_root_info){
                .root = { .slot = root_set_get_number(set, slot), .generation = generation },
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
                n += slot_describe(thread->heap->roots, &chunk->slots[i], &infos[n]);
        section_exit(thread);
        return n;
}

void gca_heap_snapshot(gca_thread *thread,
                       bool (*visit)(const gca_root_info *info, void *data),
                       void *data) {
        struct root_set *set = thread->heap->roots;
        gca_root_info infos[ROOT_CHUNK_SLOTS];
        size_t n_chunks;

        if (heap_is_forked(thread->heap))
                return;
        n_chunks = root_set_count_chunks(set);
        for (size_t i = 0; i < n_chunks; i++) {
                size_t n = chunk_snapshot(thread, &set->chunks[i], infos);

                for (size_t j = 0; j < n; j++)
                        if (!visit(&infos[j], data))
                                return;
        }
}

void root_set_verify(struct gca_heap *heap) {
        struct root_set *set = heap->roots;
        size_t n_chunks = root_set_count_chunks(set);
        size_t n_roots = 0, n_guards = 0;

        for (size_t i = 0; i < n_chunks; i++) {
                struct root_chunk *chunk = &set->chunks[i];

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
