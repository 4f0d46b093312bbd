/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A mutex with a rank. Locks are taken in the order of base/lock-ranks.h; builds with
 * --enable-debug-checks abort, naming both, when a thread takes one of a rank not above the ones it
 * holds. Inside a lock no callback runs.
 */

#include <pthread.h>
#include <stdint.h>

#include "base/lock-ranks.h"

struct lock {
        pthread_mutex_t mutex;
#ifdef GCASYNC_DEBUG_CHECKS
        enum lock_rank rank;
        _Atomic(pthread_t) holder;
#endif
};

void lock_init(struct lock *lock, enum lock_rank rank);
void lock_deinit(struct lock *lock);
void lock_take(struct lock *lock);
void lock_give(struct lock *lock);

/* Waits on condition with the lock held, up to deadline_ns (CLOCK_MONOTONIC; CLOCK_NEVER: no limit).
 * Returns 0 or ETIMEDOUT. The condition was made by lock_condition_init(). */
int lock_wait(struct lock *lock, pthread_cond_t *condition, uint64_t deadline_ns);
void lock_condition_init(pthread_cond_t *condition);

#ifdef GCASYNC_DEBUG_CHECKS
void lock_assert_held(struct lock *lock);
#else
static inline void lock_assert_held(struct lock *lock) {
        (void)lock;
}
#endif

static inline struct lock *lock_scope_take(struct lock *lock) {
        lock_take(lock);
        return lock;
}

static inline void lock_givep(struct lock **lock) {
        lock_give(*lock);
}

/* Holds the lock until the end of the block. */
#define LOCK_SCOPE(to_hold)                                                             \
        __attribute__((__cleanup__(lock_givep), __unused__)) struct lock *lock_scope_ = \
                lock_scope_take(to_hold)
