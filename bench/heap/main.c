/* SPDX-License-Identifier: MIT */

/*
 * bench/gc: the heap beside its limits and its peers, on the workloads of workload.h. Each contestant runs in
 * a process of its own; within a workload rounds are interleaved, so that what disturbs the machine disturbs all.
 * Medians are printed, and each ratio beside its bar; with --check a missed one makes the exit status 1. On a busy machine
 * --cpu times what one thread does (published trees, W4, W5 alone) by the time that it ran.
 */

#include <string.h>

#include "../driver.h"
#include "contest.h"

#define FIGURE_MAP(X)                                                                         \
        X(TREES_ARENA, "W1 trees: arena", "s")                                                \
        X(TREES_MIMALLOC, "W1 trees: mimalloc, malloc and free", "s")                         \
        X(TREES_JEMALLOC, "W1 trees: jemalloc, malloc and free", "s")                         \
        X(TREES_BOEHM, "W1 trees: Boehm", "s")                                                \
        X(TREES_SHARED, "W1 trees: each tree published", "s")                                 \
        X(TREES_SHARED_MEMORY, "W1 trees: each tree published, peak memory", "MB")            \
        X(TREES_SHARED_CYCLES, "W1 trees: each tree published, collections", "")              \
        X(TREES_TASKS, "W1 trees: each tree a task", "s")                                     \
        X(REQUESTS_ARENA, "W2 requests: arena", "ns a task")                                  \
        X(REQUESTS_MIMALLOC, "W2 requests: mimalloc", "ns a task")                            \
        X(REQUESTS_JEMALLOC, "W2 requests: jemalloc", "ns a task")                            \
        X(REQUESTS_BOEHM, "W2 requests: Boehm", "ns a task")                                  \
        X(REQUESTS, "W2 requests: tasks, result published, 1 worker", "ns a task")            \
        X(REQUESTS_MEMORY, "W2 requests: the same, peak memory", "MB")                        \
        X(REQUESTS_CYCLES, "W2 requests: the same, collections", "")                          \
        X(REQUESTS_BY_VALUE, "W2 requests: tasks, result by value, 1 worker", "ns a task")    \
        X(REQUESTS_BY_VALUE_CYCLES, "W2 requests: the same, collections", "")                 \
        X(REQUESTS_OF_VALUES, "W2 requests: the same, objects are values", "ns a task")       \
        X(REQUESTS_ARENA_2, "W2 requests: arena, 2 threads", "ns a task")                     \
        X(REQUESTS_MIMALLOC_2, "W2 requests: mimalloc, 2 threads", "ns a task")               \
        X(REQUESTS_JEMALLOC_2, "W2 requests: jemalloc, 2 threads", "ns a task")               \
        X(REQUESTS_BOEHM_2, "W2 requests: Boehm, 2 threads", "ns a task")                     \
        X(REQUESTS_2, "W2 requests: tasks, result published, 2 workers", "ns a task")         \
        X(REQUESTS_BY_VALUE_2, "W2 requests: tasks, result by value, 2 workers", "ns a task") \
        X(TABLE_MIMALLOC_P9999, "W3 table: mimalloc, service p99.99", "ms")                   \
        X(TABLE_MIMALLOC_MAX, "W3 table: mimalloc, service worst", "ms")                      \
        X(TABLE_MIMALLOC_MEMORY, "W3 table: mimalloc, peak memory", "live bytes")             \
        X(TABLE_P50, "W3 table: service median", "ms")                                        \
        X(TABLE_P9999, "W3 table: service p99.99", "ms")                                      \
        X(TABLE_MAX, "W3 table: service worst", "ms")                                         \
        X(TABLE_RESPONSE_MAX, "W3 table: response worst", "ms")                               \
        X(TABLE_MEMORY, "W3 table: peak memory", "live bytes")                                \
        X(TABLE_CYCLES, "W3 table: collections", "")                                          \
        X(MARK_TABLE_LIMIT, "W3 mark of the table: bare loop", "ms")                          \
        X(MARK_TABLE, "W3 mark of the table", "ms")                                           \
        X(MARK_GRAPH_LIMIT, "W3 mark of the graph: bare loop", "ms")                          \
        X(MARK_GRAPH, "W3 mark of the graph", "ms")                                           \
        X(OBJECTS_ARENA, "W4 objects: bump", "ns")                                            \
        X(OBJECTS_MIMALLOC, "W4 objects: mimalloc", "ns")                                     \
        X(OBJECTS_BOEHM, "W4 objects: Boehm", "ns")                                           \
        X(OBJECTS_REGION, "W4 objects: in a region", "ns")                                    \
        X(OBJECTS_PUBLICATION, "W4 objects: built into an open publication", "ns")            \
        X(ROOTS_LIST, "W5 roots: list a thread", "ns a pair")                                 \
        X(ROOTS_LIST_2, "W5 roots: list a thread, 2 threads", "ns a pair")                    \
        X(ROOTS, "W5 roots", "ns a pair")                                                     \
        X(ROOTS_2, "W5 roots, 2 threads", "ns a pair")                                        \
        X(PEERS_1, "W5 a task's work, 1 with roots", "ns")                                    \
        X(PEERS_10000, "W5 a task's work, 10,000 with roots", "ns")                           \
        X(GUARD_BYTES, "W5 memory of a root with its guard", "bytes")                         \
        X(IDLE_AVOIDED, "W5 due cycles avoided on a read-only load", "%")

