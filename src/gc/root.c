/* SPDX-License-Identifier: MIT */
/* What is done with roots: see the table of states in root-set.h. */
#include "gc/root.h"

#include "base/fault.h"
#include "gc/heap.h"
#include "gc/root-set.h"

/* ---- slots ---- */

/* A root's slot; NULL and an outcome where there is none, or its owner has ended. */
static inline struct root_slot *
root_find(struct root_set *set, gca_root root, struct gca_root_owner **ret_owner, int *ret_r) {
        struct root_slot *slot = root_set_find(set, root.slot);
        struct gca_root_owner *owner;

        if (__builtin_expect(!slot, 0)) {
                *ret_r = GCA_ROOT_E_UNKNOWN;
                return NULL;
        }
        /* Relaxed: an owner that is not yet seen is refuted by the state. */
        owner = atomic_load_explicit(&root_set_get_chunk(set, slot)->owner, memory_order_relaxed);
        /* Acquire: pairs with the release in gca_root_owner_free(). */
        if (__builtin_expect(!owner || atomic_load_explicit(&owner->is_gone, memory_order_acquire),
                             0)) {
                *ret_r = GCA_ROOT_E_STALE;
                return NULL;
        }
        *ret_owner = owner;
        return slot;
}

/* Why a root is not live. */
static int root_explain(uint64_t state, uint32_t generation) {
        bool was_made = generation > 0 && generation <= root_get_generation(state);

        return was_made ? GCA_ROOT_E_STALE : GCA_ROOT_E_UNKNOWN;
}

/* The value of a slot that the caller alone pins has been logged, if that was needed. In the same section. */
static inline void slot_clear(struct root_slot *slot, uint32_t generation) {
        /* Release, both: who reads zero reads a state that is dying, or later; who finds the slot free finds it done with. */
        atomic_store_explicit(&slot->value, 0, memory_order_release);
        atomic_store_explicit(&slot->state, root_make_state(generation, 0), memory_order_release);
}

/* Logs, clears and frees such a slot. In a section, with its word. */
static void
slot_finish(struct gca_thread *thread, uint64_t word, struct root_slot *slot, uint32_t generation) {
        /* Relaxed: ordered by the claim. */
        gca_value value = { atomic_load_explicit(&slot->value, memory_order_relaxed) };

        if (word_is_logging(word))
                log_value(thread, word, value);
        slot_clear(slot, generation);
}

/* ---- registering ---- */

/* The same for what a region's object was forwarded to, and for large objects: 0 where it may be unfinished. */
static __attribute__((noinline)) uintptr_t root_get_checked_word(const gca_thread *thread,
                                                                 const struct object *object) {
        bool is_forwarded = !(object->header & OBJECT_IS_HEADER);
        gca_value value = value_from_object(object_resolve(object));

        if ((is_forwarded && thread->n_unfinished > 0) || !publication_is_published(value))
                return 0;
        return value.word;
}

/* What is to be stored for a value: 0 where it is not published. */
static inline uintptr_t root_get_word(const gca_thread *thread, gca_value value) {
        const uint64_t small = OBJECT_IS_HEADER | OBJECT_IS_STORED;

        if (!value_is_object(value))
                return value.word;
        if (__builtin_expect((value_get_object(value)->header & (small | OBJECT_IS_LARGE)) == small,
                             1))
                return value.word;
        return root_get_checked_word(thread, value_get_object(value));
}

/* Where a root can be registered. */
struct place {
        struct root_slot *slot;
        uint64_t state;
};

static inline bool place_is_usable(struct place *place) {
        /* Acquire: pairs with the release in slot_finish(); who gave the slot up is done with it. */
        place->state = atomic_load_explicit(&place->slot->state, memory_order_acquire);
        return root_is_usable(place->state);
}

/* The next free slot of the chunk that is being filled. */
static bool owner_look_along(struct gca_root_owner *owner, struct place *ret_place) {
        struct root_chunk *chunk = owner->filling;

        while (chunk && owner->place < ROOT_CHUNK_SLOTS) {
                uint32_t i = owner->place++;

                ret_place->slot = &root_set_get_slots(owner->heap->roots, chunk)[i];
                if (place_is_usable(ret_place))
                        return true;
        }
        return false;
}

static void owner_fill(struct gca_root_owner *owner, struct root_chunk *chunk) {
        owner->filling = chunk;
        owner->place = 0;
}

