/* SPDX-License-Identifier: MIT */

/* Each request, asked for and answered, and what can be read from the answer. */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "gcasync/client.h"
#include "helpers/client.h"
#include "helpers/fake-daemon.h"
#include "helpers/suite.h"

static struct fake_daemon *daemon_;
static gcasync_client *client;

static void begin(void) {
        daemon_ = fake_daemon_start(FAKE_MANNER_PLAIN);
        client = open_client(daemon_);
}

static void end(void) {
        client = gcasync_client_unref(client);
        fake_daemon_stop(daemon_);
}

static void expect_text(gcasync_view map, const char *key, const char *text) {
        gcasync_view value;
        const char *found;
        size_t size;

        ck_assert_int_eq(gcasync_view_find(map, key, &value), 0);
        ck_assert_int_eq(gcasync_view_get_string(value, &found, &size), 0);
        ck_assert_uint_eq(size, strlen(text));
        ck_assert_int_eq(memcmp(found, text, size), 0);
}

START_TEST(submit_returns_the_value_of_the_task) {
        gcasync_builder *builder = gcasync_builder_new();
        gcasync_submit_options options = kind("echo");
        gcasync_result *result = NULL;
        gcasync_view value;

        begin();
        gcasync_builder_open_map(builder);
        gcasync_builder_key(builder, "word");
        gcasync_builder_string(builder, "hello");
        gcasync_builder_close_map(builder);
        options.arguments = builder;
        ck_assert_int_eq(gcasync_submit(client, &options, soon(), &result), 0);
        ck_assert_int_eq(gcasync_result_get_state(result), GCASYNC_STATE_SUCCEEDED);
        ck_assert_uint_eq(gcasync_result_get_task(result), 101);
        ck_assert_int_eq(gcasync_result_get_value(result, &value), 0);
        expect_text(value, "word", "hello");
        gcasync_builder_free(builder);
        end();
        /* A result outlives its client. */
        expect_text(value, "word", "hello");
        gcasync_result_unref(result);
}
END_TEST

START_TEST(failed_task_is_a_result_with_its_failure_and_causes) {
        gcasync_submit_options options = kind("fail");
        const char *code, *message;
        gcasync_result *result = NULL;
        gcasync_view value;
        uint64_t task;

        begin();
        ck_assert_int_eq(gcasync_submit(client, &options, soon(), &result), 0);
        ck_assert_int_eq(gcasync_result_get_state(result), GCASYNC_STATE_FAILED);
        ck_assert_str_eq(gcasync_result_get_failure_code(result), "no-luck");
        ck_assert_str_eq(gcasync_result_get_failure_message(result), "it was not to be");
        ck_assert_int_eq(gcasync_result_get_value(result, &value), GCASYNC_E_ABSENT);
        ck_assert_uint_eq(gcasync_result_get_n_causes(result), 2);
        ck_assert_int_eq(gcasync_result_get_cause(result, 1, &task, &code, &message), 0);
        ck_assert_uint_eq(task, 2);
        ck_assert_str_eq(code, "");
        ck_assert_str_eq(message, "the second");
        ck_assert_int_eq(gcasync_result_get_cause(result, 2, NULL, NULL, NULL), GCASYNC_E_ABSENT);
        gcasync_result_unref(result);
        end();
}
END_TEST

START_TEST(detached_submission_returns_the_id_of_the_task) {
        gcasync_submit_options options = kind("echo");
        gcasync_result *result = NULL;
        gcasync_view value;

        begin();
        options.detached = true;
        ck_assert_int_eq(gcasync_submit(client, &options, soon(), &result), 0);
        ck_assert_uint_eq(gcasync_result_get_task(result), 101);
        ck_assert_int_eq(gcasync_result_get_value(result, &value), GCASYNC_E_ABSENT);
        ck_assert_str_eq(gcasync_result_get_failure_code(result), "");
        ck_assert_uint_eq(gcasync_result_get_n_tasks(result), 0);
        gcasync_result_unref(result);
        end();
}
END_TEST

