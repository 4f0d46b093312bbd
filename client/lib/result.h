/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Results: what a reply said, in one allocation, independent of call and client. They do
 * not change once made, but for the value's graph, which the first look at it opens; so
 * any thread may read them.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gcasync.pb-c.h"
#include "gcasync/client.h"

struct graph;

struct result_cause {
        uint64_t task;
        const char *code, *message;
};

struct result_kind {
        gcasync_kind_info info;
        const gcasync_argument_info *arguments;
};

struct result_number {
        const char *name;
        uint64_t value;
};

struct result_status {
        gcasync_status_info info;
        const struct result_number *limits, *counters;
};

struct gcasync_result {
        _Atomic uint32_t n_refs;

        /* Submit, await. */
        gcasync_state state;
        uint64_t task;
        const uint8_t *value; /* encoded */
        size_t value_size;
        size_t n_nodes_max;
        _Atomic(struct graph *) graph;       /* NULL until the first look, then the same for good */
        _Atomic(struct graph *) graph_spare; /* of an earlier use, closed: memory for graph */

        const char *failure_code, *failure_message;
        const struct result_cause *causes;
        size_t n_causes;

        /* Inspect, kinds, status. */
        const gcasync_task_info *tasks;
        const struct result_kind *kinds;
        const struct result_status *status;
        size_t n_tasks, n_kinds;
        bool has_more;

        struct gcasync_result *next_pooled;
        size_t memory_size;
        max_align_t memory[]; /* what the pointers above point to */
};

/*
 * Small results to be used again, with the memory of the graphs that were opened: a busy
 * client would otherwise spend most of its time on these in malloc(). One owner, one
 * thread at a time.
 */
struct result_pool {
        struct gcasync_result *first;
        size_t n_results;
};

void result_pool_deinit(struct result_pool *pool);
/* Gives up a reference (result may be NULL), and keeps the result if that was the last. */
void result_pool_put(struct result_pool *pool, struct gcasync_result *result);

/* The result of a task that succeeded; value, which is encoded, is copied. 0 or -ENOMEM. */
int result_new_succeeded(struct result_pool *pool,
                         uint64_t task,
                         const uint8_t *value,
                         size_t value_size,
                         size_t n_nodes_max,
                         struct gcasync_result **ret_result);

/* What a detached submission is answered with. 0 or -ENOMEM. */
int result_new_submitted(uint64_t task, struct gcasync_result **ret_result);

/*
 * The others copy what they need from the message, whose encoded size bounds the length
 * of all its texts together. 0 or -ENOMEM.
 */
int result_new_ended(struct result_pool *pool,
                     const Gcasync__Result *message,
                     size_t message_size,
                     size_t n_nodes_max,
                     struct gcasync_result **ret_result);
int result_new_tasks(const Gcasync__TaskList *message,
                     size_t message_size,
                     struct gcasync_result **ret_result);
int result_new_kinds(const Gcasync__KindList *message,
                     size_t message_size,
                     struct gcasync_result **ret_result);
int result_new_status(const Gcasync__DaemonStatus *message,
                      size_t message_size,
                      struct gcasync_result **ret_result);
