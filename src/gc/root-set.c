/* SPDX-License-Identifier: MIT */
#include "gc/root-set.h"

#include "base/cleanup.h"
#include "base/fault.h"
#include "gc/heap.h"

#include <sys/mman.h>

enum {
        ROOT_GROWTH_SLOTS = 4096, /* a multiple of a chunk's */
        ROOT_PAGE_BYTES = 65536,  /* whole ones, on any machine: before the chunks is n_direct */
};

/* ---- life ---- */

static size_t get_chunk_bytes(size_t n_slots) {
        return ROOT_PAGE_BYTES + (n_slots >> ROOT_CHUNK_SHIFT) * sizeof(struct root_chunk);
}

/* As much address space as there is to be had. */
static int root_set_reserve(struct root_set *set) {
        int r = -ENOMEM;

        for (size_t n = ROOT_SLOTS_MAX; r < 0 && n >= ROOT_GROWTH_SLOTS; n /= 16) {
                r = memory_map_init(&set->slot_map, n * sizeof(struct root_slot), ROOT_PAGE_BYTES);
                if (r < 0)
                        continue;
                r = memory_map_init(&set->chunk_map, get_chunk_bytes(n), ROOT_PAGE_BYTES);
                if (r < 0)
                        memory_map_deinit(&set->slot_map);
        }
        return r;
}

static void root_set_unmap(struct root_set *set) {
        memory_map_deinit(&set->chunk_map);
        memory_map_deinit(&set->slot_map);
}

int root_set_new(struct gca_heap *heap, struct root_set **ret_set) {
        struct root_set *set = memory_allocate(sizeof(*set));
        int r;

        (void)heap;
        if (!set)
                return fault_raise(-ENOMEM);
        r = root_set_reserve(set);
        if (r == 0)
                r = memory_map_grow(&set->chunk_map, ROOT_PAGE_BYTES);
        if (r < 0) {
                root_set_unmap(set);
                memory_free(set);
                return fault_pass(r);
        }
        set->slots = (struct root_slot *)(void *)set->slot_map.base;
        set->n_direct = (_Atomic uint32_t *)(void *)set->chunk_map.base;
        set->chunks = (struct root_chunk *)(void *)(set->chunk_map.base + ROOT_PAGE_BYTES);
        set->has_direct = madvise(set->chunk_map.base, ROOT_PAGE_BYTES, MADV_WIPEONFORK) == 0;
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
        root_set_unmap(set);
        memory_free(set);
        return NULL;
}

/* Whether threads may use slots without the library. Not where that has fences or delays of its own. */
static bool root_set_is_direct(bool is_fenced) {
#if defined(GCASYNC_GC_STRESS)
        (void)is_fenced;
        return false;
#elif defined(SECTION_HAS_TSAN)
        (void)is_fenced;
        return true;
#else
        return !is_fenced;
#endif
}

void root_set_attach(struct gca_thread *thread) {
        static const _Atomic uint32_t none;
        struct root_set *set = thread->heap->roots;

        thread->heap_word = &thread->heap->word;
        thread->slots = thread->freed = set->slots;
        thread->chunks = set->chunks;
        thread->n_direct_slots = root_set_is_direct(thread->is_fenced) ? set->n_direct : &none;
}

/* ---- chunks ---- */

static void root_set_update_direct_locked(struct root_set *set) {
        lock_assert_held(&set->lock);
        /* Release: pairs with the acquires in gcasync/root-inline.h; the slots are zero, and those of owners that have ended are
         * seen so. Relaxed: written under the lock. */
        atomic_store_explicit(set->n_direct,
                              set->n_ending > 0 || !set->has_direct
                                      ? 0
                                      : atomic_load_explicit(&set->n_slots, memory_order_relaxed),
                              memory_order_release);
}

