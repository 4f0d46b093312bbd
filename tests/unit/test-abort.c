/* SPDX-License-Identifier: MIT */

/* One test a cell: when the abort comes, and what the kind does about it. */

#include <semaphore.h>

#include "helpers/runtime-host.h"
#include "helpers/suite.h"

static _Atomic unsigned n_polls, n_drops;
static sem_t gate;

static void count_drop(gca_task *task, void *state) {
        (void)state;
        (void)task;
        atomic_fetch_add(&n_drops, 1);
}

static void abort_it(struct host *host, gca_task *task) {
        (void)host;
        ck_assert(gca_task_abort(task, GCA_ABORT_REQUEST, "enough"));
        ck_assert(!gca_task_abort(task, GCA_ABORT_REQUEST, "again"));
        ck_assert(gca_task_is_abort_requested(task));
}

static void kill_it(struct host *host, gca_task *task) {
        (void)host;
        ck_assert(gca_task_abort(task, GCA_ABORT_KILL, NULL));
        ck_assert(!gca_task_abort(task, GCA_ABORT_KILL, NULL));
}

/* Runs one task of a kind, whose progress reports are answered; returns how it ended. */
static gca_task_state run_answered(const gca_kind_entry *kind,
                                   void (*on_progress)(struct host *host, gca_task *task)) {
        struct host host = { .n_workers = 1, .on_progress = on_progress };
        gca_task_state state;
        gca_task *task;

        atomic_store(&n_polls, 0);
        atomic_store(&n_drops, 0);
        host_start(&host);
        task = host_submit_kept(&host, kind);
        host_run(&host, 1);
        state = gca_task_get_state(task);
        ck_assert(!gca_task_abort(task, GCA_ABORT_KILL, "too late"));
        (void)gca_task_unref(task);
        host_end(&host);
        return state;
}

/* ---- before it starts ---- */

static gca_poll never_poll(gca_task *task, void *state) {
        (void)state;
        atomic_fetch_add(&n_polls, 1);
        return gca_succeed(task, gca_nil());
}

HOST_KIND(never_inline, GCA_MODE_INLINE, never_poll, .drop = count_drop);
HOST_KIND(never_kind, GCA_MODE_POLL, never_poll, .drop = count_drop);
HOST_KIND(never_service, GCA_MODE_SERVICE, never_poll, .drop = count_drop);
HOST_KIND(never_blocking, GCA_MODE_BLOCKING, never_poll, .drop = count_drop);

static void abort_before_run(const gca_kind_entry *kind, bool is_submitted_first) {
        struct host host = { .n_workers = 1 };
        gca_task_info info;
        gca_task *task;

        host_start(&host);
        task = gca_task_ref(host_make_task(&host, kind, 0));
        if (is_submitted_first)
                gca_task_submit(task);
        ck_assert(gca_task_abort(task, GCA_ABORT_REQUEST, "changed my mind"));
        ck_assert_uint_eq(host.n_finished, 0);
        if (!is_submitted_first)
                gca_task_submit(task);
        ck_assert_int_eq(gca_task_get_state(task), GCA_TASK_ABORTED);
        host_run(&host, 1);
        ck_assert_str_eq(gca_task_get_failure_code(task), "aborted");
        ck_assert_str_eq(gca_task_get_failure_message(task), "changed my mind");
        gca_task_get_info(task, &info);
        ck_assert_uint_eq(info.started_ns, 0);
        ck_assert_uint_gt(info.finished_ns, 0);
        ck_assert_ptr_null(info.worker);
        ck_assert_uint_eq(n_polls + n_drops, 0);
        (void)gca_task_unref(task);
        host_end(&host);
}

START_TEST(task_aborted_before_it_starts_is_never_polled) {
        const gca_kind_entry *kinds[] = { &never_kind, &never_service, &never_blocking };

        for (size_t i = 0; i < 3; i++) {
                abort_before_run(kinds[i], false);
                abort_before_run(kinds[i], true);
        }
        abort_before_run(&never_inline, false);
}
END_TEST

/* Holds its thread until the gate opens, having said that it does. */
static gca_poll hold_poll(gca_task *task, void *state) {
        (void)state;
        gca_report_progress(task, 1, 1, NULL);
        while (sem_wait(&gate) < 0)
                continue;
        return gca_succeed(task, gca_nil());
}

HOST_KIND(hold_kind, GCA_MODE_POLL, hold_poll, .flags = 0);
HOST_KIND(hold_blocking, GCA_MODE_BLOCKING, hold_poll, .flags = 0);

static void abort_others_and_open(struct host *host, gca_task *task) {
        gca_task **others = host->data;

        (void)task;
        for (size_t i = 0; i < 40; i++)
                ck_assert(gca_task_abort(others[i], GCA_ABORT_REQUEST, NULL));
        (void)sem_post(&gate);
}

