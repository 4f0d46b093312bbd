/* SPDX-License-Identifier: MIT */

/* Limits of the daemon's table, each reached: the offender is told which, and has room again afterwards. */

#include <check.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "helpers/peer.h"
#include "helpers/work.h"

#define START_WITH(daemon, ...)                \
        daemon_start((daemon),                 \
                     &(struct daemon_options){ \
                             .arguments = (const char *const[]){ __VA_ARGS__, NULL } })

/* Queues the work and returns the code of its error. */
static int expect_error(gcasync_client *client, const struct work *work, const char **ret_message) {
        gcasync_call *call = work_queue(client, work);
        static char text[256];
        const char *message = NULL;
        int r;

        (void)gcasync_call_wait(call, client_deadline());
        r = gcasync_call_get_error(call, &message);
        (void)snprintf(text, sizeof(text), "%s", message ? message : "");
        gcasync_call_unref(call);
        if (ret_message)
                *ret_message = text;
        return r;
}

/* The limit was reached, and the daemon has counted it. */
static void expect_reached(gcasync_client *client, const char *limit) {
        cleanup_(gcasync_result_unrefp) gcasync_result *result = NULL;
        gcasync_status_info info = { .size = sizeof(info) };
        uint64_t value = 0;
        char name[64];

        (void)snprintf(name, sizeof(name), "%s-reached", limit);
        ck_assert_int_eq(gcasync_status(client, client_deadline(), &result), 0);
        ck_assert_int_eq(gcasync_result_get_status(result, &info), 0);
        for (size_t i = 0; i < info.n_counters; i++) {
                const char *counter;

                ck_assert_int_eq(gcasync_result_get_counter(result, i, &counter, &value), 0);
                if (strcmp(counter, name) == 0)
                        break;
                value = 0;
        }
        if (value == 0)
                ck_abort_msg("%s was not counted", name);
}

static void abort_and_wait(gcasync_client *client, uint64_t task) {
        bool changed = false;

        ck_assert_int_eq(gcasync_abort(client, task, false, NULL, client_deadline(), &changed), 0);
        ck_assert(changed);
        task_wait_state(client, task, GCASYNC_STATE_ABORTED);
}

START_TEST(tasks_past_the_limit_are_refused_until_one_has_finished) {
        cleanup_(gcasync_client_unrefp) gcasync_client *client = NULL;
        struct daemon daemon;
        const char *message;
        uint64_t task = 0;

        START_WITH(&daemon, "--limit", "tasks=4");
        client = client_connect(&daemon);
        for (int i = 0; i < 4; i++)
                task = work_detach(client, &WORK_SLEEP(3600000));
        ck_assert_int_eq(expect_error(client, &WORK_SLEEP(1), &message), GCASYNC_E_LIMIT);
        ck_assert_ptr_nonnull(strstr(message, "tasks"));
        abort_and_wait(client, task);
        work_expect_state(client, &WORK_SLEEP(1), GCASYNC_STATE_SUCCEEDED);
        expect_reached(client, "tasks");
        daemon_stop(&daemon);
}
END_TEST

START_TEST(arguments_that_wait_are_bounded_in_bytes) {
        cleanup_(gcasync_client_unrefp) gcasync_client *client = NULL;
        cleanup_(freep) char *text = calloc(1, 100001);
        struct work echo = { .kind = "core.echo", .key = "value", .text = text };
        struct daemon daemon;
        const char *message;

        START_WITH(&daemon, "--limit", "queued-bytes=80K");
        client = client_connect(&daemon);
        /* Too large to run inline, so it has to wait for a worker. */
        memset(text, 'x', 100000);
        ck_assert_int_eq(expect_error(client, &echo, &message), GCASYNC_E_LIMIT);
        ck_assert_ptr_nonnull(strstr(message, "queued-bytes"));
        text[70000] = '\0';
        work_expect_state(client, &echo, GCASYNC_STATE_SUCCEEDED);
        expect_reached(client, "queued-bytes");
        daemon_stop(&daemon);
}
END_TEST

START_TEST(values_of_too_many_nodes_fail_their_task) {
        cleanup_(gcasync_client_unrefp) gcasync_client *client = NULL;
        cleanup_(gcasync_result_unrefp) gcasync_result *result = NULL;
        const char *const list[] = { "1", "2", "3", "4", "5", "6", "7", "8", NULL };
        struct daemon daemon;

        START_WITH(&daemon, "--limit", "value-nodes=8");
        client = client_connect(&daemon);
        result = work_run(client,
                          &(struct work){ .kind = "core.echo", .key = "value", .list = list });
        ck_assert_int_eq(gcasync_result_get_state(result), GCASYNC_STATE_FAILED);
        work_expect_state(client, &WORK_ECHO(1), GCASYNC_STATE_SUCCEEDED);
        expect_reached(client, "value-nodes");
        daemon_stop(&daemon);
}
END_TEST

