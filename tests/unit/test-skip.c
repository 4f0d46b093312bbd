/* SPDX-License-Identifier: MIT */

/* Cycles that are not worth their while. Every step of these heaps is a tick: idle_ns is 1. */

#include <check.h>

#include "helpers/collect.h"
#include "helpers/suite.h"

static void skip_begin(struct site *site) {
        site_begin_with(site, (gca_heap_options){ .is_manual = true, .idle_ns = 1 });
}

static gca_heap_info skip_get_info(struct site *site) {
        gca_heap_info info;

        gca_heap_get_info(site->heap, &info);
        return info;
}

/* Steps until the collector has seen n ticks without a cycle to be run. */
static void skip_tick(struct site *site, int n) {
        while (n > 0)
                n -= gca_heap_step_once(site->heap, 0) == GCA_HEAP_IDLE;
}

/* Whether n ticks end in a cycle. */
static bool skip_runs_cycle(struct site *site, int n) {
        uint64_t before = skip_get_info(site).n_cycles;

        skip_tick(site, n);
        return skip_get_info(site).n_cycles > before;
}

START_TEST(heap_that_was_never_used_is_never_collected) {
        struct site site;

        skip_begin(&site);
        ck_assert(!skip_runs_cycle(&site, 100));
        /* Once looked at it rests, until there is something in it. */
        ck_assert_uint_eq(skip_get_info(&site).n_skipped_idle, 1);
        site_end(&site);
}
END_TEST

START_TEST(idle_heap_is_collected_once) {
        struct site site;

        skip_begin(&site);
        (void)site_root(&site, site_publish_list(&site, 1));
        ck_assert(skip_runs_cycle(&site, 3));
        ck_assert_int_eq(site.heap->collector->cycle.info.trigger, GCA_TRIGGER_IDLE);
        ck_assert(!skip_runs_cycle(&site, 100));
        site_end(&site);
}
END_TEST

START_TEST(reading_is_no_reason_for_a_cycle) {
        struct site site;
        gca_root root;
        gca_value value;

        skip_begin(&site);
        root = site_root(&site, site_publish_list(&site, 1));
        site_forget(&site);
        skip_tick(&site, 3);
        for (int i = 0; i < 100; i++) {
                ck_assert_int_eq(gca_root_get(site.region, site.heap, root, &value), 0);
                ck_assert_int_eq(gca_get_int(gca_get_element(value, 0)), 1);
                site_forget(&site);
                ck_assert(!skip_runs_cycle(&site, 1));
        }
        ck_assert_uint_ge(skip_get_info(&site).n_skipped_idle, 100);
        site_end(&site);
}
END_TEST

START_TEST(dropped_root_is_a_reason) {
        struct site site;
        gca_root root;

        skip_begin(&site);
        root = site_root(&site, site_publish_list(&site, 1));
        site_forget(&site);
        skip_tick(&site, 3);
        ck_assert_int_eq(gca_root_unregister(site.thread, site.heap, root), 0);
        ck_assert(skip_runs_cycle(&site, 2));
        ck_assert_uint_eq(site_count(&site, GCA_TYPE_LIST), 0);
        ck_assert(!skip_runs_cycle(&site, 10));
        site_end(&site);
}
END_TEST

START_TEST(birth_is_a_reason_however_small) {
        struct site site;

        skip_begin(&site);
        (void)site_root(&site, gca_cell_new(site.region, gca_nil()));
        skip_tick(&site, 5);
        (void)gca_cell_new(site.region, gca_nil());
        site_forget(&site);
        ck_assert(skip_runs_cycle(&site, 3));
        ck_assert_uint_eq(site_count(&site, GCA_TYPE_CELL), 1);
        site_end(&site);
}
END_TEST

START_TEST(entry_older_than_the_last_cycle_is_a_reason_when_it_goes) {
        struct site site;

        skip_begin(&site);
        (void)site_publish_list(&site, 1);
        skip_tick(&site, 3);
        site_forget(&site);
        ck_assert(skip_runs_cycle(&site, 2));
        ck_assert_uint_eq(site_count(&site, GCA_TYPE_LIST), 0);
        site_end(&site);
}
END_TEST

