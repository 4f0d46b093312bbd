/* SPDX-License-Identifier: MIT */
/*
 * Handle scopes, ported by behaviour from rudo's AsyncHandleScope and GcScope (crates/rudo-gc/tests/handlescope_async.rs): a
 * scope of a region holds what is taken in it, by entries, and gives it up at its end. What concerns tasks is in
 * test-ported-task.c.
 */

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "helpers/collect.h"
#include "helpers/suite.h"

enum {
        N_MANY = 3000, /* rudo's scopes had room for 256 */
};

static void collect(struct site *site) {
        gca_heap_collect_now(site->heap);
        gca_heap_collect_now(site->heap);
        heap_verify(site->heap);
        region_verify(site->region);
}

/* Rooted lists of one integer each, which nothing else holds. */
static void make_roots(struct site *site, gca_root *roots, int64_t n) {
        for (int64_t i = 0; i < n; i++)
                roots[i] = site_root(site, site_publish_list(site, i));
        site_forget(site);
}

static gca_value take(struct site *site, gca_root root) {
        gca_value value = GCA_NO_VALUE;

        ck_assert_int_eq(gca_root_get(site->region, site->heap, root, &value), 0);
        return value;
}

/* Takes what the root holds, and gives the root up. */
static gca_value take_over(struct site *site, gca_root root) {
        gca_value value = take(site, root);

        ck_assert_int_eq(gca_root_unregister(site->thread, site->heap, root), 0);
        return value;
}

static int64_t read_list(gca_value list) {
        return gca_get_int(gca_get_element(list, 0));
}

/* rudo: test_async_handlescope_creation, test_async_handle_scope_id_uniqueness: each scope is one of its own. */
START_TEST(each_scope_holds_its_own_values_and_no_other) {
        struct site site;
        gca_scope scopes[3];
        gca_root roots[3];
        gca_value values[3];

        site_begin(&site);
        make_roots(&site, roots, 3);
        for (int i = 0; i < 3; i++) {
                gca_scope_begin(site.region, &scopes[i]);
                values[i] = take_over(&site, roots[i]);
        }
        for (int i = 2; i >= 0; i--) {
                collect(&site);
                ck_assert_uint_eq(site_count(&site, GCA_TYPE_LIST), (uint64_t)i + 1);
                ck_assert_int_eq(read_list(values[i]), i);
                (void)gca_scope_end(site.region, &scopes[i], gca_nil());
        }
        collect(&site);
        ck_assert_uint_eq(site_count(&site, GCA_TYPE_LIST), 0);
        site_end(&site);
}
END_TEST

/* rudo: test_async_handlescope_handle, test_async_handle_get, _to_gc, _copy_clone. */
START_TEST(value_is_the_same_by_each_way_of_taking_it) {
        static const gca_native_type type = { .size = sizeof(type), .name = "one", .n_slots = 1 };
        struct site site;
        gca_value list, ways[7];
        gca_root root;

        site_begin(&site);
        list = site_publish_list(&site, 42);
        root = site_root(&site, list);
        ways[0] = list;
        ways[1] = gca_hold(site.region, list);
        ways[2] = take(&site, root);
        ways[3] = gca_cell_get(site.region, gca_cell_new(site.region, list));
        ways[4] = gca_weak_get(site.region, gca_weak_new(site.region, list));
        ways[5] = gca_native_new(site.region, &type, NULL);
        ck_assert_int_eq(gca_native_set_slot(site.region, ways[5], 0, list), 0);
        ways[5] = gca_native_get_slot(site.region, ways[5], 0);
        ways[6] = gca_ephemeron_get(site.region, gca_ephemeron_new(site.region, list, list));
        ck_assert_int_eq(gca_root_unregister(site.thread, site.heap, root), 0);
        collect(&site);
        for (size_t i = 0; i < SUITE_SIZE(ways); i++) {
                ck_assert_uint_eq(ways[i].word, list.word);
                ck_assert_int_eq(read_list(ways[i]), 42);
        }
        site_end(&site);
}
END_TEST

