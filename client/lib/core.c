/* SPDX-License-Identifier: MIT */

#include "lib/core.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/fault.h"
#include "lib/core-internal.h"
#include "lib/error.h"
#include "wire/frame.h"
#include "wire/graph.h"
#include "wire/hot.h"

enum {
        /* Calls kept to be used again: as many as a session may have unanswered. */
        N_POOLED_MAX = 4096
};

int core_init(struct core *core, struct gcasync_client *client) {
        int r;

        *core = (struct core){ .client = client,
                               .state = CORE_HELLO,
                               .message_size_max = FRAME_SIZE_MAX_DEFAULT,
                               .n_nodes_max = GRAPH_NODES_MAX_DEFAULT };
        ready_queue_init(&core->ready);
        list_init(&core->pending);
        list_init(&core->dropped);
        list_init(&core->pool);

        r = window_init(&core->window);
        if (r)
                return fault_pass(r);

        r = arena_init(&core->arena);
        if (r) {
                window_deinit(&core->window);
                return fault_pass(r);
        }
        return 0;
}

void core_deinit(struct core *core) {
        struct gcasync_call *call;

        assert(core->n_calls == 0);

        list_for_each(call, &core->pool, list)
                free(call);
        result_pool_deinit(&core->results);
        for (size_t i = 0; i < core->n_limits; i++)
                free(core->limits[i].name);
        free(core->limits);
        free(core->daemon_version);
        free(core->message);
        arena_deinit(&core->arena);
        window_deinit(&core->window);
        buffer_deinit(&core->output);
}

/* ---- calls ---- */

static struct gcasync_call *core_new_call(struct core *core, const struct call_options *options) {
        struct list *pooled = list_pop_front(&core->pool);
        struct gcasync_call *call;

        if (pooled) {
                call = list_entry(pooled, struct gcasync_call, list);
                core->n_pooled--;
        } else {
                call = malloc(sizeof(*call));
                if (!call)
                        return NULL;
        }
        *call = (struct gcasync_call){ .client = core->client,
                                       .type = options->type,
                                       .callback = options->callback,
                                       .on_event = options->on_event,
                                       .data = options->data };
        atomic_init(&call->state, CALL_PENDING);
        atomic_init(&call->n_refs, 1);
        list_init(&call->list);
        core->n_calls++;
        return call;
}

void core_free_call(struct core *core, struct gcasync_call *call) {
        core->n_calls--;
        result_pool_put(&core->results, call->result);
        free(call->message);
        if (core->n_pooled == N_POOLED_MAX) {
                free(call);
                return;
        }
        list_push_front(&core->pool, &call->list);
        core->n_pooled++;
}

void core_unref_call(struct core *core, struct gcasync_call *call) {
        if (call_put(call))
                core_free_call(core, call);
}

/* ---- adding ---- */

/* A call with an id, or an outcome. */
static int
core_begin(struct core *core, const struct call_options *options, struct gcasync_call **ret_call) {
        struct gcasync_call *call;
        int r;

        if (core->state != (options->type == CALL_TYPE_HELLO ? CORE_HELLO : CORE_OPEN))
                return GCASYNC_E_DISCONNECTED;
        call = core_new_call(core, options);
        if (!call)
                return GCASYNC_E_NO_MEMORY;

        r = window_add(&core->window, call);
        if (r) {
                core_free_call(core, call);
                return error_from_fault(r);
        }
        *ret_call = call;
        return 0;
}

/* The request was written, or was not: r tells. */
static int
core_commit(struct core *core, struct gcasync_call *call, int r, gcasync_call **ret_call) {
        if (r) {
                window_remove(&core->window, call);
                core_free_call(core, call);
                return error_from_fault(r);
        }
        list_push_back(&core->pending, &call->list);
        core->n_pending++;
        if (ret_call) {
                call_ref(call);
                *ret_call = call;
        }
        return 0;
}

