/* SPDX-License-Identifier: MIT */

#include "runtime/task-control.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "runtime/progress.h"
#include "runtime/runtime.h"
#include "runtime/task-run.h"
#include "runtime/task.h"

enum {
        COST_BYTES = 4096, /* of arguments that make a task cost one unit more in its queue */
        COST_MAX = 64,
};

/* ---- what the host is told ---- */

static void task_tell_finished(gca_task *task) {
        gca_runtime *runtime = task->runtime;

        task->is_told = true;
        worker_count(&runtime->n_finished);
        /* Who ends by the deadline, or did not start, ends now. */
        if (task_load(&task->finished_ns) == 0)
                task_store(&task->finished_ns, worker_get_now(&runtime->io));
        if (runtime->ops.finished)
                runtime->ops.finished(task);
}

void task_settle(gca_task *task) {
        gca_runtime *runtime = task->runtime;

        timer_heap_remove(&runtime->io.timers, &task->deadline_timer);
        progress_settle(task);
        list_remove(&task->siblings);
        if (!task->is_told)
                task_tell_finished(task);
        task_state_to_settled(&task->state);
        /* The host's reference was what kept the task. */
        if (runtime->ops.settled)
                runtime->ops.settled(task);
}

void task_on_done(gca_post *link) {
        task_settle(container_of(link, gca_task, link));
}

void task_settle_unstarted(gca_runtime *runtime) {
        struct list *link;

        while ((link = list_pop_front(&runtime->ended))) {
                struct fair_item *item = list_entry(link, struct fair_item, link);
                struct pool_job *job = container_of(item, struct pool_job, item);

                task_settle(container_of(job, gca_task, job));
        }
}

bool task_has_unstarted(const gca_runtime *runtime) {
        return !list_is_empty(&runtime->ended) || !list_is_empty(&runtime->gathered) ||
               !list_is_empty(&runtime->gathered_blocking);
}

/* ---- abort and deadline ---- */

/* Takes a task out of the line it waits in. False: a thread has taken it, or is about to. */
static bool task_leave_line(gca_task *task) {
        gca_runtime *runtime = task->runtime;
        bool was_queued;

        if (task->kind->mode == GCA_MODE_BLOCKING)
                was_queued = pool_cancel(&runtime->pool, &task->job);
        else
                was_queued = submit_queue_remove(&runtime->queue, &task->job.item);
        if (was_queued)
                return true;
        /* After the lock above nobody else changes the link: it is linked in a list of this thread's, or
         * in none. */
        if (list_is_empty(&task->job.item.link))
                return false;
        list_remove(&task->job.item.link);
        return true;
}

/* Has the task stopped: how, or by its deadline where how is 0. */
static enum task_act task_stop(gca_task *task, gca_abort how) {
        bool is_lent = false;
        enum task_act act;

        if (task_state_is_queued(&task->state) && !task_leave_line(task)) {
                /* For the list in which a thread will come across it, see task.h. */
                (void)gca_task_ref(task);
                is_lent = true;
        }
        if (how)
                act = task_state_to_aborted(&task->state, how);
        else
                act = task_state_to_expired(&task->state);
        if (is_lent && act != TASK_ACT_END)
                (void)gca_task_unref(task);
        if (act == TASK_ACT_SCHEDULE)
                worker_schedule(task_get_worker(task), task);
        if (act == TASK_ACT_END)
                list_push_back(&task->runtime->ended, &task->job.item.link);
        return act;
}

bool gca_task_abort(gca_task *task, gca_abort how, const char *reason) {
        enum task_act act = task_stop(task, how);

        if (act == TASK_ACT_NONE)
                return false;
        if (reason && !task->abort_reason)
                /* Without memory the reason is a general one. */
                task->abort_reason = strdup(reason);
        return true;
}

static void task_on_deadline(struct timer *timer) {
        gca_task *task = container_of(timer, gca_task, deadline_timer);
        enum task_act act = task_stop(task, 0);

        if (act == TASK_ACT_CHANGED || act == TASK_ACT_SCHEDULE)
                task_tell_finished(task);
}