/* rudo: test_async_handle_scope_with_guard: the body's value is the scope's. An escapable scope is no other kind here. */
START_TEST(scope_returns_what_its_body_made_and_keeps_what_that_refers_to) {
        struct site site;
        gca_root roots[2];
        gca_scope outer, inner;
        gca_value value;

        site_begin(&site);
        make_roots(&site, roots, 2);
        gca_scope_begin(site.region, &outer);
        gca_scope_begin(site.region, &inner);
        value = gca_list(
                site.region,
                (gca_value[]){ take_over(&site, roots[1]), gca_string(site.region, "made", -1) },
                2);
        (void)take_over(&site, roots[0]);
        value = gca_scope_end(site.region, &inner, value);
        collect(&site);
        value = gca_scope_end(site.region, &outer, value);
        collect(&site);
        ck_assert_int_eq(read_list(gca_get_element(value, 0)), 1);
        ck_assert_str_eq(gca_get_string(gca_get_element(value, 1), NULL), "made");
        ck_assert_uint_eq(site_count(&site, GCA_TYPE_LIST), 1);
        site_end(&site);
}
END_TEST

/* rudo: test_multiple_async_handles. */
START_TEST(scope_holds_any_number_of_values) {
        static gca_root roots[N_MANY];
        static gca_value values[N_MANY];
        struct site site;
        gca_scope scope;

        site_begin(&site);
        make_roots(&site, roots, N_MANY);
        gca_scope_begin(site.region, &scope);
        for (size_t i = 0; i < N_MANY; i++)
                values[i] = take_over(&site, roots[i]);
        collect(&site);
        for (int i = 0; i < N_MANY; i++)
                ck_assert_int_eq(read_list(values[i]), i);
        (void)gca_scope_end(site.region, &scope, gca_nil());
        collect(&site);
        ck_assert_uint_eq(site_count(&site, GCA_TYPE_LIST), 0);
        site_end(&site);
}
END_TEST

struct tally {
        size_t n;
        int64_t sum;
};

static void tally_add(struct object *object, void *data) {
        struct tally *tally = data;

        tally->n++;
        tally->sum += read_list(value_from_object(object));
}

/* rudo: test_async_handle_scope_iterate. */
START_TEST(collector_is_told_exactly_what_the_open_scopes_hold) {
        struct tally tally = { 0 };
        struct site site;
        gca_scope scopes[2];
        gca_root roots[100];

        site_begin(&site);
        make_roots(&site, roots, 100);
        gca_scope_begin(site.region, &scopes[0]);
        for (size_t i = 0; i < 50; i++)
                (void)take(&site, roots[i]);
        gca_scope_begin(site.region, &scopes[1]);
        for (size_t i = 50; i < 100; i++)
                (void)take(&site, roots[i]);
        entry_visit_all(site.heap, tally_add, &tally);
        ck_assert(tally.n == 100 && tally.sum == 99 * 50);
        (void)gca_scope_end(site.region, &scopes[1], gca_nil());
        tally = (struct tally){ 0 };
        entry_visit_all(site.heap, tally_add, &tally);
        ck_assert(tally.n == 50 && tally.sum == 49 * 25);
        site_end(&site);
}
END_TEST

/* rudo: test_async_handle_scope_drop_unregisters. In each phase: what is given up while a cycle is under way is logged. */
START_TEST(what_a_scope_held_goes_within_two_cycles_of_its_end) {
        for (int state = CYCLE_NONE; state <= CYCLE_SWEEPING; state++) {
                struct site site;
                gca_root root;
                gca_scope scope;

                site_begin(&site);
                make_roots(&site, &root, 1);
                gca_scope_begin(site.region, &scope);
                (void)take_over(&site, root);
                collect(&site);
                ck_assert_uint_eq(site_count(&site, GCA_TYPE_LIST), 1);
                if (state != CYCLE_NONE)
                        site_step_to(&site, (enum cycle_state)state);
                (void)gca_scope_end(site.region, &scope, gca_nil());
                collect(&site);
                ck_assert_uint_eq(site_count(&site, GCA_TYPE_LIST), 0);
                site_end(&site);
        }
}
END_TEST

