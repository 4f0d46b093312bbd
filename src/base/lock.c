/* SPDX-License-Identifier: MIT */

#include "base/lock.h"

#include <errno.h>
#include <time.h>

#include "base/check.h"
#include "base/clock.h"

#ifdef GCASYNC_DEBUG_CHECKS

#        include <stdatomic.h>
#        include <stdio.h>
#        include <stdlib.h>

static const char *const lock_names[] = {
#        define X(name, text, doc) text,
        LOCK_RANK_MAP(X)
#        undef X
};

/* The ranks this thread holds, one bit each: no rank is held twice, by the rule itself. */
static _Thread_local uint32_t lock_held;

static void lock_note_taken(struct lock *lock) {
        if (lock_held >> lock->rank) {
                fprintf(stderr,
                        "lock order: \"%s\" taken while one of rank %d (\"%s\") or above is held\n",
                        lock_names[lock->rank],
                        31 - __builtin_clz(lock_held),
                        lock_names[31 - __builtin_clz(lock_held)]);
                abort();
        }
        lock_held |= UINT32_C(1) << lock->rank;
        /* Relaxed: only the holder compares it with itself. */
        atomic_store_explicit(&lock->holder, pthread_self(), memory_order_relaxed);
}

static void lock_note_given(struct lock *lock) {
        lock_assert_held(lock);
        lock_held &= ~(UINT32_C(1) << lock->rank);
        /* Relaxed: see lock_note_taken(). */
        atomic_store_explicit(&lock->holder, (pthread_t)0, memory_order_relaxed);
}

void lock_assert_held(struct lock *lock) {
        /* Relaxed: see lock_note_taken(). */
        assert(pthread_equal(atomic_load_explicit(&lock->holder, memory_order_relaxed),
                             pthread_self()));
}

#else

static void lock_note_taken(struct lock *lock) {
        (void)lock;
}

static void lock_note_given(struct lock *lock) {
        (void)lock;
}

#endif

void lock_init(struct lock *lock, enum lock_rank rank) {
        int r = pthread_mutex_init(&lock->mutex, NULL);

        assert(r == 0);
#ifdef GCASYNC_DEBUG_CHECKS
        lock->rank = rank;
        atomic_init(&lock->holder, (pthread_t)0);
#else
        (void)rank;
#endif
}

void lock_deinit(struct lock *lock) {
        int r = pthread_mutex_destroy(&lock->mutex);

        assert(r == 0);
}

void lock_take(struct lock *lock) {
        int r = pthread_mutex_lock(&lock->mutex);

        assert(r == 0);
        lock_note_taken(lock);
}

void lock_give(struct lock *lock) {
        int r;

        lock_note_given(lock);
        r = pthread_mutex_unlock(&lock->mutex);
        assert(r == 0);
}

void lock_condition_init(pthread_cond_t *condition) {
        pthread_condattr_t attributes;
        int r;

        r = pthread_condattr_init(&attributes);
        assert(r == 0);
        r = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
        assert(r == 0);
        r = pthread_cond_init(condition, &attributes);
        assert(r == 0);
        (void)pthread_condattr_destroy(&attributes);
}

int lock_wait(struct lock *lock, pthread_cond_t *condition, uint64_t deadline_ns) {
        struct timespec deadline = { .tv_sec = (time_t)(deadline_ns / NS_PER_S),
                                     .tv_nsec = (long)(deadline_ns % NS_PER_S) };
        int r;

        lock_note_given(lock);
        if (deadline_ns == CLOCK_NEVER)
                r = pthread_cond_wait(condition, &lock->mutex);
        else
                r = pthread_cond_timedwait(condition, &lock->mutex, &deadline);
        lock_note_taken(lock);
        assert(r == 0 || r == ETIMEDOUT);
        return r;
}
