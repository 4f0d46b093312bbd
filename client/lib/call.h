/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A call: one request, from when it is queued until its outcome has been read. Shared by
 * reference count: the library holds a reference until the call is done and, if its id is
 * not to be used again yet, until the late reply has come; the owner holds what
 * gcasync_…_async() returned.
 *
 *     PENDING --> READY --> RUNNING --> DONE        with callbacks
 *        |          +-----> CANCELLING --> DONE     cancelled between reply and callback
 *        +---------------------------------> DONE   without callbacks, or cancelled
 *
 * | state      | is                             | entered by            | outcome belongs to |
 * |------------|--------------------------------|-----------------------|--------------------|
 * | PENDING    | not answered                   | core_add_...()        | the core           |
 * | READY      | answered, its callback queued  | the core              | who takes it on    |
 * | CANCELLING | its outcome is being replaced  | call_try_cancelling() | that thread        |
 * | RUNNING    | its callback runs              | call_try_running()    | all, to be read    |
 * | DONE       | over                           | call_set_state()      | all, to be read    |
 *
 * The fields are the core's, under the client's lock, but for state and n_refs.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "gcasync/client.h"
#include "lib/deadlines.h"

/* The requests: name, the body of the final reply to it. */
#define CALL_TYPE_MAP(X)              \
        X(HELLO, WELCOME)             \
        X(SUBMIT, RESULT)             \
        X(SUBMIT_DETACHED, SUBMITTED) \
        X(AWAIT, RESULT)              \
        X(ABORT, DONE)                \
        X(REMOVE, DONE)               \
        X(INSPECT, TASKS)             \
        X(KINDS, KINDS)               \
        X(LOG, LOG_END)               \
        X(PING, PONG)                 \
        X(STATUS, STATUS)             \
        X(BYE, DONE)

enum call_type {
#define X(name, reply) CALL_TYPE_##name,
        CALL_TYPE_MAP(X)
#undef X
};

enum call_state {
        CALL_PENDING,
        CALL_READY,
        CALL_CANCELLING,
        CALL_RUNNING,
        CALL_DONE,
};

/* What waits for a callback: a call that is ready, or an event of one. */
struct ready {
        struct ready *next;
        bool is_event;
};

struct gcasync_call {
        _Atomic uint32_t state; /* enum call_state */
        _Atomic uint32_t n_refs;
        struct gcasync_client *client;
        uint64_t id;
        enum call_type type;
        bool is_dropped;  /* resolved without its reply, which may still come */
        struct list list; /* the core's pending calls, or its dropped ones */
        struct ready ready;
        struct deadline deadline;
        gcasync_callback callback;
        gcasync_event_callback on_event;
        void *data;

        /* The outcome. */
        int error;
        bool changed;
        char *message; /* the daemon's words; may be NULL */
        struct gcasync_result *result;
        gcasync_log_end log_end;
};

/* What a call begins with. */
struct call_options {
        enum call_type type;
        gcasync_callback callback;
        gcasync_event_callback on_event;
        void *data;
};

/* An event, on its way to its callback. Owns itself and a reference to the call. */
struct call_event {
        struct ready ready;
        struct gcasync_call *call;
        gcasync_event event; /* its pointers lead into data */
        uint8_t data[];
};

/* Whether the call's outcome and events go through the queue of callbacks. */
static inline bool call_has_callbacks(const struct gcasync_call *call) {
        return call->callback || call->on_event;
}

static inline enum call_state call_get_state(struct gcasync_call *call) {
        /*
         * Acquire: pairs with the releases in the changes below; whoever sees the call
         * done reads its outcome.
         */
        return (enum call_state)atomic_load_explicit(&call->state, memory_order_acquire);
}

/* Whether the outcome stands. */
static inline bool call_is_resolved(struct gcasync_call *call) {
        return call_get_state(call) >= CALL_RUNNING;
}

static inline void call_set_state(struct gcasync_call *call, enum call_state state) {
        /* Release: pairs with the acquire in call_get_state(). */
        atomic_store_explicit(&call->state, state, memory_order_release);
}

/* Of one that runs the callback and one that cancels, the first wins. */
static inline bool call_leave_ready(struct gcasync_call *call, enum call_state state) {
        uint32_t ready = CALL_READY;

        /*
         * Sequentially consistent, for client_dispatch_one() of loop.c: separates this
         * write from its look at the number of waiters. It is also the acquire of what
         * the reader of the reply wrote, and the release of it.
         */
        return atomic_compare_exchange_strong_explicit(
                &call->state, &ready, state, memory_order_seq_cst, memory_order_acquire);
}

static inline bool call_try_running(struct gcasync_call *call) {
        return call_leave_ready(call, CALL_RUNNING);
}

static inline bool call_try_cancelling(struct gcasync_call *call) {
        return call_leave_ready(call, CALL_CANCELLING);
}

static inline void call_ref(struct gcasync_call *call) {
        /* Relaxed: who refs holds a reference already. */
        (void)atomic_fetch_add_explicit(&call->n_refs, 1, memory_order_relaxed);
}

/*
 * Gives a reference up. Whether it was the last: the caller then gives the call back to
 * the core, under the lock.
 */
static inline bool call_put(struct gcasync_call *call) {
        /*
         * Acquire: pairs with the release below. Nobody else can make the only reference
         * two, so that no write is needed.
         */
        if (atomic_load_explicit(&call->n_refs, memory_order_acquire) == 1)
                return true;
        /* Release: pairs with the acquires here; the last one must see what the others did. */
        return atomic_fetch_sub_explicit(&call->n_refs, 1, memory_order_acq_rel) == 1;
}