FIGURES_DEFINE(FIGURE_MAP);

/* clang-format off */
static const struct contest contests[] = {
        { "w1", "gc-arena", { "trees" }, { { "seconds", FIGURE_TREES_ARENA } }, "trees" },
        { "w1", "gc-ours", { "tree-tasks" }, { { "seconds", FIGURE_TREES_TASKS } }, "trees" },
        { "w1", "gc-mimalloc", { "trees" }, { { "seconds", FIGURE_TREES_MIMALLOC } }, "trees" },
        { "w1", "gc-ours", { "trees" },
          { { "seconds", FIGURE_TREES_SHARED },
            { "memory", FIGURE_TREES_SHARED_MEMORY },
            { "cycles", FIGURE_TREES_SHARED_CYCLES } }, "trees" },
        { "w1", "gc-jemalloc", { "trees" }, { { "seconds", FIGURE_TREES_JEMALLOC } }, "trees" },
        { "w1", "gc-boehm", { "trees" }, { { "seconds", FIGURE_TREES_BOEHM } }, "trees" },

        { "w2", "gc-arena", { "requests", "1" }, { { "ns", FIGURE_REQUESTS_ARENA } }, "requests" },
        { "w2", "gc-ours", { "requests", "1" },
          { { "ns", FIGURE_REQUESTS },
            { "memory", FIGURE_REQUESTS_MEMORY },
            { "cycles", FIGURE_REQUESTS_CYCLES } }, "requests" },
        { "w2", "gc-ours", { "requests-by-value", "1" },
          { { "ns", FIGURE_REQUESTS_BY_VALUE },
            { "cycles", FIGURE_REQUESTS_BY_VALUE_CYCLES } }, "requests" },
        { "w2", "gc-arena", { "requests", "2" }, { { "ns", FIGURE_REQUESTS_ARENA_2 } }, "requests" },
        { "w2", "gc-ours", { "requests", "2" }, { { "ns", FIGURE_REQUESTS_2 } }, "requests" },
        { "w2", "gc-ours", { "requests-by-value", "2" }, { { "ns", FIGURE_REQUESTS_BY_VALUE_2 } }, "requests" },
        { "w2", "gc-ours", { "requests-of-values", "1" }, { { "ns", FIGURE_REQUESTS_OF_VALUES } }, "requests" },
        { "w2", "gc-mimalloc", { "requests", "1" }, { { "ns", FIGURE_REQUESTS_MIMALLOC } }, "requests" },
        { "w2", "gc-mimalloc", { "requests", "2" }, { { "ns", FIGURE_REQUESTS_MIMALLOC_2 } }, "requests" },
        { "w2", "gc-jemalloc", { "requests", "1" }, { { "ns", FIGURE_REQUESTS_JEMALLOC } }, "requests" },
        { "w2", "gc-jemalloc", { "requests", "2" }, { { "ns", FIGURE_REQUESTS_JEMALLOC_2 } }, "requests" },
        { "w2", "gc-boehm", { "requests", "1" }, { { "ns", FIGURE_REQUESTS_BOEHM } }, "requests" },
        { "w2", "gc-boehm", { "requests", "2" }, { { "ns", FIGURE_REQUESTS_BOEHM_2 } }, "requests" },

        { "w3", "gc-mimalloc", { "table", "25" },
          { { "service-p99.99", FIGURE_TABLE_MIMALLOC_P9999 },
            { "service-max", FIGURE_TABLE_MIMALLOC_MAX },
            { "memory-of-live", FIGURE_TABLE_MIMALLOC_MEMORY } }, "table" },
        { "w3", "gc-ours", { "table", "25" },
          { { "service", FIGURE_TABLE_P50 },
            { "service-p99.99", FIGURE_TABLE_P9999 },
            { "service-max", FIGURE_TABLE_MAX },
            { "response-max", FIGURE_TABLE_RESPONSE_MAX },
            { "memory-of-live", FIGURE_TABLE_MEMORY },
            { "cycles", FIGURE_TABLE_CYCLES } }, "table" },
        { "w3", "gc-limit", { "mark-table" }, { { "ms", FIGURE_MARK_TABLE_LIMIT } }, NULL },
        { "w3", "gc-ours", { "mark-table" }, { { "ms", FIGURE_MARK_TABLE } }, NULL },
        { "w3", "gc-limit", { "mark-graph" }, { { "ms", FIGURE_MARK_GRAPH_LIMIT } }, NULL },
        { "w3", "gc-ours", { "mark-graph" }, { { "ms", FIGURE_MARK_GRAPH } }, NULL },

        { "w4", "gc-arena", { "objects" }, { { "ns", FIGURE_OBJECTS_ARENA } }, "objects" },
        { "w4", "gc-ours", { "objects-region" }, { { "ns", FIGURE_OBJECTS_REGION } }, "objects" },
        { "w4", "gc-ours", { "objects-publication" }, { { "ns", FIGURE_OBJECTS_PUBLICATION } }, "objects" },
        { "w4", "gc-mimalloc", { "objects" }, { { "ns", FIGURE_OBJECTS_MIMALLOC } }, "objects" },
        { "w4", "gc-boehm", { "objects" }, { { "ns", FIGURE_OBJECTS_BOEHM } }, "objects" },

        { "w5", "gc-limit", { "roots", "1" }, { { "ns", FIGURE_ROOTS_LIST } }, NULL },
        { "w5", "gc-ours", { "roots", "1" }, { { "ns", FIGURE_ROOTS } }, NULL },
        { "w5", "gc-limit", { "roots", "2" }, { { "ns", FIGURE_ROOTS_LIST_2 } }, NULL },
        { "w5", "gc-ours", { "roots", "2" }, { { "ns", FIGURE_ROOTS_2 } }, NULL },
        { "w5", "gc-ours", { "peers", "1" }, { { "ns", FIGURE_PEERS_1 } }, NULL },
        { "w5", "gc-ours", { "peers", "10000" }, { { "ns", FIGURE_PEERS_10000 } }, NULL },
        { "w5", "gc-ours", { "guards" }, { { "bytes", FIGURE_GUARD_BYTES } }, NULL },
        { "w5", "gc-ours", { "idle" }, { { "avoided", FIGURE_IDLE_AVOIDED } }, NULL },
};

