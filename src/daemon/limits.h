/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The daemon's limits: one table with a row each. What a limit bounds is counted where it is used; this
 * module keeps the values and how often each one was reached. The values are written before threads
 * start and only read afterwards; the counters may be bumped by any thread.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*        name                  text                  default     unit    scope    reloadable  what it bounds */
#define LIMIT_MAP(X)                                                                               \
        X(FRAME_BYTES, "frame-bytes", 16 << 20, BYTES, SESSION, false, "one message")              \
        X(VALUE_NODES, "value-nodes", 1 << 20, COUNT, TASK, true, "nodes of one value")            \
        X(REQUESTS, "requests", 4096, COUNT, SESSION, false, "unanswered requests")                \
        X(TASKS, "tasks", 100000, COUNT, UID, true, "unfinished tasks")                            \
        X(QUEUED_BYTES,                                                                            \
          "queued-bytes",                                                                          \
          256 << 20,                                                                               \
          BYTES,                                                                                   \
          UID,                                                                                     \
          true,                                                                                    \
          "arguments of unfinished tasks")                                                         \
        X(OUTPUT_BYTES,                                                                            \
          "output-bytes",                                                                          \
          8 << 20,                                                                                 \
          BYTES,                                                                                   \
          SESSION,                                                                                 \
          true,                                                                                    \
          "unread replies beyond a frame")                                                         \
        X(SESSIONS, "sessions", 1024, COUNT, UID, true, "connections")                             \
        X(TASK_MEMORY_BYTES,                                                                       \
          "task-memory-bytes",                                                                     \
          256 << 20,                                                                               \
          BYTES,                                                                                   \
          TASK,                                                                                    \
          false,                                                                                   \
          "values of one task")                                                                    \
        X(HEAP_BYTES, "heap-bytes", UINT64_C(4) << 30, BYTES, DAEMON, false, "published values")   \
        X(HELLO_MS, "hello-ms", 5000, DURATION, SESSION, true, "silence before hello")             \
        X(FRAME_MS, "frame-ms", 30000, DURATION, SESSION, true, "the arrival of one frame")        \
        X(SLOW_READER_MS, "slow-reader-ms", 30000, DURATION, SESSION, true, "replies left unread") \
        X(HISTORY_TASKS, "history-tasks", 1000, COUNT, UID, true, "finished tasks kept")           \
        X(HISTORY_BYTES, "history-bytes", 64 << 20, BYTES, UID, true, "their results and output")  \
        X(CAPTURE_TASK_BYTES,                                                                      \
          "capture-task-bytes",                                                                    \
          16 << 20,                                                                                \
          BYTES,                                                                                   \
          TASK,                                                                                    \
          true,                                                                                    \
          "output kept of one task")                                                               \
        X(CAPTURE_BYTES, "capture-bytes", 1 << 30, BYTES, DAEMON, true, "output kept of all tasks")

enum limit {
#define X(name, text, value, unit, scope, is_reloadable, doc) LIMIT_##name,
        LIMIT_MAP(X)
#undef X
        LIMIT_COUNT,
};

enum limit_unit {
        LIMIT_UNIT_COUNT,    /* K, M, G are powers of 1000 */
        LIMIT_UNIT_BYTES,    /* K, M, G are powers of 1024 */
        LIMIT_UNIT_DURATION, /* milliseconds, no suffix */
};

enum limit_scope {
        LIMIT_SCOPE_TASK,
        LIMIT_SCOPE_SESSION,
        LIMIT_SCOPE_UID,
        LIMIT_SCOPE_DAEMON,
};

struct limit_info {
        const char *name;
        uint64_t default_value;
        enum limit_unit unit;
        enum limit_scope scope;
        bool is_reloadable;
        const char *doc;
};

struct limits {
        uint64_t values[LIMIT_COUNT];
        /* How often each was reached. Relaxed: statistics; no decision rests on them. */
        _Atomic uint64_t n_reached[LIMIT_COUNT];
};

enum {
        LIMITS_E_SYNTAX =
                1,        /* not NAME=VALUE, or the value is no number with a suffix of its unit */
        LIMITS_E_UNKNOWN, /* no such name */
        LIMITS_E_RANGE,
};

/* Sets every limit to its default. */
void limits_init(struct limits *limits);

/*
 * Sets one limit from "NAME=VALUE", VALUE with a suffix K, M or G where the unit takes one. 0, or an
 * outcome with a sentence for people in message.
 */
int limits_set(struct limits *limits, const char *text, char *message, size_t message_size);

const struct limit_info *limit_get_info(enum limit limit);

static inline uint64_t limits_get(const struct limits *limits, enum limit limit) {
        return limits->values[limit];
}

static inline void limits_count_reached(struct limits *limits, enum limit limit) {
        /* Relaxed: a statistic; no decision rests on it. */
        atomic_fetch_add_explicit(&limits->n_reached[limit], 1, memory_order_relaxed);
}
