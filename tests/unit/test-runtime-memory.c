/* SPDX-License-Identifier: MIT */

/* Where memory is missing: what is made fails and leaves nothing behind, tasks fail, and go on. No worker
 * runs, so all of it is one thread's. */

#include <dirent.h>
#include <errno.h>

#include <gcasync/program.h>

#include "helpers/failing-malloc.h"
#include "helpers/runtime-host.h"
#include "helpers/suite.h"
#include "runtime/fair.h"
#include "runtime/timer.h"

static size_t count_descriptors(void) {
        DIR *folder = opendir("/proc/self/fd");
        size_t n = 0;

        while (readdir(folder))
                n++;
        (void)closedir(folder);
        return n;
}

START_TEST(runtime_that_cannot_be_made_leaves_nothing_behind) {
        static const gca_host_ops ops = { .size = sizeof(ops) };
        gca_runtime_options options = { .size = sizeof(options), .n_workers = 2, .host_ops = &ops };
        size_t n_descriptors = count_descriptors();
        size_t n_failures = 0;

        for (size_t n = 1;; n++) {
                size_t n_before = failing_malloc_count(), n_after;
                gca_runtime *runtime = NULL;
                bool has_failed;
                int r;

                failing_malloc_arm(n);
                r = gca_runtime_new(&options, &runtime);
                has_failed = failing_malloc_disarm();
                runtime = gca_runtime_free(runtime);
                n_after = failing_malloc_count();
                ck_assert_uint_eq(n_before, n_after);
                ck_assert_uint_eq(count_descriptors(), n_descriptors);
                ck_assert_int_eq(r, has_failed ? -ENOMEM : 0);
                if (!has_failed)
                        break;
                n_failures++;
        }
        ck_assert_uint_ge(n_failures, 4);
}
END_TEST

/* Needs memory for each thing that a task can need it for. */
static const gca_argument_spec specs[] = {
        { .name = "text", .type = GCA_TYPE_STRING, .default_text = "\"a longer text\"" },
};

static gca_poll greedy_poll(gca_task *task, void *state) {
        gca_watch *watch = state;

        gca_report_progress(task, 1, 2, "text");
        (void)gca_watch_timer(task, watch, 1);
        if (gca_task_get_id(task) % 2)
                return gca_fail(task, "code", "formatted %d", 1);
        return gca_succeed(task, gca_argument(task, 0));
}

HOST_KIND(greedy_kind,
          GCA_MODE_INLINE,
          greedy_poll,
          .state_size = 4096,
          .arguments = specs,
          .n_arguments = 1);

START_TEST(task_without_memory_fails_and_settles) {
        for (size_t n = 1, n_whole = 0; n_whole < 2; n++) {
                struct host host = { .n_workers = 1, .next_id = n };
                gca_task *task = NULL;
                gca_task_options options = { .size = sizeof(options),
                                             .kind = &greedy_kind,
                                             .id = n,
                                             .host_size = sizeof(struct host_task) };

                host_start(&host);
                failing_malloc_arm((n + 1) / 2);
                task = gca_task_new(host.runtime, &options);
                if (task)
                        gca_task_submit(task);
                n_whole += !failing_malloc_disarm();
                ck_assert_uint_eq(host.n_settled, task != NULL);
                /* A report may be under way, and hold the task. */
                host_run(&host, host.n_settled);
                ck_assert_uint_eq(atomic_load(&host.n_freed), task != NULL);
                host.runtime = gca_runtime_free(host.runtime);
        }
}
END_TEST

static gca_poll give_way_poll(gca_task *task, void *data) {
        size_t *n_polls = data;

        return (*n_polls)++ < 2 ? GCA_AGAIN : gca_succeed(task, gca_nil());
}

