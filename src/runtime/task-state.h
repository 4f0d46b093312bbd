/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A task's state: one word, and every change of it. Each function changes the word and says what its
 * caller does next; nobody else looks at the bits.
 *
 *     NEW --> QUEUED --> RUNNING <--> SUSPENDED
 *                |           \            /
 *                |            COMPLETING
 *                v                |
 *              ENDED <------------+          with one of the four ends
 *
 *   bits   what                                        written by        read by
 *   0-2    stage                                       see below         any thread
 *   3-5    end (gca_task_state): ended, or expired     who ends it       any thread
 *   6      NOTIFIED: suspended, on its way to a poll   worker, I/O       worker, I/O
 *   7      ABORT: to end                               I/O               worker
 *   8      KILL: without grace                         I/O               worker
 *   9      EXPIRED: the end is timed-out, and told     I/O               worker
 *   10     SETTLED: nothing of it runs any more        I/O               any thread
 *
 * "Worker" is the thread that runs the task (a worker, the I/O thread, a thread of the pool); "I/O" the
 * I/O thread. NEW is the I/O thread's. QUEUED is contended: the worker that starts it or the I/O thread
 * that ends it, by compare-and-set. RUNNING and SUSPENDED are the worker's stages, in which the I/O
 * thread may add bits 6 to 9. COMPLETING is the worker's alone: from here on aborts and deadlines come
 * too late, so a result is stored only when it will stand. ENDED is the I/O thread's.
 *
 * Order: a change that hands the task to another thread releases, and the one that takes it acquires;
 * they are named at each. A task that starts and ends inside gca_task_submit() is one thread's, and its
 * changes are plain stores (…_alone).
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <gcasync/runtime.h>

struct task_state {
        _Atomic uint32_t word;
};

enum task_act {
        TASK_ACT_NONE = 0,  /* nothing changed, or nothing is to be done */
        TASK_ACT_CHANGED,   /* told; the worker will see it by itself */
        TASK_ACT_SCHEDULE,  /* the caller brings it to its worker, to be polled */
        TASK_ACT_POLL,      /* do (or poll) on; for a suspension: poll again instead */
        TASK_ACT_END,       /* the caller has ended it, and reports it */
        TASK_ACT_LET_GO,    /* somebody else has ended it */
        TASK_ACT_TIMED_OUT, /* it ends as timed-out, whatever it returned */
};

/* What a worker needs to know when it polls: comparable with an earlier answer. */
enum {
        TASK_TOLD_ABORT = 1u << 7,
        TASK_TOLD_KILL = 1u << 8,
};

static inline void task_state_init(struct task_state *state) {
        /* Relaxed: no other thread knows the task yet. */
        atomic_store_explicit(&state->word, 0, memory_order_relaxed);
}

/* I/O. Submitted. POLL: to be queued or run; END: an abort came before. */
enum task_act task_state_to_queued(struct task_state *state);

/* Worker. Started. POLL, or LET_GO. */
enum task_act task_state_to_running(struct task_state *state);
void task_state_to_running_alone(struct task_state *state);

/* Worker. A suspended task is about to be polled. */
void task_state_to_resumed(struct task_state *state);

/* Worker. Polled, and waits now, having been told `told`. NONE, or POLL: there is news. */
enum task_act task_state_to_suspended(struct task_state *state, uint32_t told);

/* Worker. Something it waited for happened. SCHEDULE or NONE. */
enum task_act task_state_to_notified(struct task_state *state);

/* I/O. NONE, CHANGED, SCHEDULE, or END: it had not started and ended as aborted. */
enum task_act task_state_to_aborted(struct task_state *state, gca_abort how);

/* I/O. Its deadline has passed. NONE: it ended before; CHANGED or SCHEDULE: it is timed-out now and still
 * to be stopped; END: it had not started and ended so. */
enum task_act task_state_to_expired(struct task_state *state);

/* Worker. Its result, if any, is about to be stored. POLL, or TIMED_OUT: the deadline came first. */
enum task_act task_state_to_completing(struct task_state *state);
enum task_act task_state_to_completing_alone(struct task_state *state);

/* Worker, from COMPLETING: with one of the four ends; the task is the I/O thread's from here on. */
void task_state_to_ended(struct task_state *state, gca_task_state end);

/* I/O. */
void task_state_to_settled(struct task_state *state);

/* What the task has been told to do: TASK_TOLD_…. Its worker. */
uint32_t task_state_get_told(const struct task_state *state);

/* Any thread, a snapshot. */
gca_task_state task_state_get(const struct task_state *state);
bool task_state_is_queued(const struct task_state *state);
bool task_state_is_ended(const struct task_state *state);
bool task_state_is_settled(const struct task_state *state);
