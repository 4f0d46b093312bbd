/* SPDX-License-Identifier: MIT */

#include "runtime/pool.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/fault.h"
#include "runtime/runtime.h"
#include "runtime/thread.h"

struct pool_thread {
        struct list link; /* in pool.ended */
        struct pool *pool;
        pthread_t thread;
        unsigned number;
        struct thread_memory memory;
};

/* What brings a thread to the jobs that wait. */
enum pool_call_type {
        POOL_CALL_NONE,
        POOL_CALL_WAKE,
        POOL_CALL_START,
};

struct pool_call {
        enum pool_call_type type;
        unsigned number; /* START: the new thread's */
};

void pool_init(struct pool *pool,
               size_t n_threads_max,
               uint64_t keep_alive_ns,
               const char *thread_name,
               gca_heap *heap) {
        *pool = (struct pool){ .n_threads_max = n_threads_max,
                               .keep_alive_ns = keep_alive_ns,
                               .heap = heap };
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

/* ---- calling threads ---- */

static void *pool_thread_main(void *data);

static int pool_create_thread(struct pool *pool, unsigned number) {
        struct pool_thread *thread = calloc(1, sizeof(*thread));
        pthread_t handle;
        int r;

        if (!thread)
                return fault_raise(-ENOMEM);
        list_init(&thread->link);
        thread->pool = pool;
        thread->number = number;
        r = thread_memory_init(&thread->memory, pool->heap);
        if (r) {
                free(thread);
                return fault_pass(r);
        }
        r = thread_start(&handle,
                         pool->runtime ? pool->runtime->thread_stack_bytes : 0,
                         pool_thread_main,
                         thread);
        if (r) {
                thread_memory_deinit(&thread->memory);
                free(thread);
        }
        return fault_pass(r);
}

/* With no thread at all, the one for the first job is made under the lock: a fault is then the fault of
 * that job alone. */
static int pool_start_first_locked(struct pool *pool) {
        int r;

        lock_assert_held(&pool->lock);
        if (pool->n_threads > 0)
                return 0;
        r = pool_create_thread(pool, pool->n_started);
        if (r)
                return fault_pass(r);
        pool->n_started++;
        pool->n_threads++;
        pool->is_calling = true;
        return 0;
}

/* Makes a thread that has been counted. Where there is none to be had, others will come to the jobs. */
static void pool_start_counted(struct pool *pool, unsigned number) {
        if (pool_create_thread(pool, number) == 0)
                return;
        LOCK_SCOPE(&pool->lock);
        pool->n_threads--;
        pool->is_calling = false;
        (void)pthread_cond_signal(&pool->has_ended);
}

/* Whether all that waits will be done by a thread that is at a brief job. */
static bool pool_is_attended_locked(const struct pool *pool) {
        return pool->n_brief_running > 0 && pool->n_brief_queued == pool->jobs.n;
}

/* Decides on a thread for the jobs that wait, if none is on its way. One to be started is counted. */
static struct pool_call pool_plan_call_locked(struct pool *pool) {
        lock_assert_held(&pool->lock);
        if (pool->jobs.n == 0 || pool->is_calling || pool_is_attended_locked(pool))
                return (struct pool_call){ .type = POOL_CALL_NONE };
        if (pool->n_idle > 0) {
                pool->is_calling = true;
                return (struct pool_call){ .type = POOL_CALL_WAKE };
        }
        if (pool->n_threads == pool->n_threads_max)
                return (struct pool_call){ .type = POOL_CALL_NONE };
        pool->is_calling = true;
        pool->n_threads++;
        return (struct pool_call){ .type = POOL_CALL_START, .number = pool->n_started++ };
}

/* Without the lock: else the thread that is woken would go to sleep again at once, to wait for it. */
static void pool_call(struct pool *pool, struct pool_call call) {
        if (call.type == POOL_CALL_WAKE)
                (void)pthread_cond_signal(&pool->has_job);
        else if (call.type == POOL_CALL_START)
                pool_start_counted(pool, call.number);
}

/* ---- a thread ---- */

/* Waits for a job; NULL: the thread is to end. */
static struct pool_job *pool_await_job_locked(struct pool *pool) {
        uint64_t deadline_ns = 0;
        bool is_late = false;

        lock_assert_held(&pool->lock);
        while (pool->jobs.n == 0) {
                if (pool->is_stopping || is_late)
                        return NULL;
                if (deadline_ns == 0)
                        deadline_ns = clock_add_ns(clock_monotonic_ns(), pool->keep_alive_ns);
                pool->n_idle++;
                is_late = lock_wait(&pool->lock, &pool->has_job, deadline_ns) == ETIMEDOUT;
                pool->n_idle--;
                /* Whoever was meant: this one looks now. */
                pool->is_calling = false;
        }
        return container_of(fair_pop(&pool->jobs), struct pool_job, item);
}

static struct pool_call pool_begin_job_locked(struct pool *pool, const struct pool_job *job) {
        if (job->is_brief) {
                pool->n_brief_queued--;
                pool->n_brief_running++;
        }
        return pool_plan_call_locked(pool);
}

static void pool_run_jobs(struct pool *pool, struct thread_memory *memory) {
        struct pool_job *job;

        lock_take(&pool->lock);
        pool->is_calling = false;
        while ((job = pool_await_job_locked(pool))) {
                struct pool_call call = pool_begin_job_locked(pool, job);
                bool is_brief = job->is_brief;

                lock_give(&pool->lock);
                pool_call(pool, call);
                job->call(job, memory);
                lock_take(&pool->lock);
                pool->n_brief_running -= is_brief;
        }
        lock_give(&pool->lock);
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

static void *pool_thread_main(void *data) {
        struct pool_thread *thread = data;
        struct pool *pool = thread->pool;

        thread->thread = pthread_self();
        thread_set_name(pool->thread_name, 'b', thread->number);
        if (pool->runtime)
                runtime_call_hook(pool->runtime, pool->runtime->hooks.on_thread_start);
        pool_run_jobs(pool, &thread->memory);
        if (pool->runtime)
                runtime_call_hook(pool->runtime, pool->runtime->hooks.on_thread_stop);
        thread_memory_deinit(&thread->memory);
        /* So that when a crowd goes one at most is left unjoined, with its stack. */
        pool_join_ended(pool);

        LOCK_SCOPE(&pool->lock);
        pool->n_threads--;
        list_push_back(&pool->ended, &thread->link);
        (void)pthread_cond_signal(&pool->has_ended);
        return NULL;
}

/* ---- the pool ---- */

int pool_submit(struct pool *pool, struct pool_job *job) {
        struct pool_call call;
        bool has_ended;
        int r;

        {
                LOCK_SCOPE(&pool->lock);

                assert(!pool->is_stopping);
                r = pool_start_first_locked(pool);
                if (r)
                        return fault_pass(r);
                fair_push(&pool->jobs, &job->item);
                pool->n_brief_queued += job->is_brief;
                call = pool_plan_call_locked(pool);
                has_ended = !list_is_empty(&pool->ended);
        }
        pool_call(pool, call);
        if (has_ended)
                pool_join_ended(pool);
        return 0;
}

bool pool_cancel(struct pool *pool, struct pool_job *job) {
        LOCK_SCOPE(&pool->lock);

        if (!fair_remove(&pool->jobs, &job->item))
                return false;
        pool->n_brief_queued -= job->is_brief;
        return true;
}

void pool_stop(struct pool *pool) {
        lock_take(&pool->lock);
        assert(pool->jobs.n == 0);
        pool->is_stopping = true;
        (void)pthread_cond_broadcast(&pool->has_job);
        while (pool->n_threads > 0)
                (void)lock_wait(&pool->lock, &pool->has_ended, CLOCK_NEVER);
        pool->is_stopping = false;
        pool->is_calling = false;
        lock_give(&pool->lock);
        pool_join_ended(pool);
}

void pool_get_metrics(struct pool *pool, struct pool_metrics *ret_metrics) {
        LOCK_SCOPE(&pool->lock);

        *ret_metrics = (struct pool_metrics){ .n_threads = pool->n_threads,
                                              .n_idle = pool->n_idle,
                                              .n_queued = pool->jobs.n };
}
