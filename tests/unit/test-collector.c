/* SPDX-License-Identifier: MIT */

/* Cycles, driven by hand phase by phase. */

#include <check.h>
#include <errno.h>

#include "gc/memory.h"
#include "helpers/collect.h"
#include "helpers/suite.h"

START_TEST(value_that_nothing_holds_goes_with_the_next_cycle) {
        struct site site;

        site_begin(&site);
        (void)site_publish_list(&site, 1);
        gca_heap_collect_now(site.heap);
        ck_assert_uint_eq(site_count(&site, GCA_TYPE_LIST), 1);
        site_forget(&site);
        gca_heap_collect_now(site.heap);
        ck_assert_uint_eq(site_count(&site, GCA_TYPE_LIST), 0);
        site_end(&site);
}
END_TEST

START_TEST(rooted_value_stays_until_its_root_goes) {
        struct site site;
        gca_root root;

        site_begin(&site);
        root = site_root(&site, site_publish_list(&site, 1));
        site_forget(&site);
        gca_heap_collect_now(site.heap);
        ck_assert_uint_eq(site_count(&site, GCA_TYPE_LIST), 1);
        ck_assert_int_eq(gca_root_unregister(site.thread, site.heap, root), 0);
        gca_heap_collect_now(site.heap);
        ck_assert_uint_eq(site_count(&site, GCA_TYPE_LIST), 0);
        site_end(&site);
}
END_TEST

START_TEST(ring_of_cells_is_collected) {
        struct site site;
        gca_value cell, other;

        site_begin(&site);
        cell = gca_cell_new(site.region, gca_nil());
        other = gca_cell_new(site.region, cell);
        ck_assert_int_eq(gca_cell_set(site.region, cell, other), 0);
        site_forget(&site);
        gca_heap_collect_now(site.heap);
        ck_assert_uint_eq(site_count(&site, GCA_TYPE_CELL), 0);
        site_end(&site);
}
END_TEST

/* A value that is given up at any point of a cycle is there until its end, and gone after the next one. */
START_TEST(value_given_up_in_any_phase_goes_within_two_cycles) {
        for (int state = CYCLE_ARMING; state <= CYCLE_SWEEPING; state++) {
                struct site site;

                site_begin(&site);
                (void)site_publish_list(&site, state);
                site_step_to(&site, (enum cycle_state)state);
                site_forget(&site);
                site_finish(&site);
                gca_heap_collect_now(site.heap);
                ck_assert_msg(site_count(&site, GCA_TYPE_LIST) == 0, "in phase %d", state);
                site_end(&site);
        }
}
END_TEST

START_TEST(value_born_in_any_phase_survives_the_cycle) {
        for (int state = CYCLE_ARMING; state <= CYCLE_SWEEPING; state++) {
                struct site site;
                gca_value value;

                site_begin(&site);
                site_step_to(&site, (enum cycle_state)state);
                value = site_publish_list(&site, state);
                site_finish(&site);
                ck_assert_uint_eq(site_count(&site, GCA_TYPE_LIST), 1);
                ck_assert_int_eq(gca_get_int(gca_get_element(value, 0)), state);
                gca_heap_collect_now(site.heap);
                ck_assert_uint_eq(site_count(&site, GCA_TYPE_LIST), 1);
                site_end(&site);
        }
}
END_TEST

/* The smuggler: takes what a rooted cell holds, then overwrites the cell, behind the marker's back. */
START_TEST(value_taken_from_a_cell_in_any_phase_survives) {
        for (int state = CYCLE_ARMING; state <= CYCLE_SWEEPING; state++) {
                struct site site;
                gca_value cell, value;
                gca_root root;

                site_begin(&site);
                root = site_root(&site, gca_cell_new(site.region, site_publish_list(&site, state)));
                site_forget(&site);
                site_step_to(&site, (enum cycle_state)state);
                ck_assert_int_eq(gca_root_get(site.region, site.heap, root, &cell), 0);
                value = gca_cell_get(site.region, cell);
                ck_assert_int_eq(gca_cell_set(site.region, cell, gca_nil()), 0);
                site_finish(&site);
                ck_assert_int_eq(gca_get_int(gca_get_element(value, 0)), state);
                gca_heap_collect_now(site.heap);
                ck_assert_uint_eq(site_count(&site, GCA_TYPE_LIST), 1);
                site_end(&site);
        }
}
END_TEST

