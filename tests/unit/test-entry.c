/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <string.h>

#include "gc/memory.h"
#include "helpers/heap.h"
#include "helpers/random.h"
#include "helpers/suite.h"

enum {
        N_VALUES = 2000,
};

struct fixture {
        gca_heap *heap;
        gca_thread *thread;
        gca_region *region;
        struct found found;
        gca_value values[N_VALUES];
};

static void fixture_init(struct fixture *fixture) {
        fixture->heap = heap_new_manual();
        fixture->thread = thread_attach(fixture->heap);
        fixture->region = gca_thread_get_region(fixture->thread);
        for (size_t i = 0; i < N_VALUES; i++)
                fixture->values[i] = stored_new(fixture->heap, (int64_t)i);
}

static void fixture_deinit(struct fixture *fixture) {
        gca_thread_detach(fixture->thread);
        (void)entry_drain(fixture->heap, found_add, &fixture->found);
        ck_assert_uint_eq(fixture->heap->entry_chunks.n_free, fixture->heap->entry_chunks.n_items);
        gca_heap_free(fixture->heap);
        for (size_t i = 0; i < N_VALUES; i++)
                stored_free(fixture->values[i]);
}

static void fixture_set_word(struct fixture *fixture, enum phase phase, uint64_t epoch) {
        heap_set_word(fixture->heap, word_make(phase, epoch));
}

/* Takes values[first] and those after it. */
static void fixture_take(struct fixture *fixture, size_t first, size_t n, size_t depth) {
        for (size_t i = first; i < first + n; i++) {
                ck_assert_int_eq(entry_reserve(fixture->region, 1), 0);
                (void)section_enter(fixture->thread);
                entry_take(fixture->region, fixture->values[i], depth);
                section_exit(fixture->thread);
        }
        entry_verify(fixture->region);
}

static void fixture_look(struct fixture *fixture) {
        fixture->found.n = 0;
        entry_visit_all(fixture->heap, found_add, &fixture->found);
}

/* Whether exactly values[first] to values[first + n - 1] are held, each once. */
static void check_holds(struct fixture *fixture, size_t first, size_t n) {
        fixture_look(fixture);
        ck_assert_uint_eq(fixture->found.n, n);
        for (size_t i = first; i < first + n; i++)
                ck_assert(found_has(&fixture->found, fixture->values[i]));
}

static size_t fixture_count_dropped(struct fixture *fixture) {
        struct counter_sums sums;

        heap_sum_counters(fixture->heap, &sums);
        return sums.n_entries_dropped;
}

START_TEST(table_that_takes_nothing_has_no_memory) {
        struct fixture fixture;

        fixture_init(&fixture);
        (void)memory_fail_at(0);
        entry_end_scope(fixture.region, 0);
        entry_clear(fixture.region);
        ck_assert_uint_eq(memory_fail_at(0), 0);
        fixture_deinit(&fixture);
}
END_TEST

START_TEST(what_is_taken_is_held_until_all_is_given_up) {
        struct fixture fixture;

        fixture_init(&fixture);
        fixture_take(&fixture, 0, 200, 0);
        check_holds(&fixture, 0, 200);
        entry_clear(fixture.region);
        check_holds(&fixture, 0, 0);
        fixture_deinit(&fixture);
}
END_TEST

START_TEST(immediate_values_need_no_entry) {
        struct fixture fixture;

        fixture_init(&fixture);
        (void)section_enter(fixture.thread);
        entry_take(fixture.region, gca_nil(), 0);
        entry_take(fixture.region, gca_bool(true), 0);
        section_exit(fixture.thread);
        ck_assert_uint_eq(fixture.region->entries.n, 0);
        fixture_deinit(&fixture);
}
END_TEST

START_TEST(many_entries_can_be_reserved_at_once) {
        struct fixture fixture;

        fixture_init(&fixture);
        fixture_take(&fixture, 0, 10, 1);
        ck_assert_int_eq(entry_reserve(fixture.region, 500), 0);
        (void)section_enter(fixture.thread);
        for (size_t i = 10; i < 510; i++)
                entry_take(fixture.region, fixture.values[i], 1 + i % 3);
        section_exit(fixture.thread);
        entry_verify(fixture.region);
        check_holds(&fixture, 0, 510);
        entry_end_scope(fixture.region, 0);
        entry_verify(fixture.region);
        check_holds(&fixture, 0, 0);
        fixture_deinit(&fixture);
}
END_TEST

START_TEST(end_of_a_scope_gives_up_what_was_taken_in_it) {
        struct fixture fixture;

        fixture_init(&fixture);
        fixture_take(&fixture, 0, 50, 0);
        fixture_take(&fixture, 50, 100, 1);
        fixture_take(&fixture, 150, 100, 2);
        entry_end_scope(fixture.region, 1);
        entry_verify(fixture.region);
        check_holds(&fixture, 0, 150);
        entry_end_scope(fixture.region, 0);
        entry_verify(fixture.region);
        check_holds(&fixture, 0, 50);
        fixture_deinit(&fixture);
}
END_TEST

