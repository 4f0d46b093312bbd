/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A heap that the test drives itself, the test's thread, and a region on it.
 */

#include <check.h>

#include <gcasync/heap.h>

#include "gc/heap.h"

struct stand {
        gca_heap *heap;
        gca_thread *thread;
        gca_region *region;
};

static inline struct stand stand_begin_with(gca_heap_options options) {
        struct stand stand;

        options.size = sizeof(options);
        options.is_manual = true;
        if (options.reserve_bytes == 0)
                options.reserve_bytes = (size_t)1 << 30;
        ck_assert_int_eq(gca_heap_new(&options, &stand.heap), 0);
        ck_assert_int_eq(gca_thread_attach(stand.heap, &stand.thread), 0);
        stand.region = gca_region_new_on(stand.thread, 0);
        ck_assert_ptr_nonnull(stand.region);
        return stand;
}

static inline struct stand stand_begin(void) {
        return stand_begin_with((gca_heap_options){ 0 });
}

/* A cycle, and everything is checked. */
static inline void stand_collect(struct stand *stand) {
        gca_heap_collect_now(stand->heap);
        publication_settle(stand->thread);
        heap_verify(stand->heap);
        if (stand->region)
                region_verify(stand->region);
}

static inline void stand_renew_region(struct stand *stand) {
        gca_region_free(stand->region);
        stand->region = gca_region_new_on(stand->thread, 0);
        ck_assert_ptr_nonnull(stand->region);
}

static inline void stand_count_object(struct object *object, uint8_t mark, void *data) {
        (void)object;
        (void)mark;
        ++*(size_t *)data;
}

/* The objects in the store after two cycles. */
static inline size_t stand_count(struct stand *stand) {
        size_t n = 0;

        stand_collect(stand);
        stand_collect(stand);
        store_walk(&stand->heap->store, stand_count_object, &n);
        return n;
}

/* Everything goes; nothing is left in the store. */
static inline void stand_end(struct stand *stand) {
        stand->region = gca_region_free(stand->region);
        ck_assert_uint_eq(stand_count(stand), 0);
        stand->thread = gca_thread_detach(stand->thread);
        stand->heap = gca_heap_free(stand->heap);
}
