/* SPDX-License-Identifier: MIT */

#include "runtime/watch.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gcasync/program.h>

#include "base/check.h"
#include "base/cleanup.h"
#include "base/list.h"
#include "runtime/runtime.h"
#include "runtime/spawn.h"
#include "runtime/task-run.h"
#include "runtime/task.h"
#include "runtime/tracker.h"
#include "runtime/wait-list.h"

#ifndef P_PIDFD
#        define P_PIDFD 3
#endif

/* What can be waited for, and how people read it. */
#define WATCH_TYPE_MAP(X)        \
        X(TIMER, "timer")        \
        X(FD, "descriptor")      \
        X(CHILD, "child")        \
        X(CALL, "blocking call") \
        X(TASK, "task")          \
        X(TRACKER, "tracker")    \
        X(START, "child")

enum watch_type {
#define X(name, text) WATCH_##name,
        WATCH_TYPE_MAP(X)
#undef X
};

struct call;
struct start;

/* What a gca_watch is inside. All zero: never armed. */
struct watch {
        struct list link; /* in task.watches while armed */
        gca_task *task;
        uint8_t type;
        bool is_armed;
        bool has_fired; /* until taken */
        int error;
        unsigned events;
        union {
                struct timer timer;
                struct {
                        struct event *event;
                        int fd;
                        gca_child_end *child_end;
                } io;
                struct call *call;
                struct start *start;
        };
};

static_assert(sizeof(struct watch) <= sizeof(gca_watch), "a watch fits into its public face");
static_assert(_Alignof(struct watch) <= _Alignof(gca_watch), "and lies where that lies");

/*
 * Something under way elsewhere that ends in a post to the task's worker: a blocking call (queued in the pool, running
 * there, or in the inbox), or a wait for another task or a tracker.
 */
struct call {
        struct pool_job job;
        struct wait *wait; /* of a task, a tracker */
        gca_post post;
        gca_task *task;
        struct watch *watch; /* NULL: nobody waits for it but the task's end. The task's thread */
        void (*call)(void *argument);
        void *argument;
};

/* The start of a child: first a call; once its mail has come (is_told), a pidfd in the worker's bell. */
struct start {
        struct call call;
        int (*start)(void *argument);
        void *argument;
        gca_child_end *ret_end;
        int pidfd; /* -1: there is no child */
        int error; /* the child could not be hung up: -errno */
        /* the task's thread: */
        bool is_told;
        bool is_expected; /* not told, but it has rung, or the task wants to know */
};

static struct watch *watch_of(gca_watch *public) {
        return (struct watch *)public;
}

static const struct watch *watch_of_const(const gca_watch *public) {
        return (const struct watch *)public;
}

/* ---- firing and disarming ---- */

static void watch_unlink(struct watch *watch) {
        list_remove(&watch->link);
        watch->is_armed = false;
}

/* An unlinked watch has what it was for: its task is to be polled. */
static void watch_fire(struct watch *watch, int error, unsigned events) {
        gca_task *task = watch->task;
        struct worker *worker = task_get_worker(task);

        watch->has_fired = true;
        watch->error = error;
        watch->events = events;
        if (!worker || worker->current == task)
                task->has_fired = true;
        else if (task_state_to_notified(&task->state) == TASK_ACT_SCHEDULE)
                worker_push_ready(worker, task);
}

static void watch_release_event(struct watch *watch) {
        struct worker *worker = task_get_worker(watch->task);

        worker_give_event(worker, watch->io.event);
        worker->n_fd_events--;
}

/* Takes back a call that has not begun. */
static bool watch_cancel_call(struct watch *watch, struct call *call) {
        if (!pool_cancel(&watch->task->runtime->pool, &call->job))
                return false;
        watch->task->n_calls--;
        return true;
}

/* Takes back a wait; or, if it is being told of just now, leaves the post to itself. */
static void watch_cancel_wait(struct watch *watch) {
        struct call *call = watch->call;

        if (!wait_cancel(steal(&call->wait))) {
                call->watch = NULL;
                return;
        }
        watch->task->n_calls--;
        free(call);
}

static void start_free(struct start *start) {
        task_get_worker(start->call.task)->n_fd_events--;
        free(start);
}

/* Has the mail wake the worker. */
static void start_expect(struct start *start) {
        if (start->is_expected)
                return;
        start->is_expected = true;
        bell_expect_mail(&task_get_worker(start->call.task)->bell);
}

/* Forgets a child whose pidfd hangs in the bell. */
static void start_forget(struct start *start) {
        bell_unhang(&task_get_worker(start->call.task)->bell, start->pidfd);
        start_free(start);
}