static __attribute__((noinline)) int owner_find_place(struct gca_root_owner *owner,
                                                      struct place *ret_place) {
        if (owner_look_along(owner, ret_place))
                return 0;
        for (int i = 0; i < 2 && owner->chunks; i++) {
                struct root_chunk *chunk = owner->next ? owner->next : owner->chunks;

                owner->next = chunk->next;
                owner_fill(owner, chunk);
                if (owner_look_along(owner, ret_place))
                        return 0;
        }
        /* In a chunk that others had there may be slots that are never used again, or not yet. */
        do {
                struct root_chunk *chunk = root_set_take_chunk(owner->heap->roots, owner);

                if (!chunk)
                        return fault_raise(-ENOMEM);
                chunk->next = owner->chunks;
                owner->chunks = chunk;
                owner_fill(owner, chunk);
        } while (!owner_look_along(owner, ret_place));
        return 0;
}

/* The slot that the thread freed last, if it is the owner's. */
static bool owner_take_freed(struct gca_root_owner *owner,
                             const struct gca_thread *thread,
                             struct place *ret_place) {
        struct root_chunk *chunk = root_set_get_chunk(owner->heap->roots, thread->freed);

        ret_place->slot = thread->freed;
        /* Relaxed: whose the chunk is changes by the owner's thread alone while it is the owner's. */
        return owner->chunks &&
               atomic_load_explicit(&chunk->owner, memory_order_relaxed) == owner &&
               place_is_usable(ret_place);
}

static inline gca_root
place_fill(struct gca_thread *thread, struct root_set *set, struct place place, uintptr_t word) {
        uint32_t generation = root_get_generation(place.state) + 1;

        /* Release, both: pair with the acquires in chunk_visit() and slot_read(). */
        atomic_store_explicit(&place.slot->value, word, memory_order_release);
        atomic_store_explicit(
                &place.slot->state, root_make_state(generation, 1), memory_order_release);
        counter_add(&thread->counters.n_roots_registered, 1);
        return (gca_root){ .slot = root_set_get_number(set, place.slot), .generation = generation };
}

/*
 * The common case is in gcasync/root-inline.h. No section is needed: nothing is read from the word and nothing is logged. The
 * value is held by an entry, or a guard, for longer than this call; so where the collector has passed the slot already, it marks the
 * value because of that, or of its log.
 */
int gca_root_register(gca_thread *thread,
                      gca_root_owner *owner,
                      gca_value value,
                      gca_root *ret_root) {
        uintptr_t word = root_get_word(thread, value);
        struct place place;
        int r;

        assert_slow(owner->heap == thread->heap);
        if (heap_is_forked(thread->heap))
                return fault_raise(-EOWNERDEAD);
        if (word == 0)
                return GCA_ROOT_E_NOT_PUBLISHED;

        /* What others get to see by this root is born. */
        thread_settle(thread);
        if (!owner_take_freed(owner, thread, &place)) {
                r = owner_find_place(owner, &place);
                if (r < 0)
                        return fault_pass(r);
        }

        *ret_root = place_fill(thread, thread->heap->roots, place, word);
        return 0;
}

/* ---- sharing and giving up ---- */

static void unattached_add(_Atomic uint64_t *counter, uint64_t n) {
        /* Release: as in counter_add(), by any number of threads. */
        atomic_fetch_add_explicit(counter, n, memory_order_release);
}

int gca_root_share(gca_thread *thread, gca_heap *heap, gca_root root) {
        struct gca_root_owner *owner;
        struct root_slot *slot;
        uint64_t state;
        int r = 0;

        if (heap_is_forked(heap))
                return fault_raise(-EOWNERDEAD);
        slot = root_find(heap->roots, root, &owner, &r);
        if (!slot)
                return r;
        /* Relaxed: the compare-and-set checks. */
        state = atomic_load_explicit(&slot->state, memory_order_relaxed);
        do {
                if (!root_is_live_as(state, root.generation))
                        return root_explain(state, root.generation);
                if (root_get_guards(state) == ROOT_GUARDS_MAX)
                        return GCA_ROOT_E_OVERFLOW;
                /* Relaxed: the caller's own guard keeps the root; nothing is read through this one. */
        } while (!atomic_compare_exchange_weak_explicit(
                &slot->state, &state, state + 1, memory_order_relaxed, memory_order_relaxed));
        if (thread)
                counter_add(&thread->counters.n_guards_added, 1);
        else
                unattached_add(&heap->unattached.n_guards_added, 1);
        return 0;
}

