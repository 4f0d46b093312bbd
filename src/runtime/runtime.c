/* SPDX-License-Identifier: MIT */

/*
 * The runtime: what it is made of, the I/O worker's loop, and the end of it.
 *
 * SHUTDOWN, in this order, each step relying on the one before:
 *
 *     refuse     what is submitted from here on ends as aborted
 *     abort      every task that has not settled
 *     drain      passes of the loop until all have settled
 *     join       the workers, which have nothing left; then the pool
 *     empty      the I/O worker's mail, until there is none: threads that are gone send none
 */

#include "runtime/runtime.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fault.h"
#include "runtime/original-nofile.h"
#include "runtime/program.h"
#include "runtime/task-control.h"
#include "runtime/task.h"

enum {
        N_WORKERS_MAX = 1024,
        N_BLOCKING_MAX = 512,
};

#define KEEP_ALIVE_NS      (10 * NS_PER_S)
#define HOG_THRESHOLD_NS   NS_PER_S
#define TASK_MEMORY_BYTES  ((size_t)256 << 20)
#define BODY_STACK_BYTES   ((size_t)64 << 10)
#define THREAD_NAME_PREFIX "gcasync"

/* ---- lifecycle ---- */

static unsigned count_cores(void) {
        cpu_set_t cores;

        if (sched_getaffinity(0, sizeof(cores), &cores) < 0 || CPU_COUNT(&cores) < 1)
                return 1;
        return (unsigned)CPU_COUNT(&cores);
}

static int runtime_check_options(const gca_runtime_options *options) {
        const gca_host_ops *ops = options->host_ops;

        if (options->size != sizeof(*options) || !ops || ops->size != sizeof(*ops) ||
            options->n_workers > N_WORKERS_MAX || options->flavor > GCA_FLAVOR_LOCAL ||
            options->body_stack_bytes > STACK_SIZE_MAX)
                return fault_raise(-EINVAL);
        if (options->thread_hooks && options->thread_hooks->size != sizeof(*options->thread_hooks))
                return fault_raise(-EINVAL);
        return 0;
}

/* How many workers it is to have. */
static unsigned runtime_choose_n_workers(const gca_runtime_options *options) {
        if (options->flavor == GCA_FLAVOR_CURRENT_THREAD || options->flavor == GCA_FLAVOR_LOCAL)
                return 0;
        return options->n_workers ? options->n_workers : count_cores();
}

static void runtime_read_options(gca_runtime *runtime, const gca_runtime_options *options) {
        const char *name = options->thread_name ? options->thread_name : THREAD_NAME_PREFIX;

        runtime->ops = *options->host_ops;
        runtime->host_data = options->host_data;
        runtime->heap = options->heap;
        runtime->flavor = options->flavor ? options->flavor : GCA_FLAVOR_MULTI_THREAD;
        runtime->n_workers = runtime_choose_n_workers(options);
        runtime->event_interval = options->event_interval ? options->event_interval : WORKER_BUDGET;
        runtime->thread_stack_bytes = options->thread_stack_bytes;
        if (options->thread_hooks)
                runtime->hooks = *options->thread_hooks;
        runtime->maker = pthread_self();
        runtime->task_memory_limit_bytes = options->task_memory_limit_bytes
                                                   ? options->task_memory_limit_bytes
                                                   : TASK_MEMORY_BYTES;
        runtime->body_stack_bytes =
                options->body_stack_bytes ? options->body_stack_bytes : BODY_STACK_BYTES;
        (void)snprintf(runtime->thread_name, sizeof(runtime->thread_name), "%s", name);
        pool_init(&runtime->pool,
                  options->n_blocking_max ? options->n_blocking_max : N_BLOCKING_MAX,
                  options->blocking_keep_alive_ns ? options->blocking_keep_alive_ns : KEEP_ALIVE_NS,
                  name,
                  options->heap);
        runtime->pool.runtime = runtime;
}

/* Makes the workers; what was made before a fault is gca_runtime_free()'s. */
static int runtime_make_workers(gca_runtime *runtime) {
        unsigned n = runtime->n_workers;
        int r;

        if (n == 0)
                return 0;
        runtime->n_workers = 0;
        runtime->workers = calloc(n, sizeof(*runtime->workers));
        runtime->parks = calloc(n, sizeof(struct park *));
        if (!runtime->workers || !runtime->parks)
                return fault_raise(-ENOMEM);
        while (runtime->n_workers < n) {
                struct worker *worker = &runtime->workers[runtime->n_workers];

                r = worker_init(worker, runtime, runtime->n_workers, false);
                if (r)
                        return fault_pass(r);
                runtime->parks[runtime->n_workers++] = &worker->park;
        }
        runtime->queue.parks = runtime->parks;
        runtime->queue.n_parks = runtime->n_workers;
        return 0;
}

static void gca_runtime_freep(gca_runtime **runtime) {
        (void)gca_runtime_free(*runtime);
}

