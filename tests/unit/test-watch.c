/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "helpers/runtime-host.h"
#include "helpers/suite.h"

/* ---- running one task, on a worker and on the I/O thread ---- */

static int64_t run_in(gca_mode mode, const gca_kind *model) {
        struct host host = { .n_workers = 1 };
        gca_kind kind = *model;
        gca_kind_entry entry = { .kind = &kind, .full_name = "test.watch" };
        gca_task *task;
        int64_t result;

        kind.mode = mode;
        host_start(&host);
        task = host_submit_kept(&host, &entry);
        host_run(&host, 1);
        ck_assert_msg(gca_task_get_state(task) == GCA_TASK_SUCCEEDED,
                      "%s: %s",
                      gca_task_state_to_string(gca_task_get_state(task)),
                      gca_task_get_failure_message(task));
        result = host_task_of(task)->result;
        (void)gca_task_unref(task);
        host_end(&host);
        return result;
}

static void run_both(const gca_kind *model, int64_t result) {
        ck_assert_int_eq(run_in(GCA_MODE_POLL, model), result);
        ck_assert_int_eq(run_in(GCA_MODE_SERVICE, model), result);
}

static gca_poll succeed_with(gca_task *task, int64_t number) {
        return gca_succeed(task, gca_int(gca_task_region(task), number));
}

#define WATCH_KIND(poll_)                             \
        (&(const gca_kind){ .size = sizeof(gca_kind), \
                            .name = "watch",          \
                            .poll = poll_,            \
                            .state_size = sizeof(struct watch_state) })

struct watch_state {
        gca_watch a, b;
        unsigned step;
        uint64_t deadline_ns;
        int fds[2];
        pid_t pid;
        int pidfd;
        gca_child_end end;
        pthread_t thread;
};

/* ---- timers ---- */

static gca_poll timer_poll(gca_task *task, void *data) {
        struct watch_state *state = data;

        if (state->step++ == 0) {
                ck_assert(!gca_watch_take(&state->a) && !gca_watch_is_armed(&state->a));
                state->deadline_ns = gca_now_ns() + 2 * NS_PER_MS;
                return gca_watch_timer(task, &state->a, state->deadline_ns);
        }
        ck_assert_uint_ge(gca_now_ns(), state->deadline_ns);
        ck_assert(gca_watch_take(&state->a));
        ck_assert(!gca_watch_take(&state->a) && !gca_watch_is_armed(&state->a));
        ck_assert_int_eq(gca_watch_get_error(&state->a), 0);
        return succeed_with(task, state->step);
}

START_TEST(timer_fires_at_its_deadline_and_not_before) {
        run_both(WATCH_KIND(timer_poll), 2);
}
END_TEST

static gca_poll earlier_poll(gca_task *task, void *data) {
        struct watch_state *state = data;

        if (state->step++ == 0) {
                (void)gca_watch_timer(task, &state->a, UINT64_MAX - 1);
                (void)gca_watch_timer(task, &state->b, UINT64_MAX - 2);
                return gca_watch_timer(task, &state->b, gca_now_ns());
        }
        ck_assert(gca_watch_take(&state->b));
        ck_assert(!gca_watch_take(&state->a));
        ck_assert(gca_watch_is_armed(&state->a));
        gca_watch_disarm(task, &state->a);
        gca_watch_disarm(task, &state->a);
        ck_assert(!gca_watch_is_armed(&state->a));
        return succeed_with(task, 0);
}

START_TEST(arming_again_replaces_and_the_others_stay_armed) {
        run_both(WATCH_KIND(earlier_poll), 0);
}
END_TEST

/* A million deadlines ahead, one watch each time: what stays armed goes with the task. */
static gca_poll leave_armed_poll(gca_task *task, void *data) {
        struct watch_state *state = data;

        (void)gca_watch_timer(task, &state->a, UINT64_MAX - 1);
        (void)gca_watch_call(task, &state->b, free, NULL);
        return succeed_with(task, 1);
}

START_TEST(armed_watches_go_with_the_task) {
        run_both(WATCH_KIND(leave_armed_poll), 1);
}
END_TEST

/* ---- descriptors ---- */

static gca_poll pipe_poll(gca_task *task, void *data) {
        struct watch_state *state = data;

        switch (state->step++) {
        case 0:
                ck_assert_int_eq(pipe2(state->fds, O_CLOEXEC | O_NONBLOCK), 0);
                (void)gca_watch_fd(task, &state->a, state->fds[0], GCA_READABLE);
                return gca_watch_fd(task, &state->b, state->fds[1], GCA_READABLE | GCA_WRITABLE);
        case 1:
                ck_assert(gca_watch_take(&state->b) && !gca_watch_take(&state->a));
                ck_assert_uint_eq(gca_watch_get_events(&state->b), GCA_WRITABLE);
                ck_assert_int_eq(write(state->fds[1], "x", 1), 1);
                return GCA_PENDING;
        default:
                ck_assert(gca_watch_take(&state->a));
                ck_assert_uint_eq(gca_watch_get_events(&state->a), GCA_READABLE);
                (void)close(state->fds[0]);
                (void)close(state->fds[1]);
                return succeed_with(task, state->step);
        }
}

