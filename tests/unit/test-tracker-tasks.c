/* SPDX-License-Identifier: MIT */

/*
 * Trackers of spawned tasks, and tasks that wait for trackers and for each other. Origins are tests of tokio-util's
 * tests/task_tracker.rs; docs/tracker-tests.md has the table of all of them.
 */

#include <errno.h>

#include "helpers/program.h"
#include "helpers/suite.h"

static const char *const flavors[] = {
        "flavor(current_thread)",
        "flavor(local)",
        "flavor(multi_thread), worker_threads(2)",
};

enum {
        N_FLAVORS = sizeof(flavors) / sizeof(flavors[0]),
        N_TASKS = 8,
};

static void count_drop(void *data) {
        atomic_fetch_add((_Atomic size_t *)data, 1);
}

/* Never ends by itself. */
static gca_poll pending_poll(gca_task *task, void *data) {
        (void)task;
        (void)data;
        return GCA_PENDING;
}

/* Waits on the runtime until the tracker is closed and empty. */
static void await_drained(gca_runtime *runtime, gca_tracker *tracker) {
        ck_assert_int_eq(
                GCA_BLOCK_ON(runtime, NULL, .body = program_await_tracker, .data = tracker), 0);
}

/* Spawns eight on the runtime it runs on: "spawn", beside the "spawn_on" of another thread. */
static gca_value spawn_eight(gca_task *task, void *data) {
        (void)task;
        for (size_t i = 0; i < N_TASKS; i++)
                ck_assert_int_eq(GCA_SPAWN(gca_runtime_get_current(),
                                           NULL,
                                           .body = program_yield,
                                           .tracker = data),
                                 0);
        return gca_nil();
}

/* spawn::spawn_then_close */
START_TEST(tracker_of_tasks_spawned_everywhere_drains_when_closed) {
        for (size_t i = 0; i < N_FLAVORS; i++) {
                gca_runtime *runtime = program_make(flavors[i]);
                gca_tracker *tracker = gca_tracker_new();

                ck_assert_int_eq(GCA_BLOCK_ON(runtime, NULL, .body = spawn_eight, .data = tracker),
                                 0);
                for (size_t j = 0; j < N_TASKS; j++)
                        ck_assert_int_eq(
                                GCA_SPAWN(runtime, NULL, .body = program_yield, .tracker = tracker),
                                0);
                ck_assert(gca_tracker_close(tracker));
                await_drained(runtime, tracker);
                ck_assert(gca_tracker_is_empty(tracker));
                ck_assert(gca_tracker_is_closed(tracker));
                (void)gca_tracker_unref(tracker);
                (void)gca_runtime_free(runtime);
        }
}
END_TEST

static gca_poll blocking_poll(gca_task *task, void *data) {
        (void)data;
        return gca_succeed(task, gca_nil());
}

/* spawn_blocking, spawn_blocking_on: released when the function has returned. */
START_TEST(tracker_counts_blocking_tasks_until_they_have_returned) {
        gca_runtime *runtime = program_make("flavor(current_thread), max_blocking_threads(2)");
        gca_tracker *tracker = gca_tracker_new();
        _Atomic size_t n_drops = 0;

        for (size_t i = 0; i < N_TASKS; i++)
                ck_assert_int_eq(GCA_SPAWN(runtime,
                                           NULL,
                                           .mode = GCA_MODE_BLOCKING,
                                           .poll = blocking_poll,
                                           .drop = count_drop,
                                           .data = &n_drops,
                                           .tracker = tracker),
                                 0);
        ck_assert_uint_eq(gca_tracker_get_count(tracker), N_TASKS);
        (void)gca_tracker_close(tracker);
        await_drained(runtime, tracker);
        ck_assert_uint_eq(n_drops, N_TASKS);
        (void)gca_tracker_unref(tracker);
        (void)gca_runtime_free(runtime);
}
END_TEST

/* spawn_local::panic_outside_any_runtime */
START_TEST(local_spawn_outside_any_runtime_is_refused) {
        gca_tracker *tracker = gca_tracker_new();

        ck_assert_ptr_null(gca_runtime_get_current());
        ck_assert_int_eq(GCA_SPAWN(gca_runtime_get_current(),
                                   NULL,
                                   .body = program_yield,
                                   .tracker = tracker,
                                   .is_local = true),
                         -EINVAL);
        ck_assert(gca_tracker_is_empty(tracker));
        (void)gca_tracker_unref(tracker);
}
END_TEST