int gca_runtime_new(const gca_runtime_options *options, gca_runtime **ret_runtime) {
        cleanup_(gca_runtime_freep) gca_runtime *runtime = NULL;
        int r;

        r = runtime_check_options(options);
        if (r)
                return fault_pass(r);
        original_nofile_record();
        runtime = calloc(1, sizeof(*runtime));
        if (!runtime)
                return fault_raise(-ENOMEM);
        list_init(&runtime->gathered);
        list_init(&runtime->gathered_blocking);
        list_init(&runtime->ended);
        list_init(&runtime->tasks);
        submit_queue_init(&runtime->queue);
        runtime_read_options(runtime, options);
        finalizers_init(&runtime->finalizers, runtime);
        r = worker_init(&runtime->io, runtime, 0, true);
        if (r)
                return fault_pass(r);
        r = runtime_make_workers(runtime);
        if (r)
                return fault_pass(r);
        r = watchdog_init(&runtime->watchdog,
                          runtime,
                          options->hog_threshold_ns ? options->hog_threshold_ns : HOG_THRESHOLD_NS);
        if (r)
                return fault_pass(r);
        *ret_runtime = steal(&runtime);
        return 0;
}

gca_runtime *gca_runtime_free(gca_runtime *runtime) {
        struct program *program;

        if (!runtime)
                return NULL;
        program = runtime->program;
        if (program)
                program_end(program);
        assert(!runtime->is_running && list_is_empty(&runtime->tasks));
        watchdog_deinit(&runtime->watchdog);
        for (unsigned i = 0; i < runtime->n_workers; i++)
                worker_deinit(&runtime->workers[i]);
        if (runtime->io.runtime)
                worker_deinit(&runtime->io);
        free(runtime->workers);
        free(runtime->parks);
        pool_deinit(&runtime->pool);
        submit_queue_deinit(&runtime->queue);
        block_cache_clear(&runtime->blocks);
        free(runtime);
        if (program)
                program_free(program);
        return NULL;
}

void *gca_runtime_get_host_data(const gca_runtime *runtime) {
        return runtime->host_data;
}

struct event_base *gca_runtime_get_event_base(gca_runtime *runtime) {
        return runtime->io.base;
}

/* ---- the I/O worker's loop ---- */

/* The host writes what it gathered; before and after that tasks go to those who run them. */
static void runtime_end_pass(gca_runtime *runtime) {
        runtime->is_pass_requested = false;
        task_hand_over_gathered(runtime);
        if (runtime->ops.pass_end)
                runtime->ops.pass_end(runtime, runtime->host_data);
        task_hand_over_gathered(runtime);
}

static void runtime_pass(gca_runtime *runtime) {
        struct worker *io = &runtime->io;

        worker_take_mail(io);
        worker_fire_timers(io);
        worker_run_ready(io);
        task_settle_unstarted(runtime);
        runtime_end_pass(runtime);
}

static void runtime_wait(gca_runtime *runtime) {
        worker_wait(&runtime->io, runtime->is_pass_requested || task_has_unstarted(runtime));
}

/* ---- shutdown ---- */

static void runtime_refuse(gca_runtime *runtime) {
        runtime->is_shutting_down = true;
}

static void runtime_abort(gca_runtime *runtime) {
        assert(runtime->is_shutting_down);
        task_abort_all(runtime, GCA_ABORT_KILL, "the runtime shuts down");
}

static void runtime_drain(gca_runtime *runtime) {
        for (;;) {
                runtime_pass(runtime);
                if (list_is_empty(&runtime->tasks))
                        return;
                runtime_wait(runtime);
        }
}

static void runtime_join(gca_runtime *runtime) {
        assert(list_is_empty(&runtime->tasks) && submit_queue_get_length(&runtime->queue) == 0);
        for (unsigned i = 0; i < runtime->n_workers; i++)
                worker_stop(&runtime->workers[i]);
        finalizers_stop(&runtime->finalizers);
        pool_stop(&runtime->pool);
}

static void runtime_empty(gca_runtime *runtime) {
        /* Mail may hold posts of the host that submit tasks: those end without a worker. And the ready
         * list may hold service tasks that ended where they stood. */
        do
                runtime_pass(runtime);
        while (!list_is_empty(&runtime->tasks) || runtime->io.ready ||
               !inbox_is_empty(&runtime->io.inbox));
        watchdog_stop(&runtime->watchdog);
        assert(!runtime->io.ready && !task_has_unstarted(runtime));
}

static void runtime_shut_down(gca_runtime *runtime) {
        runtime_refuse(runtime);
        runtime_abort(runtime);
        runtime_drain(runtime);
        runtime_join(runtime);
        runtime_empty(runtime);
}

/* ---- running ---- */

static int runtime_start_workers(gca_runtime *runtime) {
        int r;

        for (unsigned i = 0; i < runtime->n_workers; i++) {
                r = worker_start(&runtime->workers[i]);
                if (r)
                        return fault_pass(r);
        }
        return 0;
}