/* False: it is a call that runs, and stays armed. */
static bool watch_disarm(struct watch *watch) {
        if (!watch->is_armed)
                return true;
        switch ((enum watch_type)watch->type) {
        case WATCH_TIMER:
                timer_heap_remove(&task_get_worker(watch->task)->timers, &watch->timer);
                break;
        case WATCH_FD:
        case WATCH_CHILD:
                watch_release_event(watch);
                break;
        case WATCH_CALL:
                if (!watch_cancel_call(watch, watch->call))
                        return false;
                free(watch->call);
                break;
        case WATCH_START:
                if (watch->start->is_told)
                        start_forget(watch->start);
                else if (watch_cancel_call(watch, &watch->start->call))
                        start_free(watch->start);
                else {
                        start_expect(watch->start);
                        return false;
                }
                break;
        case WATCH_TASK:
        case WATCH_TRACKER:
                watch_cancel_wait(watch);
                break;
        }
        watch_unlink(watch);
        return true;
}

/* Disarms the watch even if its call runs; then the call goes on without it. */
static void watch_abandon(struct watch *watch) {
        if (watch_disarm(watch))
                return;
        if (watch->type == WATCH_START)
                watch->start->call.watch = NULL;
        else
                watch->call->watch = NULL;
        watch_unlink(watch);
}

void watch_disarm_all(gca_task *task) {
        struct watch *watch;

        list_for_each(watch, &task->watches, link) {
                watch_abandon(watch);
        }
}

/* ---- arming ---- */

/* Makes a fresh watch of an old one. False: the task is ending, or on a thread without a loop. */
static bool watch_begin(gca_task *task, struct watch *watch, enum watch_type type) {
        watch_abandon(watch);
        *watch = (struct watch){ .task = task, .type = (uint8_t)type };
        list_init(&watch->link);
        if (task->is_ending || !task_get_worker(task)) {
                watch_fire(watch, -ENOTSUP, 0);
                return false;
        }
        return true;
}

static gca_poll watch_commit(struct watch *watch, int error) {
        if (error) {
                watch_fire(watch, error, 0);
                return GCA_PENDING;
        }
        watch->is_armed = true;
        list_push_back(&watch->task->watches, &watch->link);
        return GCA_PENDING;
}

static void watch_on_timer(struct timer *timer) {
        struct watch *watch = container_of(timer, struct watch, timer);

        watch_unlink(watch);
        watch_fire(watch, 0, 0);
}

gca_poll gca_watch_timer(gca_task *task, gca_watch *public, uint64_t deadline_ns) {
        struct watch *watch = watch_of(public);

        if (!watch_begin(task, watch, WATCH_TIMER))
                return GCA_PENDING;
        watch->timer.call = watch_on_timer;
        return watch_commit(
                watch, timer_heap_add(&task_get_worker(task)->timers, &watch->timer, deadline_ns));
}

/* Adds an event for the watch's descriptor. 0 or -errno. */
static int
watch_add_event(struct watch *watch, short events, void (*call)(int fd, short events, void *data)) {
        struct worker *worker = task_get_worker(watch->task);
        int r;

        if (watch->io.fd < 0)
                return -EBADF;
        watch->io.event = worker_take_event(worker, watch->io.fd, events, call, watch);
        if (!watch->io.event)
                return -ENOMEM;
        errno = 0;
        if (event_add(watch->io.event, NULL) < 0) {
                r = errno > 0 ? -errno : -EINVAL;
                worker_give_event(worker, watch->io.event);
                return r;
        }
        worker->n_fd_events++;
        return 0;
}

static void watch_on_fd(int fd, short events, void *data) {
        struct watch *watch = data;
        unsigned ready = 0;

        (void)fd;
        if (events & EV_READ)
                ready |= GCA_READABLE;
        if (events & EV_WRITE)
                ready |= GCA_WRITABLE;
        watch_release_event(watch);
        watch_unlink(watch);
        watch_fire(watch, 0, ready);
}

gca_poll gca_watch_fd(gca_task *task, gca_watch *public, int fd, unsigned events) {
        struct watch *watch = watch_of(public);
        short wanted = 0;

        if (!watch_begin(task, watch, WATCH_FD))
                return GCA_PENDING;
        if (events & GCA_READABLE)
                wanted |= EV_READ;
        if (events & GCA_WRITABLE)
                wanted |= EV_WRITE;
        if (wanted == 0)
                return watch_commit(watch, -EINVAL);
        watch->io.fd = fd;
        return watch_commit(watch, watch_add_event(watch, wanted, watch_on_fd));
}

