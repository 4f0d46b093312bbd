/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A task: what the host made, what its kind sees, and where it is.
 *
 * One allocation: this struct, the host's part, the kind's state (if that is small). Blocks are kept for
 * reuse by the I/O thread, which makes all tasks and frees nearly all.
 *
 * [runtime.task.lent] A task is held by its host's reference until it has settled, so the runtime needs none of its own, but
 * for one case: a task that the I/O thread ends where a thread has it in hand already (pulled, or a service
 * task that is ready). It gets a reference for that place, given up by whoever comes across it.
 *
 * WHERE IT IS. One of these, and `link` or `job.item` says so:
 *
 *     gathered       I/O thread          job.item, runtime.gathered or runtime.gathered_blocking
 *     queued         queue's lock        job.item
 *     in the pool    pool's lock         job.item
 *     pulled         batch's word        its worker's batch
 *     ready          its worker          link
 *     in an inbox    atomically          link: on its way to be polled, or ended and to be settled
 *     on its thread  that thread         being polled
 *     suspended      its worker          watches, timers
 *
 * FIELDS belong to the I/O thread, to the task's thread while it runs (from task_state_to_running() to
 * task_state_to_ended(), which hand them over), or are fixed by gca_task_new(); the struct says which.
 * The atomic ones are the worker's, and others read them for people.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gcasync/runtime.h>

#include "base/list.h"
#include "gc/region.h"
#include "runtime/pool.h"
#include "runtime/task-state.h"
#include "runtime/timer.h"

struct progress;
struct worker;

/* Why a task failed. One allocation, or static. */
struct failure {
        const char *code, *message;
        bool is_static;
};

enum task_outcome {
        TASK_OUTCOME_NONE, /* poll has not said yet */
        TASK_OUTCOME_SUCCEEDED,
        TASK_OUTCOME_FAILED,
        TASK_OUTCOME_ABORTED,
};

enum {
        TASK_KIND_ALWAYS_DROPS =
                1u
                << 31, /* a kind of this library's: drop also where a started task was never polled */
};

struct gca_task {
        struct task_state state;
        _Atomic uint32_t n_refs;

        /* fixed: */
        gca_runtime *runtime;
        const gca_kind_entry *entry;
        const gca_kind *kind;
        uint64_t id;
        uint32_t uid;
        uint16_t size_class;   /* of the block */
        uint32_t state_offset; /* of the kind's state in the block; 0: it is too large for that */
        uint64_t deadline_ns;
        size_t arguments_size;

        gca_post link;
        struct pool_job job;

        /* I/O thread: */
        struct list siblings; /* in runtime.tasks from submission until settled */
        struct timer deadline_timer;
        char *abort_reason;
        bool is_told; /* finished() has been called */

        /* the task's thread: */
        bool is_polled;   /* at least once: drop is due */
        bool is_ending;   /* waits for its blocking calls before it ends */
        bool has_fired;   /* a watch fired during this poll */
        uint8_t outcome;  /* enum task_outcome */
        uint32_t n_calls; /* blocking calls under way */
        uint32_t told;    /* what the poll under way has been told of aborts */
        _Atomic uint32_t
                stack_bytes; /* of a body's stack, the most in use so far; read by any thread */
        void *kind_state;
        struct list watches; /* armed ones */
        gca_value *arguments;
        gca_value result;
        struct failure *failure;

        /* written by the task's thread, read by any: */
        _Atomic(struct worker *) worker; /* NULL: not started, or in the pool */
        _Atomic(const char *) waiting_for;
        _Atomic(struct progress *) progress; /* NULL before the first report */
        _Atomic uint64_t started_ns, finished_ns;
        _Atomic uint64_t n_polls;
        _Atomic uint64_t memory_bytes;

        /* the task's thread; not valid before the start: */
        struct gca_region region;
} __attribute__((aligned(16))); /* what follows it is aligned for any type */

enum {
        TASK_ALIGNMENT = 16,
        TASK_LINE_BYTES = 64, /* of the processor's cache */
        TASK_STATE_INLINE_MAX =
                1024, /* larger states have memory of their own, from start to end */
};

static inline size_t task_round(size_t size) {
        return (size + TASK_ALIGNMENT - 1) & ~(size_t)(TASK_ALIGNMENT - 1);
}

/* Sets why it fails, unless that is set already. The task's thread. */
void task_set_failure(gca_task *task, const char *code, const char *message);

/* The same for what is known beforehand; both texts are static. */
void task_set_static_failure(gca_task *task, struct failure *failure);
extern struct failure task_failure_no_memory;
extern struct failure task_failure_memory_limit;

/* Fetches what starting, ending or settling a task touches, for a thread that will soon do that: another thread had it last. */
static inline void task_prefetch(const gca_task *task) {
        for (size_t at = 0; at < sizeof(*task) + TASK_LINE_BYTES; at += TASK_LINE_BYTES)
                __builtin_prefetch((const char *)task + at, 1);
}

/* Why there was no value, as the task's region has it. */
struct failure *task_get_region_failure(const gca_task *task);

/* ---- relaxed single-writer fields: statistics; nothing is ordered by them ---- */

static inline void task_store(_Atomic uint64_t *field, uint64_t value) {
        atomic_store_explicit(field, value, memory_order_relaxed);
}

static inline uint64_t task_load(const _Atomic uint64_t *field) {
        return atomic_load_explicit(field, memory_order_relaxed);
}

static inline void task_set_waiting_for(gca_task *task, const char *what) {
        atomic_store_explicit(&task->waiting_for, what, memory_order_relaxed);
}

static inline void task_set_worker(gca_task *task, struct worker *worker) {
        atomic_store_explicit(&task->worker, worker, memory_order_relaxed);
}

static inline struct worker *task_get_worker(const gca_task *task) {
        /* Relaxed: whoever acts on it has seen the state that the worker stored after it. */
        return atomic_load_explicit(&task->worker, memory_order_relaxed);
}