/* Tries a local spawn where it runs; data says how it went. */
static gca_value spawn_locally(gca_task *task, void *data) {
        (void)task;
        *(int *)data =
                GCA_SPAWN(gca_runtime_get_current(), NULL, .body = program_yield, .is_local = true);
        return gca_nil();
}

/* spawn_local::panic_in_multi_thread_runtime */
START_TEST(local_spawn_is_refused_but_on_a_local_runtime) {
        for (size_t i = 0; i < N_FLAVORS; i++) {
                gca_runtime *runtime = program_make(flavors[i]);
                int r = 1;

                ck_assert_int_eq(GCA_BLOCK_ON(runtime, NULL, .body = spawn_locally, .data = &r), 0);
                ck_assert_int_eq(r, i == 1 ? 0 : -EPERM);
                (void)gca_runtime_free(runtime);
        }
}
END_TEST

static void spawn_local_tasks(gca_runtime *runtime, gca_tracker *tracker) {
        for (size_t i = 0; i < N_TASKS; i++)
                ck_assert_int_eq(GCA_SPAWN(runtime,
                                           NULL,
                                           .body = program_yield,
                                           .tracker = tracker,
                                           .is_local = true),
                                 0);
}

/* spawn_local::spawn_then_close, spawn_local_on::local_runtime::spawn_then_close: the set is driven later. */
START_TEST(local_tasks_spawned_before_the_close_are_waited_for) {
        gca_runtime *runtime = program_make("flavor(local)");
        gca_tracker *tracker = gca_tracker_new();

        spawn_local_tasks(runtime, tracker);
        ck_assert_uint_eq(gca_tracker_get_count(tracker), N_TASKS);
        (void)gca_tracker_close(tracker);
        await_drained(runtime, tracker);
        ck_assert(gca_tracker_is_empty(tracker) && gca_tracker_is_closed(tracker));
        (void)gca_tracker_unref(tracker);
        (void)gca_runtime_free(runtime);
}
END_TEST

/* spawn_local::spawn_after_close, spawn_local_on::local_set::close_then_spawn */
START_TEST(local_tasks_spawned_after_the_close_are_waited_for) {
        gca_runtime *runtime = program_make("flavor(local)");
        gca_tracker *tracker = gca_tracker_new();

        (void)gca_tracker_close(tracker);
        spawn_local_tasks(runtime, tracker);
        await_drained(runtime, tracker);
        ck_assert(gca_tracker_is_empty(tracker) && gca_tracker_is_closed(tracker));
        (void)gca_tracker_unref(tracker);
        (void)gca_runtime_free(runtime);
}
END_TEST

/* spawn_local_on::local_set::spawn_then_drop */
START_TEST(tracker_given_up_aborts_nothing) {
        gca_runtime *runtime = program_make("flavor(local)");
        gca_tracker *tracker = gca_tracker_new();
        _Atomic size_t n_drops = 0;

        for (size_t i = 0; i < N_TASKS; i++)
                ck_assert_int_eq(GCA_SPAWN(runtime,
                                           NULL,
                                           .poll = pending_poll,
                                           .drop = count_drop,
                                           .data = &n_drops,
                                           .tracker = tracker,
                                           .is_local = true),
                                 0);
        (void)gca_tracker_unref(tracker);
        ck_assert_int_eq(GCA_BLOCK_ON(runtime, NULL, .body = program_yield), 0);
        ck_assert_uint_eq(n_drops, 0);
        (void)gca_runtime_free(runtime);
        ck_assert_uint_eq(n_drops, N_TASKS);
}
END_TEST

/* track_future: it counts from the call on, before the first poll, until the data is dropped; on every path. */
START_TEST(token_is_given_up_on_every_path) {
        gca_runtime *runtime = program_make("flavor(current_thread)");
        gca_tracker *tracker = gca_tracker_new();
        gca_task *task;

        ck_assert_int_eq(GCA_SPAWN(runtime, &task, .poll = pending_poll, .tracker = tracker), 0);
        ck_assert_uint_eq(gca_tracker_get_count(tracker), 1);
        ck_assert(gca_task_request_abort(task, "before it starts"));
        ck_assert_int_eq(gca_task_join(task, GCA_FOREVER), 0);
        ck_assert(gca_tracker_is_empty(tracker));
        (void)gca_task_unref(task);

        ck_assert_int_eq(GCA_BLOCK_ON(runtime,
                                      NULL,
                                      .poll = pending_poll,
                                      .tracker = tracker,
                                      .deadline_ns = gca_now_ns() + 1),
                         0);
        ck_assert(gca_tracker_is_empty(tracker));
        ck_assert_int_eq(gca_runtime_shut_down(runtime, GCA_FOREVER), 0);
        ck_assert_int_eq(GCA_SPAWN(runtime, NULL, .poll = pending_poll, .tracker = tracker),
                         -ESHUTDOWN);
        ck_assert(gca_tracker_is_empty(tracker));
        (void)gca_tracker_unref(tracker);
        (void)gca_runtime_free(runtime);
}
END_TEST

