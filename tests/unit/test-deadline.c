/* SPDX-License-Identifier: MIT */

#include <semaphore.h>

#include "helpers/runtime-host.h"
#include "helpers/suite.h"

static _Atomic unsigned n_polls, n_drops, n_stored;
static sem_t gate;

static void count_drop(gca_task *task, void *state) {
        (void)task;
        (void)state;
        atomic_fetch_add(&n_drops, 1);
}

static int count_stored(gca_task *task, gca_value result) {
        (void)task;
        (void)result;
        atomic_fetch_add(&n_stored, 1);
        return 0;
}

static void setup(struct host *host) {
        n_polls = n_drops = n_stored = 0;
        (void)sem_init(&gate, 0, 0);
        host_start(host);
}

static gca_poll quick_poll(gca_task *task, void *state) {
        (void)state;
        atomic_fetch_add(&n_polls, 1);
        return gca_succeed(task, gca_nil());
}

HOST_KIND(quick_inline, GCA_MODE_INLINE, quick_poll, .flags = 0);
HOST_KIND(quick_kind, GCA_MODE_POLL, quick_poll, .flags = 0);
HOST_KIND(quick_blocking, GCA_MODE_BLOCKING, quick_poll, .flags = 0);

static void submit_late(const gca_kind_entry *kind) {
        struct host host = { .n_workers = 1 };
        gca_task *task;

        setup(&host);
        task = gca_task_ref(host_make_task(&host, kind, 1));
        gca_task_submit(task);
        ck_assert_int_eq(gca_task_get_state(task), GCA_TASK_TIMED_OUT);
        host_run(&host, 1);
        ck_assert_str_eq(gca_task_get_failure_code(task), "timed-out");
        ck_assert_uint_eq(n_polls, 0);
        (void)gca_task_unref(task);
        host_end(&host);
}

START_TEST(task_past_its_deadline_does_not_run) {
        submit_late(&quick_inline);
        submit_late(&quick_kind);
        submit_late(&quick_blocking);
}
END_TEST

START_TEST(task_that_ends_in_time_is_not_timed_out) {
        const gca_kind_entry *kinds[] = { &quick_inline, &quick_kind, &quick_blocking };
        struct host host = { .n_workers = 1 };
        gca_task *tasks[3];

        setup(&host);
        for (size_t i = 0; i < 3; i++) {
                tasks[i] = gca_task_ref(
                        host_make_task(&host, kinds[i], clock_monotonic_ns() + 3600 * NS_PER_S));
                gca_task_submit(tasks[i]);
        }
        host_run(&host, 3);
        for (size_t i = 0; i < 3; i++) {
                ck_assert_int_eq(gca_task_get_state(tasks[i]), GCA_TASK_SUCCEEDED);
                (void)gca_task_unref(tasks[i]);
        }
        host_end(&host);
}
END_TEST

/* In its poll until the gate opens. */
static gca_poll stuck_poll(gca_task *task, void *state) {
        (void)state;
        atomic_fetch_add(&n_polls, 1);
        while (sem_wait(&gate) < 0)
                continue;
        return gca_succeed(task, gca_nil());
}

HOST_KIND(stuck_kind, GCA_MODE_POLL, stuck_poll, .drop = count_drop);
HOST_KIND(stuck_blocking, GCA_MODE_BLOCKING, stuck_poll, .drop = count_drop);

static void open_gate(struct host *host, gca_task *task) {
        (void)host;
        ck_assert_int_eq(gca_task_get_state(task), GCA_TASK_TIMED_OUT);
        ck_assert(!gca_task_is_settled(task));
        ck_assert(!host_task_of(task)->is_settled);
        (void)sem_post(&gate);
}

/* Whether the task had begun when its deadline passed. */
static bool time_out_within(const gca_kind_entry *kind, uint64_t duration_ns) {
        struct host host = { .n_workers = 1,
                             .on_finished = open_gate,
                             .ops.store_result = count_stored };
        gca_task *task;

        setup(&host);
        task = gca_task_ref(host_make_task(&host, kind, clock_monotonic_ns() + duration_ns));
        gca_task_submit(task);
        host_run(&host, 1);
        ck_assert_int_eq(gca_task_get_state(task), GCA_TASK_TIMED_OUT);
        ck_assert(gca_task_is_settled(task));
        ck_assert_uint_eq(n_drops, n_polls);
        ck_assert_uint_eq(n_stored, 0);
        (void)gca_task_unref(task);
        host_end(&host);
        return n_polls > 0;
}

static void time_out_stuck(const gca_kind_entry *kind) {
        uint64_t duration_ns = 10 * NS_PER_MS;

        /* A busy machine may need longer to begin. */
        while (!time_out_within(kind, duration_ns))
                duration_ns *= 2;
}

START_TEST(deadline_is_told_while_the_task_is_stuck_and_its_result_is_dropped) {
        time_out_stuck(&stuck_kind);
        time_out_stuck(&stuck_blocking);
}
END_TEST

static void open_gate_for_first(struct host *host, gca_task *task) {
        (void)task;
        if (host->n_finished == 1)
                (void)sem_post(&gate);
}

START_TEST(queued_task_times_out_behind_a_stuck_one) {
        struct host host = { .n_workers = 1, .on_finished = open_gate_for_first };
        gca_task *stuck, *queued;

        setup(&host);
        stuck = host_submit_kept(&host, &stuck_kind);
        queued = gca_task_ref(
                host_make_task(&host, &quick_kind, clock_monotonic_ns() + 20 * NS_PER_MS));
        gca_task_submit(queued);
        host_run(&host, 2);
        ck_assert_int_eq(gca_task_get_state(stuck), GCA_TASK_SUCCEEDED);
        ck_assert_int_eq(gca_task_get_state(queued), GCA_TASK_TIMED_OUT);
        ck_assert_uint_eq(n_polls, 1);
        (void)gca_task_unref(stuck);
        (void)gca_task_unref(queued);
        host_end(&host);
}
END_TEST

static gca_poll wait_poll(gca_task *task, void *state) {
        struct wait_state *wait = state;

        if (gca_is_aborting(task))
                return gca_succeed(task, gca_nil());
        atomic_fetch_add(&n_polls, 1);
        return gca_watch_timer(task, &wait->watch, UINT64_MAX - 1);
}

HOST_WAIT_KIND(wait_kind, GCA_MODE_POLL, wait_poll, .drop = count_drop);
HOST_WAIT_KIND(handling_service,
               GCA_MODE_SERVICE,
               wait_poll,
               .drop = count_drop,
               .flags = GCA_KIND_HANDLES_ABORT);

static void time_out_suspended(const gca_kind_entry *kind) {
        uint64_t duration_ns = 10 * NS_PER_MS;

        while (!time_out_within(kind, duration_ns))
                duration_ns *= 2;
}

START_TEST(suspended_task_is_stopped_at_its_deadline) {
        time_out_suspended(&wait_kind);
}
END_TEST

START_TEST(what_a_kind_answers_after_the_deadline_changes_nothing) {
        time_out_suspended(&handling_service);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                task_past_its_deadline_does_not_run,
                task_that_ends_in_time_is_not_timed_out,
                deadline_is_told_while_the_task_is_stuck_and_its_result_is_dropped,
                queued_task_times_out_behind_a_stuck_one,
                suspended_task_is_stopped_at_its_deadline,
                what_a_kind_answers_after_the_deadline_changes_nothing,
        };

        return suite_run("deadline", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
