/* SPDX-License-Identifier: MIT */
/*
 * The phases of a cycle, ported by behaviour from rudo's incremental collector (Idle, Snapshot, Marking, FinalMark, Sweeping),
 * whose defects were lost overflows, failed pushes that nobody noticed, and phases entered from two sides: each queue and
 * buffer that the collector fills is made to run out of memory, and nothing is lost.
 */

#include <string.h>

#include "gc/memory.h"
#include "helpers/stage.h"
#include "helpers/suite.h"

enum {
        DEPTH = 300,
        WIDTH = 60, /* pushed one by one, not as a range */
        N_EPHEMERONS = 300,
        N_ROOTS = MARK_STACK_WORDS + 500, /* pushed before any is popped */
        N_CELLS = 3 * LOG_CHUNK_VALUES,
        N_THREADS = 20,
        N_NATIVES = 2 * SPECIAL_CHUNK_OBJECTS + 1,
};

/* ---- the mark queue, the ephemerons' list and table ---- */

/* Marking it needs room for DEPTH * WIDTH words. */
static gca_value make_wide(gca_region *region) {
        gca_value value = gca_nil(), elements[WIDTH];

        for (int i = 0; i < DEPTH; i++) {
                for (size_t j = 0; j < WIDTH - 1; j++)
                        elements[j] =
                                j == 0 ? gca_string_format(region, "leaf %d", i) : elements[0];
                elements[WIDTH - 1] = value;
                value = gca_list(region, elements, WIDTH);
        }
        return value;
}

/* Each one's value is the next one's key; the first key comes last in the list. */
static gca_value make_ephemerons(gca_region *region) {
        gca_value elements[N_EPHEMERONS + 1], first, key;

        first = key = gca_publish(region, gca_string(region, "key 0", -1));
        for (int i = 0; i < N_EPHEMERONS; i++) {
                gca_value value = gca_publish(region, gca_string_format(region, "key %d", i + 1));

                elements[i] = gca_ephemeron_new(region, key, value);
                key = value;
        }
        elements[N_EPHEMERONS] = first;
        return gca_list(region, elements, N_EPHEMERONS + 1);
}

static void expect_ephemerons(gca_region *region, gca_value list) {
        for (size_t i = 0; i < N_EPHEMERONS; i++) {
                gca_value value = gca_ephemeron_get(region, gca_get_element(list, i));
                char text[32];

                (void)snprintf(text, sizeof(text), "key %zu", i + 1);
                ck_assert_str_eq(gca_get_string(value, NULL), text);
        }
}

static bool is_overflowed; /* the mark queue was full, and could not grow, in one of the cycles */

/* Whether the n-th request of a cycle failed, alone or with all that followed. */
static bool cycle_failing_at(size_t n, bool is_failing_on) {
        struct site site;
        gca_root wide, ephemerons;
        gca_census before, after;
        size_t n_requests;
        gca_value list;

        site_begin(&site);
        wide = site_root(&site, gca_publish(site.region, make_wide(site.region)));
        ephemerons = site_root(&site, gca_publish(site.region, make_ephemerons(site.region)));
        for (int i = 0; i < N_ROOTS; i++)
                (void)site_root(&site, site_publish_list(&site, i));
        site_forget(&site);
        gca_heap_get_census(site.heap, &before);
        (void)(is_failing_on ? memory_fail_from(n) : memory_fail_at(n));
        gca_heap_collect_now(site.heap);
        n_requests = memory_fail_at(0);
        is_overflowed |= site.heap->collector->cycle.marker.n_overflowed > 0;
        heap_verify(site.heap);
        ck_assert(collector_check_marks(site.heap));
        gca_heap_get_census(site.heap, &after);
        ck_assert_mem_eq(&before, &after, sizeof(before));
        ck_assert_int_eq(gca_root_get(site.region, site.heap, ephemerons, &list), 0);
        expect_ephemerons(site.region, list);
        ck_assert(gca_root_is_registered(site.heap, wide));
        site_end(&site);
        return n_requests >= n;
}

/* Checklist: GC phases (overflow keeps the value). rudo: work lost by failed pushes on the mark queue. */
START_TEST(cycle_loses_nothing_whichever_of_its_allocations_fails) {
        size_t n = 1;

        while (cycle_failing_at(n, false))
                n++;
        for (size_t from = 1; from < n; from++)
                ck_assert(cycle_failing_at(from, true));
        ck_assert(is_overflowed);
        /* The stack grew twice, the list and its table several times. */
        ck_assert_uint_gt(n, 6);
}
END_TEST

