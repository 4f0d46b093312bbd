/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/lock.h"
#include "helpers/suite.h"

struct gate {
        struct lock lock;
        pthread_cond_t condition;
        bool is_open;
};

static void gate_init(struct gate *gate) {
        lock_init(&gate->lock, LOCK_RANK_LEAF);
        lock_condition_init(&gate->condition);
        gate->is_open = false;
}

static void gate_deinit(struct gate *gate) {
        ck_assert_int_eq(pthread_cond_destroy(&gate->condition), 0);
        lock_deinit(&gate->lock);
}

static void *gate_open(void *data) {
        struct gate *gate = data;
        LOCK_SCOPE(&gate->lock);

        gate->is_open = true;
        ck_assert_int_eq(pthread_cond_signal(&gate->condition), 0);
        return NULL;
}

START_TEST(locks_in_rank_order_are_fine_again_and_again) {
        struct lock low, high;

        lock_init(&low, LOCK_RANK_QUEUE);
        lock_init(&high, LOCK_RANK_LEAF);
        for (int i = 0; i < 3; i++) {
                lock_take(&low);
                lock_take(&high);
                lock_assert_held(&low);
                lock_give(&high);
                lock_give(&low);
        }
        lock_deinit(&high);
        lock_deinit(&low);
}
END_TEST

START_TEST(scope_gives_the_lock_back) {
        struct lock lock;

        lock_init(&lock, LOCK_RANK_LEAF);
        {
                LOCK_SCOPE(&lock);
                lock_assert_held(&lock);
        }
        lock_take(&lock);
        lock_give(&lock);
        lock_deinit(&lock);
}
END_TEST

START_TEST(waiting_ends_when_the_condition_is_signalled) {
        struct gate gate;
        pthread_t thread;

        gate_init(&gate);
        lock_take(&gate.lock);
        ck_assert_int_eq(pthread_create(&thread, NULL, gate_open, &gate), 0);
        while (!gate.is_open)
                ck_assert_int_eq(lock_wait(&gate.lock, &gate.condition, CLOCK_NEVER), 0);
        lock_assert_held(&gate.lock);
        lock_give(&gate.lock);
        ck_assert_int_eq(pthread_join(thread, NULL), 0);
        gate_deinit(&gate);
}
END_TEST

START_TEST(waiting_ends_at_the_deadline_with_the_lock_held) {
        struct gate gate;
        int r;

        gate_init(&gate);
        lock_take(&gate.lock);
        do
                r = lock_wait(&gate.lock, &gate.condition, clock_monotonic_ns() + NS_PER_MS);
        while (r == 0);
        ck_assert_int_eq(r, ETIMEDOUT);
        lock_assert_held(&gate.lock);
        lock_give(&gate.lock);
        gate_deinit(&gate);
}
END_TEST

#ifdef GCASYNC_DEBUG_CHECKS

START_TEST(taking_a_lower_rank_aborts) {
        struct lock low, high;

        lock_init(&low, LOCK_RANK_QUEUE);
        lock_init(&high, LOCK_RANK_LEAF);
        lock_take(&high);
        lock_take(&low);
}
END_TEST

START_TEST(taking_a_lock_twice_aborts_instead_of_hanging) {
        struct lock lock, other;

        lock_init(&lock, LOCK_RANK_LEAF);
        lock_init(&other, LOCK_RANK_LEAF);
        lock_take(&lock);
        lock_take(&other);
}
END_TEST

START_TEST(giving_what_one_does_not_hold_aborts) {
        struct lock lock;

        lock_init(&lock, LOCK_RANK_LEAF);
        lock_give(&lock);
}
END_TEST

static void add_rank_tests(TCase *tcase) {
        tcase_add_test_raise_signal(tcase, taking_a_lower_rank_aborts, SIGABRT);
        tcase_add_test_raise_signal(tcase, taking_a_lock_twice_aborts_instead_of_hanging, SIGABRT);
        tcase_add_test_raise_signal(tcase, giving_what_one_does_not_hold_aborts, SIGABRT);
}

#else

static void add_rank_tests(TCase *tcase) {
        (void)tcase;
}

#endif

int main(void) {
        Suite *suite = suite_create("lock");
        TCase *tcase = tcase_create("lock");
        SRunner *runner = srunner_create(suite);
        int n_failed;

        suite_add_tcase(suite, tcase);
        tcase_add_test(tcase, locks_in_rank_order_are_fine_again_and_again);
        tcase_add_test(tcase, scope_gives_the_lock_back);
        tcase_add_test(tcase, waiting_ends_when_the_condition_is_signalled);
        tcase_add_test(tcase, waiting_ends_at_the_deadline_with_the_lock_held);
        add_rank_tests(tcase);
        srunner_run_all(runner, CK_ENV);
        n_failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return n_failed > 0;
}
