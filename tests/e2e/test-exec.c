/* SPDX-License-Identifier: MIT */

/* Programs run by the daemon: what is in force before their first instruction, what comes back, how they end. */

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "helpers/work.h"

static struct daemon daemon_;
static gcasync_client *client;
static gcasync_builder *arguments;

/* What came back on one stream. */
static struct output {
        char text[4096];
        size_t size;
} outputs[3];

static void start(void) {
        daemon_start(&daemon_, NULL);
        client = client_connect(&daemon_);
        arguments = gcasync_builder_new();
        gcasync_builder_open_map(arguments);
}

static void stop(void) {
        arguments = gcasync_builder_free(arguments);
        client = gcasync_client_unref(client);
        daemon_stop(&daemon_);
}

static void add_argv(const char *const *argv) {
        gcasync_builder_key(arguments, "argv");
        gcasync_builder_open_list(arguments);
        for (size_t i = 0; argv[i]; i++)
                gcasync_builder_string(arguments, argv[i]);
        gcasync_builder_close_list(arguments);
}

#define ADD_ARGV(...) add_argv((const char *const[]){ __VA_ARGS__, NULL })

static void add_output(gcasync_call *call, const gcasync_event *event, void *data) {
        struct output *output = &outputs[event->stream];

        (void)call;
        (void)data;
        if (event->type != GCASYNC_EVENT_OUTPUT)
                return;
        ck_assert_uint_eq(event->offset, output->size);
        ck_assert_uint_lt(output->size + event->data_size, sizeof(output->text));
        memcpy(output->text + output->size, event->data, event->data_size);
        output->size += event->data_size;
}

/* Submits what was put together. */
static gcasync_call *submit(bool detached) {
        gcasync_submit_options options = { .size = sizeof(options),
                                           .kind = "exec",
                                           .arguments = arguments,
                                           .detached = detached,
                                           .want_output = !detached,
                                           .on_event = detached ? NULL : add_output };
        gcasync_call *call = NULL;

        gcasync_builder_close_map(arguments);
        ck_assert_int_eq(gcasync_submit_async(client, &options, NULL, NULL, &call), 0);
        return call;
}

static gcasync_result *run(void) {
        return call_take_result(submit(false));
}

static void expect_output(const char *text) {
        call_expect_state(submit(false), GCASYNC_STATE_SUCCEEDED);
        ck_assert_str_eq(outputs[1].text, text);
        ck_assert_str_eq(outputs[2].text, "");
}

static int64_t get_int(gcasync_result *result, const char *key) {
        gcasync_view value, element;
        int64_t number = -1;

        ck_assert_int_eq(gcasync_result_get_value(result, &value), 0);
        if (gcasync_view_find(value, key, &element) != 0)
                return -1;
        ck_assert_int_eq(gcasync_view_get_int(element, &number), 0);
        return number;
}

static bool get_bool(gcasync_result *result, const char *key) {
        gcasync_view value, element;
        bool is_true = false;

        ck_assert_int_eq(gcasync_result_get_value(result, &value), 0);
        ck_assert_int_eq(gcasync_view_find(value, key, &element), 0);
        ck_assert_int_eq(gcasync_view_get_bool(element, &is_true), 0);
        return is_true;
}

/* ---- what is in force ---- */

START_TEST(both_streams_come_back_apart_with_the_status) {
        cleanup_(gcasync_result_unrefp) gcasync_result *result = NULL;

        start();
        ADD_ARGV("sh", "-c", "echo out; echo err >&2; exit 3");
        result = run();
        ck_assert_int_eq(gcasync_result_get_state(result), GCASYNC_STATE_SUCCEEDED);
        ck_assert_int_eq(get_int(result, "status"), 3);
        ck_assert_str_eq(outputs[1].text, "out\n");
        ck_assert_str_eq(outputs[2].text, "err\n");
        stop();
}
END_TEST

START_TEST(the_environment_is_what_was_given_and_nothing_else) {
        start();
        ADD_ARGV("/usr/bin/env");
        gcasync_builder_key(arguments, "env");
        gcasync_builder_open_map(arguments);
        gcasync_builder_key(arguments, "ONLY");
        gcasync_builder_string(arguments, "this");
        gcasync_builder_close_map(arguments);
        expect_output("ONLY=this\n");
        stop();
}
END_TEST

START_TEST(directory_and_umask_are_in_force) {
        start();
        ADD_ARGV("sh", "-c", "pwd; umask");
        gcasync_builder_key(arguments, "cwd");
        gcasync_builder_string(arguments, "/usr");
        gcasync_builder_key(arguments, "umask");
        gcasync_builder_int(arguments, 0137);
        expect_output("/usr\n0137\n");
        stop();
}
END_TEST

