/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Kinds of mode body: a function on a coroutine, seen by task-run.c as a poll function. A poll resumes the
 * body, which runs until it awaits something, gives way or returns.
 *
 * The task's kind_state is the body, at the top of its stack, from the first poll until it is over; a task that never
 * starts has neither. The calls that a body makes (gca_await_…, gca_yield, gca_defer) are in task-body.c too.
 */

#include <stddef.h>

#include <gcasync/runtime.h>

/* The task's worker: a poll, whose answer it returns. */
gca_poll task_body_poll(gca_task *task);

/* The size of the stack that the task's body has, or will have. */
size_t task_body_get_stack_size(const gca_task *task);