int core_add_submit(struct core *core,
                    const struct call_options *options,
                    const struct hot_submit *submit,
                    struct gcasync_call **ret_call) {
        struct gcasync_call *call = NULL;
        int r;

        r = core_begin(core, options, &call);
        if (r)
                return r;

        r = hot_append_submit(&core->output, call->id, submit, core->message_size_max);
        return core_commit(core, call, r, ret_call);
}

int core_add_request(struct core *core,
                     const struct call_options *options,
                     Gcasync__Request *request,
                     struct gcasync_call **ret_call) {
        struct gcasync_call *call = NULL;
        int r;

        r = core_begin(core, options, &call);
        if (r)
                return r;

        request->id = call->id;
        r = message_append(&core->output, &request->base, core->message_size_max);
        return core_commit(core, call, r, ret_call);
}

/* ---- resolving ---- */

/* Takes a call out of those that are pending: its outcome is known. */
static void core_settle(struct core *core, struct gcasync_call *call, int error) {
        assert_slow(call_get_state(call) == CALL_PENDING && !call->is_dropped);

        list_remove(&call->list);
        core->n_pending--;
        core->n_resolved++;
        deadlines_remove(&core->deadlines, &call->deadline);
        call->error = error;
}

/* Hands over a settled call, and a reference with it: to its callbacks, if it has any. */
static void core_hand_over(struct core *core, struct gcasync_call *call) {
        if (call_has_callbacks(call)) {
                call_set_state(call, CALL_READY);
                ready_queue_push(&core->ready, &call->ready);
                return;
        }
        call_set_state(call, CALL_DONE);
        core_unref_call(core, call);
}

void core_answer(struct core *core, struct gcasync_call *call, int error) {
        window_remove(&core->window, call);
        core_settle(core, call, error);
        core_hand_over(core, call);
}

/*
 * Settles a call whose reply may still come, which keeps the id and the core's reference
 * until then.
 */
static void core_settle_early(struct core *core, struct gcasync_call *call, int error) {
        core_settle(core, call, error);
        call->is_dropped = true;
        list_push_back(&core->dropped, &call->list);
}

void core_give_up(struct core *core, struct gcasync_call *call, int error) {
        core_settle_early(core, call, error);
        call_ref(call);
        core_hand_over(core, call);
}

void core_drop(struct core *core, struct gcasync_call *call, int error) {
        core_settle_early(core, call, error);
        call_set_state(call, CALL_DONE);
}

void core_forget_dropped(struct core *core, struct gcasync_call *call) {
        list_remove(&call->list);
        window_remove(&core->window, call);
        core_unref_call(core, call);
}

/* ---- deadlines ---- */

static struct gcasync_call *core_call_of(struct deadline *deadline) {
        return container_of(deadline, struct gcasync_call, deadline);
}

void core_set_deadline(struct core *core, struct gcasync_call *call, uint64_t deadline_ns) {
        if (deadline_ns == GCASYNC_NO_DEADLINE)
                deadlines_remove(&core->deadlines, &call->deadline);
        else
                deadlines_set(&core->deadlines, &call->deadline, deadline_ns);
}

uint64_t core_get_deadline(const struct core *core) {
        return core->deadlines.first ? core->deadlines.first->time_ns : GCASYNC_NO_DEADLINE;
}

void core_expire(struct core *core, uint64_t now_ns) {
        while (core->deadlines.first && core->deadlines.first->time_ns <= now_ns)
                core_give_up(core, core_call_of(core->deadlines.first), GCASYNC_E_TIMED_OUT);
}

/* ---- the end ---- */

void core_end(struct core *core, int error, const char *message_static) {
        struct gcasync_call *call;

        if (core->state == CORE_ENDED)
                return;
        core->state = CORE_ENDED;
        core->error = error;
        core->message_static = message_static;
        buffer_deinit(&core->output);
        list_for_each(call, &core->pending, list)
                core_answer(core, call, GCASYNC_E_DISCONNECTED);
        list_for_each(call, &core->dropped, list)
                core_forget_dropped(core, call);
}

const char *core_get_message(const struct core *core) {
        return core->message ? core->message : core->message_static;
}
