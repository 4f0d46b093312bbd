/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A host for tests of the runtime: it submits tasks of kinds that a test makes, counts what it is told,
 * and stops the runtime when as many tasks have settled as the test wants. Arguments are one map, given
 * as a function; results are kept as an int, or as text.
 *
 * A test acts in the middle of a task by host.on_progress: the kind reports progress where the test
 * wants to act, so nothing waits for time to pass.
 */

#include <check.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <gcasync/runtime.h>

#include "base/check.h"
#include "base/clock.h"

struct host;

/* The host part of a task. */
struct host_task {
        gca_value (*make_arguments)(gca_region *region);
        int64_t result;
        gca_task_state told; /* what finished() saw */
        bool is_finished, is_settled;
};

struct host {
        gca_runtime *runtime;
        gca_host_ops ops; /* those a test has set stay */
        unsigned n_workers, n_blocking_max;
        uint64_t hog_threshold_ns;
        gca_heap *heap;  /* or NULL */
        size_t n_wanted; /* settled tasks, before the runtime is stopped */
        size_t n_finished, n_settled, n_progressed, n_pass_ends;
        _Atomic size_t n_freed;
        uint64_t next_id;
        gca_timer give_up;
        void (*on_progress)(struct host *host, gca_task *task);
        void (*on_finished)(struct host *host, gca_task *task);
        void *data;
};

static inline struct host *host_of(const gca_task *task) {
        return gca_runtime_get_host_data(gca_task_get_runtime(task));
}

static inline struct host_task *host_task_of(const gca_task *task) {
        return gca_task_host(task);
}

static inline int host_load_arguments(gca_task *task, gca_region *region, gca_value *ret_map) {
        struct host_task *host_task = host_task_of(task);

        if (host_task->make_arguments)
                *ret_map = host_task->make_arguments(region);
        else
                *ret_map = gca_map(region, NULL, NULL, 0);
        return 0;
}

static inline int host_store_result(gca_task *task, gca_value result) {
        if (gca_get_type(result) == GCA_TYPE_INT)
                host_task_of(task)->result = gca_get_int(result);
        return 0;
}

static inline void host_progressed(gca_task *task) {
        struct host *host = host_of(task);

        host->n_progressed++;
        if (host->on_progress)
                host->on_progress(host, task);
}

static inline void host_finished(gca_task *task) {
        struct host *host = host_of(task);
        struct host_task *host_task = host_task_of(task);

        assert(!host_task->is_finished);
        host_task->is_finished = true;
        host_task->told = gca_task_get_state(task);
        host->n_finished++;
        if (host->on_finished)
                host->on_finished(host, task);
}

static inline void host_settled(gca_task *task) {
        struct host *host = host_of(task);
        struct host_task *host_task = host_task_of(task);

        assert(host_task->is_finished && !host_task->is_settled);
        assert(gca_task_is_settled(task));
        host_task->is_settled = true;
        if (++host->n_settled == host->n_wanted)
                gca_runtime_stop(host->runtime);
        (void)gca_task_unref(task);
}

static inline void host_freed(gca_task *task) {
        /* Relaxed: read when all is quiet. */
        (void)atomic_fetch_add_explicit(&host_of(task)->n_freed, 1, memory_order_relaxed);
}

static inline void host_pass_end(gca_runtime *runtime, void *data) {
        struct host *host = data;

        (void)runtime;
        host->n_pass_ends++;
}

static inline void host_on_give_up(void *data) {
        struct host *host = data;

        ck_abort_msg("%zu of %zu tasks have settled", host->n_settled, host->n_wanted);
}

/* Makes the runtime of a zeroed host, whose options may be set beforehand. */
static inline void host_start(struct host *host) {
        gca_runtime_options options = {
                .size = sizeof(options),
                .n_workers = host->n_workers,
                .n_blocking_max = host->n_blocking_max,
                .hog_threshold_ns = host->hog_threshold_ns,
                .task_memory_limit_bytes = 1 << 20,
                .host_ops = &host->ops,
                .host_data = host,
                .heap = host->heap,
        };

        host->ops.size = sizeof(host->ops);
        if (!host->ops.load_arguments)
                host->ops.load_arguments = host_load_arguments;
        if (!host->ops.store_result)
                host->ops.store_result = host_store_result;
        host->ops.progressed = host_progressed;
        host->ops.finished = host_finished;
        host->ops.settled = host_settled;
        host->ops.freed = host_freed;
        host->ops.pass_end = host_pass_end;
        ck_assert_int_eq(gca_runtime_new(&options, &host->runtime), 0);
}

/* A task with the host's reference, to be submitted. */
static inline gca_task *
host_make_task(struct host *host, const gca_kind_entry *kind, uint64_t deadline_ns) {
        gca_task_options options = {
                .size = sizeof(options),
                .kind = kind,
                .id = ++host->next_id,
                .uid = 1000,
                .host_size = sizeof(struct host_task),
                .deadline_ns = deadline_ns,
        };
        gca_task *task = gca_task_new(host->runtime, &options);

        ck_assert_ptr_nonnull(task);
        return task;
}

static inline gca_task *host_submit(struct host *host, const gca_kind_entry *kind) {
        gca_task *task = host_make_task(host, kind, 0);

        gca_task_submit(task);
        return task;
}

/* As host_submit(), with a reference for the test. */
static inline gca_task *host_submit_kept(struct host *host, const gca_kind_entry *kind) {
        gca_task *task = gca_task_ref(host_make_task(host, kind, 0));

        gca_task_submit(task);
        return task;
}

/* Runs until the test stops the runtime, or fails. */
static inline void host_run_until_stopped(struct host *host) {
        int r;

        r = gca_timer_start(host->runtime,
                            &host->give_up,
                            clock_monotonic_ns() + 60 * NS_PER_S,
                            host_on_give_up,
                            host);
        ck_assert_int_eq(r, 0);
        ck_assert_int_eq(gca_runtime_run(host->runtime), 0);
        gca_timer_stop(host->runtime, &host->give_up);
}

/* Runs until so many tasks have settled since the start, or fails. */
static inline void host_run(struct host *host, size_t n_wanted) {
        host->n_wanted = n_wanted;
        if (host->n_settled >= n_wanted)
                gca_runtime_stop(host->runtime);
        host_run_until_stopped(host);
        ck_assert_uint_ge(host->n_settled, n_wanted);
}

/* Every task was told of once, and is gone. */
static inline void host_end(struct host *host) {
        ck_assert_uint_eq(host->n_finished, host->n_settled);
        ck_assert_uint_eq(host->n_finished, host->next_id);
        ck_assert_uint_eq(atomic_load(&host->n_freed), host->next_id);
        host->runtime = gca_runtime_free(host->runtime);
}

/* An entry for a kind, as the registry would make it. */
#define HOST_KIND(entry, mode_, poll_, ...)                                \
        static const gca_kind entry##_kind = { .size = sizeof(gca_kind),   \
                                               .name = #entry,             \
                                               .mode = mode_,              \
                                               .poll = poll_,              \
                                               __VA_ARGS__ };              \
        static const gca_kind_entry entry = { .kind = &entry##_kind,       \
                                              .full_name = "test." #entry, \
                                              .is_inline_allowed = true }

/* The state of a kind that waits, and the kind. */
struct wait_state {
        gca_watch watch;
};

#define HOST_WAIT_KIND(entry, mode_, poll_, ...) \
        HOST_KIND(entry, mode_, poll_, .state_size = sizeof(struct wait_state), ##__VA_ARGS__)
