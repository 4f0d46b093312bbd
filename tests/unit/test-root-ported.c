/* SPDX-License-Identifier: MIT */

/*
 * The behaviours that rudo, whose root set this one descends from, tests of its own (crates/rudo-gc at v0.8.19,
 * tests/cross_thread_handle.rs, tests of tokio/root.rs and tokio/guard.rs, tests/tokio_*.rs), as they are here. What needs a runtime
 * is ported with it. Where the answer differs the comment says why.
 */

#include <string.h>

#include "helpers/heap.h"
#include "helpers/suite.h"

struct fixture {
        gca_heap *heap;
        gca_thread *thread;
        gca_region *region;
        gca_root_owner *owner;
};

static void fixture_init(struct fixture *fixture) {
        fixture->heap = heap_new_manual();
        fixture->thread = thread_attach(fixture->heap);
        fixture->region = gca_thread_get_region(fixture->thread);
        fixture->owner = gca_root_owner_new(fixture->heap, 7);
        ck_assert_ptr_nonnull(fixture->owner);
}

static void fixture_deinit(struct fixture *fixture) {
        gca_thread_end_pass(fixture->thread);
        heap_verify(fixture->heap);
        gca_root_owner_free(fixture->thread, fixture->owner);
        ck_assert_uint_eq(gca_heap_count_roots(fixture->heap), 0);
        gca_thread_detach(fixture->thread);
        gca_heap_free(fixture->heap);
}

/* A published list of one integer, held by an entry of the pass. */
static gca_value fixture_make(struct fixture *fixture, int64_t integer) {
        gca_value element = gca_int(fixture->region, integer);
        gca_value value = gca_publish(fixture->region, gca_list(fixture->region, &element, 1));

        ck_assert(gca_is_published(value));
        return value;
}

static gca_root fixture_register(struct fixture *fixture, gca_value value) {
        gca_root root = { 0 };

        ck_assert_int_eq(gca_root_register(fixture->thread, fixture->owner, value, &root), 0);
        return root;
}

/* A root for a weak value that knows the target. */
static gca_root fixture_watch(struct fixture *fixture, gca_value target) {
        return fixture_register(fixture, gca_weak_new(fixture->region, target));
}

static int fixture_unregister(struct fixture *fixture, gca_root root) {
        return gca_root_unregister(fixture->thread, fixture->heap, root);
}

/* Entries go, and then all garbage. */
static void fixture_collect(struct fixture *fixture) {
        gca_thread_end_pass(fixture->thread);
        gca_heap_collect_now(fixture->heap);
        gca_heap_collect_now(fixture->heap);
}

static gca_value fixture_get(struct fixture *fixture, gca_root root) {
        gca_value value = GCA_NO_VALUE;

        ck_assert_int_eq(gca_root_get(fixture->region, fixture->heap, root, &value), 0);
        return value;
}

/* The integer in the list in the root. */
static int64_t fixture_read(struct fixture *fixture, gca_root root) {
        return gca_get_int(gca_get_element(fixture_get(fixture, root), 0));
}

static bool fixture_is_gone(struct fixture *fixture, gca_root watch) {
        return gca_is_nil(gca_weak_get(fixture->region, fixture_get(fixture, watch)));
}

/* ---- the root set: tokio/root.rs ---- */

static void *count_roots(void *data) {
        struct fixture *fixture = data;
        gca_thread *thread = thread_attach(fixture->heap);

        ck_assert_uint_eq(gca_heap_count_roots(gca_thread_get_heap(thread)), 1);
        gca_thread_detach(thread);
        return NULL;
}

/* test_singleton_creation, test_gcrootset_singleton, test_gcrootset_singleton_across_runtimes: a heap has one; several
 * heaps may stand side by side. */