START_TEST(refused_request_is_an_error_with_the_words_of_the_daemon) {
        const char *message = NULL;
        gcasync_result *result = NULL;
        gcasync_call *call;

        begin();
        call = submit(client, "refuse");
        ck_assert_int_eq(gcasync_call_get_error(call, NULL), GCASYNC_E_PENDING);
        ck_assert_int_eq(gcasync_submit_finish(call, &result), GCASYNC_E_PENDING);
        ck_assert_int_eq(gcasync_call_wait(call, soon()), 0);
        ck_assert_int_eq(gcasync_submit_finish(call, &result), GCASYNC_E_LIMIT);
        ck_assert_int_eq(gcasync_call_get_error(call, &message), GCASYNC_E_LIMIT);
        ck_assert_str_eq(message, "tasks: 5 of 5 are in use");
        ck_assert_ptr_null(result);
        ck_assert(gcasync_client_is_connected(client));
        gcasync_call_unref(call);
        end();
}
END_TEST

START_TEST(unknown_kind_is_its_own_error) {
        gcasync_submit_options options = kind("no.such.kind");
        gcasync_result *result = NULL;

        begin();
        ck_assert_int_eq(gcasync_submit(client, &options, soon(), &result), GCASYNC_E_UNKNOWN_KIND);
        end();
}
END_TEST

struct seen {
        size_t n_accepted, n_progress, n_output;
        uint64_t done;
        char output[64];
        uint64_t cut_bytes;
};

static void see_event(gcasync_call *call, const gcasync_event *event, void *data) {
        struct seen *seen = data;

        ck_assert(!gcasync_call_is_done(call));
        ck_assert_uint_eq(event->size, sizeof(*event));
        switch (event->type) {
        case GCASYNC_EVENT_ACCEPTED:
                seen->n_accepted++;
                ck_assert_uint_eq(event->task, 101);
                break;
        case GCASYNC_EVENT_PROGRESS:
                ck_assert_uint_gt(event->done, seen->done);
                ck_assert_uint_eq(event->text_size, 4);
                ck_assert_int_eq(memcmp(event->text, "step", 4), 0);
                seen->done = event->done;
                seen->n_progress++;
                break;
        case GCASYNC_EVENT_OUTPUT:
                ck_assert_int_eq(event->stream, 1);
                strncat(seen->output, event->data, event->data_size);
                seen->cut_bytes += event->cut_bytes;
                seen->n_output++;
                break;
        }
}

START_TEST(events_come_before_the_result_if_asked_for) {
        gcasync_submit_options options = kind("events");
        gcasync_result *result = NULL;
        gcasync_call *call = NULL;
        struct seen seen = { 0 };

        begin();
        options.want_accepted = options.want_progress = options.want_output = true;
        options.on_event = see_event;
        ck_assert_int_eq(gcasync_submit_async(client, &options, NULL, &seen, &call), 0);
        ck_assert_int_eq(gcasync_call_wait(call, soon()), 0);
        ck_assert_uint_eq(seen.n_accepted, 1);
        ck_assert_uint_eq(seen.n_progress, 2);
        ck_assert_str_eq(seen.output, "hello");
        ck_assert_int_eq(gcasync_submit_finish(call, &result), 0);
        gcasync_result_unref(result);
        gcasync_call_unref(call);
        end();
}
END_TEST

START_TEST(log_hands_out_the_output_and_ends_with_the_sums) {
        gcasync_log_options options = { .size = sizeof(options), .task = 5, .on_event = see_event };
        gcasync_log_end log_end = { 0 };
        struct seen seen = { 0 };

        begin();
        ck_assert_int_eq(gcasync_log(client, &options, &seen, soon(), &log_end), 0);
        ck_assert_str_eq(seen.output, "one two three");
        ck_assert_uint_eq(seen.cut_bytes, 9);
        ck_assert_uint_eq(log_end.stdout_bytes, 13);
        ck_assert_uint_eq(log_end.cut_bytes, 9);
        options.stream = 3;
        ck_assert_int_eq(gcasync_log(client, &options, &seen, soon(), &log_end), GCASYNC_E_INVALID);
        end();
}
END_TEST

