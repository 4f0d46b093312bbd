/* SPDX-License-Identifier: MIT */

/* The life of tasks as clients see it: started, awaited, listed, aborted, forgotten. */

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "helpers/work.h"

static struct daemon daemon_;
static gcasync_client *client;

static void start(const char *const *arguments) {
        daemon_start(&daemon_, &(struct daemon_options){ .arguments = arguments });
        client = client_connect(&daemon_);
}

static void stop(void) {
        client = gcasync_client_unref(client);
        daemon_stop(&daemon_);
}

static gcasync_result *await_task(uint64_t task, unsigned flags) {
        gcasync_result *result = NULL;

        ck_assert_str_eq(
                gcasync_error_name(gcasync_await(client, task, flags, client_deadline(), &result)),
                "ok");
        return result;
}

/* ---- many at once ---- */

START_TEST(thousands_in_flight_are_each_answered_with_their_own_value) {
        enum {
                N = 4000
        };
        static gcasync_call *calls[N];

        start(NULL);
        for (int64_t i = 0; i < N; i++)
                calls[i] = work_queue(client, &WORK_ECHO(i * i));
        for (int64_t i = 0; i < N; i++) {
                cleanup_(gcasync_result_unrefp) gcasync_result *result = call_take_result(calls[i]);
                gcasync_view value;
                int64_t number = -1;

                ck_assert_int_eq(gcasync_result_get_value(result, &value), 0);
                ck_assert_int_eq(gcasync_view_get_int(value, &number), 0);
                ck_assert_int_eq(number, i * i);
        }
        stop();
}
END_TEST

START_TEST(a_short_task_overtakes_a_long_one) {
        gcasync_call *slow, *fast;
        uint64_t task;

        start(NULL);
        slow = work_start(client, &WORK_SLEEP(3600000), &task);
        fast = work_queue(client, &WORK_SLEEP(1));
        call_expect_state(fast, GCASYNC_STATE_SUCCEEDED);
        ck_assert(!gcasync_call_is_done(slow));
        ck_assert_int_eq(gcasync_abort(client, task, false, NULL, client_deadline(), NULL), 0);
        call_expect_state(slow, GCASYNC_STATE_ABORTED);
        stop();
}
END_TEST

START_TEST(tasks_that_give_way_let_others_start) {
        static const char *const arguments[] = { "--workers", "1", NULL };
        struct work spin = { .kind = "core.spin", .key = "ms", .number = 3600000 };
        gcasync_call *busy[3];
        uint64_t task;

        start(arguments);
        for (size_t i = 0; i < SUITE_SIZE(busy); i++)
                busy[i] = work_start(client, &spin, &task);
        task_wait_state(client, task, GCASYNC_STATE_RUNNING);
        work_expect_state(client, &WORK_SLEEP(1), GCASYNC_STATE_SUCCEEDED);
        for (size_t i = 0; i < SUITE_SIZE(busy); i++)
                gcasync_call_unref(busy[i]);
        stop();
}
END_TEST

static void note_progress(gcasync_call *call, const gcasync_event *event, void *data) {
        gcasync_event *last = data;

        (void)call;
        if (event->type != GCASYNC_EVENT_PROGRESS)
                return;
        ck_assert_uint_ge(event->done, last->done);
        *last = *event;
}

START_TEST(progress_is_told_on_the_way) {
        cleanup_(gcasync_builder_freep) gcasync_builder *builder = gcasync_builder_new();
        gcasync_event last = { .done = 0 };
        gcasync_submit_options options = { .size = sizeof(options),
                                           .kind = "core.spin",
                                           .arguments = builder,
                                           .want_progress = true,
                                           .on_event = note_progress };
        gcasync_call *call = NULL;

        start(NULL);
        gcasync_builder_open_map(builder);
        gcasync_builder_key(builder, "ms");
        gcasync_builder_int(builder, 300);
        gcasync_builder_close_map(builder);
        ck_assert_int_eq(gcasync_submit_async(client, &options, NULL, &last, &call), 0);
        call_expect_state(call, GCASYNC_STATE_SUCCEEDED);
        ck_assert_uint_gt(last.done, 0);
        ck_assert_uint_eq(last.total, 300);
        stop();
}
END_TEST