START_TEST(every_thread_of_a_heap_sees_the_same_root_set) {
        struct fixture a, b;

        fixture_init(&a);
        fixture_init(&b);
        (void)fixture_register(&a, fixture_make(&a, 1));
        run_on_thread(count_roots, &a);
        ck_assert_uint_eq(gca_heap_count_roots(b.heap), 0);
        fixture_deinit(&a);
        fixture_deinit(&b);
}
END_TEST

/* test_register_unregister. */
START_TEST(root_registered_once_and_shared_once_is_one_root_until_both_are_given_up) {
        struct fixture fixture;
        gca_root root;

        fixture_init(&fixture);
        root = fixture_register(&fixture, fixture_make(&fixture, 42));
        ck_assert_int_eq(gca_root_share(fixture.thread, fixture.heap, root), 0);
        ck_assert_uint_eq(gca_heap_count_roots(fixture.heap), 1);
        ck_assert_int_eq(fixture_unregister(&fixture, root), 0);
        ck_assert(gca_root_is_registered(fixture.heap, root));
        ck_assert_int_eq(fixture_unregister(&fixture, root), 0);
        ck_assert(!gca_root_is_registered(fixture.heap, root));
        ck_assert_uint_eq(gca_heap_count_roots(fixture.heap), 0);
        fixture_deinit(&fixture);
}
END_TEST

static bool count_info(const gca_root_info *info, void *data) {
        ck_assert_uint_eq(info->owner, 7);
        ck_assert_int_eq(info->type, GCA_TYPE_LIST);
        ++*(size_t *)data;
        return true;
}

/* test_snapshot, test_gcrootset_snapshot: theirs clears a dirty flag, and so loses what changes meanwhile; here it changes nothing. */
START_TEST(snapshot_tells_two_roots_and_changes_nothing_that_the_collector_goes_by) {
        struct fixture fixture;
        struct counter_sums before, after;
        size_t n = 0;

        fixture_init(&fixture);
        (void)fixture_register(&fixture, fixture_make(&fixture, 1));
        (void)fixture_register(&fixture, fixture_make(&fixture, 2));
        heap_sum_counters(fixture.heap, &before);
        gca_heap_snapshot(fixture.thread, count_info, &n);
        heap_sum_counters(fixture.heap, &after);
        ck_assert_uint_eq(n, 2);
        ck_assert_mem_eq(&before, &after, sizeof(before));
        fixture_deinit(&fixture);
}
END_TEST

/* test_clear: here it is an owner's roots that go at once, nobody else's. */
START_TEST(owner_that_ends_leaves_none_of_its_roots_registered) {
        struct fixture fixture;
        gca_root roots[3];

        fixture_init(&fixture);
        for (size_t i = 0; i < 3; i++)
                roots[i] = fixture_register(&fixture, fixture_make(&fixture, (int64_t)i));
        gca_root_owner_free(fixture.thread, fixture.owner);
        for (size_t i = 0; i < 3; i++)
                ck_assert(!gca_root_is_registered(fixture.heap, roots[i]));
        ck_assert_uint_eq(gca_heap_count_roots(fixture.heap), 0);
        fixture.owner = gca_root_owner_new(fixture.heap, 7);
        fixture_deinit(&fixture);
}
END_TEST

/* test_gcrootset_register_unregister. */
START_TEST(count_and_membership_follow_registering_and_giving_up) {
        struct fixture fixture;
        gca_root first, second;

        fixture_init(&fixture);
        first = fixture_register(&fixture, fixture_make(&fixture, 1));
        ck_assert_uint_eq(gca_heap_count_roots(fixture.heap), 1);
        second = fixture_register(&fixture, fixture_make(&fixture, 2));
        ck_assert_uint_eq(gca_heap_count_roots(fixture.heap), 2);
        ck_assert(gca_root_is_registered(fixture.heap, second));
        ck_assert_int_eq(fixture_unregister(&fixture, second), 0);
        ck_assert_uint_eq(gca_heap_count_roots(fixture.heap), 1);
        ck_assert(!gca_root_is_registered(fixture.heap, second));
        ck_assert(gca_root_is_registered(fixture.heap, first));
        fixture_deinit(&fixture);
}
END_TEST

