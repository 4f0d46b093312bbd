/* SPDX-License-Identifier: MIT */

#include <semaphore.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "helpers/runtime-host.h"
#include "helpers/suite.h"

static sem_t gate;
static gca_timer look_timer;

/* Standard error goes here. */
static int log_fd;

static void catch_log(void) {
        log_fd = memfd_create("log", MFD_CLOEXEC);
        ck_assert_int_ge(dup2(log_fd, STDERR_FILENO), 0);
}

static const char *read_log(void) {
        static char text[4096];
        ssize_t n = pread(log_fd, text, sizeof(text) - 1, 0);

        ck_assert_int_ge(n, 0);
        text[n] = '\0';
        return text;
}

static uint64_t count_hogs(struct host *host) {
        gca_runtime_metrics metrics;

        gca_runtime_get_metrics(host->runtime, &metrics);
        return metrics.n_hogs;
}

static gca_poll hold_poll(gca_task *task, void *state) {
        (void)state;
        while (sem_wait(&gate) < 0)
                continue;
        return gca_succeed(task, gca_nil());
}

HOST_KIND(hog_kind, GCA_MODE_POLL, hold_poll, .flags = 0);

/* Opens the gate a few looks after the hog was told. */
static void look(void *data) {
        static unsigned n_looks;
        struct host *host = data;

        if (count_hogs(host) > 0 && ++n_looks == 20) {
                (void)sem_post(&gate);
                return;
        }
        (void)gca_timer_start(
                host->runtime, &look_timer, clock_monotonic_ns() + NS_PER_MS, look, host);
}

START_TEST(stuck_worker_is_named_once_while_it_is_stuck) {
        struct host host = { .n_workers = 2, .hog_threshold_ns = 5 * NS_PER_MS };
        const char *line;

        (void)sem_init(&gate, 0, 0);
        catch_log();
        host_start(&host);
        (void)host_submit(&host, &hog_kind);
        look(&host);
        host_run(&host, 1);
        ck_assert_uint_eq(count_hogs(&host), 1);
        line = strstr(read_log(), ": task t1 (test.hog_kind) has not returned from its poll for ");
        ck_assert_ptr_nonnull(line);
        ck_assert_str_eq(strchr(line, '\n'), "\n");
        ck_assert_ptr_nonnull(strstr(read_log(), "worker-"));
        host_end(&host);
}
END_TEST

/* Gives way for as long as the watchdog would need to bark. */
static gca_poll polite_poll(gca_task *task, void *state) {
        uint64_t *begin_ns = state;

        if (*begin_ns == 0)
                *begin_ns = gca_now_ns();
        if (gca_now_ns() - *begin_ns < 600 * NS_PER_MS)
                return GCA_AGAIN;
        return gca_succeed(task, gca_nil());
}

HOST_KIND(polite_kind, GCA_MODE_POLL, polite_poll, .state_size = sizeof(uint64_t));

START_TEST(task_that_gives_way_is_no_hog) {
        struct host host = { .n_workers = 1, .hog_threshold_ns = 500 * NS_PER_MS };
        gca_runtime_metrics metrics;

        catch_log();
        host_start(&host);
        (void)host_submit(&host, &polite_kind);
        (void)host_submit(&host, &polite_kind);
        host_run(&host, 2);
        gca_runtime_get_metrics(host.runtime, &metrics);
        ck_assert_uint_gt(metrics.n_forced_yields, 0);
        ck_assert_uint_eq(metrics.n_hogs, 0);
        ck_assert_str_eq(read_log(), "");
        host_end(&host);
}
END_TEST

/* The first one holds its worker until all the others have run. */
static _Atomic unsigned n_begun, n_done;

static gca_poll first_holds_poll(gca_task *task, void *state) {
        (void)state;
        if (atomic_fetch_add(&n_begun, 1) == 0)
                while (sem_wait(&gate) < 0)
                        continue;
        else if (atomic_fetch_add(&n_done, 1) == 48)
                (void)sem_post(&gate);
        return gca_succeed(task, gca_nil());
}

HOST_KIND(first_holds_kind, GCA_MODE_POLL, first_holds_poll, .flags = 0);

START_TEST(tasks_pulled_by_a_stuck_worker_run_elsewhere) {
        struct host host = { .n_workers = 2 };

        (void)sem_init(&gate, 0, 0);
        host_start(&host);
        for (size_t i = 0; i < 50; i++)
                (void)host_submit(&host, &first_holds_kind);
        host_run(&host, 50);
        host_end(&host);
}
END_TEST

static gca_poll quick_poll(gca_task *task, void *state) {
        (void)state;
        return gca_succeed(task, gca_nil());
}

HOST_KIND(quick_kind, GCA_MODE_POLL, quick_poll, .flags = 0);

static void open_gate_for_quick(struct host *host, gca_task *task) {
        (void)host;
        if (gca_task_get_kind(task) == &quick_kind)
                (void)sem_post(&gate);
}

START_TEST(end_of_a_task_is_told_while_the_next_one_is_stuck) {
        struct host host = { .n_workers = 1, .on_finished = open_gate_for_quick };

        (void)sem_init(&gate, 0, 0);
        host_start(&host);
        (void)host_submit(&host, &quick_kind);
        (void)host_submit(&host, &hog_kind);
        host_run(&host, 2);
        host_end(&host);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                stuck_worker_is_named_once_while_it_is_stuck,
                task_that_gives_way_is_no_hog,
                tasks_pulled_by_a_stuck_worker_run_elsewhere,
                end_of_a_task_is_told_while_the_next_one_is_stuck,
        };

        return suite_run("watchdog", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
