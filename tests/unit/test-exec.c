/* SPDX-License-Identifier: MIT */

/* exec: what a program is given before its first instruction, and what is told of it when it has ended. */

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "helpers/kind-runner.h"
#include "helpers/suite.h"

/* The arguments that have the shell run a script (without quotes in it), and more of them. */
#define SHELL(script)           "{\"argv\":[\"/bin/sh\",\"-c\",\"" script "\"]}"
#define SHELL_AND(script, more) "{\"argv\":[\"/bin/sh\",\"-c\",\"" script "\"]," more "}"

static const struct kind_run *run(const char *arguments) {
        static struct kind_run run;

        run = (struct kind_run){ .kind = "exec", .arguments = arguments };
        kind_runner_run(&run, 1);
        return &run;
}

static const struct kind_run *run_well(const char *arguments) {
        const struct kind_run *done = run(arguments);

        ck_assert_msg(done->state == GCA_TASK_SUCCEEDED, "%s: %s", done->code, done->message);
        return done;
}

static void expect_output(const char *arguments, const char *output) {
        const struct kind_run *done = run_well(arguments);

        ck_assert_msg(strcmp(done->output[0], output) == 0,
                      "%s wrote: %s(and on stderr: %s)",
                      arguments,
                      done->output[0],
                      done->output[1]);
        ck_assert_int_eq(kind_run_get_int(done, "status"), 0);
}

static void expect_failure(const char *arguments, const char *code, const char *text) {
        const struct kind_run *done = run(arguments);

        ck_assert_int_eq(done->state, GCA_TASK_FAILED);
        ck_assert_msg(strcmp(done->code, code) == 0 && strstr(done->message, text) != NULL,
                      "%s failed with %s: %s",
                      arguments,
                      done->code,
                      done->message);
}

/* A file of a directory of its own; the path is good until the next call. */
static const char *make_file(const char *text, mode_t mode) {
        static char path[64];
        char directory[] = "/tmp/test-exec-XXXXXX";

        ck_assert_ptr_nonnull(mkdtemp(directory));
        (void)snprintf(path, sizeof(path), "%s/program", directory);
        cleanup_(closep) int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, mode);
        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
        return path;
}

static void remove_file(const char *path) {
        char directory[64];

        ck_assert_int_eq(unlink(path), 0);
        (void)snprintf(directory, sizeof(directory), "%s", path);
        *strrchr(directory, '/') = '\0';
        ck_assert_int_eq(rmdir(directory), 0);
}

START_TEST(status_is_the_result) {
        ck_assert_int_eq(kind_run_get_int(run_well(SHELL("exit 0")), "status"), 0);
        ck_assert_int_eq(kind_run_get_int(run_well(SHELL("exit 7")), "status"), 7);
        ck_assert(!kind_run_has(run_well(SHELL("exit 255")), "signal"));
}
END_TEST

START_TEST(signal_is_the_result) {
        const struct kind_run *done = run_well(SHELL("kill -9 $$"));

        ck_assert_int_eq(kind_run_get_int(done, "signal"), SIGKILL);
        ck_assert_ptr_nonnull(strstr(done->result, "SIGKILL"));
        ck_assert(kind_run_has(done, "core_dumped"));
        ck_assert(!kind_run_has(done, "status"));
        done = run_well(SHELL("kill -36 $$"));
        ck_assert_ptr_nonnull(strstr(done->result, "SIGRTMIN+2"));
}
END_TEST

START_TEST(usage_is_told) {
        const struct kind_run *done = run_well(SHELL("exit 0"));

        ck_assert_int_gt(kind_run_get_int(done, "max_rss_bytes"), 4096);
        ck_assert_int_ge(kind_run_get_int(done, "user_us"), 0);
        ck_assert_int_ge(kind_run_get_int(done, "system_us"), 0);
        ck_assert_int_gt(kind_run_get_int(done, "wall_us"), 0);
}
END_TEST

START_TEST(output_is_captured_by_stream) {
        const struct kind_run *done = run_well(SHELL("echo out; echo error >&2"));

        ck_assert_str_eq(done->output[0], "out\n");
        ck_assert_str_eq(done->output[1], "error\n");
        ck_assert_int_eq(kind_run_get_int(done, "stdout_bytes"), 4);
        ck_assert_int_eq(kind_run_get_int(done, "stderr_bytes"), 6);
}
END_TEST

