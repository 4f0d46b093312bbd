/* SPDX-License-Identifier: MIT */

/* One client, several threads. */

#include <check.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "gcasync/client.h"
#include "helpers/client.h"
#include "helpers/fake-daemon.h"
#include "helpers/suite.h"

enum {
        N_THREADS = 4,
        N_CALLS = 300,
};

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

static pthread_t start(void *(*run)(void *data), void *data) {
        pthread_t thread;

        ck_assert_int_eq(pthread_create(&thread, NULL, run, data), 0);
        return thread;
}

static void join(pthread_t thread) {
        ck_assert_int_eq(pthread_join(thread, NULL), 0);
}

/* ---- blocking calls ---- */

/* Sends a number and expects it back. */
static void echo_number(int64_t number) {
        gcasync_builder *builder = gcasync_builder_new();
        gcasync_submit_options options = kind("echo");
        gcasync_result *result = NULL;
        gcasync_view value, element;
        int64_t echoed = 0;

        gcasync_builder_open_map(builder);
        gcasync_builder_key(builder, "n");
        gcasync_builder_int(builder, number);
        gcasync_builder_close_map(builder);
        options.arguments = builder;
        ck_assert_int_eq(gcasync_submit(client, &options, soon(), &result), 0);
        ck_assert_int_eq(gcasync_result_get_value(result, &value), 0);
        ck_assert_int_eq(gcasync_view_find(value, "n", &element), 0);
        ck_assert_int_eq(gcasync_view_get_int(element, &echoed), 0);
        ck_assert_int_eq(echoed, number);
        gcasync_result_unref(result);
        gcasync_builder_free(builder);
}

static void *echo_numbers(void *data) {
        int64_t base = *(int *)data * 1000000;

        for (int64_t i = 0; i < N_CALLS; i++)
                echo_number(base + i);
        return NULL;
}

START_TEST(blocking_calls_of_many_threads_each_get_their_own_answer) {
        pthread_t threads[N_THREADS];
        int numbers[N_THREADS];

        begin();
        for (int i = 0; i < N_THREADS; i++) {
                numbers[i] = i;
                threads[i] = start(echo_numbers, &numbers[i]);
        }
        for (int i = 0; i < N_THREADS; i++)
                join(threads[i]);
        ck_assert_uint_eq(gcasync_client_get_pending(client), 0);
        end();
}
END_TEST

static atomic_size_t n_called_back;

static void count_call(gcasync_call *call, void *data) {
        gcasync_result *result = NULL;

        (void)data;
        ck_assert_int_eq(gcasync_submit_finish(call, &result), 0);
        gcasync_result_unref(result);
        atomic_fetch_add(&n_called_back, 1);
}

static void *submit_with_callbacks(void *data) {
        gcasync_submit_options options = kind("echo");

        (void)data;
        for (size_t i = 0; i < N_CALLS; i++) {
                ck_assert_int_eq(gcasync_submit_async(client, &options, count_call, NULL, NULL), 0);
                if (i % 16 == 0)
                        ck_assert_int_eq(gcasync_client_flush(client), 0);
        }
        while (atomic_load(&n_called_back) < 2 * N_CALLS)
                ck_assert_int_eq(gcasync_client_wait(client, soon()), 0);
        (void)gcasync_client_wake(client);
        return NULL;
}

START_TEST(callbacks_and_blocking_calls_mix) {
        pthread_t threads[N_THREADS];
        int number = 7;

        begin();
        threads[0] = start(echo_numbers, &number);
        threads[1] = start(echo_numbers, &number);
        threads[2] = start(submit_with_callbacks, NULL);
        threads[3] = start(submit_with_callbacks, NULL);
        for (int i = 0; i < N_THREADS; i++)
                join(threads[i]);
        ck_assert_uint_eq(atomic_load(&n_called_back), 2 * N_CALLS);
        end();
}
END_TEST

/* ---- callbacks and the other threads ---- */

static void *ping(void *data) {
        (void)data;
        ck_assert_int_eq(gcasync_ping(client, soon()), 0);
        return NULL;
}

static void wait_for_thread_that_pings(gcasync_call *call, void *data) {
        (void)call;
        (void)data;
        join(start(ping, NULL));
        atomic_fetch_add(&n_called_back, 1);
}

START_TEST(slow_callback_does_not_keep_other_threads_from_their_replies) {
        gcasync_submit_options options = kind("echo");
        gcasync_call *call = NULL;

        begin();
        ck_assert_int_eq(
                gcasync_submit_async(client, &options, wait_for_thread_that_pings, NULL, &call), 0);
        ck_assert_int_eq(gcasync_call_wait(call, soon()), 0);
        ck_assert_uint_eq(atomic_load(&n_called_back), 1);
        gcasync_call_unref(call);
        end();
}
END_TEST

static sem_t held_is_done;
static pthread_t main_thread;

static void *wait_for_held(void *data) {
        ck_assert_int_eq(gcasync_call_wait(data, soon()), 0);
        ck_assert_int_eq(sem_post(&held_is_done), 0);
        return NULL;
}

static void release_and_wait(gcasync_call *call, void *data) {
        gcasync_submit_options options = kind("release");

        (void)call;
        (void)data;
        ck_assert_int_eq(gcasync_submit_async(client, &options, NULL, NULL, NULL), 0);
        ck_assert_int_eq(gcasync_client_flush(client), 0);
        /* If it was the other thread that read the reply, it runs this. */
        if (pthread_equal(pthread_self(), main_thread))
                ck_assert_int_eq(sem_wait(&held_is_done), 0);
}

