/* SPDX-License-Identifier: MIT */

#include "runtime/task-body.h"

#include <errno.h>
#include <stdlib.h>

#include <gcasync/program.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/list.h"
#include "runtime/coroutine.h"
#include "runtime/runtime.h"
#include "runtime/task.h"
#include "runtime/watch.h"
#include "runtime/worker.h"

/* What is to be done at the end, the last one first. */
struct deferred {
        struct deferred *next;
        void (*call)(void *data);
        void *data;
};

struct body {
        struct coroutine coroutine;
        gca_task *task;
        struct deferred *deferred;
        gca_poll answer;  /* to the poll that resumed it, unless it is over */
        uint8_t outcome;  /* enum task_outcome: what it has said so far */
        bool is_told;     /* an await has returned GCA_ABORTED */
        bool is_cleaning; /* what was deferred runs */
};

static struct failure no_stack = {
        .code = "no-memory",
        .message = "there is no memory for the task's stack",
        .is_static = true,
};

static struct body *body_of(gca_task *task) {
        struct worker *worker = worker_of_thread;

        /* These calls are the body's own. */
        assert(task->kind->mode == GCA_MODE_BODY && worker && worker->current == task);
        return task->kind_state;
}

/* ---- suspension ---- */

static void body_note_depth(struct body *body) {
        uint32_t depth = (uint32_t)coroutine_get_depth(&body->coroutine);

        /* Relaxed: one writer; for people. */
        if (depth > atomic_load_explicit(&body->task->stack_bytes, memory_order_relaxed))
                atomic_store_explicit(&body->task->stack_bytes, depth, memory_order_relaxed);
}

/* Back to the worker, until the task is polled again. */
static void body_suspend(struct body *body, gca_poll answer) {
        /* A section is to be short: the collector waits for it. */
        assert(!thread_memory_is_in_section(&worker_of_thread->memory));
        body_note_depth(body);
        body->answer = answer;
        coroutine_suspend(&body->coroutine);
}

/* Whether awaits are to be left: by any abort, in clean-ups by a kill only. */
static bool body_is_cut(const struct body *body) {
        uint32_t told = task_state_get_told(&body->task->state);

        return body->is_cleaning ? told & TASK_TOLD_KILL : told != 0;
}

static int body_tell_abort(struct body *body) {
        body->is_told = true;
        return GCA_ABORTED;
}

/* An await begins: 0, or it ends at once. One who has been told before and awaits on gives way first, lest it
 * takes the worker with it in a loop that does not look. */
static int body_begin_await(struct body *body) {
        if (!body_is_cut(body))
                return 0;
        if (body->is_told)
                body_suspend(body, GCA_AGAIN);
        return body_tell_abort(body);
}

static bool has_any_fired(gca_watch *const *watches, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (watch_has_fired(watches[i]))
                        return true;
        return false;
}

static int body_await(struct body *body, gca_watch *const *watches, size_t n) {
        while (!has_any_fired(watches, n)) {
                if (body_is_cut(body))
                        return body_tell_abort(body);
                body_suspend(body, GCA_PENDING);
        }
        return 0;
}

/* For one watch that the caller has armed and that goes with its frame. */
static int body_await_own(struct body *body, gca_watch *watch) {
        int r;

        r = body_await(body, &watch, 1);
        if (r) {
                gca_watch_disarm(body->task, watch);
                return r;
        }
        return gca_watch_get_error(watch);
}

/* Awaits `watch`, which the expression `arm` arms, unless the await ends before it has begun. 0, GCA_ABORTED or the watch's error. */
#define BODY_AWAIT(body, watch, arm)                                \
        ({                                                          \
                int body_await_r = body_begin_await(body);          \
                                                                    \
                if (body_await_r == 0) {                            \
                        (void)(arm);                                \
                        body_await_r = body_await_own(body, watch); \
                }                                                   \
                body_await_r;                                       \
        })

/* ---- the calls ---- */

int gca_await_any(gca_task *task, gca_watch *const *watches, size_t n) {
        struct body *body = body_of(task);
        int r;

        r = body_begin_await(body);
        if (r)
                return r;
        return body_await(body, watches, n);
}

int gca_await_timer(gca_task *task, uint64_t deadline_ns) {
        struct body *body = body_of(task);
        gca_watch watch = { 0 };

        return BODY_AWAIT(body, &watch, gca_watch_timer(task, &watch, deadline_ns));
}

int gca_await_sleep(gca_task *task, uint64_t duration_ns) {
        return gca_await_timer(task, clock_add_ns(gca_now_ns(), duration_ns));
}

