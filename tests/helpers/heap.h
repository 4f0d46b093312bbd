/* SPDX-License-Identifier: MIT */
#pragma once

/* A heap for the tests of its parts: driven by hand, with objects in the store that no collector knows of. */

#include <check.h>
#include <pthread.h>
#include <stdlib.h>

#include "gc/heap.h"

static inline gca_heap *heap_new_manual(void) {
        gca_heap_options options = { .size = sizeof(options), .is_manual = true };
        gca_heap *heap = NULL;

        ck_assert_int_eq(gca_heap_new(&options, &heap), 0);
        return heap;
}

static inline gca_thread *thread_attach(gca_heap *heap) {
        gca_thread *thread = NULL;

        ck_assert_int_eq(gca_thread_attach(heap, &thread), 0);
        return thread;
}

/* A large object with a mark, as if it had been published: an integer. Freed by stored_free(). */
static inline gca_value stored_new(gca_heap *heap, int64_t integer) {
        struct store_large *large = calloc(1, sizeof(*large));

        ck_assert_ptr_nonnull(large);
        large->mark = word_get_birth_colour(heap->word);
        large->is_finished = true;
        large->size = sizeof(struct object);
        large->object.header =
                object_make_header(GCA_TYPE_INT, 0, OBJECT_IS_STORED | OBJECT_IS_LARGE);
        large->object.integer[0] = integer;
        return value_from_object(&large->object);
}

static inline void stored_free(gca_value value) {
        free(object_get_store_large(value_get_object(value)));
}

static inline uint8_t stored_get_mark(gca_value value) {
        return object_get_store_large(value_get_object(value))->mark & MARK_STATE_MASK;
}

/* What a visit found. */
struct found {
        size_t n;
        uintptr_t words[4096];
};

static inline void found_add(struct object *object, void *data) {
        struct found *found = data;

        ck_assert_uint_lt(found->n, 4096);
        found->words[found->n++] = (uintptr_t)object;
}

static inline bool found_has(const struct found *found, gca_value value) {
        for (size_t i = 0; i < found->n; i++)
                if (found->words[i] == value.word)
                        return true;
        return false;
}

/* Runs on a thread of its own, to its end. */
static inline void run_on_thread(void *(*run)(void *data), void *data) {
        pthread_t thread;

        ck_assert_int_eq(pthread_create(&thread, NULL, run, data), 0);
        ck_assert_int_eq(pthread_join(thread, NULL), 0);
}