/* rudo: GcScope::track, track_slice, len, is_empty: one for a whole body, which may be another region beside the first. */
START_TEST(regions_side_by_side_hold_for_themselves) {
        struct site site;
        gca_region *other;
        gca_root root;
        gca_value value;

        site_begin(&site);
        make_roots(&site, &root, 1);
        other = gca_region_new_on(site.thread, 0);
        value = gca_hold(other, take_over(&site, root));
        ck_assert(site.region->entries.n == 1 && other->entries.n == 1);
        site_forget(&site);
        collect(&site);
        ck_assert(site.region->entries.n == 0 && read_list(value) == 0);
        (void)gca_region_free(other);
        collect(&site);
        ck_assert_uint_eq(site_count(&site, GCA_TYPE_LIST), 0);
        site_end(&site);
}
END_TEST

/* rudo: repro_bug157_*: reading needs no handle while its scope is open. */
START_TEST(elements_are_borrowed_while_the_scope_of_their_list_is_open) {
        struct site site;
        gca_value value, inner;
        gca_scope scope;
        gca_root root;

        site_begin(&site);
        inner = site_publish_list(&site, 7);
        root = site_root(&site, gca_publish(site.region, gca_list(site.region, &inner, 1)));
        site_forget(&site);
        gca_scope_begin(site.region, &scope);
        value = take_over(&site, root);
        inner = gca_get_element(value, 0);
        collect(&site);
        ck_assert_int_eq(read_list(inner), 7);
        /* To be kept, it is to be held before its list goes; that is what ending the scope with it does. */
        inner = gca_scope_end(site.region, &scope, inner);
        collect(&site);
        ck_assert_uint_eq(site_count(&site, GCA_TYPE_LIST), 1);
        ck_assert_int_eq(read_list(inner), 7);
        site_end(&site);
}
END_TEST

/* ---- misuse ---- */

static void expect_death(void (*misuse)(void)) {
        pid_t pid = fork();
        int status;

        ck_assert_int_ge(pid, 0);
        if (pid == 0) {
                const struct rlimit no_core = { 0, 0 };

                (void)setrlimit(RLIMIT_CORE, &no_core);
                (void)dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
                misuse();
                _exit(0);
        }
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert(WIFSIGNALED(status) || WEXITSTATUS(status) != 0);
}

static void read_after_the_scope(void) {
        struct site site;
        gca_scope scope;
        gca_value value;

        site_begin(&site);
        gca_scope_begin(site.region, &scope);
        value = site_publish_list(&site, 1);
        (void)gca_scope_end(site.region, &scope, gca_nil());
        gca_heap_collect_now(site.heap);
        gca_heap_collect_now(site.heap);
        (void)gca_get_element(value, 0);
}

/* rudo: repro_bug115_*: get and to_gc after the scope's end. What was swept is poisoned where builds check. */
START_TEST(value_used_after_its_scope_was_swept_ends_the_process) {
        if (MEMORY_IS_CHECKED)
                expect_death(read_after_the_scope);
}
END_TEST

static void take_from_another_heap(void) {
        struct site site, other;
        gca_value value;

        site_begin(&site);
        site_begin(&other);
        (void)gca_root_get(
                site.region, other.heap, site_root(&other, site_publish_list(&other, 1)), &value);
}

static void end_scopes_crosswise(void) {
        struct site site;
        gca_scope outer, inner;

        site_begin(&site);
        gca_scope_begin(site.region, &outer);
        gca_scope_begin(site.region, &inner);
        (void)gca_scope_end(site.region, &outer, gca_nil());
        (void)gca_scope_end(site.region, &inner, gca_nil());
}

/* rudo: AsyncHandleScope::handle of an object of another heap. A sealed scope is one that is not the innermost. */
START_TEST(what_belongs_to_another_heap_or_scope_is_stopped_in_every_build) {
        expect_death(take_from_another_heap);
        expect_death(end_scopes_crosswise);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                each_scope_holds_its_own_values_and_no_other,
                value_is_the_same_by_each_way_of_taking_it,
                scope_returns_what_its_body_made_and_keeps_what_that_refers_to,
                scope_holds_any_number_of_values,
                collector_is_told_exactly_what_the_open_scopes_hold,
                what_a_scope_held_goes_within_two_cycles_of_its_end,
                regions_side_by_side_hold_for_themselves,
                elements_are_borrowed_while_the_scope_of_their_list_is_open,
                value_used_after_its_scope_was_swept_ends_the_process,
                what_belongs_to_another_heap_or_scope_is_stopped_in_every_build,
        };

        return suite_run("ported-scope", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