int gca_await_fd(gca_task *task, int fd, unsigned events, unsigned *ret_events) {
        struct body *body = body_of(task);
        gca_watch watch = { 0 };
        int r;

        r = BODY_AWAIT(body, &watch, gca_watch_fd(task, &watch, fd, events));
        if (r == 0 && ret_events)
                *ret_events = gca_watch_get_events(&watch);
        return r;
}

int gca_await_child(gca_task *task, int pidfd, gca_child_end *ret_end) {
        struct body *body = body_of(task);
        gca_watch watch = { 0 };

        return BODY_AWAIT(body, &watch, gca_watch_child(task, &watch, pidfd, ret_end));
}

int gca_await_call(gca_task *task, void (*call)(void *argument), void *argument) {
        struct body *body = body_of(task);
        gca_watch watch = { 0 };
        int r;

        r = BODY_AWAIT(body, &watch, gca_watch_call(task, &watch, call, argument));
        /* It runs, and its argument may be in the caller's frame. */
        while (gca_watch_is_armed(&watch))
                body_suspend(body, GCA_PENDING);
        return gca_watch_take(&watch) ? gca_watch_get_error(&watch) : r;
}

int gca_await_task(gca_task *task, gca_task *other) {
        struct body *body = body_of(task);
        gca_watch watch = { 0 };

        return BODY_AWAIT(body, &watch, gca_watch_task(task, &watch, other));
}

int gca_await_tracker(gca_task *task, gca_tracker *tracker) {
        struct body *body = body_of(task);
        gca_watch watch = { 0 };

        return BODY_AWAIT(body, &watch, gca_watch_tracker(task, &watch, tracker));
}

int gca_yield(gca_task *task) {
        struct body *body = body_of(task);

        body_suspend(body, GCA_AGAIN);
        return body_is_cut(body) ? body_tell_abort(body) : 0;
}

int gca_defer(gca_task *task, void (*call)(void *data), void *data) {
        struct body *body = body_of(task);
        struct deferred *deferred = malloc(sizeof(*deferred));

        if (!deferred) {
                call(data);
                return -ENOMEM;
        }
        *deferred = (struct deferred){ .next = body->deferred, .call = call, .data = data };
        body->deferred = deferred;
        return 0;
}

/* ---- the coroutine ---- */

/* What the body has returned, and said before, as poll functions say it. */
static void body_decide(struct body *body, gca_value result) {
        gca_task *task = body->task;

        if (gca_is_value(result))
                (void)gca_succeed(task, result);
        else if (task->outcome != TASK_OUTCOME_NONE)
                return;
        else if (body->is_told)
                (void)gca_abort_now(task);
        else if (gca_region_get_fault(&task->region) != GCA_REGION_OK)
                (void)gca_succeed(task, GCA_NO_VALUE);
}

static void body_clean_up(struct body *body) {
        struct deferred *deferred;

        body->is_cleaning = true;
        while ((deferred = body->deferred)) {
                struct deferred copy = *deferred;

                body->deferred = copy.next;
                free(deferred);
                copy.call(copy.data);
        }
}

static void body_main(struct coroutine *coroutine) {
        struct body *body = container_of(coroutine, struct body, coroutine);
        gca_task *task = body->task;

        body_decide(body, task->kind->body(task, &task->region));
        /* The frames that they may lie in are gone. */
        assert(list_is_empty(&task->watches));
        body_clean_up(body);
        assert(list_is_empty(&task->watches));
}

static struct body *body_new(gca_task *task, struct worker *worker) {
        struct coroutine *coroutine = coroutine_new(
                &worker->stacks, task_body_get_stack_size(task), sizeof(struct body), body_main);
        struct body *body;

        if (!coroutine)
                return NULL;
        body = container_of(coroutine, struct body, coroutine);
        body->task = task;
        return body;
}

gca_poll task_body_poll(gca_task *task) {
        struct worker *worker = task_get_worker(task);
        struct body *body = task->kind_state;

        if (!body) {
                body = task->kind_state = body_new(task, worker);
                if (!body) {
                        task->outcome = TASK_OUTCOME_FAILED;
                        task_set_static_failure(task, &no_stack);
                        return GCA_DONE;
                }
        }
        task->outcome = body->outcome;
        coroutine_resume(&body->coroutine);
        if (!body->coroutine.is_over) {
                body->outcome = task->outcome;
                return body->answer;
        }
        task->kind_state = NULL;
        coroutine_free(&body->coroutine, &worker->stacks);
        return GCA_DONE;
}

size_t task_body_get_stack_size(const gca_task *task) {
        size_t size = task->kind->stack_size;

        return stack_get_size_for(size ? size : task->runtime->body_stack_bytes);
}
