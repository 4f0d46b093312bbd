/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A line of progress on standard error, only on a terminal and only when the work has taken a second. It is
 * written over itself, and taken away before anything else is written to the terminal.
 */

#include <stdbool.h>
#include <stdint.h>

#include <gcasync/client.h>

struct progress {
        bool is_enabled;
        bool is_shown; /* the line stands on the terminal */
        bool is_dirty; /* there is news to show */
        uint64_t show_at_ns;
        char *text;
};

void progress_init(struct progress *progress, bool is_enabled);
void progress_deinit(struct progress *progress);
void progress_take(struct progress *progress, const gcasync_event *event);
/* Shows news if it is time. */
void progress_show(struct progress *progress);
void progress_hide(struct progress *progress);
/* When progress_show() has something to do; CLOCK_NEVER: not before the next event. */
uint64_t progress_get_deadline_ns(const struct progress *progress);