/* ---- the logs ---- */

static gca_value make_cells(struct site *site) {
        gca_value cells[N_CELLS];

        for (int i = 0; i < N_CELLS; i++)
                cells[i] =
                        gca_cell_new(site->region, gca_string_format(site->region, "value %d", i));
        return gca_list(site->region, cells, N_CELLS);
}

static bool is_grey(const struct site *site, gca_value value) {
        /* Relaxed: nobody else is at it. */
        return (atomic_load_explicit(store_get_mark(&site->heap->store, value_get_object(value)),
                                     memory_order_relaxed) &
                MARK_STATE_MASK) == MARK_GREY;
}

/* Checklist: GC phases. rudo: the write barrier's log dropped what it had no room for. */
START_TEST(values_that_no_log_had_room_for_survive) {
        static gca_value values[N_CELLS];
        struct stage stage = { 0 };
        struct site *site = &stage.site;
        size_t n_grey = 0;
        gca_value cells;
        gca_root root;

        site_begin(site);
        root = site_root(site, gca_publish(site->region, make_cells(site)));
        site_forget(site);
        ck_assert_int_eq(gca_root_get(site->region, site->heap, root, &cells), 0);
        ck_assert_int_eq(entry_reserve(site->region, N_CELLS), 0);
        site_step_to(site, CYCLE_MARKING);
        stage_drain(&stage);
        for (size_t i = 0; i < N_CELLS; i++) {
                (void)memory_fail_at(1);
                values[i] = gca_cell_get(site->region, gca_get_element(cells, i));
                ck_assert_int_eq(gca_cell_set(site->region, gca_get_element(cells, i), gca_nil()),
                                 0);
                (void)memory_fail_at(0);
                n_grey += is_grey(site, values[i]);
        }
        ck_assert_uint_gt(n_grey, 0);
        stage_refill(&stage);
        site_finish(site);
        heap_verify(site->heap);
        for (int i = 0; i < N_CELLS; i++)
                ck_assert_int_eq(atoi(gca_get_string(values[i], NULL) + 6), i);
        site_forget(site);
        gca_heap_collect_now(site->heap);
        ck_assert_uint_eq(site_count(site, GCA_TYPE_STRING), 0);
        site_end(site);
}
END_TEST

/* A thread that takes what a cell holds, roots it, empties the cell, and is gone. Nothing but its log tells of the value: its
 * entries go with a scope, one by one. */
static void smuggle(struct site *site, gca_root cell_root, gca_root *ret_root) {
        gca_thread *thread;
        gca_region *region;
        gca_value cell, value;
        gca_scope scope;

        ck_assert_int_eq(gca_thread_attach(site->heap, &thread), 0);
        region = gca_thread_get_region(thread);
        gca_scope_begin(region, &scope);
        ck_assert_int_eq(gca_root_get(region, site->heap, cell_root, &cell), 0);
        value = gca_cell_get(region, cell);
        ck_assert_int_eq(gca_root_register(thread, site->owner, value, ret_root), 0);
        (void)memory_fail_from(1);
        ck_assert_int_eq(gca_cell_set(region, cell, gca_nil()), 0);
        (void)gca_scope_end(region, &scope, gca_nil());
        (void)gca_thread_detach(thread);
        (void)memory_fail_at(0);
}

/* Checklist: GC phases. rudo: a thread that ended took its log along. */
START_TEST(log_of_a_thread_that_went_without_memory_is_not_lost) {
        for (int state = CYCLE_ARMING; state <= CYCLE_SWEEPING; state++) {
                struct site site;
                gca_root cell, root;
                gca_value value;

                site_begin(&site);
                cell = site_root(&site, gca_cell_new(site.region, site_publish_list(&site, state)));
                site_forget(&site);
                site_step_to(&site, (enum cycle_state)state);
                smuggle(&site, cell, &root);
                site_finish(&site);
                ck_assert_int_eq(gca_root_get(site.region, site.heap, root, &value), 0);
                ck_assert_int_eq(gca_get_int(gca_get_element(value, 0)), state);
                site_end(&site);
        }
}
END_TEST

