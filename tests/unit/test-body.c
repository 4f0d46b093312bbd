/* SPDX-License-Identifier: MIT */

/* Kinds that are coroutines: what they await, how they end, what is left of them. */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gcasync/heap.h>

#include "gc/heap.h"
#include "helpers/runtime-host.h"
#include "helpers/suite.h"

#define BODY_KIND(entry, body_, ...) \
        HOST_KIND(entry, GCA_MODE_BODY, NULL, .body = body_, ##__VA_ARGS__)

/* What bodies leave behind for their test; "a>b>c". */
static char trail[256];

static void leave_mark(const char *text) {
        size_t length = strlen(trail);

        (void)snprintf(trail + length, sizeof(trail) - length, "%s%s", length ? ">" : "", text);
}

static void leave_mark_later(void *data) {
        leave_mark(data);
}

static gca_value number(gca_task *task, int64_t n) {
        return gca_int(gca_task_region(task), n);
}

/* Runs one task to its end and returns it, with a reference. */
static gca_task *run_one(struct host *host, const gca_kind_entry *kind) {
        gca_task *task;

        host->n_workers = 1;
        host_start(host);
        task = host_submit_kept(host, kind);
        host_run(host, 1);
        return task;
}

static void end_one(struct host *host, gca_task *task) {
        (void)gca_task_unref(task);
        host_end(host);
}

static void expect_result(const gca_kind_entry *kind, int64_t result) {
        struct host host = { 0 };
        gca_task *task = run_one(&host, kind);

        ck_assert_msg(gca_task_get_state(task) == GCA_TASK_SUCCEEDED,
                      "%s: %s",
                      gca_task_state_to_string(gca_task_get_state(task)),
                      gca_task_get_failure_message(task));
        ck_assert_int_eq(host_task_of(task)->result, result);
        end_one(&host, task);
}

static void expect_failure(const gca_kind_entry *kind, const char *code) {
        struct host host = { 0 };
        gca_task *task = run_one(&host, kind);

        ck_assert_int_eq(gca_task_get_state(task), GCA_TASK_FAILED);
        ck_assert_str_eq(gca_task_get_failure_code(task), code);
        end_one(&host, task);
}

/* ---- awaits ---- */

static gca_value nap_body(gca_task *task, gca_region *region) {
        uint64_t begin_ns = gca_now_ns();

        ck_assert_int_eq(gca_await_sleep(task, 2 * NS_PER_MS), 0);
        ck_assert_uint_ge(gca_now_ns(), begin_ns + 2 * NS_PER_MS);
        ck_assert_int_eq(gca_await_timer(task, begin_ns), 0);
        return gca_int(region, 1);
}
BODY_KIND(nap_kind, nap_body);

START_TEST(sleep_ends_at_its_time_and_not_before) {
        expect_result(&nap_kind, 1);
}
END_TEST

static gca_value pipe_body(gca_task *task, gca_region *region) {
        unsigned events = 0;
        int fds[2];
        char byte;

        (void)region;
        ck_assert_int_eq(pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
        ck_assert_int_eq(gca_await_fd(task, fds[1], GCA_WRITABLE | GCA_READABLE, &events), 0);
        ck_assert_uint_eq(events, GCA_WRITABLE);
        ck_assert_int_eq(write(fds[1], "x", 1), 1);
        ck_assert_int_eq(gca_await_fd(task, fds[0], GCA_READABLE, NULL), 0);
        ck_assert_int_eq(read(fds[0], &byte, 1), 1);
        (void)close(fds[0]);
        (void)close(fds[1]);
        return number(task, byte);
}
BODY_KIND(pipe_kind, pipe_body);

START_TEST(descriptor_is_awaited) {
        expect_result(&pipe_kind, 'x');
}
END_TEST

static gca_value bad_body(gca_task *task, gca_region *region) {
        (void)region;
        ck_assert_int_eq(gca_await_fd(task, -1, GCA_READABLE, NULL), -EBADF);
        ck_assert_int_eq(gca_await_fd(task, 0, 0, NULL), -EINVAL);
        return number(task, 2);
}
BODY_KIND(bad_kind, bad_body);

START_TEST(what_cannot_be_awaited_is_an_error_at_once) {
        expect_result(&bad_kind, 2);
}
END_TEST

static gca_value child_body(gca_task *task, gca_region *region) {
        gca_child_end end = { 0 };
        pid_t pid = fork();
        int pidfd;

        (void)region;
        if (pid == 0)
                _exit(7);
        pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
        ck_assert_int_eq(gca_await_child(task, pidfd, &end), 0);
        ck_assert_int_eq(end.code, CLD_EXITED);
        ck_assert_int_lt(waitpid(pid, NULL, 0), 0);
        (void)close(pidfd);
        return number(task, end.status);
}
BODY_KIND(child_kind, child_body);

START_TEST(child_is_awaited_and_reaped) {
        expect_result(&child_kind, 7);
}
END_TEST

static void store_thread(void *data) {
        *(pthread_t *)data = pthread_self();
}

static gca_value call_body(gca_task *task, gca_region *region) {
        pthread_t thread = pthread_self();

        (void)region;
        ck_assert_int_eq(gca_await_call(task, store_thread, &thread), 0);
        return number(task, !pthread_equal(thread, pthread_self()));
}
BODY_KIND(call_kind, call_body);

START_TEST(call_runs_on_another_thread) {
        expect_result(&call_kind, 1);
}
END_TEST

static gca_value any_body(gca_task *task, gca_region *region) {
        gca_watch early = { 0 }, late = { 0 };
        gca_watch *const both[] = { &late, &early };

        (void)region;
        (void)gca_watch_timer(task, &late, UINT64_MAX - 1);
        (void)gca_watch_timer(task, &early, gca_now_ns() + NS_PER_MS);
        ck_assert_int_eq(gca_await_any(task, both, 2), 0);
        ck_assert(!gca_watch_take(&late) && gca_watch_take(&early));
        gca_watch_disarm(task, &late);
        return number(task, 3);
}
BODY_KIND(any_kind, any_body);

START_TEST(first_of_several_watches_is_awaited) {
        expect_result(&any_kind, 3);
}
END_TEST

/* What fires while something else is awaited is not lost. */
static gca_value kept_body(gca_task *task, gca_region *region) {
        gca_watch early = { 0 };

        (void)region;
        (void)gca_watch_timer(task, &early, gca_now_ns());
        ck_assert_int_eq(gca_await_sleep(task, 3 * NS_PER_MS), 0);
        ck_assert(!gca_watch_is_armed(&early));
        ck_assert_int_eq(gca_await_any(task, (gca_watch *[]){ &early }, 1), 0);
        ck_assert(gca_watch_take(&early));
        return number(task, 4);
}
BODY_KIND(kept_kind, kept_body);

START_TEST(watch_that_fires_meanwhile_is_found_fired) {
        expect_result(&kept_kind, 4);
}
END_TEST

/* ---- turns and places ---- */

static gca_value turn_body(gca_task *task, gca_region *region) {
        char name[2] = { (char)('a' + gca_task_get_id(task) - 1), '\0' };

        for (int i = 0; i < 3; i++) {
                leave_mark(name);
                ck_assert_int_eq(gca_yield(task), 0);
        }
        return gca_int(region, 0);
}
BODY_KIND(turn_kind, turn_body);

START_TEST(bodies_that_give_way_take_turns) {
        struct host host = { .n_workers = 1 };

        host_start(&host);
        (void)host_submit(&host, &turn_kind);
        (void)host_submit(&host, &turn_kind);
        host_run(&host, 2);
        ck_assert_msg(strstr(trail, "a>b>a>b") || strstr(trail, "b>a>b>a"), "%s", trail);
        host_end(&host);
}
END_TEST

static gca_value stay_body(gca_task *task, gca_region *region) {
        pthread_t thread = pthread_self();

        (void)region;
        for (int i = 0; i < 50; i++) {
                ck_assert_int_eq(i % 5 ? gca_yield(task) : gca_await_sleep(task, 10000), 0);
                ck_assert(pthread_equal(thread, pthread_self()));
        }
        return number(task, 0);
}
BODY_KIND(stay_kind, stay_body);

START_TEST(body_stays_on_its_thread) {
        struct host host = { .n_workers = 4 };

        host_start(&host);
        for (int i = 0; i < 100; i++)
                (void)host_submit(&host, &stay_kind);
        host_run(&host, 100);
        host_end(&host);
}
END_TEST

static gca_value sleep_body(gca_task *task, gca_region *region) {
        uint64_t id = gca_task_get_id(task);

        ck_assert_int_eq(gca_await_sleep(task, (id % 5 + 1) * NS_PER_MS), 0);
        ck_assert_uint_eq(id, gca_task_get_id(task));
        return gca_int(region, (int64_t)id);
}
BODY_KIND(sleep_kind, sleep_body);

START_TEST(thousands_sleep_at_once) {
        struct host host = { .n_workers = 2 };

        host_start(&host);
        for (int i = 0; i < 3000; i++)
                (void)host_submit(&host, &sleep_kind);
        host_run(&host, 3000);
        host_end(&host);
}
END_TEST

/* ---- values ---- */

/* In scopes that stay open across awaits; the region is the task's own. */
static gca_value scope_body(gca_task *task, gca_region *region) {
        int64_t sum = 0;

        for (int i = 0; i < 20; i++) {
                gca_scope scope;
                gca_value list;

                gca_scope_begin(region, &scope);
                list = gca_list(region, (gca_value[]){ gca_int(region, INT64_MAX - i) }, 1);
                ck_assert_int_eq(gca_yield(task), 0);
                list = gca_scope_end(region, &scope, list);
                sum += INT64_MAX - gca_get_int(gca_get_element(list, 0));
        }
        return gca_int(region, sum);
}
BODY_KIND(scope_kind, scope_body);

START_TEST(values_of_a_scope_survive_an_await) {
        expect_result(&scope_kind, 190);
}
END_TEST

static void collect(void *data) {
        (void)gca_heap_collect(data, true);
}

/* A cycle of the collector at every await: what the body took stays. */
static gca_value publish_body(gca_task *task, gca_region *region) {
        gca_value cell = gca_cell_new(region, gca_nil());
        gca_value text = gca_publish(region, gca_string(region, "kept by its entry", -1));

        for (int i = 1; i <= 10; i++) {
                gca_value list = gca_list(region, (gca_value[]){ text, gca_int(region, i) }, 2);

                ck_assert_int_eq(gca_cell_set(region, cell, list), 0);
                ck_assert_int_eq(gca_await_call(task, collect, host_of(task)->heap), 0);
        }
        ck_assert_str_eq(gca_get_string(text, NULL), "kept by its entry");
        return gca_get_element(gca_cell_get(region, cell), 1);
}
BODY_KIND(publish_kind, publish_body);

START_TEST(published_values_survive_awaits) {
        gca_heap_options options = { .size = sizeof(options) };
        struct host host = { 0 };
        gca_task *task;

        ck_assert_int_eq(gca_heap_new(&options, &host.heap), 0);
        task = run_one(&host, &publish_kind);
        ck_assert_int_eq(host_task_of(task)->result, 10);
        end_one(&host, task);
        host.heap = gca_heap_free(host.heap);
}
END_TEST

/* ---- ends ---- */

static gca_value fail_body(gca_task *task, gca_region *region) {
        (void)region;
        return gca_body_fail(task, "not-today", "it is %s", "late");
}
BODY_KIND(fail_kind, fail_body);

static gca_value fail_early_body(gca_task *task, gca_region *region) {
        (void)region;
        (void)gca_fail(task, "not-yet", "it is %s", "early");
        ck_assert_int_eq(gca_yield(task), 0);
        return GCA_NO_VALUE;
}
BODY_KIND(fail_early_kind, fail_early_body);

static gca_value mute_body(gca_task *task, gca_region *region) {
        (void)task;
        (void)region;
        return GCA_NO_VALUE;
}
BODY_KIND(mute_kind, mute_body);

static gca_value greedy_body(gca_task *task, gca_region *region) {
        (void)task;
        return gca_list(region, (gca_value[]){ gca_bytes(region, NULL, 8 << 20) }, 1);
}
BODY_KIND(greedy_kind, greedy_body);

START_TEST(no_value_fails_with_the_reason_there_is) {
        expect_failure(&fail_kind, "not-today");
        expect_failure(&fail_early_kind, "not-yet");
        expect_failure(&mute_kind, "kind-fault");
        expect_failure(&greedy_kind, "memory-limit");
}
END_TEST

static gca_value deferring_body(gca_task *task, gca_region *region) {
        ck_assert_int_eq(gca_defer(task, leave_mark_later, (void *)"first"), 0);
        ck_assert_int_eq(gca_yield(task), 0);
        ck_assert_int_eq(gca_defer(task, leave_mark_later, (void *)"second"), 0);
        leave_mark("body");
        return gca_int(region, 5);
}
BODY_KIND(deferring_kind, deferring_body);

START_TEST(deferred_calls_come_last_in_first_out) {
        expect_result(&deferring_kind, 5);
        ck_assert_str_eq(trail, "body>second>first");
}
END_TEST

/* ---- abort ---- */

static gca_value endless_body(gca_task *task, gca_region *region) {
        (void)region;
        ck_assert_int_eq(gca_defer(task, leave_mark_later, (void *)"cleaned"), 0);
        gca_report_progress(task, 1, 1, NULL);
        ck_assert_int_eq(gca_await_any(task, NULL, 0), GCA_ABORTED);
        ck_assert(gca_is_aborting(task));
        ck_assert_int_eq(gca_await_sleep(task, NS_PER_S * 1000), GCA_ABORTED);
        ck_assert_int_eq(gca_await_call(task, leave_mark_later, (void *)"never"), GCA_ABORTED);
        leave_mark("body");
        return GCA_NO_VALUE;
}
BODY_KIND(endless_kind, endless_body);

static void abort_it(struct host *host, gca_task *task) {
        (void)host;
        (void)gca_task_abort(task, GCA_ABORT_REQUEST, "enough");
}

static void expect_abort(const gca_kind_entry *kind, gca_task_state state, const char *marks) {
        struct host host = { .on_progress = abort_it };
        gca_task *task = run_one(&host, kind);

        ck_assert_msg(gca_task_get_state(task) == state,
                      "%s",
                      gca_task_state_to_string(gca_task_get_state(task)));
        ck_assert_str_eq(trail, marks);
        end_one(&host, task);
}

START_TEST(abort_ends_every_await_and_the_body_unwinds) {
        expect_abort(&endless_kind, GCA_TASK_ABORTED, "body>cleaned");
}
END_TEST

static gca_value steadfast_body(gca_task *task, gca_region *region) {
        gca_report_progress(task, 1, 1, NULL);
        (void)gca_await_any(task, NULL, 0);
        return gca_int(region, 1);
}
BODY_KIND(steadfast_kind, steadfast_body);

START_TEST(value_returned_after_an_abort_stands) {
        expect_abort(&steadfast_kind, GCA_TASK_SUCCEEDED, "");
}
END_TEST

static void clean_slowly(void *data) {
        gca_task *task = data;

        ck_assert_int_eq(gca_await_sleep(task, NS_PER_MS), 0);
        leave_mark("slept");
        ck_assert_int_eq(gca_yield(task), 0);
}

static gca_value slow_end_body(gca_task *task, gca_region *region) {
        (void)region;
        ck_assert_int_eq(gca_defer(task, clean_slowly, task), 0);
        gca_report_progress(task, 1, 1, NULL);
        ck_assert_int_eq(gca_await_sleep(task, NS_PER_S * 1000), GCA_ABORTED);
        return GCA_NO_VALUE;
}
BODY_KIND(slow_end_kind, slow_end_body);

START_TEST(what_is_deferred_may_await_after_an_abort) {
        expect_abort(&slow_end_kind, GCA_TASK_ABORTED, "slept");
}
END_TEST

static void kill_again(struct host *host, gca_task *task) {
        gca_task_info info;

        gca_task_get_info(task, &info);
        (void)gca_task_abort(
                task, info.progress_done == 1 ? GCA_ABORT_REQUEST : GCA_ABORT_KILL, NULL);
        (void)host;
}

static void clean_for_ever(void *data) {
        gca_report_progress(data, 2, 2, NULL);
        ck_assert_int_eq(gca_await_sleep(data, NS_PER_S * 1000), GCA_ABORTED);
        leave_mark("killed");
}

static gca_value tough_body(gca_task *task, gca_region *region) {
        (void)region;
        ck_assert_int_eq(gca_defer(task, clean_for_ever, task), 0);
        gca_report_progress(task, 1, 1, NULL);
        ck_assert_int_eq(gca_await_sleep(task, NS_PER_S * 1000), GCA_ABORTED);
        return GCA_NO_VALUE;
}
BODY_KIND(tough_kind, tough_body);

START_TEST(kill_cuts_clean_ups_short) {
        struct host host = { .on_progress = kill_again };
        gca_task *task = run_one(&host, &tough_kind);

        ck_assert_int_eq(gca_task_get_state(task), GCA_TASK_ABORTED);
        ck_assert_str_eq(trail, "killed");
        end_one(&host, task);
}
END_TEST

static gca_value unborn_body(gca_task *task, gca_region *region) {
        (void)task;
        (void)region;
        leave_mark("ran");
        return gca_nil();
}
BODY_KIND(unborn_kind, unborn_body);

START_TEST(body_aborted_before_it_begins_never_runs) {
        struct host host = { .n_workers = 1 };
        gca_task_info info;
        gca_task *task;

        host_start(&host);
        task = host_submit_kept(&host, &unborn_kind);
        (void)gca_task_abort(task, GCA_ABORT_REQUEST, NULL);
        host_run(&host, 1);
        ck_assert_int_eq(gca_task_get_state(task), GCA_TASK_ABORTED);
        gca_task_get_info(task, &info);
        ck_assert_uint_eq(info.stack_bytes, 0);
        ck_assert_str_eq(trail, "");
        end_one(&host, task);
}
END_TEST

/* Does not look at what its awaits return: others run all the same. */
static _Atomic bool has_other_run;

static gca_value deaf_body(gca_task *task, gca_region *region) {
        gca_report_progress(task, 1, 1, NULL);
        while (!has_other_run)
                (void)gca_await_sleep(task, NS_PER_S * 1000);
        return gca_int(region, 0);
}
BODY_KIND(deaf_kind, deaf_body);

static gca_value other_body(gca_task *task, gca_region *region) {
        has_other_run = true;
        (void)task;
        return gca_int(region, 0);
}
BODY_KIND(other_kind, other_body);

static void abort_and_submit(struct host *host, gca_task *task) {
        (void)gca_task_abort(task, GCA_ABORT_REQUEST, NULL);
        (void)host_submit(host, &other_kind);
}

START_TEST(body_that_ignores_its_abort_leaves_the_worker_to_others) {
        struct host host = { .n_workers = 1, .on_progress = abort_and_submit };

        host_start(&host);
        (void)host_submit(&host, &deaf_kind);
        host_run(&host, 2);
        host_end(&host);
}
END_TEST

static _Atomic bool has_been_aborted;

static void wait_for_abort(void *data) {
        while (!has_been_aborted)
                (void)sched_yield();
        *(bool *)data = true;
}

static void abort_and_tell(struct host *host, gca_task *task) {
        abort_it(host, task);
        has_been_aborted = true;
}

/* Its call's argument lies in the body's frame. */
static gca_value calling_body(gca_task *task, gca_region *region) {
        bool has_run = false;
        int r;

        (void)region;
        gca_report_progress(task, 1, 1, NULL);
        r = gca_await_call(task, wait_for_abort, &has_run);
        ck_assert((r == 0 && has_run) || (r == GCA_ABORTED && !has_run));
        ck_assert_int_eq(gca_yield(task), GCA_ABORTED);
        leave_mark("returned");
        return GCA_NO_VALUE;
}
BODY_KIND(calling_kind, calling_body);

START_TEST(call_that_runs_is_waited_for_in_spite_of_an_abort) {
        struct host host = { .on_progress = abort_and_tell };
        gca_task *task = run_one(&host, &calling_kind);

        ck_assert_int_eq(gca_task_get_state(task), GCA_TASK_ABORTED);
        ck_assert_str_eq(trail, "returned");
        end_one(&host, task);
}
END_TEST

START_TEST(deadline_ends_the_await) {
        struct host host = { .n_workers = 1 };
        gca_task_info info;
        gca_task *task;

        host_start(&host);
        task = gca_task_ref(
                host_make_task(&host, &endless_kind, clock_monotonic_ns() + 100 * NS_PER_MS));
        gca_task_submit(task);
        host_run(&host, 1);
        ck_assert_int_eq(gca_task_get_state(task), GCA_TASK_TIMED_OUT);
        gca_task_get_info(task, &info);
        /* On a busy machine it may not even have begun by then. */
        ck_assert_str_eq(trail, info.started_ns > 0 ? "body>cleaned" : "");
        end_one(&host, task);
}
END_TEST

/* ---- what is seen from outside ---- */

static gca_value deep_body(gca_task *task, gca_region *region) {
        volatile char frame[8192] = { 1 };

        gca_report_progress(task, 1, 1, NULL);
        (void)gca_await_sleep(task, 1000 * NS_PER_S);
        return gca_int(region, frame[0]);
}
BODY_KIND(deep_kind, deep_body, .stack_size = 200 * 1024);

static void look_and_abort(struct host *host, gca_task *task) {
        gca_task_info info;

        (void)host;
        while (gca_task_get_state(task) != GCA_TASK_SUSPENDED)
                sched_yield();
        gca_task_get_info(task, &info);
        ck_assert_uint_gt(info.stack_bytes, 8192);
        ck_assert_uint_lt(info.stack_bytes, 64 * 1024);
        ck_assert_uint_ge(info.stack_size, 256 * 1024);
        ck_assert_str_eq(info.waiting_for, "timer");
        leave_mark("seen");
        (void)gca_task_abort(task, GCA_ABORT_REQUEST, NULL);
}

START_TEST(stack_and_wait_are_seen_from_outside) {
        struct host host = { .on_progress = look_and_abort };
        gca_task *task = run_one(&host, &deep_kind);

        ck_assert_str_eq(trail, "seen");
        end_one(&host, task);
}
END_TEST

/* ---- what must not be ---- */

/* How a process ends that runs the body. */
static int run_to_death(const gca_kind_entry *kind, bool has_heap) {
        pid_t pid = fork();
        int status;

        if (pid == 0) {
                gca_heap_options options = { .size = sizeof(options) };
                struct host host = { 0 };

                (void)close(STDERR_FILENO);
                (void)signal(SIGABRT, SIG_DFL);
                if (has_heap)
                        (void)gca_heap_new(&options, &host.heap);
                (void)run_one(&host, kind);
                _exit(0);
        }
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static gca_value section_body(gca_task *task, gca_region *region) {
        (void)section_enter(region->thread);
        (void)gca_yield(task);
        return GCA_NO_VALUE;
}
BODY_KIND(section_kind, section_body);

START_TEST(suspension_inside_a_section_is_impossible) {
        ck_assert_int_eq(run_to_death(&section_kind, true), SIGABRT);
}
END_TEST

static gca_value careless_body(gca_task *task, gca_region *region) {
        static gca_watch watch;

        (void)gca_watch_timer(task, &watch, UINT64_MAX - 1);
        return gca_int(region, 0);
}
BODY_KIND(careless_kind, careless_body);

START_TEST(watch_left_armed_in_a_frame_is_noticed) {
        ck_assert_int_eq(run_to_death(&careless_kind, false), SIGABRT);
        ck_assert_int_eq(run_to_death(&nap_kind, false), 0);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                sleep_ends_at_its_time_and_not_before,
                descriptor_is_awaited,
                what_cannot_be_awaited_is_an_error_at_once,
                child_is_awaited_and_reaped,
                call_runs_on_another_thread,
                first_of_several_watches_is_awaited,
                watch_that_fires_meanwhile_is_found_fired,
                bodies_that_give_way_take_turns,
                body_stays_on_its_thread,
                thousands_sleep_at_once,
                values_of_a_scope_survive_an_await,
                published_values_survive_awaits,
                no_value_fails_with_the_reason_there_is,
                deferred_calls_come_last_in_first_out,
                abort_ends_every_await_and_the_body_unwinds,
                value_returned_after_an_abort_stands,
                what_is_deferred_may_await_after_an_abort,
                kill_cuts_clean_ups_short,
                body_aborted_before_it_begins_never_runs,
                body_that_ignores_its_abort_leaves_the_worker_to_others,
                call_that_runs_is_waited_for_in_spite_of_an_abort,
                deadline_ends_the_await,
                stack_and_wait_are_seen_from_outside,
                suspension_inside_a_section_is_impossible,
                watch_left_armed_in_a_frame_is_noticed,
        };

        return suite_run("body", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