START_TEST(await_fetches_a_result_by_id) {
        gcasync_result *result = NULL;

        begin();
        ck_assert_int_eq(gcasync_await(client, 7, 0, soon(), &result), 0);
        ck_assert_uint_eq(gcasync_result_get_task(result), 7);
        gcasync_result_unref(result);
        ck_assert_int_eq(gcasync_await(client, 8, 0, soon(), &result), GCASYNC_E_NOT_FOUND);
        ck_assert_int_eq(gcasync_await(client, 7, GCASYNC_AWAIT_NO_WAIT, soon(), &result),
                         GCASYNC_E_CONFLICT);
        ck_assert_int_eq(gcasync_await(client, 7, 1u << 9, soon(), &result), GCASYNC_E_INVALID);
        end();
}
END_TEST

START_TEST(abort_tells_whether_it_changed_anything) {
        bool changed = false;

        begin();
        ck_assert_int_eq(gcasync_abort(client, 5, true, "enough", soon(), &changed), 0);
        ck_assert(changed);
        ck_assert_int_eq(gcasync_abort(client, 5, false, NULL, soon(), &changed), 0);
        ck_assert(!changed);
        ck_assert_int_eq(gcasync_abort(client, 5, false, "\xff", soon(), NULL), GCASYNC_E_INVALID);
        ck_assert_int_eq(gcasync_remove(client, 5, soon()), 0);
        end();
}
END_TEST

START_TEST(inspect_lists_tasks) {
        gcasync_inspect_options options = { .size = sizeof(options), .states = 1u << 7 };
        gcasync_task_info info = { .size = sizeof(info) };
        gcasync_result *result = NULL;

        begin();
        ck_assert_int_eq(gcasync_inspect(client, &options, soon(), &result), 0);
        ck_assert_uint_eq(gcasync_result_get_n_tasks(result), 2);
        ck_assert(gcasync_result_has_more(result));
        ck_assert_int_eq(gcasync_result_get_task_info(result, 0, &info), 0);
        ck_assert_uint_eq(info.task, 5);
        ck_assert_str_eq(info.kind, "core.sleep");
        ck_assert_int_eq(info.state, GCASYNC_STATE_RUNNING);
        ck_assert_uint_eq(info.uid, 1000);
        ck_assert_str_eq(info.waiting_for, "timer");
        ck_assert_str_eq(info.failure_code, "");
        ck_assert_uint_eq(info.n_waiters, 3);
        ck_assert_uint_eq(info.stack_bytes, 700);
        ck_assert_uint_eq(info.stack_size, 65536);
        ck_assert_int_eq(gcasync_result_get_task_info(result, 1, &info), 0);
        ck_assert_str_eq(info.failure_code, "no-luck");
        ck_assert_str_eq(info.label, "second");
        ck_assert_int_eq(gcasync_result_get_task_info(result, 2, &info), GCASYNC_E_ABSENT);
        gcasync_result_unref(result);
        options.states = 1;
        ck_assert_int_eq(gcasync_inspect(client, &options, soon(), &result), GCASYNC_E_INVALID);
        end();
}
END_TEST

START_TEST(info_structs_of_other_sizes_are_served_or_refused) {
        struct {
                gcasync_task_info info;
                uint64_t later;
        } longer = { .info.size = sizeof(longer), .later = 9 };
        gcasync_inspect_options options = { .size = sizeof(options) };
        gcasync_result *result = NULL;

        begin();
        ck_assert_int_eq(gcasync_inspect(client, &options, soon(), &result), 0);
        ck_assert_int_eq(gcasync_result_get_task_info(result, 0, &longer.info), 0);
        ck_assert_uint_eq(longer.info.size, sizeof(longer));
        ck_assert_uint_eq(longer.info.task, 5);
        ck_assert_uint_eq(longer.later, 0);
        longer.info.size = 8;
        ck_assert_int_eq(gcasync_result_get_task_info(result, 0, &longer.info), GCASYNC_E_INVALID);
        gcasync_result_unref(result);
        end();
}
END_TEST

