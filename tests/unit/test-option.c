/* SPDX-License-Identifier: MIT */

/*
 * What a runtime's builder says of its options. The rules M1 to M21 are those of docs/runtime-options.md.
 */

#include <errno.h>
#include <stdlib.h>

#include <gcasync/option.h>
#include <gcasync/program.h>

#include "base/cleanup.h"
#include "helpers/suite.h"

/* What a build told, a line a fault. */
struct told {
        char text[2048];
        size_t n;
};

static void tell(const char *place, const char *text, void *data) {
        struct told *told = data;

        told->n += (size_t)snprintf(told->text + told->n,
                                    sizeof(told->text) - told->n,
                                    "%s: %s\n",
                                    place ? place : "-",
                                    text);
        ck_assert_uint_lt(told->n, sizeof(told->text));
}

/* Builds, which must fail; frees the builder. */
static void expect_told(gca_runtime_builder *builder, const char *expected) {
        struct told told = { .n = 0 };
        gca_runtime *runtime = NULL;

        ck_assert_int_eq(gca_runtime_builder_build(builder, tell, &told, &runtime), -EINVAL);
        ck_assert_ptr_null(runtime);
        ck_assert_str_eq(told.text, expected);
        ck_assert_ptr_null(gca_runtime_builder_free(builder));
}

static void expect_text_told(const char *text, const char *expected) {
        gca_runtime_builder *builder = gca_runtime_builder_new();

        gca_runtime_builder_parse(builder, text, "t");
        expect_told(builder, expected);
}

/* Builds a runtime from text, ends it. */
static void expect_text_taken(const char *text) {
        gca_runtime_builder *builder = gca_runtime_builder_new();
        struct told told = { .n = 0 };
        gca_runtime *runtime = NULL;
        int r;

        gca_runtime_builder_parse(builder, text, "t");
        r = gca_runtime_builder_build(builder, tell, &told, &runtime);
        ck_assert_msg(r == 0, "%s: %d: %s", text, r, told.text);
        ck_assert_ptr_null(gca_runtime_free(runtime));
        ck_assert_ptr_null(gca_runtime_builder_free(builder));
}

START_TEST(every_option_is_taken_as_text) {
        expect_text_taken("");
        expect_text_taken("flavor(current_thread)");
        expect_text_taken("flavor(local)");
        expect_text_taken("flavor(multi_thread), worker_threads(2)");
        expect_text_taken(" worker_threads ( 1 ) ,\n# a comment, that is none\nheap(1), # another\n"
                          "thread_name(\"a, b)\"), max_blocking_threads(1),");
        expect_text_taken(
                "worker_threads(1), thread_keep_alive_ms(1), thread_stack_bytes(262144), "
                "body_stack_bytes(16384), event_interval(1), task_memory_bytes(1099511627776), "
                "hog_threshold_ms(86400000) # the last");
}
END_TEST

/* tokio-macros: M4, M7, M8. */
START_TEST(unknown_option_is_named_with_those_that_there_are) {
        expect_text_told("worker_thread(2)", "t:1:1: " GCA_SAYS_UNKNOWN("worker_thread(2)") "\n");
        expect_text_told("tokio::flavor(2)", "t:1:1: " GCA_SAYS_UNKNOWN("tokio::flavor(2)") "\n");
        expect_text_told("options(flavor(local), heap(1))",
                         "t:1:1: " GCA_SAYS_UNKNOWN("options(flavor(local), heap(1))") "\n");
        expect_text_told(", heap(0)", "t:1:1: " GCA_SAYS_UNKNOWN("") "\n");
        expect_text_told("heap(0) heap", "t:1:1: " GCA_SAYS_UNKNOWN("heap(0) heap") "\n");
        expect_text_told("heap(0", "t:1:1: " GCA_SAYS_UNKNOWN("heap(0") "\n");
}
END_TEST