START_TEST(arguments_arrive_as_they_are) {
        expect_output("{\"argv\":[\"/bin/sh\",\"-c\",\"for a; do printf '<%s>' \\\"$a\\\"; done\","
                      "\"sh\",\"a b\",\"\",\"\\u00e4\",\"$HOME\",\"-n\"]}",
                      "<a b><><\u00e4><$HOME><-n>");
}
END_TEST

START_TEST(environment_is_what_was_given) {
        expect_output(
                "{\"argv\":[\"/usr/bin/env\"],\"env\":{\"A\":\"1\",\"B\":\"x=y\",\"C\":\"\"}}",
                "A=1\nB=x=y\nC=\n");
        expect_output("{\"argv\":[\"/usr/bin/env\"],\"env\":{}}", "");
}
END_TEST

START_TEST(environment_of_the_daemon_is_not_passed_on) {
        ck_assert_int_eq(setenv("TEST_EXEC", "secret", 1), 0);
        expect_output("{\"argv\":[\"env\"]}",
                      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n");
}
END_TEST

START_TEST(program_is_looked_up_in_the_path_it_is_given) {
        const char *path = make_file("#!/bin/sh\necho found\n", 0755);
        char arguments[256];

        (void)snprintf(arguments,
                       sizeof(arguments),
                       "{\"argv\":[\"program\"],\"env\":{\"PATH\":\"/nonexistent::%.*s\"}}",
                       (int)(strrchr(path, '/') - path),
                       path);
        expect_output(arguments, "found\n");
        remove_file(path);
}
END_TEST

START_TEST(empty_path_entry_is_the_working_directory) {
        const char *path = make_file("#!/bin/sh\necho found\n", 0755);
        char arguments[256];

        (void)snprintf(arguments,
                       sizeof(arguments),
                       "{\"argv\":[\"program\"],\"env\":{\"PATH\":\"/bin:\"},\"cwd\":\"%.*s\"}",
                       (int)(strrchr(path, '/') - path),
                       path);
        expect_output(arguments, "found\n");
        remove_file(path);
}
END_TEST

START_TEST(working_directory_is_set) {
        expect_output("{\"argv\":[\"pwd\"],\"cwd\":\"/usr/bin\"}", "/usr/bin\n");
        expect_output("{\"argv\":[\"pwd\"]}", "/\n");
        expect_failure("{\"argv\":[\"pwd\"],\"cwd\":\"/nonexistent\"}",
                       "exec-failed",
                       "cannot enter its directory: No such file or directory");
}
END_TEST

START_TEST(umask_is_set) {
        (void)umask(0177);
        expect_output(SHELL_AND("umask", "\"umask\":23"), "0027\n");
        expect_output(SHELL("umask"), "0022\n");
        (void)umask(022);
}
END_TEST

START_TEST(standard_input_is_what_was_given) {
        expect_output("{\"argv\":[\"cat\"],\"stdin\":\"hello\"}", "hello");
        expect_output("{\"argv\":[\"cat\"],\"stdin\":\"\"}", "");
        expect_output("{\"argv\":[\"cat\"]}", "");
        expect_output("{\"argv\":[\"readlink\",\"/proc/self/fd/0\"]}", "/dev/null\n");
}
END_TEST

START_TEST(large_standard_input_arrives_whole) {
        static char arguments[1024 * 1024];
        int length =
                snprintf(arguments, sizeof(arguments), "{\"argv\":[\"wc\",\"-c\"],\"stdin\":\"");

        memset(arguments + length, 'x', 1000000);
        memcpy(arguments + length + 1000000, "\"}", 3);
        expect_output(arguments, "1000000\n");
}
END_TEST

START_TEST(limits_are_in_force) {
        expect_output(SHELL_AND("ulimit -Sn; ulimit -Hn", "\"rlimits\":{\"nofile\":[64,128]}"),
                      "64\n128\n");
        expect_output(
                SHELL_AND("ulimit -Sf; ulimit -c", "\"rlimits\":{\"fsize\":51200,\"core\":0}"),
                "100\n0\n");
        expect_output(SHELL_AND("ulimit -t", "\"rlimits\":{\"cpu\":\"unlimited\"}"), "unlimited\n");
}
END_TEST

START_TEST(program_gets_the_original_descriptor_limit) {
        struct rlimit limit, raised, original = { 200, 1000 };

        ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &original), 0);
        gca_get_original_nofile(&limit);
        ck_assert_uint_eq(limit.rlim_cur, 200);
        raised = (struct rlimit){ 1000, 1000 };
        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &raised), 0);
        expect_output(SHELL("ulimit -Sn; ulimit -Hn"), "200\n1000\n");
}
END_TEST

