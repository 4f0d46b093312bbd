/* SPDX-License-Identifier: MIT */
#pragma once

/* A heap that a test drives by hand, phase by phase, with one thread and one region. */

#include <check.h>

#include "gc/collector-private.h"
#include "gc/heap.h"

struct site {
        gca_heap *heap;
        gca_thread *thread;
        gca_region *region;
        gca_root_owner *owner;
};

static inline void site_begin_with(struct site *site, gca_heap_options options) {
        *site = (struct site){ 0 };
        options.size = sizeof(options);
        ck_assert_int_eq(gca_heap_new(&options, &site->heap), 0);
        ck_assert_int_eq(gca_thread_attach(site->heap, &site->thread), 0);
        site->region = gca_region_new_on(site->thread, 0);
        ck_assert_ptr_nonnull(site->region);
        site->owner = gca_root_owner_new(site->heap, 1);
        ck_assert_ptr_nonnull(site->owner);
}

static inline void site_begin(struct site *site) {
        site_begin_with(site, (gca_heap_options){ .is_manual = true });
}

static inline void site_end(struct site *site) {
        gca_root_owner_free(site->thread, site->owner);
        gca_region_free(site->region);
        gca_thread_detach(site->thread);
        ck_assert_ptr_null(gca_heap_free(site->heap));
}

/* Gives up all entries. */
static inline void site_forget(struct site *site) {
        gca_region_free(site->region);
        site->region = gca_region_new_on(site->thread, 0);
        ck_assert_ptr_nonnull(site->region);
}

static inline gca_root site_root(struct site *site, gca_value value) {
        gca_root root;

        ck_assert_int_eq(gca_root_register(site->thread, site->owner, value, &root), 0);
        return root;
}

static inline enum cycle_state site_get_state(const struct site *site) {
        return site->heap->collector->cycle.state;
}

/* Steps until a cycle is in the state; one is asked for if none is under way. */
static inline void site_step_to(struct site *site, enum cycle_state state) {
        if (site_get_state(site) == CYCLE_NONE)
                ck_assert_int_eq(gca_heap_collect(site->heap, false), 0);
        while (site_get_state(site) != state)
                (void)gca_heap_step_once(site->heap, 0);
}

/* Ends the cycle under way. */
static inline void site_finish(struct site *site) {
        while (site_get_state(site) != CYCLE_NONE)
                (void)gca_heap_step_once(site->heap, 0);
        ck_assert(collector_check_marks(site->heap));
}

static inline uint64_t site_count(struct site *site, gca_type type) {
        gca_census census;

        gca_heap_get_census(site->heap, &census);
        return census.n_objects[type];
}

/* A published list of one integer. */
static inline gca_value site_publish_list(struct site *site, int64_t integer) {
        gca_value value = gca_int(site->region, integer);

        value = gca_publish(site->region, gca_list(site->region, &value, 1));
        ck_assert(gca_is_value(value));
        return value;
}
