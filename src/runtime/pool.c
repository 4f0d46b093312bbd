/* SPDX-License-Identifier: MIT */

#include "runtime/pool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "runtime/thread.h"

struct pool_thread {
        struct list link; /* in pool.ended */
        struct pool *pool;
        pthread_t thread;
        unsigned number;
};

void pool_init(struct pool *pool,
               size_t n_threads_max,
               uint64_t keep_alive_ns,
               const char *thread_name) {
        *pool = (struct pool){ .n_threads_max = n_threads_max, .keep_alive_ns = keep_alive_ns };
        lock_init(&pool->lock, LOCK_RANK_POOL);
        lock_condition_init(&pool->has_job);
        lock_condition_init(&pool->has_ended);
        fair_init(&pool->jobs);
        list_init(&pool->ended);
        (void)snprintf(pool->thread_name, sizeof(pool->thread_name), "%s", thread_name);
}

void pool_deinit(struct pool *pool) {
        assert(pool->n_threads == 0);
        fair_deinit(&pool->jobs);
        (void)pthread_cond_destroy(&pool->has_ended);
        (void)pthread_cond_destroy(&pool->has_job);
        lock_deinit(&pool->lock);
}

/* Waits for a job; NULL: the thread is to end. */
static struct pool_job *pool_await_job_locked(struct pool *pool) {
        uint64_t deadline_ns = 0;

        lock_assert_held(&pool->lock);
        while (pool->jobs.n == 0) {
                bool is_late;

                if (pool->is_stopping)
                        return NULL;
                if (deadline_ns == 0)
                        deadline_ns = clock_add_ns(clock_monotonic_ns(), pool->keep_alive_ns);
                pool->n_idle++;
                is_late = lock_wait(&pool->lock, &pool->has_job, deadline_ns) == ETIMEDOUT;
                pool->n_idle--;
                if (pool->n_to_wake > 0)
                        pool->n_to_wake--;
                else if (is_late && pool->jobs.n == 0)
                        return NULL;
        }
        return container_of(fair_pop(&pool->jobs), struct pool_job, item);
}

static void pool_run_jobs(struct pool *pool, struct region_cache *cache) {
        LOCK_SCOPE(&pool->lock);
        struct pool_job *job;

        while ((job = pool_await_job_locked(pool))) {
                lock_give(&pool->lock);
                job->call(job, cache);
                lock_take(&pool->lock);
        }
}

static void *pool_thread_main(void *data) {
        struct pool_thread *thread = data;
        struct pool *pool = thread->pool;
        struct region_cache cache;

        thread_set_name(pool->thread_name, 'b', thread->number);
        region_cache_init(&cache);
        pool_run_jobs(pool, &cache);
        region_cache_deinit(&cache);

        LOCK_SCOPE(&pool->lock);
        pool->n_threads--;
        list_push_back(&pool->ended, &thread->link);
        (void)pthread_cond_signal(&pool->has_ended);
        return NULL;
}

static int pool_start_thread_locked(struct pool *pool) {
        struct pool_thread *thread;
        int r;

        thread = calloc(1, sizeof(*thread));
        if (!thread)
                return fault_raise(-ENOMEM);
        list_init(&thread->link);
        thread->pool = pool;
        thread->number = pool->n_started;
        r = thread_start(&thread->thread, pool_thread_main, thread);
        if (r) {
                free(thread);
                return fault_pass(r);
        }
        pool->n_threads++;
        pool->n_started++;
        return 0;
}

/* Joins threads that have ended by themselves: they hold the lock for their last time. */
static void pool_join_ended(struct pool *pool) {
        for (;;) {
                struct list *link;
                struct pool_thread *thread;

                lock_take(&pool->lock);
                link = list_pop_front(&pool->ended);
                lock_give(&pool->lock);
                if (!link)
                        return;
                thread = list_entry(link, struct pool_thread, link);
                (void)pthread_join(thread->thread, NULL);
                free(thread);
        }
}

/* Finds the job a thread: an idle one, a new one, or whichever is free first. */
static int pool_provide_thread_locked(struct pool *pool) {
        int r;

        if (pool->n_idle > pool->n_to_wake) {
                pool->n_to_wake++;
                (void)pthread_cond_signal(&pool->has_job);
                return 0;
        }
        if (pool->n_threads >= pool->n_threads_max)
                return 0;
        r = pool_start_thread_locked(pool);
        if (r && pool->n_threads > 0) {
                log_debug("blocking pool: no further thread: %s", strerror(-r));
                return 0;
        }
        return r;
}

int pool_submit(struct pool *pool, struct pool_job *job) {
        bool has_ended;
        int r;

        {
                LOCK_SCOPE(&pool->lock);

                assert(!pool->is_stopping);
                r = pool_provide_thread_locked(pool);
                if (r)
                        return fault_pass(r);
                fair_push(&pool->jobs, &job->item);
                has_ended = !list_is_empty(&pool->ended);
        }
        if (has_ended)
                pool_join_ended(pool);
        return 0;
}

bool pool_cancel(struct pool *pool, struct pool_job *job) {
        LOCK_SCOPE(&pool->lock);

        return fair_remove(&pool->jobs, &job->item);
}

void pool_stop(struct pool *pool) {
        lock_take(&pool->lock);
        assert(pool->jobs.n == 0);
        pool->is_stopping = true;
        (void)pthread_cond_broadcast(&pool->has_job);
        while (pool->n_threads > 0)
                (void)lock_wait(&pool->lock, &pool->has_ended, CLOCK_NEVER);
        pool->is_stopping = false;
        pool->n_to_wake = 0;
        lock_give(&pool->lock);
        pool_join_ended(pool);
}

void pool_get_metrics(struct pool *pool, struct pool_metrics *ret_metrics) {
        LOCK_SCOPE(&pool->lock);

        *ret_metrics = (struct pool_metrics){ .n_threads = pool->n_threads,
                                              .n_idle = pool->n_idle,
                                              .n_queued = pool->jobs.n };
}
