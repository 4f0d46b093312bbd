/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The client's end of a session, without I/O: requests become bytes in `output`; bytes
 * that came in become outcomes of calls. No system call, no clock, no lock, no callback:
 * the caller brings bytes and time, holds its lock, and finds in `ready` what wants a
 * callback.
 *
 *     HELLO --> OPEN --> ENDED        hello may be answered by an error: then straight to the end
 *
 * A CALL that is added is pending, and the core holds a reference to it. It is resolved
 * once: by its final reply, by core_expire(), core_drop() or core_end(). One without
 * callbacks is done then; one with callbacks goes to the end of `ready`, and the core's
 * reference with it. A call that is resolved without its reply is dropped: its id stays
 * taken, by a reference more, until the reply comes (which is ignored) or the session
 * ends.
 *
 * Events go to `ready` too, in the order in which they came, before the outcome of their
 * call.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/list.h"
#include "lib/call.h"
#include "lib/deadlines.h"
#include "lib/result.h"
#include "lib/window.h"
#include "wire/message.h"

enum core_state {
        CORE_HELLO,
        CORE_OPEN,
        CORE_ENDED,
};

/* First in, first out. */
struct ready_queue {
        struct ready *first, **last_link;
};

struct core_limit {
        char *name;
        uint64_t value;
};

struct core {
        struct gcasync_client *client; /* noted in each call; nothing to the core itself */
        enum core_state state;
        int error;     /* what ended it */
        char *message; /* … in words, if there are any */
        const char *message_static;

        struct buffer output;
        struct ready_queue ready;
        uint64_t n_resolved; /* calls resolved and events, ever */

        struct window window;
        struct list pending; /* in the order of the requests */
        struct list dropped;
        size_t n_pending;
        struct deadlines deadlines;

        struct list pool; /* calls to be used again */
        size_t n_pooled;
        size_t n_calls; /* those in use */
        struct result_pool results;

        struct arena arena;

        /* What Welcome told. */
        char *daemon_version;
        uint64_t session;
        struct core_limit *limits;
        size_t n_limits;
        size_t message_size_max;
        size_t n_nodes_max;
};

/* 0 or -ENOMEM. */
int core_init(struct core *core, struct gcasync_client *client);
/* Every call has been given back. */
void core_deinit(struct core *core);

/*
 * Queue a request. The call is pending, with the core's reference and, if ret_call is not
 * NULL, one for the caller. 0, or GCASYNC_E_DISCONNECTED, _FRAME_TOO_LARGE, _NO_MEMORY,
 * nothing changed.
 */
struct hot_submit;
int core_add_submit(struct core *core,
                    const struct call_options *options,
                    const struct hot_submit *submit,
                    struct gcasync_call **ret_call);
/* request's id is set. */
int core_add_request(struct core *core,
                     const struct call_options *options,
                     Gcasync__Request *request,
                     struct gcasync_call **ret_call);

/*
 * Takes in what came: consumes the whole frames at the front of input and acts on them.
 * Returns how many bytes the frame needs that is not whole yet, as far as that is known,
 * else 0. What is not the protocol ends the session.
 */
size_t core_receive(struct core *core, struct buffer *input);

/* Resolves as GCASYNC_E_TIMED_OUT the calls whose deadline is not after now. */
void core_expire(struct core *core, uint64_t now_ns);
/* The earliest deadline, GCASYNC_NO_DEADLINE if there is none. */
uint64_t core_get_deadline(const struct core *core);
void core_set_deadline(struct core *core, struct gcasync_call *call, uint64_t deadline_ns);

/* Resolves a pending call without its reply, and without its callbacks. */
void core_drop(struct core *core, struct gcasync_call *call, int error);

/*
 * Ends the session: every pending call resolves as GCASYNC_E_DISCONNECTED, in the order
 * of the requests. The first end counts. message_static may be NULL.
 */
void core_end(struct core *core, int error, const char *message_static);
/* What ended it, in words; NULL where nobody said any. */
const char *core_get_message(const struct core *core);

/*
 * Gives a reference to a call up; and takes a call back whose last reference is gone
 * (call_put()).
 */
void core_unref_call(struct core *core, struct gcasync_call *call);
void core_free_call(struct core *core, struct gcasync_call *call);

/* ---- the queue ---- */

static inline void ready_queue_init(struct ready_queue *queue) {
        queue->first = NULL;
        queue->last_link = &queue->first;
}

static inline void ready_queue_push(struct ready_queue *queue, struct ready *ready) {
        ready->next = NULL;
        *queue->last_link = ready;
        queue->last_link = &ready->next;
}

/* The first, or NULL. */
static inline struct ready *ready_queue_pop(struct ready_queue *queue) {
        struct ready *ready = queue->first;

        if (!ready)
                return NULL;
        queue->first = ready->next;
        if (!queue->first)
                queue->last_link = &queue->first;
        return ready;
}

/* Moves everything to the end of another queue. */
static inline void ready_queue_move(struct ready_queue *from, struct ready_queue *to) {
        if (!from->first)
                return;
        *to->last_link = from->first;
        to->last_link = from->last_link;
        ready_queue_init(from);
}