enum release {
        RELEASE_REFUSED,
        RELEASE_SHARED,  /* there are other guards */
        RELEASE_LAST,    /* there are none, but who pins it finishes it */
        RELEASE_CLAIMED, /* there are none, and the pins are the caller's */
};

/* From one state to another that has a guard less. */
static inline bool slot_try_release(struct root_slot *slot, uint64_t *state, uint64_t desired) {
#ifdef SECTION_HAS_TSAN
        /* Seq_cst, both: separates the section's counter from the word, see section_read_word_after(). */
        return atomic_compare_exchange_strong_explicit(
                &slot->state, state, desired, memory_order_seq_cst, memory_order_seq_cst);
#else
        /* Acquire: pairs with the releases of who stored the value, which is the claimant's from here on. Release:
         * what was done under the guard is done before the slot is seen without. */
        return atomic_compare_exchange_strong_explicit(
                &slot->state, state, desired, memory_order_acq_rel, memory_order_acquire);
#endif
}

/* One guard less; where nobody pins the last one's root it gets last_pins. */
static enum release
slot_release(struct root_slot *slot, uint32_t generation, uint32_t last_pins, int *ret_r) {
        /* Acquire: explained below. */
        uint64_t state = atomic_load_explicit(&slot->state, memory_order_acquire), desired;

        do {
                if (!root_is_live_as(state, generation)) {
                        *ret_r = root_explain(state, generation);
                        return RELEASE_REFUSED;
                }
                desired = (uint32_t)state == 1 ? root_make_state(generation, last_pins) : state - 1;
        } while (!slot_try_release(slot, &state, desired));
        if (root_get_guards(desired) > 0)
                return RELEASE_SHARED;
        return (uint32_t)state == 1 ? RELEASE_CLAIMED : RELEASE_LAST;
}

/* Not attached: no section, so the value stays where it is, as a root, until somebody takes it from there. */
static int root_unregister_unattached(gca_heap *heap, gca_root root) {
        struct gca_root_owner *owner;
        struct root_slot *slot;
        enum release release;
        int r = 0;

        slot = root_find(heap->roots, root, &owner, &r);
        if (!slot)
                return r;
        release = slot_release(slot, root.generation, ROOT_QUEUED, &r);
        if (release == RELEASE_REFUSED)
                return r;
        if (release == RELEASE_SHARED) {
                unattached_add(&heap->unattached.n_guards_dropped, 1);
                return 0;
        }
        /* Seq_cst: pairs with the acquire in root_take_queued(), and separates this store from the load in collector_note_growth(), as
         * pace_rest() separates its store from its look at this. */
        atomic_store_explicit(&heap->roots->has_queued, true, memory_order_seq_cst);
        unattached_add(&heap->unattached.n_roots_dropped, 1);
        collector_note_dropped(heap);
        return 0;
}

/* The common case is in gcasync/root-inline.h. */
int gca_root_unregister(gca_thread *thread, gca_heap *heap, gca_root root) {
        struct gca_root_owner *owner;
        struct root_slot *slot;
        enum release release;
        uint64_t word;
        int r = 0;

        if (heap_is_forked(heap))
                return fault_raise(-EOWNERDEAD);
        if (!thread)
                return root_unregister_unattached(heap, root);
        slot = root_find(heap->roots, root, &owner, &r);
        if (!slot)
                return r;
        thread_settle(thread);
        section_begin(thread);
        release = slot_release(slot, root.generation, ROOT_PIN, &r);
        /* The claim is also the section's fence, where it needs one. */
        word = release == RELEASE_CLAIMED ? section_read_word_after(thread) : 0;
        section_delay();
        if (release == RELEASE_CLAIMED)
                slot_finish(thread, word, slot, root.generation);
        section_exit(thread);
        log_prepare(thread);
        if (release == RELEASE_REFUSED)
                return r;
        if (release == RELEASE_SHARED) {
                counter_add(&thread->counters.n_guards_dropped, 1);
                return 0;
        }
        thread->freed = slot;
        counter_add(&thread->counters.n_roots_dropped, 1);
        return 0;
}

/* ---- the value ---- */

