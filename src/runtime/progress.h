/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A task's progress reports, from its thread to the I/O thread. The newest one counts: while one is
 * under way to the host, others only change what it will read. The host is told at most every 50 ms.
 */

#include <gcasync/runtime.h>

struct progress;

/* Copies what was reported last; nothing changes where nothing was. Any thread that holds the task. */
void progress_get(const gca_task *task, gca_task_info *info);

/* The task settles: nothing of it is told any more. I/O thread. */
void progress_settle(gca_task *task);

/* The task is freed. NULL is accepted. */
void progress_free(struct progress *progress);
