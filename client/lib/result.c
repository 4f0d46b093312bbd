/* SPDX-License-Identifier: MIT */

#include "lib/result.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/cleanup.h"
#include "base/fault.h"
#include "lib/result-memory.h"
#include "wire/graph.h"

enum {
        /* Values up to this size go into pooled results. */
        POOLED_MEMORY_SIZE = 256,
        N_POOLED_MAX = 1024,
};

static void result_init(struct gcasync_result *result, size_t memory_size, struct graph *spare) {
        *result = (struct gcasync_result){ .failure_code = "",
                                           .failure_message = "",
                                           .memory_size = memory_size };
        atomic_init(&result->n_refs, 1);
        atomic_init(&result->graph, NULL);
        atomic_init(&result->graph_spare, spare);
}

static struct graph *result_get_graph(_Atomic(struct graph *) *graph) {
        /*
         * Relaxed: the last reference is here, and references have ordered what was done
         * under the others.
         */
        return atomic_load_explicit(graph, memory_order_relaxed);
}

static void result_free(struct gcasync_result *result) {
        struct graph *graph = result_get_graph(&result->graph);

        if (graph)
                graph_close(graph);
        free(graph);
        free(result_get_graph(&result->graph_spare));
        free(result);
}

/* Gives a reference up; whether it was the last. */
static bool result_put(struct gcasync_result *result) {
        /*
         * Acquire: pairs with the release below. Nobody else can make the only reference
         * two, so that no write is needed.
         */
        if (atomic_load_explicit(&result->n_refs, memory_order_acquire) == 1)
                return true;
        /* Release: pairs with the acquires here; the last one must see what the others did. */
        return atomic_fetch_sub_explicit(&result->n_refs, 1, memory_order_acq_rel) == 1;
}

/* ---- memory ---- */

static struct gcasync_result *result_pool_take(struct result_pool *pool) {
        struct gcasync_result *result = pool->first;

        if (!result) {
                result = malloc(sizeof(*result) + POOLED_MEMORY_SIZE);
                if (result)
                        result_init(result, POOLED_MEMORY_SIZE, NULL);
                return result;
        }
        pool->first = result->next_pooled;
        pool->n_results--;
        result_init(result, POOLED_MEMORY_SIZE, result_get_graph(&result->graph_spare));
        return result;
}

void result_pool_put(struct result_pool *pool, struct gcasync_result *result) {
        struct graph *graph;

        if (!result || !result_put(result))
                return;
        if (result->memory_size != POOLED_MEMORY_SIZE || pool->n_results == N_POOLED_MAX) {
                result_free(result);
                return;
        }
        graph = result_get_graph(&result->graph);
        if (graph) {
                graph_close(graph);
                free(result_get_graph(&result->graph_spare));
                /* Relaxed: see result_get_graph(). */
                atomic_store_explicit(&result->graph_spare, graph, memory_order_relaxed);
        }
        result->next_pooled = pool->first;
        pool->first = result;
        pool->n_results++;
}

void result_pool_deinit(struct result_pool *pool) {
        while (pool->first) {
                struct gcasync_result *result = pool->first;

                pool->first = result->next_pooled;
                /* Relaxed: see result_get_graph(). The graph is the spare one. */
                atomic_store_explicit(&result->graph, NULL, memory_order_relaxed);
                result_free(result);
        }
        pool->n_results = 0;
}

int result_memory_new(size_t size,
                      struct result_memory *ret_memory,
                      struct gcasync_result **ret_result) {
        struct gcasync_result *result;

        result = malloc(sizeof(*result) + size);
        if (!result)
                return fault_raise(-ENOMEM);
        /* Its size keeps it out of the pool: 0 stands for any. */
        result_init(result, 0, NULL);
        ret_memory->at = (char *)result->memory;
        ret_memory->end = ret_memory->at + size;
        *ret_result = result;
        return 0;
}

void *result_memory_take(struct result_memory *memory, size_t size) {
        void *taken = memory->at;

        assert(size <= (size_t)(memory->end - memory->at));

        memset(taken, 0, size);
        memory->at += size;
        return taken;
}

const char *result_memory_take_text(struct result_memory *memory, const ProtobufCBinaryData *text) {
        char *taken = memory->at;

        assert(text->len < (size_t)(memory->end - memory->at));

        if (text->len > 0)
                memcpy(taken, text->data, text->len);
        taken[text->len] = '\0';
        memory->at += text->len + 1;
        return taken;
}

/* ---- results ---- */

int result_new_succeeded(struct result_pool *pool,
                         uint64_t task,
                         const uint8_t *value,
                         size_t value_size,
                         size_t n_nodes_max,
                         struct gcasync_result **ret_result) {
        struct gcasync_result *result;
        struct result_memory memory;
        int r;

        if (value_size <= POOLED_MEMORY_SIZE) {
                result = result_pool_take(pool);
                if (!result)
                        return fault_raise(-ENOMEM);
        } else {
                r = result_memory_new(value_size, &memory, &result);
                if (r)
                        return fault_pass(r);
        }
        result->task = task;
        result->state = GCASYNC_STATE_SUCCEEDED;
        result->value_size = value_size;
        result->n_nodes_max = n_nodes_max;
        if (value_size > 0)
                result->value = memcpy(result->memory, value, value_size);
        *ret_result = result;
        return 0;
}