START_TEST(thread_that_slept_reads_on_while_a_callback_runs) {
        gcasync_submit_options options = kind("echo");
        gcasync_call *held, *call = NULL;
        pthread_t thread;

        begin();
        ck_assert_int_eq(sem_init(&held_is_done, 0, 0), 0);
        main_thread = pthread_self();
        held = submit(client, "hold");
        thread = start(wait_for_held, held);
        ck_assert_int_eq(gcasync_submit_async(client, &options, release_and_wait, NULL, &call), 0);
        ck_assert_int_eq(gcasync_call_wait(call, soon()), 0);
        join(thread);
        gcasync_call_unref(held);
        gcasync_call_unref(call);
        end();
}
END_TEST

/* ---- what one thread does while another waits ---- */

static void *wake_client(void *data) {
        (void)data;
        ck_assert_int_eq(gcasync_client_wake(client), 0);
        return NULL;
}

START_TEST(wake_from_another_thread_ends_a_wait) {
        begin();
        for (size_t i = 0; i < 50; i++) {
                pthread_t thread = start(wake_client, NULL);

                ck_assert_int_eq(gcasync_client_wait(client, soon()), 0);
                join(thread);
        }
        end();
}
END_TEST

static void *time_call_out(void *data) {
        gcasync_call_set_deadline(data, clock_monotonic_ns());
        return NULL;
}

static void *cancel_call(void *data) {
        gcasync_call_cancel(data);
        return NULL;
}

static void expect_outcome(void *(*run)(void *data), int error) {
        gcasync_call *call = submit(client, "hold");
        pthread_t thread = start(run, call);

        ck_assert_int_eq(gcasync_call_wait(call, soon()), 0);
        ck_assert_int_eq(gcasync_call_get_error(call, NULL), error);
        join(thread);
        gcasync_call_unref(call);
}

START_TEST(deadline_and_cancelling_by_another_thread_end_a_wait) {
        begin();
        for (size_t i = 0; i < 50; i++) {
                expect_outcome(time_call_out, GCASYNC_E_TIMED_OUT);
                expect_outcome(cancel_call, GCASYNC_E_CANCELLED);
        }
        end();
}
END_TEST

static void *unref_client(void *data) {
        (void)data;
        gcasync_client_unref(client);
        return NULL;
}

START_TEST(last_unref_by_another_thread_ends_a_wait) {
        gcasync_call *call;
        pthread_t thread;

        for (size_t i = 0; i < 20; i++) {
                begin();
                call = submit(client, "hold");
                thread = start(unref_client, NULL);
                ck_assert_int_eq(gcasync_call_wait(call, soon()), GCASYNC_E_DISCONNECTED);
                join(thread);
                ck_assert_int_eq(gcasync_call_get_error(call, NULL), GCASYNC_E_DISCONNECTED);
                gcasync_call_unref(call);
                fake_daemon_stop(daemon_);
        }
}
END_TEST

static void *hold_until_disconnected(void *data) {
        gcasync_submit_options options = kind("hold");
        gcasync_result *result = NULL;

        (void)data;
        ck_assert_int_eq(gcasync_submit(client, &options, soon(), &result), GCASYNC_E_DISCONNECTED);
        return NULL;
}

START_TEST(disconnect_reaches_every_thread_that_waits) {
        pthread_t threads[N_THREADS];

        begin();
        for (int i = 0; i < N_THREADS; i++)
                threads[i] = start(hold_until_disconnected, NULL);
        while (gcasync_client_get_pending(client) < N_THREADS)
                ck_assert_int_eq(gcasync_ping(client, soon()), 0);
        gcasync_call_unref(submit(client, "hang-up"));
        (void)gcasync_client_flush(client);
        for (int i = 0; i < N_THREADS; i++)
                join(threads[i]);
        ck_assert(!gcasync_client_is_connected(client));
        end();
}
END_TEST

static atomic_bool is_over;

static void *read_result(void *data) {
        while (!atomic_load(&is_over)) {
                gcasync_result *result = gcasync_result_ref(data);
                gcasync_view value;

                ck_assert_int_eq(gcasync_result_get_value(result, &value), 0);
                ck_assert_int_eq(gcasync_view_get_type(value), GCASYNC_TYPE_MAP);
                gcasync_result_unref(result);
        }
        return NULL;
}

START_TEST(result_is_read_by_many_threads_at_once) {
        gcasync_builder *builder = gcasync_builder_new();
        gcasync_submit_options options = kind("echo");
        gcasync_result *result = NULL;
        pthread_t threads[N_THREADS];

        begin();
        gcasync_builder_open_map(builder);
        gcasync_builder_close_map(builder);
        options.arguments = builder;
        for (size_t i = 0; i < 20; i++) {
                atomic_store(&is_over, false);
                ck_assert_int_eq(gcasync_submit(client, &options, soon(), &result), 0);
                for (int k = 0; k < N_THREADS; k++)
                        threads[k] = start(read_result, result);
                atomic_store(&is_over, true);
                for (int k = 0; k < N_THREADS; k++)
                        join(threads[k]);
                result = gcasync_result_unref(result);
        }
        gcasync_builder_free(builder);
        end();
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                blocking_calls_of_many_threads_each_get_their_own_answer,
                callbacks_and_blocking_calls_mix,
                slow_callback_does_not_keep_other_threads_from_their_replies,
                thread_that_slept_reads_on_while_a_callback_runs,
                wake_from_another_thread_ends_a_wait,
                deadline_and_cancelling_by_another_thread_end_a_wait,
                last_unref_by_another_thread_ends_a_wait,
                disconnect_reaches_every_thread_that_waits,
                result_is_read_by_many_threads_at_once,
        };

        return suite_run("client-threads", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