START_TEST(limit_that_is_not_allowed_is_told) {
        expect_failure(SHELL_AND("exit 0", "\"rlimits\":{\"nofile\":1099511627776}"),
                       "exec-failed",
                       "cannot set its limit \"nofile\": Operation not permitted");
}
END_TEST

START_TEST(program_gets_three_descriptors) {
        cleanup_(closep) int fd = open("/dev/null", O_RDONLY);

        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(dup2(fd, 100), 100); /* without FD_CLOEXEC */
        expect_output(SHELL("ls /proc/$$/fd; exit 0"), "0\n1\n2\n");
        expect_output(SHELL_AND("ls /proc/$$/fd; exit 0", "\"stdin\":\"x\""), "0\n1\n2\n");
        ck_assert_int_eq(close(100), 0);
}
END_TEST

/* Descriptors that spawn_run() opens are then 0, 1 and 2, where the program's go. */
START_TEST(descriptors_are_right_when_the_daemon_has_none_of_these) {
        int saved[3];

        (void)run_well(SHELL("exit 0"));
        for (int i = 0; i < 3; i++) {
                saved[i] = fcntl(i, F_DUPFD_CLOEXEC, 200);
                ck_assert_int_ge(saved[i], 0);
                ck_assert_int_eq(close(i), 0);
        }
        struct kind_run done =
                *run(SHELL_AND("cat; echo error >&2; ls /proc/$$/fd; exit 0", "\"stdin\":\"in \""));
        for (int i = 0; i < 3; i++) {
                ck_assert_int_eq(dup2(saved[i], i), i);
                (void)close(saved[i]);
        }
        ck_assert_str_eq(done.output[0], "in 0\n1\n2\n");
        ck_assert_str_eq(done.output[1], "error\n");
}
END_TEST

START_TEST(program_gets_default_signals_and_an_empty_mask) {
        sigset_t mask;
        const struct kind_run *done;

        (void)signal(SIGPIPE, SIG_IGN);
        (void)signal(SIGINT, SIG_IGN);
        ck_assert_int_eq(sigfillset(&mask), 0);
        ck_assert_int_eq(sigprocmask(SIG_BLOCK, &mask, NULL), 0);
        done = run_well("{\"argv\":[\"cat\",\"/proc/self/status\"]}");
        ck_assert_ptr_nonnull(strstr(done->output[0], "SigBlk:\t0000000000000000\n"));
        ck_assert_ptr_nonnull(strstr(done->output[0], "SigIgn:\t0000000000000000\n"));
        ck_assert_ptr_nonnull(strstr(done->output[0], "SigCgt:\t0000000000000000\n"));
}
END_TEST

START_TEST(program_leads_a_process_group) {
        expect_output(SHELL("read -r pid name state parent group rest </proc/$$/stat; "
                            "[ $pid = $group ] && echo yes"),
                      "yes\n");
}
END_TEST

START_TEST(program_that_is_not_there_is_told) {
        expect_failure("{\"argv\":[\"/nonexistent/program\"]}",
                       "exec-not-found",
                       "cannot run \"/nonexistent/program\": No such file or directory");
        expect_failure("{\"argv\":[\"no-such-program\"]}",
                       "exec-not-found",
                       "cannot run \"no-such-program\": not found in PATH");
        expect_failure("{\"argv\":[\"/etc/passwd/x\"]}", "exec-not-found", "Not a directory");
}
END_TEST

START_TEST(program_that_cannot_be_executed_is_told) {
        const char *path = make_file("no program\n", 0755);
        char arguments[128];

        (void)snprintf(arguments, sizeof(arguments), "{\"argv\":[\"%s\"]}", path);
        expect_failure(arguments, "exec-not-executable", "Exec format error");
        ck_assert_int_eq(chmod(path, 0644), 0);
        expect_failure(arguments, "exec-not-executable", "Permission denied");
        expect_failure("{\"argv\":[\"/tmp\"]}", "exec-not-executable", "Permission denied");
        remove_file(path);
}
END_TEST