START_TEST(limits_are_in_force) {
        start();
        ADD_ARGV("sh", "-c", "ulimit -n; ulimit -c");
        gcasync_builder_key(arguments, "rlimits");
        gcasync_builder_open_map(arguments);
        gcasync_builder_key(arguments, "nofile");
        gcasync_builder_int(arguments, 77);
        gcasync_builder_key(arguments, "core");
        gcasync_builder_int(arguments, 0);
        gcasync_builder_close_map(arguments);
        expect_output("77\n0\n");
        stop();
}
END_TEST

START_TEST(standard_input_is_what_was_given) {
        start();
        ADD_ARGV("tr", "a-z", "A-Z");
        gcasync_builder_key(arguments, "stdin");
        gcasync_builder_string(arguments, "hello\n");
        expect_output("HELLO\n");
        stop();
}
END_TEST

START_TEST(without_input_there_is_none) {
        start();
        ADD_ARGV("cat");
        expect_output("");
        stop();
}
END_TEST

START_TEST(children_get_three_descriptors_only) {
        start();
        /* The fourth is the directory that ls reads. */
        ADD_ARGV("ls", "/proc/self/fd");
        expect_output("0\n1\n2\n3\n");
        stop();
}
END_TEST

START_TEST(children_get_default_signals_and_an_empty_mask) {
        start();
        ADD_ARGV("grep", "-E", "^Sig(Blk|Ign):", "/proc/self/status");
        expect_output("SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
        stop();
}
END_TEST

START_TEST(children_lead_a_process_group_of_their_own) {
        start();
        /* Fields 1 and 5 of stat: pid and process group. */
        ADD_ARGV("sh",
                 "-c",
                 "read -r pid name state parent group rest </proc/$$/stat; [ $pid = $group ] && "
                 "echo leader");
        expect_output("leader\n");
        stop();
}
END_TEST

/* ---- how they end ---- */

static void expect_failure(const char *code) {
        cleanup_(gcasync_result_unrefp) gcasync_result *result = run();

        ck_assert_int_eq(gcasync_result_get_state(result), GCASYNC_STATE_FAILED);
        ck_assert_str_eq(gcasync_result_get_failure_code(result), code);
}

START_TEST(programs_that_are_not_there_fail_with_that_code) {
        start();
        ADD_ARGV("/no/such/program");
        expect_failure("exec-not-found");
        stop();
}
END_TEST

START_TEST(files_that_are_no_programs_fail_with_that_code) {
        start();
        ADD_ARGV("/etc/passwd");
        expect_failure("exec-not-executable");
        stop();
}
END_TEST

START_TEST(a_signal_that_kills_is_told) {
        cleanup_(gcasync_result_unrefp) gcasync_result *result = NULL;

        start();
        ADD_ARGV("sh", "-c", "kill -USR1 $$");
        result = run();
        ck_assert_int_eq(get_int(result, "signal"), SIGUSR1);
        ck_assert_int_eq(get_int(result, "status"), -1);
        stop();
}
END_TEST

START_TEST(a_grandchild_that_keeps_the_output_open_does_not_keep_the_task) {
        cleanup_(gcasync_result_unrefp) gcasync_result *result = NULL;

        start();
        ADD_ARGV("sh", "-c", "sleep 20 & echo started");
        result = run();
        ck_assert_int_eq(get_int(result, "status"), 0);
        ck_assert(get_bool(result, "output_left_open"));
        ck_assert_str_eq(outputs[1].text, "started\n");
        stop();
}
END_TEST

/* One ends before the reaper looks for the first time, one after that. */
START_TEST(processes_left_behind_are_reaped_when_they_end) {
        struct daemon_usage usage;

        start();
        ADD_ARGV("sh", "-c", "sleep 0.1 >&- 2>&- & sleep 0.7 >&- 2>&- &");
        call_expect_state(submit(false), GCASYNC_STATE_SUCCEEDED);
        daemon_measure(&daemon_, &usage);
        usage.n_children = 0;
        daemon_expect_back(&daemon_, &usage);
        stop();
}
END_TEST

/* Runs a script that holds a fifo open; returns our end once it is running. */
static int start_script(const char *script, gcasync_call **ret_call) {
        char path[128], text[512], byte;
        int fd;

        (void)snprintf(path, sizeof(path), "%s/fifo", daemon_.folder);
        ck_assert_int_eq(mkfifo(path, 0600), 0);
        (void)snprintf(text, sizeof(text), "exec 9>%s; %s", path, script);
        ADD_ARGV("sh", "-c", text);
        *ret_call = submit(true);
        ck_assert_int_eq(gcasync_client_flush(client), 0);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(read(fd, &byte, 1), 1);
        return fd;
}

static uint64_t take_task(gcasync_call *call) {
        cleanup_(gcasync_result_unrefp) gcasync_result *result = call_take_result(call);

        return gcasync_result_get_task(result);
}

/* Nobody has the fifo open for writing any more. */
static void expect_all_ended(int fd) {
        char byte;

        while (read(fd, &byte, 1) == 1)
                ;
        ck_assert_int_eq(close(fd), 0);
}

START_TEST(an_abort_reaches_the_whole_group) {
        gcasync_call *call;
        uint64_t task;
        int fd;

        start();
        fd = start_script("sleep 3600 & sleep 3600 & echo >&9; wait", &call);
        task = take_task(call);
        ck_assert_int_eq(gcasync_abort(client, task, false, NULL, client_deadline(), NULL), 0);
        task_wait_state(client, task, GCASYNC_STATE_ABORTED);
        expect_all_ended(fd);
        stop();
}
END_TEST

START_TEST(a_child_that_ignores_sigterm_is_killed_after_the_grace) {
        gcasync_call *call;
        uint64_t task;
        int fd;

        start();
        gcasync_builder_key(arguments, "grace_ms");
        gcasync_builder_int(arguments, 50);
        fd = start_script("trap '' TERM; echo >&9; while :; do sleep 1; done", &call);
        task = take_task(call);
        ck_assert_int_eq(gcasync_abort(client, task, false, NULL, client_deadline(), NULL), 0);
        task_wait_state(client, task, GCASYNC_STATE_ABORTED);
        expect_all_ended(fd);
        stop();
}
END_TEST

START_TEST(an_abort_now_does_not_wait) {
        gcasync_call *call;
        uint64_t task;
        int fd;

        start();
        gcasync_builder_key(arguments, "grace_ms");
        gcasync_builder_int(arguments, 3600000);
        fd = start_script("trap '' TERM; echo >&9; while :; do sleep 1; done", &call);
        task = take_task(call);
        ck_assert_int_eq(gcasync_abort(client, task, true, NULL, client_deadline(), NULL), 0);
        task_wait_state(client, task, GCASYNC_STATE_ABORTED);
        expect_all_ended(fd);
        stop();
}
END_TEST

/* ---- looking at it ---- */

START_TEST(output_is_followed_while_it_is_written) {
        gcasync_log_options options = { .size = sizeof(options),
                                        .follow = true,
                                        .on_event = add_output };
        gcasync_log_end end = { 0 };
        gcasync_call *call, *log = NULL;
        int fd;

        start();
        fd = start_script("echo first; echo >&9; sleep 3600", &call);
        options.task = take_task(call);
        ck_assert_int_eq(gcasync_log_async(client, &options, NULL, NULL, &log), 0);
        while (outputs[1].size == 0)
                ck_assert_int_eq(gcasync_client_wait(client, client_deadline()), 0);
        ck_assert_str_eq(outputs[1].text, "first\n");
        ck_assert(!gcasync_call_is_done(log));
        ck_assert_int_eq(gcasync_abort(client, options.task, true, NULL, client_deadline(), NULL),
                         0);
        ck_assert_int_eq(gcasync_call_wait(log, client_deadline()), 0);
        ck_assert_int_eq(gcasync_log_finish(log, &end), 0);
        ck_assert_uint_eq(end.stdout_bytes, 6);
        gcasync_call_unref(log);
        expect_all_ended(fd);
        stop();
}
END_TEST

START_TEST(values_of_the_environment_are_never_shown) {
        cleanup_(gcasync_result_unrefp) gcasync_result *shown = NULL;
        gcasync_inspect_options options = { .size = sizeof(options) };
        gcasync_task_info info = { .size = sizeof(info) };

        start();
        ADD_ARGV("true");
        gcasync_builder_key(arguments, "env");
        gcasync_builder_open_map(arguments);
        gcasync_builder_key(arguments, "PASSWORD");
        gcasync_builder_string(arguments, "swordfish");
        gcasync_builder_close_map(arguments);
        options.task = take_task(submit(true));
        task_wait_state(client, options.task, GCASYNC_STATE_SUCCEEDED);
        ck_assert_int_eq(gcasync_inspect(client, &options, client_deadline(), &shown), 0);
        ck_assert_int_eq(gcasync_result_get_task_info(shown, 0, &info), 0);
        ck_assert_ptr_nonnull(strstr(info.arguments, "PASSWORD"));
        ck_assert_ptr_null(strstr(info.arguments, "swordfish"));
        stop();
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                both_streams_come_back_apart_with_the_status,
                the_environment_is_what_was_given_and_nothing_else,
                directory_and_umask_are_in_force,
                limits_are_in_force,
                standard_input_is_what_was_given,
                without_input_there_is_none,
                children_get_three_descriptors_only,
                children_get_default_signals_and_an_empty_mask,
                children_lead_a_process_group_of_their_own,
                programs_that_are_not_there_fail_with_that_code,
                files_that_are_no_programs_fail_with_that_code,
                a_signal_that_kills_is_told,
                a_grandchild_that_keeps_the_output_open_does_not_keep_the_task,
                processes_left_behind_are_reaped_when_they_end,
                an_abort_reaches_the_whole_group,
                a_child_that_ignores_sigterm_is_killed_after_the_grace,
                an_abort_now_does_not_wait,
                output_is_followed_while_it_is_written,
                values_of_the_environment_are_never_shown,
        };

        return scratch_run("exec", tests, SUITE_SIZE(tests));
}
