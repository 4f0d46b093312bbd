/* SPDX-License-Identifier: MIT */
#pragma once

/* Tasks under the I/O thread's control: submission, abort, deadline, and what the host is told. */

#include <gcasync/runtime.h>

/* Tells the host of a task's end, if that is not told, and that it has settled. The task may be gone afterwards. */
void task_settle(gca_task *task);

/* task_settle() for a task that was sent by its link. */
void task_on_done(gca_post *link);

/* The phases of a pass that are about tasks: settles those that ended before they started; hands what was
 * gathered to workers and pool. */
void task_settle_unstarted(gca_runtime *runtime);
void task_hand_over_gathered(gca_runtime *runtime);

/* Whether the next pass has something to do. */
bool task_has_unstarted(const gca_runtime *runtime);

/* For shutdown: what is not settled is to end. */
void task_abort_all(gca_runtime *runtime, gca_abort how, const char *reason);