START_TEST(missing_interpreter_is_told) {
        const char *path = make_file("#!/nonexistent/interpreter\n", 0755);
        char arguments[128];

        (void)snprintf(arguments, sizeof(arguments), "{\"argv\":[\"%s\"]}", path);
        expect_failure(arguments, "exec-not-found", "the interpreter that it names is missing");
        remove_file(path);
}
END_TEST

START_TEST(wrong_arguments_are_told) {
        static const char *const rows[][2] = {
                { "{}", "argv" },
                { "{\"argv\":[]}", "\"argv\" is empty" },
                { "{\"argv\":[\"\"]}", "empty string" },
                { "{\"argv\":[\"true\",1]}", "must hold strings, not int" },
                { "{\"argv\":[\"true\",\"a\\u0000b\"]}", "NUL" },
                { "{\"argv\":[\"true\"],\"env\":{\"\":\"\"}}", "must not be empty" },
                { "{\"argv\":[\"true\"],\"env\":{\"A=B\":\"\"}}", "nor hold \"=\"" },
                { "{\"argv\":[\"true\"],\"env\":{\"A\":1}}", "must hold strings, not int" },
                { "{\"argv\":[\"true\"],\"env\":{\"A\":\"\\u0000\"}}", "NUL" },
                { "{\"argv\":[\"true\"],\"cwd\":\"tmp\"}", "absolute path" },
                { "{\"argv\":[\"true\"],\"umask\":512}", "0 to 511" },
                { "{\"argv\":[\"true\"],\"umask\":-1}", "0 to 511" },
                { "{\"argv\":[\"true\"],\"grace_ms\":-1}", "out of range" },
                { "{\"argv\":[\"true\"],\"rlimits\":{\"files\":1}}",
                  "there is no limit \"files\"" },
                { "{\"argv\":[\"true\"],\"rlimits\":{\"core\":-1}}", "\"core\" must be" },
                { "{\"argv\":[\"true\"],\"rlimits\":{\"core\":\"much\"}}", "\"core\" must be" },
                { "{\"argv\":[\"true\"],\"rlimits\":{\"core\":[2,1]}}", "\"core\" must be" },
                { "{\"argv\":[\"true\"],\"rlimits\":{\"core\":[1]}}", "\"core\" must be" },
        };

        for (size_t i = 0; i < SUITE_SIZE(rows); i++)
                expect_failure(rows[i][0], "invalid-argument", rows[i][1]);
}
END_TEST

START_TEST(null_is_as_good_as_nothing) {
        const struct kind_run *done = run_well(
                "{\"argv\":[\"pwd\"],\"env\":null,\"cwd\":null,\"umask\":null,\"stdin\":null,"
                "\"rlimits\":null,\"grace_ms\":null,\"capture\":null}");

        ck_assert_str_eq(done->output[0], "/\n");
}
END_TEST

START_TEST(strangers_are_denied) {
        struct kind_run run = { .kind = "exec", .arguments = SHELL("exit 0"), .is_stranger = true };

        kind_runner_run(&run, 1);
        ck_assert_int_eq(run.state, GCA_TASK_FAILED);
        ck_assert_str_eq(run.code, "denied");
        ck_assert_ptr_nonnull(strstr(run.message, "gcasyncctl --user"));
}
END_TEST

START_TEST(task_aborted_before_it_starts_runs_nothing) {
        const char *path = make_file("", 0644);
        char arguments[128];
        struct kind_run run = { .kind = "exec",
                                .arguments = arguments,
                                .abort_at_start = GCA_ABORT_REQUEST };

        (void)snprintf(arguments, sizeof(arguments), "{\"argv\":[\"rm\",\"%s\"]}", path);
        kind_runner_run(&run, 1);
        ck_assert_int_eq(run.state, GCA_TASK_ABORTED);
        remove_file(path);
}
END_TEST

/* Runs a script that says something when it is ready, and aborts it then. */
static const struct kind_run *run_and_abort(const char *arguments, gca_abort how, gca_abort then) {
        static struct kind_run run;

        run = (struct kind_run){ .kind = "exec",
                                 .arguments = arguments,
                                 .abort_at_output = how,
                                 .abort_at_output_again = then };
        kind_runner_run(&run, 1);
        ck_assert_int_eq(run.state, GCA_TASK_ABORTED);
        return &run;
}

START_TEST(aborted_program_is_terminated) {
        (void)run_and_abort(SHELL("echo ready; exec sleep 1000"), GCA_ABORT_REQUEST, 0);
}
END_TEST