/* Reaps the child. 1: it has ended, 0: not yet, or -errno. */
static int reap_child(int pidfd, gca_child_end *end) {
        siginfo_t info = { 0 };
        long r;

        /* glibc's waitid() has no way to return the resource usage. */
        do
                r = syscall(SYS_waitid, P_PIDFD, pidfd, &info, WEXITED | WNOHANG, &end->usage);
        while (r < 0 && errno == EINTR);
        if (r < 0)
                return -errno;
        if (info.si_pid == 0)
                return 0;
        end->code = info.si_code;
        end->status = info.si_status;
        return 1;
}

static void watch_on_child(int fd, short events, void *data) {
        struct watch *watch = data;
        int r = reap_child(fd, watch->io.child_end);

        (void)events;
        if (r == 0)
                return;
        watch_release_event(watch);
        watch_unlink(watch);
        watch_fire(watch, r < 0 ? r : 0, 0);
}

gca_poll gca_watch_child(gca_task *task, gca_watch *public, int pidfd, gca_child_end *ret_end) {
        struct watch *watch = watch_of(public);

        if (!watch_begin(task, watch, WATCH_CHILD))
                return GCA_PENDING;
        watch->io.fd = pidfd;
        watch->io.child_end = ret_end;
        /* A short program has often ended by now, and needs no event. */
        if (reap_child(pidfd, ret_end) > 0) {
                watch_fire(watch, 0, 0);
                return GCA_PENDING;
        }
        return watch_commit(watch, watch_add_event(watch, EV_READ | EV_PERSIST, watch_on_child));
}

/* ---- calls ---- */

/* On the task's thread. */
static void call_on_returned(gca_post *post) {
        struct call *call = container_of(post, struct call, post);
        struct watch *watch = call->watch;
        gca_task *task = call->task;

        /* It has been called: this gives up the task's reference. */
        if (call->wait)
                (void)wait_cancel(call->wait);
        free(call);
        task->n_calls--;
        if (watch) {
                watch_unlink(watch);
                watch_fire(watch, 0, 0);
        }
        task_resume_end(task);
}

/* On the pool's thread. */
static void call_run(struct pool_job *job, struct thread_memory *memory) {
        struct call *call = container_of(job, struct call, job);

        (void)memory;
        call->call(call->argument);
        worker_post(task_get_worker(call->task), &call->post);
}

static int watch_submit_call(struct watch *watch, struct call *call) {
        int r;

        call->task = watch->task;
        call->watch = watch;
        call->job.item.uid = watch->task->uid;
        call->job.item.cost = 1;
        r = pool_submit(&watch->task->runtime->pool, &call->job);
        if (r == 0)
                watch->task->n_calls++;
        return r;
}

gca_poll gca_watch_call(gca_task *task,
                        gca_watch *public,
                        void (*function)(void *argument),
                        void *argument) {
        struct watch *watch = watch_of(public);
        struct call *call;
        int r;

        if (!watch_begin(task, watch, WATCH_CALL))
                return GCA_PENDING;
        call = calloc(1, sizeof(*call));
        if (!call)
                return watch_commit(watch, -ENOMEM);
        call->job.call = call_run;
        call->post.call = call_on_returned;
        call->call = function;
        call->argument = argument;
        watch->call = call;
        r = watch_submit_call(watch, call);
        if (r)
                free(call);
        return watch_commit(watch, r);
}

/* ---- waits for a task or a tracker ---- */

/* On any thread. */
static void call_on_told(void *data) {
        struct call *call = data;

        worker_post(task_get_worker(call->task), &call->post);
}

/* Begins a wait by start(), which has call_on_told() called, once. */
static gca_poll
watch_start_wait(struct watch *watch,
                 int (*start)(void *what, struct call *call, struct wait **ret_wait),
                 void *what) {
        struct call *call = calloc(1, sizeof(*call));
        struct wait *wait;
        int r;

        if (!call)
                return watch_commit(watch, -ENOMEM);
        call->task = watch->task;
        call->watch = watch;
        call->post.call = call_on_returned;
        watch->call = call;
        r = start(what, call, &wait);
        if (r) {
                free(call);
                return watch_commit(watch, r);
        }
        /* The post is looked at by this thread, later. */
        call->wait = wait;
        watch->task->n_calls++;
        return watch_commit(watch, 0);
}

static int watch_wait_for_task(void *what, struct call *call, struct wait **ret_wait) {
        return spawned_wait(what, call_on_told, call, ret_wait);
}

gca_poll gca_watch_task(gca_task *task, gca_watch *public, gca_task *other) {
        struct watch *watch = watch_of(public);

        if (!watch_begin(task, watch, WATCH_TASK))
                return GCA_PENDING;
        if (!other->runtime->program)
                return watch_commit(watch, -EINVAL);
        return watch_start_wait(watch, watch_wait_for_task, other);
}

