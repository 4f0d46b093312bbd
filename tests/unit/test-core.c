/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "helpers/kind-runner.h"
#include "helpers/suite.h"

#define SUM_OF_ABC     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define SUM_OF_NOTHING "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
/* of a million times "a" */
#define SUM_OF_MILLION "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"

static const struct kind_run *run(const char *kind, const char *arguments) {
        static struct kind_run run;

        run = (struct kind_run){ .kind = kind, .arguments = arguments };
        kind_runner_run(&run, 1);
        return &run;
}

static void expect_result(const char *kind, const char *arguments, const char *result) {
        const struct kind_run *done = run(kind, arguments);

        ck_assert_msg(done->state == GCA_TASK_SUCCEEDED, "%s: %s", done->code, done->message);
        ck_assert_str_eq(done->result, result);
}

static void expect_failure(const char *kind, const char *arguments, const char *code) {
        const struct kind_run *done = run(kind, arguments);

        ck_assert_int_eq(done->state, GCA_TASK_FAILED);
        ck_assert_msg(strcmp(done->code, code) == 0,
                      "%s: failed with %s: %s",
                      arguments,
                      done->code,
                      done->message);
}

/* A file with n times the byte "a"; its path is written to *path, which has the pattern. */
static void make_file(char *path, size_t n) {
        cleanup_(closep) int fd = mkstemp(path);
        char block[1000];

        ck_assert_int_ge(fd, 0);
        memset(block, 'a', sizeof(block));
        for (size_t done = 0; done < n; done += sizeof(block))
                ck_assert_int_eq(write(fd, block, sizeof(block)), (ssize_t)sizeof(block));
}

START_TEST(echo_returns_any_value) {
        expect_result("core.echo", "{\"value\":17}", "17");
        expect_result("core.echo", "{\"value\":\"text\"}", "\"text\"");
        expect_result("core.echo", "{\"value\":null}", "null");
        expect_result("core.echo", "{}", "null");
        ck_assert_int_eq(run("core.echo", "{\"value\":{\"a\":[1,2.5,true]}}")->state,
                         GCA_TASK_SUCCEEDED);
}
END_TEST

START_TEST(small_echo_runs_on_the_io_thread) {
        ck_assert_str_eq(run("core.echo", "{\"value\":1}")->worker, "io");
}
END_TEST

START_TEST(large_echo_runs_on_a_worker) {
        static char arguments[80 * 1024];
        int length = snprintf(arguments, sizeof(arguments), "{\"value\":\"");

        memset(arguments + length, 'x', sizeof(arguments) - (size_t)length);
        memcpy(arguments + sizeof(arguments) - 3, "\"}", 3);
        const struct kind_run *done = run("core.echo", arguments);
        ck_assert_int_eq(done->state, GCA_TASK_SUCCEEDED);
        ck_assert_str_ne(done->worker, "io");
}
END_TEST

START_TEST(fail_fails_as_told) {
        const struct kind_run *done =
                run("core.fail", "{\"code\":\"no-luck-7\",\"message\":\"50% of it\"}");

        ck_assert_int_eq(done->state, GCA_TASK_FAILED);
        ck_assert_str_eq(done->code, "no-luck-7");
        ck_assert_str_eq(done->message, "50% of it");
        expect_failure("core.fail", NULL, "failed");
}
END_TEST

START_TEST(fail_refuses_what_is_no_code) {
        expect_failure("core.fail", "{\"code\":\"\"}", "invalid-argument");
        expect_failure("core.fail", "{\"code\":\"No Luck\"}", "invalid-argument");
        expect_failure("core.fail", "{\"code\":\"a\\u0000b\"}", "invalid-argument");
}
END_TEST

START_TEST(sleep_tells_how_long_it_waited) {
        const struct kind_run *done = run("core.sleep", "{\"ms\":20}");

        ck_assert_int_eq(done->state, GCA_TASK_SUCCEEDED);
        ck_assert_int_ge(strtol(done->result, NULL, 10), 20);
        done = run("core.sleep", "{\"seconds\":0.02}");
        ck_assert_int_eq(done->state, GCA_TASK_SUCCEEDED);
        ck_assert_int_ge(strtol(done->result, NULL, 10), 20);
        ck_assert_int_eq(run("core.sleep", "{\"ms\":0}")->state, GCA_TASK_SUCCEEDED);
        ck_assert_int_eq(run("core.sleep", "{\"seconds\":0}")->state, GCA_TASK_SUCCEEDED);
}
END_TEST

START_TEST(sleep_wants_exactly_one_duration) {
        expect_failure("core.sleep", "{}", "invalid-argument");
        expect_failure("core.sleep", "{\"ms\":1,\"seconds\":1}", "invalid-argument");
        expect_failure("core.sleep", "{\"ms\":-1}", "invalid-argument");
        expect_failure("core.sleep", "{\"seconds\":-0.5}", "invalid-argument");
        expect_failure("core.sleep", "{\"ms\":\"1\"}", "invalid-argument");
}
END_TEST

START_TEST(sleep_beyond_all_time_ends_at_the_deadline) {
        struct kind_run runs[3] = {
                { .kind = "core.sleep", .arguments = "{\"ms\":9223372036854775807}" },
                { .kind = "core.sleep", .arguments = "{\"seconds\":1e300}" },
                { .kind = "core.sleep", .arguments = "{\"seconds\":1000}" },
        };

        for (size_t i = 0; i < SUITE_SIZE(runs); i++)
                runs[i].timeout_ns = 10000000;
        kind_runner_run(runs, SUITE_SIZE(runs));
        for (size_t i = 0; i < SUITE_SIZE(runs); i++)
                ck_assert_int_eq(runs[i].state, GCA_TASK_TIMED_OUT);
}
END_TEST