/* test_dirty_flag_behavior: theirs is also set by registering, which makes no garbage. */
START_TEST(each_change_that_may_make_garbage_is_counted_and_no_other) {
        struct fixture fixture;
        struct counter_sums sums;
        gca_value value;
        gca_root root;

        fixture_init(&fixture);
        value = fixture_make(&fixture, 1);
        root = fixture_register(&fixture, value);
        ck_assert_int_eq(gca_root_share(fixture.thread, fixture.heap, root), 0);
        ck_assert_int_eq(fixture_unregister(&fixture, root), 0);
        heap_sum_counters(fixture.heap, &sums);
        ck_assert_uint_eq(sums.n_roots_dropped + sums.n_overwritten, 0);
        ck_assert_int_eq(gca_root_set(fixture.thread, fixture.heap, root, gca_nil()), 0);
        ck_assert_int_eq(fixture_unregister(&fixture, root), 0);
        heap_sum_counters(fixture.heap, &sums);
        ck_assert_uint_eq(sums.n_overwritten, 1);
        ck_assert_uint_eq(sums.n_roots_dropped, 1);
        fixture_deinit(&fixture);
}
END_TEST

/* ---- guards: tokio/guard.rs, tests/tokio_integration.rs ---- */

/* test_guard_registration. */
START_TEST(value_is_rooted_while_its_guard_lives_and_not_after) {
        struct fixture fixture;
        gca_guard guard;
        gca_value value;
        gca_root watch;

        fixture_init(&fixture);
        value = fixture_make(&fixture, 42);
        watch = fixture_watch(&fixture, value);
        ck_assert_int_eq(gca_guard_init(&guard, fixture.thread, fixture.owner, value), 0);
        fixture_collect(&fixture);
        ck_assert(!fixture_is_gone(&fixture, watch));
        gca_guard_deinit(&guard);
        fixture_collect(&fixture);
        ck_assert(fixture_is_gone(&fixture, watch));
        fixture_deinit(&fixture);
}
END_TEST

/* test_guard_unregistration_only_once. */
START_TEST(value_under_two_guards_is_kept_by_the_second_alone) {
        struct fixture fixture;
        gca_guard first, second;
        gca_value value;
        gca_root watch;

        fixture_init(&fixture);
        value = fixture_make(&fixture, 42);
        watch = fixture_watch(&fixture, value);
        ck_assert_int_eq(gca_guard_init(&first, fixture.thread, fixture.owner, value), 0);
        ck_assert_int_eq(gca_guard_init(&second, fixture.thread, fixture.owner, value), 0);
        gca_guard_deinit(&first);
        gca_guard_deinit(&first);
        fixture_collect(&fixture);
        ck_assert(!fixture_is_gone(&fixture, watch));
        gca_guard_deinit(&second);
        fixture_collect(&fixture);
        ck_assert(fixture_is_gone(&fixture, watch));
        fixture_deinit(&fixture);
}
END_TEST

static void guard_for_a_block(struct fixture *fixture, gca_value value) {
        gca_guard_ gca_guard inner = { 0 };

        ck_assert_int_eq(gca_guard_init(&inner, fixture->thread, fixture->owner, value), 0);
        fixture_collect(fixture);
}

/* test_root_guard_nested. */
START_TEST(outer_guard_still_protects_after_the_inner_one_ended) {
        struct fixture fixture;
        gca_guard_ gca_guard outer = { 0 };
        gca_value value;
        gca_root watch;

        fixture_init(&fixture);
        value = fixture_make(&fixture, 42);
        watch = fixture_watch(&fixture, value);
        ck_assert_int_eq(gca_guard_init(&outer, fixture.thread, fixture.owner, value), 0);
        guard_for_a_block(&fixture, value);
        fixture_collect(&fixture);
        ck_assert(!fixture_is_gone(&fixture, watch));
        gca_guard_deinit(&outer);
        fixture_deinit(&fixture);
}
END_TEST