/* ---- failing ---- */

START_TEST(a_failure_arrives_with_its_code_and_words) {
        cleanup_(gcasync_result_unrefp) gcasync_result *result = NULL;

        start(NULL);
        result = work_run(
                client,
                &(struct work){ .kind = "core.fail", .key = "message", .text = "on purpose" });
        ck_assert_int_eq(gcasync_result_get_state(result), GCASYNC_STATE_FAILED);
        ck_assert_str_eq(gcasync_result_get_failure_message(result), "on purpose");
        ck_assert_str_ne(gcasync_result_get_failure_code(result), "");
        stop();
}
END_TEST

/* ---- detached tasks ---- */

START_TEST(a_detached_task_outlives_its_client) {
        cleanup_(gcasync_result_unrefp) gcasync_result *result = NULL;
        gcasync_client *first;
        gcasync_view value;
        int64_t number = 0;
        uint64_t task;

        start(NULL);
        first = client_connect(&daemon_);
        task = work_detach(first, &WORK_ECHO(7));
        gcasync_client_unref(first);
        result = await_task(task, 0);
        ck_assert_uint_eq(gcasync_result_get_task(result), task);
        ck_assert_int_eq(gcasync_result_get_value(result, &value), 0);
        ck_assert_int_eq(gcasync_view_get_int(value, &number), 0);
        ck_assert_int_eq(number, 7);
        stop();
}
END_TEST

START_TEST(an_attached_task_is_aborted_with_its_session) {
        gcasync_client *first;
        uint64_t task;

        start(NULL);
        first = client_connect(&daemon_);
        gcasync_call_unref(work_start(first, &WORK_EXEC("sleep", "3600"), &task));
        gcasync_client_unref(first);
        while (tasks_count_unfinished(client) > 0)
                ck_assert_int_eq(gcasync_ping(client, client_deadline()), 0);
        stop();
}
END_TEST

START_TEST(a_result_may_be_fetched_as_often_as_one_likes) {
        uint64_t task;

        start(NULL);
        task = work_detach(client, &WORK_ECHO(3));
        for (int i = 0; i < 3; i++)
                gcasync_result_unref(await_task(task, 0));
        stop();
}
END_TEST

START_TEST(every_waiter_is_told_once_when_a_task_ends) {
        gcasync_call *calls[20];
        uint64_t task;

        start(NULL);
        task = work_detach(client, &WORK_SLEEP(3600000));
        for (size_t i = 0; i < SUITE_SIZE(calls); i++)
                ck_assert_int_eq(gcasync_await_async(client, task, 0, NULL, NULL, &calls[i]), 0);
        ck_assert_int_eq(gcasync_abort(client, task, false, NULL, client_deadline(), NULL), 0);
        for (size_t i = 0; i < SUITE_SIZE(calls); i++) {
                cleanup_(gcasync_result_unrefp) gcasync_result *result = NULL;

                ck_assert_int_eq(gcasync_call_wait(calls[i], client_deadline()), 0);
                ck_assert_int_eq(gcasync_await_finish(calls[i], &result), 0);
                ck_assert_int_eq(gcasync_result_get_state(result), GCASYNC_STATE_ABORTED);
                gcasync_call_unref(calls[i]);
        }
        stop();
}
END_TEST

START_TEST(asking_without_waiting_tells_that_a_task_still_runs) {
        gcasync_result *result = NULL;
        uint64_t task;

        start(NULL);
        task = work_detach(client, &WORK_SLEEP(3600000));
        ck_assert_int_eq(
                gcasync_await(client, task, GCASYNC_AWAIT_NO_WAIT, client_deadline(), &result),
                GCASYNC_E_CONFLICT);
        ck_assert_int_eq(gcasync_remove(client, task, client_deadline()), GCASYNC_E_CONFLICT);
        stop();
}
END_TEST

