/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The daemon is the subreaper of the programs it runs: what their children leave behind becomes its child,
 * and somebody must wait for it. But a task waits for the program it started, by pidfd, and must not be robbed
 * of its end. What tells the two apart:
 *
 *   - a program is the child of the pool thread that started it, an orphan is given to the main thread. The reaper
 *     looks at the main thread's children only (__WNOTHREAD);
 *   - a pool thread that ends hands its children to the main thread, too. But a task that waits for one of
 *     those collects it in the pass that follows its end at the latest. So only what was seen dead, and still
 *     is there two passes later, is an orphan.
 *
 * I/O thread, which is the main thread.
 */

#include <event2/event_struct.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "gcasync/runtime.h"

struct daemon;

struct reaper_zombie {
        pid_t pid;
        uint64_t seen_in_pass;
};

struct reaper {
        struct daemon *daemon;
        struct event event;
        gca_timer timer;
        bool is_started, is_timer_started;
        struct reaper_zombie *zombies; /* seen the last time */
        size_t n_zombies;
};

/* Makes the process a subreaper. 0 or -errno. */
int reaper_start(struct reaper *reaper, struct daemon *daemon);
void reaper_stop(struct reaper *reaper);