/* test_root_guard_multiple_roots. */
START_TEST(three_roots_keep_three_values_over_a_collection) {
        struct fixture fixture;
        gca_root roots[3];

        fixture_init(&fixture);
        for (size_t i = 0; i < 3; i++)
                roots[i] = fixture_register(&fixture, fixture_make(&fixture, 10 * (int64_t)i));
        fixture_collect(&fixture);
        for (size_t i = 0; i < 3; i++)
                ck_assert_int_eq(fixture_read(&fixture, roots[i]), 10 * (int64_t)i);
        fixture_deinit(&fixture);
}
END_TEST

struct meeting {
        struct fixture fixture;
        pthread_barrier_t barrier;
        _Atomic int64_t sum;
        gca_root shared;
};

static void *root_and_meet(void *data) {
        struct meeting *meeting = data;
        struct fixture own = meeting->fixture;
        gca_root root;

        own.thread = thread_attach(own.heap);
        own.region = gca_thread_get_region(own.thread);
        own.owner = gca_root_owner_new(own.heap, 8);
        root = fixture_register(&own, fixture_make(&own, 5));
        gca_thread_end_pass(own.thread);
        if (pthread_barrier_wait(&meeting->barrier) == PTHREAD_BARRIER_SERIAL_THREAD)
                gca_heap_collect_now(own.heap);
        (void)pthread_barrier_wait(&meeting->barrier);
        meeting->sum += fixture_read(&own, root) + fixture_read(&own, meeting->shared);
        gca_root_owner_free(own.thread, own.owner);
        gca_thread_detach(own.thread);
        return NULL;
}

/* test_single_runtime_multiple_threads, test_multi_runtime_root_tracking: as far as they are about threads. */
START_TEST(four_threads_keep_a_root_each_and_share_one_over_a_collection) {
        struct meeting meeting = { 0 };
        pthread_t threads[4];

        fixture_init(&meeting.fixture);
        meeting.shared = fixture_register(&meeting.fixture, fixture_make(&meeting.fixture, 100));
        gca_thread_end_pass(meeting.fixture.thread);
        ck_assert_int_eq(pthread_barrier_init(&meeting.barrier, NULL, 4), 0);
        for (size_t i = 0; i < 4; i++)
                ck_assert_int_eq(pthread_create(&threads[i], NULL, root_and_meet, &meeting), 0);
        for (size_t i = 0; i < 4; i++)
                ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        ck_assert_int_eq(meeting.sum, 4 * 105);
        (void)pthread_barrier_destroy(&meeting.barrier);
        fixture_deinit(&meeting.fixture);
}
END_TEST

/* ---- handles that cross threads: tests/cross_thread_handle.rs ---- */

/* What a foreign thread does with a root. */
struct errand {
        gca_heap *heap;
        gca_root root;
        int64_t integer;
        int r;
};

static void *errand_read(void *data) {
        struct errand *errand = data;
        gca_thread *thread = thread_attach(errand->heap);
        gca_region *region = gca_thread_get_region(thread);
        gca_value value;

        errand->r = gca_root_get(region, errand->heap, errand->root, &value);
        if (errand->r == 0)
                errand->integer = gca_get_int(gca_get_element(value, 0));
        gca_thread_detach(thread);
        return NULL;
}

static void *errand_drop(void *data) {
        struct errand *errand = data;
        gca_thread *thread = thread_attach(errand->heap);

        errand->r = gca_root_unregister(thread, errand->heap, errand->root);
        gca_thread_detach(thread);
        return NULL;
}

/* test_cross_thread_send, test_resolve_origin_thread_panics, test_try_resolve_wrong_thread: there only the thread that made
 * the value may have it back; here values are immutable, and any attached thread may. */