START_TEST(descriptor_fires_when_it_is_ready) {
        run_both(WATCH_KIND(pipe_poll), 3);
}
END_TEST

static gca_poll bad_fd_poll(gca_task *task, void *data) {
        struct watch_state *state = data;

        switch (state->step++) {
        case 0:
                return gca_watch_fd(task, &state->a, -1, GCA_READABLE);
        case 1:
                ck_assert(gca_watch_take(&state->a));
                ck_assert_int_eq(gca_watch_get_error(&state->a), -EBADF);
                return gca_watch_fd(task, &state->a, 0, 0);
        case 2:
                ck_assert_int_eq(gca_watch_get_error(&state->a), -EINVAL);
                state->fds[0] = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
                return gca_watch_fd(task, &state->a, state->fds[0], GCA_READABLE);
        default:
                /* A regular file cannot be waited for. */
                ck_assert_int_eq(gca_watch_get_error(&state->a), -EPERM);
                (void)close(state->fds[0]);
                return succeed_with(task, state->step);
        }
}

START_TEST(watch_that_cannot_be_armed_fires_with_the_error) {
        run_both(WATCH_KIND(bad_fd_poll), 4);
}
END_TEST

/* ---- children ---- */

static int open_pidfd(pid_t pid) {
        return (int)syscall(SYS_pidfd_open, pid, 0);
}

static gca_poll child_poll(gca_task *task, void *data) {
        struct watch_state *state = data;

        if (state->step++ == 0) {
                state->pid = fork();
                if (state->pid == 0)
                        _exit(7);
                state->pidfd = open_pidfd(state->pid);
                return gca_watch_child(task, &state->a, state->pidfd, &state->end);
        }
        ck_assert(gca_watch_take(&state->a));
        ck_assert_int_eq(gca_watch_get_error(&state->a), 0);
        ck_assert_int_eq(state->end.code, CLD_EXITED);
        /* It has been reaped. */
        ck_assert_int_lt(waitpid(state->pid, NULL, 0), 0);
        (void)close(state->pidfd);
        return succeed_with(task, state->end.status);
}

START_TEST(child_is_reaped_and_its_status_told) {
        run_both(WATCH_KIND(child_poll), 7);
}
END_TEST

static gca_poll killed_child_poll(gca_task *task, void *data) {
        struct watch_state *state = data;

        if (state->step++ == 0) {
                state->pid = fork();
                if (state->pid == 0)
                        for (;;)
                                (void)pause();
                state->pidfd = open_pidfd(state->pid);
                (void)gca_watch_child(task, &state->a, state->pidfd, &state->end);
                ck_assert_int_eq(kill(state->pid, SIGKILL), 0);
                return GCA_PENDING;
        }
        ck_assert_int_eq(state->end.code, CLD_KILLED);
        (void)close(state->pidfd);
        return succeed_with(task, state->end.status);
}

START_TEST(signal_that_killed_a_child_is_told) {
        run_both(WATCH_KIND(killed_child_poll), SIGKILL);
}
END_TEST

/* ---- calls ---- */

static sem_t gate;

static void note_thread(void *argument) {
        struct watch_state *state = argument;

        state->thread = pthread_self();
}

static gca_poll call_poll(gca_task *task, void *data) {
        struct watch_state *state = data;

        if (state->step++ == 0)
                return gca_watch_call(task, &state->a, note_thread, state);
        ck_assert(gca_watch_take(&state->a));
        ck_assert(!pthread_equal(state->thread, pthread_self()));
        return succeed_with(task, 1);
}

START_TEST(call_runs_on_another_thread) {
        run_both(WATCH_KIND(call_poll), 1);
}
END_TEST

static void wait_and_note(void *argument) {
        while (sem_wait(&gate) < 0)
                continue;
        note_thread(argument);
        (void)sem_post(&gate);
}

/* Ends while its call runs: the state must live until that has returned. */
static gca_poll leave_call_poll(gca_task *task, void *data) {
        struct watch_state *state = data;

        if (state->step++ == 0) {
                (void)gca_watch_call(task, &state->a, wait_and_note, state);
                return gca_watch_timer(task, &state->b, gca_now_ns() + 5 * NS_PER_MS);
        }
        gca_watch_disarm(task, &state->b);
        gca_watch_disarm(task, &state->a);
        (void)sem_post(&gate);
        return succeed_with(task, gca_watch_is_armed(&state->a));
}