static bool root_set_grow_locked(struct root_set *set, size_t n) {
        const size_t slots_bytes = n * sizeof(struct root_slot);
        const size_t growth = ROOT_GROWTH_SLOTS;

        lock_assert_held(&set->lock);
        if (slots_bytes > set->slot_map.mapped_bytes &&
            memory_map_grow(&set->slot_map,
                            set->slot_map.mapped_bytes + growth * sizeof(struct root_slot)) < 0)
                return false;
        return get_chunk_bytes(n) <= set->chunk_map.mapped_bytes ||
               memory_map_grow(&set->chunk_map, get_chunk_bytes(n + growth)) == 0;
}

static struct root_chunk *root_set_make_chunk_locked(struct root_set *set) {
        /* Relaxed: written under the lock. */
        uint32_t n = atomic_load_explicit(&set->n_slots, memory_order_relaxed);

        lock_assert_held(&set->lock);
        if (n >= ROOT_SLOTS_MAX || !root_set_grow_locked(set, (size_t)n + ROOT_CHUNK_SLOTS))
                return NULL;
        /* Release: pairs with the acquire in root_set_find(). */
        atomic_store_explicit(&set->n_slots, n + ROOT_CHUNK_SLOTS, memory_order_release);
        root_set_update_direct_locked(set);
        return &set->chunks[n >> ROOT_CHUNK_SHIFT];
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

void root_set_begin_end(struct root_set *set) {
        LOCK_SCOPE(&set->lock);

        set->n_ending++;
        root_set_update_direct_locked(set);
}

void root_set_end_end(struct root_set *set, struct root_chunk *first) {
        struct root_chunk *last = NULL;

        for (struct root_chunk *chunk = first; chunk; chunk = chunk->next) {
                /* Relaxed: all its roots are stale by their states. */
                atomic_store_explicit(&chunk->owner, NULL, memory_order_relaxed);
                last = chunk;
        }
        LOCK_SCOPE(&set->lock);
        if (last) {
                last->next = set->free;
                set->free = first;
        }
        set->n_ending--;
        root_set_update_direct_locked(set);
}

static size_t root_set_count_chunks(struct root_set *set) {
        /* Acquire: pairs with the release in root_set_make_chunk_locked(). */
        return atomic_load_explicit(&set->n_slots, memory_order_acquire) >> ROOT_CHUNK_SHIFT;
}

/* ---- the collector ---- */

static void
chunk_visit(struct root_slot *slots, void (*visit)(struct object *object, void *data), void *data) {
        for (size_t i = 0; i < ROOT_CHUNK_SLOTS; i++) {
                struct root_slot *slot = &slots[i];
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
        struct root_set *set = heap->roots;

        if (index >= root_set_count_chunks(set))
                return false;
        chunk_visit(root_set_get_slots(set, &set->chunks[index]), visit, data);
        return true;
}

void root_visit_all(struct gca_heap *heap,
                    void (*visit)(struct object *object, void *data),
                    void *data) {
        struct root_set *set = heap->roots;
        size_t n = root_set_count_chunks(set);

        for (size_t i = 0; i < n; i++)
                chunk_visit(root_set_get_slots(set, &set->chunks[i]), visit, data);
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
                struct root_slot *slots = root_set_get_slots(set, &set->chunks[i]);

                for (size_t j = 0; j < ROOT_CHUNK_SLOTS; j++)
                        n += slot_take_queued(&slots[j]);
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
        struct root_chunk *chunk = root_set_get_chunk(set, slot);
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
        struct root_set *set = thread->heap->roots;
        struct root_slot *slots = root_set_get_slots(set, chunk);
        size_t n = 0;

        (void)section_enter(thread);
        for (uint32_t i = 0; i < ROOT_CHUNK_SLOTS; i++)
                n += slot_describe(set, &slots[i], &infos[n]);
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
                        struct root_slot *slot = &root_set_get_slots(set, chunk)[j];
                        /* Relaxed, all: nobody changes anything. */
                        uint64_t state = atomic_load_explicit(&slot->state, memory_order_relaxed);
                        uintptr_t word = atomic_load_explicit(&slot->value, memory_order_relaxed);

                        assert(word != 0 || root_is_free(state));
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
