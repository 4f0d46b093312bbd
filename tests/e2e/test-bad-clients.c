/* SPDX-License-Identifier: MIT */

/* Clients that speak the protocol and behave badly: leave, do not read, come in crowds. */

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "helpers/peer.h"
#include "helpers/work.h"

/* ---- clients that leave ---- */

static void leave_while_connecting(struct daemon *daemon) {
        struct peer peer;

        for (int i = 0; i < 50; i++) {
                peer_connect(&peer, daemon);
                peer_close(&peer);
                peer_connect(&peer, daemon);
                peer_send(&peer, "\x05", 1);
                peer_close(&peer);
                /* Gone before the Welcome can be written. */
                peer_connect(&peer, daemon);
                (void)peer_hello(&peer, 1, 1);
                peer_close(&peer);
        }
}

START_TEST(clients_that_leave_before_their_welcome_leave_nothing) {
        expect_harmless(NULL, leave_while_connecting);
}
END_TEST

static void leave_running(struct daemon *daemon, const struct work *work) {
        gcasync_client *client = client_connect(daemon);
        uint64_t task;

        gcasync_call_unref(work_start(client, work, &task));
        gcasync_client_unref(client);
}

static void leave_while_working(struct daemon *daemon) {
        for (int i = 0; i < 10; i++) {
                leave_running(daemon, &WORK_SLEEP(3600000));
                leave_running(daemon, &WORK_EXEC("sleep", "3600"));
                leave_running(daemon,
                              &(struct work){ .kind = "core.spin", .key = "ms", .number = 60000 });
                leave_running(daemon,
                              &(struct work){ .kind = "core.hash",
                                              .key = "path",
                                              .text = "/proc/self/exe" });
        }
}

START_TEST(tasks_of_a_client_that_leaves_are_aborted) {
        expect_harmless(NULL, leave_while_working);
}
END_TEST

static void leave_with_unread_replies(struct daemon *daemon) {
        for (int i = 0; i < 10; i++) {
                gcasync_client *client = client_connect(daemon);
                struct work chatter = WORK_EXEC("yes");

                chatter.want_output = true;
                for (int64_t n = 0; n < 100; n++)
                        gcasync_call_unref(work_queue(client, &WORK_ECHO(n)));
                gcasync_call_unref(work_queue(client, &chatter));
                ck_assert_int_eq(gcasync_client_flush(client), 0);
                gcasync_client_unref(client);
        }
}

START_TEST(clients_may_leave_with_replies_unread) {
        expect_harmless(NULL, leave_with_unread_replies);
}
END_TEST

/* The task is over and forgotten, and its result still stands behind output that was never read. */
static void leave_with_unread_output(struct daemon *daemon) {
        cleanup_(gcasync_client_unrefp) gcasync_client *other = client_connect(daemon);

        for (int i = 0; i < 5; i++) {
                cleanup_(gcasync_result_unrefp) gcasync_result *result = NULL;
                gcasync_client *client = client_connect(daemon);
                struct work chatter = WORK_EXEC("head", "-c", "8000000", "/dev/zero");
                uint64_t task;

                chatter.want_output = true;
                gcasync_call_unref(work_start(client, &chatter, &task));
                ck_assert_int_eq(gcasync_await(other, task, 0, client_deadline(), &result), 0);
                ck_assert_int_eq(gcasync_ping(other, client_deadline()), 0);
                gcasync_client_unref(client);
        }
}

START_TEST(clients_may_leave_with_output_unread) {
        expect_harmless(NULL, leave_with_unread_output);
}
END_TEST

static void leave_waiting(struct daemon *daemon) {
        cleanup_(gcasync_client_unrefp) gcasync_client *owner = client_connect(daemon);
        uint64_t task = work_detach(owner, &WORK_SLEEP(3600000));
        gcasync_client *waiter = client_connect(daemon);
        gcasync_call *call = NULL;

        ck_assert_int_eq(gcasync_await_async(waiter, task, 0, NULL, NULL, &call), 0);
        gcasync_call_unref(call);
        ck_assert_int_eq(gcasync_ping(waiter, client_deadline()), 0);
        gcasync_client_unref(waiter);
        /* What it waited for has lost nothing but a waiter. */
        ck_assert_int_eq(gcasync_abort(owner, task, false, NULL, client_deadline(), NULL), 0);
        task_wait_state(owner, task, GCASYNC_STATE_ABORTED);
        ck_assert_int_eq(gcasync_remove(owner, task, client_deadline()), 0);
}

