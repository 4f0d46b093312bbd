/* SPDX-License-Identifier: MIT */

/* A runtime in a program: flavours, spawning, joining, hooks, shutdown. */

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include <gcasync/program.h>

#include "base/clock.h"
#include "helpers/program.h"
#include "helpers/suite.h"

static const char *const flavors[] = {
        "flavor(current_thread)",
        "flavor(local)",
        "flavor(multi_thread), worker_threads(1)",
        "flavor(multi_thread), worker_threads(2)",
};

enum {
        N_FLAVORS = sizeof(flavors) / sizeof(flavors[0]),
};

/* ---- what tasks do ---- */

/* What a task counts as it goes. */
struct count {
        _Atomic int n_polls, n_drops;
        pthread_t polled_by, dropped_by;
};

static void count_drop(void *data) {
        struct count *count = data;

        count->dropped_by = pthread_self();
        atomic_fetch_add(&count->n_drops, 1);
}

static gca_poll count_poll(gca_task *task, void *data) {
        struct count *count = data;

        count->polled_by = pthread_self();
        if (atomic_fetch_add(&count->n_polls, 1) < 2)
                return GCA_AGAIN;
        return gca_succeed(task, gca_int(gca_task_region(task), 42));
}

/* Waits for ever: nothing polls it again but an abort. */
static gca_poll stuck_poll(gca_task *task, void *data) {
        (void)task;
        atomic_fetch_add(&((struct count *)data)->n_polls, 1);
        return GCA_PENDING;
}

static gca_poll fail_poll(gca_task *task, void *data) {
        (void)data;
        return gca_fail(task, "no-luck", "it was %d", 13);
}

static void expect_int(gca_task *task, int64_t expected) {
        gca_region *region = gca_region_new(0);
        gca_value value;

        ck_assert_int_eq(gca_task_get_state(task), GCA_TASK_SUCCEEDED);
        ck_assert_int_eq(gca_task_get_result(task, region, &value), 0);
        ck_assert_int_eq(gca_get_int(value), expected);
        (void)gca_region_free(region);
}

/* ---- block_on ---- */

/* tokio rt_common: block_on_sync, and the end of every flavour. */
START_TEST(body_runs_to_its_end_in_every_flavor) {
        for (size_t i = 0; i < N_FLAVORS; i++) {
                gca_runtime *runtime = program_make(flavors[i]);
                struct count count = { 0 };
                gca_task *task;
                int r;

                r = GCA_BLOCK_ON(
                        runtime, &task, .poll = count_poll, .drop = count_drop, .data = &count);
                ck_assert_int_eq(r, 0);
                ck_assert_int_eq(count.n_polls, 3);
                ck_assert_int_eq(count.n_drops, 1);
                ck_assert(pthread_equal(count.polled_by, count.dropped_by));
                ck_assert(gca_task_is_settled(task));
                expect_int(task, 42);
                (void)gca_task_unref(task);
                (void)gca_runtime_free(runtime);
        }
}
END_TEST

START_TEST(body_runs_on_the_caller_where_it_has_no_workers) {
        for (size_t i = 0; i < N_FLAVORS; i++) {
                gca_runtime *runtime = program_make(flavors[i]);
                struct count count = { 0 };

                ck_assert_int_eq(GCA_BLOCK_ON(runtime, NULL, .poll = count_poll, .data = &count),
                                 0);
                ck_assert_int_eq(!pthread_equal(count.polled_by, pthread_self()), i >= 2);
                (void)gca_runtime_free(runtime);
        }
}
END_TEST

START_TEST(failure_is_told_with_code_and_text) {
        gca_runtime *runtime = program_make("flavor(current_thread)");
        gca_value value;
        gca_task *task;

        ck_assert_int_eq(GCA_BLOCK_ON(runtime, &task, .poll = fail_poll), 0);
        ck_assert_int_eq(gca_task_get_state(task), GCA_TASK_FAILED);
        ck_assert_str_eq(gca_task_get_failure_code(task), "no-luck");
        ck_assert_str_eq(gca_task_get_failure_message(task), "it was 13");
        ck_assert_int_eq(gca_task_get_result(task, NULL, &value), -EINVAL);
        (void)gca_task_unref(task);
        (void)gca_runtime_free(runtime);
}
END_TEST