/* Builds a runtime without threads, runs a task on it: as far as it comes. Says how far. */
static int run_program(size_t *n_polls, bool *ret_is_spawned, bool *ret_has_failed) {
        gca_runtime_builder *builder = gca_runtime_builder_new();
        gca_tracker *tracker = gca_tracker_new();
        gca_runtime *runtime = NULL;
        size_t n_more = 0;
        int r = tracker ? 0 : -ENOMEM;

        gca_runtime_builder_set(builder, GCA_OPTION_FLAVOR, GCA_FLAVOR_CURRENT_THREAD, NULL);
        if (r == 0)
                r = gca_runtime_builder_build(builder, NULL, NULL, &runtime);
        (void)gca_runtime_builder_free(builder);
        if (r == 0) {
                *ret_is_spawned = true;
                r = GCA_BLOCK_ON(
                        runtime, NULL, .poll = give_way_poll, .data = n_polls, .tracker = tracker);
        }
        *ret_has_failed = failing_malloc_disarm();
        /* A task that could not be joined ends by itself. (An abort would copy its reason, which is not counted.) */
        if (runtime)
                (void)GCA_BLOCK_ON(runtime, NULL, .poll = give_way_poll, .data = &n_more);
        (void)gca_runtime_free(runtime);
        /* Whatever has failed: no token is left behind. (Not by Check, which needs memory itself.) */
        assert(!tracker || gca_tracker_is_empty(tracker));
        (void)gca_tracker_unref(tracker);
        return r;
}

START_TEST(program_without_memory_says_so_and_leaves_nothing_behind) {
        size_t n_descriptors = count_descriptors(), n_spawn_failures = 0;

        for (size_t n = 1;; n++) {
                size_t n_before = failing_malloc_count(), n_after, n_polls = 0;
                bool is_spawned = false, has_failed;
                int r;

                failing_malloc_arm(n);
                r = run_program(&n_polls, &is_spawned, &has_failed);
                n_after = failing_malloc_count();
                ck_assert_uint_eq(n_before, n_after);
                ck_assert_uint_eq(count_descriptors(), n_descriptors);
                ck_assert_int_eq(r, has_failed ? -ENOMEM : 0);
                ck_assert(r != 0 || n_polls == 3);
                n_spawn_failures += has_failed && is_spawned;
                if (!has_failed)
                        break;
        }
        ck_assert_uint_ge(n_spawn_failures, 2);
}
END_TEST

START_TEST(uids_without_a_line_of_their_own_share_one) {
        struct fair_item items[10] = { 0 };
        struct fair fair;

        fair_init(&fair);
        failing_malloc_arm(1);
        for (size_t i = 0; i < 10; i++) {
                items[i].uid = (uint32_t)i;
                items[i].cost = 1;
                list_init(&items[i].link);
                fair_push(&fair, &items[i]);
        }
        ck_assert(failing_malloc_disarm());
        fair_verify(&fair);
        for (size_t i = 0; i < 10; i++)
                ck_assert_ptr_eq(fair_pop(&fair), &items[i]);
        ck_assert_ptr_null(fair_pop(&fair));
        fair_deinit(&fair);
}
END_TEST

START_TEST(timer_without_memory_is_not_started) {
        struct timer timer = { 0 };
        struct timer_heap heap;
        int r;

        timer_heap_init(&heap);
        failing_malloc_arm(1);
        r = timer_heap_add(&heap, &timer, 1);
        (void)failing_malloc_disarm();
        ck_assert_int_eq(r, -ENOMEM);
        ck_assert(!timer_is_started(&timer));
        ck_assert_int_eq(timer_heap_add(&heap, &timer, 1), 0);
        timer_heap_remove(&heap, &timer);
        timer_heap_deinit(&heap);
}
END_TEST

static void never(void *data) {
        (void)data;
        ck_abort();
}

START_TEST(tracker_without_memory_takes_no_wait) {
        gca_tracker *tracker;
        gca_tracker_wait *wait;

        failing_malloc_arm(1);
        tracker = gca_tracker_new();
        (void)failing_malloc_disarm();
        ck_assert_ptr_null(tracker);
        tracker = gca_tracker_new();
        failing_malloc_arm(1);
        wait = gca_tracker_wait_start(tracker, never, NULL);
        (void)failing_malloc_disarm();
        ck_assert_ptr_null(wait);
        (void)gca_tracker_close(tracker);
        (void)gca_tracker_unref(tracker);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                runtime_that_cannot_be_made_leaves_nothing_behind,
                task_without_memory_fails_and_settles,
                program_without_memory_says_so_and_leaves_nothing_behind,
                uids_without_a_line_of_their_own_share_one,
                timer_without_memory_is_not_started,
                tracker_without_memory_takes_no_wait,
        };

        return suite_run("runtime-memory", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