START_TEST(clients_may_leave_while_they_await) {
        expect_harmless(NULL, leave_waiting);
}
END_TEST

/* ---- clients that do not read ---- */

enum {
        ECHO_SIZE = 32 << 10,
        N_ECHOES = 2000,
};

/* Frames enough to back up any socket, each to be answered by one as large. */
static void fill_with_echoes(struct peer *peer, struct buffer *frames) {
        cleanup_(gcasync_builder_freep) gcasync_builder *builder = gcasync_builder_new();
        cleanup_(freep) char *text = malloc(ECHO_SIZE);
        Gcasync__Request request = GCASYNC__REQUEST__INIT;
        Gcasync__Submit submit = GCASYNC__SUBMIT__INIT;
        const void *arguments;
        size_t size;

        ck_assert_ptr_nonnull(text);
        memset(text, 'x', ECHO_SIZE);
        gcasync_builder_open_map(builder);
        gcasync_builder_key(builder, "value");
        gcasync_builder_string_n(builder, text, ECHO_SIZE);
        gcasync_builder_close_map(builder);
        ck_assert_int_eq(gcasync_builder_finish(builder, &arguments, &size), 0);
        submit.kind = message_text("core.echo");
        submit.arguments = message_bytes(arguments, size);
        request.body_case = GCASYNC__REQUEST__BODY_SUBMIT;
        request.submit = &submit;
        for (int i = 0; i < N_ECHOES; i++) {
                request.id = 0;
                (void)peer_encode(peer, frames, &request);
        }
}

/* Reads to the end, which may cut a frame. */
static void drain(struct peer *peer) {
        char bytes[4096];

        while (recv(peer->fd, bytes, sizeof(bytes), 0) > 0)
                ;
        peer_close(peer);
}

static void never_read(struct daemon *daemon) {
        cleanup_(buffer_deinit) struct buffer frames = { 0 };
        struct peer peer;

        peer_connect_greeted(&peer, daemon);
        fill_with_echoes(&peer, &frames);
        /* The daemon stops taking what it could not answer ... */
        ck_assert_uint_lt(
                peer_send_some(&peer, buffer_get_data(&frames), buffer_get_length(&frames), 500),
                buffer_get_length(&frames));
        /* ... serves others all the same ... */
        daemon_expect_healthy(daemon);
        /* ... and ends the session. What it had sent can still be read. */
        while (poll(&(struct pollfd){ .fd = peer.fd, .events = POLLRDHUP }, 1, 100) != 1)
                daemon_expect_healthy(daemon);
        drain(&peer);
}

START_TEST(a_reader_that_never_reads_is_dismissed) {
        static const char *const arguments[] = { "--limit", "slow-reader-ms=300", NULL };

        expect_harmless(&(struct daemon_options){ .arguments = arguments }, never_read);
}
END_TEST

static void read_late(struct daemon *daemon) {
        cleanup_(buffer_deinit) struct buffer frames = { 0 };
        struct peer peer;
        size_t sent = 0, n_results = 0;

        peer_connect_greeted(&peer, daemon);
        fill_with_echoes(&peer, &frames);
        /* Held up, but within its time: nothing is lost. */
        while (n_results < N_ECHOES) {
                const Gcasync__Reply *reply;

                sent += peer_send_some(&peer,
                                       buffer_get_data(&frames) + sent,
                                       buffer_get_length(&frames) - sent,
                                       n_results == 0 ? 200 : 0);
                reply = peer_receive(&peer);
                ck_assert_ptr_nonnull(reply);
                ck_assert_int_eq(reply->body_case, GCASYNC__REPLY__BODY_RESULT);
                ck_assert_int_eq(reply->result->state, GCASYNC__TASK_STATE__TASK_SUCCEEDED);
                n_results++;
        }
        peer_close(&peer);
}

START_TEST(a_reader_that_reads_late_gets_everything) {
        expect_harmless(NULL, read_late);
}
END_TEST

/* ---- crowds ---- */

