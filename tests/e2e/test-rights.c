/* SPDX-License-Identifier: MIT */

/* Another uid than the daemon's: what it may not see, touch and run. Needs root, who can become somebody else. */

#include <check.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "helpers/work.h"

enum {
        UID_OTHER = 65534
};

static struct daemon daemon_;

/* A daemon whose socket everybody may reach. */
static void start_for_all(void) {
        daemon_start(&daemon_, NULL);
        ck_assert_int_eq(chmod(getenv("TMPDIR"), 0711), 0);
        ck_assert_int_eq(chmod(daemon_.folder, 0711), 0);
        ck_assert_int_eq(chmod(daemon_.socket, 0666), 0);
}

/* Runs body as the other uid, in a child; its assertions are ours. */
static void run_as_other(void (*body)(uint64_t argument), uint64_t argument) {
        int status;
        pid_t pid = fork();

        ck_assert_int_ge(pid, 0);
        if (pid == 0) {
                if (setgid(UID_OTHER) != 0 || setuid(UID_OTHER) != 0)
                        _exit(2);
                body(argument);
                _exit(0);
        }
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert_int_eq(status, 0);
}

static void touch_foreign_task(uint64_t task) {
        cleanup_(gcasync_client_unrefp) gcasync_client *client = client_connect(&daemon_);
        gcasync_inspect_options options = { .size = sizeof(options), .all_uids = true };
        gcasync_result *result = NULL;

        ck_assert_uint_eq(tasks_count_unfinished(client), 0);
        ck_assert_int_eq(gcasync_await(client, task, 0, client_deadline(), &result),
                         GCASYNC_E_NOT_FOUND);
        ck_assert_int_eq(gcasync_abort(client, task, false, NULL, client_deadline(), NULL),
                         GCASYNC_E_NOT_FOUND);
        ck_assert_int_eq(gcasync_remove(client, task, client_deadline()), GCASYNC_E_NOT_FOUND);
        ck_assert_int_eq(gcasync_inspect(client, &options, client_deadline(), &result),
                         GCASYNC_E_DENIED);
}

START_TEST(tasks_of_others_do_not_exist) {
        cleanup_(gcasync_client_unrefp) gcasync_client *client = NULL;
        uint64_t task;

        start_for_all();
        client = client_connect(&daemon_);
        task = work_detach(client, &WORK_SLEEP(3600000));
        run_as_other(touch_foreign_task, task);
        task_wait_state(client, task, GCASYNC_STATE_SUSPENDED);
        daemon_stop(&daemon_);
}
END_TEST

/* Refused at once: no task comes of it. */
static void expect_refused(gcasync_client *client, const struct work *work) {
        gcasync_call *call = work_queue(client, work);
        gcasync_result *result = NULL;
        const char *message;

        (void)gcasync_call_wait(call, client_deadline());
        ck_assert_int_eq(gcasync_submit_finish(call, &result), GCASYNC_E_DENIED);
        ck_assert_ptr_null(result);
        ck_assert_int_eq(gcasync_call_get_error(call, &message), GCASYNC_E_DENIED);
        ck_assert_ptr_nonnull(strstr(message, "--user"));
        gcasync_call_unref(call);
}

/* Refused by the kind, once it knows what it is asked for. */
static void expect_denied(gcasync_client *client, const struct work *work) {
        gcasync_call *call = work_queue(client, work);
        gcasync_result *result = NULL;

        (void)gcasync_call_wait(call, client_deadline());
        ck_assert_int_eq(gcasync_submit_finish(call, &result), 0);
        ck_assert_int_eq(gcasync_result_get_state(result), GCASYNC_STATE_FAILED);
        ck_assert_str_eq(gcasync_result_get_failure_code(result), "denied");
        gcasync_result_unref(result);
        gcasync_call_unref(call);
}

static void try_to_execute(uint64_t argument) {
        cleanup_(gcasync_client_unrefp) gcasync_client *client = client_connect(&daemon_);

        (void)argument;
        expect_refused(client, &WORK_EXEC("true"));
        expect_denied(client,
                      &(struct work){ .kind = "core.hash", .key = "path", .text = "/etc/shadow" });
        /* What takes nothing of the daemon's rights is for everybody. */
        work_expect_state(client, &WORK_ECHO(1), GCASYNC_STATE_SUCCEEDED);
        work_expect_state(client,
                          &(struct work){ .kind = "core.hash", .key = "bytes", .text = "abc" },
                          GCASYNC_STATE_SUCCEEDED);
}

START_TEST(programs_and_files_are_for_the_daemons_own_user) {
        start_for_all();
        run_as_other(try_to_execute, 0);
        daemon_stop(&daemon_);
}
END_TEST

static void leave_detached_task(uint64_t argument) {
        cleanup_(gcasync_client_unrefp) gcasync_client *client = client_connect(&daemon_);

        (void)argument;
        (void)work_detach(client, &WORK_SLEEP(3600000));
}

START_TEST(the_daemons_own_user_sees_everything_when_asked) {
        cleanup_(gcasync_client_unrefp) gcasync_client *client = NULL;
        cleanup_(gcasync_result_unrefp) gcasync_result *result = NULL;
        gcasync_inspect_options options = { .size = sizeof(options), .all_uids = true };
        gcasync_task_info info = { .size = sizeof(info) };

        start_for_all();
        run_as_other(leave_detached_task, 0);
        client = client_connect(&daemon_);
        ck_assert_uint_eq(tasks_count_unfinished(client), 0);
        ck_assert_int_eq(gcasync_inspect(client, &options, client_deadline(), &result), 0);
        ck_assert_uint_eq(gcasync_result_get_n_tasks(result), 1);
        ck_assert_int_eq(gcasync_result_get_task_info(result, 0, &info), 0);
        ck_assert_uint_eq(info.uid, UID_OTHER);
        ck_assert_int_eq(gcasync_abort(client, info.task, false, NULL, client_deadline(), NULL), 0);
        daemon_stop(&daemon_);
}
END_TEST

static void expect_no_way_in(uint64_t argument) {
        gcasync_client_options options = { .size = sizeof(options), .socket_path = daemon_.socket };
        gcasync_client *client = NULL;

        (void)argument;
        ck_assert_int_eq(gcasync_client_open(&options, &client), GCASYNC_E_DENIED);
}

START_TEST(a_users_socket_is_closed_to_others) {
        daemon_start(&daemon_, NULL);
        ck_assert_int_eq(chmod(getenv("TMPDIR"), 0711), 0);
        ck_assert_int_eq(chmod(daemon_.folder, 0711), 0);
        run_as_other(expect_no_way_in, 0);
        daemon_stop(&daemon_);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                tasks_of_others_do_not_exist,
                programs_and_files_are_for_the_daemons_own_user,
                the_daemons_own_user_sees_everything_when_asked,
                a_users_socket_is_closed_to_others,
        };

        if (geteuid() != 0) {
                for (size_t i = 0; i < SUITE_SIZE(tests); i++)
                        suite_skip(tests[i], "needs root");
                return 77;
        }
        return scratch_run("rights", tests, SUITE_SIZE(tests));
}