/* 40 tasks: more than a worker pulls, so some are in its list and some in the queue. */
static void abort_behind(const gca_kind_entry *holder, const gca_kind_entry *kind) {
        struct host host = { .n_workers = 1,
                             .n_blocking_max = 1,
                             .on_progress = abort_others_and_open };
        gca_task *others[40];

        (void)sem_init(&gate, 0, 0);
        host_start(&host);
        host.data = others;
        (void)host_submit(&host, holder);
        for (size_t i = 0; i < 40; i++)
                others[i] = host_submit(&host, kind);
        host_run(&host, 41);
        ck_assert_uint_eq(n_polls, 0);
        host_end(&host);
}

START_TEST(tasks_aborted_behind_a_busy_thread_are_never_polled) {
        abort_behind(&hold_kind, &never_kind);
        abort_behind(&hold_blocking, &never_blocking);
}
END_TEST

/* ---- suspended ---- */

static gca_poll wait_poll(gca_task *task, void *state) {
        struct wait_state *wait = state;

        atomic_fetch_add(&n_polls, 1);
        gca_report_progress(task, 1, 0, NULL);
        return gca_watch_timer(task, &wait->watch, UINT64_MAX - 1);
}

HOST_WAIT_KIND(wait_kind, GCA_MODE_POLL, wait_poll, .drop = count_drop);
HOST_WAIT_KIND(wait_service, GCA_MODE_SERVICE, wait_poll, .drop = count_drop);

START_TEST(suspended_task_is_dropped) {
        ck_assert_int_eq(run_answered(&wait_kind, abort_it), GCA_TASK_ABORTED);
        ck_assert_uint_eq(n_polls, 1);
        ck_assert_uint_eq(n_drops, 1);
        ck_assert_int_eq(run_answered(&wait_service, abort_it), GCA_TASK_ABORTED);
        ck_assert_uint_eq(n_polls, 1);
        ck_assert_uint_eq(n_drops, 1);
        ck_assert_int_eq(run_answered(&wait_kind, kill_it), GCA_TASK_ABORTED);
}
END_TEST

static gca_poll last_word_poll(gca_task *task, void *state) {
        gca_value two = gca_int(gca_task_region(task), 2);

        if (!gca_is_aborting(task))
                return wait_poll(task, state);
        ck_assert(!gca_is_killing(task));
        return gca_succeed(task, two);
}

static gca_poll fail_poll(gca_task *task, void *state) {
        if (!gca_is_aborting(task))
                return wait_poll(task, state);
        return gca_fail(task, "half-done", "stopped in the middle");
}

static gca_poll give_in_poll(gca_task *task, void *state) {
        if (!gca_is_aborting(task))
                return wait_poll(task, state);
        return gca_abort_now(task);
}

HOST_WAIT_KIND(last_word_kind,
               GCA_MODE_POLL,
               last_word_poll,
               .drop = count_drop,
               .flags = GCA_KIND_HANDLES_ABORT);
HOST_WAIT_KIND(failing_kind, GCA_MODE_SERVICE, fail_poll, .flags = GCA_KIND_HANDLES_ABORT);
HOST_WAIT_KIND(give_in_kind, GCA_MODE_POLL, give_in_poll, .flags = GCA_KIND_HANDLES_ABORT);

START_TEST(kind_that_handles_aborts_has_the_last_word) {
        ck_assert_int_eq(run_answered(&last_word_kind, abort_it), GCA_TASK_SUCCEEDED);
        ck_assert_uint_eq(n_drops, 1);
        ck_assert_int_eq(run_answered(&failing_kind, abort_it), GCA_TASK_FAILED);
        ck_assert_int_eq(run_answered(&give_in_kind, abort_it), GCA_TASK_ABORTED);
}
END_TEST

/* Takes its time to clean up, until it is killed. */
static gca_poll stubborn_poll(gca_task *task, void *state) {
        struct wait_state *wait = state;

        if (gca_is_killing(task))
                return gca_abort_now(task);
        gca_report_progress(task, gca_is_aborting(task) ? 2 : 1, 2, NULL);
        return gca_watch_timer(task, &wait->watch, UINT64_MAX - 1);
}

HOST_WAIT_KIND(stubborn_kind,
               GCA_MODE_POLL,
               stubborn_poll,
               .drop = count_drop,
               .flags = GCA_KIND_HANDLES_ABORT);

static void abort_then_kill(struct host *host, gca_task *task) {
        gca_task_info info;

        gca_task_get_info(task, &info);
        if (info.progress_done == 1)
                abort_it(host, task);
        else
                kill_it(host, task);
}