START_TEST(root_sent_to_another_thread_gives_the_value_there_and_here) {
        struct fixture fixture;
        struct errand errand;

        fixture_init(&fixture);
        errand = (struct errand){ .heap = fixture.heap };
        errand.root = fixture_register(&fixture, fixture_make(&fixture, 42));
        run_on_thread(errand_read, &errand);
        ck_assert_int_eq(errand.r, 0);
        ck_assert_int_eq(errand.integer, 42);
        ck_assert_int_eq(fixture_read(&fixture, errand.root), 42);
        fixture_deinit(&fixture);
}
END_TEST

/* test_multiple_handles_same_object, test_many_handles. */
START_TEST(hundred_roots_of_one_value_all_give_it) {
        struct fixture fixture;
        gca_root roots[100];
        gca_value value;

        fixture_init(&fixture);
        value = fixture_make(&fixture, 100);
        for (size_t i = 0; i < 100; i++)
                roots[i] = fixture_register(&fixture, value);
        ck_assert_uint_eq(gca_heap_count_roots(fixture.heap), 100);
        for (size_t i = 0; i < 100; i++) {
                ck_assert_uint_eq(fixture_get(&fixture, roots[i]).word, value.word);
                ck_assert_int_eq(fixture_read(&fixture, roots[i]), 100);
        }
        fixture_deinit(&fixture);
}
END_TEST

/* test_handle_keeps_alive. */
START_TEST(root_alone_keeps_its_value_alive) {
        struct fixture fixture;
        gca_root root;

        fixture_init(&fixture);
        root = fixture_register(&fixture, fixture_make(&fixture, 42));
        fixture_collect(&fixture);
        ck_assert_int_eq(fixture_read(&fixture, root), 42);
        fixture_deinit(&fixture);
}
END_TEST

/* test_clone_independent_lifetime: a clone is a guard more. */
START_TEST(guard_that_was_added_outlives_the_first) {
        struct fixture fixture;
        gca_root root;

        fixture_init(&fixture);
        root = fixture_register(&fixture, fixture_make(&fixture, 42));
        ck_assert_int_eq(gca_root_share(fixture.thread, fixture.heap, root), 0);
        ck_assert_int_eq(fixture_unregister(&fixture, root), 0);
        fixture_collect(&fixture);
        ck_assert_int_eq(fixture_read(&fixture, root), 42);
        fixture_deinit(&fixture);
}
END_TEST

/* test_drop_from_foreign_thread. */
START_TEST(root_given_up_by_a_foreign_thread_is_given_up_and_its_value_goes) {
        struct fixture fixture;
        struct errand errand;
        gca_value value;
        gca_root watch;

        fixture_init(&fixture);
        value = fixture_make(&fixture, 42);
        watch = fixture_watch(&fixture, value);
        errand = (struct errand){ .heap = fixture.heap };
        errand.root = fixture_register(&fixture, value);
        run_on_thread(errand_drop, &errand);
        ck_assert_int_eq(errand.r, 0);
        ck_assert_int_eq(gca_get_int(gca_get_element(value, 0)), 42);
        fixture_collect(&fixture);
        ck_assert(fixture_is_gone(&fixture, watch));
        fixture_deinit(&fixture);
}
END_TEST

/* test_is_valid_checks, test_unregister_idempotent: there the second time does nothing; here it does nothing and says so. Cloning and
 * resolving what was given up, which are diagnosed there, are the other calls. */
START_TEST(root_given_up_twice_is_stale_the_second_time) {
        struct fixture fixture;
        gca_root root;
        gca_value value;

        fixture_init(&fixture);
        root = fixture_register(&fixture, fixture_make(&fixture, 42));
        ck_assert(gca_root_is_registered(fixture.heap, root));
        ck_assert_int_eq(fixture_unregister(&fixture, root), 0);
        ck_assert(!gca_root_is_registered(fixture.heap, root));
        ck_assert_int_eq(fixture_unregister(&fixture, root), GCA_ROOT_E_STALE);
        ck_assert_int_eq(gca_root_share(fixture.thread, fixture.heap, root), GCA_ROOT_E_STALE);
        ck_assert_int_eq(gca_root_get(fixture.region, fixture.heap, root, &value),
                         GCA_ROOT_E_STALE);
        fixture_deinit(&fixture);
}
END_TEST