START_TEST(task_ends_when_its_running_call_has_returned) {
        int opened;

        (void)sem_init(&gate, 0, 0);
        (void)run_in(GCA_MODE_POLL, WATCH_KIND(leave_call_poll));
        (void)run_in(GCA_MODE_SERVICE, WATCH_KIND(leave_call_poll));
        ck_assert_int_eq(sem_getvalue(&gate, &opened), 0);
}
END_TEST

/* The watch of a call that runs is used for something else. */
static gca_poll reuse_poll(gca_task *task, void *data) {
        struct watch_state *state = data;

        switch (state->step++) {
        case 0:
                (void)gca_watch_call(task, &state->a, wait_and_note, state);
                return gca_watch_timer(task, &state->b, gca_now_ns() + 5 * NS_PER_MS);
        case 1:
                (void)gca_watch_timer(task, &state->a, gca_now_ns());
                (void)sem_post(&gate);
                return GCA_PENDING;
        default:
                ck_assert(gca_watch_take(&state->a));
                return succeed_with(task, state->step);
        }
}

START_TEST(watch_of_a_running_call_can_be_used_again) {
        (void)sem_init(&gate, 0, 0);
        run_both(WATCH_KIND(reuse_poll), 3);
}
END_TEST

/* ---- starts ---- */

static int start_child(void *argument) {
        struct watch_state *state = argument;

        state->pid = fork();
        if (state->pid == 0)
                _exit(7);
        state->pidfd = open_pidfd(state->pid);
        return state->pidfd;
}

static gca_poll start_poll(gca_task *task, void *data) {
        struct watch_state *state = data;

        if (state->step++ == 0)
                return gca_watch_start(task, &state->a, start_child, state, &state->end);
        ck_assert(gca_watch_take(&state->a));
        ck_assert_int_eq(gca_watch_get_error(&state->a), 0);
        if (gca_watch_is_armed(&state->a))
                return GCA_PENDING;
        ck_assert_int_eq(state->end.code, CLD_EXITED);
        /* It has been reaped. */
        ck_assert_int_lt(waitpid(state->pid, NULL, 0), 0);
        (void)close(state->pidfd);
        return succeed_with(task, state->end.status);
}

START_TEST(started_child_is_reaped_and_its_status_told) {
        for (int i = 0; i < 50; i++)
                run_both(WATCH_KIND(start_poll), 7);
}
END_TEST

static int start_nothing(void *argument) {
        note_thread(argument);
        return -1;
}

static gca_poll start_nothing_poll(gca_task *task, void *data) {
        struct watch_state *state = data;

        if (state->step++ == 0)
                return gca_watch_start(task, &state->a, start_nothing, state, &state->end);
        ck_assert(gca_watch_take(&state->a));
        ck_assert(!gca_watch_is_armed(&state->a));
        ck_assert(!pthread_equal(state->thread, pthread_self()));
        return succeed_with(task, 1);
}

START_TEST(start_of_nothing_is_told) {
        run_both(WATCH_KIND(start_nothing_poll), 1);
}
END_TEST

static _Atomic bool has_begun;

static int wait_and_start(void *argument) {
        struct watch_state *state = argument;

        atomic_store(&has_begun, true);
        wait_and_note(argument);
        state->pid = fork();
        if (state->pid == 0)
                for (;;)
                        (void)pause();
        state->pidfd = open_pidfd(state->pid);
        return state->pidfd;
}

static gca_poll begin_start(gca_task *task, struct watch_state *state) {
        atomic_store(&has_begun, false);
        (void)sem_init(&gate, 0, 0);
        (void)gca_watch_start(task, &state->a, wait_and_start, state, &state->end);
        return gca_watch_timer(task, &state->b, gca_now_ns());
}

/* False: the start has not begun, and the task is polled again. */
static bool start_has_begun(gca_task *task, struct watch_state *state) {
        if (atomic_load(&has_begun))
                return true;
        state->step--;
        (void)gca_watch_timer(task, &state->b, gca_now_ns() + NS_PER_MS);
        return false;
}