bool gca_root_is_registered(gca_heap *heap, gca_root root) {
        struct gca_root_owner *owner;
        struct root_slot *slot;
        int r = 0;

        if (heap_is_forked(heap))
                return false;
        slot = root_find(heap->roots, root, &owner, &r);
        /* Relaxed: true as of some moment; nothing is read through the answer. */
        return slot && root_is_live_as(atomic_load_explicit(&slot->state, memory_order_relaxed),
                                       root.generation);
}

/* The state is read before and after: where both are the root's, so is the value between them. In a section. */
static int slot_read(struct root_slot *slot, uint32_t generation, gca_value *ret_value) {
        /* Acquire, all: a value that was stored for another root makes its state seen; and pair with the releases of who
         * stored it, whose object is seen. */
        uint64_t before = atomic_load_explicit(&slot->state, memory_order_acquire);
        gca_value value = { atomic_load_explicit(&slot->value, memory_order_acquire) };
        uint64_t after = atomic_load_explicit(&slot->state, memory_order_acquire);

        if (!root_is_live_as(before, generation))
                return root_explain(before, generation);
        if (!root_is_live_as(after, generation))
                return root_explain(after, generation);
        *ret_value = value;
        return 0;
}

int gca_root_get(gca_region *region, gca_heap *heap, gca_root root, gca_value *ret_value) {
        struct gca_thread *thread;
        struct gca_root_owner *owner;
        struct root_slot *slot;
        gca_value value;
        int r = 0;

        if (heap_is_forked(heap))
                return fault_raise(-EOWNERDEAD);
        region = region_get_holder(region);
        thread = region->thread;
        assert(thread && thread->heap == heap);
        slot = root_find(heap->roots, root, &owner, &r);
        if (!slot)
                return r;
        r = entry_reserve(region, 1);
        if (r < 0)
                return fault_pass(r);
        (void)section_enter(thread);
        r = slot_read(slot, root.generation, &value);
        section_delay();
        if (r == 0)
                entry_take(region, value, region_get_depth(region));
        section_exit(thread);
        if (r == 0)
                *ret_value = value;
        return r;
}

static int slot_pin(struct root_slot *slot, uint32_t generation) {
        /* Relaxed: the compare-and-set checks. */
        uint64_t state = atomic_load_explicit(&slot->state, memory_order_relaxed);

        do {
                if (!root_is_live_as(state, generation))
                        return root_explain(state, generation);
                /* A thousand threads, each in the middle of this. */
                assert(root_get_pins(state) + 2 * ROOT_PIN <= ROOT_QUEUED);
                /* Acquire: pairs with the releases of who stored the value. */
        } while (!atomic_compare_exchange_weak_explicit(&slot->state,
                                                        &state,
                                                        state + ROOT_PIN,
                                                        memory_order_acquire,
                                                        memory_order_relaxed));
        return 0;
}

/* The last one that pins a root without guards finishes it. In a section. */
static void slot_unpin(struct gca_thread *thread, uint64_t word, struct root_slot *slot) {
        /* Acquire: pairs with the releases of others who pinned it. */
        uint64_t state = atomic_load_explicit(&slot->state, memory_order_acquire);

        do {
                if ((uint32_t)state == ROOT_PIN) {
                        slot_finish(thread, word, slot, root_get_generation(state));
                        return;
                }
                /* Release: the exchange is done before the pin is seen gone. */
        } while (!atomic_compare_exchange_weak_explicit(&slot->state,
                                                        &state,
                                                        state - ROOT_PIN,
                                                        memory_order_acq_rel,
                                                        memory_order_acquire));
}

int gca_root_set(gca_thread *thread, gca_heap *heap, gca_root root, gca_value value) {
        gca_value desired = { root_get_word(thread, value) }, replaced;
        struct gca_root_owner *owner;
        struct root_slot *slot;
        uint64_t word;
        int r = 0;

        if (heap_is_forked(heap))
                return fault_raise(-EOWNERDEAD);
        if (desired.word == 0)
                return GCA_ROOT_E_NOT_PUBLISHED;
        slot = root_find(heap->roots, root, &owner, &r);
        if (!slot)
                return r;
        thread_settle(thread);
        word = section_enter(thread);
        r = slot_pin(slot, root.generation);
        if (r == 0) {
                /* Release: pairs with the acquires of who reads it. Acquire: what is replaced may be logged. */
                replaced.word =
                        atomic_exchange_explicit(&slot->value, desired.word, memory_order_acq_rel);
                section_delay();
                if (word_is_logging(word))
                        log_value(thread, word, replaced);
                slot_unpin(thread, word, slot);
        }
        section_exit(thread);
        log_prepare(thread);
        if (r == 0)
                counter_add(&thread->counters.n_overwritten, 1);
        return r;
}