int runtime_begin(gca_runtime *runtime) {
        assert(!runtime->is_running);
        runtime->is_running = true;
        runtime->is_shutting_down = false;
        /* A heap that several runtimes share has its finalisers run by the first of them. */
        (void)finalizers_start(&runtime->finalizers);
        return fault_pass(runtime_start_workers(runtime));
}

void runtime_drive(gca_runtime *runtime) {
        struct worker *outer = worker_of_thread;

        assert(runtime->is_running);
        worker_of_thread = &runtime->io;
        /* What was read on another thread, or long ago. */
        runtime->io.now_ns = 0;
        for (;;) {
                runtime_pass(runtime);
                if (runtime->is_stop_requested)
                        break;
                runtime_wait(runtime);
        }
        runtime->is_stop_requested = false;
        worker_of_thread = outer;
}

void runtime_end(gca_runtime *runtime) {
        struct worker *outer = worker_of_thread;

        worker_of_thread = &runtime->io;
        runtime_shut_down(runtime);
        worker_of_thread = outer;
        runtime->is_stop_requested = false;
        runtime->is_running = false;
}

int gca_runtime_run(gca_runtime *runtime) {
        int r;

        assert(!runtime->program);
        r = runtime_begin(runtime);
        if (r == 0)
                runtime_drive(runtime);
        runtime_end(runtime);
        return fault_pass(r);
}

void gca_runtime_stop(gca_runtime *runtime) {
        runtime->is_stop_requested = true;
        runtime->is_pass_requested = true;
}

void gca_runtime_request_pass(gca_runtime *runtime) {
        runtime->is_pass_requested = true;
}

void gca_runtime_post(gca_runtime *runtime, gca_post *post) {
        worker_post(&runtime->io, post);
}

/* ---- the host's timers ---- */

struct host_timer {
        struct timer timer;
        void (*call)(void *data);
        void *data;
};

static_assert(sizeof(struct host_timer) <= sizeof(gca_timer), "a timer fits into its public face");

static void host_timer_on_fire(struct timer *timer) {
        struct host_timer *host_timer = container_of(timer, struct host_timer, timer);

        host_timer->call(host_timer->data);
}

int gca_timer_start(gca_runtime *runtime,
                    gca_timer *public,
                    uint64_t deadline_ns,
                    void (*call)(void *data),
                    void *data) {
        struct host_timer *host_timer = (struct host_timer *)public;

        host_timer->timer.call = host_timer_on_fire;
        host_timer->call = call;
        host_timer->data = data;
        return timer_heap_add(&runtime->io.timers, &host_timer->timer, deadline_ns);
}

void gca_timer_stop(gca_runtime *runtime, gca_timer *public) {
        struct host_timer *host_timer = (struct host_timer *)public;

        timer_heap_remove(&runtime->io.timers, &host_timer->timer);
}

/* ---- metrics ---- */

static uint64_t load_statistic(const _Atomic uint64_t *field) {
        /* Relaxed: a statistic. */
        return atomic_load_explicit(field, memory_order_relaxed);
}

static void metrics_add_worker(gca_runtime_metrics *metrics, const struct worker *worker) {
        metrics->n_tasks_started += load_statistic(&worker->n_started);
        metrics->n_polls += load_statistic(&worker->n_polls);
        metrics->n_forced_yields += load_statistic(&worker->n_forced_yields);
        metrics->n_parks += load_statistic(&worker->n_parks);
}

void gca_runtime_get_metrics(const gca_runtime *runtime, gca_runtime_metrics *ret_metrics) {
        gca_runtime *mutable_runtime = (gca_runtime *)runtime; /* for the pool's lock */
        gca_runtime_metrics metrics = {
                .n_tasks_submitted = load_statistic(&runtime->n_submitted),
                .n_tasks_started = load_statistic(&runtime->n_started_blocking),
                .n_tasks_finished = load_statistic(&runtime->n_finished),
                .n_polls = load_statistic(&runtime->n_started_blocking),
                .n_hogs = load_statistic(&runtime->watchdog.n_hogs),
                .n_wakes =
                        load_statistic(&runtime->n_wakes) + load_statistic(&runtime->queue.n_seeks),
                .n_queued = submit_queue_get_length(&runtime->queue),
                .n_workers = runtime->n_workers,
        };
        struct pool_metrics pool;

        metrics_add_worker(&metrics, &runtime->io);
        for (unsigned i = 0; i < runtime->n_workers; i++)
                metrics_add_worker(&metrics, &runtime->workers[i]);
        pool_get_metrics(&mutable_runtime->pool, &pool);
        metrics.n_blocking_threads = (unsigned)pool.n_threads;
        metrics.n_blocking_idle = (unsigned)pool.n_idle;
        metrics.n_blocking_queued = pool.n_queued;
        metrics.n_finalizers = load_statistic(&runtime->finalizers.n_run);
        *ret_metrics = metrics;
}
