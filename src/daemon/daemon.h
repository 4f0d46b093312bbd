/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The daemon: what its parts share. All of it is the I/O thread's, but the limits and the capture pool,
 * whose heads tell.
 */

#include <stdint.h>

#include "base/buffer.h"
#include "base/list.h"
#include "daemon/capture.h"
#include "daemon/client-log.h"
#include "daemon/id-table.h"
#include "daemon/limits.h"
#include "daemon/listener.h"
#include "daemon/reaper.h"
#include "daemon/shutdown.h"
#include "daemon/timeouts.h"
#include "gcasync/runtime.h"
#include "wire/message.h"

struct event_base;
struct options;

struct daemon {
        const struct options *options;
        struct limits limits;
        gca_registry *registry;
        gca_heap *heap; /* what tasks publish */
        gca_runtime *runtime;
        struct event_base *base;
        uint64_t started_ns; /* CLOCK_REALTIME */
        uint32_t uid;        /* the daemon's own */

        struct listener listener;
        struct reaper reaper;
        struct shutdown shutdown;
        struct client_log client_log;

        /* Sessions: see session.h. */
        struct list sessions, ready, dirty, ending;
        uint64_t n_sessions, last_session_id;
        struct timeouts hello_timeouts, frame_timeouts, output_timeouts;
        struct arena arena; /* of the request being handled */
        Gcasync__Request
                hot_request; /* the request being handled, where it is of the commonest form */
        Gcasync__Submit hot_submit; /* its body */
        uint8_t *scratch;           /* what is being read */
        uint8_t *chunk;             /* captured output on its way */
        struct buffer spare_output;
        uint64_t output_low_bytes; /* above it an output is backed up */

        /* Jobs: see job.h. */
        struct list accounts;
        const gca_kind_entry *last_kind; /* that was submitted */
        size_t last_kind_length;         /* of its name; 0: there is none */
        struct id_table jobs;
        uint64_t last_task_id;
        struct capture_pool capture_pool;
        uint64_t n_tasks_submitted, n_tasks_finished;
        uint64_t n_pass;
};

/* Everything up to the listening socket. 0, or a negative or positive value after the reason was logged. */
int daemon_init(struct daemon *daemon, const struct options *options);
/* Serves until it is told to stop. 0 or -errno. */
int daemon_run(struct daemon *daemon);
/* Also after daemon_init() failed. */
void daemon_deinit(struct daemon *daemon);

/* What the runtime calls (host.c). */
extern const gca_host_ops daemon_host_ops;