/* ---- waits of tasks ---- */

/* notify_on_close_reopen, with a task that waits: what closes and reopens comes before its next poll. */
START_TEST(task_that_waits_is_told_of_a_drain_that_is_over) {
        gca_runtime *runtime = program_make("flavor(current_thread)");
        gca_tracker *tracker = gca_tracker_new();
        gca_task *waiter;

        ck_assert_int_eq(
                GCA_SPAWN(runtime, &waiter, .body = program_await_tracker, .data = tracker), 0);
        ck_assert_int_eq(GCA_BLOCK_ON(runtime, NULL, .body = program_yield), 0);
        ck_assert(!gca_task_is_settled(waiter));
        (void)gca_tracker_close(tracker);
        (void)gca_tracker_reopen(tracker);
        gca_tracker_add(tracker);
        ck_assert_int_eq(gca_task_join(waiter, GCA_FOREVER), 0);
        ck_assert_int_eq(gca_task_get_state(waiter), GCA_TASK_SUCCEEDED);
        gca_tracker_done(tracker);
        (void)gca_task_unref(waiter);
        (void)gca_tracker_unref(tracker);
        (void)gca_runtime_free(runtime);
}
END_TEST

/* A wait is cancel-safe: aborting who waits leaves nothing behind, and the tracker tells the others. */
START_TEST(wait_of_an_aborted_task_is_taken_back) {
        for (size_t i = 0; i < N_FLAVORS; i++) {
                gca_runtime *runtime = program_make(flavors[i]);
                gca_tracker *tracker = gca_tracker_new();
                gca_task *waiter;

                ck_assert_int_eq(
                        GCA_SPAWN(runtime, &waiter, .body = program_await_tracker, .data = tracker),
                        0);
                ck_assert_int_eq(GCA_BLOCK_ON(runtime, NULL, .body = program_yield), 0);
                ck_assert(gca_task_request_abort(waiter, NULL));
                ck_assert_int_eq(gca_task_join(waiter, GCA_FOREVER), 0);
                ck_assert_int_eq(gca_task_get_state(waiter), GCA_TASK_ABORTED);
                (void)gca_task_unref(waiter);
                (void)gca_tracker_close(tracker);
                await_drained(runtime, tracker);
                (void)gca_tracker_unref(tracker);
                (void)gca_runtime_free(runtime);
        }
}
END_TEST

/* Awaits the task that is its data. */
static gca_value await_other(gca_task *task, void *data) {
        if (gca_await_task(task, data) != 0)
                return GCA_NO_VALUE;
        return gca_bool(gca_task_is_settled(data));
}

START_TEST(tasks_await_each_other) {
        for (size_t i = 0; i < N_FLAVORS; i++) {
                gca_runtime *runtime = program_make(flavors[i]);
                gca_task *chain[N_TASKS];

                ck_assert_int_eq(GCA_SPAWN(runtime, &chain[0], .body = program_yield), 0);
                for (size_t j = 1; j < N_TASKS; j++)
                        ck_assert_int_eq(GCA_SPAWN(runtime,
                                                   &chain[j],
                                                   .body = await_other,
                                                   .data = chain[j - 1]),
                                         0);
                ck_assert_int_eq(gca_task_join(chain[N_TASKS - 1], GCA_FOREVER), 0);
                for (size_t j = 0; j < N_TASKS; j++) {
                        ck_assert(gca_task_is_settled(chain[j]));
                        ck_assert_int_eq(gca_task_get_state(chain[j]), GCA_TASK_SUCCEEDED);
                        (void)gca_task_unref(chain[j]);
                }
                (void)gca_runtime_free(runtime);
        }
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                tracker_of_tasks_spawned_everywhere_drains_when_closed,
                tracker_counts_blocking_tasks_until_they_have_returned,
                local_spawn_outside_any_runtime_is_refused,
                local_spawn_is_refused_but_on_a_local_runtime,
                local_tasks_spawned_before_the_close_are_waited_for,
                local_tasks_spawned_after_the_close_are_waited_for,
                tracker_given_up_aborts_nothing,
                token_is_given_up_on_every_path,
                task_that_waits_is_told_of_a_drain_that_is_over,
                wait_of_an_aborted_task_is_taken_back,
                tasks_await_each_other,
        };

        return suite_run("tracker-tasks", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