/* test_weak_handle_no_prevent, test_weak_is_valid_after_gc, test_weak_try_resolve_after_gc. */
START_TEST(root_of_a_weak_value_does_not_keep_its_target) {
        struct fixture fixture;
        gca_root watch;

        fixture_init(&fixture);
        watch = fixture_watch(&fixture, fixture_make(&fixture, 42));
        ck_assert(!fixture_is_gone(&fixture, watch));
        fixture_collect(&fixture);
        ck_assert(fixture_is_gone(&fixture, watch));
        fixture_deinit(&fixture);
}
END_TEST

/* test_downgrade, test_weak_downgrade_liveness. */
START_TEST(weak_value_gives_its_target_for_as_long_as_a_root_keeps_that) {
        struct fixture fixture;
        gca_value value;
        gca_root root, watch;

        fixture_init(&fixture);
        value = fixture_make(&fixture, 42);
        root = fixture_register(&fixture, value);
        watch = fixture_watch(&fixture, value);
        fixture_collect(&fixture);
        value = gca_weak_get(fixture.region, fixture_get(&fixture, watch));
        ck_assert_int_eq(gca_get_int(gca_get_element(value, 0)), 42);
        ck_assert_int_eq(fixture_unregister(&fixture, root), 0);
        fixture_collect(&fixture);
        ck_assert(fixture_is_gone(&fixture, watch));
        fixture_deinit(&fixture);
}
END_TEST

/* test_nested_gc_handles. */
START_TEST(root_keeps_what_its_value_refers_to) {
        struct fixture fixture;
        gca_value inner, parts[2];
        gca_root root, watch;

        fixture_init(&fixture);
        inner = fixture_make(&fixture, 42);
        watch = fixture_watch(&fixture, inner);
        parts[0] = inner;
        parts[1] = gca_string(fixture.region, "test", -1);
        root = fixture_register(&fixture,
                                gca_publish(fixture.region, gca_list(fixture.region, parts, 2)));
        fixture_collect(&fixture);
        ck_assert(!fixture_is_gone(&fixture, watch));
        inner = gca_get_element(fixture_get(&fixture, root), 0);
        ck_assert_int_eq(gca_get_int(gca_get_element(inner, 0)), 42);
        ck_assert_str_eq(gca_get_string(gca_get_element(fixture_get(&fixture, root), 1), NULL),
                         "test");
        fixture_deinit(&fixture);
}
END_TEST

/* test_handle_value_modification: what changes is a cell. */
START_TEST(root_of_a_cell_gives_what_the_cell_holds_now) {
        struct fixture fixture;
        gca_root root;

        fixture_init(&fixture);
        root = fixture_register(&fixture, gca_cell_new(fixture.region, gca_int(fixture.region, 0)));
        fixture_collect(&fixture);
        ck_assert_int_eq(gca_cell_set(fixture.region,
                                      fixture_get(&fixture, root),
                                      fixture_make(&fixture, 3)),
                         0);
        fixture_collect(&fixture);
        ck_assert_int_eq(gca_get_int(gca_get_element(
                                 gca_cell_get(fixture.region, fixture_get(&fixture, root)), 0)),
                         3);
        fixture_deinit(&fixture);
}
END_TEST