/* M5, M6. */
START_TEST(option_without_a_value_is_told_how_to_have_one) {
        expect_text_told("heap(0),\n worker_threads",
                         "t:2:2: " GCA_SAYS_NO_ARGUMENT("worker_threads", "worker_threads") "\n");
        expect_text_told("heap = 1", "t:1:1: " GCA_SAYS_NO_ARGUMENT("heap", "heap") "\n");
        expect_text_told("heap( )", "t:1:1: " GCA_SAYS_NO_ARGUMENT("heap", "heap") "\n");
        expect_text_told("current_thread",
                         "t:1:1: " GCA_SAYS_BARE_FLAVOR("current_thread", "current_thread") "\n");
}
END_TEST

/* M9, M11. */
START_TEST(value_of_a_wrong_type_is_told_the_right_one) {
        expect_text_told("worker_threads(\"2\")",
                         "t:1:16: " GCA_SAYS_NOT_INTEGER("worker_threads") "\n");
        expect_text_told("worker_threads( two)",
                         "t:1:17: " GCA_SAYS_NOT_INTEGER("worker_threads") "\n");
        expect_text_told("worker_threads(2.0)",
                         "t:1:16: " GCA_SAYS_NOT_INTEGER("worker_threads") "\n");
        expect_text_told("thread_name(io)", "t:1:13: " GCA_SAYS_NOT_TEXT("thread_name") "\n");
        expect_text_told("flavor(2)", "t:1:8: " GCA_SAYS_UNKNOWN_FLAVOR("2") "\n");
}
END_TEST

/* M12, M13. */
START_TEST(number_out_of_range_is_told_the_bound) {
        expect_text_told("worker_threads(0)",
                         "t:1:16: " GCA_SAYS_TOO_SMALL("worker_threads", "1") "\n");
        expect_text_told("worker_threads(-1)",
                         "t:1:16: " GCA_SAYS_TOO_SMALL("worker_threads", "1") "\n");
        expect_text_told("worker_threads(1025)",
                         "t:1:16: " GCA_SAYS_TOO_LARGE("worker_threads", "1024") "\n");
        expect_text_told("event_interval(99999999999999999999)",
                         "t:1:16: " GCA_SAYS_TOO_LARGE("event_interval", "1000000") "\n");
        expect_text_told("thread_stack_bytes(4096)",
                         "t:1:20: " GCA_SAYS_TOO_SMALL("thread_stack_bytes", "65536") "\n");
        expect_text_told("heap(2)", "t:1:6: " GCA_SAYS_TOO_LARGE("heap", "1") "\n");
}
END_TEST

START_TEST(thread_name_must_be_visible) {
        expect_text_told("thread_name(\"\")", "t:1:13: " GCA_SAYS_BLANK_NAME "\n");
        expect_text_told("thread_name(\"  \")", "t:1:13: " GCA_SAYS_BLANK_NAME "\n");
        expect_text_told("thread_name(\"a\033b\")", "t:1:13: " GCA_SAYS_BLANK_NAME "\n");
}
END_TEST

/* M14, M15. */
START_TEST(names_of_others_are_told_ours) {
        expect_text_told("core_threads(2)",
                         "t:1:1: " GCA_SAYS_RENAMED("core_threads", "worker_threads") "\n");
        expect_text_told("flavor(basic_scheduler)",
                         "t:1:8: " GCA_SAYS_RENAMED("basic_scheduler", "current_thread") "\n");
        expect_text_told("flavor(single_thread)",
                         "t:1:8: " GCA_SAYS_RENAMED("single_thread", "current_thread") "\n");
        expect_text_told("flavor(threaded_scheduler)",
                         "t:1:8: " GCA_SAYS_RENAMED("threaded_scheduler", "multi_thread") "\n");
        expect_text_told("flavor(threads)", "t:1:8: " GCA_SAYS_UNKNOWN_FLAVOR("threads") "\n");
}
END_TEST

