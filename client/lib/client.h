/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The client: a core, a socket, a lock, and the threads that call in.
 *
 * WHO DOES WHAT. Three tasks are each done by one thread at a time, whichever comes
 * first: sending, reading (which includes waiting for the socket), and running callbacks
 * ("dispatching"). None is done under the lock. Another thread that wants the outcome
 * sleeps on a condition of its own: a sender takes what others queued meanwhile, a reader
 * resolves everybody's calls, and whoever stops reading while others sleep wakes one of
 * them to go on (client_pass_on()). A thread that is about to run callbacks is such a
 * one: a slow callback delays nobody's replies.
 *
 * ORDER. Calls whose callbacks are to run stand in `core.ready` in the order of their
 * replies. The dispatcher moves them to `batch`, which only it touches, and takes them
 * from there one by one. A callback that calls in again goes on with the same batch if it
 * asks for callbacks (gcasync_client_process(), gcasync_client_wait(), or waiting for a
 * call that has one); the plain blocking functions leave the batch alone, so that they
 * nest no deeper than the caller does.
 *
 * WAKING. `wake_fd` interrupts the thread that reads in poll(2): gcasync_client_wake()
 * does, and so does a thread that changed what the reader waits for
 * (client_nudge_locked()). A program with a loop of its own gets `loop_fd`, an epoll
 * descriptor over the socket and a second event descriptor, made when it is first asked
 * for; process() alone empties that one, so that a wake-up for the loop is not lost to a
 * thread that waits.
 *
 * THE END. n_refs counts the owners' references; n_holds the threads inside; the core the
 * calls. With the last reference gone the session ends, at once or by a thread inside;
 * memory goes with the last of the three.
 *
 * FORK. Every entry asks the guard before anything else: in the child the lock may be
 * held by a thread that does not exist.
 */

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/list.h"
#include "base/lock.h"
#include "gcasync/client.h"
#include "lib/core.h"
#include "lib/fork-guard.h"

struct gcasync_client {
        struct fork_guard guard;
        int socket_fd;
        int wake_fd;

        /* Waiting threads, written under the lock; see client_dispatch_one(). */
        _Atomic uint32_t n_waiters;
        /* Wake-ups ever asked for. */
        _Atomic uint64_t n_wakes;
        /* -1 until there is a loop_fd. */
        _Atomic int loop_wake_fd;
        /* Whether loop_wake_fd may be readable. */
        _Atomic bool is_loop_woken;
        /* Whether n_refs is 0: the dispatcher looks at it after each callback. */
        _Atomic bool is_unreferenced;

        struct lock lock;
        /* Under the lock: */
        struct core core;
        unsigned n_refs, n_holds;
        int loop_fd;
        bool is_sending, is_reading;
        bool is_blocked;         /* the socket took no more: wait for POLLOUT */
        bool is_loop_blocked;    /* loop_fd waits for it too */
        bool is_nudged;          /* the reader has been interrupted already */
        bool is_hung_up;         /* the socket is shut down */
        bool is_input_full;      /* the last read filled the room: there may be more */
        unsigned dispatch_depth; /* of the dispatcher, 0: there is none */
        pthread_t dispatcher;
        uint64_t n_processed; /* changes when something was resolved or called back */
        uint64_t n_wakes_seen;
        struct list waiters;

        /* The sender's: */
        struct buffer sending;
        /* The reader's: */
        struct buffer input;
        size_t input_size_wanted; /* what the frame at its front needs */
        /* The dispatcher's: */
        struct ready_queue batch;
};

/* A thread that waits. On its stack. */
struct waiter {
        struct list list;
        struct gcasync_call *call; /* NULL: waits for anything */
        uint64_t deadline_ns;
        uint64_t n_processed, n_wakes; /* as they were when it began */
        bool is_dispatching;           /* wants callbacks run */
        bool is_reader;
        bool is_signalled;
        pthread_cond_t condition; /* of one that is no reader */
};

/* ---- lifecycle and entering: client.c ---- */

/* A client that is not connected, with one reference. 0 or GCASYNC_E_NO_MEMORY, _SYSTEM. */
int client_new(struct gcasync_client **ret_client);

static inline bool client_is_forked(const struct gcasync_client *client) {
        return fork_guard_is_child(&client->guard);
}

/* Take the lock and hold the client; give both up again, which may end and free it. */
void client_enter(struct gcasync_client *client);
void client_leave(struct gcasync_client *client);

/* Gives a call back whose last reference is gone; may free the client. Not under the lock. */
void client_free_call(struct gcasync_client *client, struct gcasync_call *call);

/* ---- the loop: loop.c, all under the lock, which some give up meanwhile ---- */

/* Sends until all is sent or the socket takes no more. */
void client_send_locked(struct gcasync_client *client);

/* Runs the callbacks that wait, unless another thread does. Whether any ran. */
bool client_dispatch_locked(struct gcasync_client *client);

/*
 * Reads once, waiting up to the deadline if may_wait, and resolves calls. 0 or
 * GCASYNC_E_TIMED_OUT.
 */
int client_read_locked(struct gcasync_client *client, uint64_t deadline_ns, bool may_wait);

/* Interrupts the reader, if there is one. */
void client_nudge_locked(struct gcasync_client *client);

/* Wakes the waiters that have what they wait for. */
void client_signal_locked(struct gcasync_client *client);

/* Somebody has to read, if somebody waits. */
void client_pass_on_locked(struct gcasync_client *client);

/* Ends the session of a client that nobody owns any more. */
void client_close_locked(struct gcasync_client *client);

/* What ended the session; 0 while it stands. */
int client_get_error_locked(const struct gcasync_client *client);

/*
 * Runs the client until the waiter has what it waits for: 0; or the session has ended:
 * its error; or the deadline passed: GCASYNC_E_TIMED_OUT.
 */
int client_run_locked(struct gcasync_client *client, struct waiter *waiter);

/*
 * Waits until no other thread runs callbacks: those of a call that was given up have
 * returned then.
 */
void client_outwait_callbacks_locked(struct gcasync_client *client);

/* Whether this thread runs in a callback of the client. */
bool client_is_dispatcher(const struct gcasync_client *client);

/* Has loop_fd wait for what the client waits for. */
void client_update_loop_locked(struct gcasync_client *client);

/* ---- requests: request.c ---- */

/* Queues a request; the outcome as in core_add_request(), or GCASYNC_E_FORKED. */
int client_request(struct gcasync_client *client,
                   const struct call_options *options,
                   Gcasync__Request *request,
                   gcasync_call **ret_call);

/*
 * The end of each blocking function: waits for the call, which is resolved as timed out
 * at the deadline.
 */
void client_complete(gcasync_call *call, uint64_t deadline_ns);

/*
 * The beginning of each _finish(): 0, PENDING, FORKED, the call's error, or INVALID where
 * it is of another type.
 */
int client_finish(gcasync_call *call, enum call_type type);
/* … and the rest of those that return a result. */
int client_finish_result(gcasync_call *call, enum call_type type, gcasync_result **ret_result);

/* Whether text can go into a request: UTF-8, size_max bytes at most. NULL is empty. */
bool client_check_text(const char *text, size_t size_max);
