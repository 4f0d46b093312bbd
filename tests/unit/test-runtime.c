/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <pthread.h>
#include <stdint.h>

#include "helpers/runtime-host.h"
#include "helpers/suite.h"

/* ---- kinds ---- */

static gca_poll answer_poll(gca_task *task, void *state) {
        (void)state;
        return gca_succeed(task, gca_int(gca_task_region(task), 42));
}

HOST_KIND(answer_inline, GCA_MODE_INLINE, answer_poll, .inline_limit_bytes = 100);
HOST_KIND(answer_poll_kind, GCA_MODE_POLL, answer_poll, .flags = 0);
HOST_KIND(answer_service, GCA_MODE_SERVICE, answer_poll, .flags = 0);
HOST_KIND(answer_blocking, GCA_MODE_BLOCKING, answer_poll, .flags = 0);

static gca_poll fail_poll(gca_task *task, void *state) {
        (void)state;
        return gca_fail(task, "no-luck", "the %s broke", "thing");
}

HOST_KIND(fail_kind, GCA_MODE_POLL, fail_poll, .flags = 0);

static gca_poll silent_poll(gca_task *task, void *state) {
        (void)task;
        (void)state;
        return GCA_DONE;
}

HOST_KIND(silent_kind, GCA_MODE_POLL, silent_poll, .flags = 0);

static gca_poll wait_poll(gca_task *task, void *state) {
        (void)task;
        (void)state;
        return GCA_PENDING;
}

HOST_KIND(wait_inline, GCA_MODE_INLINE, wait_poll, .flags = 0);
HOST_KIND(wait_blocking, GCA_MODE_BLOCKING, wait_poll, .flags = 0);

struct count_state {
        unsigned n;
        char rest[60];
};

/* Gives way nine times; what it starts with must be zero. */
static gca_poll count_poll(gca_task *task, void *state) {
        struct count_state *count = state;

        for (size_t i = 0; i < sizeof(count->rest); i++)
                assert(count->rest[i] == 0);
        if (++count->n < 10)
                return GCA_AGAIN;
        memset(count->rest, 1, sizeof(count->rest));
        return gca_succeed(task, gca_int(gca_task_region(task), count->n));
}

HOST_KIND(count_kind, GCA_MODE_POLL, count_poll, .state_size = sizeof(struct count_state));
HOST_KIND(count_service, GCA_MODE_SERVICE, count_poll, .state_size = sizeof(struct count_state));

struct large_state {
        char bytes[65536];
};

static gca_poll large_poll(gca_task *task, void *state) {
        struct large_state *large = state;

        ck_assert_int_eq(large->bytes[sizeof(large->bytes) - 1], 0);
        memset(large, 1, sizeof(*large));
        return gca_succeed(task, gca_nil());
}

HOST_KIND(large_kind, GCA_MODE_POLL, large_poll, .state_size = sizeof(struct large_state));

static gca_poll greedy_poll(gca_task *task, void *state) {
        (void)state;
        return gca_succeed(task, gca_bytes(gca_task_region(task), NULL, 2 << 20));
}

HOST_KIND(greedy_kind, GCA_MODE_POLL, greedy_poll, .flags = 0);

static gca_poll thread_poll(gca_task *task, void *state) {
        (void)state;
        return gca_succeed(task,
                           gca_int(gca_task_region(task), (int64_t)(uintptr_t)pthread_self()));
}

HOST_KIND(thread_service, GCA_MODE_SERVICE, thread_poll, .flags = 0);
HOST_KIND(thread_kind, GCA_MODE_POLL, thread_poll, .flags = 0);
HOST_KIND(thread_blocking, GCA_MODE_BLOCKING, thread_poll, .flags = 0);

/* ---- tests ---- */

static void run_one(const gca_kind_entry *kind, gca_task_state state, int64_t result) {
        struct host host = { .n_workers = 1 };
        gca_task *task;

        host_start(&host);
        task = host_submit_kept(&host, kind);
        host_run(&host, 1);
        ck_assert_int_eq(gca_task_get_state(task), state);
        ck_assert_int_eq(host_task_of(task)->result, result);
        ck_assert_int_eq(host_task_of(task)->told, state);
        (void)gca_task_unref(task);
        host_end(&host);
}

START_TEST(tasks_of_every_mode_return_their_result) {
        run_one(&answer_inline, GCA_TASK_SUCCEEDED, 42);
        run_one(&answer_poll_kind, GCA_TASK_SUCCEEDED, 42);
        run_one(&answer_service, GCA_TASK_SUCCEEDED, 42);
        run_one(&answer_blocking, GCA_TASK_SUCCEEDED, 42);
}
END_TEST

