/* SPDX-License-Identifier: MIT */

/* Batching, callbacks and what they may do, deadlines, cancelling, event loops; on one thread. */

#include <check.h>
#include <poll.h>
#include <signal.h>
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

/* ---- batching ---- */

START_TEST(requests_are_written_in_one_batch_by_who_waits) {
        gcasync_submit_options options = kind("echo");
        size_t n_reads;

        begin();
        n_reads = fake_daemon_get_n_reads(daemon_);
        for (size_t i = 0; i < 100; i++)
                ck_assert_int_eq(gcasync_submit_async(client, &options, NULL, NULL, NULL), 0);
        ck_assert_uint_eq(gcasync_client_get_timeout_ns(client), 0);
        ck_assert_uint_eq(gcasync_client_get_pending(client), 100);
        drain(client);
        ck_assert_uint_eq(fake_daemon_get_n_reads(daemon_), n_reads + 1);
        ck_assert_uint_eq(fake_daemon_get_n_requests(daemon_), 101);
        end();
}
END_TEST

START_TEST(flush_writes_and_process_reads) {
        gcasync_call *call;
        struct pollfd fd;

        begin();
        call = submit(client, "echo");
        ck_assert_int_eq(gcasync_client_flush(client), 0);
        ck_assert_uint_eq(gcasync_client_get_timeout_ns(client), GCASYNC_NO_DEADLINE);
        fd = (struct pollfd){ .fd = gcasync_client_get_fd(client),
                              .events = gcasync_client_get_events(client) };
        ck_assert_int_eq(poll(&fd, 1, 20000), 1);
        ck_assert_int_eq(gcasync_client_process(client), 0);
        ck_assert(gcasync_call_is_done(call));
        ck_assert_int_eq(poll(&fd, 1, 0), 0);
        gcasync_call_unref(call);
        end();
}
END_TEST

START_TEST(much_more_than_the_socket_holds_goes_both_ways) {
        enum {
                SIZE = 256 << 10,
                N = 128
        };
        gcasync_builder *builder = gcasync_builder_new();
        gcasync_submit_options options = kind("echo");
        void *bytes = calloc(1, SIZE);

        begin();
        gcasync_builder_open_map(builder);
        gcasync_builder_key(builder, "value");
        gcasync_builder_bytes(builder, bytes, SIZE);
        gcasync_builder_close_map(builder);
        options.arguments = builder;
        for (size_t i = 0; i < N; i++)
                ck_assert_int_eq(gcasync_submit_async(client, &options, NULL, NULL, NULL), 0);
        drain(client);
        ck_assert_uint_eq(fake_daemon_get_n_requests(daemon_), N + 1);
        gcasync_builder_free(builder);
        free(bytes);
        end();
}
END_TEST

START_TEST(full_socket_wakes_the_loop_when_there_is_room) {
        enum {
                SIZE = 1 << 20
        };
        gcasync_submit_options options = kind("refuse");
        void *bytes = calloc(1, SIZE);
        struct pollfd fd;

        begin();
        fd = (struct pollfd){ .fd = gcasync_client_get_fd(client), .events = POLLIN };
        options.arguments_data = bytes;
        options.arguments_size = SIZE;
        for (size_t i = 0; i < 8; i++)
                ck_assert_int_eq(gcasync_submit_async(client, &options, NULL, NULL, NULL), 0);
        while (gcasync_client_get_pending(client) > 0) {
                int timeout_ms = gcasync_client_get_timeout_ns(client) == 0 ? 0 : 20000;

                fd.events = gcasync_client_get_events(client);
                ck_assert_int_ge(poll(&fd, 1, timeout_ms), timeout_ms > 0);
                ck_assert_int_eq(gcasync_client_process(client), 0);
        }
        free(bytes);
        end();
}
END_TEST

/* ---- callbacks ---- */