START_TEST(aborted_program_may_clean_up) {
        const struct kind_run *done = run_and_abort(
                SHELL("trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.01; done"),
                GCA_ABORT_REQUEST,
                0);

        ck_assert_str_eq(done->output[0], "ready\nbye\n");
}
END_TEST

START_TEST(program_that_ignores_term_is_killed_after_the_grace_time) {
        (void)run_and_abort(SHELL_AND("trap '' TERM; echo ready; while :; do sleep 1000; done",
                                      "\"grace_ms\":20"),
                            GCA_ABORT_REQUEST,
                            0);
}
END_TEST

START_TEST(kill_waits_for_no_grace_time) {
        (void)run_and_abort(SHELL_AND("trap '' TERM; echo ready; while :; do sleep 1000; done",
                                      "\"grace_ms\":1000000"),
                            GCA_ABORT_KILL,
                            0);
}
END_TEST

START_TEST(second_abort_cuts_the_grace_time_short) {
        (void)run_and_abort(
                SHELL_AND("trap 'echo again' TERM; echo ready; while :; do sleep 0.01; done",
                          "\"grace_ms\":1000000"),
                GCA_ABORT_REQUEST,
                GCA_ABORT_KILL);
}
END_TEST

START_TEST(stopped_program_is_terminated_too) {
        (void)run_and_abort(
                SHELL_AND("echo ready; kill -STOP $$; sleep 1000", "\"grace_ms\":1000000"),
                GCA_ABORT_REQUEST,
                0);
}
END_TEST

START_TEST(program_is_ended_at_its_deadline) {
        struct kind_run run = { .kind = "exec",
                                .arguments = SHELL("exec sleep 1000"),
                                .timeout_ns = 50000000 };

        kind_runner_run(&run, 1);
        ck_assert_int_eq(run.state, GCA_TASK_TIMED_OUT);
}
END_TEST

/* The leader ends at TERM, its child would not: a FIFO that it holds open tells when it is gone. */
START_TEST(rest_of_the_group_is_killed_with_an_aborted_program) {
        const char *path = make_file("", 0644);
        char arguments[256], byte;

        ck_assert_int_eq(unlink(path), 0);
        ck_assert_int_eq(mkfifo(path, 0600), 0);
        int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        ck_assert_int_ge(fd, 0);
        (void)snprintf(arguments,
                       sizeof(arguments),
                       SHELL("(trap '' TERM; echo ready; exec sleep 1000) 3>%s & wait"),
                       path);
        (void)run_and_abort(arguments, GCA_ABORT_REQUEST, 0);
        ck_assert_int_eq(fcntl(fd, F_SETFL, 0), 0);
        ck_assert_int_eq(read(fd, &byte, 1), 0);
        ck_assert_int_eq(close(fd), 0);
        remove_file(path);
}
END_TEST

START_TEST(process_left_behind_does_not_hold_the_task) {
        const struct kind_run *done = run_well(SHELL("sleep 1000 & echo $!"));

        ck_assert_int_eq(kind_run_get_int(done, "status"), 0);
        ck_assert(kind_run_get_bool(done, "output_left_open"));
        ck_assert_int_eq(kill((pid_t)strtol(done->output[0], NULL, 10), SIGKILL), 0);
}
END_TEST

START_TEST(chatty_process_left_behind_does_not_hold_the_task) {
        const struct kind_run *done = run_well(SHELL("yes & echo $! >&2"));

        ck_assert(kind_run_get_bool(done, "output_left_open"));
        ck_assert_int_eq(kill((pid_t)strtol(done->output[1], NULL, 10), SIGKILL), 0);
}
END_TEST

START_TEST(large_output_is_captured_whole) {
        const struct kind_run *done =
                run_well(SHELL("head -c 10000000 /dev/zero; head -c 3000000 /dev/zero >&2"));

        ck_assert_uint_eq(done->n_output[0], 10000000);
        ck_assert_uint_eq(done->n_output[1], 3000000);
        ck_assert_int_eq(kind_run_get_int(done, "stdout_bytes"), 10000000);
        ck_assert(!kind_run_get_bool(done, "output_lost"));
        ck_assert(!kind_run_get_bool(done, "output_left_open"));
}
END_TEST

START_TEST(output_that_cannot_be_kept_does_not_hold_the_program_up) {
        struct kind_run run = { .kind = "exec", .arguments = SHELL("head -c 1000000 /dev/zero") };

        run.output_max = 100000;
        kind_runner_run(&run, 1);
        ck_assert_int_eq(kind_run_get_int(&run, "status"), 0);
        ck_assert_int_eq(kind_run_get_int(&run, "stdout_bytes"), 1000000);
        ck_assert(kind_run_get_bool(&run, "output_lost"));
}
END_TEST