/* A body that tries what only threads outside may do. */
static gca_poll nested_poll(gca_task *task, void *data) {
        gca_runtime *runtime = gca_task_get_runtime(task);
        int *answers = data;

        ck_assert_ptr_eq(gca_runtime_get_current(), runtime);
        answers[0] = GCA_BLOCK_ON(runtime, NULL, .poll = fail_poll);
        answers[1] = gca_task_join(task, GCA_FOREVER);
        answers[2] = gca_runtime_shut_down(runtime, 0);
        return gca_succeed(task, gca_nil());
}

/* tokio rt_common: nested block_on panics; runtime dropped in an asynchronous context. */
START_TEST(waiting_on_a_thread_of_the_runtime_is_refused) {
        for (size_t i = 0; i < N_FLAVORS; i++) {
                gca_runtime *runtime = program_make(flavors[i]);
                int answers[3] = { 0 };

                ck_assert_ptr_null(gca_runtime_get_current());
                ck_assert_int_eq(GCA_BLOCK_ON(runtime, NULL, .poll = nested_poll, .data = answers),
                                 0);
                for (size_t j = 0; j < 3; j++)
                        ck_assert_int_eq(answers[j], -EDEADLK);
                (void)gca_runtime_free(runtime);
        }
}
END_TEST

/* ---- spawning ---- */

enum {
        N_SPAWNED = 100,
};

/* Spawns tasks on the runtime that it runs on, once. */
struct spawner {
        struct count counts[N_SPAWNED];
        gca_task *tasks[N_SPAWNED];
};

static void spawner_spawn(struct spawner *spawner, gca_runtime *runtime) {
        for (size_t i = 0; i < N_SPAWNED; i++)
                ck_assert_int_eq(GCA_SPAWN(runtime,
                                           &spawner->tasks[i],
                                           .poll = count_poll,
                                           .drop = count_drop,
                                           .data = &spawner->counts[i]),
                                 0);
}

static gca_poll spawner_poll(gca_task *task, void *data) {
        spawner_spawn(data, gca_task_get_runtime(task));
        return gca_succeed(task, gca_nil());
}

static void spawner_join(struct spawner *spawner) {
        for (size_t i = 0; i < N_SPAWNED; i++) {
                ck_assert_int_eq(gca_task_join(spawner->tasks[i], GCA_FOREVER), 0);
                expect_int(spawner->tasks[i], 42);
                ck_assert_int_eq(spawner->counts[i].n_drops, 1);
                (void)gca_task_unref(spawner->tasks[i]);
        }
}

/* tokio rt_common: spawn_one_bg, spawn_many_from_block_on, spawn_many_from_task, spawn_from_other_thread_*. */
START_TEST(tasks_spawned_inside_and_outside_are_joined) {
        for (size_t i = 0; i < N_FLAVORS; i++) {
                gca_runtime *runtime = program_make(flavors[i]);
                struct spawner inside = { 0 }, outside = { 0 };

                spawner_spawn(&outside, runtime);
                ck_assert_int_eq(GCA_BLOCK_ON(runtime, NULL, .poll = spawner_poll, .data = &inside),
                                 0);
                spawner_join(&inside);
                spawner_join(&outside);
                (void)gca_runtime_free(runtime);
        }
}
END_TEST

static gca_poll stop_the_world_poll(gca_task *task, void *data) {
        (void)data;
        return gca_succeed(task, gca_nil());
}

/* tokio: a current_thread runtime's tasks freeze between two block_on. */
START_TEST(tasks_stand_still_while_nobody_drives) {
        gca_runtime *runtime = program_make("flavor(current_thread)");
        struct count count = { 0 };
        gca_task *task;

        ck_assert_int_eq(GCA_SPAWN(runtime, &task, .poll = count_poll, .data = &count), 0);
        ck_assert_int_eq(count.n_polls, 0);
        ck_assert(!gca_task_is_settled(task));
        ck_assert_int_eq(gca_task_join(task, GCA_FOREVER), 0);
        ck_assert_int_eq(GCA_BLOCK_ON(runtime, NULL, .poll = stop_the_world_poll), 0);
        ck_assert_int_eq(count.n_polls, 3);
        (void)gca_task_unref(task);
        (void)gca_runtime_free(runtime);
}
END_TEST