START_TEST(a_result_without_its_value_is_just_how_the_task_ended) {
        cleanup_(gcasync_result_unrefp) gcasync_result *result = NULL;
        gcasync_view value;

        start(NULL);
        result = await_task(work_detach(client, &WORK_ECHO(3)), GCASYNC_AWAIT_NO_VALUE);
        ck_assert_int_eq(gcasync_result_get_state(result), GCASYNC_STATE_SUCCEEDED);
        ck_assert_int_eq(gcasync_result_get_value(result, &value), GCASYNC_E_ABSENT);
        stop();
}
END_TEST

/* ---- forgetting ---- */

START_TEST(a_removed_task_is_gone_and_not_just_unknown) {
        gcasync_result *result = NULL;
        uint64_t task;

        start(NULL);
        task = work_detach(client, &WORK_ECHO(1));
        gcasync_result_unref(await_task(task, 0));
        ck_assert_int_eq(gcasync_remove(client, task, client_deadline()), 0);
        ck_assert_int_eq(gcasync_await(client, task, 0, client_deadline(), &result),
                         GCASYNC_E_GONE);
        ck_assert_int_eq(gcasync_remove(client, task, client_deadline()), GCASYNC_E_GONE);
        ck_assert_int_eq(gcasync_await(client, task + 1000, 0, client_deadline(), &result),
                         GCASYNC_E_NOT_FOUND);
        stop();
}
END_TEST

START_TEST(the_oldest_finished_tasks_make_room_in_the_history) {
        static const char *const arguments[] = { "--limit", "history-tasks=5", NULL };
        gcasync_result *result = NULL;
        uint64_t tasks[8];

        start(arguments);
        for (size_t i = 0; i < SUITE_SIZE(tasks); i++) {
                tasks[i] = work_detach(client, &WORK_ECHO(1));
                gcasync_result_unref(await_task(tasks[i], 0));
        }
        for (size_t i = 0; i < 3; i++)
                ck_assert_int_eq(gcasync_await(client, tasks[i], 0, client_deadline(), &result),
                                 GCASYNC_E_GONE);
        for (size_t i = 3; i < SUITE_SIZE(tasks); i++)
                gcasync_result_unref(await_task(tasks[i], 0));
        stop();
}
END_TEST

START_TEST(large_results_make_room_in_the_history_too) {
        static const char *const arguments[] = { "--limit", "history-bytes=100K", NULL };
        cleanup_(freep) char *text = calloc(1, 60001);
        gcasync_result *result = NULL;
        uint64_t first, second;

        start(arguments);
        memset(text, 'x', 60000);
        first = work_detach(client,
                            &(struct work){ .kind = "core.echo", .key = "value", .text = text });
        gcasync_result_unref(await_task(first, 0));
        second = work_detach(client,
                             &(struct work){ .kind = "core.echo", .key = "value", .text = text });
        gcasync_result_unref(await_task(second, 0));
        ck_assert_int_eq(gcasync_await(client, first, 0, client_deadline(), &result),
                         GCASYNC_E_GONE);
        gcasync_result_unref(await_task(second, 0));
        stop();
}
END_TEST

/* ---- looking ---- */

START_TEST(pages_list_every_task_once_in_order_of_ids) {
        enum {
                N = 25
        };
        gcasync_inspect_options options = { .size = sizeof(options), .page_size = 10 };
        gcasync_task_info info = { .size = sizeof(info) };
        uint64_t tasks[N];
        size_t n = 0;
        bool has_more;

        start(NULL);
        for (size_t i = 0; i < N; i++)
                tasks[i] = work_detach(client, &WORK_SLEEP(3600000));
        do {
                cleanup_(gcasync_result_unrefp) gcasync_result *page = NULL;

                ck_assert_int_eq(gcasync_inspect(client, &options, client_deadline(), &page), 0);
                ck_assert_uint_le(gcasync_result_get_n_tasks(page), 10);
                for (size_t i = 0; i < gcasync_result_get_n_tasks(page); i++) {
                        ck_assert_int_eq(gcasync_result_get_task_info(page, i, &info), 0);
                        ck_assert_uint_lt(n, N);
                        ck_assert_uint_eq(info.task, tasks[n++]);
                }
                options.after_task = info.task;
                has_more = gcasync_result_has_more(page);
        } while (has_more);
        ck_assert_uint_eq(n, N);
        stop();
}
END_TEST

