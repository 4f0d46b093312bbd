/* SPDX-License-Identifier: MIT */
#ifndef GCASYNC_ROOT_INLINE_H
#define GCASYNC_ROOT_INLINE_H

/*
 * Registering and giving up a root, as gcasync/heap.h declares it, at its shortest, so that the compiler can put it where the call
 * is. Include gcasync/heap.h, not this. Everything but the common case is left to the function of the same name in the
 * library, where each of these exists too.
 *
 * A root is a slot: a word of state (generation, and below it how many guards share it) and a value. Who may change it when is in
 * src/gc/root-set.h. What a thread does here to the shared heap it does in a section, as the library does: see src/gc/thread.h.
 *
 * The layout below is part of the library's binary interface.
 */

#include <gcasync/heap.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

struct gca_root_slot {
        uint64_t state;
        uintptr_t value;
};

/* 32 slots, and whose they are. */
struct gca_root_chunk {
        struct gca_root_chunk *next;
        gca_root_owner *owner;
};

/* What an attached thread begins with. */
struct gca_thread_window {
        uint64_t section;     /* odd: in a section */
        const uint64_t *word; /* the heap's: its lowest bits are zero while sections log nothing */
        gca_region *
                publishing; /* an open publication has something that only the thread knows of; or NULL */
        struct gca_root_slot *slots; /* all of them; a root's number is the place here, plus one */
        struct gca_root_chunk *chunks; /* all of them */
        const uint32_t
                *n_direct_slots; /* the first ones, which may be used without asking the library */
        struct gca_root_slot *freed; /* the last slot that the thread freed; at first any */
        uint64_t n_registered, n_dropped;
};

enum {
        GCA_INLINE_ROOT_CHUNK_SHIFT = 5,
};

#define GCA_INLINE_ROOT_GENERATION ((uint64_t)1 << 32) /* in a state */
#define GCA_INLINE_ROOT_GUARD      ((uint64_t)1)
#define GCA_INLINE_WORD_IS_LOGGING ((uint64_t)3)

/* ThreadSanitizer sees no fences: see section_begin(). */
#if defined(__SANITIZE_THREAD__)
#        define GCA_INLINE_HAS_TSAN 1
#elif defined(__has_feature)
#        if __has_feature(thread_sanitizer)
#                define GCA_INLINE_HAS_TSAN 1
#        endif
#endif
#ifdef GCA_INLINE_HAS_TSAN
#        define GCA_INLINE_SECTION_STORE __ATOMIC_SEQ_CST
#        define GCA_INLINE_SECTION_LOAD  __ATOMIC_SEQ_CST
#else
#        define GCA_INLINE_SECTION_STORE __ATOMIC_RELEASE
#        define GCA_INLINE_SECTION_LOAD  __ATOMIC_ACQUIRE
#endif

int gca_call_root_register(gca_thread *thread,
                           gca_root_owner *owner,
                           gca_value value,
                           gca_root *ret_root) GCA_INLINE_CALL("gca_root_register");
int gca_call_root_unregister(gca_thread *thread, gca_heap *heap, gca_root root)
        GCA_INLINE_CALL("gca_root_unregister");

/* Whether a root may hold it without more ado: an immediate value, or a small object of the store. */
GCA_INLINE bool gca_inline_may_root(gca_value value) {
        const uint64_t small = GCA_INLINE_HEADER | GCA_INLINE_STORED;

        if ((value.word & 7) != 0)
                return true;
        return value.word != 0 &&
               (*(const uint64_t *)value.word & (small | GCA_INLINE_LARGE)) == small;
}

/* A count of the thread's own, after what is counted. Release: who sees the count sees that. */
GCA_INLINE void gca_inline_bump(uint64_t *count) {
        __atomic_store_n(count, __atomic_load_n(count, __ATOMIC_RELAXED) + 1, __ATOMIC_RELEASE);
}

/*
 * Into the slot that the thread freed last, if it is the owner's and still free: nobody else makes a free slot live. No section is
 * needed: see root.c.
 */