START_TEST(kinds_tell_their_arguments) {
        gcasync_argument_info argument = { .size = sizeof(argument) };
        gcasync_kind_info info = { .size = sizeof(info) };
        gcasync_result *result = NULL;

        begin();
        ck_assert_int_eq(gcasync_kinds(client, NULL, soon(), &result), 0);
        ck_assert_uint_eq(gcasync_result_get_n_kinds(result), 1);
        ck_assert_int_eq(gcasync_result_get_kind_info(result, 0, &info), 0);
        ck_assert_str_eq(info.name, "core.echo");
        ck_assert_str_eq(info.module, "");
        ck_assert_uint_eq(info.inline_limit_bytes, 65536);
        ck_assert_uint_eq(info.n_arguments, 2);
        ck_assert_int_eq(gcasync_result_get_argument_info(result, 0, 0, &argument), 0);
        ck_assert(argument.is_required && !argument.is_sensitive);
        ck_assert_int_eq(gcasync_result_get_argument_info(result, 0, 1, &argument), 0);
        ck_assert_str_eq(argument.name, "secret");
        ck_assert_str_eq(argument.default_text, "\"\"");
        ck_assert(argument.is_sensitive);
        ck_assert_int_eq(gcasync_result_get_argument_info(result, 0, 2, &argument),
                         GCASYNC_E_ABSENT);
        ck_assert_int_eq(gcasync_result_get_argument_info(result, 1, 0, &argument),
                         GCASYNC_E_ABSENT);
        ck_assert_int_eq(gcasync_result_get_kind_info(result, 1, &info), GCASYNC_E_ABSENT);
        gcasync_result_unref(result);
        end();
}
END_TEST

START_TEST(status_tells_limits_and_counters) {
        gcasync_status_info info = { .size = sizeof(info) };
        gcasync_result *result = NULL;
        const char *name;
        uint64_t value;

        begin();
        ck_assert_int_eq(gcasync_status(client, soon(), &result), 0);
        ck_assert_int_eq(gcasync_result_get_status(result, &info), 0);
        ck_assert_str_eq(info.state, "running");
        ck_assert_uint_eq(info.pid, 99);
        ck_assert_uint_eq(info.n_limits, 1);
        ck_assert_uint_eq(info.n_counters, 2);
        ck_assert_int_eq(gcasync_result_get_limit(result, 0, &name, &value), 0);
        ck_assert_uint_eq(value, 100000);
        ck_assert_int_eq(gcasync_result_get_counter(result, 1, &name, &value), 0);
        ck_assert_str_eq(name, "tasks-submitted");
        ck_assert_uint_eq(value, 17);
        ck_assert_int_eq(gcasync_result_get_limit(result, 1, &name, &value), GCASYNC_E_ABSENT);
        gcasync_result_unref(result);
        end();
}
END_TEST

START_TEST(results_of_other_requests_have_nothing_to_read) {
        gcasync_status_info info = { .size = sizeof(info) };
        gcasync_result *result = NULL;
        gcasync_view value;

        begin();
        ck_assert_int_eq(gcasync_kinds(client, "core.echo", soon(), &result), 0);
        ck_assert_int_eq(gcasync_result_get_status(result, &info), GCASYNC_E_ABSENT);
        ck_assert_int_eq(gcasync_result_get_limit(result, 0, NULL, NULL), GCASYNC_E_ABSENT);
        ck_assert_int_eq(gcasync_result_get_counter(result, 0, NULL, NULL), GCASYNC_E_ABSENT);
        ck_assert_int_eq(gcasync_result_get_value(result, &value), GCASYNC_E_ABSENT);
        ck_assert_uint_eq(gcasync_result_get_n_tasks(result), 0);
        gcasync_result_unref(result);
        end();
}
END_TEST

START_TEST(ping_is_answered) {
        begin();
        ck_assert_int_eq(gcasync_ping(client, soon()), 0);
        end();
}
END_TEST

START_TEST(bye_ends_the_session_after_what_was_queued_before) {
        const char *message = NULL;
        gcasync_result *result = NULL;
        gcasync_call *before, *after;

        begin();
        before = submit(client, "echo");
        ck_assert_int_eq(gcasync_bye_async(client, NULL, NULL, NULL), 0);
        after = submit(client, "echo");
        ck_assert_int_eq(gcasync_call_wait(after, soon()), GCASYNC_E_DISCONNECTED);
        ck_assert_int_eq(gcasync_submit_finish(before, &result), 0);
        ck_assert_int_eq(gcasync_submit_finish(after, NULL), GCASYNC_E_DISCONNECTED);
        ck_assert(!gcasync_client_is_connected(client));
        ck_assert_int_eq(gcasync_client_get_error(client, &message), GCASYNC_E_DISCONNECTED);
        ck_assert_str_eq(message, "the session was ended by bye");
        gcasync_result_unref(result);
        gcasync_call_unref(before);
        gcasync_call_unref(after);
        end();
}
END_TEST