/* Many roots, and entries, are read in more steps than one; what is read before and after the others is kept. */
START_TEST(roots_and_entries_are_read_step_by_step) {
        struct site site;
        int n_steps = 0;

        site_begin(&site);
        for (int i = 0; i < 10000; i++)
                (void)site_root(&site, site_publish_list(&site, i));
        site_step_to(&site, CYCLE_READING_ROOTS);
        while (site_get_state(&site) <= CYCLE_READING_ENTRIES) {
                ck_assert_int_eq(gca_heap_step_once(site.heap, 0), GCA_HEAP_BUSY);
                n_steps++;
        }
        ck_assert_int_ge(n_steps, 4);
        site_forget(&site);
        site_finish(&site);
        ck_assert_uint_eq(site_count(&site, GCA_TYPE_LIST), 10000);
        site_end(&site);
}
END_TEST

START_TEST(open_section_holds_up_each_grace_period) {
        const enum cycle_state waiting[] = {
                CYCLE_ARMING,
                CYCLE_OPENING,
                CYCLE_ENDING,
                CYCLE_LEAVING,
        };

        for (size_t i = 0; i < sizeof(waiting) / sizeof(*waiting); i++) {
                struct site site;

                site_begin(&site);
                if (waiting[i] != CYCLE_ARMING)
                        site_step_to(&site, (enum cycle_state)(waiting[i] - 1));
                (void)section_enter(site.thread);
                site_step_to(&site, waiting[i]);
                for (int j = 0; j < 3; j++)
                        ck_assert_int_eq(gca_heap_step_once(site.heap, 0), GCA_HEAP_GRACE);
                ck_assert_int_eq(site_get_state(&site), waiting[i]);
                section_exit(site.thread);
                ck_assert_int_eq(gca_heap_step_once(site.heap, 0), GCA_HEAP_BUSY);
                site_finish(&site);
                site_end(&site);
        }
}
END_TEST

/* Where the log is full inside a section, the value is made grey. */
START_TEST(value_that_no_log_could_take_survives) {
        struct site site;
        gca_value value, cell;
        uint64_t word;

        site_begin(&site);
        value = site_publish_list(&site, 5);
        cell = gca_cell_new(site.region, value);
        site_step_to(&site, CYCLE_OPENING);
        word = section_enter(site.thread);
        atomic_store(&site.thread->log.tail->n, LOG_CHUNK_VALUES);
        site.thread->log.tail->n_drained = LOG_CHUNK_VALUES;
        site.thread->log.spare = NULL;
        atomic_store(&value_get_object(cell)->words[0], VALUE_NIL);
        log_value(site.thread, word, value);
        section_exit(site.thread);
        ck_assert_uint_eq(atomic_load(store_get_mark(&site.heap->store, value_get_object(value))) &
                                  MARK_STATE_MASK,
                          MARK_GREY);
        site_finish(&site);
        ck_assert_int_eq(gca_get_int(gca_get_element(value, 0)), 5);
        site_end(&site);
}
END_TEST

START_TEST(cycles_are_told_newest_first_and_sixty_four_are_kept) {
        struct site site;
        gca_cycle_info cycles[GCA_CYCLES_KEPT + 1];
        gca_heap_info info;

        site_begin(&site);
        ck_assert_uint_eq(gca_heap_get_cycles(site.heap, cycles, 3), 0);
        for (int i = 0; i < GCA_CYCLES_KEPT + 6; i++)
                gca_heap_collect_now(site.heap);
        ck_assert_uint_eq(gca_heap_get_cycles(site.heap, cycles, 2), 2);
        ck_assert_uint_eq(cycles[0].number, GCA_CYCLES_KEPT + 6);
        ck_assert_uint_eq(cycles[1].number, GCA_CYCLES_KEPT + 5);
        ck_assert_uint_eq(gca_heap_get_cycles(site.heap, cycles, GCA_CYCLES_KEPT + 1),
                          GCA_CYCLES_KEPT);
        gca_heap_get_info(site.heap, &info);
        ck_assert_uint_eq(info.n_cycles, GCA_CYCLES_KEPT + 6);
        site_end(&site);
}
END_TEST

