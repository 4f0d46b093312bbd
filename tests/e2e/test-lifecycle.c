/* SPDX-License-Identifier: MIT */

/* How the daemon starts, in whose place, and how it stops. */

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "helpers/peer.h"
#include "helpers/work.h"

enum {
#ifdef GCASYNC_SANITIZE
        N_AT_ONCE = 20,
#else
        N_AT_ONCE = 100,
#endif
};

static bool is_refusal(int status) {
        return WIFEXITED(status) && WEXITSTATUS(status) != 0;
}

/* ---- starting ---- */

START_TEST(a_second_daemon_is_refused_and_the_first_does_not_notice) {
        struct daemon first, second;

        daemon_start(&first, NULL);
        daemon_spawn(&second, &(struct daemon_options){ .folder = first.folder });
        ck_assert(!daemon_wait_ready(&second));
        ck_assert(is_refusal(daemon_wait_end(&second)));
        daemon_expect_healthy(&first);
        daemon_stop(&first);
}
END_TEST

START_TEST(of_many_starts_at_once_one_wins) {
        struct daemon daemons[N_AT_ONCE], *winner = NULL;
        char folder[SCRATCH_PATH_SIZE];

        scratch_make_folder(folder);
        for (size_t i = 0; i < N_AT_ONCE; i++)
                daemon_spawn(&daemons[i], &(struct daemon_options){ .folder = folder });
        for (size_t i = 0; i < N_AT_ONCE; i++) {
                if (!daemon_wait_ready(&daemons[i])) {
                        ck_assert(is_refusal(daemon_wait_end(&daemons[i])));
                        continue;
                }
                ck_assert_ptr_null(winner);
                winner = &daemons[i];
        }
        ck_assert_ptr_nonnull(winner);
        daemon_expect_healthy(winner);
        daemon_stop(winner);
}
END_TEST

START_TEST(a_stale_socket_is_replaced) {
        struct daemon first, second;

        daemon_start(&first, NULL);
        daemon_signal(&first, SIGKILL);
        ck_assert_int_eq(daemon_wait_end(&first), SIGKILL);
        ck_assert_int_eq(access(first.socket, F_OK), 0);
        daemon_start(&second, &(struct daemon_options){ .folder = first.folder });
        daemon_expect_healthy(&second);
        daemon_stop(&second);
}
END_TEST

