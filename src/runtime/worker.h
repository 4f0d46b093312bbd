/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A worker: a thread, an event loop, a list of ready tasks. The I/O worker is one whose loop the host's
 * thread drives (see runtime.c); the others drive themselves, in worker_main().
 *
 * A pass of the loop is a list of phases: take the mail, fire timers, poll what is ready and start what
 * was pulled from the shared queue in turns, wake the I/O thread for what has ended, wait.
 *
 * TIME is read once a pass, when first asked for. Deadlines come from a heap of our own; one timerfd,
 * edge-triggered and never read, gets the loop out for the earliest. It is armed only when a wait needs
 * an earlier time than it is armed for, so a deadline that is removed in time costs no system call.
 * (libevent's own timers would be late by a tick of its coarse clock, its precise ones set a timerfd
 * before each wait.)
 *
 * libevent's changelist is not used: a descriptor that is closed while a child still has it open would
 * then stay in the epoll set, unknown to everybody.
 *
 * Everything is the worker's own thread's, but for the inbox, the park word and what is marked.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gcasync/runtime.h>

#include "base/clock.h"
#include "runtime/batch.h"
#include "runtime/bell.h"
#include "runtime/inbox.h"
#include "runtime/park.h"
#include "runtime/stack-pool.h"
#include "runtime/thread-memory.h"
#include "runtime/thread.h"
#include "runtime/timer.h"

struct event;
struct fair_item;

enum {
        WORKER_BUDGET =
                61, /* polls between two looks at descriptors, mail and timers, by default */
        WORKER_PULL_BUSY = 4, /* pulled at a time while others are ready */
        WORKER_N_SPARE_EVENTS = 64,
};

struct worker {
        gca_runtime *runtime;
        unsigned index;
        bool is_io;
        bool is_stopping;
        bool has_thread;
        char name[THREAD_NAME_SIZE]; /* for people: "io", "worker-0" */
        pthread_t thread;

        struct event_base *base;
        struct event *wake_event, *timer_event;
        int timer_fd;
        uint64_t timer_armed_ns; /* CLOCK_NEVER: it is not */
        uint64_t now_ns;         /* 0: not yet read in this pass */
        struct timer_heap timers;
        uint64_t n_finished; /* the I/O worker's: tasks, before its last wait */
        size_t n_fd_events;  /* beyond the worker's own */
        struct event *spare_events[WORKER_N_SPARE_EVENTS];
        size_t n_spare_events;

        gca_post *ready; /* started tasks, and service tasks, by link, the next one first */
        gca_post **ready_end;
        gca_task *current; /* in its poll */

        uint64_t
                unsent_since_ns; /* ended tasks lie in the I/O worker's inbox, which may sleep; 0: none */

        struct thread_memory memory;
        struct stack_pool stacks; /* of its bodies */
        gca_post stop_post;

        /* Any thread: */
        struct batch batch; /* pulled tasks, by job.item */
        struct inbox inbox;
        struct park park;
        struct bell bell; /* children's ends */

        /* Written by the worker, relaxed: statistics. */
        _Atomic uint64_t n_started, n_polls, n_forced_yields, n_parks;
        /* What the watchdog looks at: odd while a poll is under way, and whose; see watchdog.h. */
        _Atomic uint64_t poll_sequence;
        _Atomic(gca_task *) polled;
};

/* The worker of the calling thread, or NULL. */
extern _Thread_local struct worker *worker_of_thread __attribute__((tls_model("initial-exec")));

int worker_init(struct worker *worker, gca_runtime *runtime, unsigned index, bool is_io);
/* May be called twice, and after a worker_init() that failed. */
void worker_deinit(struct worker *worker);

/* Another thread starts it, and stops and joins it, once it has nothing left to do. */
int worker_start(struct worker *worker);
void worker_stop(struct worker *worker);

/* ---- any thread ---- */

/* Has the post called on the worker's thread. */
void worker_post(struct worker *worker, gca_post *post);

/* The same, but the worker is woken by a child's end only, which rings its bell, see bell.h. */
void worker_post_for_bell(struct worker *worker, gca_post *post);

/* The I/O thread: what a stuck worker has pulled and not started goes back to the shared queue. */
void worker_give_back(struct worker *worker);

/* Brings a task that task_state said is to be scheduled to its worker. */
void worker_schedule(struct worker *worker, gca_task *task);

/* ---- the worker's thread ---- */

void worker_push_ready(struct worker *worker, gca_task *task);

/* A task has ended: the I/O thread finds it when it looks, and is woken for it at the end of this phase,
 * or some time before, unless it dozes and enough others wait. (It also looks when the watchdog does, should the next task be a long one.) */
void worker_push_done(struct worker *worker, gca_task *task);

/* The phases. */
void worker_take_mail(struct worker *worker);
void worker_fire_timers(struct worker *worker);
void worker_run_ready(struct worker *worker);
void worker_send_done(struct worker *worker);
/* Sleeps until something happens; with has_more, or ready tasks, it only looks. */
void worker_wait(struct worker *worker, bool has_more);

/* An event on the worker's base, not added; NULL: no memory. It goes back (deleted) when done with. */
struct event *worker_take_event(struct worker *worker,
                                int fd,
                                short events,
                                void (*call)(int fd, short events, void *data),
                                void *data);
void worker_give_event(struct worker *worker, struct event *event);

static inline uint64_t worker_get_now(struct worker *worker) {
        if (worker->now_ns == 0)
                worker->now_ns = clock_monotonic_ns();
        return worker->now_ns;
}

/* For a single-writer statistic. */
static inline void worker_count(_Atomic uint64_t *counter) {
        /* Relaxed: one writer; no decision rests on it. */
        uint64_t n = atomic_load_explicit(counter, memory_order_relaxed);

        atomic_store_explicit(counter, n + 1, memory_order_relaxed);
}