START_TEST(callbacks_run_in_the_order_of_the_replies) {
        struct record record = { .n = 0 };
        gcasync_call *calls[4];

        begin();
        for (size_t i = 0; i < 3; i++)
                calls[i] = submit_recorded(client, "hold", &record);
        calls[3] = submit_recorded(client, "release", &record);
        drain(client);
        ck_assert_uint_eq(record.n, 4);
        ck_assert_ptr_eq(record.calls[0], calls[2]);
        ck_assert_ptr_eq(record.calls[1], calls[1]);
        ck_assert_ptr_eq(record.calls[2], calls[0]);
        ck_assert_ptr_eq(record.calls[3], calls[3]);
        for (size_t i = 0; i < 4; i++)
                gcasync_call_unref(calls[i]);
        end();
}
END_TEST

static size_t n_callbacks, depth, depth_max;

static void submit_again(gcasync_call *call, void *data) {
        gcasync_submit_options options = kind("echo");
        size_t *n_left = data;

        ck_assert_int_eq(gcasync_call_get_error(call, NULL), 0);
        n_callbacks++;
        if (*n_left == 0)
                return;
        (*n_left)--;
        ck_assert_int_eq(gcasync_submit_async(client, &options, submit_again, data, NULL), 0);
}

START_TEST(callback_may_submit_again) {
        gcasync_submit_options options = kind("echo");
        size_t n_left = 1000;

        begin();
        for (size_t i = 0; i < 16; i++)
                ck_assert_int_eq(
                        gcasync_submit_async(client, &options, submit_again, &n_left, NULL), 0);
        while (n_callbacks < 1016)
                ck_assert_int_eq(gcasync_client_wait(client, soon()), 0);
        ck_assert_uint_eq(gcasync_client_get_pending(client), 0);
        end();
}
END_TEST

static void ping_blocking(gcasync_call *call, void *data) {
        (void)data;
        n_callbacks++;
        if (++depth > depth_max)
                depth_max = depth;
        ck_assert_int_eq(gcasync_ping(gcasync_call_get_client(call), soon()), 0);
        depth--;
}

START_TEST(blocking_calls_in_callbacks_do_not_nest_callbacks) {
        gcasync_submit_options options = kind("echo");

        begin();
        for (size_t i = 0; i < 200; i++)
                ck_assert_int_eq(gcasync_submit_async(client, &options, ping_blocking, NULL, NULL),
                                 0);
        drain(client);
        ck_assert_uint_eq(n_callbacks, 200);
        ck_assert_uint_eq(depth_max, 1);
        end();
}
END_TEST

/* In a callback: waits for another call that has one, which runs inside. */
static void wait_for_other(gcasync_call *call, void *data) {
        gcasync_call *other = data;

        ck_assert_int_eq(gcasync_call_wait(call, soon()), 0);
        ck_assert(!gcasync_call_is_done(other));
        ck_assert_int_eq(gcasync_call_wait(other, soon()), 0);
        ck_assert(gcasync_call_is_done(other));
        n_callbacks++;
}

START_TEST(callback_may_wait_for_a_call_with_a_callback) {
        gcasync_submit_options options = kind("echo");
        struct record record = { .n = 0 };
        gcasync_call *held, *release;

        begin();
        held = submit_recorded(client, "hold", &record);
        ck_assert_int_eq(gcasync_submit_async(client, &options, wait_for_other, held, NULL), 0);
        release = submit_recorded(client, "release", &record);
        ck_assert_int_eq(gcasync_call_wait(release, soon()), 0);
        ck_assert_uint_eq(n_callbacks, 1);
        ck_assert_uint_eq(record.n, 2);
        ck_assert_ptr_eq(record.calls[0], held);
        gcasync_call_unref(held);
        gcasync_call_unref(release);
        end();
}
END_TEST

static void cancel_other(gcasync_call *call, void *data) {
        (void)call;
        gcasync_call_cancel(data);
}

