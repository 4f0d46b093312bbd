/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The watchdog ([runtime.watchdog.sequence]): names a worker whose task does not return from its poll. It is the I/O thread's timer,
 * not the worker's own business, so a worker is named while it is stuck.
 *
 * A poll costs no clock: it makes the worker's sequence odd before and even after. The watchdog looks
 * every 20 ms. A sequence that is odd and the same as at the last look: what the worker has pulled and
 * not started is given back, for others to run. One that has not moved for the threshold: a hog, told
 * once. The timer runs while some worker is awake, and rests when all are parked; a worker
 * that wakes up by itself sees that and sets it going again.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gcasync/runtime.h>

struct worker;

/* What was seen of one worker. */
struct watchdog_sight {
        uint64_t sequence;
        uint64_t since_ns;
        bool is_told;
};

struct watchdog {
        gca_runtime *runtime;
        uint64_t threshold_ns;
        struct watchdog_sight *sights; /* one a worker */
        gca_timer timer;
        gca_post post;
        _Atomic bool is_awake; /* any thread: the timer runs, or a post is under way to start it */
        _Atomic uint64_t n_hogs;
};

/* 0 or -ENOMEM. */
int watchdog_init(struct watchdog *watchdog, gca_runtime *runtime, uint64_t threshold_ns);
void watchdog_deinit(struct watchdog *watchdog);

/* A worker when it comes out of its wait, and the I/O thread when it hands tasks over: makes sure that somebody watches. */
void watchdog_wake(struct watchdog *watchdog);

/* I/O thread, when all workers have stopped. */
void watchdog_stop(struct watchdog *watchdog);

/* ---- a worker's thread, around each poll ---- */

void watchdog_note_begin(struct worker *worker, gca_task *task);
void watchdog_note_end(struct worker *worker);