/* M10. */
START_TEST(option_given_twice_is_refused_even_if_alike) {
        expect_text_told("heap(1), heap(1)", "t:1:15: " GCA_SAYS_TWICE("heap") "\n");
        expect_text_told("flavor(local), flavor(local)", "t:1:23: " GCA_SAYS_TWICE("flavor") "\n");
}
END_TEST

/* M16. */
START_TEST(worker_threads_are_refused_where_there_are_none) {
        expect_text_told("worker_threads(2), flavor(current_thread)",
                         "t:1:16: " GCA_SAYS_NOT_MULTI("worker_threads") "\n");
        expect_text_told("flavor(local), worker_threads(1)",
                         "t:1:31: " GCA_SAYS_NOT_MULTI("worker_threads") "\n");
}
END_TEST

START_TEST(all_faults_are_told_at_once) {
        expect_text_told(
                "flavor(basic), worker_threads(0),\nheap, no(1), heap(5)",
                "t:1:8: " GCA_SAYS_UNKNOWN_FLAVOR(
                        "basic") "\n"
                                 "t:1:31: " GCA_SAYS_TOO_SMALL(
                                         "worker_threads",
                                         "1") "\n"
                                              "t:2:1: " GCA_SAYS_NO_ARGUMENT(
                                                      "heap",
                                                      "heap") "\n"
                                                              "t:2:7: " GCA_SAYS_UNKNOWN(
                                                                      "no(1)") "\n"
                                                                               "t:2:19:"
                                                                               " " GCA_SAYS_TOO_LARGE(
                                                                                       "heap",
                                                                                       "1") "\n");
}
END_TEST

/* ---- as calls ---- */

START_TEST(place_of_a_call_is_told_with_its_fault) {
        gca_runtime_builder *builder = gca_runtime_builder_new();
        char expected[512];
        int line;

        line = __LINE__ + 1;
        gca_runtime_builder_set(builder, GCA_OPTION_WORKER_THREADS, 0, GCA_HERE);
        gca_runtime_builder_set(builder, (gca_option)99, 0, NULL);
        gca_runtime_builder_set(builder, GCA_OPTION_THREAD_NAME, 0, NULL);
        gca_runtime_builder_set_text(builder, GCA_OPTION_HEAP, "1", NULL);
        gca_runtime_builder_set(builder, GCA_OPTION_FLAVOR, 7, NULL);
        (void)snprintf(
                expected,
                sizeof(expected),
                "%s:%d: " GCA_SAYS_TOO_SMALL(
                        "worker_threads",
                        "1") "\n"
                             "-: " GCA_SAYS_UNKNOWN(
                                     "99") "\n"
                                           "-: " GCA_SAYS_NOT_TEXT(
                                                   "thread_name") "\n"
                                                                  "-: " GCA_SAYS_NOT_INTEGER(
                                                                          "heap") "\n"
                                                                                  "-:"
                                                                                  " " GCA_SAYS_UNKNOWN_FLAVOR(
                                                                                          "7") "\n",
                __FILE__,
                line);
        expect_told(builder, expected);
}
END_TEST

START_TEST(heap_is_made_or_given_not_both) {
        gca_runtime_builder *builder = gca_runtime_builder_new();
        gca_heap *heap = NULL;

        ck_assert_int_eq(gca_heap_new(NULL, &heap), 0);
        gca_runtime_builder_set_heap(builder, heap, NULL);
        gca_runtime_builder_set(builder, GCA_OPTION_HEAP, 1, "here");
        expect_told(builder, "here: " GCA_SAYS_TWO_HEAPS "\n");
        ck_assert_ptr_null(gca_heap_free(heap));
}
END_TEST