START_TEST(inline_task_has_settled_when_submit_returns) {
        struct host host = { .n_workers = 1 };

        host_start(&host);
        (void)host_submit(&host, &answer_inline);
        ck_assert_uint_eq(host.n_settled, 1);
        host_end(&host);
}
END_TEST

START_TEST(inline_task_with_large_arguments_runs_on_a_worker) {
        struct host host = { .n_workers = 1 };
        gca_task_options options = { .size = sizeof(options),
                                     .kind = &answer_inline,
                                     .id = 1,
                                     .host_size = sizeof(struct host_task),
                                     .arguments_size = 101 };
        gca_task_info info;
        gca_task *task;

        host_start(&host);
        host.next_id = 1;
        task = gca_task_ref(gca_task_new(host.runtime, &options));
        gca_task_submit(task);
        ck_assert_uint_eq(host.n_finished, 0);
        host_run(&host, 1);
        gca_task_get_info(task, &info);
        ck_assert_str_eq(info.worker, "worker-0");
        (void)gca_task_unref(task);
        host_end(&host);
}
END_TEST

static gca_poll slow_poll(gca_task *task, void *state) {
        uint64_t begin_ns = gca_now_ns();

        (void)state;
        while (gca_now_ns() < begin_ns + 5 * NS_PER_MS)
                continue;
        return gca_succeed(task, gca_nil());
}

HOST_KIND(slow_kind, GCA_MODE_POLL, slow_poll, .flags = 0);
HOST_KIND(slow_service, GCA_MODE_SERVICE, slow_poll, .flags = 0);
HOST_KIND(slow_blocking, GCA_MODE_BLOCKING, slow_poll, .flags = 0);

static void time_slow(const gca_kind_entry *kind) {
        struct host host = { .n_workers = 1 };
        uint64_t submitted_ns;
        gca_task_info info;
        gca_task *task;

        host_start(&host);
        submitted_ns = gca_now_ns();
        task = host_submit_kept(&host, kind);
        host_run(&host, 1);
        gca_task_get_info(task, &info);
        ck_assert_uint_ge(info.started_ns, submitted_ns);
        ck_assert_uint_ge(info.finished_ns, info.started_ns + 5 * NS_PER_MS);
        ck_assert_uint_le(info.finished_ns, clock_monotonic_ns());
        ck_assert_uint_eq(info.n_polls, 1);
        (void)gca_task_unref(task);
        host_end(&host);
}

START_TEST(times_tell_how_long_a_poll_took) {
        time_slow(&slow_kind);
        time_slow(&slow_service);
        time_slow(&slow_blocking);
}
END_TEST

START_TEST(failure_carries_code_and_message) {
        struct host host = { .n_workers = 1 };
        gca_task *task;

        host_start(&host);
        task = host_submit_kept(&host, &fail_kind);
        host_run(&host, 1);
        ck_assert_int_eq(gca_task_get_state(task), GCA_TASK_FAILED);
        ck_assert_str_eq(gca_task_get_failure_code(task), "no-luck");
        ck_assert_str_eq(gca_task_get_failure_message(task), "the thing broke");
        (void)gca_task_unref(task);
        host_end(&host);
}
END_TEST

static void run_faulty(const gca_kind_entry *kind, const char *code) {
        struct host host = { .n_workers = 1 };
        gca_task *task;

        host_start(&host);
        task = host_submit_kept(&host, kind);
        host_run(&host, 1);
        ck_assert_str_eq(gca_task_get_failure_code(task), code);
        (void)gca_task_unref(task);
        host_end(&host);
}

START_TEST(kind_that_breaks_its_promise_fails_its_task_only) {
        run_faulty(&silent_kind, "kind-fault");
        run_faulty(&wait_inline, "kind-fault");
        run_faulty(&wait_blocking, "kind-fault");
}
END_TEST

START_TEST(result_beyond_the_memory_limit_fails) {
        run_faulty(&greedy_kind, "memory-limit");
}
END_TEST

START_TEST(task_that_gives_way_is_polled_again) {
        run_one(&count_kind, GCA_TASK_SUCCEEDED, 10);
        run_one(&count_service, GCA_TASK_SUCCEEDED, 10);
}
END_TEST

START_TEST(large_state_is_zeroed_too) {
        run_one(&large_kind, GCA_TASK_SUCCEEDED, 0);
        run_one(&large_kind, GCA_TASK_SUCCEEDED, 0);
}
END_TEST

