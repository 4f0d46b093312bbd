/* SPDX-License-Identifier: MIT */

#include "runtime/task-run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "runtime/arguments.h"
#include "runtime/program.h"
#include "runtime/runtime.h"
#include "runtime/task-body.h"
#include "runtime/task-control.h"
#include "runtime/task.h"
#include "runtime/watch.h"
#include "runtime/watchdog.h"
#include "runtime/worker.h"

/* The thread that a task runs on. */
struct place {
        struct worker *worker; /* NULL: a thread of the pool */
        struct thread_memory *memory;
        bool is_inline; /* inside gca_task_submit() */
};

static struct place place_of_worker(struct worker *worker) {
        return (struct place){ .worker = worker, .memory = &worker->memory };
}

static uint64_t place_get_now(const struct place *place) {
        return place->worker ? worker_get_now(place->worker) : clock_monotonic_ns();
}

/* The time when a task ends: its polls may have been long, so the clock is read, and the next task starts
 * then. Inline tasks make do with the time of the pass: a clock costs a third of one. */
static uint64_t place_read_now(const struct place *place) {
        if (place->worker && !place->is_inline)
                place->worker->now_ns = 0;
        return place_get_now(place);
}

/* ---- end ---- */

/* What the task ends with; stores the result where that is a success. */
static gca_task_state task_decide_end(gca_task *task) {
        const gca_host_ops *ops = &task->runtime->ops;

        switch (task->outcome) {
        case TASK_OUTCOME_SUCCEEDED:
                if (!ops->store_result || ops->store_result(task, task->result) == 0)
                        return GCA_TASK_SUCCEEDED;
                if (!task->failure)
                        task_set_failure(task, "internal", "the result could not be stored");
                return GCA_TASK_FAILED;
        case TASK_OUTCOME_FAILED:
                return GCA_TASK_FAILED;
        default:
                return GCA_TASK_ABORTED;
        }
}

static void task_clear_run(gca_task *task) {
        task_store(&task->memory_bytes, gca_region_get_bytes(&task->region));
        region_deinit(&task->region);
        if (task->state_offset == 0)
                free(task->kind_state);
        task->kind_state = NULL;
        task->arguments = NULL;
        task->result = GCA_NO_VALUE;
}

static void task_hand_back(gca_task *task, const struct place *place) {
        task->link.call = task_on_done;
        if (!place->worker)
                worker_post(&task->runtime->io, &task->link);
        else if (place->worker->is_io)
                task_settle(task);
        else
                worker_push_done(place->worker, task);
}

static void task_finish(gca_task *task, const struct place *place) {
        gca_task_state end = GCA_TASK_TIMED_OUT;
        enum task_act act;

        if (task->kind->drop && (task->is_polled || task->kind->flags & TASK_KIND_ALWAYS_DROPS))
                task->kind->drop(task, task->kind_state);
        if (place->worker && place->worker->is_io)
                act = task_state_to_completing_alone(&task->state);
        else
                act = task_state_to_completing(&task->state);
        if (act != TASK_ACT_TIMED_OUT) {
                end = task_decide_end(task);
                task_store(&task->finished_ns, place_read_now(place));
        }
        task_clear_run(task);
        task_state_to_ended(&task->state, end);
        task_hand_back(task, place);
}

/* The task will not be polled again. */
static void task_end(gca_task *task, const struct place *place) {
        task->is_ending = true;
        watch_disarm_all(task);
        if (task->n_calls > 0)
                task_set_waiting_for(task, "blocking call");
        else
                task_finish(task, place);
}

void task_resume_end(gca_task *task) {
        struct place place = place_of_worker(task_get_worker(task));

        if (task->is_ending && task->n_calls == 0)
                task_finish(task, &place);
}

/* ---- start ---- */

static int task_load_arguments(gca_task *task) {
        const gca_host_ops *ops = &task->runtime->ops;
        gca_value map = GCA_NO_VALUE;

        if (ops->load_arguments) {
                int r = ops->load_arguments(task, &task->region, &map);

                if (r) {
                        if (!task->failure)
                                task_set_failure(
                                        task, "internal", "the arguments could not be loaded");
                        return r;
                }
        }
        return arguments_check(task, map, &task->arguments);
}

static int task_make_state(gca_task *task) {
        if (task->state_offset > 0) {
                task->kind_state = (char *)task + task->state_offset;
                memset(task->kind_state, 0, task->kind->state_size);
                return 0;
        }
        if (task->kind->state_size == 0)
                return 0;
        task->kind_state = calloc(1, task->kind->state_size);
        if (!task->kind_state)
                task_set_static_failure(task, &task_failure_no_memory);
        return task->kind_state ? 0 : -ENOMEM;
}