START_TEST(cancelled_call_gets_no_callback_even_if_answered_already) {
        gcasync_submit_options options = kind("release");
        struct record record = { .n = 0 };
        gcasync_call *held, *canceller = NULL, *release;

        begin();
        /*
         * The last one held is answered first: its callback cancels the other, whose
         * reply has come too.
         */
        held = submit_recorded(client, "hold", &record);
        options = kind("hold");
        ck_assert_int_eq(gcasync_submit_async(client, &options, cancel_other, held, &canceller), 0);
        release = submit(client, "release");
        ck_assert_int_eq(gcasync_call_wait(release, soon()), 0);
        ck_assert_int_eq(gcasync_call_wait(canceller, soon()), 0);
        ck_assert_uint_eq(record.n, 0);
        ck_assert_int_eq(gcasync_call_get_error(held, NULL), GCASYNC_E_CANCELLED);
        gcasync_call_unref(held);
        gcasync_call_unref(canceller);
        gcasync_call_unref(release);
        end();
}
END_TEST

static void unref_call(gcasync_call *call, void *data) {
        gcasync_call **owned = data;

        ck_assert_ptr_eq(call, *owned);
        *owned = gcasync_call_unref(call);
}

START_TEST(callback_may_unref_its_call) {
        gcasync_submit_options options = kind("echo");
        gcasync_call *owned = NULL;

        begin();
        ck_assert_int_eq(gcasync_submit_async(client, &options, unref_call, &owned, &owned), 0);
        drain(client);
        ck_assert_ptr_null(owned);
        end();
}
END_TEST

static void unref_client(gcasync_call *call, void *data) {
        struct record *record = data;

        gcasync_client_unref(gcasync_call_get_client(call));
        ck_assert_uint_eq(record->n, 0);
        n_callbacks++;
}

START_TEST(callback_may_unref_the_client_and_the_others_resolve_then) {
        gcasync_submit_options options = kind("echo");
        struct record record = { .n = 0 };
        gcasync_call *pending;

        begin();
        pending = submit_recorded(client, "hold", &record);
        ck_assert_int_eq(gcasync_submit_async(client, &options, unref_client, &record, NULL), 0);
        while (n_callbacks == 0)
                (void)gcasync_client_wait(client, soon());
        ck_assert_uint_eq(record.n, 1);
        ck_assert_int_eq(record.errors[0], GCASYNC_E_DISCONNECTED);
        gcasync_call_unref(pending);
        fake_daemon_stop(daemon_);
}
END_TEST

/* ---- deadlines and cancelling ---- */

START_TEST(call_times_out_at_its_deadline_and_its_late_reply_is_dropped) {
        struct record record = { .n = 0 };
        gcasync_call *call, *release;
        uint64_t deadline_ns;

        begin();
        call = submit_recorded(client, "hold", &record);
        deadline_ns = clock_add_ns(clock_monotonic_ns(), 20 * NS_PER_MS);
        gcasync_call_set_deadline(call, deadline_ns);
        ck_assert_uint_eq(gcasync_client_flush(client), 0);
        ck_assert_uint_eq(gcasync_client_get_timeout_ns(client), deadline_ns);
        ck_assert_int_eq(gcasync_client_wait(client, soon()), 0);
        ck_assert_uint_ge(clock_monotonic_ns(), deadline_ns);
        ck_assert_uint_eq(record.n, 1);
        ck_assert_int_eq(record.errors[0], GCASYNC_E_TIMED_OUT);
        ck_assert_uint_eq(gcasync_client_get_pending(client), 0);
        gcasync_call_unref(call);
        release = submit(client, "release");
        ck_assert_int_eq(gcasync_call_wait(release, soon()), 0);
        ck_assert_uint_eq(record.n, 1);
        gcasync_call_unref(release);
        end();
}
END_TEST

