/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A callback that may be changed while others call it: once notice_set() has returned, what was set before is not running and
 * will not be called again. It is called under no lock; from inside it, it may not be set. Any thread.
 */

#include <pthread.h>
#include <stdbool.h>

#include "base/lock.h"

struct notice {
        struct lock lock;
        /* lock: */
        pthread_cond_t returned;
        void (*call)(void *data);
        void *data;
        unsigned n_calling;
};

void notice_init(struct notice *notice, void (*call)(void *data), void *data);
void notice_deinit(struct notice *notice);

/* call NULL: takes back what was set with the same data. 0, or -EBUSY: another has been set. */
int notice_set(struct notice *notice, void (*call)(void *data), void *data);

/* Calls it, if there is one. */
void notice_give(struct notice *notice);
