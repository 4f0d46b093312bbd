/* SPDX-License-Identifier: MIT */

/*
 * The tracker alone. Origins above tests are those of tokio-util's tests/task_tracker.rs; docs/tracker-tests.md has the
 * table, and test-tracker-tasks.c the rest.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <gcasync/runtime.h>

#include "helpers/suite.h"

static void count_call(void *data) {
        size_t *n = data;

        (*n)++;
}

/* open_close */
START_TEST(only_the_call_that_changed_the_state_is_told_so) {
        gca_tracker *tracker = gca_tracker_new();

        ck_assert(!gca_tracker_is_closed(tracker));
        ck_assert(!gca_tracker_reopen(tracker));
        ck_assert(gca_tracker_close(tracker));
        ck_assert(!gca_tracker_close(tracker));
        ck_assert(gca_tracker_is_closed(tracker));
        ck_assert(gca_tracker_reopen(tracker));
        ck_assert(!gca_tracker_reopen(tracker));
        ck_assert(!gca_tracker_is_closed(tracker));
        (void)gca_tracker_unref(tracker);
}
END_TEST

/* token_len */
START_TEST(count_follows_the_tokens) {
        gca_tracker *tracker = gca_tracker_new();

        for (size_t i = 1; i <= 10; i++) {
                gca_tracker_add(tracker);
                ck_assert_uint_eq(gca_tracker_get_count(tracker), i);
        }
        for (size_t i = 10; i-- > 0;) {
                ck_assert(!gca_tracker_is_empty(tracker));
                gca_tracker_done(tracker);
                ck_assert_uint_eq(gca_tracker_get_count(tracker), i);
        }
        ck_assert(gca_tracker_is_empty(tracker));
        (void)gca_tracker_unref(tracker);
}
END_TEST

START_TEST(closed_tracker_still_counts_new_tasks) {
        gca_tracker *tracker = gca_tracker_new();
        gca_tracker_wait *wait;
        size_t n = 0;

        gca_tracker_add(tracker);
        (void)gca_tracker_close(tracker);
        gca_tracker_add(tracker);
        ck_assert_uint_eq(gca_tracker_get_count(tracker), 2);
        wait = gca_tracker_wait_start(tracker, count_call, &n);
        gca_tracker_done(tracker);
        ck_assert_uint_eq(n, 0);
        gca_tracker_done(tracker);
        ck_assert_uint_eq(n, 1);
        ck_assert(!gca_tracker_wait_cancel(wait));
        (void)gca_tracker_unref(tracker);
}
END_TEST

/* notify_immediately, notify_immediately_on_reopen */
START_TEST(wait_on_a_drained_tracker_is_called_at_once) {
        gca_tracker *tracker = gca_tracker_new();
        size_t n = 0;

        (void)gca_tracker_close(tracker);
        ck_assert_ptr_null(gca_tracker_wait_start(tracker, count_call, &n));
        ck_assert_uint_eq(n, 1);
        /* Whatever happens afterwards. */
        (void)gca_tracker_reopen(tracker);
        (void)gca_tracker_close(tracker);
        ck_assert_uint_eq(n, 1);
        (void)gca_tracker_unref(tracker);
}
END_TEST

/* notify_on_close, notify_on_close_reopen */
START_TEST(wait_completes_on_close) {
        gca_tracker *tracker = gca_tracker_new();
        gca_tracker_wait *wait;
        size_t n = 0;

        wait = gca_tracker_wait_start(tracker, count_call, &n);
        ck_assert_uint_eq(n, 0);
        (void)gca_tracker_close(tracker);
        ck_assert_uint_eq(n, 1);
        (void)gca_tracker_reopen(tracker);
        (void)gca_tracker_close(tracker);
        ck_assert_uint_eq(n, 1);
        ck_assert(!gca_tracker_wait_cancel(wait));
        (void)gca_tracker_unref(tracker);
}
END_TEST

/* notify_on_last_task, notify_on_last_task_respawn */
START_TEST(wait_completes_on_the_last_task) {
        gca_tracker *tracker = gca_tracker_new();
        gca_tracker_wait *wait;
        size_t n = 0;

        gca_tracker_add(tracker);
        (void)gca_tracker_close(tracker);
        wait = gca_tracker_wait_start(tracker, count_call, &n);
        gca_tracker_done(tracker);
        gca_tracker_add(tracker);
        ck_assert_uint_eq(n, 1);
        gca_tracker_done(tracker);
        ck_assert_uint_eq(n, 1);
        (void)gca_tracker_wait_cancel(wait);
        (void)gca_tracker_unref(tracker);
}
END_TEST

/* no_notify_on_respawn_if_open */
START_TEST(wait_on_an_open_tracker_outlasts_its_tasks) {
        gca_tracker *tracker = gca_tracker_new();
        gca_tracker_wait *wait;
        size_t n = 0;

        gca_tracker_add(tracker);
        wait = gca_tracker_wait_start(tracker, count_call, &n);
        gca_tracker_done(tracker);
        gca_tracker_add(tracker);
        gca_tracker_done(tracker);
        ck_assert_uint_eq(n, 0);
        ck_assert(gca_tracker_wait_cancel(wait));
        (void)gca_tracker_close(tracker);
        ck_assert_uint_eq(n, 0);
        (void)gca_tracker_unref(tracker);
}
END_TEST