/* tokio task_blocking: basic_blocking, spawn_blocking from everywhere. */
static gca_poll blocking_poll(gca_task *task, void *data) {
        struct count *count = data;

        count->polled_by = pthread_self();
        atomic_fetch_add(&count->n_polls, 1);
        return gca_succeed(task, gca_int(gca_task_region(task), 7));
}

START_TEST(blocking_task_runs_on_a_thread_of_its_own) {
        for (size_t i = 0; i < N_FLAVORS; i++) {
                gca_runtime *runtime = program_make(flavors[i]);
                struct count count = { 0 };
                gca_task *task;

                ck_assert_int_eq(GCA_BLOCK_ON(runtime,
                                              &task,
                                              .mode = GCA_MODE_BLOCKING,
                                              .poll = blocking_poll,
                                              .drop = count_drop,
                                              .data = &count),
                                 0);
                expect_int(task, 7);
                ck_assert(!pthread_equal(count.polled_by, pthread_self()));
                ck_assert_int_eq(count.n_drops, 1);
                (void)gca_task_unref(task);
                (void)gca_runtime_free(runtime);
        }
}
END_TEST

START_TEST(what_cannot_be_spawned_is_refused_and_not_taken) {
        gca_runtime *runtime = program_make("flavor(current_thread)");
        struct count count = { 0 };

        ck_assert_int_eq(GCA_SPAWN(runtime, NULL, .drop = count_drop, .data = &count), -EINVAL);
        ck_assert_int_eq(GCA_SPAWN(runtime,
                                   NULL,
                                   .poll = count_poll,
                                   .drop = count_drop,
                                   .data = &count,
                                   .mode = GCA_MODE_SERVICE),
                         -EINVAL);
        ck_assert_int_eq(gca_spawn(runtime, &(const gca_spawn_options){ .poll = count_poll }, NULL),
                         -EINVAL);
        ck_assert_int_eq(count.n_drops, 0);
        (void)gca_runtime_free(runtime);
}
END_TEST

/* ---- results that are values ---- */

static gca_poll text_poll(gca_task *task, void *data) {
        (void)data;
        return gca_succeed(task, gca_string(gca_task_region(task), "forty-two", -1));
}

START_TEST(result_outlives_its_task_in_the_heap) {
        gca_runtime *runtime = program_make("flavor(current_thread), heap(1)");
        gca_task *task;
        gca_value value;

        ck_assert_int_eq(GCA_BLOCK_ON(runtime, &task, .poll = text_poll), 0);
        {
                gca_heap *heap = gca_runtime_get_heap(runtime);
                gca_thread *thread;

                ck_assert_int_eq(gca_thread_attach(heap, &thread), 0);
                ck_assert_int_eq(gca_heap_collect(heap, true), 0);
                ck_assert_int_eq(gca_task_get_result(task, gca_thread_get_region(thread), &value),
                                 0);
                ck_assert_str_eq(gca_get_string(value, NULL), "forty-two");
                (void)gca_task_unref(task);
                ck_assert_uint_eq(gca_heap_count_roots(heap), 0);
                gca_thread_end_pass(thread);
                (void)gca_thread_detach(thread);
        }
        (void)gca_runtime_free(runtime);
}
END_TEST

START_TEST(result_without_a_heap_fails_with_the_reason) {
        gca_runtime *runtime = program_make("flavor(current_thread)");
        gca_task *task;

        ck_assert_ptr_null(gca_runtime_get_heap(runtime));
        ck_assert_int_eq(GCA_BLOCK_ON(runtime, &task, .poll = text_poll), 0);
        ck_assert_str_eq(gca_task_get_failure_code(task), "no-heap");
        (void)gca_task_unref(task);
        (void)gca_runtime_free(runtime);
}
END_TEST

/* ---- aborting ---- */

