/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A store on a test's bench: a heap that consists of a store, a word and threads, and whose collector is the test. A cycle
 * is: stand_begin_cycle(), stand_mark() for what is to live, stand_sweep().
 */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "gc/heap.h"
#include "gc/memory.h"

struct stand {
        struct gca_heap *heap;
        struct gca_thread *thread; /* the first one */
        uint64_t epoch;
};

static inline struct gca_thread *stand_add_thread(struct stand *stand) {
        struct gca_thread *thread = calloc(1, sizeof(*thread));

        ck_assert_ptr_nonnull(thread);
        thread->heap = stand->heap;
        thread->is_fenced = true;
        lock_take(&stand->heap->threads_lock);
        list_push_back(&stand->heap->threads, &thread->siblings);
        lock_give(&stand->heap->threads_lock);
        return thread;
}

static inline void stand_remove_thread(struct gca_thread *thread) {
        store_release(thread);
        lock_take(&thread->heap->threads_lock);
        list_remove(&thread->siblings);
        lock_give(&thread->heap->threads_lock);
        free(thread);
}

static inline void stand_set_word(struct stand *stand, enum phase phase, uint64_t epoch) {
        stand->epoch = epoch;
        /* Release: as the collector does. */
        atomic_store_explicit(&stand->heap->word, word_make(phase, epoch), memory_order_release);
}

static inline void stand_init(struct stand *stand, size_t reserve_bytes) {
        stand->heap = aligned_alloc(64, (sizeof(*stand->heap) + 63) & ~(size_t)63);
        ck_assert_ptr_nonnull(stand->heap);
        memset(stand->heap, 0, sizeof(*stand->heap));
        list_init(&stand->heap->threads);
        lock_init(&stand->heap->threads_lock, LOCK_RANK_THREADS);
        ck_assert_int_eq(store_init(&stand->heap->store, reserve_bytes), 0);
        stand_set_word(stand, PHASE_IDLE, 1);
        stand->thread = stand_add_thread(stand);
}

static inline void stand_deinit(struct stand *stand) {
        struct gca_thread *thread;

        list_for_each(thread, &stand->heap->threads, siblings)
                stand_remove_thread(thread);
        store_deinit(&stand->heap->store);
        lock_deinit(&stand->heap->threads_lock);
        free(stand->heap);
}

/* An object of bytes at the beginning of a piece, which goes on at its return. */
static inline char *stand_put(char *next, size_t size, uint16_t account) {
        struct object *object = (struct object *)(void *)next;

        memory_hand_out(object, size);
        memset(object->bytes, 0x5a, size - OBJECT_HEADER_SIZE);
        object->header =
                object_make_header(GCA_TYPE_BYTES, size - OBJECT_HEADER_SIZE, OBJECT_IS_STORED) |
                (uint64_t)account << OBJECT_DEPTH_SHIFT;
        return next + space_round(size);
}

/* An object of size bytes, its header included; NULL: there is no room. */
static inline struct object *
stand_make_for(struct gca_thread *thread, size_t size, uint16_t account) {
        char *begin, *end, *next;

        if (store_lend(thread, size, &begin, &end) < 0)
                return NULL;
        ck_assert_uint_ge((size_t)(end - begin), size);
        next = stand_put(begin, size, account);
        store_bear(thread, section_enter(thread), begin, next);
        section_exit(thread);
        store_give_back(thread, next, end);
        return (struct object *)(void *)begin;
}

static inline struct object *stand_make(struct stand *stand, size_t size) {
        return stand_make_for(stand->thread, size, 0);
}

static inline void stand_begin_cycle(struct stand *stand) {
        stand_set_word(stand, PHASE_MARKING, stand->epoch + 1);
}

static inline uint8_t stand_get_mark(const struct stand *stand, const struct object *object) {
        /* Relaxed: a test's own. */
        return atomic_load_explicit(store_get_mark(&stand->heap->store, object),
                                    memory_order_relaxed);
}

/* As the collector does it. */
static inline void stand_mark(struct stand *stand, const struct object *object) {
        _Atomic uint8_t *mark = store_get_mark(&stand->heap->store, object);
        /* Relaxed, both: as in stand_get_mark(). */
        uint8_t end = atomic_load_explicit(mark, memory_order_relaxed) & MARK_END;

        atomic_store_explicit(mark, end | epoch_get_colour(stand->epoch), memory_order_relaxed);
}

static inline void stand_begin_sweep(struct stand *stand) {
        stand_set_word(stand, PHASE_IDLE, stand->epoch);
        store_begin_sweep(&stand->heap->store, stand->epoch);
}

static inline void stand_end_sweep(struct stand *stand) {
        bool is_complete = false;

        while (store_sweep_one(&stand->heap->store, &is_complete))
                ck_assert(!is_complete);
        ck_assert(is_complete);
        store_verify(stand->heap);
}

static inline void stand_sweep(struct stand *stand) {
        stand_begin_sweep(stand);
        stand_end_sweep(stand);
}

static inline size_t stand_get_used(const struct stand *stand) {
        return store_get_used_bytes(&stand->heap->store);
}