/* The child never ends by itself, so its end wakes nobody for the news of its start. */
static gca_poll hurry_poll(gca_task *task, void *data) {
        struct watch_state *state = data;

        switch (state->step++) {
        case 0:
                return begin_start(task, state);
        case 1:
                if (!start_has_begun(task, state))
                        return GCA_PENDING;
                gca_watch_disarm(task, &state->a);
                ck_assert(gca_watch_is_armed(&state->a));
                (void)sem_post(&gate);
                return GCA_PENDING;
        case 2:
                ck_assert(gca_watch_take(&state->a) && gca_watch_is_armed(&state->a));
                ck_assert_int_eq(kill(state->pid, SIGKILL), 0);
                return GCA_PENDING;
        default:
                ck_assert(gca_watch_take(&state->a) && !gca_watch_is_armed(&state->a));
                (void)close(state->pidfd);
                return succeed_with(task, state->end.status);
        }
}

START_TEST(task_that_wants_to_know_of_a_start_is_told) {
        run_both(WATCH_KIND(hurry_poll), SIGKILL);
}
END_TEST

/* Leaves its child alone while it is started. */
static gca_poll leave_start_poll(gca_task *task, void *data) {
        struct watch_state *state = data;

        if (state->step++ == 0)
                return begin_start(task, state);
        if (!start_has_begun(task, state))
                return GCA_PENDING;
        (void)sem_post(&gate);
        return succeed_with(task, 1);
}

static void leave_start_drop(gca_task *task, void *data) {
        struct watch_state *state = data;

        (void)task;
        ck_assert_int_gt(state->pid, 0);
        ck_assert_int_eq(kill(state->pid, SIGKILL), 0);
        ck_assert_int_eq(waitpid(state->pid, NULL, 0), state->pid);
        (void)close(state->pidfd);
}

START_TEST(task_that_ends_during_a_start_has_its_pidfd) {
        gca_kind kind = *WATCH_KIND(leave_start_poll);

        kind.drop = leave_start_drop;
        run_both(&kind, 1);
}
END_TEST

/* ---- several at once, and what people see ---- */

static gca_poll all_poll(gca_task *task, void *data) {
        struct watch_state *state = data;

        if (state->step++ == 0) {
                (void)gca_watch_timer(task, &state->a, 1);
                return gca_watch_fd(task, &state->b, -1, GCA_READABLE);
        }
        /* One fired during the poll, so it did not wait; the other one comes. */
        if (!gca_watch_take(&state->a)) {
                ck_assert(gca_watch_take(&state->b));
                return GCA_PENDING;
        }
        return succeed_with(task, state->step);
}

START_TEST(no_firing_is_lost_between_polls) {
        run_both(WATCH_KIND(all_poll), 3);
}
END_TEST

static gca_poll seen_poll(gca_task *task, void *data) {
        struct watch_state *state = data;

        if (state->step++ == 0) {
                gca_report_progress(task, 1, 2, "half-way");
                return gca_watch_timer(task, &state->a, UINT64_MAX - 1);
        }
        return succeed_with(task, 1);
}

static void look_at(struct host *host, gca_task *task) {
        gca_task_info info;

        /* It reported just before it suspended. */
        while (gca_task_get_state(task) != GCA_TASK_SUSPENDED)
                continue;
        gca_task_get_info(task, &info);
        ck_assert_str_eq(info.waiting_for, "timer");
        ck_assert_str_eq(info.worker, "worker-0");
        ck_assert_str_eq(info.progress_text, "half-way");
        ck_assert_uint_eq(info.progress_done, 1);
        ck_assert_uint_eq(info.progress_total, 2);
        ck_assert_uint_eq(info.n_polls, 1);
        ck_assert_uint_eq(info.finished_ns, 0);
        gca_runtime_stop(host->runtime);
}

START_TEST(people_see_what_a_task_waits_for) {
        struct host host = { .n_workers = 1, .on_progress = look_at };
        gca_kind_entry entry = { .full_name = "test.seen" };
        gca_kind kind = *WATCH_KIND(seen_poll);

        kind.mode = GCA_MODE_POLL;
        entry.kind = &kind;
        host_start(&host);
        (void)host_submit(&host, &entry);
        host_run_until_stopped(&host);
        ck_assert_uint_eq(host.n_settled, 1);
        host_end(&host);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                timer_fires_at_its_deadline_and_not_before,
                arming_again_replaces_and_the_others_stay_armed,
                armed_watches_go_with_the_task,
                descriptor_fires_when_it_is_ready,
                watch_that_cannot_be_armed_fires_with_the_error,
                child_is_reaped_and_its_status_told,
                signal_that_killed_a_child_is_told,
                call_runs_on_another_thread,
                task_ends_when_its_running_call_has_returned,
                watch_of_a_running_call_can_be_used_again,
                started_child_is_reaped_and_its_status_told,
                start_of_nothing_is_told,
                task_that_wants_to_know_of_a_start_is_told,
                task_that_ends_during_a_start_has_its_pidfd,
                no_firing_is_lost_between_polls,
                people_see_what_a_task_waits_for,
        };

        return suite_run("watch", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