START_TEST(deadline_may_be_moved_and_taken_away) {
        gcasync_call *call, *release;

        begin();
        call = submit(client, "hold");
        ck_assert_int_eq(gcasync_client_flush(client), 0);
        gcasync_call_set_deadline(call, 5);
        ck_assert_uint_eq(gcasync_client_get_timeout_ns(client), 5);
        gcasync_call_set_deadline(call, 7);
        ck_assert_uint_eq(gcasync_client_get_timeout_ns(client), 7);
        gcasync_call_set_deadline(call, GCASYNC_NO_DEADLINE);
        ck_assert_uint_eq(gcasync_client_get_timeout_ns(client), GCASYNC_NO_DEADLINE);
        release = submit(client, "release");
        ck_assert_int_eq(gcasync_call_wait(call, soon()), 0);
        ck_assert_int_eq(gcasync_call_get_error(call, NULL), 0);
        gcasync_call_unref(call);
        gcasync_call_unref(release);
        end();
}
END_TEST

START_TEST(blocking_call_times_out_and_the_session_goes_on) {
        gcasync_submit_options options = kind("hold");
        gcasync_result *result = NULL;
        uint64_t deadline_ns;

        begin();
        deadline_ns = clock_add_ns(clock_monotonic_ns(), 20 * NS_PER_MS);
        ck_assert_int_eq(gcasync_submit(client, &options, deadline_ns, &result),
                         GCASYNC_E_TIMED_OUT);
        ck_assert_int_eq(gcasync_submit(client, &options, 0, &result), GCASYNC_E_TIMED_OUT);
        options = kind("release");
        ck_assert_int_eq(gcasync_submit(client, &options, soon(), &result), 0);
        gcasync_result_unref(result);
        end();
}
END_TEST

START_TEST(waiting_for_a_call_in_vain_leaves_it_pending) {
        gcasync_call *call;

        begin();
        call = submit(client, "hold");
        ck_assert_int_eq(gcasync_call_wait(call, clock_monotonic_ns()), GCASYNC_E_TIMED_OUT);
        ck_assert_int_eq(gcasync_call_get_error(call, NULL), GCASYNC_E_PENDING);
        ck_assert(!gcasync_call_is_done(call));
        ck_assert_int_eq(gcasync_client_wait(client, clock_monotonic_ns()), GCASYNC_E_TIMED_OUT);
        gcasync_call_unref(call);
        end();
}
END_TEST

START_TEST(cancelled_call_is_done_and_its_late_reply_is_dropped) {
        struct record record = { .n = 0 };
        gcasync_call *call, *release;

        begin();
        call = submit_recorded(client, "hold", &record);
        gcasync_call_cancel(call);
        ck_assert(gcasync_call_is_done(call));
        ck_assert_int_eq(gcasync_call_get_error(call, NULL), GCASYNC_E_CANCELLED);
        ck_assert_int_eq(gcasync_call_wait(call, soon()), 0);
        ck_assert_uint_eq(gcasync_client_get_pending(client), 0);
        gcasync_call_cancel(call);
        gcasync_call_unref(call);
        release = submit(client, "release");
        ck_assert_int_eq(gcasync_call_wait(release, soon()), 0);
        gcasync_call_cancel(release);
        ck_assert_int_eq(gcasync_call_get_error(release, NULL), 0);
        ck_assert_uint_eq(record.n, 0);
        gcasync_call_unref(release);
        end();
}
END_TEST

START_TEST(call_given_up_by_its_owner_is_answered_all_the_same) {
        struct record record = { .n = 0 };

        begin();
        gcasync_call_unref(submit_recorded(client, "echo", &record));
        drain(client);
        ck_assert_uint_eq(record.n, 1);
        ck_assert_int_eq(record.errors[0], 0);
        end();
}
END_TEST

/* ---- waking ---- */