/* test_different_types. */
START_TEST(values_of_any_type_can_be_rooted) {
        struct fixture fixture;
        gca_value values[5];
        gca_root roots[5];

        fixture_init(&fixture);
        values[0] = gca_nil();
        values[1] = gca_int(fixture.region, 42);
        values[2] = gca_publish(fixture.region, gca_float(fixture.region, 1.5));
        values[3] = gca_publish(fixture.region, gca_string(fixture.region, "text", -1));
        values[4] = gca_publish(fixture.region, gca_bytes(fixture.region, NULL, 100000));
        for (size_t i = 0; i < 5; i++)
                roots[i] = fixture_register(&fixture, values[i]);
        fixture_collect(&fixture);
        for (size_t i = 0; i < 5; i++)
                ck_assert_uint_eq(fixture_get(&fixture, roots[i]).word, values[i].word);
        ck_assert_str_eq(gca_get_string(values[3], NULL), "text");
        fixture_deinit(&fixture);
}
END_TEST

/* test_cross_thread_handle_survives_major_gc. */
START_TEST(root_keeps_its_value_where_megabytes_around_it_go) {
        struct fixture fixture;
        gca_root root;

        fixture_init(&fixture);
        root = fixture_register(&fixture, fixture_make(&fixture, 42));
        for (int round = 0; round < 4; round++) {
                gca_value garbage[1024];

                for (size_t i = 0; i < 1024; i++)
                        garbage[i] =
                                gca_publish(fixture.region, gca_bytes(fixture.region, NULL, 3000));
                ck_assert(gca_is_published(garbage[1023]));
                fixture_collect(&fixture);
                ck_assert_int_eq(fixture_read(&fixture, root), 42);
        }
        fixture_deinit(&fixture);
}
END_TEST

static void *register_and_leave(void *data) {
        struct fixture *fixture = data;
        struct fixture own = *fixture;

        own.thread = thread_attach(own.heap);
        own.region = gca_thread_get_region(own.thread);
        (void)fixture_register(&own, fixture_make(&own, 42));
        gca_thread_detach(own.thread);
        return NULL;
}

static bool remember_root(const gca_root_info *info, void *data) {
        *(gca_root *)data = info->root;
        return true;
}

/* test_cross_thread_handle_thread_exit_before_gc, test_origin_thread_returns_correct: roots belong to owners, not to threads. */
START_TEST(root_outlives_the_thread_that_registered_it) {
        struct fixture fixture;
        gca_root root = { 0 };

        fixture_init(&fixture);
        run_on_thread(register_and_leave, &fixture);
        fixture_collect(&fixture);
        gca_heap_snapshot(fixture.thread, remember_root, &root);
        ck_assert_int_eq(fixture_read(&fixture, root), 42);
        ck_assert_int_eq(fixture_unregister(&fixture, root), 0);
        fixture_deinit(&fixture);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                every_thread_of_a_heap_sees_the_same_root_set,
                root_registered_once_and_shared_once_is_one_root_until_both_are_given_up,
                snapshot_tells_two_roots_and_changes_nothing_that_the_collector_goes_by,
                owner_that_ends_leaves_none_of_its_roots_registered,
                count_and_membership_follow_registering_and_giving_up,
                each_change_that_may_make_garbage_is_counted_and_no_other,
                value_is_rooted_while_its_guard_lives_and_not_after,
                value_under_two_guards_is_kept_by_the_second_alone,
                outer_guard_still_protects_after_the_inner_one_ended,
                three_roots_keep_three_values_over_a_collection,
                four_threads_keep_a_root_each_and_share_one_over_a_collection,
                root_sent_to_another_thread_gives_the_value_there_and_here,
                hundred_roots_of_one_value_all_give_it,
                root_alone_keeps_its_value_alive,
                guard_that_was_added_outlives_the_first,
                root_given_up_by_a_foreign_thread_is_given_up_and_its_value_goes,
                root_given_up_twice_is_stale_the_second_time,
                root_of_a_weak_value_does_not_keep_its_target,
                weak_value_gives_its_target_for_as_long_as_a_root_keeps_that,
                root_keeps_what_its_value_refers_to,
                root_of_a_cell_gives_what_the_cell_holds_now,
                values_of_any_type_can_be_rooted,
                root_keeps_its_value_where_megabytes_around_it_go,
                root_outlives_the_thread_that_registered_it,
        };

        return suite_run("root-ported", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