START_TEST(each_mode_runs_on_its_own_threads) {
        struct host host = { .n_workers = 1 };
        int64_t self = (int64_t)(uintptr_t)pthread_self();
        gca_task *service, *poll, *blocking;

        host_start(&host);
        service = host_submit_kept(&host, &thread_service);
        poll = host_submit_kept(&host, &thread_kind);
        blocking = host_submit_kept(&host, &thread_blocking);
        host_run(&host, 3);
        ck_assert_int_eq(host_task_of(service)->result, self);
        ck_assert_int_ne(host_task_of(poll)->result, self);
        ck_assert_int_ne(host_task_of(blocking)->result, self);
        ck_assert_int_ne(host_task_of(blocking)->result, host_task_of(poll)->result);
        (void)gca_task_unref(service);
        (void)gca_task_unref(poll);
        (void)gca_task_unref(blocking);
        host_end(&host);
}
END_TEST

START_TEST(thousands_of_tasks_settle_once_each) {
        struct host host = { .n_workers = 3 };
        gca_runtime_metrics metrics;

        host_start(&host);
        for (size_t i = 0; i < 3000; i++) {
                (void)host_submit(&host, &count_kind);
                (void)host_submit(&host, &answer_poll_kind);
                (void)host_submit(&host, i % 2 ? &answer_blocking : &count_service);
        }
        host_run(&host, 9000);
        gca_runtime_get_metrics(host.runtime, &metrics);
        ck_assert_uint_eq(metrics.n_tasks_submitted, 9000);
        ck_assert_uint_eq(metrics.n_tasks_started, 9000);
        ck_assert_uint_eq(metrics.n_tasks_finished, 9000);
        ck_assert_uint_eq(metrics.n_queued, 0);
        host_end(&host);
}
END_TEST

/* Gives way until another task has run. */
static _Atomic bool has_run;

static gca_poll give_way_poll(gca_task *task, void *state) {
        (void)state;
        return atomic_load(&has_run) ? gca_succeed(task, gca_nil()) : GCA_AGAIN;
}

static gca_poll run_poll(gca_task *task, void *state) {
        (void)state;
        atomic_store(&has_run, true);
        return gca_succeed(task, gca_nil());
}

HOST_KIND(give_way_kind, GCA_MODE_POLL, give_way_poll, .flags = 0);
HOST_KIND(run_kind, GCA_MODE_POLL, run_poll, .flags = 0);

START_TEST(tasks_that_give_way_keep_no_other_from_starting) {
        struct host host = { .n_workers = 1 };

        host_start(&host);
        for (size_t i = 0; i < 100; i++)
                (void)host_submit(&host, &give_way_kind);
        (void)host_submit(&host, &run_kind);
        host_run(&host, 101);
        host_end(&host);
}
END_TEST

START_TEST(runtime_runs_again_after_it_has_stopped) {
        struct host host = { .n_workers = 2 };

        host_start(&host);
        for (size_t round = 1; round <= 3; round++) {
                (void)host_submit(&host, &answer_poll_kind);
                (void)host_submit(&host, &answer_blocking);
                host_run(&host, 2 * round);
        }
        host_end(&host);
}
END_TEST

START_TEST(unknown_option_sizes_are_refused) {
        gca_host_ops ops = { .size = sizeof(ops) };
        gca_runtime_options options = { .size = sizeof(options), .host_ops = &ops };
        gca_runtime *runtime = NULL;

        ops.size = 3;
        ck_assert_int_eq(gca_runtime_new(&options, &runtime), -EINVAL);
        ops.size = sizeof(ops);
        options.size = 3;
        ck_assert_int_eq(gca_runtime_new(&options, &runtime), -EINVAL);
        options.size = sizeof(options);
        options.host_ops = NULL;
        ck_assert_int_eq(gca_runtime_new(&options, &runtime), -EINVAL);
        ck_assert_ptr_null(runtime);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                tasks_of_every_mode_return_their_result,
                inline_task_has_settled_when_submit_returns,
                inline_task_with_large_arguments_runs_on_a_worker,
                times_tell_how_long_a_poll_took,
                failure_carries_code_and_message,
                kind_that_breaks_its_promise_fails_its_task_only,
                result_beyond_the_memory_limit_fails,
                task_that_gives_way_is_polled_again,
                large_state_is_zeroed_too,
                each_mode_runs_on_its_own_threads,
                thousands_of_tasks_settle_once_each,
                tasks_that_give_way_keep_no_other_from_starting,
                runtime_runs_again_after_it_has_stopped,
                unknown_option_sizes_are_refused,
        };

        return suite_run("runtime", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