START_TEST(what_is_taken_for_an_outer_scope_stays) {
        struct fixture fixture;

        fixture_init(&fixture);
        fixture_take(&fixture, 100, 100, 2);
        fixture_take(&fixture, 0, 40, 0);
        fixture_take(&fixture, 200, 100, 2);
        fixture_take(&fixture, 40, 40, 1);
        entry_end_scope(fixture.region, 1);
        entry_verify(fixture.region);
        check_holds(&fixture, 0, 80);
        entry_end_scope(fixture.region, 0);
        check_holds(&fixture, 0, 40);
        fixture_deinit(&fixture);
}
END_TEST

START_TEST(loop_of_scopes_needs_entries_for_its_results_alone) {
        struct fixture fixture;

        fixture_init(&fixture);
        for (size_t i = 0; i < 300; i++) {
                fixture_take(&fixture, 1000, 100, 1);
                fixture_take(&fixture, i, 1, 0);
                entry_end_scope(fixture.region, 0);
                entry_verify(fixture.region);
        }
        check_holds(&fixture, 0, 300);
        ck_assert_uint_le(fixture.heap->entry_chunks.n_items, 64);
        fixture_deinit(&fixture);
}
END_TEST

START_TEST(end_of_a_small_scope_does_not_look_at_what_is_below) {
        struct fixture fixture;
        struct entry_chunk *lowest;

        fixture_init(&fixture);
        fixture_take(&fixture, 0, 1000, 0);
        lowest = fixture.region->entries.chunks->below;
        for (size_t i = 0; i < 100; i++) {
                fixture_take(&fixture, 1000, 3, 1);
                entry_end_scope(fixture.region, 0);
                ck_assert_ptr_eq(fixture.region->entries.chunks->below, lowest);
        }
        fixture_deinit(&fixture);
}
END_TEST

START_TEST(dropped_and_moved_entries_are_logged_while_logging_is_on) {
        struct fixture fixture;

        fixture_init(&fixture);
        fixture_take(&fixture, 0, 40, 1);
        fixture_take(&fixture, 40, 40, 0);
        fixture_set_word(&fixture, PHASE_ARMING, 0);
        entry_end_scope(fixture.region, 0);
        fixture.found.n = 0;
        ck_assert_uint_ge(log_drain(fixture.heap, found_add, &fixture.found), 40);
        for (size_t i = 0; i < 40; i++)
                ck_assert(found_has(&fixture.found, fixture.values[i]));
        check_holds(&fixture, 40, 40);
        fixture_deinit(&fixture);
}
END_TEST

START_TEST(whole_table_is_handed_over_while_logging_is_on) {
        struct fixture fixture;

        fixture_init(&fixture);
        fixture_take(&fixture, 0, 300, 0);
        fixture_set_word(&fixture, PHASE_MARKING, 1);
        entry_clear(fixture.region);
        ck_assert_uint_eq(fixture.region->entries.n, 0);
        fixture.found.n = 0;
        ck_assert_uint_eq(log_drain(fixture.heap, found_add, &fixture.found), 0);
        ck_assert_uint_eq(entry_drain(fixture.heap, found_add, &fixture.found), 300);
        for (size_t i = 0; i < 300; i++)
                ck_assert(found_has(&fixture.found, fixture.values[i]));
        ck_assert_uint_eq(entry_drain(fixture.heap, found_add, &fixture.found), 0);
        check_holds(&fixture, 0, 0);
        fixture_deinit(&fixture);
}
END_TEST

START_TEST(entry_counts_as_dropped_if_it_is_older_than_the_last_cycle) {
        struct fixture fixture;

        fixture_init(&fixture);
        fixture_take(&fixture, 0, 10, 0);
        entry_clear(fixture.region);
        ck_assert_uint_eq(fixture_count_dropped(&fixture), 0);
        fixture_take(&fixture, 0, 10, 0);
        fixture_set_word(&fixture, PHASE_IDLE, 1);
        fixture_take(&fixture, 10, 10, 0);
        entry_clear(fixture.region);
        ck_assert_uint_eq(fixture_count_dropped(&fixture), 10);
        fixture_deinit(&fixture);
}
END_TEST

START_TEST(entry_counts_as_dropped_if_a_cycle_has_begun_since) {
        struct fixture fixture;

        fixture_init(&fixture);
        fixture_take(&fixture, 0, 10, 1);
        fixture_set_word(&fixture, PHASE_ARMING, 0);
        entry_end_scope(fixture.region, 0);
        ck_assert_uint_eq(fixture_count_dropped(&fixture), 10);
        fixture_take(&fixture, 0, 10, 1);
        fixture_set_word(&fixture, PHASE_MARKING, 1);
        fixture_take(&fixture, 10, 5, 1);
        entry_clear(fixture.region);
        ck_assert_uint_eq(fixture_count_dropped(&fixture), 20);
        fixture_deinit(&fixture);
}
END_TEST