/* Makes what a running task has. False: it failed and is to be ended. */
static bool task_start(gca_task *task, const struct place *place) {
        thread_memory_begin_region(
                place->memory, &task->region, task->runtime->task_memory_limit_bytes);
        task_store(&task->started_ns, place_get_now(place));
        task->outcome = TASK_OUTCOME_FAILED;
        return task_make_state(task) == 0 && task_load_arguments(task) == 0;
}

/* ---- polls ---- */

static gca_poll task_call_poll(gca_task *task) {
        gca_poll answer;

        task->is_polled = true;
        task->has_fired = false;
        task->outcome = TASK_OUTCOME_NONE;
        program_note_poll(task, false);
        if (task->kind->mode == GCA_MODE_BODY)
                answer = task_body_poll(task);
        else
                answer = task->kind->poll(task, task->kind_state);
        program_note_poll(task, true);
        /* One thread writes it. */
        task_store(&task->n_polls, task_load(&task->n_polls) + 1);
        if (answer != GCA_PENDING && answer != GCA_AGAIN && task->outcome == TASK_OUTCOME_NONE) {
                task->outcome = TASK_OUTCOME_FAILED;
                task_set_failure(task, "kind-fault", "the kind ended without a result");
        }
        return answer;
}

/* What the kind answered cannot be honoured here. */
static void task_refuse_wait(gca_task *task) {
        task->outcome = TASK_OUTCOME_FAILED;
        task_set_failure(task, "kind-fault", "a kind of this mode must not wait");
}

/* Whether an abort is the end of it: it is not told of the abort itself. A body that has begun is told by its awaits. */
static bool task_is_dropped(const gca_task *task) {
        if (task->kind->mode == GCA_MODE_BODY)
                return task->told && !task->is_polled;
        return task->told && !(task->kind->flags & GCA_KIND_HANDLES_ABORT);
}

static void task_suspend(gca_task *task, struct worker *worker) {
        task_store(&task->memory_bytes, gca_region_get_bytes(&task->region));
        task_set_waiting_for(task, watch_describe(task));
        if (task->has_fired || task_state_to_suspended(&task->state, task->told) == TASK_ACT_POLL)
                worker_push_ready(worker, task);
}

/* A poll and what follows from it. */
static void task_poll(gca_task *task, struct worker *worker) {
        struct place place = place_of_worker(worker);
        gca_task *outer = worker->current;
        gca_poll answer;

        /* Once: an abort that comes after this look is news when the task is about to be suspended. */
        task->told = task_state_get_told(&task->state);
        if (task_is_dropped(task)) {
                task->outcome = TASK_OUTCOME_ABORTED;
                task_end(task, &place);
                return;
        }
        worker->current = task;
        worker_count(&worker->n_polls);
        watchdog_note_begin(worker, task);
        answer = task_call_poll(task);
        thread_memory_settle(&worker->memory);
        watchdog_note_end(worker);
        worker->current = outer;
        if (answer == GCA_PENDING)
                task_suspend(task, worker);
        else if (answer == GCA_AGAIN)
                worker_push_ready(worker, task);
        else
                task_end(task, &place);
}

void task_run(struct worker *worker, gca_task *task) {
        struct place place = place_of_worker(worker);

        if (!task_state_is_queued(&task->state) && !task_state_is_ended(&task->state)) {
                task_state_to_resumed(&task->state);
                task_set_waiting_for(task, NULL);
                task_poll(task, worker);
                return;
        }
        task_set_worker(task, worker);
        if (task_state_to_running(&task->state) == TASK_ACT_LET_GO) {
                /* The list's own reference, see task.h. */
                (void)gca_task_unref(task);
                return;
        }
        worker_count(&worker->n_started);
        if (worker->is_io)
                worker->now_ns =
                        0; /* as in worker_pull(): no task starts before it was submitted */
        if (task_start(task, &place))
                task_poll(task, worker);
        else
                task_end(task, &place);
}

void task_run_inline(struct worker *worker, gca_task *task) {
        struct place place = place_of_worker(worker);
        gca_task *outer = worker->current;

        place.is_inline = true;
        task_set_worker(task, worker);
        task_state_to_running_alone(&task->state);
        worker_count(&worker->n_started);
        if (task_start(task, &place)) {
                worker->current = task;
                worker_count(&worker->n_polls);
                if (task_call_poll(task) != GCA_DONE)
                        task_refuse_wait(task);
                worker->current = outer;
        }
        task_end(task, &place);
}

void task_run_blocking(struct pool_job *job, struct thread_memory *memory) {
        struct place place = { .memory = memory };
        gca_task *task = container_of(job, gca_task, job);

        if (task_state_to_running(&task->state) == TASK_ACT_LET_GO) {
                (void)gca_task_unref(task);
                return;
        }
        /* Relaxed: a statistic. */
        (void)atomic_fetch_add_explicit(
                &task->runtime->n_started_blocking, 1, memory_order_relaxed);
        if (task_start(task, &place) && task_call_poll(task) != GCA_DONE)
                task_refuse_wait(task);
        task_end(task, &place);
}