/* ---- grace periods ---- */

/* Checklist: GC phases (grace memory). A grace period asks each thread for nothing but a look at its counter. */
START_TEST(cycle_of_a_small_heap_needs_no_memory) {
        struct gca_thread *threads[N_THREADS];
        struct site site;
        gca_value value;

        site_begin(&site);
        value = site_publish_list(&site, 1);
        for (int i = 0; i < N_THREADS; i++)
                ck_assert_int_eq(gca_thread_attach(site.heap, &threads[i]), 0);
        (void)memory_fail_at(0);
        gca_heap_collect_now(site.heap);
        ck_assert_uint_eq(memory_fail_at(0), 0);
        ck_assert_int_eq(gca_get_int(gca_get_element(value, 0)), 1);
        for (int i = 0; i < N_THREADS; i++)
                (void)gca_thread_detach(threads[i]);
        site_end(&site);
}
END_TEST

/* Checklist: GC phases (one state machine). rudo: phases were entered from several sides, flags left behind. */
START_TEST(phases_follow_each_other_and_each_cycle_is_an_epoch) {
        const enum phase phases[] = { PHASE_ARMING, PHASE_MARKING, PHASE_IDLE };
        struct site site;

        site_begin(&site);
        for (int round = 0; round < 5; round++) {
                uint64_t word = site.heap->word, epoch = word_get_epoch(word);
                size_t n = 0;

                ck_assert_int_eq(gca_heap_collect(site.heap, false), 0);
                do {
                        (void)gca_heap_step_once(site.heap, 0);
                        if (site.heap->word == word)
                                continue;
                        word = site.heap->word;
                        ck_assert_int_eq(word_get_phase(word), phases[n++]);
                        ck_assert_uint_eq(word_get_epoch(word), epoch + (n > 1));
                } while (site_get_state(&site) != CYCLE_NONE);
                ck_assert_uint_eq(n, 3);
        }
        site_end(&site);
}
END_TEST

/* ---- finalisers ---- */

static size_t n_finalized;

static void count_finalized(void *payload) {
        (void)payload;
        n_finalized++;
}

static const gca_native_type counted = {
        .size = sizeof(counted),
        .name = "counted",
        .n_slots = 1,
        .finalize = count_finalized,
};

static size_t run_finalizers(gca_heap *heap) {
        gca_finalizer *finalizer;

        n_finalized = 0;
        while ((finalizer = gca_heap_take_finalizer(heap))) {
                gca_finalizer_run(finalizer);
                (void)gca_finalizer_free(finalizer);
        }
        return n_finalized;
}

/* Whether the n-th request failed. */
static bool natives_failing_at(size_t n) {
        struct site site;
        size_t n_made = 0, n_requests;

        site_begin(&site);
        (void)memory_fail_at(n);
        for (int i = 0; i < N_NATIVES; i++)
                n_made += gca_is_value(gca_native_new(site.region, &counted, NULL));
        n_requests = memory_fail_at(0);
        ck_assert_uint_ge(n_made, N_NATIVES - 1);
        site_forget(&site);
        /* That a finaliser is due needs no memory: its record was made with the native. */
        (void)memory_fail_at(1);
        gca_heap_collect_now(site.heap);
        ck_assert_uint_eq(memory_fail_at(0), 0);
        ck_assert_uint_eq(run_finalizers(site.heap), n_made);
        ck_assert_uint_eq(site_count(&site, GCA_TYPE_NATIVE), 0);
        heap_verify(site.heap);
        site_end(&site);
        return n_requests >= n;
}

/* Checklist: GC phases. Natives that were made, and no others, are finalised, once. */
START_TEST(each_native_that_was_made_is_finalised_whichever_allocation_failed) {
        size_t n = 1;

        while (natives_failing_at(n))
                n++;
        ck_assert_uint_gt(n, N_NATIVES);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                cycle_loses_nothing_whichever_of_its_allocations_fails,
                values_that_no_log_had_room_for_survive,
                log_of_a_thread_that_went_without_memory_is_not_lost,
                cycle_of_a_small_heap_needs_no_memory,
                phases_follow_each_other_and_each_cycle_is_an_epoch,
                each_native_that_was_made_is_finalised_whichever_allocation_failed,
        };

        return suite_run("ported-phases", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
