/* SPDX-License-Identifier: MIT */
#pragma once

/* A task as `ps` and `show` tell it. */

#include <gcasync/client.h>

#include "table.h"

struct document;

/* The members of a listed task; with is_full, those that only one task in full has too. */
void task_info_write(struct document *document, const gcasync_task_info *info, bool is_full);

enum table_style task_info_get_style(gcasync_state state);

/* How long ago it was submitted, and how long it ran or has been running (0: it never started), by the clock now. */
uint64_t task_info_get_age_us(const gcasync_task_info *info, uint64_t now_us);
uint64_t task_info_get_run_time_us(const gcasync_task_info *info, uint64_t now_us);

/* The user's name, or the number. Belongs to the caller. */
char *task_info_get_user(uint32_t uid);
