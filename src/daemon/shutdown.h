/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The end of the daemon, in steps that follow one another:
 *
 *     RUNNING --SIGTERM, SIGINT--> DRAINING   no new connections, no new tasks; running ones may end
 *             --grace time-------> ABORTING   what is left is aborted, and may clean up
 *             --5 s--------------> KILLING    without grace
 *             --5 s--------------> CLOSING    sessions are told, and what was replied is written
 *             --1 s--------------> STOPPED    with tasks that do not end even now, by _exit(1)
 *
 * From DRAINING on, CLOSING follows as soon as every task has settled; STOPPED follows as soon as
 * the last session is closed. Another signal goes to the next step at once. I/O thread.
 */

#include <event2/event_struct.h>
#include <stdbool.h>

#include "gcasync/runtime.h"

struct daemon;

enum shutdown_step {
        SHUTDOWN_RUNNING,
        SHUTDOWN_DRAINING,
        SHUTDOWN_ABORTING,
        SHUTDOWN_KILLING,
        SHUTDOWN_CLOSING,
        SHUTDOWN_STOPPED,
};

enum {
        SHUTDOWN_SIGNALS = 3,
};

struct shutdown {
        struct daemon *daemon;
        enum shutdown_step step;
        gca_tracker *tracker; /* counts the jobs that have not settled */
        gca_tracker_wait *wait;
        bool is_drained;
        gca_timer timer;
        bool is_timer_started;
        struct event events[SHUTDOWN_SIGNALS];
        size_t n_events;
};

/* 0 or -ENOMEM; shutdown_deinit() is due after both. */
int shutdown_init(struct shutdown *shutdown, struct daemon *daemon);
void shutdown_deinit(struct shutdown *shutdown);

void shutdown_add_job(struct shutdown *shutdown);
void shutdown_remove_job(struct shutdown *shutdown);

/* At the end of a pass: takes the step that is due. */
void shutdown_end_pass(struct shutdown *shutdown);

static inline bool shutdown_has_begun(const struct shutdown *shutdown) {
        return shutdown->step > SHUTDOWN_RUNNING;
}
