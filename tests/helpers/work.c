/* SPDX-License-Identifier: MIT */

#include "helpers/work.h"

#include <check.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/clock.h"

enum {
        STATES_UNFINISHED = 1u << GCASYNC_STATE_WAITING_FOR_ARGUMENTS | 1u << GCASYNC_STATE_QUEUED |
                            1u << GCASYNC_STATE_RUNNING | 1u << GCASYNC_STATE_SUSPENDED,
};

/* A code as its name, so that a failing test says which. */
#define expect_ok(r) ck_assert_str_eq(gcasync_error_name(r), "ok")

uint64_t client_deadline(void) {
        return clock_monotonic_ns() + DAEMON_PATIENCE_NS;
}

gcasync_client *client_connect(const struct daemon *daemon) {
        gcasync_client_options options = { .size = sizeof(options),
                                           .socket_path = daemon->socket,
                                           .client_name = "test",
                                           .connect_deadline_ns = client_deadline() };
        gcasync_client *client = NULL;

        expect_ok(gcasync_client_open(&options, &client));
        return client;
}

/* ---- work ---- */

static void add_argument(gcasync_builder *builder, const struct work *work) {
        gcasync_builder_key(builder, work->key);
        if (work->list) {
                gcasync_builder_open_list(builder);
                for (size_t i = 0; work->list[i]; i++)
                        gcasync_builder_string(builder, work->list[i]);
                gcasync_builder_close_list(builder);
        } else if (work->text) {
                gcasync_builder_string(builder, work->text);
        } else {
                gcasync_builder_int(builder, work->number);
        }
}

static void note_task(gcasync_call *call, const gcasync_event *event, void *data) {
        (void)call;
        if (event->type == GCASYNC_EVENT_ACCEPTED)
                *(uint64_t *)data = event->task;
}

static gcasync_call *
work_submit(gcasync_client *client, const struct work *work, uint64_t *task_to_note) {
        cleanup_(gcasync_builder_freep) gcasync_builder *builder = gcasync_builder_new();
        gcasync_submit_options options = { .size = sizeof(options),
                                           .kind = work->kind,
                                           .arguments = builder,
                                           .timeout_ns = work->timeout_ns,
                                           .label = work->label,
                                           .detached = work->detached,
                                           .want_output = work->want_output };
        gcasync_call *call = NULL;

        gcasync_builder_open_map(builder);
        if (work->key)
                add_argument(builder, work);
        gcasync_builder_close_map(builder);
        if (task_to_note) {
                options.want_accepted = true;
                options.on_event = note_task;
        }
        expect_ok(gcasync_submit_async(client, &options, NULL, task_to_note, &call));
        return call;
}

gcasync_call *work_queue(gcasync_client *client, const struct work *work) {
        return work_submit(client, work, NULL);
}

gcasync_call *work_start(gcasync_client *client, const struct work *work, uint64_t *ret_task) {
        uint64_t deadline_ns = client_deadline();
        gcasync_call *call;

        *ret_task = 0;
        call = work_submit(client, work, ret_task);
        while (*ret_task == 0)
                expect_ok(gcasync_client_wait(client, deadline_ns));
        return call;
}

gcasync_result *call_take_result(gcasync_call *call) {
        gcasync_result *result = NULL;

        expect_ok(gcasync_call_wait(call, client_deadline()));
        expect_ok(gcasync_submit_finish(call, &result));
        gcasync_call_unref(call);
        return result;
}

void call_expect_state(gcasync_call *call, gcasync_state state) {
        cleanup_(gcasync_result_unrefp) gcasync_result *result = call_take_result(call);

        if (gcasync_result_get_state(result) != state)
                ck_abort_msg("task ended as %s (%s: %s), not %s",
                             gcasync_state_to_string(gcasync_result_get_state(result)),
                             gcasync_result_get_failure_code(result),
                             gcasync_result_get_failure_message(result),
                             gcasync_state_to_string(state));
}

gcasync_result *work_run(gcasync_client *client, const struct work *work) {
        return call_take_result(work_queue(client, work));
}

void work_expect_state(gcasync_client *client, const struct work *work, gcasync_state state) {
        call_expect_state(work_queue(client, work), state);
}

