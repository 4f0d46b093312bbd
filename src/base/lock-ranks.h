/* SPDX-License-Identifier: MIT */
#pragma once

/* The locks of the daemon and its libraries, in the order in which a thread may take them. */

#define LOCK_RANK_MAP(X)                                                         \
        X(CLIENT, "client", "libgcasync-client: one connection's state")         \
        X(OUTPUT, "output", "daemon: one task's captured output")                \
        X(PROGRAM, "program", "runtime: who drives an embedded runtime")         \
        X(RESULTS, "results", "runtime: roots of an embedded runtime's results") \
        X(QUEUE, "queue", "runtime: submissions waiting for a worker, by uid")   \
        X(TASK_PROGRESS, "task-progress", "runtime: a task's progress text")     \
        X(POOL, "pool", "runtime: the blocking pool's queue and threads")        \
        X(CHUNKS, "chunks", "gc: region chunks shared between threads")          \
        X(CYCLE, "cycle", "gc: who drives the collector")                        \
        X(NOTICE, "notice", "gc: who is told of finalisers")                     \
        X(COLLECTOR, "collector", "gc: requests, and who waits for a cycle")     \
        X(THREADS, "threads", "gc: the registry of attached threads")            \
        X(STORE, "store", "gc: lists of blocks, large objects")                  \
        X(SLAB, "slab", "gc: type-stable memory")                                \
        X(LEAF, "leaf", "whatever takes no other lock inside")

enum lock_rank {
#define X(name, text, doc) LOCK_RANK_##name,
        LOCK_RANK_MAP(X)
#undef X
};
