/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Runs many tasks of one poll kind through the runtime, as any host would: the calling thread is the I/O
 * thread, keeps some thousands of tasks submitted, and hears of each one's end. Time runs from the first
 * submission to the last end, so it includes what a task costs besides what it does.
 */

#include <gcasync/runtime.h>
#include <stddef.h>
#include <stdint.h>

/* The host's part of each task: number in, figure out. */
struct task_slip {
        uint64_t number;
        uint64_t figure;
};

static inline struct task_slip *task_get_slip(const gca_task *task) {
        return gca_task_host(task);
}

struct tasks_options {
        unsigned n_workers;
        uint64_t n_tasks; /* numbered from 0 */
        gca_poll (*poll)(gca_task *task, void *state);
        gca_heap *heap; /* or NULL */
        /* On the task's thread, with what it succeeded with; may be NULL. */
        int (*store_result)(gca_task *task, gca_value result);
};

/* Returns the time it took, and the sum of the figures. */
uint64_t tasks_run(const struct tasks_options *options, uint64_t *ret_sum);
