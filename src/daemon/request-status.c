/* SPDX-License-Identifier: MIT */

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "daemon/account.h"
#include "daemon/daemon.h"
#include "daemon/requests.h"
#include "daemon/session.h"

enum {
        COUNTERS_MAX = 64,
        NAME_SIZE = 48,
};

struct counters {
        Gcasync__Limit rows[COUNTERS_MAX];
        Gcasync__Limit *pointers[COUNTERS_MAX];
        char names[COUNTERS_MAX][NAME_SIZE];
        size_t n;
};

static void
counters_add(struct counters *counters, const char *name, const char *end, uint64_t value) {
        Gcasync__Limit *row = &counters->rows[counters->n];
        char *text = counters->names[counters->n];

        if (counters->n == COUNTERS_MAX)
                return;
        (void)snprintf(text, NAME_SIZE, "%s%s", name, end);
        gcasync__limit__init(row);
        row->name = message_text(text);
        row->value = value;
        counters->pointers[counters->n++] = row;
}

/* What the limits are counted against, summed over all uids, by the limits' names. */
static void counters_add_use(struct counters *counters, struct daemon *daemon) {
        uint64_t n_tasks = 0, queued_bytes = 0, n_history = 0, history_bytes = 0;
        const struct account *account;
        gca_heap_info heap;

        list_for_each(account, &daemon->accounts, link) {
                n_tasks += account->n_tasks;
                queued_bytes += account->queued_bytes;
                n_history += account->history.n;
                history_bytes += account->history.size_bytes;
        }
        counters_add(counters, "sessions", "", daemon->n_sessions);
        counters_add(counters, "tasks", "", n_tasks);
        counters_add(counters, "queued-bytes", "", queued_bytes);
        counters_add(counters, "history-tasks", "", n_history);
        counters_add(counters, "history-bytes", "", history_bytes);
        gca_heap_get_info(daemon->heap, &heap);
        counters_add(counters, "heap-bytes", "", heap.used_bytes);
        /* Relaxed: a statistic. */
        counters_add(counters,
                     "capture-bytes",
                     "",
                     atomic_load_explicit(&daemon->capture_pool.used_bytes, memory_order_relaxed));
}

static void counters_add_totals(struct counters *counters, const struct daemon *daemon) {
        gca_runtime_metrics metrics;

        gca_runtime_get_metrics(daemon->runtime, &metrics);
        counters_add(counters, "tasks-submitted", "", daemon->n_tasks_submitted);
        counters_add(counters, "tasks-finished", "", daemon->n_tasks_finished);
        counters_add(counters, "tasks-queued", "", metrics.n_queued);
        counters_add(counters, "sessions-opened", "", daemon->last_session_id);
        counters_add(counters, "passes", "", daemon->n_pass);
        counters_add(counters, "worker-parks", "", metrics.n_parks);
        counters_add(counters, "worker-wakes", "", metrics.n_wakes);
        counters_add(counters, "polls", "", metrics.n_polls);
        counters_add(counters, "hogs", "", metrics.n_hogs);
        counters_add(counters, "finalizers", "", metrics.n_finalizers);
        counters_add(counters, "blocking-threads", "", metrics.n_blocking_threads);
}

static void counters_add_reached(struct counters *counters, const struct limits *limits) {
        for (size_t i = 0; i < LIMIT_COUNT; i++)
                /* Relaxed: a statistic. */
                counters_add(counters,
                             limit_get_info((enum limit)i)->name,
                             "-reached",
                             atomic_load_explicit(&limits->n_reached[i], memory_order_relaxed));
}

static void counters_add_limits(struct counters *counters, const struct limits *limits) {
        for (size_t i = 0; i < LIMIT_COUNT; i++)
                counters_add(counters,
                             limit_get_info((enum limit)i)->name,
                             "",
                             limits_get(limits, (enum limit)i));
}

void request_status(struct session *session, const Gcasync__Request *request) {
        struct daemon *daemon = session->daemon;
        Gcasync__Reply reply = GCASYNC__REPLY__INIT;
        Gcasync__DaemonStatus status = GCASYNC__DAEMON_STATUS__INIT;
        struct counters limits = { .n = 0 }, counters = { .n = 0 };
        gca_runtime_metrics metrics;

        gca_runtime_get_metrics(daemon->runtime, &metrics);
        counters_add_limits(&limits, &daemon->limits);
        counters_add_use(&counters, daemon);
        counters_add_totals(&counters, daemon);
        counters_add_reached(&counters, &daemon->limits);
        status.version = message_text(PACKAGE_VERSION);
        status.pid = (uint32_t)getpid();
        status.uid = daemon->uid;
        status.started_at_us = daemon->started_ns / NS_PER_US;
        status.state = message_text(shutdown_has_begun(&daemon->shutdown) ? "draining" : "running");
        status.n_workers = metrics.n_workers;
        status.n_sessions = (uint32_t)daemon->n_sessions;
        status.n_limits = limits.n;
        status.limits = limits.pointers;
        status.n_counters = counters.n;
        status.counters = counters.pointers;
        reply.id = request->id;
        reply.body_case = GCASYNC__REPLY__BODY_STATUS;
        reply.status = &status;
        if (session_reply(session, &reply) == -EMSGSIZE)
                session_reply_limit(session,
                                    request->id,
                                    LIMIT_FRAME_BYTES,
                                    gcasync__reply__get_packed_size(&reply));
}