#define AT_MOST(text, figure, bound)        { text, BAR_FIGURE, FIGURE_##figure, 0, true, bound }
#define AT_LEAST(text, figure, bound)       { text, BAR_FIGURE, FIGURE_##figure, 0, false, bound }
#define RATIO(text, figure, base, bound)    { text, BAR_RATIO, FIGURE_##figure, FIGURE_##base, true, bound }
#define SCALING(text, figure, base, bound)  { text, BAR_RATIO, FIGURE_##figure, FIGURE_##base, false, bound }
#define BEYOND(text, figure, base, bound)   { text, BAR_DIFFERENCE, FIGURE_##figure, FIGURE_##base, true, bound }

static const struct bar bars[] = {
        RATIO("W1 trees, each published / mimalloc", TREES_SHARED, TREES_MIMALLOC, 1.3),
        AT_MOST("W1 trees, each published: memory, MB", TREES_SHARED_MEMORY, 100),
        RATIO("W1 trees, each a task / arena", TREES_TASKS, TREES_ARENA, 1.4),
        RATIO("W2 requests, 1 worker / arena", REQUESTS, REQUESTS_ARENA, 1.5),
        RATIO("W2 requests, 2 workers / arena at 2", REQUESTS_2, REQUESTS_ARENA_2, 1.35),
        SCALING("W2 requests, 1 worker / 2 workers", REQUESTS, REQUESTS_2, 1.75),
        AT_MOST("W2 requests: memory, MB", REQUESTS_MEMORY, 24),
        AT_MOST("W2 requests: collections", REQUESTS_CYCLES, 5),
        AT_MOST("W2 requests, result by value: collections", REQUESTS_BY_VALUE_CYCLES, 0),
        BEYOND("W3 table, service worst, ms beyond mimalloc", TABLE_MAX, TABLE_MIMALLOC_MAX, 1),
        BEYOND("W3 table, service p99.99, ms beyond mimalloc", TABLE_P9999, TABLE_MIMALLOC_P9999, 0.1),
        AT_MOST("W3 table: peak memory / live bytes", TABLE_MEMORY, 2.1),
        RATIO("W3 mark of the table, 1 marker / bare loop", MARK_TABLE, MARK_TABLE_LIMIT, 2),
        RATIO("W3 mark of the graph, 1 marker / bare loop", MARK_GRAPH, MARK_GRAPH_LIMIT, 2),
        RATIO("W4 object in a region / bump", OBJECTS_REGION, OBJECTS_ARENA, 2.1),
        RATIO("W4 object in an open publication / bump", OBJECTS_PUBLICATION, OBJECTS_ARENA, 3.5),
        RATIO("W5 roots / list a thread", ROOTS, ROOTS_LIST, 3.5),
        RATIO("W5 roots, 2 threads / list a thread", ROOTS_2, ROOTS_LIST_2, 3.5),
        RATIO("W5 task with 10,000 rooted peers / 1", PEERS_10000, PEERS_1, 1.2),
        AT_MOST("W5 root with its guard: bytes", GUARD_BYTES, 32),
        AT_LEAST("W5 useless cycles avoided, %", IDLE_AVOIDED, 90),
};
/* clang-format on */

static void rounds_run(const struct driver_part *part, int n_rounds) {
        for (int i = 0; i < n_rounds; i++) {
                for (size_t j = 0; j < sizeof(contests) / sizeof(contests[0]); j++)
                        if (strcmp(contests[j].workload, part->name) == 0)
                                contest_run(&contests[j], figures);
                driver_tell_round(part, i, n_rounds);
        }
}

int main(int argc, char *argv[]) {
        static const struct driver_part parts[] = {
                { "w1", "binary trees", rounds_run },
                { "w2", "request-like tasks", rounds_run },
                { "w3", "a large table, and marking it", rounds_run },
                { "w4", "objects", rounds_run },
                { "w5", "roots", rounds_run },
        };
        static const struct driver driver = {
                .name = "bench/gc",
                .about = "The heap beside its limits and its peers.",
                .has_cpu = true,
                DRIVER_TABLES,
        };

        return driver_run(&driver, argc, argv);
}