START_TEST(bye_alone_ends_the_session) {
        begin();
        ck_assert_int_eq(gcasync_bye(client, soon()), 0);
        ck_assert(!gcasync_client_is_connected(client));
        ck_assert_int_eq(gcasync_bye(client, soon()), GCASYNC_E_DISCONNECTED);
        end();
}
END_TEST

START_TEST(finish_of_another_request_is_invalid) {
        gcasync_result *result = NULL;
        gcasync_call *call;

        begin();
        call = submit(client, "echo");
        ck_assert_int_eq(gcasync_call_wait(call, soon()), 0);
        ck_assert_int_eq(gcasync_await_finish(call, &result), GCASYNC_E_INVALID);
        ck_assert_int_eq(gcasync_ping_finish(call), GCASYNC_E_INVALID);
        gcasync_call_unref(call);
        end();
}
END_TEST

START_TEST(bad_parameters_are_refused_before_they_are_sent) {
        gcasync_submit_options options = kind("echo"), bad;
        gcasync_builder *builder = gcasync_builder_new();
        char label[200];

        begin();
        memset(label, 'x', sizeof(label));
        label[199] = '\0';
        gcasync_builder_int(builder, 5);
        bad = kind(NULL);
        ck_assert_int_eq(gcasync_submit_async(client, &bad, NULL, NULL, NULL), GCASYNC_E_INVALID);
        bad = kind("\xc3\x28");
        ck_assert_int_eq(gcasync_submit_async(client, &bad, NULL, NULL, NULL), GCASYNC_E_INVALID);
        bad = options;
        bad.size = 8;
        ck_assert_int_eq(gcasync_submit_async(client, &bad, NULL, NULL, NULL), GCASYNC_E_INVALID);
        bad = options;
        bad.label = label;
        ck_assert_int_eq(gcasync_submit_async(client, &bad, NULL, NULL, NULL), GCASYNC_E_INVALID);
        bad = options;
        bad.arguments = builder;
        ck_assert_int_eq(gcasync_submit_async(client, &bad, NULL, NULL, NULL), GCASYNC_E_INVALID);
        ck_assert_uint_eq(gcasync_client_get_pending(client), 0);
        gcasync_builder_free(builder);
        end();
}
END_TEST

START_TEST(longer_option_structs_are_taken_if_the_surplus_is_zero) {
        struct {
                gcasync_submit_options options;
                uint64_t later;
        } longer = { .options = kind("echo") };
        gcasync_result *result = NULL;

        begin();
        longer.options.size = sizeof(longer);
        ck_assert_int_eq(gcasync_submit(client, &longer.options, soon(), &result), 0);
        gcasync_result_unref(result);
        longer.later = 1;
        ck_assert_int_eq(gcasync_submit(client, &longer.options, soon(), &result),
                         GCASYNC_E_INVALID);
        end();
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                submit_returns_the_value_of_the_task,
                failed_task_is_a_result_with_its_failure_and_causes,
                detached_submission_returns_the_id_of_the_task,
                refused_request_is_an_error_with_the_words_of_the_daemon,
                unknown_kind_is_its_own_error,
                events_come_before_the_result_if_asked_for,
                log_hands_out_the_output_and_ends_with_the_sums,
                await_fetches_a_result_by_id,
                abort_tells_whether_it_changed_anything,
                inspect_lists_tasks,
                info_structs_of_other_sizes_are_served_or_refused,
                kinds_tell_their_arguments,
                status_tells_limits_and_counters,
                results_of_other_requests_have_nothing_to_read,
                ping_is_answered,
                bye_ends_the_session_after_what_was_queued_before,
                bye_alone_ends_the_session,
                finish_of_another_request_is_invalid,
                bad_parameters_are_refused_before_they_are_sent,
                longer_option_structs_are_taken_if_the_surplus_is_zero,
        };

        return suite_run("client-requests", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