/* tokio task_abort: test_abort_without_panic_3157, test_abort_task_that_panics_on_drop_returned, is_abort_idempotent. */
START_TEST(abort_ends_a_task_that_waits_for_ever) {
        for (size_t i = 0; i < N_FLAVORS; i++) {
                gca_runtime *runtime = program_make(flavors[i]);
                struct count count = { 0 };
                gca_task *task;

                ck_assert_int_eq(GCA_SPAWN(runtime,
                                           &task,
                                           .poll = stuck_poll,
                                           .drop = count_drop,
                                           .data = &count),
                                 0);
                ck_assert_int_eq(GCA_BLOCK_ON(runtime, NULL, .poll = stop_the_world_poll), 0);
                ck_assert(gca_task_request_abort(task, "the test says so"));
                ck_assert(!gca_task_request_abort(task, "twice"));
                ck_assert_int_eq(gca_task_join(task, GCA_FOREVER), 0);
                ck_assert_int_eq(gca_task_get_state(task), GCA_TASK_ABORTED);
                ck_assert_str_eq(gca_task_get_failure_message(task), "the test says so");
                ck_assert_int_eq(count.n_drops, 1);
                ck_assert(!gca_task_request_abort(task, "too late"));
                (void)gca_task_unref(task);
                (void)gca_runtime_free(runtime);
        }
}
END_TEST

/* A task that never started is aborted without running; its data is dropped all the same. */
START_TEST(abort_before_the_start_drops_what_was_never_polled) {
        gca_runtime *runtime = program_make("flavor(current_thread)");
        struct count count = { 0 };
        gca_task *task;

        ck_assert_int_eq(
                GCA_SPAWN(runtime, &task, .poll = count_poll, .drop = count_drop, .data = &count),
                0);
        ck_assert(gca_task_request_abort(task, NULL));
        ck_assert_int_eq(gca_task_join(task, GCA_FOREVER), 0);
        ck_assert_int_eq(gca_task_get_state(task), GCA_TASK_ABORTED);
        ck_assert_int_eq(count.n_polls, 0);
        ck_assert_int_eq(count.n_drops, 1);
        (void)gca_task_unref(task);
        (void)gca_runtime_free(runtime);
}
END_TEST

START_TEST(join_that_is_late_leaves_the_task_as_it_is) {
        for (size_t i = 0; i < N_FLAVORS; i++) {
                gca_runtime *runtime = program_make(flavors[i]);
                struct count count = { 0 };
                gca_task *task;

                ck_assert_int_eq(GCA_SPAWN(runtime, &task, .poll = stuck_poll, .data = &count), 0);
                ck_assert_int_eq(gca_task_join(task, gca_now_ns() + NS_PER_MS), -ETIMEDOUT);
                ck_assert(!gca_task_is_settled(task));
                ck_assert(gca_task_request_abort(task, NULL));
                ck_assert_int_eq(gca_task_join(task, GCA_FOREVER), 0);
                (void)gca_task_unref(task);
                (void)gca_runtime_free(runtime);
        }
}
END_TEST

START_TEST(deadline_ends_a_task_that_waits_for_ever) {
        gca_runtime *runtime = program_make("flavor(current_thread)");
        struct count count = { 0 };
        gca_task *task;

        ck_assert_int_eq(GCA_BLOCK_ON(runtime,
                                      &task,
                                      .poll = stuck_poll,
                                      .drop = count_drop,
                                      .data = &count,
                                      .deadline_ns = gca_now_ns() + NS_PER_MS),
                         0);
        ck_assert_int_eq(gca_task_get_state(task), GCA_TASK_TIMED_OUT);
        ck_assert_int_eq(count.n_drops, 1);
        (void)gca_task_unref(task);
        (void)gca_runtime_free(runtime);
}
END_TEST

/* ---- several threads that wait ---- */

struct waiter {
        gca_runtime *runtime;
        struct count count;
        int r;
};

static void *waiter_main(void *data) {
        struct waiter *waiter = data;

        for (size_t i = 0; i < 20 && waiter->r == 0; i++) {
                waiter->count.n_polls = 0;
                waiter->r = GCA_BLOCK_ON(
                        waiter->runtime, NULL, .poll = count_poll, .data = &waiter->count);
        }
        return NULL;
}