START_TEST(entries_without_memory_are_an_answer_at_every_allocation) {
        struct fixture fixture;
        size_t n_failed = 0;

        fixture_init(&fixture);
        for (size_t i = 0; i < 400; i++) {
                (void)memory_fail_at(1);
                if (entry_reserve(fixture.region, 1) == -ENOMEM)
                        n_failed++;
                (void)memory_fail_at(0);
                entry_verify(fixture.region);
                fixture_take(&fixture, i, 1, 0);
        }
        ck_assert_uint_gt(n_failed, 0);
        check_holds(&fixture, 0, 400);
        fixture_deinit(&fixture);
}
END_TEST

START_TEST(held_value_is_held_for_the_innermost_scope) {
        struct fixture fixture;
        gca_scope scope;

        fixture_init(&fixture);
        ck_assert(gca_is_value(gca_hold(fixture.region, fixture.values[0])));
        gca_scope_begin(fixture.region, &scope);
        ck_assert(gca_is_value(gca_hold(fixture.region, fixture.values[1])));
        check_holds(&fixture, 0, 2);
        entry_end_scope(fixture.region, 0);
        check_holds(&fixture, 0, 1);
        gca_scope_end(fixture.region, &scope, GCA_NO_VALUE);
        fixture_deinit(&fixture);
}
END_TEST

/* ---- against a model ---- */

START_TEST(random_scopes_hold_what_a_model_says) {
        struct fixture fixture;
        struct random random = random_seed();
        uint8_t depths[N_VALUES];
        size_t depth = 0;

        fixture_init(&fixture);
        memset(depths, UINT8_MAX, sizeof(depths));
        for (int i = 0; i < 20000; i++) {
                size_t pick = random_below(&random, N_VALUES);

                fixture_set_word(&fixture, i % 100 < 50 ? PHASE_IDLE : PHASE_ARMING, 0);
                if (depths[pick] == UINT8_MAX) {
                        depths[pick] = (uint8_t)random_below(&random, depth + 1);
                        fixture_take(&fixture, pick, 1, depths[pick]);
                } else if (random_one_in(&random, 8) && depth < 5) {
                        depth++;
                } else if (random_one_in(&random, 8) && depth > 0) {
                        entry_end_scope(fixture.region, --depth);
                        entry_verify(fixture.region);
                        for (size_t j = 0; j < N_VALUES; j++)
                                if (depths[j] != UINT8_MAX && depths[j] > depth)
                                        depths[j] = UINT8_MAX;
                }
        }
        fixture_look(&fixture);
        for (size_t j = 0; j < N_VALUES; j++)
                ck_assert_int_eq(found_has(&fixture.found, fixture.values[j]),
                                 depths[j] != UINT8_MAX);
        while (fixture.found.n > 0) {
                fixture.found.n = 0;
                (void)log_drain(fixture.heap, found_add, &fixture.found);
        }
        fixture_deinit(&fixture);
}
END_TEST

/* ---- against the collector ---- */

static void *take_and_drop(void *data) {
        struct fixture *fixture = data;
        gca_thread *thread = thread_attach(fixture->heap);
        gca_region *region = gca_thread_get_region(thread);

        for (int i = 0; i < 300; i++) {
                for (size_t j = 0; j < 100; j++)
                        ck_assert(gca_is_value(gca_hold(region, fixture->values[j])));
                entry_clear(region);
        }
        gca_thread_detach(thread);
        return NULL;
}

static void check_is_value(struct object *object, void *data) {
        (void)data;
        ck_assert_int_lt(object->integer[0], N_VALUES);
}

START_TEST(collector_walks_and_drains_while_threads_take_and_drop) {
        struct fixture fixture;
        pthread_t threads[2];

        fixture_init(&fixture);
        for (size_t i = 0; i < 2; i++)
                ck_assert_int_eq(pthread_create(&threads[i], NULL, take_and_drop, &fixture), 0);
        for (uint64_t i = 1; i < 100; i++) {
                fixture_set_word(&fixture, i % 3 == 0 ? PHASE_IDLE : PHASE_MARKING, i / 3);
                entry_visit_all(fixture.heap, check_is_value, NULL);
                (void)entry_drain(fixture.heap, check_is_value, NULL);
        }
        for (size_t i = 0; i < 2; i++)
                ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        fixture_deinit(&fixture);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                table_that_takes_nothing_has_no_memory,
                what_is_taken_is_held_until_all_is_given_up,
                immediate_values_need_no_entry,
                many_entries_can_be_reserved_at_once,
                end_of_a_scope_gives_up_what_was_taken_in_it,
                what_is_taken_for_an_outer_scope_stays,
                loop_of_scopes_needs_entries_for_its_results_alone,
                end_of_a_small_scope_does_not_look_at_what_is_below,
                dropped_and_moved_entries_are_logged_while_logging_is_on,
                whole_table_is_handed_over_while_logging_is_on,
                entry_counts_as_dropped_if_it_is_older_than_the_last_cycle,
                entry_counts_as_dropped_if_a_cycle_has_begun_since,
                entries_without_memory_are_an_answer_at_every_allocation,
                held_value_is_held_for_the_innermost_scope,
                random_scopes_hold_what_a_model_says,
                collector_walks_and_drains_while_threads_take_and_drop,
        };

        return suite_run("entry", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