START_TEST(a_task_past_its_memory_fails_with_memory_limit) {
        cleanup_(gcasync_client_unrefp) gcasync_client *client = NULL;
        cleanup_(gcasync_result_unrefp) gcasync_result *result = NULL;
        struct daemon daemon;

        START_WITH(&daemon, "--limit", "task-memory-bytes=256K");
        client = client_connect(&daemon);
        result = work_run(client, &(struct work){ .kind = "unruly.hungry" });
        ck_assert_int_eq(gcasync_result_get_state(result), GCASYNC_STATE_FAILED);
        ck_assert_str_eq(gcasync_result_get_failure_code(result), "memory-limit");
        work_expect_state(client, &WORK_ECHO(1), GCASYNC_STATE_SUCCEEDED);
        expect_reached(client, "task-memory-bytes");
        daemon_stop(&daemon);
}
END_TEST

START_TEST(a_task_that_fills_the_heap_fails_and_its_bytes_come_back) {
        cleanup_(gcasync_client_unrefp) gcasync_client *client = NULL;
        struct daemon daemon;

        START_WITH(&daemon, "--limit", "heap-bytes=64M");
        client = client_connect(&daemon);
        for (int i = 0; i < 3; i++) {
                cleanup_(gcasync_result_unrefp) gcasync_result *result = NULL;

                result = work_run(client, &(struct work){ .kind = "unruly.hoard" });
                ck_assert_int_eq(gcasync_result_get_state(result), GCASYNC_STATE_FAILED);
                ck_assert_str_eq(gcasync_result_get_failure_code(result), "heap-limit");
        }
        work_expect_state(client, &WORK_ECHO(1), GCASYNC_STATE_SUCCEEDED);
        expect_reached(client, "heap-bytes");
        daemon_stop(&daemon);
}
END_TEST

START_TEST(a_full_session_can_still_ping_and_abort) {
        Gcasync__Request request = GCASYNC__REQUEST__INIT;
        Gcasync__Abort abort_body = GCASYNC__ABORT__INIT;
        cleanup_(gcasync_client_unrefp) gcasync_client *other = NULL;
        struct daemon daemon;
        struct peer peer;
        uint64_t id;

        START_WITH(&daemon, "--limit", "requests=4");
        other = client_connect(&daemon);
        abort_body.task = work_detach(other, &WORK_SLEEP(3600000));
        peer_connect_greeted(&peer, &daemon);
        for (int i = 0; i < 4; i++) {
                Gcasync__Request wait = GCASYNC__REQUEST__INIT;
                Gcasync__Await await = GCASYNC__AWAIT__INIT;

                await.task = abort_body.task;
                wait.body_case = GCASYNC__REQUEST__BODY_AWAIT;
                wait.await = &await;
                id = peer_request(&peer, &wait);
        }
        peer_expect_pong(&peer);
        request.body_case = GCASYNC__REQUEST__BODY_ABORT;
        request.abort = &abort_body;
        (void)peer_request(&peer, &request);
        (void)peer_expect(&peer, id, GCASYNC__REPLY__BODY_RESULT);
        peer_close(&peer);
        daemon_stop(&daemon);
}
END_TEST

START_TEST(requests_past_the_limit_wait_and_are_all_answered) {
        cleanup_(gcasync_client_unrefp) gcasync_client *client = NULL;
        gcasync_call *calls[100];
        struct daemon daemon;

        START_WITH(&daemon, "--limit", "requests=4");
        client = client_connect(&daemon);
        for (size_t i = 0; i < SUITE_SIZE(calls); i++)
                calls[i] = work_queue(client, &WORK_SLEEP(1));
        for (size_t i = 0; i < SUITE_SIZE(calls); i++)
                call_expect_state(calls[i], GCASYNC_STATE_SUCCEEDED);
        expect_reached(client, "requests");
        daemon_stop(&daemon);
}
END_TEST

START_TEST(captured_output_keeps_head_and_tail_and_tells_the_cut) {
        cleanup_(gcasync_client_unrefp) gcasync_client *client = NULL;
        gcasync_log_options options = { .size = sizeof(options) };
        gcasync_log_end end = { 0 };
        struct daemon daemon;

        START_WITH(&daemon, "--limit", "capture-task-bytes=16K");
        client = client_connect(&daemon);
        options.task = work_detach(client, &WORK_EXEC("seq", "100000"));
        task_wait_state(client, options.task, GCASYNC_STATE_SUCCEEDED);
        ck_assert_int_eq(gcasync_log(client, &options, NULL, client_deadline(), &end), 0);
        ck_assert_uint_eq(end.stdout_bytes, 588895);
        ck_assert_uint_ge(end.cut_bytes, 588895 - (16 << 10));
        expect_reached(client, "capture-task-bytes");
        daemon_stop(&daemon);
}
END_TEST

