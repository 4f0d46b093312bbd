/* SPDX-License-Identifier: MIT */

#include "runtime/watchdog.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/list.h"
#include "base/log.h"
#include "runtime/runtime.h"

/* So long may a task keep the ones behind it from a worker that is free, twice at most. */
#define PERIOD_MAX_NS (20 * NS_PER_MS)

int watchdog_init(struct watchdog *watchdog, gca_runtime *runtime, uint64_t threshold_ns) {
        *watchdog = (struct watchdog){ .runtime = runtime, .threshold_ns = threshold_ns };
        if (runtime->n_workers == 0)
                return 0;
        watchdog->sights = calloc(runtime->n_workers, sizeof(*watchdog->sights));
        return watchdog->sights ? 0 : fault_raise(-ENOMEM);
}

void watchdog_deinit(struct watchdog *watchdog) {
        free(watchdog->sights);
        watchdog->sights = NULL;
}

static void
watchdog_tell(struct watchdog *watchdog, const struct worker *worker, uint64_t duration_ns) {
        /* Relaxed: this thread settles the task, and has not, for its poll is under way. */
        const gca_task *task = atomic_load_explicit(&worker->polled, memory_order_relaxed);

        /* Relaxed: a statistic. */
        (void)atomic_fetch_add_explicit(&watchdog->n_hogs, 1, memory_order_relaxed);
        log_warning("%s: task t%llu (%s) has not returned from its poll for %llu ms",
                    worker->name,
                    (unsigned long long)gca_task_get_id(task),
                    gca_task_get_kind(task)->full_name,
                    (unsigned long long)(duration_ns / NS_PER_MS));
}

static void watchdog_look_at(struct watchdog *watchdog, struct worker *worker) {
        struct watchdog_sight *sight = &watchdog->sights[worker->index];
        uint64_t now_ns = clock_monotonic_ns();
        /* Acquire: pairs with the release in watchdog_note_begin(), so that an odd number comes with
         * its task. */
        uint64_t sequence = atomic_load_explicit(&worker->poll_sequence, memory_order_acquire);

        if (sequence != sight->sequence) {
                *sight = (struct watchdog_sight){ .sequence = sequence, .since_ns = now_ns };
                return;
        }
        if (sequence % 2 == 0)
                return;
        if (watchdog->runtime->n_workers > 1)
                worker_give_back(worker);
        if (sight->is_told || now_ns - sight->since_ns < watchdog->threshold_ns)
                return;
        sight->is_told = true;
        watchdog_tell(watchdog, worker, now_ns - sight->since_ns);
}

static bool watchdog_has_awake_worker(const struct watchdog *watchdog) {
        const gca_runtime *runtime = watchdog->runtime;

        for (unsigned i = 0; i < runtime->n_workers; i++)
                if (!park_is_parked(&runtime->workers[i].park))
                        return true;
        return false;
}

static void watchdog_on_timer(void *data);

static void watchdog_start_timer(struct watchdog *watchdog) {
        uint64_t period_ns = watchdog->threshold_ns / 4;

        if (period_ns > PERIOD_MAX_NS)
                period_ns = PERIOD_MAX_NS;

        /* Without memory there is one look less; the next worker to wake tries again. */
        if (gca_timer_start(watchdog->runtime,
                            &watchdog->timer,
                            clock_add_ns(clock_monotonic_ns(), period_ns),
                            watchdog_on_timer,
                            watchdog))
                /* Relaxed: as good a moment later. */
                atomic_store_explicit(&watchdog->is_awake, false, memory_order_relaxed);
}

static void watchdog_on_timer(void *data) {
        struct watchdog *watchdog = data;
        gca_runtime *runtime = watchdog->runtime;

        for (unsigned i = 0; i < runtime->n_workers; i++)
                watchdog_look_at(watchdog, &runtime->workers[i]);
        /* Sequentially consistent: this store, then the look at the workers; a worker leaves its parked
         * state, then looks at is_awake. One of them sees the other. */
        atomic_store_explicit(&watchdog->is_awake, false, memory_order_seq_cst);
        if (!watchdog_has_awake_worker(watchdog))
                return;
        if (!atomic_exchange_explicit(&watchdog->is_awake, true, memory_order_seq_cst))
                watchdog_start_timer(watchdog);
}

static void watchdog_on_post(gca_post *post) {
        watchdog_start_timer(container_of(post, struct watchdog, post));
}

void watchdog_wake(struct watchdog *watchdog) {
        /* Sequentially consistent: see watchdog_on_timer(). */
        if (atomic_load_explicit(&watchdog->is_awake, memory_order_seq_cst))
                return;
        if (atomic_exchange_explicit(&watchdog->is_awake, true, memory_order_seq_cst))
                return;
        watchdog->post.call = watchdog_on_post;
        if (worker_of_thread == &watchdog->runtime->io)
                watchdog_start_timer(watchdog);
        else
                worker_post(&watchdog->runtime->io, &watchdog->post);
}

void watchdog_stop(struct watchdog *watchdog) {
        gca_timer_stop(watchdog->runtime, &watchdog->timer);
        /* Relaxed: the workers have been joined. */
        atomic_store_explicit(&watchdog->is_awake, false, memory_order_relaxed);
}

void watchdog_note_begin(struct worker *worker, gca_task *task) {
        /* Relaxed: this thread is the only writer. */
        uint64_t n = atomic_load_explicit(&worker->poll_sequence, memory_order_relaxed);

        atomic_store_explicit(&worker->polled, task, memory_order_relaxed);
        /* Release: pairs with the acquire in watchdog_look_at(). */
        atomic_store_explicit(&worker->poll_sequence, n + 1, memory_order_release);
}

void watchdog_note_end(struct worker *worker) {
        uint64_t n = atomic_load_explicit(&worker->poll_sequence, memory_order_relaxed);

        /* Relaxed: even numbers tell nothing of a task. */
        atomic_store_explicit(&worker->poll_sequence, n + 1, memory_order_relaxed);
}