/* close_during_exit: the close comes at each of six points among five exits */
START_TEST(close_among_exits_completes_when_both_hold) {
        for (size_t when = 0; when <= 5; when++) {
                gca_tracker *tracker = gca_tracker_new();
                gca_tracker_wait *wait;
                size_t n = 0;

                for (size_t i = 0; i < 5; i++)
                        gca_tracker_add(tracker);
                wait = gca_tracker_wait_start(tracker, count_call, &n);
                for (size_t i = 0; i < 5; i++) {
                        if (i == when)
                                (void)gca_tracker_close(tracker);
                        ck_assert_uint_eq(n, 0);
                        gca_tracker_done(tracker);
                }
                ck_assert_uint_eq(n, when < 5);
                if (when == 5)
                        (void)gca_tracker_close(tracker);
                ck_assert_uint_eq(n, 1);
                (void)gca_tracker_wait_cancel(wait);
                (void)gca_tracker_unref(tracker);
        }
}
END_TEST

/* notify_many */
START_TEST(one_drain_tells_every_waiter_once) {
        gca_tracker *tracker = gca_tracker_new();
        gca_tracker_wait *waits[10];
        size_t n[10] = { 0 };

        for (size_t i = 0; i < 10; i++)
                waits[i] = gca_tracker_wait_start(tracker, count_call, &n[i]);
        (void)gca_tracker_close(tracker);
        for (size_t i = 0; i < 10; i++) {
                ck_assert_uint_eq(n[i], 1);
                ck_assert(!gca_tracker_wait_cancel(waits[i]));
        }
        (void)gca_tracker_unref(tracker);
}
END_TEST

/* TaskTrackerToken keeps the tracker (its documentation) */
START_TEST(token_and_wait_outlive_the_last_reference) {
        gca_tracker *tracker = gca_tracker_new();
        gca_tracker_wait *wait;
        size_t n = 0;

        gca_tracker_add(tracker);
        (void)gca_tracker_close(tracker);
        wait = gca_tracker_wait_start(tracker, count_call, &n);
        (void)gca_tracker_unref(tracker);
        gca_tracker_done(tracker);
        ck_assert_uint_eq(n, 1);
        ck_assert(!gca_tracker_wait_cancel(wait));
}
END_TEST

/* A callback that uses the tracker it is told of. */
struct again {
        gca_tracker *tracker;
        size_t n;
};

static void wait_again(void *data) {
        struct again *again = data;

        if (again->n++ == 0)
                ck_assert_ptr_null(gca_tracker_wait_start(again->tracker, wait_again, again));
}

START_TEST(callback_may_call_back_in) {
        struct again again = { .tracker = gca_tracker_new() };
        gca_tracker_wait *wait;

        wait = gca_tracker_wait_start(again.tracker, wait_again, &again);
        (void)gca_tracker_close(again.tracker);
        ck_assert_uint_eq(again.n, 2);
        (void)gca_tracker_wait_cancel(wait);
        (void)gca_tracker_unref(again.tracker);
}
END_TEST

/* ---- threads ---- */

enum {
        N_THREADS = 3,
        N_ROUNDS = 300,
        N_TOKENS = 20,
};

struct race {
        gca_tracker *tracker;
        pthread_barrier_t barrier;
        _Atomic size_t n_calls, n_closes;
};

static void race_on_drained(void *data) {
        struct race *race = data;

        atomic_fetch_add(&race->n_calls, 1);
}

static void *race_main(void *data) {
        struct race *race = data;

        for (size_t round = 0; round < N_ROUNDS; round++) {
                (void)pthread_barrier_wait(&race->barrier);
                for (size_t i = 0; i < N_TOKENS; i++) {
                        gca_tracker_add(race->tracker);
                        gca_tracker_done(race->tracker);
                }
                if (gca_tracker_close(race->tracker))
                        atomic_fetch_add(&race->n_closes, 1);
                gca_tracker_done(race->tracker);
                (void)pthread_barrier_wait(&race->barrier);
        }
        return NULL;
}

START_TEST(racing_closers_and_exits_fire_exactly_once) {
        struct race race = { .tracker = gca_tracker_new() };
        pthread_t threads[N_THREADS];

        (void)pthread_barrier_init(&race.barrier, NULL, N_THREADS + 1);
        for (size_t i = 0; i < N_THREADS; i++)
                ck_assert_int_eq(pthread_create(&threads[i], NULL, race_main, &race), 0);
        for (size_t round = 1; round <= N_ROUNDS; round++) {
                gca_tracker_wait *wait;

                (void)gca_tracker_reopen(race.tracker);
                for (size_t i = 0; i < N_THREADS; i++)
                        gca_tracker_add(race.tracker);
                wait = gca_tracker_wait_start(race.tracker, race_on_drained, &race);
                (void)pthread_barrier_wait(&race.barrier);
                (void)pthread_barrier_wait(&race.barrier);
                ck_assert_uint_eq(atomic_load(&race.n_closes), round);
                ck_assert_uint_eq(atomic_load(&race.n_calls), round);
                ck_assert(!gca_tracker_wait_cancel(wait));
        }
        for (size_t i = 0; i < N_THREADS; i++)
                (void)pthread_join(threads[i], NULL);
        (void)pthread_barrier_destroy(&race.barrier);
        (void)gca_tracker_unref(race.tracker);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                only_the_call_that_changed_the_state_is_told_so,
                count_follows_the_tokens,
                closed_tracker_still_counts_new_tasks,
                wait_on_a_drained_tracker_is_called_at_once,
                wait_completes_on_close,
                wait_completes_on_the_last_task,
                wait_on_an_open_tracker_outlasts_its_tasks,
                close_among_exits_completes_when_both_hold,
                one_drain_tells_every_waiter_once,
                token_and_wait_outlive_the_last_reference,
                callback_may_call_back_in,
                racing_closers_and_exits_fire_exactly_once,
        };

        return suite_run("tracker", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