START_TEST(output_of_all_tasks_together_is_bounded) {
        cleanup_(gcasync_client_unrefp) gcasync_client *client = NULL;
        gcasync_log_options options = { .size = sizeof(options) };
        struct daemon daemon;
        uint64_t n_kept = 0;

        START_WITH(&daemon, "--limit", "capture-bytes=64K");
        client = client_connect(&daemon);
        for (int i = 0; i < 8; i++) {
                gcasync_log_end end = { 0 };

                options.task = work_detach(client, &WORK_EXEC("head", "-c", "40000", "/dev/zero"));
                task_wait_state(client, options.task, GCASYNC_STATE_SUCCEEDED);
                ck_assert_int_eq(gcasync_log(client, &options, NULL, client_deadline(), &end), 0);
                ck_assert_uint_eq(end.stdout_bytes, 40000);
                n_kept += end.stdout_bytes - end.cut_bytes;
        }
        ck_assert_uint_le(n_kept, 64 << 10);
        expect_reached(client, "capture-bytes");
        daemon_stop(&daemon);
}
END_TEST

/* ---- replies that nobody reads ---- */

/* One more request of a kind that takes a number. */
static void
add_request(struct peer *peer, struct buffer *frames, const char *kind, int64_t number) {
        cleanup_(gcasync_builder_freep) gcasync_builder *builder = gcasync_builder_new();
        Gcasync__Request request = GCASYNC__REQUEST__INIT;
        Gcasync__Submit submit = GCASYNC__SUBMIT__INIT;
        const void *arguments;
        size_t size;

        gcasync_builder_open_map(builder);
        gcasync_builder_key(builder, "n");
        gcasync_builder_int(builder, number);
        gcasync_builder_close_map(builder);
        ck_assert_int_eq(gcasync_builder_finish(builder, &arguments, &size), 0);
        submit.kind = message_text(kind);
        submit.arguments = message_bytes(arguments, size);
        request.body_case = GCASYNC__REQUEST__BODY_SUBMIT;
        request.submit = &submit;
        (void)peer_encode(peer, frames, &request);
}

static uint64_t get_counter(gcasync_client *client, const char *wanted) {
        cleanup_(gcasync_result_unrefp) gcasync_result *result = NULL;
        const char *name;
        uint64_t value;

        ck_assert_int_eq(gcasync_status(client, client_deadline(), &result), 0);
        for (size_t i = 0; gcasync_result_get_counter(result, i, &name, &value) == 0; i++)
                if (strcmp(name, wanted) == 0)
                        return value;
        ck_abort_msg("there is no counter %s", wanted);
}

START_TEST(results_that_pile_up_unread_end_the_session) {
        cleanup_(gcasync_client_unrefp) gcasync_client *client = NULL;
        cleanup_(buffer_deinit) struct buffer frames = { 0 };
        struct daemon daemon;
        struct peer peer;

        START_WITH(&daemon,
                   "--workers",
                   "1",
                   "--limit",
                   "frame-bytes=64K",
                   "--limit",
                   "output-bytes=64K");
        client = client_connect(&daemon);
        peer_connect_greeted(&peer, &daemon);
        /* More than any socket holds; then, while that is stuck, another one now and again. */
        for (int i = 0; i < 100; i++)
                add_request(&peer, &frames, "unruly.large", 40000);
        for (int i = 0; i < 100; i++) {
                add_request(&peer, &frames, "unruly.hog", 200);
                add_request(&peer, &frames, "unruly.large", 40000);
        }
        peer_send(&peer, buffer_get_data(&frames), buffer_get_length(&frames));
        /* Long before the time for slow readers is over. */
        while (poll(&(struct pollfd){ .fd = peer.fd, .events = POLLRDHUP }, 1, 50) != 1)
                ck_assert_int_eq(gcasync_ping(client, client_deadline()), 0);
        ck_assert_uint_eq(get_counter(client, "output-bytes-reached"), 1);
        ck_assert_uint_eq(get_counter(client, "slow-reader-ms-reached"), 0);
        peer_close(&peer);
        work_expect_state(client, &WORK_SLEEP(1), GCASYNC_STATE_SUCCEEDED);
        daemon_stop(&daemon);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                tasks_past_the_limit_are_refused_until_one_has_finished,
                arguments_that_wait_are_bounded_in_bytes,
                values_of_too_many_nodes_fail_their_task,
                a_task_past_its_memory_fails_with_memory_limit,
                a_task_that_fills_the_heap_fails_and_its_bytes_come_back,
                a_full_session_can_still_ping_and_abort,
                requests_past_the_limit_wait_and_are_all_answered,
                captured_output_keeps_head_and_tail_and_tells_the_cut,
                output_of_all_tasks_together_is_bounded,
                results_that_pile_up_unread_end_the_session,
        };

        return scratch_run("limits", tests, SUITE_SIZE(tests));
}
