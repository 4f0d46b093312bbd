/* SPDX-License-Identifier: MIT */

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/clock.h"
#include "helpers/suite.h"
#include "runtime/timer.h"

enum {
        N_TIMERS = 200,
        N_STEPS = 20000,
};

START_TEST(timers_fire_in_the_order_of_their_deadlines) {
        struct timer timers[100] = { 0 };
        struct timer_heap heap;
        size_t n = 0;

        timer_heap_init(&heap);
        for (size_t i = 0; i < 100; i++)
                ck_assert_int_eq(timer_heap_add(&heap, &timers[i], 37 * i % 100), 0);
        ck_assert_uint_eq(timer_heap_get_earliest(&heap), 0);
        for (struct timer *timer; (timer = timer_heap_pop(&heap, 99)); n++)
                ck_assert_uint_eq(37 * (size_t)(timer - timers) % 100, n);
        ck_assert_uint_eq(n, 100);
        timer_heap_deinit(&heap);
}
END_TEST

START_TEST(timer_does_not_fire_before_its_deadline) {
        struct timer timer = { 0 };
        struct timer_heap heap;

        timer_heap_init(&heap);
        ck_assert_int_eq(timer_heap_add(&heap, &timer, 10), 0);
        ck_assert_ptr_null(timer_heap_pop(&heap, 9));
        ck_assert(timer_is_started(&timer));
        ck_assert_ptr_eq(timer_heap_pop(&heap, 10), &timer);
        ck_assert(!timer_is_started(&timer));
        ck_assert_uint_eq(timer_heap_get_earliest(&heap), CLOCK_NEVER);
        timer_heap_deinit(&heap);
}
END_TEST

START_TEST(timer_started_again_moves) {
        struct timer a = { 0 }, b = { 0 };
        struct timer_heap heap;

        timer_heap_init(&heap);
        (void)timer_heap_add(&heap, &a, 10);
        (void)timer_heap_add(&heap, &b, 20);
        (void)timer_heap_add(&heap, &a, 30);
        ck_assert_ptr_eq(timer_heap_pop(&heap, 100), &b);
        (void)timer_heap_add(&heap, &b, 40);
        (void)timer_heap_add(&heap, &b, 5);
        ck_assert_ptr_eq(timer_heap_pop(&heap, 100), &b);
        timer_heap_remove(&heap, &a);
        timer_heap_remove(&heap, &a);
        timer_heap_deinit(&heap);
}
END_TEST

/* The model: deadlines in an array, 0 for a timer that is not started. */
static uint64_t model_get_earliest(const uint64_t *model) {
        uint64_t earliest = CLOCK_NEVER;

        for (size_t i = 0; i < N_TIMERS; i++)
                if (model[i] != 0 && model[i] < earliest)
                        earliest = model[i];
        return earliest;
}

static void step_heap_and_model(struct timer_heap *heap, struct timer *timers, uint64_t *model) {
        size_t i = (size_t)rand() % N_TIMERS;
        uint64_t deadline_ns = 1 + (uint64_t)rand() % 1000;
        struct timer *timer;

        switch (rand() % 4) {
        case 0:
        case 1:
                assert(timer_heap_add(heap, &timers[i], deadline_ns) == 0);
                model[i] = deadline_ns;
                break;
        case 2:
                timer_heap_remove(heap, &timers[i]);
                model[i] = 0;
                break;
        default:
                timer = timer_heap_pop(heap, deadline_ns);
                if (timer) {
                        assert(model[timer - timers] == model_get_earliest(model));
                        assert(model[timer - timers] <= deadline_ns);
                        model[timer - timers] = 0;
                } else {
                        assert(model_get_earliest(model) > deadline_ns);
                }
                break;
        }
}

START_TEST(heap_agrees_with_a_model_over_random_steps) {
        static struct timer timers[N_TIMERS];
        static uint64_t model[N_TIMERS];
        struct timer_heap heap;

        srand(1);
        timer_heap_init(&heap);
        for (size_t step = 0; step < N_STEPS; step++) {
                step_heap_and_model(&heap, timers, model);
                timer_heap_verify(&heap);
                assert(timer_heap_get_earliest(&heap) == model_get_earliest(model));
        }
        for (size_t i = 0; i < N_TIMERS; i++)
                timer_heap_remove(&heap, &timers[i]);
        timer_heap_deinit(&heap);
        timer_heap_deinit(&heap);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                timers_fire_in_the_order_of_their_deadlines,
                timer_does_not_fire_before_its_deadline,
                timer_started_again_moves,
                heap_agrees_with_a_model_over_random_steps,
        };

        return suite_run("timer", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
