/* SPDX-License-Identifier: MIT */

/*
 * Each constructor with its first, second, … allocation failing, until it succeeds. The
 * program is linked with --wrap for malloc, calloc and realloc; only the thread that arms
 * the fault is struck by it.
 */

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gcasync/client.h"
#include "helpers/client.h"
#include "helpers/fake-daemon.h"
#include "helpers/suite.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *memory, size_t size);

/* Allocations until one fails; 0: none does. */
static _Thread_local size_t n_until_fault;

static bool is_struck(void) {
        if (n_until_fault == 0 || --n_until_fault > 0)
                return false;
        errno = ENOMEM;
        return true;
}

void *__wrap_malloc(size_t size) {
        return is_struck() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size) {
        return is_struck() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *memory, size_t size) {
        return is_struck() ? NULL : __real_realloc(memory, size);
}

static struct fake_daemon *daemon_;
static gcasync_client *client;

/*
 * Whether the attempt, which was made with a fault armed, was not struck by it: the last
 * one then.
 */
static bool is_last_attempt(void) {
        bool was_struck = n_until_fault == 0;

        n_until_fault = 0;
        return !was_struck;
}

START_TEST(open_survives_each_failing_allocation) {
        gcasync_client_options options;
        size_t n_failures = 0;
        bool is_last = false;
        int r;

        daemon_ = fake_daemon_start(FAKE_MANNER_PLAIN);
        for (size_t n = 1; !is_last; n++) {
                options = options_for(daemon_);
                client = NULL;
                n_until_fault = n;
                r = gcasync_client_open(&options, &client);
                is_last = is_last_attempt();
                ck_assert_int_eq(r, is_last ? 0 : GCASYNC_E_NO_MEMORY);
                ck_assert(is_last == (client != NULL));
                n_failures += !is_last;
        }
        ck_assert_uint_ge(n_failures, 5);
        gcasync_client_unref(client);
        fake_daemon_stop(daemon_);
}
END_TEST

/* Submits and reads the result. 0 or an error. */
static int submit_and_read(const gcasync_submit_options *options) {
        gcasync_result *result = NULL;
        gcasync_view value;
        int r;

        r = gcasync_submit(client, options, soon(), &result);
        if (r == 0 && gcasync_result_get_state(result) == GCASYNC_STATE_SUCCEEDED)
                r = gcasync_result_get_value(result, &value);
        gcasync_result_unref(result);
        return r;
}

static void ignore_event(gcasync_call *call, const gcasync_event *event, void *data) {
        (void)call;
        (void)event;
        (void)data;
}

/* Each failure is told as such, and at most costs the session, never more. */
static void strike_submit(const gcasync_submit_options *options) {
        bool is_last = false;

        for (size_t n = 1; !is_last; n++) {
                int r;

                client = open_client(daemon_);
                n_until_fault = n;
                r = submit_and_read(options);
                is_last = is_last_attempt();
                ck_assert_int_eq(r, is_last ? 0 : GCASYNC_E_NO_MEMORY);
                if (gcasync_client_is_connected(client))
                        ck_assert_int_eq(gcasync_ping(client, soon()), 0);
                else
                        ck_assert_int_eq(gcasync_client_get_error(client, NULL),
                                         GCASYNC_E_NO_MEMORY);
                client = gcasync_client_unref(client);
        }
}

START_TEST(submit_survives_each_failing_allocation) {
        gcasync_builder *builder = gcasync_builder_new();
        gcasync_submit_options options = kind("echo");

        daemon_ = fake_daemon_start(FAKE_MANNER_PLAIN);
        gcasync_builder_open_map(builder);
        for (int i = 0; i < 100; i++) {
                char key[2] = { (char)(' ' + i % 90), (char)('0' + i / 90) };

                gcasync_builder_key_n(builder, key, 2);
                gcasync_builder_string(builder, "some text");
        }
        gcasync_builder_close_map(builder);
        options.arguments = builder;
        strike_submit(&options);
        options = kind("fail");
        strike_submit(&options);
        gcasync_builder_free(builder);
        fake_daemon_stop(daemon_);
}
END_TEST

START_TEST(event_that_finds_no_memory_resolves_its_call) {
        gcasync_submit_options options = kind("events");

        daemon_ = fake_daemon_start(FAKE_MANNER_PLAIN);
        options.want_accepted = options.want_progress = options.want_output = true;
        options.on_event = ignore_event;
        options.detached = true;
        strike_submit(&options);
        fake_daemon_stop(daemon_);
}
END_TEST

static int ask_for_lists(void) {
        gcasync_inspect_options options = { .size = sizeof(options) };
        gcasync_result *results[3] = { NULL };
        int r;

        r = gcasync_inspect(client, &options, soon(), &results[0]);
        if (r == 0)
                r = gcasync_kinds(client, NULL, soon(), &results[1]);
        if (r == 0)
                r = gcasync_status(client, soon(), &results[2]);
        for (size_t i = 0; i < 3; i++)
                gcasync_result_unref(results[i]);
        return r;
}

START_TEST(lists_survive_each_failing_allocation) {
        bool is_last = false;

        daemon_ = fake_daemon_start(FAKE_MANNER_PLAIN);
        for (size_t n = 1; !is_last; n++) {
                int r;

                client = open_client(daemon_);
                n_until_fault = n;
                r = ask_for_lists();
                is_last = is_last_attempt();
                ck_assert_int_eq(r, is_last ? 0 : GCASYNC_E_NO_MEMORY);
                client = gcasync_client_unref(client);
        }
        fake_daemon_stop(daemon_);
}
END_TEST

static int build(void) {
        gcasync_builder *builder = gcasync_builder_new();
        const void *data;
        size_t size;
        int r;

        if (!builder)
                return GCASYNC_E_NO_MEMORY;
        gcasync_builder_open_map(builder);
        for (char c = 'a'; c < 'z'; c++) {
                gcasync_builder_key_n(builder, &c, 1);
                gcasync_builder_open_list(builder);
                gcasync_builder_int(builder, c);
                gcasync_builder_float(builder, c);
                gcasync_builder_string(builder, "x");
                gcasync_builder_close_list(builder);
        }
        gcasync_builder_close_map(builder);
        r = gcasync_builder_finish(builder, &data, &size);
        gcasync_builder_free(builder);
        return r;
}

START_TEST(builder_survives_each_failing_allocation) {
        bool is_last = false;

        for (size_t n = 1; !is_last; n++) {
                int r;

                n_until_fault = n;
                r = build();
                is_last = is_last_attempt();
                ck_assert_int_eq(r, is_last ? 0 : GCASYNC_E_NO_MEMORY);
        }
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                open_survives_each_failing_allocation,
                submit_survives_each_failing_allocation,
                event_that_finds_no_memory_resolves_its_call,
                lists_survive_each_failing_allocation,
                builder_survives_each_failing_allocation,
        };

        return suite_run("client-memory", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