/* tokio rt_common: concurrent block_on of a current_thread runtime. */
START_TEST(threads_that_wait_hand_the_runtime_on) {
        for (size_t i = 0; i < N_FLAVORS; i++) {
                gca_runtime *runtime = program_make(flavors[i]);
                struct waiter waiters[3];
                pthread_t threads[3];

                /* Of a local one only its own thread drives. */
                if (i == 1) {
                        (void)gca_runtime_free(runtime);
                        continue;
                }
                for (size_t j = 0; j < 3; j++) {
                        waiters[j] = (struct waiter){ .runtime = runtime };
                        ck_assert_int_eq(
                                pthread_create(&threads[j], NULL, waiter_main, &waiters[j]), 0);
                }
                for (size_t j = 0; j < 3; j++) {
                        (void)pthread_join(threads[j], NULL);
                        ck_assert_int_eq(waiters[j].r, 0);
                }
                (void)gca_runtime_free(runtime);
        }
}
END_TEST

/* ---- local ---- */

struct foreign {
        gca_runtime *runtime;
        gca_task *task;
        struct count count;
        int r_local, r_spawn, r_shut_down;
};

static void *foreign_main(void *data) {
        struct foreign *foreign = data;

        foreign->r_local = GCA_SPAWN(foreign->runtime,
                                     NULL,
                                     .poll = count_poll,
                                     .data = &foreign->count,
                                     .is_local = true);
        foreign->r_spawn = GCA_SPAWN(
                foreign->runtime, &foreign->task, .poll = count_poll, .data = &foreign->count);
        foreign->r_shut_down = gca_runtime_shut_down(foreign->runtime, 0);
        return NULL;
}

START_TEST(local_runtime_keeps_its_tasks_on_its_thread) {
        struct foreign foreign = { .runtime = program_make("flavor(local)") };
        struct count count = { 0 };
        pthread_t thread;

        ck_assert_int_eq(pthread_create(&thread, NULL, foreign_main, &foreign), 0);
        (void)pthread_join(thread, NULL);
        ck_assert_int_eq(foreign.r_local, -EPERM);
        ck_assert_int_eq(foreign.r_spawn, 0);
        ck_assert_int_eq(foreign.r_shut_down, -EPERM);
        ck_assert_int_eq(gca_task_join(foreign.task, GCA_FOREVER), 0);
        ck_assert(pthread_equal(foreign.count.polled_by, pthread_self()));
        (void)gca_task_unref(foreign.task);
        ck_assert_int_eq(GCA_BLOCK_ON(foreign.runtime,
                                      NULL,
                                      .poll = count_poll,
                                      .data = &count,
                                      .is_local = true),
                         0);
        (void)gca_runtime_free(foreign.runtime);
}
END_TEST

/* ---- hooks ---- */

struct hooked {
        _Atomic int n_starts, n_stops, n_parks, n_unparks;
        _Atomic int n_spawns, n_before, n_after, n_ends;
};

#define HOOK(name, field)                                             \
        static void name(void *data) {                                \
                atomic_fetch_add(&((struct hooked *)data)->field, 1); \
        }
#define TASK_HOOK(name, field)                                        \
        static void name(gca_task *task, void *data) {                \
                ck_assert_uint_gt(gca_task_get_id(task), 0);          \
                atomic_fetch_add(&((struct hooked *)data)->field, 1); \
        }

HOOK(on_start, n_starts)
HOOK(on_stop, n_stops)
HOOK(on_park, n_parks)
HOOK(on_unpark, n_unparks)
TASK_HOOK(on_spawn, n_spawns)
TASK_HOOK(on_before, n_before)
TASK_HOOK(on_after, n_after)
TASK_HOOK(on_end, n_ends)