START_TEST(many_sleep_at_once) {
        static struct kind_run runs[100];

        for (size_t i = 0; i < SUITE_SIZE(runs); i++)
                runs[i] = (struct kind_run){ .kind = "core.sleep", .arguments = "{\"ms\":5}" };
        kind_runner_run(runs, SUITE_SIZE(runs));
        for (size_t i = 0; i < SUITE_SIZE(runs); i++)
                ck_assert_int_eq(runs[i].state, GCA_TASK_SUCCEEDED);
}
END_TEST

START_TEST(spin_uses_time_and_gives_way) {
        const struct kind_run *done = run("core.spin", "{\"ms\":20}");

        ck_assert_int_eq(done->state, GCA_TASK_SUCCEEDED);
        ck_assert_int_ge(strtol(done->result, NULL, 10), 20);
        ck_assert_uint_gt(done->info.n_polls, 5);
        ck_assert_uint_eq(done->info.progress_total, 20);
        ck_assert_uint_ge(done->info.progress_done, 20);
}
END_TEST

START_TEST(spin_ends_at_its_deadline) {
        struct kind_run run = { .kind = "core.spin", .arguments = "{\"ms\":100000000}" };

        run.timeout_ns = 10000000;
        kind_runner_run(&run, 1);
        ck_assert_int_eq(run.state, GCA_TASK_TIMED_OUT);
        expect_failure("core.spin", "{\"ms\":-1}", "invalid-argument");
        expect_failure("core.spin", "{}", "invalid-argument");
}
END_TEST

START_TEST(hash_of_bytes_is_sha256) {
        ck_assert_ptr_nonnull(strstr(run("core.hash", "{\"bytes\":\"abc\"}")->result, SUM_OF_ABC));
        const struct kind_run *done = run("core.hash", "{\"bytes\":\"\"}");
        ck_assert_ptr_nonnull(strstr(done->result, SUM_OF_NOTHING));
        ck_assert_ptr_nonnull(strstr(done->result, "sha256"));
        ck_assert_int_eq(kind_run_get_int(done, "size"), 0);
}
END_TEST

START_TEST(hash_of_a_file_is_sha256) {
        char path[] = "/tmp/test-core-XXXXXX", arguments[64];
        const struct kind_run *done;

        make_file(path, 1000000);
        (void)snprintf(arguments, sizeof(arguments), "{\"path\":\"%s\"}", path);
        done = run("core.hash", arguments);
        ck_assert_msg(strstr(done->result, SUM_OF_MILLION) != NULL, "%s", done->message);
        ck_assert_int_eq(kind_run_get_int(done, "size"), 1000000);
        ck_assert_uint_eq(done->info.progress_done, 1000000);
        ck_assert_uint_eq(done->info.progress_total, 1000000);
        ck_assert_int_eq(truncate(path, 0), 0);
        ck_assert_ptr_nonnull(strstr(run("core.hash", arguments)->result, SUM_OF_NOTHING));
        ck_assert_int_eq(unlink(path), 0);
}
END_TEST

START_TEST(hash_tells_why_a_file_is_not_read) {
        expect_failure("core.hash", "{\"path\":\"/nonexistent\"}", "file-not-read");
        expect_failure("core.hash", "{\"path\":\"/tmp\"}", "file-not-read");
        expect_failure("core.hash", "{\"path\":\"/dev/zero\"}", "file-not-read");
        ck_assert_ptr_nonnull(strstr(run("core.hash", "{\"path\":\"/nonexistent\"}")->message,
                                     "\"/nonexistent\": No such file or directory"));
}
END_TEST

START_TEST(hash_refuses_wrong_arguments) {
        expect_failure("core.hash", "{}", "invalid-argument");
        expect_failure("core.hash", "{\"path\":\"/x\",\"bytes\":\"\"}", "invalid-argument");
        expect_failure("core.hash", "{\"path\":\"relative\"}", "invalid-argument");
        expect_failure("core.hash", "{\"path\":\"/a\\u0000b\"}", "invalid-argument");
        expect_failure("core.hash", "{\"path\":\"\"}", "invalid-argument");
}
END_TEST

START_TEST(hash_reads_no_file_for_strangers) {
        struct kind_run runs[2] = {
                { .kind = "core.hash",
                  .arguments = "{\"path\":\"/etc/passwd\"}",
                  .is_stranger = true },
                { .kind = "core.hash", .arguments = "{\"bytes\":\"abc\"}", .is_stranger = true },
        };

        kind_runner_run(runs, 2);
        ck_assert_str_eq(runs[0].code, "denied");
        ck_assert_ptr_nonnull(strstr(runs[0].message, "gcasyncctl --user"));
        ck_assert_int_eq(runs[1].state, GCA_TASK_SUCCEEDED);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                echo_returns_any_value,
                small_echo_runs_on_the_io_thread,
                large_echo_runs_on_a_worker,
                fail_fails_as_told,
                fail_refuses_what_is_no_code,
                sleep_tells_how_long_it_waited,
                sleep_wants_exactly_one_duration,
                sleep_beyond_all_time_ends_at_the_deadline,
                many_sleep_at_once,
                spin_uses_time_and_gives_way,
                spin_ends_at_its_deadline,
                hash_of_bytes_is_sha256,
                hash_of_a_file_is_sha256,
                hash_tells_why_a_file_is_not_read,
                hash_refuses_wrong_arguments,
                hash_reads_no_file_for_strangers,
        };

        return suite_run("core", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