static size_t count_tasks(const gcasync_inspect_options *options) {
        cleanup_(gcasync_result_unrefp) gcasync_result *result = NULL;

        ck_assert_int_eq(gcasync_inspect(client, options, client_deadline(), &result), 0);
        return gcasync_result_get_n_tasks(result);
}

#define COUNT_TASKS(...)                                                                 \
        count_tasks(&(gcasync_inspect_options){ .size = sizeof(gcasync_inspect_options), \
                                                __VA_ARGS__ })

START_TEST(filters_choose_by_state_kind_label_and_session) {
        cleanup_(gcasync_client_unrefp) gcasync_client *other = NULL;
        struct work named = WORK_SLEEP(3600000);
        uint64_t echo;

        start(NULL);
        other = client_connect(&daemon_);
        named.label = "nightly";
        (void)work_detach(other, &named);
        (void)work_detach(client, &WORK_EXEC("sleep", "3600"));
        echo = work_detach(client, &WORK_ECHO(1));
        gcasync_result_unref(await_task(echo, 0));
        ck_assert_uint_eq(COUNT_TASKS(.states = 0), 3);
        ck_assert_uint_eq(COUNT_TASKS(.states = 1u << GCASYNC_STATE_SUCCEEDED), 1);
        ck_assert_uint_eq(COUNT_TASKS(.kind = "exec"), 1);
        ck_assert_uint_eq(COUNT_TASKS(.kind = "core."), 2);
        ck_assert_uint_eq(COUNT_TASKS(.label = "nightly"), 1);
        ck_assert_uint_eq(COUNT_TASKS(.label = "night"), 0);
        ck_assert_uint_eq(COUNT_TASKS(.this_session = true), 2);
        stop();
}
END_TEST

START_TEST(one_task_is_shown_in_full) {
        cleanup_(gcasync_result_unrefp) gcasync_result *result = NULL;
        gcasync_inspect_options options = { .size = sizeof(options) };
        gcasync_task_info info = { .size = sizeof(info) };
        struct work work = WORK_EXEC("sleep", "3600");

        start(NULL);
        work.label = "nap";
        options.task = work_detach(client, &work);
        task_wait_state(client, options.task, GCASYNC_STATE_SUSPENDED);
        ck_assert_int_eq(gcasync_inspect(client, &options, client_deadline(), &result), 0);
        ck_assert_int_eq(gcasync_result_get_task_info(result, 0, &info), 0);
        ck_assert_uint_eq(info.task, options.task);
        ck_assert_str_eq(info.kind, "exec");
        ck_assert_str_eq(info.label, "nap");
        ck_assert_str_eq(info.client_name, "test");
        ck_assert_uint_eq(info.pid, (uint32_t)getpid());
        ck_assert_ptr_nonnull(strstr(info.arguments, "sleep"));
        ck_assert(info.detached);
        ck_assert_uint_ge(info.started_at_us, info.submitted_at_us);
        ck_assert_uint_eq(info.finished_at_us, 0);
        stop();
}
END_TEST

/* ---- aborting and deadlines ---- */

START_TEST(only_the_first_abort_is_what_aborts) {
        bool changed = false;
        uint64_t task;

        start(NULL);
        task = work_detach(client, &WORK_SLEEP(3600000));
        ck_assert_int_eq(gcasync_abort(client, task, false, "enough", client_deadline(), &changed),
                         0);
        ck_assert(changed);
        ck_assert_int_eq(gcasync_abort(client, task, false, NULL, client_deadline(), &changed), 0);
        ck_assert(!changed);
        task_wait_state(client, task, GCASYNC_STATE_ABORTED);
        stop();
}
END_TEST

START_TEST(a_queued_task_is_aborted_without_running) {
        static const char *const arguments[] = { "--workers", "1", NULL };
        struct work hog = { .kind = "unruly.hog", .key = "n", .number = 2000 };
        uint64_t tasks[50];

        start(arguments);
        (void)work_detach(client, &hog);
        for (size_t i = 0; i < SUITE_SIZE(tasks); i++)
                tasks[i] = work_detach(client, &WORK_SLEEP(3600000));
        for (size_t i = 0; i < SUITE_SIZE(tasks); i++)
                ck_assert_int_eq(
                        gcasync_abort(client, tasks[i], false, NULL, client_deadline(), NULL), 0);
        for (size_t i = 0; i < SUITE_SIZE(tasks); i++)
                task_wait_state(client, tasks[i], GCASYNC_STATE_ABORTED);
        stop();
}
END_TEST