START_TEST(output_is_left_alone_when_it_is_not_wanted) {
        const struct kind_run *done = run_well(SHELL_AND(
                "readlink /proc/self/fd/1 /proc/self/fd/2; echo x >&2", "\"capture\":false"));

        ck_assert_uint_eq(done->n_output[0] + done->n_output[1], 0);
        ck_assert_int_eq(kind_run_get_int(done, "status"), 0);
}
END_TEST

START_TEST(many_programs_run_at_once) {
        static struct kind_run runs[64];

        for (size_t i = 0; i < SUITE_SIZE(runs); i++)
                runs[i] = (struct kind_run){ .kind = "exec", .arguments = SHELL("echo x; exit 3") };
        kind_runner_run(runs, SUITE_SIZE(runs));
        for (size_t i = 0; i < SUITE_SIZE(runs); i++) {
                ck_assert_int_eq(kind_run_get_int(&runs[i], "status"), 3);
                ck_assert_str_eq(runs[i].output[0], "x\n");
        }
}
END_TEST

START_TEST(nothing_is_left_of_programs_however_they_end) {
        static const char *const arguments[] = {
                SHELL("exit 1"),
                SHELL("kill -9 $$"),
                "{\"argv\":[\"/nonexistent\"]}",
                "{\"argv\":[\"true\"],\"cwd\":\"/nonexistent\"}",
                "{\"argv\":[\"true\"],\"stdin\":\"x\"}",
                "{\"argv\":[]}",
        };
        int before = -1, after = -1;
        siginfo_t info;

        /* The first round loads the modules, whose descriptors stay. */
        for (int round = 0; round < 3; round++) {
                for (size_t i = 0; i < SUITE_SIZE(arguments); i++)
                        (void)run(arguments[i]);
                (void)run_and_abort(SHELL("echo ready; exec sleep 1000"), GCA_ABORT_REQUEST, 0);
                before = after;
                after = dup(0); /* the lowest that is free */
                ck_assert_int_eq(close(after), 0);
        }
        ck_assert_int_eq(after, before);
        ck_assert_int_eq(waitid(P_ALL, 0, &info, WEXITED | WNOHANG), -1);
        ck_assert_int_eq(errno, ECHILD);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                status_is_the_result,
                signal_is_the_result,
                usage_is_told,
                output_is_captured_by_stream,
                arguments_arrive_as_they_are,
                environment_is_what_was_given,
                environment_of_the_daemon_is_not_passed_on,
                program_is_looked_up_in_the_path_it_is_given,
                empty_path_entry_is_the_working_directory,
                working_directory_is_set,
                umask_is_set,
                standard_input_is_what_was_given,
                large_standard_input_arrives_whole,
                limits_are_in_force,
                program_gets_the_original_descriptor_limit,
                limit_that_is_not_allowed_is_told,
                program_gets_three_descriptors,
                descriptors_are_right_when_the_daemon_has_none_of_these,
                program_gets_default_signals_and_an_empty_mask,
                program_leads_a_process_group,
                program_that_is_not_there_is_told,
                program_that_cannot_be_executed_is_told,
                missing_interpreter_is_told,
                wrong_arguments_are_told,
                null_is_as_good_as_nothing,
                strangers_are_denied,
                task_aborted_before_it_starts_runs_nothing,
                aborted_program_is_terminated,
                aborted_program_may_clean_up,
                program_that_ignores_term_is_killed_after_the_grace_time,
                kill_waits_for_no_grace_time,
                second_abort_cuts_the_grace_time_short,
                stopped_program_is_terminated_too,
                program_is_ended_at_its_deadline,
                rest_of_the_group_is_killed_with_an_aborted_program,
                process_left_behind_does_not_hold_the_task,
                chatty_process_left_behind_does_not_hold_the_task,
                large_output_is_captured_whole,
                output_that_cannot_be_kept_does_not_hold_the_program_up,
                output_is_left_alone_when_it_is_not_wanted,
                many_programs_run_at_once,
                nothing_is_left_of_programs_however_they_end,
        };

        return suite_run("exec", tests, SUITE_SIZE(tests), 2 * SUITE_TIMEOUT_S);
}