static gca_runtime *make_hooked(const char *options, struct hooked *hooked) {
        gca_runtime_builder *builder = gca_runtime_builder_new();
        gca_thread_hooks threads = { .size = sizeof(threads),
                                     .on_thread_start = on_start,
                                     .on_thread_stop = on_stop,
                                     .on_park = on_park,
                                     .on_unpark = on_unpark,
                                     .data = hooked };
        gca_task_hooks tasks = { .size = sizeof(tasks),
                                 .on_spawn = on_spawn,
                                 .on_before_poll = on_before,
                                 .on_after_poll = on_after,
                                 .on_terminate = on_end,
                                 .data = hooked };
        gca_runtime *runtime = NULL;

        gca_runtime_builder_parse(builder, options, "test");
        gca_runtime_builder_set_thread_hooks(builder, &threads);
        gca_runtime_builder_set_task_hooks(builder, &tasks);
        ck_assert_int_eq(gca_runtime_builder_build(builder, NULL, NULL, &runtime), 0);
        (void)gca_runtime_builder_free(builder);
        return runtime;
}

/* tokio rt_basic and task_hooks: spawn_task_hook_fires, terminate_task_hook_fires, task_hook_spawn_location (id only),
 * thread start and stop hooks in pairs. */
START_TEST(hooks_are_called_in_pairs) {
        for (size_t i = 0; i < N_FLAVORS; i++) {
                struct hooked hooked = { 0 };
                gca_runtime *runtime = make_hooked(flavors[i], &hooked);
                struct count count = { 0 };

                ck_assert_int_eq(GCA_BLOCK_ON(runtime, NULL, .poll = count_poll, .data = &count),
                                 0);
                ck_assert_int_eq(GCA_BLOCK_ON(runtime,
                                              NULL,
                                              .mode = GCA_MODE_BLOCKING,
                                              .poll = blocking_poll,
                                              .data = &count),
                                 0);
                (void)gca_runtime_free(runtime);
                ck_assert_int_eq(hooked.n_spawns, 2);
                ck_assert_int_eq(hooked.n_ends, 2);
                ck_assert_int_eq(hooked.n_before, 4);
                ck_assert_int_eq(hooked.n_after, 4);
                ck_assert_int_ge(hooked.n_starts, 1);
                ck_assert_int_eq(hooked.n_stops, hooked.n_starts);
                ck_assert_int_eq(hooked.n_unparks, hooked.n_parks);
        }
}
END_TEST

/* ---- metrics ---- */

/* tokio rt_metrics: num_workers, num_alive_tasks, spawned_tasks_count, blocking threads; from any thread. */
START_TEST(metrics_are_read_beside_running_tasks) {
        for (size_t i = 0; i < N_FLAVORS; i++) {
                static const unsigned n_workers[] = { 0, 0, 1, 2 };
                gca_runtime *runtime = program_make(flavors[i]);
                struct spawner spawner = { 0 };
                gca_runtime_metrics metrics;

                spawner_spawn(&spawner, runtime);
                gca_runtime_get_metrics(runtime, &metrics);
                ck_assert_uint_le(metrics.n_tasks_finished, N_SPAWNED);
                spawner_join(&spawner);
                gca_runtime_get_metrics(runtime, &metrics);
                ck_assert_uint_eq(metrics.n_workers, n_workers[i]);
                ck_assert_uint_eq(metrics.n_tasks_submitted, N_SPAWNED);
                ck_assert_uint_eq(metrics.n_tasks_finished, N_SPAWNED);
                ck_assert_uint_eq(metrics.n_polls, 3 * N_SPAWNED);
                (void)gca_runtime_free(runtime);
        }
}
END_TEST

/* ---- the end ---- */

START_TEST(shutdown_drops_what_waits_and_what_has_not_started) {
        for (size_t i = 0; i < N_FLAVORS; i++) {
                gca_runtime *runtime = program_make(flavors[i]);
                struct count stuck = { 0 }, late = { 0 };

                ck_assert_int_eq(GCA_SPAWN(runtime,
                                           NULL,
                                           .poll = stuck_poll,
                                           .drop = count_drop,
                                           .data = &stuck),
                                 0);
                ck_assert_int_eq(GCA_SPAWN(runtime,
                                           NULL,
                                           .poll = stuck_poll,
                                           .drop = count_drop,
                                           .data = &late),
                                 0);
                ck_assert_int_eq(gca_runtime_shut_down(runtime, GCA_FOREVER), 0);
                ck_assert_int_eq(stuck.n_drops, 1);
                ck_assert_int_eq(late.n_drops, 1);
                ck_assert_int_eq(gca_runtime_shut_down(runtime, GCA_FOREVER), 0);
                ck_assert_int_eq(GCA_SPAWN(runtime, NULL, .poll = stuck_poll, .data = &late),
                                 -ESHUTDOWN);
                (void)gca_runtime_free(runtime);
        }
}
END_TEST

