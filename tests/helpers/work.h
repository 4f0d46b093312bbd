/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a well-behaved client does, through the public library: connects, has work done, looks at tasks. What
 * goes wrong here fails the test; every wait has a deadline.
 */

#include <gcasync/client.h>
#include <stdbool.h>
#include <stdint.h>

#include "helpers/daemon.h"

/* One task to be: a kind and at most one argument, the first of these that is set. */
struct work {
        const char *kind;
        const char *key;         /* the argument's name; NULL: none */
        const char *const *list; /* strings, NULL-terminated */
        const char *text;
        int64_t number;
        uint64_t timeout_ns; /* 0: none */
        const char *label;
        bool detached, want_output;
};

#define WORK_SLEEP(milliseconds)                                            \
        (struct work) {                                                     \
                .kind = "core.sleep", .key = "ms", .number = (milliseconds) \
        }
#define WORK_ECHO(value)                                               \
        (struct work) {                                                \
                .kind = "core.echo", .key = "value", .number = (value) \
        }
#define WORK_EXEC(...)                                                         \
        (struct work) {                                                        \
                .kind = "exec", .key = "argv", .list = (const char *const[]) { \
                        __VA_ARGS__, NULL                                      \
                }                                                              \
        }

gcasync_client *client_connect(const struct daemon *daemon);
/* By when what a test waits for must have come, in the library's clock. */
uint64_t client_deadline(void);

/* Runs attached work to its end; the result is the caller's. */
gcasync_result *work_run(gcasync_client *client, const struct work *work);
void work_expect_state(gcasync_client *client, const struct work *work, gcasync_state state);
/* Starts attached work, returns when it has an id. The call is the caller's. */
gcasync_call *work_start(gcasync_client *client, const struct work *work, uint64_t *ret_task);
/* Queues attached work; nothing is written yet. */
gcasync_call *work_queue(gcasync_client *client, const struct work *work);
/* Starts detached work; returns the task's id. */
uint64_t work_detach(gcasync_client *client, const struct work *work);

/* Takes the result of a call, which must come; releases the call. */
gcasync_result *call_take_result(gcasync_call *call);
void call_expect_state(gcasync_call *call, gcasync_state state);

void task_expect_state(gcasync_client *client, uint64_t task, gcasync_state state);
/* Waits until the task is in that state, which may still come. */
void task_wait_state(gcasync_client *client, uint64_t task, gcasync_state state);
/* Tasks that this client may see and that have not finished. */
size_t tasks_count_unfinished(gcasync_client *client);

/* A new client gets each way of work done: inline, on a worker, by a child. */
void daemon_expect_healthy(const struct daemon *daemon);

/*
 * The frame of every test of bad input: starts a daemon with these options (NULL: none), runs misbehave, and
 * expects that others are served as before and that sessions, tasks, descriptors, threads, children and
 * memory come back to where they were.
 */
void expect_harmless(const struct daemon_options *options,
                     void (*misbehave)(struct daemon *daemon));