int result_new_submitted(uint64_t task, struct gcasync_result **ret_result) {
        struct result_memory memory;
        int r;

        r = result_memory_new(0, &memory, ret_result);
        if (r)
                return fault_pass(r);

        (*ret_result)->task = task;
        return 0;
}

static int result_new_failed(const Gcasync__Result *message,
                             size_t message_size,
                             struct gcasync_result **ret_result) {
        size_t causes_size = message->n_causes * sizeof(struct result_cause);
        struct gcasync_result *result;
        struct result_cause *causes;
        struct result_memory memory;
        int r;

        r = result_memory_new(
                causes_size + message_size + 2 + 2 * message->n_causes, &memory, &result);
        if (r)
                return fault_pass(r);

        causes = result_memory_take(&memory, causes_size);
        for (size_t i = 0; i < message->n_causes; i++) {
                const Gcasync__Failure *cause = message->causes[i];

                causes[i].task = cause->task;
                causes[i].code = result_memory_take_text(&memory, &cause->code);
                causes[i].message = result_memory_take_text(&memory, &cause->message);
        }
        if (message->failure) {
                result->failure_code = result_memory_take_text(&memory, &message->failure->code);
                result->failure_message =
                        result_memory_take_text(&memory, &message->failure->message);
        }
        result->causes = causes;
        result->n_causes = message->n_causes;
        result->task = message->task;
        result->state = (gcasync_state)message->state;
        *ret_result = result;
        return 0;
}

int result_new_ended(struct result_pool *pool,
                     const Gcasync__Result *message,
                     size_t message_size,
                     size_t n_nodes_max,
                     struct gcasync_result **ret_result) {
        if (message->state != GCASYNC__TASK_STATE__TASK_SUCCEEDED)
                return fault_pass(result_new_failed(message, message_size, ret_result));
        return fault_pass(result_new_succeeded(pool,
                                               message->task,
                                               message->value.data,
                                               message->value.len,
                                               n_nodes_max,
                                               ret_result));
}

gcasync_result *gcasync_result_ref(gcasync_result *result) {
        /* Relaxed: who refs holds a reference already. */
        if (result)
                (void)atomic_fetch_add_explicit(&result->n_refs, 1, memory_order_relaxed);
        return result;
}

gcasync_result *gcasync_result_unref(gcasync_result *result) {
        if (result && result_put(result))
                result_free(result);
        return NULL;
}

uint64_t gcasync_result_get_task(const gcasync_result *result) {
        return result->task;
}

gcasync_state gcasync_result_get_state(const gcasync_result *result) {
        return result->state;
}

static void graph_freep(struct graph **graph) {
        free(*graph);
}

static int result_open_graph(gcasync_result *result, struct graph **ret_graph) {
        cleanup_(graph_freep) struct graph *graph = NULL;
        struct graph *theirs = NULL;
        const char *reason;
        int r;

        /*
         * Acquire: pairs with nothing but another taker, who leaves NULL; the result
         * itself brought the memory along.
         */
        graph = atomic_exchange_explicit(&result->graph_spare, NULL, memory_order_acquire);
        if (!graph)
                graph = malloc(sizeof(*graph));
        if (!graph)
                return GCASYNC_E_NO_MEMORY;

        r = graph_open(graph, result->value, result->value_size, result->n_nodes_max, &reason);
        if (r)
                return r < 0 ? GCASYNC_E_NO_MEMORY : GCASYNC_E_PROTOCOL;

        /*
         * Release: pairs with the acquire in gcasync_result_get_value(). Acquire: the
         * winner's graph is read.
         */
        if (!atomic_compare_exchange_strong_explicit(
                    &result->graph, &theirs, graph, memory_order_acq_rel, memory_order_acquire)) {
                graph_close(graph);
                *ret_graph = theirs;
                return 0;
        }
        *ret_graph = steal(&graph);
        return 0;
}

int gcasync_result_get_value(gcasync_result *result, gcasync_view *ret_value) {
        struct graph *graph;
        int r;

        if (result->value_size == 0)
                return GCASYNC_E_ABSENT;
        /* Acquire: pairs with the release in result_open_graph(); the graph's tables are read. */
        graph = atomic_load_explicit(&result->graph, memory_order_acquire);
        if (!graph) {
                r = result_open_graph(result, &graph);
                if (r)
                        return r;
        }
        *ret_value = (gcasync_view){ .graph = graph, .node = (uint32_t)(graph->n_nodes - 1) };
        return 0;
}

const char *gcasync_result_get_failure_code(gcasync_result *result) {
        return result->failure_code;
}

const char *gcasync_result_get_failure_message(gcasync_result *result) {
        return result->failure_message;
}

size_t gcasync_result_get_n_causes(const gcasync_result *result) {
        return result->n_causes;
}

int gcasync_result_get_cause(gcasync_result *result,
                             size_t index,
                             uint64_t *ret_task,
                             const char **ret_code,
                             const char **ret_message) {
        if (index >= result->n_causes)
                return GCASYNC_E_ABSENT;
        if (ret_task)
                *ret_task = result->causes[index].task;
        if (ret_code)
                *ret_code = result->causes[index].code;
        if (ret_message)
                *ret_message = result->causes[index].message;
        return 0;
}
