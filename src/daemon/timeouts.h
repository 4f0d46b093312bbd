/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Many timeouts of one length. All last equally long, so the oldest in the queue is the next to expire and
 * one timer serves them all; starting and stopping one is linking and unlinking, which is what the
 * sessions' hot path can afford. I/O thread.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "gcasync/runtime.h"

struct timeout {
        struct list link;
        uint64_t since_ns;
};

struct timeouts {
        struct list queue; /* oldest first */
        gca_runtime *runtime;
        gca_timer timer;
        bool is_timer_started;
        uint64_t length_ns;
        void (*on_expired)(struct timeout *timeout); /* the timeout is not running any more */
};

void timeouts_init(struct timeouts *timeouts,
                   gca_runtime *runtime,
                   uint64_t length_ns,
                   void (*on_expired)(struct timeout *timeout));
void timeouts_deinit(struct timeouts *timeouts);

void timeout_init(struct timeout *timeout);
/* (Re)starts it from now. */
void timeout_start(struct timeouts *timeouts, struct timeout *timeout);
void timeout_stop(struct timeout *timeout);

static inline bool timeout_is_running(const struct timeout *timeout) {
        return !list_is_empty(&timeout->link);
}