/* ---- owners ---- */

gca_root_owner *gca_root_owner_new(gca_heap *heap, uint64_t id) {
        struct gca_root_owner *owner;
        void *first;

        if (heap_is_forked(heap) || slab_take(&heap->roots->owners, 1, &first) == 0)
                return NULL;
        owner = first;
        owner->heap = heap;
        owner->chunks = owner->filling = owner->next = NULL;
        owner->place = 0;
        /* Relaxed, all: the owner has no roots yet. */
        atomic_store_explicit(&owner->id, id, memory_order_relaxed);
        atomic_store_explicit(&owner->is_gone, false, memory_order_relaxed);
        return owner;
}

/* Claims a slot for its owner's end: true if it is to be finished. Counts the guards that went. */
static bool slot_end(struct root_slot *slot, uint64_t *n_roots, uint64_t *n_guards) {
        /* Acquire: pairs with the releases of who stored the value. */
        uint64_t state = atomic_load_explicit(&slot->state, memory_order_acquire), desired;

        do {
                uint32_t pins = root_get_pins(state);

                if (root_get_guards(state) == 0 && pins != ROOT_QUEUED)
                        return false;
                desired = root_make_state(root_get_generation(state),
                                          pins == 0 || pins == ROOT_QUEUED ? ROOT_PIN : pins);
                /* Acquire, release: as in slot_release(). */
        } while (!atomic_compare_exchange_weak_explicit(
                &slot->state, &state, desired, memory_order_acq_rel, memory_order_acquire));
        *n_roots += root_get_guards(state) > 0;
        *n_guards += root_get_guards(state);
        return root_get_pins(state) == 0 || root_get_pins(state) == ROOT_QUEUED;
}

static void owner_end_chunk(struct gca_thread *thread, struct root_slot *slots) {
        uint64_t word, n_roots = 0, n_guards = 0;

        log_prepare(thread);
        word = section_enter(thread);
        for (size_t i = 0; i < ROOT_CHUNK_SLOTS; i++) {
                struct root_slot *slot = &slots[i];

                if (slot_end(slot, &n_roots, &n_guards))
                        /* Relaxed: the slot is the claimant's. */
                        slot_finish(thread,
                                    word,
                                    slot,
                                    root_get_generation(atomic_load_explicit(
                                            &slot->state, memory_order_relaxed)));
        }
        section_exit(thread);
        counter_add(&thread->counters.n_guards_dropped, n_guards - n_roots);
        counter_add(&thread->counters.n_roots_dropped, n_roots);
}

/* All its roots are stale from one moment on. Their slots are cleared after that, a chunk in a section. */
gca_root_owner *gca_root_owner_free(gca_thread *thread, gca_root_owner *owner) {
        struct root_set *set;

        if (!owner || heap_is_forked(owner->heap))
                return NULL;
        set = owner->heap->roots;
        thread_settle(thread);
        if (owner->chunks)
                root_set_begin_end(set);
        /* Release: pairs with the acquire in root_find(); who sees it sees n_direct. */
        atomic_store_explicit(&owner->is_gone, true, memory_order_release);
        for (struct root_chunk *chunk = owner->chunks; chunk; chunk = chunk->next)
                owner_end_chunk(thread, root_set_get_slots(set, chunk));
        log_prepare(thread);
        if (owner->chunks)
                root_set_end_end(set, owner->chunks);
        owner->chunks = NULL;
        slab_give(&set->owners, owner, 1);
        return NULL;
}

/* ---- guards ---- */

int gca_guard_init(gca_guard *guard, gca_thread *thread, gca_root_owner *owner, gca_value value) {
        gca_root root;
        int r;

        r = gca_root_register(thread, owner, value, &root);
        if (r != 0)
                return fault_pass(r);

        *guard = (gca_guard){ .thread = thread, .root = root };
        return 0;
}

/* A root that somebody else has given up by name is no longer the guard's business. */
void gca_guard_deinit(gca_guard *guard) {
        if (!guard->thread)
                return;
        (void)gca_root_unregister(guard->thread, guard->thread->heap, guard->root);
        *guard = (gca_guard){ 0 };
}
