/* SPDX-License-Identifier: MIT */

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "helpers/suite.h"
#include "runtime/pool.h"

enum {
        N_JOBS = 50,
};

static struct pool pool;
static sem_t started, gate, done;

static void job_init(struct pool_job *job,
                     void (*call)(struct pool_job *job, struct thread_memory *memory)) {
        *job = (struct pool_job){ .item = { .uid = 1, .cost = 1 }, .call = call };
        list_init(&job->item.link);
}

static void open_pool(size_t n_threads_max, uint64_t keep_alive_ns) {
        (void)sem_init(&started, 0, 0);
        (void)sem_init(&gate, 0, 0);
        (void)sem_init(&done, 0, 0);
        pool_init(&pool, n_threads_max, keep_alive_ns, "test", NULL);
}

static void close_pool(void) {
        pool_stop(&pool);
        pool_deinit(&pool);
}

static void wait_for(sem_t *semaphore) {
        while (sem_wait(semaphore) < 0)
                continue;
}

static void signal_done(struct pool_job *job, struct thread_memory *memory) {
        (void)job;
        (void)memory;
        (void)sem_post(&done);
}

static void wait_at_gate(struct pool_job *job, struct thread_memory *memory) {
        (void)sem_post(&started);
        wait_for(&gate);
        signal_done(job, memory);
}

START_TEST(every_job_runs_once) {
        struct pool_job jobs[N_JOBS];

        open_pool(4, NS_PER_S);
        for (size_t i = 0; i < N_JOBS; i++) {
                job_init(&jobs[i], signal_done);
                ck_assert_int_eq(pool_submit(&pool, &jobs[i]), 0);
        }
        for (size_t i = 0; i < N_JOBS; i++)
                wait_for(&done);
        ck_assert_int_lt(sem_trywait(&done), 0);
        close_pool();
}
END_TEST

START_TEST(brief_jobs_share_a_thread_and_hold_up_no_other) {
        struct pool_job jobs[3];
        struct pool_metrics metrics;

        open_pool(4, NS_PER_S);
        for (size_t i = 0; i < 3; i++)
                job_init(&jobs[i], i == 2 ? signal_done : wait_at_gate);
        jobs[0].is_brief = jobs[1].is_brief = true;
        ck_assert_int_eq(pool_submit(&pool, &jobs[0]), 0);
        wait_for(&started);
        ck_assert_int_eq(pool_submit(&pool, &jobs[1]), 0);
        pool_get_metrics(&pool, &metrics);
        ck_assert_uint_eq(metrics.n_threads, 1);
        ck_assert_uint_eq(metrics.n_queued, 1);
        ck_assert(pool_cancel(&pool, &jobs[1]));
        ck_assert_int_eq(pool_submit(&pool, &jobs[2]), 0);
        wait_for(&done);
        (void)sem_post(&gate);
        wait_for(&done);
        close_pool();
}
END_TEST

START_TEST(blocked_jobs_get_threads_up_to_the_maximum) {
        struct pool_job jobs[3];
        struct pool_metrics metrics;

        open_pool(2, NS_PER_S);
        for (size_t i = 0; i < 3; i++) {
                job_init(&jobs[i], wait_at_gate);
                ck_assert_int_eq(pool_submit(&pool, &jobs[i]), 0);
        }
        wait_for(&started);
        wait_for(&started);
        pool_get_metrics(&pool, &metrics);
        ck_assert_uint_eq(metrics.n_threads, 2);
        ck_assert_uint_eq(metrics.n_queued, 1);
        ck_assert_int_lt(sem_trywait(&started), 0);
        for (size_t i = 0; i < 3; i++)
                (void)sem_post(&gate);
        for (size_t i = 0; i < 3; i++)
                wait_for(&done);
        close_pool();
}
END_TEST

START_TEST(queued_job_can_be_cancelled_and_a_running_one_cannot) {
        struct pool_job running, queued;

        open_pool(1, NS_PER_S);
        job_init(&running, wait_at_gate);
        job_init(&queued, signal_done);
        ck_assert_int_eq(pool_submit(&pool, &running), 0);
        wait_for(&started);
        ck_assert_int_eq(pool_submit(&pool, &queued), 0);
        ck_assert(pool_cancel(&pool, &queued));
        ck_assert(!pool_cancel(&pool, &queued));
        ck_assert(!pool_cancel(&pool, &running));
        (void)sem_post(&gate);
        close_pool();
        wait_for(&done);
        ck_assert_int_lt(sem_trywait(&done), 0);
}
END_TEST

START_TEST(idle_thread_is_used_again) {
        struct pool_metrics metrics;
        struct pool_job job;

        open_pool(10, CLOCK_NEVER);
        for (size_t i = 0; i < 20; i++) {
                job_init(&job, signal_done);
                ck_assert_int_eq(pool_submit(&pool, &job), 0);
                wait_for(&done);
                /* Until the thread waits again. */
                do
                        pool_get_metrics(&pool, &metrics);
                while (metrics.n_idle == 0);
        }
        ck_assert_uint_eq(metrics.n_threads, 1);
        close_pool();
}
END_TEST

START_TEST(idle_thread_ends_after_the_keep_alive_time) {
        struct pool_metrics metrics;
        struct pool_job job;

        open_pool(10, NS_PER_MS);
        for (size_t i = 0; i < 5; i++) {
                job_init(&job, signal_done);
                ck_assert_int_eq(pool_submit(&pool, &job), 0);
                wait_for(&done);
                do
                        pool_get_metrics(&pool, &metrics);
                while (metrics.n_threads > 0);
        }
        close_pool();
}
END_TEST

START_TEST(pool_is_usable_after_a_stop) {
        struct pool_job job;

        open_pool(2, CLOCK_NEVER);
        for (size_t i = 0; i < 3; i++) {
                job_init(&job, signal_done);
                ck_assert_int_eq(pool_submit(&pool, &job), 0);
                wait_for(&done);
                pool_stop(&pool);
        }
        close_pool();
}
END_TEST

static void look_at_thread(struct pool_job *job, struct thread_memory *memory) {
        sigset_t mask;
        char name[16];

        (void)pthread_sigmask(SIG_SETMASK, NULL, &mask);
        ck_assert(sigismember(&mask, SIGTERM) && sigismember(&mask, SIGCHLD));
        (void)pthread_getname_np(pthread_self(), name, sizeof(name));
        ck_assert_str_eq(name, "longer-name-b0");
        signal_done(job, memory);
}

START_TEST(threads_are_named_and_block_signals) {
        struct pool_job job;

        (void)sem_init(&done, 0, 0);
        pool_init(&pool, 1, NS_PER_S, "longer-name", NULL);
        job_init(&job, look_at_thread);
        ck_assert_int_eq(pool_submit(&pool, &job), 0);
        wait_for(&done);
        close_pool();
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                every_job_runs_once,
                blocked_jobs_get_threads_up_to_the_maximum,
                brief_jobs_share_a_thread_and_hold_up_no_other,
                queued_job_can_be_cancelled_and_a_running_one_cannot,
                idle_thread_is_used_again,
                idle_thread_ends_after_the_keep_alive_time,
                pool_is_usable_after_a_stop,
                threads_are_named_and_block_signals,
        };

        return suite_run("pool", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
