/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A program: the host of a runtime that a builder made (gcasync/program.h).
 *
 *     open --close--> closing --all have ended--> closed
 *
 * WHO DRIVES. In the flavour multi-thread a thread of the program's own, from the build to the end. Else whoever waits:
 * one at a time (is_driven), who hands over when its own wait is over. `lock` passes the runtime from one to the next.
 *
 * POSTS from threads that are not the runtime's are sent under the lock while the program is not closed, so that none comes
 * after the I/O thread's last look. The runtime's own threads need no lock: they are joined before that look.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <gcasync/program.h>

#include "base/lock.h"
#include "runtime/runtime.h"
#include "runtime/task.h"

struct program {
        /* fixed: */
        gca_runtime *runtime;
        gca_heap *own_heap; /* or NULL */
        gca_task_hooks hooks;

        struct lock lock;
        pthread_cond_t changed;
        /* lock: */
        pthread_t thread; /* multi-thread: drives, until it is joined */
        bool has_thread;
        bool is_driven;
        const bool *driver_is_over; /* what who drives waits for, or NULL */
        bool is_closing;            /* asked to close */
        bool is_killing;            /* and to do so without grace */
        bool is_drained;            /* closing, and every task has settled */
        bool is_closed;             /* takes no posts from outside */
        bool is_ended;              /* nothing of the runtime runs any more */
        gca_post close_post, kill_post;

        struct lock results_lock;
        gca_root_owner *results; /* results_lock: the roots of results; NULL: no heap */

        _Atomic uint64_t next_id;
};

/* A runtime with a program. options lack the host and, with has_heap, the heap. 0 or -errno. */
int program_new(const gca_runtime_options *options,
                const gca_task_hooks *hooks,
                bool has_heap,
                gca_runtime **ret_runtime);

/* gca_runtime_free() of such a runtime: program_end() before, program_free() after all the rest. */
void program_end(struct program *program);
void program_free(struct program *program);

/* Any thread: sends a post to the I/O thread. 0, or -ESHUTDOWN: nobody will look. */
int program_post(struct program *program, gca_post *post);

/* The I/O thread: a task has settled. */
void program_note_settled(struct program *program);

/* The I/O thread: what somebody waits for has come. */
void program_note_over(struct program *program, bool *is_over);

/* Waits until *is_over (lock), and drives the runtime meanwhile where that is the flavour's way. 0, or -ETIMEDOUT. */
int program_wait(struct program *program, const bool *is_over, uint64_t deadline_ns);

/* The task's thread, before and after each poll: the hooks, where there are any. */
void program_call_poll_hook(struct program *program, gca_task *task, bool is_after);

/* What the runtime calls in its host, and the kinds of tasks that are spawned: spawn.c. */
extern const gca_host_ops spawn_host_ops;

static inline void program_note_poll(gca_task *task, bool is_after) {
        struct program *program = task->runtime->program;

        if (__builtin_expect(program != NULL, 0))
                program_call_poll_hook(program, task, is_after);
}