enum {
        N_CROWD = 2000
};

/* Takes what the daemon says to a newcomer: true, welcome; false, busy. */
static bool is_welcome(struct peer *peer) {
        const Gcasync__Reply *reply = peer_receive(peer);

        ck_assert_ptr_nonnull(reply);
        if (reply->body_case == GCASYNC__REPLY__BODY_WELCOME)
                return true;
        ck_assert_int_eq(reply->body_case, GCASYNC__REPLY__BODY_ERROR);
        ck_assert_str_eq(error_code_to_name(reply->error->code), "busy");
        peer_expect_closed(peer);
        return false;
}

static unsigned connect_crowd(struct daemon *daemon, struct peer *peers, unsigned n) {
        Gcasync__Request request = GCASYNC__REQUEST__INIT;
        Gcasync__Hello hello = GCASYNC__HELLO__INIT;
        unsigned n_welcome = 0;

        hello.version_min = hello.version_max = 1;
        request.id = 1;
        request.body_case = GCASYNC__REQUEST__BODY_HELLO;
        request.hello = &hello;
        for (unsigned i = 0; i < n; i++) {
                cleanup_(buffer_deinit) struct buffer frame = { 0 };

                peer_connect(&peers[i], daemon);
                (void)peer_encode(&peers[i], &frame, &request);
                /* Who is refused may be so before this is written. */
                (void)peer_send_some(
                        &peers[i], buffer_get_data(&frame), buffer_get_length(&frame), 0);
        }
        for (unsigned i = 0; i < n; i++)
                n_welcome += is_welcome(&peers[i]);
        return n_welcome;
}

static void come_in_a_crowd(struct daemon *daemon) {
        cleanup_(freep) struct peer *peers = calloc(N_CROWD, sizeof(*peers));
        cleanup_(gcasync_client_unrefp) gcasync_client *early = client_connect(daemon);
        unsigned n_welcome;

        ck_assert_ptr_nonnull(peers);
        n_welcome = connect_crowd(daemon, peers, N_CROWD);
        ck_assert_uint_eq(n_welcome, gcasync_client_get_limit(early, "sessions") - 1);
        /* Who came before is served while the house is full. */
        work_expect_state(early, &WORK_SLEEP(1), GCASYNC_STATE_SUCCEEDED);
        for (unsigned i = 0; i < N_CROWD; i++)
                peer_close(&peers[i]);
}

START_TEST(of_2000_connections_those_past_the_limit_are_told_busy) {
        expect_harmless(NULL, come_in_a_crowd);
}
END_TEST

static void limit_descriptors(void *data) {
        (void)data;
        (void)setrlimit(RLIMIT_NOFILE, &(struct rlimit){ .rlim_cur = 64, .rlim_max = 64 });
}

static void exhaust_descriptors(struct daemon *daemon) {
        cleanup_(gcasync_client_unrefp) gcasync_client *early = client_connect(daemon);
        struct peer peers[100];
        unsigned n_welcome;

        n_welcome = connect_crowd(daemon, peers, 100);
        ck_assert_uint_gt(n_welcome, 5);
        ck_assert_uint_lt(n_welcome, 64);
        /* What needs no descriptor goes on; what does ends as well, one way or the other. */
        work_expect_state(early, &WORK_SLEEP(1), GCASYNC_STATE_SUCCEEDED);
        gcasync_result_unref(work_run(early, &WORK_EXEC("true")));
        for (unsigned i = 0; i < 100; i++)
                peer_close(&peers[i]);
}

START_TEST(without_descriptors_newcomers_are_told_busy) {
        expect_harmless(&(struct daemon_options){ .prepare = limit_descriptors },
                        exhaust_descriptors);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                clients_that_leave_before_their_welcome_leave_nothing,
                tasks_of_a_client_that_leaves_are_aborted,
                clients_may_leave_with_replies_unread,
                clients_may_leave_with_output_unread,
                clients_may_leave_while_they_await,
                a_reader_that_never_reads_is_dismissed,
                a_reader_that_reads_late_gets_everything,
                of_2000_connections_those_past_the_limit_are_told_busy,
                without_descriptors_newcomers_are_told_busy,
        };

        return scratch_run("bad-clients", tests, SUITE_SIZE(tests));
}