static int watch_wait_for_tracker(void *what, struct call *call, struct wait **ret_wait) {
        return tracker_wait(what, call_on_told, call, ret_wait);
}

gca_poll gca_watch_tracker(gca_task *task, gca_watch *public, gca_tracker *tracker) {
        struct watch *watch = watch_of(public);

        if (!watch_begin(task, watch, WATCH_TRACKER))
                return GCA_PENDING;
        return watch_start_wait(watch, watch_wait_for_tracker, tracker);
}

/* ---- starts ---- */

/* The watch has nothing more to wait for. */
static void watch_end_start(struct watch *watch, int error) {
        watch_unlink(watch);
        watch_fire(watch, error, 0);
}

static bool start_reap(struct start *start) {
        struct watch *watch = start->call.watch;
        int r = reap_child(start->pidfd, start->ret_end);

        if (r == 0)
                return false;
        start_forget(start);
        watch_end_start(watch, r < 0 ? r : 0);
        return true;
}

/* On the task's thread. */
static void start_on_rung(void *data) {
        struct start *start = data;

        if (start->is_told) {
                (void)start_reap(start);
                return;
        }
        start_expect(start);
}

static void start_on_returned(gca_post *post) {
        struct start *start = container_of(post, struct start, call.post);
        struct watch *watch = start->call.watch;
        gca_task *task = start->call.task;
        bool is_hung = start->pidfd >= 0 && start->error == 0;

        task->n_calls--;
        start->is_told = true;
        if (start->is_expected)
                bell_end_expectation(&task_get_worker(task)->bell);
        if (is_hung && watch) {
                if (!start->is_expected || !start_reap(start))
                        watch_fire(watch, 0, 0);
        } else {
                int error = start->error;

                if (is_hung)
                        start_forget(start);
                else
                        start_free(start);
                if (watch)
                        watch_end_start(watch, error);
        }
        task_resume_end(task);
}

/* On the pool's thread. */
static void start_run(struct pool_job *job, struct thread_memory *memory) {
        struct start *start = container_of(job, struct start, call.job);
        struct worker *worker = task_get_worker(start->call.task);

        (void)memory;
        start->pidfd = start->start(start->argument);
        if (start->pidfd >= 0)
                start->error = bell_hang(&worker->bell, start->pidfd, start);
        if (start->pidfd >= 0 && start->error == 0)
                worker_post_for_bell(worker, &start->call.post);
        else
                worker_post(worker, &start->call.post);
}

static int watch_submit_start(struct watch *watch) {
        struct worker *worker = task_get_worker(watch->task);
        int r;

        r = bell_open(&worker->bell, worker->base, start_on_rung);
        if (r == 0)
                r = watch_submit_call(watch, &watch->start->call);
        if (r == 0)
                worker->n_fd_events++;
        return r;
}

gca_poll gca_watch_start(gca_task *task,
                         gca_watch *public,
                         int (*function)(void *argument),
                         void *argument,
                         gca_child_end *ret_end) {
        struct watch *watch = watch_of(public);
        struct start *start;
        int r;

        if (!watch_begin(task, watch, WATCH_START))
                return GCA_PENDING;
        start = calloc(1, sizeof(*start));
        if (!start)
                return watch_commit(watch, -ENOMEM);
        start->call.job.is_brief = true;
        start->call.job.call = start_run;
        start->call.post.call = start_on_returned;
        start->start = function;
        start->argument = argument;
        start->ret_end = ret_end;
        watch->start = start;
        r = watch_submit_start(watch);
        if (r)
                free(start);
        return watch_commit(watch, r);
}

/* ---- queries ---- */

bool gca_watch_take(gca_watch *public) {
        struct watch *watch = watch_of(public);
        bool has_fired = watch->has_fired;

        watch->has_fired = false;
        return has_fired;
}

bool watch_has_fired(const gca_watch *public) {
        return watch_of_const(public)->has_fired;
}

bool gca_watch_is_armed(const gca_watch *public) {
        return watch_of_const(public)->is_armed;
}

void gca_watch_disarm(gca_task *task, gca_watch *public) {
        (void)task;
        (void)watch_disarm(watch_of(public));
}

int gca_watch_get_error(const gca_watch *public) {
        return watch_of_const(public)->error;
}

unsigned gca_watch_get_events(const gca_watch *public) {
        return watch_of_const(public)->events;
}

const char *watch_describe(const gca_task *task) {
        static const char *const texts[] = {
#define X(name, text) text,
                WATCH_TYPE_MAP(X)
#undef X
        };

        if (list_is_empty(&task->watches))
                return NULL;
        return texts[list_entry(task->watches.next, struct watch, link)->type];
}