START_TEST(kill_ends_the_grace_of_an_abort) {
        ck_assert_int_eq(run_answered(&stubborn_kind, abort_then_kill), GCA_TASK_ABORTED);
        ck_assert_uint_eq(n_drops, 1);
}
END_TEST

/* ---- running ---- */

enum answer {
        ANSWER_RESULT,
        ANSWER_PENDING,
        ANSWER_AGAIN,
};

static _Atomic int answer;

/* In its poll until the abort has come. */
static gca_poll running_poll(gca_task *task, void *state) {
        (void)state;
        atomic_fetch_add(&n_polls, 1);
        gca_report_progress(task, 1, 0, NULL);
        while (!gca_is_aborting(task))
                continue;
        switch ((enum answer)atomic_load(&answer)) {
        case ANSWER_PENDING:
                return GCA_PENDING;
        case ANSWER_AGAIN:
                return GCA_AGAIN;
        default:
                return gca_succeed(task, gca_nil());
        }
}

HOST_KIND(running_kind, GCA_MODE_POLL, running_poll, .drop = count_drop);
HOST_KIND(running_blocking, GCA_MODE_BLOCKING, running_poll, .drop = count_drop);

START_TEST(result_wins_over_an_abort_that_came_while_it_ran) {
        atomic_store(&answer, ANSWER_RESULT);
        ck_assert_int_eq(run_answered(&running_kind, abort_it), GCA_TASK_SUCCEEDED);
        ck_assert_int_eq(run_answered(&running_blocking, abort_it), GCA_TASK_SUCCEEDED);
        ck_assert_uint_eq(n_drops, 1);
}
END_TEST

START_TEST(running_task_is_dropped_at_its_next_await) {
        atomic_store(&answer, ANSWER_PENDING);
        ck_assert_int_eq(run_answered(&running_kind, abort_it), GCA_TASK_ABORTED);
        ck_assert_uint_eq(n_polls, 1);
        ck_assert_uint_eq(n_drops, 1);
        atomic_store(&answer, ANSWER_AGAIN);
        ck_assert_int_eq(run_answered(&running_kind, kill_it), GCA_TASK_ABORTED);
        ck_assert_uint_eq(n_polls, 1);
}
END_TEST

/* ---- shutdown ---- */

static void stop_runtime(struct host *host, gca_task *task) {
        (void)task;
        gca_runtime_stop(host->runtime);
}

static void shut_down_with(const gca_kind_entry *kind) {
        struct host host = { .n_workers = 2, .n_blocking_max = 1, .on_progress = stop_runtime };

        host_start(&host);
        for (size_t i = 0; i < 50; i++)
                (void)host_submit(&host, kind);
        host_run_until_stopped(&host);
        ck_assert_uint_eq(host.n_settled, 50);
        host_end(&host);
}

START_TEST(shutdown_settles_whatever_is_there) {
        atomic_store(&answer, ANSWER_RESULT);
        shut_down_with(&wait_kind);
        shut_down_with(&wait_service);
        shut_down_with(&stubborn_kind);
        shut_down_with(&running_kind);
        shut_down_with(&running_blocking);
}
END_TEST

/* More than the I/O thread polls in a pass. */
START_TEST(shutdown_clears_service_tasks_that_never_started) {
        struct host host = { .n_workers = 1, .on_progress = stop_runtime };

        host_start(&host);
        for (size_t i = 0; i < 1000; i++)
                (void)host_submit(&host, &never_service);
        gca_runtime_stop(host.runtime);
        host_run_until_stopped(&host);
        ck_assert_uint_eq(host.n_settled, 1000);
        host_end(&host);
}
END_TEST

static void submit_another(struct host *host, gca_task *task) {
        (void)task;
        if (host->next_id < 10)
                (void)host_submit(host, &never_kind);
}

START_TEST(task_submitted_during_shutdown_ends_as_aborted) {
        struct host host = { .n_workers = 1,
                             .on_progress = stop_runtime,
                             .on_finished = submit_another };

        host_start(&host);
        (void)host_submit(&host, &wait_kind);
        atomic_store(&n_polls, 0);
        host_run_until_stopped(&host);
        ck_assert_uint_eq(host.n_settled, 10);
        ck_assert_uint_eq(n_polls, 1);
        host_end(&host);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                task_aborted_before_it_starts_is_never_polled,
                tasks_aborted_behind_a_busy_thread_are_never_polled,
                suspended_task_is_dropped,
                kind_that_handles_aborts_has_the_last_word,
                kill_ends_the_grace_of_an_abort,
                result_wins_over_an_abort_that_came_while_it_ran,
                running_task_is_dropped_at_its_next_await,
                shutdown_settles_whatever_is_there,
                shutdown_clears_service_tasks_that_never_started,
                task_submitted_during_shutdown_ends_as_aborted,
        };

        return suite_run("abort", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