START_TEST(wake_makes_the_fd_ready_until_processed) {
        struct pollfd fd;

        begin();
        fd = (struct pollfd){ .fd = gcasync_client_get_fd(client), .events = POLLIN };
        ck_assert_int_eq(poll(&fd, 1, 0), 0);
        ck_assert_int_eq(gcasync_client_wake(client), 0);
        ck_assert_int_eq(poll(&fd, 1, 0), 1);
        /* What waits does not take the wake-up away from the loop. */
        ck_assert_int_eq(gcasync_ping(client, soon()), 0);
        ck_assert_int_eq(poll(&fd, 1, 0), 1);
        ck_assert_int_eq(gcasync_client_process(client), 0);
        ck_assert_int_eq(poll(&fd, 1, 0), 0);
        end();
}
END_TEST

START_TEST(wake_before_the_fd_is_asked_for_counts) {
        struct pollfd fd;

        begin();
        ck_assert_int_eq(gcasync_client_wake(client), 0);
        fd = (struct pollfd){ .fd = gcasync_client_get_fd(client), .events = POLLIN };
        ck_assert_int_eq(poll(&fd, 1, 0), 1);
        ck_assert_int_eq(gcasync_client_process(client), 0);
        ck_assert_int_eq(poll(&fd, 1, 0), 0);
        end();
}
END_TEST

START_TEST(wake_ends_one_wait_even_the_next) {
        begin();
        ck_assert_int_eq(gcasync_client_wake(client), 0);
        ck_assert_int_eq(gcasync_client_wait(client, soon()), 0);
        ck_assert_int_eq(gcasync_client_wait(client, 0), GCASYNC_E_TIMED_OUT);
        end();
}
END_TEST

static void wake_on_signal(int number) {
        (void)number;
        (void)gcasync_client_wake(client);
}

START_TEST(signal_handler_may_wake) {
        begin();
        ck_assert(signal(SIGUSR1, wake_on_signal) != SIG_ERR);
        ck_assert_int_eq(raise(SIGUSR1), 0);
        ck_assert_int_eq(gcasync_client_wait(client, soon()), 0);
        end();
}
END_TEST

START_TEST(loop_is_not_kept_busy_after_the_end) {
        struct pollfd fd;
        gcasync_call *call;

        begin();
        fd = (struct pollfd){ .fd = gcasync_client_get_fd(client), .events = POLLIN };
        call = submit(client, "hang-up");
        ck_assert_int_eq(gcasync_client_flush(client), 0);
        ck_assert_int_eq(poll(&fd, 1, 20000), 1);
        ck_assert_int_eq(gcasync_client_process(client), GCASYNC_E_DISCONNECTED);
        ck_assert_int_eq(poll(&fd, 1, 0), 0);
        ck_assert_uint_eq(gcasync_client_get_timeout_ns(client), GCASYNC_NO_DEADLINE);
        gcasync_call_unref(call);
        end();
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                requests_are_written_in_one_batch_by_who_waits,
                flush_writes_and_process_reads,
                much_more_than_the_socket_holds_goes_both_ways,
                full_socket_wakes_the_loop_when_there_is_room,
                callbacks_run_in_the_order_of_the_replies,
                callback_may_submit_again,
                blocking_calls_in_callbacks_do_not_nest_callbacks,
                callback_may_wait_for_a_call_with_a_callback,
                cancelled_call_gets_no_callback_even_if_answered_already,
                callback_may_unref_its_call,
                callback_may_unref_the_client_and_the_others_resolve_then,
                call_times_out_at_its_deadline_and_its_late_reply_is_dropped,
                deadline_may_be_moved_and_taken_away,
                blocking_call_times_out_and_the_session_goes_on,
                waiting_for_a_call_in_vain_leaves_it_pending,
                cancelled_call_is_done_and_its_late_reply_is_dropped,
                call_given_up_by_its_owner_is_answered_all_the_same,
                wake_makes_the_fd_ready_until_processed,
                wake_before_the_fd_is_asked_for_counts,
                wake_ends_one_wait_even_the_next,
                signal_handler_may_wake,
                loop_is_not_kept_busy_after_the_end,
        };

        return suite_run("client-loop", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