START_TEST(cycle_tells_what_it_marked_and_swept) {
        struct site site;
        gca_cycle_info cycle;

        site_begin(&site);
        (void)site_publish_list(&site, 1);
        site_forget(&site);
        (void)site_publish_list(&site, 2);
        (void)site_publish_list(&site, 3);
        gca_heap_collect_now(site.heap);
        ck_assert_uint_eq(gca_heap_get_cycles(site.heap, &cycle, 1), 1);
        ck_assert_int_eq(cycle.trigger, GCA_TRIGGER_REQUEST);
        ck_assert_uint_eq(cycle.n_marked, 2);
        ck_assert_uint_eq(cycle.marked_bytes, 32);
        ck_assert_uint_eq(cycle.n_swept, 1);
        ck_assert_uint_eq(cycle.swept_bytes, 16);
        ck_assert_uint_eq(cycle.n_grace_waits, 4);
        ck_assert_uint_eq(cycle.n_rounds, 1);
        ck_assert_uint_eq(cycle.n_logged, 0);
        site_end(&site);
}
END_TEST

START_TEST(manual_heap_cannot_be_waited_for) {
        struct site site;

        site_begin(&site);
        ck_assert_int_eq(gca_heap_collect(site.heap, true), -EDEADLK);
        ck_assert_int_eq(gca_heap_collect(site.heap, false), 0);
        while (gca_heap_step_once(site.heap, 0) != GCA_HEAP_IDLE)
                continue;
        site_end(&site);
}
END_TEST

START_TEST(heap_goes_in_any_phase) {
        for (int state = CYCLE_NONE; state <= CYCLE_SWEEPING; state++) {
                struct site site;

                site_begin(&site);
                (void)site_publish_list(&site, state);
                if (state != CYCLE_NONE)
                        site_step_to(&site, (enum cycle_state)state);
                site_end(&site);
        }
}
END_TEST

START_TEST(census_counts_by_type) {
        struct site site;
        gca_census census;

        site_begin(&site);
        (void)gca_publish(site.region, gca_bytes(site.region, "abc", 3));
        (void)gca_publish(site.region, gca_float(site.region, 1.5));
        (void)gca_cell_new(site.region, gca_nil());
        gca_heap_get_census(site.heap, &census);
        ck_assert_uint_eq(census.n_objects[GCA_TYPE_BYTES], 1);
        ck_assert_uint_eq(census.n_objects[GCA_TYPE_FLOAT], 1);
        ck_assert_uint_eq(census.n_objects[GCA_TYPE_CELL], 1);
        ck_assert_uint_eq(census.n_objects[GCA_TYPE_LIST], 0);
        ck_assert_uint_eq(census.bytes[GCA_TYPE_BYTES], 11);
        site_end(&site);
}
END_TEST

START_TEST(collector_without_memory_is_none) {
        gca_heap_options options = { .size = sizeof(options), .is_manual = true };
        size_t n = 0, n_made, n_failed = 0;

        do {
                gca_heap *heap = NULL;
                int r;

                (void)memory_fail_at(++n);
                r = gca_heap_new(&options, &heap);
                n_made = memory_fail_at(0);
                ck_assert(r == 0 || r == -ENOMEM);
                n_failed += r != 0;
                if (r == 0)
                        gca_heap_collect_now(heap);
                gca_heap_free(heap);
        } while (n <= n_made);
        ck_assert_uint_ge(n_failed, 4);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                value_that_nothing_holds_goes_with_the_next_cycle,
                rooted_value_stays_until_its_root_goes,
                ring_of_cells_is_collected,
                value_given_up_in_any_phase_goes_within_two_cycles,
                value_born_in_any_phase_survives_the_cycle,
                value_taken_from_a_cell_in_any_phase_survives,
                roots_and_entries_are_read_step_by_step,
                open_section_holds_up_each_grace_period,
                value_that_no_log_could_take_survives,
                cycles_are_told_newest_first_and_sixty_four_are_kept,
                cycle_tells_what_it_marked_and_swept,
                manual_heap_cannot_be_waited_for,
                heap_goes_in_any_phase,
                census_counts_by_type,
                collector_without_memory_is_none,
        };

        return suite_run("collector", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