START_TEST(a_file_in_the_sockets_place_is_left_alone) {
        cleanup_(closep) int fd = -1;
        struct daemon daemon;
        char folder[SCRATCH_PATH_SIZE], path[DAEMON_SOCKET_SIZE];

        scratch_make_folder(folder);
        (void)snprintf(path, sizeof(path), "%s/socket", folder);
        fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
        ck_assert_int_ge(fd, 0);
        daemon_spawn(&daemon, &(struct daemon_options){ .folder = folder });
        ck_assert(!daemon_wait_ready(&daemon));
        ck_assert(is_refusal(daemon_wait_end(&daemon)));
        ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

START_TEST(root_has_to_be_allowed) {
        struct daemon daemon;

        daemon_spawn(&daemon, &(struct daemon_options){ .refuse_root = true });
        ck_assert_int_eq(daemon_wait_ready(&daemon), geteuid() != 0);
        if (geteuid() == 0)
                ck_assert(is_refusal(daemon_wait_end(&daemon)));
        else
                daemon_stop(&daemon);
}
END_TEST

START_TEST(a_users_socket_is_the_users_alone) {
        struct stat status;
        struct daemon daemon;

        daemon_start(&daemon, NULL);
        ck_assert_int_eq(stat(daemon.socket, &status), 0);
        ck_assert_int_eq(status.st_mode & 077, 0);
        daemon_stop(&daemon);
}
END_TEST

/* ---- stopping ---- */

START_TEST(a_stopped_daemon_leaves_no_socket) {
        struct daemon daemon;

        daemon_start(&daemon, NULL);
        daemon_stop(&daemon);
        ck_assert_int_eq(access(daemon.socket, F_OK), -1);
        ck_assert_int_eq(errno, ENOENT);
}
END_TEST

/* SIGTERM, and returns when it was seen: nobody can connect any more. */
static void begin_draining(struct daemon *daemon, gcasync_client *client) {
        daemon_signal(daemon, SIGTERM);
        while (access(daemon->socket, F_OK) == 0)
                ck_assert_int_eq(gcasync_ping(client, client_deadline()), 0);
}

START_TEST(draining_lets_tasks_finish_and_takes_no_new_ones) {
        static const char *const arguments[] = { "--grace", "60", NULL };
        cleanup_(gcasync_client_unrefp) gcasync_client *client = NULL;
        char path[DAEMON_SOCKET_SIZE], script[256];
        gcasync_call *running, *late;
        struct daemon daemon;
        uint64_t task;
        int fd;

        daemon_start(&daemon, &(struct daemon_options){ .arguments = arguments });
        client = client_connect(&daemon);
        (void)snprintf(path, sizeof(path), "%s/fifo", daemon.folder);
        (void)snprintf(script, sizeof(script), "read line < %s", path);
        ck_assert_int_eq(mkfifo(path, 0600), 0);
        running = work_start(client, &WORK_EXEC("sh", "-c", script), &task);
        fd = open(path, O_WRONLY | O_CLOEXEC);
        ck_assert_int_ge(fd, 0);
        begin_draining(&daemon, client);
        late = work_queue(client, &WORK_SLEEP(1));
        (void)gcasync_call_wait(late, client_deadline());
        ck_assert_int_eq(gcasync_call_get_error(late, NULL), GCASYNC_E_SHUTTING_DOWN);
        gcasync_call_unref(late);
        ck_assert_int_eq(write(fd, "go\n", 3), 3);
        ck_assert_int_eq(close(fd), 0);
        call_expect_state(running, GCASYNC_STATE_SUCCEEDED);
        ck_assert_int_eq(daemon_wait_end(&daemon), 0);
}
END_TEST

START_TEST(tasks_that_outlast_the_grace_are_aborted) {
        static const char *const arguments[] = { "--grace", "0", NULL };
        cleanup_(gcasync_client_unrefp) gcasync_client *client = NULL;
        gcasync_call *nap, *child;
        struct daemon daemon;
        uint64_t task;

        daemon_start(&daemon, &(struct daemon_options){ .arguments = arguments });
        client = client_connect(&daemon);
        nap = work_start(client, &WORK_SLEEP(3600000), &task);
        child = work_start(client, &WORK_EXEC("sleep", "3600"), &task);
        daemon_signal(&daemon, SIGTERM);
        call_expect_state(nap, GCASYNC_STATE_ABORTED);
        call_expect_state(child, GCASYNC_STATE_ABORTED);
        ck_assert_int_eq(daemon_wait_end(&daemon), 0);
}
END_TEST

START_TEST(a_second_signal_shortens_the_wait) {
        static const char *const arguments[] = { "--grace", "3600", NULL };
        cleanup_(gcasync_client_unrefp) gcasync_client *client = NULL;
        gcasync_call *nap;
        struct daemon daemon;
        uint64_t task;

        daemon_start(&daemon, &(struct daemon_options){ .arguments = arguments });
        client = client_connect(&daemon);
        nap = work_start(client, &WORK_SLEEP(3600000), &task);
        begin_draining(&daemon, client);
        daemon_signal(&daemon, SIGTERM);
        call_expect_state(nap, GCASYNC_STATE_ABORTED);
        ck_assert_int_eq(daemon_wait_end(&daemon), 0);
}
END_TEST

/* Tasks that nothing stops, of both sorts: one holds a thread of its own, one ignores every abort. */
START_TEST(tasks_that_do_not_end_do_not_keep_the_daemon) {
        static const struct {
                const char *kind;
                gcasync_state state; /* that it stays in */
        } rows[] = {
                { "unruly.block", GCASYNC_STATE_RUNNING },
                { "unruly.stubborn", GCASYNC_STATE_SUSPENDED },
        };

        for (size_t i = 0; i < SUITE_SIZE(rows); i++) {
                struct work endless = { .kind = rows[i].kind, .key = "n", .number = 3600000 };
                cleanup_(gcasync_client_unrefp) gcasync_client *client = NULL;
                struct daemon daemon;
                uint64_t task;

                daemon_start(&daemon, NULL);
                client = client_connect(&daemon);
                gcasync_call_unref(work_start(client, &endless, &task));
                task_wait_state(client, task, rows[i].state);
                /* Each signal goes to the next step, as time would. */
                for (int n = 0; n < 4; n++) {
                        daemon_signal(&daemon, SIGTERM);
                        (void)gcasync_ping(client, client_deadline());
                }
                ck_assert(is_refusal(daemon_wait_end(&daemon)));
                ck_assert_int_eq(access(daemon.socket, F_OK), -1);
        }
}
END_TEST

START_TEST(a_stopped_daemon_leaves_no_child_behind) {
        cleanup_(gcasync_client_unrefp) gcasync_client *client = NULL;
        cleanup_(closep) int fd = -1;
        char path[DAEMON_SOCKET_SIZE], script[256], byte;
        struct daemon daemon;

        daemon_start(&daemon, NULL);
        client = client_connect(&daemon);
        (void)snprintf(path, sizeof(path), "%s/fifo", getenv("TMPDIR"));
        ck_assert_int_eq(mkfifo(path, 0600), 0);
        /* Whoever has it open for writing, however distant a descendant, keeps us from reading its end. */
        (void)snprintf(script,
                       sizeof(script),
                       "exec 9>%s; echo >&9; sleep 3600 & sleep 3600 & wait",
                       path);
        (void)work_detach(client, &WORK_EXEC("sh", "-c", script));
        fd = open(path, O_RDONLY | O_CLOEXEC);
        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(read(fd, &byte, 1), 1);
        daemon_stop(&daemon);
        ck_assert_int_eq(read(fd, &byte, 1), 0);
}
END_TEST

/* ---- the log ---- */

START_TEST(what_clients_say_cannot_forge_the_log) {
        static const char *const arguments[] = { "--log-level", "debug", NULL };
        Gcasync__Request request = GCASYNC__REQUEST__INIT;
        Gcasync__Hello hello = GCASYNC__HELLO__INIT;
        cleanup_(closep) int fd = -1;
        char path[DAEMON_SOCKET_SIZE + 8], text[65536] = "";
        struct daemon daemon;
        struct peer peer;

        (void)snprintf(path, sizeof(path), "%s/log", getenv("TMPDIR"));
        fd = open(path, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
        ck_assert_int_ge(fd, 0);
        daemon_start(&daemon, &(struct daemon_options){ .arguments = arguments, .log_fd = fd });
        peer_connect(&peer, &daemon);
        hello.version_min = hello.version_max = 1;
        hello.client_name = message_text("evil\x1b[2J\ngcasyncd: forged line");
        request.body_case = GCASYNC__REQUEST__BODY_HELLO;
        request.hello = &hello;
        (void)peer_expect(&peer, peer_request(&peer, &request), GCASYNC__REPLY__BODY_WELCOME);
        peer_close(&peer);
        daemon_stop(&daemon);
        ck_assert_int_gt(pread(fd, text, sizeof(text) - 1, 0), 0);
        ck_assert_ptr_null(strchr(text, '\x1b'));
        ck_assert_ptr_null(strstr(text, "\ngcasyncd: forged line"));
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                a_second_daemon_is_refused_and_the_first_does_not_notice,
                of_many_starts_at_once_one_wins,
                a_stale_socket_is_replaced,
                a_file_in_the_sockets_place_is_left_alone,
                root_has_to_be_allowed,
                a_users_socket_is_the_users_alone,
                a_stopped_daemon_leaves_no_socket,
                draining_lets_tasks_finish_and_takes_no_new_ones,
                tasks_that_outlast_the_grace_are_aborted,
                a_second_signal_shortens_the_wait,
                tasks_that_do_not_end_do_not_keep_the_daemon,
                a_stopped_daemon_leaves_no_child_behind,
                what_clients_say_cannot_forge_the_log,
        };

        return scratch_run("lifecycle", tests, SUITE_SIZE(tests));
}