GCA_INLINE int
gca_root_register(gca_thread *thread, gca_root_owner *owner, gca_value value, gca_root *ret_root) {
        struct gca_thread_window *window = (struct gca_thread_window *)(void *)thread;
        struct gca_root_slot *slot = window->freed;
        size_t place = (size_t)(slot - window->slots);
        uint64_t state;

        /* Acquire: pairs with the release in root_set_update_direct_locked(); the slot is there. Relaxed: the owner's
         * chunks change by this thread alone. */
        if (__builtin_expect(
                    place >= __atomic_load_n(window->n_direct_slots, __ATOMIC_ACQUIRE) ||
                            window->publishing || !gca_inline_may_root(value) ||
                            __atomic_load_n(
                                    &window->chunks[place >> GCA_INLINE_ROOT_CHUNK_SHIFT].owner,
                                    __ATOMIC_RELAXED) != owner,
                    0))
                return gca_call_root_register(thread, owner, value, ret_root);
        /* Acquire: pairs with the release of who gave the slot up, and is done with it. */
        state = __atomic_load_n(&slot->state, __ATOMIC_ACQUIRE);
        if (__builtin_expect((uint32_t)state != 0 || state + GCA_INLINE_ROOT_GENERATION < state, 0))
                return gca_call_root_register(thread, owner, value, ret_root);
        state += GCA_INLINE_ROOT_GENERATION | GCA_INLINE_ROOT_GUARD;
        /* Release, both: pair with the acquires in chunk_visit() and slot_read(). */
        __atomic_store_n(&slot->value, value.word, __ATOMIC_RELEASE);
        __atomic_store_n(&slot->state, state, __ATOMIC_RELEASE);
        gca_inline_bump(&window->n_registered);
        ret_root->slot = (uint32_t)place + 1;
        ret_root->generation = (uint32_t)(state >> 32);
        return 0;
}

/*
 * The only guard of a root, while nothing is logged: the slot is free by one compare-and-set. In a section that has read so in the heap's
 * word; no owner is just ending (else no slot is direct).
 */
GCA_INLINE int gca_root_unregister(gca_thread *thread, gca_heap *heap, gca_root root) {
        struct gca_thread_window *window = (struct gca_thread_window *)(void *)thread;
        uint64_t free_state = (uint64_t)root.generation << 32;
        uint64_t state = free_state | GCA_INLINE_ROOT_GUARD;
        uint32_t place = root.slot - 1;
        struct gca_root_slot *slot;
        bool is_claimed;
        uint64_t section;

        /* Acquire: pairs with the release in root_set_update_direct_locked(). */
        if (__builtin_expect(
                    !window || window->publishing ||
                            place >= __atomic_load_n(window->n_direct_slots, __ATOMIC_ACQUIRE),
                    0))
                return gca_call_root_unregister(thread, heap, root);
        slot = &window->slots[place];
        /* As section_enter(), where the system has membarrier(2); else no slot is direct. */
        section = __atomic_load_n(&window->section, __ATOMIC_RELAXED);
        __atomic_store_n(&window->section, section + 1, GCA_INLINE_SECTION_STORE);
        __atomic_signal_fence(__ATOMIC_SEQ_CST);
        is_claimed = (__atomic_load_n(window->word, GCA_INLINE_SECTION_LOAD) &
                      GCA_INLINE_WORD_IS_LOGGING) == 0;
        /* Release: what was done under the guard is done before the slot is seen free; pairs with the acquire above. Relaxed: where
         * it fails the library looks for itself. */
        if (__builtin_expect(is_claimed, 1))
                is_claimed = __atomic_compare_exchange_n(&slot->state,
                                                         &state,
                                                         free_state,
                                                         false,
                                                         __ATOMIC_RELEASE,
                                                         __ATOMIC_RELAXED);
        /* Release: as in section_exit(). */
        __atomic_store_n(&window->section, section + 2, __ATOMIC_RELEASE);
        if (__builtin_expect(!is_claimed, 0))
                return gca_call_root_unregister(thread, heap, root);
        gca_inline_bump(&window->n_dropped);
        /* Last, so that it need not be loaded again by who registers next. */
        window->freed = slot;
        return 0;
}

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
