/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The blocking pool: threads for work that may wait in the kernel. A thread is started when a job comes
 * and none is idle, up to a maximum, and ends when it has been idle for the keep-alive time; beyond the
 * maximum jobs queue without limit, fair between uids. All signals are blocked in its threads.
 *
 * One thread is called at a time, woken or started: who submits calls one, and each that takes a job and
 * leaves others behind calls the next. So many short jobs need few threads, many long ones get theirs
 * one after the other, and who submits never starts more than one.
 *
 * Brief jobs, which do not wait for anything, are done by one thread, one after the other: while it is at one, nobody
 * is called for those behind it. To wake a second thread takes longer than the job, and the two would then stand in
 * each other's way.
 *
 *     queued --> running --> (called; its memory is the owner's again)
 *         \--> cancelled
 *
 * Any thread may submit and cancel; start and stop are the owner's. pool_stop() waits for the running
 * jobs; none may be queued then.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gcasync/runtime.h>

#include "base/list.h"
#include "base/lock.h"
#include "runtime/fair.h"
#include "runtime/thread-memory.h"

struct pool_job {
        struct fair_item item; /* the owner sets uid and cost */
        bool is_brief;
        /* memory: the thread's own, for regions that end inside the call. */
        void (*call)(struct pool_job *job, struct thread_memory *memory);
};

struct pool {
        struct lock lock;
        pthread_cond_t has_job; /* idle threads wait on it */
        pthread_cond_t has_ended;
        /* lock: */
        struct fair jobs;
        struct list ended; /* threads to be joined */
        size_t n_threads, n_idle;
        size_t n_brief_queued, n_brief_running;
        bool is_calling;    /* a thread has been woken or started, and has not looked yet */
        unsigned n_started; /* since the pool began; names threads */
        bool is_stopping;
        /* fixed: */
        size_t n_threads_max;
        uint64_t keep_alive_ns;
        char thread_name[16];
        gca_heap *heap;             /* or NULL */
        const gca_runtime *runtime; /* whose threads they are: hooks, size of stacks; or NULL */
};

struct pool_metrics {
        size_t n_threads, n_idle, n_queued;
};

void pool_init(struct pool *pool,
               size_t n_threads_max,
               uint64_t keep_alive_ns,
               const char *thread_name,
               gca_heap *heap);
void pool_deinit(struct pool *pool);

/* Queues the job. 0, or -errno where not even one thread can be started to run it; it is not queued then. */
int pool_submit(struct pool *pool, struct pool_job *job);

/* True: the job had not begun, and will not. */
bool pool_cancel(struct pool *pool, struct pool_job *job);

/* Ends and joins all threads; the pool may be used again afterwards. */
void pool_stop(struct pool *pool);

void pool_get_metrics(struct pool *pool, struct pool_metrics *ret_metrics);