/* Blocks until it is let go. */
struct gate {
        pthread_mutex_t mutex;
        pthread_cond_t changed;
        bool is_entered, is_open;
};

static gca_poll gate_poll(gca_task *task, void *data) {
        struct gate *gate = data;

        (void)pthread_mutex_lock(&gate->mutex);
        gate->is_entered = true;
        (void)pthread_cond_broadcast(&gate->changed);
        while (!gate->is_open)
                (void)pthread_cond_wait(&gate->changed, &gate->mutex);
        (void)pthread_mutex_unlock(&gate->mutex);
        return gca_succeed(task, gca_nil());
}

static void gate_await(struct gate *gate) {
        (void)pthread_mutex_lock(&gate->mutex);
        while (!gate->is_entered)
                (void)pthread_cond_wait(&gate->changed, &gate->mutex);
        (void)pthread_mutex_unlock(&gate->mutex);
}

static void gate_open(struct gate *gate) {
        (void)pthread_mutex_lock(&gate->mutex);
        gate->is_open = true;
        (void)pthread_cond_broadcast(&gate->changed);
        (void)pthread_mutex_unlock(&gate->mutex);
}

/* tokio: shutdown_timeout returns with blocking work under way. */
START_TEST(shutdown_that_is_late_may_be_repeated) {
        for (size_t i = 0; i < N_FLAVORS; i++) {
                gca_runtime *runtime = program_make(flavors[i]);
                struct gate gate = { .mutex = PTHREAD_MUTEX_INITIALIZER,
                                     .changed = PTHREAD_COND_INITIALIZER };
                gca_task *task;

                ck_assert_int_eq(GCA_SPAWN(runtime,
                                           &task,
                                           .mode = GCA_MODE_BLOCKING,
                                           .poll = gate_poll,
                                           .data = &gate),
                                 0);
                ck_assert_int_eq(gca_task_join(task, gca_now_ns() + NS_PER_MS), -ETIMEDOUT);
                gate_await(&gate);
                ck_assert_int_eq(gca_runtime_shut_down(runtime, NS_PER_MS), -ETIMEDOUT);
                ck_assert_int_eq(gca_runtime_shut_down(runtime, 0), -ETIMEDOUT);
                gate_open(&gate);
                ck_assert_int_eq(gca_runtime_shut_down(runtime, GCA_FOREVER), 0);
                ck_assert_int_eq(gca_task_get_state(task), GCA_TASK_SUCCEEDED);
                (void)gca_task_unref(task);
                (void)gca_runtime_free(runtime);
        }
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                body_runs_to_its_end_in_every_flavor,
                body_runs_on_the_caller_where_it_has_no_workers,
                failure_is_told_with_code_and_text,
                waiting_on_a_thread_of_the_runtime_is_refused,
                tasks_spawned_inside_and_outside_are_joined,
                tasks_stand_still_while_nobody_drives,
                blocking_task_runs_on_a_thread_of_its_own,
                what_cannot_be_spawned_is_refused_and_not_taken,
                result_outlives_its_task_in_the_heap,
                result_without_a_heap_fails_with_the_reason,
                abort_ends_a_task_that_waits_for_ever,
                abort_before_the_start_drops_what_was_never_polled,
                join_that_is_late_leaves_the_task_as_it_is,
                deadline_ends_a_task_that_waits_for_ever,
                threads_that_wait_hand_the_runtime_on,
                local_runtime_keeps_its_tasks_on_its_thread,
                hooks_are_called_in_pairs,
                metrics_are_read_beside_running_tasks,
                shutdown_drops_what_waits_and_what_has_not_started,
                shutdown_that_is_late_may_be_repeated,
        };

        return suite_run("program", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
