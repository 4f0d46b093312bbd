/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Running a task: start, polls, end, all on one thread: a worker, the I/O thread (service and inline
 * kinds) or a thread of the pool.
 *
 * HOW A TASK ENDS, in this order: watches removed (calls that run are waited for), drop called, result
 * stored by the host, region gone, end state, the I/O thread told.
 */

#include <gcasync/runtime.h>

struct pool_job;
struct thread_memory;
struct worker;

/* One poll of a task that was in the worker's ready list, its start before it if it is the first. */
void task_run(struct worker *worker, gca_task *task);

/* A whole inline task, on the I/O thread. */
void task_run_inline(struct worker *worker, gca_task *task);

/* A whole blocking task, on the pool's thread: a pool_job's call. */
void task_run_blocking(struct pool_job *job, struct thread_memory *memory);

/* A blocking call of the task has returned and been taken off its count: a task that waited for no more than
 * that ends. */
void task_resume_end(gca_task *task);
