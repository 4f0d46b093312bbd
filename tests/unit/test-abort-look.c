/* SPDX-License-Identifier: MIT */

/*
 * An abort that comes right after a look at the task's state, where no time is left between that look and
 * the next. The program is linked with --wrap: all looks at what a task was told pass here, and the abort
 * is given after the one that a test names, as the I/O thread would give it.
 */

#include "helpers/runtime-host.h"
#include "helpers/suite.h"
#include "runtime/task-state.h"

static _Atomic unsigned n_looks, n_polls, n_drops;
static _Atomic unsigned request_after, kill_after; /* the how-manieth look; 0: none */

uint32_t __real_task_state_get_told(const struct task_state *state);
uint32_t __wrap_task_state_get_told(const struct task_state *state);

uint32_t __wrap_task_state_get_told(const struct task_state *state) {
        uint32_t told = __real_task_state_get_told(state);
        unsigned look = atomic_fetch_add(&n_looks, 1) + 1;
        enum task_act act = TASK_ACT_CHANGED;

        if (look == atomic_load(&request_after))
                act = task_state_to_aborted((struct task_state *)state, GCA_ABORT_REQUEST);
        if (look == atomic_load(&kill_after))
                act = task_state_to_aborted((struct task_state *)state, GCA_ABORT_KILL);
        ck_assert_int_eq(act, TASK_ACT_CHANGED);
        return told;
}

static void count_drop(gca_task *task, void *state) {
        (void)task;
        (void)state;
        atomic_fetch_add(&n_drops, 1);
}

/* Runs one task, which ends by its aborts alone. */
static void run_aborted(const gca_kind_entry *kind, unsigned request, unsigned kill) {
        struct host host = { .n_workers = 1 };
        gca_task *task;

        atomic_store(&n_looks, 0);
        atomic_store(&n_polls, 0);
        atomic_store(&n_drops, 0);
        atomic_store(&request_after, request);
        atomic_store(&kill_after, kill);
        host_start(&host);
        task = host_submit_kept(&host, kind);
        host_run(&host, 1);
        ck_assert_int_eq(gca_task_get_state(task), GCA_TASK_ABORTED);
        (void)gca_task_unref(task);
        host_end(&host);
        ck_assert_uint_eq(n_drops, 1);
}

/* ---- a kind that is dropped when it is to end ---- */

/* Looks once itself, which is the second look at the task. */
static gca_poll wait_poll(gca_task *task, void *state) {
        struct wait_state *wait = state;

        atomic_fetch_add(&n_polls, 1);
        ck_assert_int_eq(gca_is_aborting(task), request_after == 1 || kill_after == 1);
        return gca_watch_timer(task, &wait->watch, UINT64_MAX - 1);
}

HOST_WAIT_KIND(wait_kind, GCA_MODE_POLL, wait_poll, .drop = count_drop);
HOST_WAIT_KIND(wait_service, GCA_MODE_SERVICE, wait_poll, .drop = count_drop);

START_TEST(abort_right_after_a_look_drops_the_task) {
        const gca_kind_entry *kinds[] = { &wait_kind, &wait_service };

        for (size_t i = 0; i < SUITE_SIZE(kinds); i++) {
                for (unsigned look = 1; look <= 2; look++) {
                        run_aborted(kinds[i], look, 0);
                        ck_assert_uint_eq(n_polls, 1);
                        run_aborted(kinds[i], 0, look);
                        ck_assert_uint_eq(n_polls, 1);
                }
                run_aborted(kinds[i], 1, 2);
                ck_assert_uint_eq(n_polls, 1);
        }
}
END_TEST

/* ---- a kind that ends when it is killed ---- */

static gca_poll stubborn_poll(gca_task *task, void *state) {
        struct wait_state *wait = state;

        atomic_fetch_add(&n_polls, 1);
        if (gca_is_killing(task))
                return gca_abort_now(task);
        return gca_watch_timer(task, &wait->watch, UINT64_MAX - 1);
}

HOST_WAIT_KIND(stubborn_kind,
               GCA_MODE_POLL,
               stubborn_poll,
               .drop = count_drop,
               .flags = GCA_KIND_HANDLES_ABORT);

START_TEST(kill_right_after_a_look_is_told_to_a_kind_that_handles_aborts) {
        run_aborted(&stubborn_kind, 0, 1);
        ck_assert_uint_eq(n_polls, 1);
        run_aborted(&stubborn_kind, 0, 2);
        ck_assert_uint_eq(n_polls, 2);
        /* Both while the first poll is under way; and the kill at the second, which is due to the request. */
        run_aborted(&stubborn_kind, 1, 2);
        ck_assert_uint_eq(n_polls, 2);
        run_aborted(&stubborn_kind, 2, 3);
        ck_assert_uint_eq(n_polls, 2);
        run_aborted(&stubborn_kind, 2, 4);
        ck_assert_uint_eq(n_polls, 3);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                abort_right_after_a_look_drops_the_task,
                kill_right_after_a_look_is_told_to_a_kind_that_handles_aborts,
        };

        return suite_run("abort-look", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
