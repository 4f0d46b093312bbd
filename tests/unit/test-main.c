/* SPDX-License-Identifier: MIT */

/* GCASYNC_TEST(), and what GCASYNC_MAIN() calls. What they refuse is in tests/compile-fail/. */

#include <pthread.h>

#include <gcasync/main.h>

#include "helpers/suite.h"

static pthread_t polled_by;
static gca_heap *seen_heap;

static gca_poll look_body(gca_task *task, void *data) {
        ck_assert_ptr_null(data);
        polled_by = pthread_self();
        seen_heap = gca_runtime_get_heap(gca_task_get_runtime(task));
        return gca_succeed(task, gca_nil());
}

static gca_poll status_body(gca_task *task, void *data) {
        (void)data;
        return gca_succeed(task, gca_int(gca_task_region(task), 3));
}

/* A coroutine. */
static gca_value text_body(gca_task *task, void *data) {
        (void)data;
        if (gca_yield(task) != 0)
                return GCA_NO_VALUE;
        return gca_string(gca_task_region(task), "three", -1);
}

static gca_poll failing_body(gca_task *task, void *data) {
        (void)data;
        return gca_fail(task, "no-luck", "this line is meant to be here");
}

GCASYNC_TEST(by_default, look_body)
GCASYNC_TEST(with_workers, look_body, flavor(multi_thread), worker_threads(1))
GCASYNC_TEST(with_heap, look_body, heap(1), flavor(local))
GCASYNC_TEST(with_all,
             look_body,
             flavor(multi_thread),
             worker_threads(1 + 1),
             max_blocking_threads(2),
             thread_keep_alive_ms(100),
             thread_stack_bytes(1 << 18),
             thread_name("a-test"),
             body_stack_bytes(1 << 15),
             event_interval(7),
             task_memory_bytes(4096),
             hog_threshold_ms(2000),
             heap(0))
GCASYNC_TEST(with_status, status_body)
GCASYNC_TEST(with_text, text_body, heap(1))
GCASYNC_TEST(with_failure, failing_body)

/* tokio: test defaults to current_thread, and the body runs on the caller. */
START_TEST(test_runs_on_the_caller_where_nothing_is_said) {
        ck_assert_int_eq(by_default(), 0);
        ck_assert(pthread_equal(polled_by, pthread_self()));
        ck_assert_ptr_null(seen_heap);
}
END_TEST

START_TEST(options_have_their_effect) {
        ck_assert_int_eq(with_workers(), 0);
        ck_assert(!pthread_equal(polled_by, pthread_self()));
        ck_assert_int_eq(with_heap(), 0);
        ck_assert(pthread_equal(polled_by, pthread_self()));
        ck_assert_ptr_nonnull(seen_heap);
        ck_assert_int_eq(with_all(), 0);
}
END_TEST

START_TEST(status_is_an_int_that_the_body_returns) {
        ck_assert_int_eq(with_status(), 3);
        ck_assert_int_eq(with_text(), 0);
        ck_assert_int_eq(with_failure(), 1);
}
END_TEST

static void set_wrong(gca_runtime_builder *builder) {
        gca_runtime_builder_set(builder, GCA_OPTION_HEAP, 7, GCA_HERE);
}

/* tokio: Runtime::build fails with an error, and does not abort. */
START_TEST(runtime_that_cannot_be_is_a_status) {
        ck_assert_int_eq(gca_main_run("wrong", set_wrong, NULL, look_body, NULL), 1);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                test_runs_on_the_caller_where_nothing_is_said,
                options_have_their_effect,
                status_is_an_int_that_the_body_returns,
                runtime_that_cannot_be_is_a_status,
        };

        return suite_run("main", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