START_TEST(a_task_past_its_deadline_is_timed_out) {
        struct work nap = WORK_SLEEP(3600000), child = WORK_EXEC("sleep", "3600");

        start(NULL);
        nap.timeout_ns = child.timeout_ns = 50 * NS_PER_MS;
        work_expect_state(client, &nap, GCASYNC_STATE_TIMED_OUT);
        work_expect_state(client, &child, GCASYNC_STATE_TIMED_OUT);
        stop();
}
END_TEST

START_TEST(a_deadline_is_answered_although_every_worker_is_stuck) {
        static const char *const arguments[] = { "--workers", "1", NULL };
        struct work hog = { .kind = "unruly.hog", .key = "n", .number = 2000 };
        struct work nap = WORK_SLEEP(1);

        start(arguments);
        /* One that hogs the worker and one that waits behind it: neither keeps its client waiting. */
        hog.timeout_ns = nap.timeout_ns = 50 * NS_PER_MS;
        work_expect_state(client, &hog, GCASYNC_STATE_TIMED_OUT);
        work_expect_state(client, &nap, GCASYNC_STATE_TIMED_OUT);
        ck_assert_int_eq(gcasync_ping(client, client_deadline()), 0);
        stop();
}
END_TEST

START_TEST(a_kind_that_handles_aborts_may_finish_its_work) {
        struct work stubborn = { .kind = "unruly.stubborn", .key = "n", .number = 500 };
        bool changed = false;
        gcasync_call *call;
        uint64_t task;

        start(NULL);
        call = work_start(client, &stubborn, &task);
        task_wait_state(client, task, GCASYNC_STATE_SUSPENDED);
        ck_assert_int_eq(gcasync_abort(client, task, false, NULL, client_deadline(), &changed), 0);
        ck_assert(changed);
        call_expect_state(call, GCASYNC_STATE_SUCCEEDED);
        stop();
}
END_TEST

START_TEST(a_blocked_thread_keeps_nobody_waiting) {
        struct work block = { .kind = "unruly.block", .key = "n", .number = 1000 };
        gcasync_call *calls[8];

        start(NULL);
        for (size_t i = 0; i < SUITE_SIZE(calls); i++)
                calls[i] = work_queue(client, &block);
        daemon_expect_healthy(&daemon_);
        for (size_t i = 0; i < SUITE_SIZE(calls); i++)
                call_expect_state(calls[i], GCASYNC_STATE_SUCCEEDED);
        stop();
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                thousands_in_flight_are_each_answered_with_their_own_value,
                a_short_task_overtakes_a_long_one,
                progress_is_told_on_the_way,
                tasks_that_give_way_let_others_start,
                a_failure_arrives_with_its_code_and_words,
                a_detached_task_outlives_its_client,
                an_attached_task_is_aborted_with_its_session,
                a_result_may_be_fetched_as_often_as_one_likes,
                every_waiter_is_told_once_when_a_task_ends,
                asking_without_waiting_tells_that_a_task_still_runs,
                a_result_without_its_value_is_just_how_the_task_ended,
                a_removed_task_is_gone_and_not_just_unknown,
                the_oldest_finished_tasks_make_room_in_the_history,
                large_results_make_room_in_the_history_too,
                pages_list_every_task_once_in_order_of_ids,
                filters_choose_by_state_kind_label_and_session,
                one_task_is_shown_in_full,
                only_the_first_abort_is_what_aborts,
                a_queued_task_is_aborted_without_running,
                a_task_past_its_deadline_is_timed_out,
                a_deadline_is_answered_although_every_worker_is_stuck,
                a_kind_that_handles_aborts_may_finish_its_work,
                a_blocked_thread_keeps_nobody_waiting,
        };

        return scratch_run("tasks", tests, SUITE_SIZE(tests));
}