START_TEST(overwritten_cell_is_a_reason) {
        struct site site;
        gca_value cell;

        skip_begin(&site);
        cell = gca_cell_new(site.region, gca_bool(true));
        skip_tick(&site, 3);
        ck_assert_int_eq(gca_cell_set(site.region, cell, gca_nil()), 0);
        ck_assert(skip_runs_cycle(&site, 3));
        ck_assert(!skip_runs_cycle(&site, 10));
        site_end(&site);
}
END_TEST

START_TEST(change_while_a_cycle_runs_is_a_reason_for_another) {
        struct site site;
        gca_root root;

        skip_begin(&site);
        root = site_root(&site, site_publish_list(&site, 1));
        site_forget(&site);
        site_step_to(&site, CYCLE_MARKING);
        ck_assert_int_eq(gca_root_unregister(site.thread, site.heap, root), 0);
        site_finish(&site);
        ck_assert(skip_runs_cycle(&site, 3));
        ck_assert_uint_eq(site_count(&site, GCA_TYPE_LIST), 0);
        site_end(&site);
}
END_TEST

/* What an entry younger than the last cycle logged floats, and no counter tells of it. */
START_TEST(cycle_that_marked_from_a_log_is_no_base) {
        struct site site;
        gca_value weak;
        gca_root root;

        skip_begin(&site);
        weak = gca_weak_new(site.region, site_publish_list(&site, 1));
        root = site_root(&site, weak);
        site_forget(&site);
        site_step_to(&site, CYCLE_MARKING);
        ck_assert_int_eq(gca_root_get(site.region, site.heap, root, &weak), 0);
        ck_assert(!gca_is_nil(gca_weak_get(site.region, weak)));
        site_forget(&site);
        site_finish(&site);
        ck_assert_uint_eq(site_count(&site, GCA_TYPE_LIST), 1);
        ck_assert(skip_runs_cycle(&site, 3));
        ck_assert_uint_eq(site_count(&site, GCA_TYPE_LIST), 0);
        ck_assert(!skip_runs_cycle(&site, 10));
        site_end(&site);
}
END_TEST

START_TEST(what_was_asked_for_is_never_skipped) {
        struct site site;

        skip_begin(&site);
        for (uint64_t i = 1; i <= 3; i++) {
                ck_assert_int_eq(gca_heap_collect(site.heap, false), 0);
                ck_assert(skip_runs_cycle(&site, 1));
                ck_assert_uint_eq(skip_get_info(&site).n_cycles, i);
        }
        site_end(&site);
}
END_TEST

START_TEST(who_asks_while_another_has_asked_is_counted) {
        struct site site;

        skip_begin(&site);
        ck_assert_int_eq(gca_heap_collect(site.heap, false), 0);
        ck_assert_int_eq(gca_heap_collect(site.heap, false), 0);
        skip_tick(&site, 1);
        ck_assert_uint_eq(skip_get_info(&site).n_cycles, 1);
        ck_assert_uint_eq(skip_get_info(&site).n_skipped_busy, 1);
        site_end(&site);
}
END_TEST

START_TEST(small_growth_is_no_reason_while_it_goes_on) {
        struct site site;

        skip_begin(&site);
        for (int i = 0; i < 50; i++) {
                (void)site_publish_list(&site, i);
                ck_assert(!skip_runs_cycle(&site, 1));
        }
        ck_assert_uint_eq(skip_get_info(&site).n_skipped_small, 50);
        ck_assert(skip_runs_cycle(&site, 1));
        site_end(&site);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                heap_that_was_never_used_is_never_collected,
                idle_heap_is_collected_once,
                reading_is_no_reason_for_a_cycle,
                dropped_root_is_a_reason,
                birth_is_a_reason_however_small,
                entry_older_than_the_last_cycle_is_a_reason_when_it_goes,
                overwritten_cell_is_a_reason,
                change_while_a_cycle_runs_is_a_reason_for_another,
                cycle_that_marked_from_a_log_is_no_base,
                what_was_asked_for_is_never_skipped,
                who_asks_while_another_has_asked_is_counted,
                small_growth_is_no_reason_while_it_goes_on,
        };

        return suite_run("skip", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