/* tokio: Builder docs, TOKIO_WORKER_THREADS. */
START_TEST(environment_counts_where_nothing_is_set) {
        gca_runtime_builder *builder = gca_runtime_builder_new();
        gca_runtime_metrics metrics;
        gca_runtime *runtime;

        ck_assert_int_eq(setenv("GCASYNC_WORKER_THREADS", "3", 1), 0);
        ck_assert_int_eq(gca_runtime_builder_build(builder, NULL, NULL, &runtime), 0);
        gca_runtime_get_metrics(runtime, &metrics);
        ck_assert_uint_eq(metrics.n_workers, 3);
        (void)gca_runtime_free(runtime);
        ck_assert_int_eq(setenv("GCASYNC_WORKER_THREADS", "none", 1), 0);
        expect_text_taken("worker_threads(1)");
        expect_text_taken("flavor(current_thread)");
        expect_told(builder,
                    "GCASYNC_WORKER_THREADS: " GCA_SAYS_NOT_INTEGER("worker_threads") "\n");
        ck_assert_int_eq(setenv("GCASYNC_WORKER_THREADS", "0", 1), 0);
        expect_text_told("",
                         "GCASYNC_WORKER_THREADS: " GCA_SAYS_TOO_SMALL("worker_threads", "1") "\n");
        ck_assert_int_eq(unsetenv("GCASYNC_WORKER_THREADS"), 0);
}
END_TEST

START_TEST(builder_says_the_same_again) {
        gca_runtime_builder *builder = gca_runtime_builder_new();
        struct told first = { .n = 0 }, second = { .n = 0 };
        gca_runtime *runtime = NULL;

        gca_runtime_builder_parse(builder, "flavor(local), worker_threads(1), heap(9)", "t");
        ck_assert_int_eq(gca_runtime_builder_build(builder, tell, &first, &runtime), -EINVAL);
        ck_assert_int_eq(gca_runtime_builder_build(builder, tell, &second, &runtime), -EINVAL);
        ck_assert_str_eq(first.text, second.text);
        ck_assert_int_eq(gca_runtime_builder_build(builder, NULL, NULL, &runtime), -EINVAL);
        (void)gca_runtime_builder_free(builder);
}
END_TEST

START_TEST(without_memory_there_is_no_builder_and_no_fault) {
        gca_runtime *runtime = NULL;

        gca_runtime_builder_set(NULL, GCA_OPTION_HEAP, 1, NULL);
        gca_runtime_builder_set_text(NULL, GCA_OPTION_THREAD_NAME, "a", NULL);
        gca_runtime_builder_parse(NULL, "heap(1)", "t");
        gca_runtime_builder_set_heap(NULL, NULL, NULL);
        gca_runtime_builder_set_thread_hooks(NULL, NULL);
        gca_runtime_builder_set_task_hooks(NULL, NULL);
        ck_assert_int_eq(gca_runtime_builder_build(NULL, tell, NULL, &runtime), -ENOMEM);
        ck_assert_ptr_null(gca_runtime_builder_free(NULL));
}
END_TEST

START_TEST(flavors_have_names) {
        ck_assert_str_eq(gca_flavor_to_string(GCA_FLAVOR_CURRENT_THREAD), "current_thread");
        ck_assert_str_eq(gca_flavor_to_string(GCA_FLAVOR_MULTI_THREAD), "multi_thread");
        ck_assert_str_eq(gca_flavor_to_string(GCA_FLAVOR_LOCAL), "local");
        ck_assert_str_eq(gca_flavor_to_string((gca_flavor)0), "unknown");
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                every_option_is_taken_as_text,
                unknown_option_is_named_with_those_that_there_are,
                option_without_a_value_is_told_how_to_have_one,
                value_of_a_wrong_type_is_told_the_right_one,
                number_out_of_range_is_told_the_bound,
                thread_name_must_be_visible,
                names_of_others_are_told_ours,
                option_given_twice_is_refused_even_if_alike,
                worker_threads_are_refused_where_there_are_none,
                all_faults_are_told_at_once,
                place_of_a_call_is_told_with_its_fault,
                heap_is_made_or_given_not_both,
                environment_counts_where_nothing_is_set,
                builder_says_the_same_again,
                without_memory_there_is_no_builder_and_no_fault,
                flavors_have_names,
        };

        return suite_run("option", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