void task_abort_all(gca_runtime *runtime, gca_abort how, const char *reason) {
        gca_task *task;

        list_for_each(task, &runtime->tasks, siblings) {
                (void)gca_task_abort(task, how, reason);
        }
}

/* ---- submission ---- */

static bool task_is_inline(const gca_task *task) {
        return task->kind->mode == GCA_MODE_INLINE && task->entry->is_inline_allowed &&
               task->arguments_size <= task->kind->inline_limit_bytes;
}

/* Ends a task that was just submitted and will not run. */
static void task_end_unstarted(gca_task *task, gca_task_state end) {
        task_state_to_running_alone(&task->state);
        (void)task_state_to_completing_alone(&task->state);
        task_state_to_ended(&task->state, end);
        list_push_back(&task->runtime->ended, &task->job.item.link);
}

static bool task_start_deadline(gca_task *task) {
        if (task->deadline_ns == CLOCK_NEVER)
                return true;
        task->deadline_timer.call = task_on_deadline;
        if (timer_heap_add(&task->runtime->io.timers, &task->deadline_timer, task->deadline_ns) ==
            0)
                return true;
        task_set_static_failure(task, &task_failure_no_memory);
        task_end_unstarted(task, GCA_TASK_FAILED);
        return false;
}

static uint32_t task_get_cost(const gca_task *task) {
        size_t cost = 1 + task->arguments_size / COST_BYTES;

        return cost < COST_MAX ? (uint32_t)cost : COST_MAX;
}

/* Puts the task where its kind's mode wants it; the end of the pass hands it on. */
static void task_enqueue(gca_task *task) {
        gca_runtime *runtime = task->runtime;

        if (!task_start_deadline(task))
                return;
        task->job.item.uid = task->uid;
        task->job.item.cost = task_get_cost(task);
        switch (task->kind->mode) {
        case GCA_MODE_SERVICE:
                worker_push_ready(&runtime->io, task);
                break;
        case GCA_MODE_BLOCKING:
                task->job.call = task_run_blocking;
                list_push_back(&runtime->gathered_blocking, &task->job.item.link);
                break;
        default:
                if (runtime->n_workers == 0)
                        worker_push_ready(&runtime->io, task);
                else
                        list_push_back(&runtime->gathered, &task->job.item.link);
                break;
        }
}

void gca_task_submit(gca_task *task) {
        gca_runtime *runtime = task->runtime;

        worker_count(&runtime->n_submitted);
        if (!runtime->is_running)
                runtime->io.now_ns = 0;
        list_push_back(&runtime->tasks, &task->siblings);
        if (runtime->is_shutting_down)
                (void)gca_task_abort(task, GCA_ABORT_REQUEST, "the runtime shuts down");
        if (task_state_to_queued(&task->state) == TASK_ACT_END)
                list_push_back(&runtime->ended, &task->job.item.link);
        else if (task->deadline_ns != CLOCK_NEVER &&
                 task->deadline_ns <= worker_get_now(&runtime->io))
                task_end_unstarted(task, GCA_TASK_TIMED_OUT);
        else if (task_is_inline(task))
                task_run_inline(&runtime->io, task);
        else
                task_enqueue(task);
}

/* A job that no thread can be had for. */
static void task_refuse_blocking(gca_task *task) {
        task_set_failure(task, "no-memory", "no thread can be started for blocking work");
        task_end_unstarted(task, GCA_TASK_FAILED);
}

void task_hand_over_gathered(gca_runtime *runtime) {
        struct list *link;

        if (!list_is_empty(&runtime->gathered))
                watchdog_wake(&runtime->watchdog);
        submit_queue_push(&runtime->queue, &runtime->gathered);
        while ((link = list_pop_front(&runtime->gathered_blocking))) {
                struct fair_item *item = list_entry(link, struct fair_item, link);
                struct pool_job *job = container_of(item, struct pool_job, item);

                if (pool_submit(&runtime->pool, job))
                        task_refuse_blocking(container_of(job, gca_task, job));
        }
}