uint64_t work_detach(gcasync_client *client, const struct work *work) {
        cleanup_(gcasync_result_unrefp) gcasync_result *result = NULL;
        struct work detached = *work;

        detached.detached = true;
        result = call_take_result(work_queue(client, &detached));
        ck_assert_uint_ne(gcasync_result_get_task(result), 0);
        return gcasync_result_get_task(result);
}

/* ---- tasks ---- */

static gcasync_state task_get_state(gcasync_client *client, uint64_t task) {
        cleanup_(gcasync_result_unrefp) gcasync_result *result = NULL;
        gcasync_inspect_options options = { .size = sizeof(options), .task = task };
        gcasync_task_info info = { .size = sizeof(info) };

        expect_ok(gcasync_inspect(client, &options, client_deadline(), &result));
        expect_ok(gcasync_result_get_task_info(result, 0, &info));
        ck_assert_uint_eq(info.task, task);
        return info.state;
}

void task_expect_state(gcasync_client *client, uint64_t task, gcasync_state state) {
        ck_assert_str_eq(gcasync_state_to_string(task_get_state(client, task)),
                         gcasync_state_to_string(state));
}

void task_wait_state(gcasync_client *client, uint64_t task, gcasync_state state) {
        uint64_t deadline_ns = client_deadline();

        while (task_get_state(client, task) != state) {
                if (clock_monotonic_ns() > deadline_ns)
                        task_expect_state(client, task, state);
                (void)nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
        }
}

size_t tasks_count_unfinished(gcasync_client *client) {
        cleanup_(gcasync_result_unrefp) gcasync_result *result = NULL;
        gcasync_inspect_options options = { .size = sizeof(options), .states = STATES_UNFINISHED };

        expect_ok(gcasync_inspect(client, &options, client_deadline(), &result));
        ck_assert(!gcasync_result_has_more(result));
        return gcasync_result_get_n_tasks(result);
}

void daemon_expect_healthy(const struct daemon *daemon) {
        cleanup_(gcasync_client_unrefp) gcasync_client *client = client_connect(daemon);
        cleanup_(gcasync_result_unrefp) gcasync_result *echo = NULL;
        gcasync_view value;
        int64_t number = 0;

        echo = work_run(client, &WORK_ECHO(42));
        expect_ok(gcasync_result_get_value(echo, &value));
        expect_ok(gcasync_view_get_int(value, &number));
        ck_assert_int_eq(number, 42);
        work_expect_state(client, &WORK_SLEEP(1), GCASYNC_STATE_SUCCEEDED);
        work_expect_state(client, &WORK_EXEC("true"), GCASYNC_STATE_SUCCEEDED);
}

static bool is_at_rest(gcasync_client *client) {
        cleanup_(gcasync_result_unrefp) gcasync_result *result = NULL;
        gcasync_status_info info = { .size = sizeof(info) };

        expect_ok(gcasync_status(client, client_deadline(), &result));
        expect_ok(gcasync_result_get_status(result, &info));
        return info.n_sessions == 1 && tasks_count_unfinished(client) == 0;
}

/* A client that finds itself alone, with nothing running. */
static gcasync_client *connect_at_rest(const struct daemon *daemon) {
        cleanup_(gcasync_client_unrefp) gcasync_client *client = client_connect(daemon);
        uint64_t deadline_ns = clock_monotonic_ns() + DAEMON_PATIENCE_NS;

        while (!is_at_rest(client)) {
                if (clock_monotonic_ns() > deadline_ns)
                        ck_abort_msg("sessions or tasks are left over");
                (void)nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
        }
        return steal(&client);
}

void expect_harmless(const struct daemon_options *options,
                     void (*misbehave)(struct daemon *daemon)) {
        struct daemon_usage before;
        gcasync_client *client;
        struct daemon daemon;

        daemon_start(&daemon, options);
        daemon_expect_healthy(&daemon);
        client = connect_at_rest(&daemon);
        daemon_measure(&daemon, &before);
        gcasync_client_unref(client);

        misbehave(&daemon);

        daemon_expect_healthy(&daemon);
        client = connect_at_rest(&daemon);
        daemon_expect_back(&daemon, &before);
        gcasync_client_unref(client);
        daemon_stop(&daemon);
}
