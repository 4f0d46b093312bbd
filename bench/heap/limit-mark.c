/* SPDX-License-Identifier: MIT */

/*
 * The loops mark when an object leaves the queue, not when it enters: by then the prefetched mark byte has
 * arrived. On the random graph that is 4.4 times the speed of a plain depth-first loop, of which prefetching the
 * object alone gives about half. An object may enter more than once; it is scanned once.
 */

#include <string.h>
#include <sys/mman.h>

#include "limit.h"
#include "workload.h"

enum {
        QUEUE_TABLE = 16, /* powers of two */
        QUEUE_GRAPH = 32,
        MARK_GRANULE = 16,
        MARK_RUNS = 3, /* the best one counts: it is a limit */
};

/* ---- memory and mark bytes ---- */

struct marks {
        char *heap;
        uint8_t *bytes;
        size_t n_bytes;
};

static void *memory_map(size_t size) {
        void *memory = mmap(NULL,
                            size,
                            PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                            -1,
                            0);

        if (memory == MAP_FAILED)
                bench_die("mmap");
        return memory;
}

static void marks_init(struct marks *marks, size_t heap_bytes) {
        marks->heap = memory_map(heap_bytes);
        marks->n_bytes = heap_bytes / MARK_GRANULE;
        marks->bytes = memory_map(marks->n_bytes);
}

static inline uint8_t *marks_find(const struct marks *marks, const void *object) {
        return &marks->bytes[(size_t)((const char *)object - marks->heap) / MARK_GRANULE];
}

static inline void marks_prefetch(const struct marks *marks, const void *object) {
        __builtin_prefetch(object);
        __builtin_prefetch(marks_find(marks, object), 1);
}

/* Whether it was unmarked. */
static inline bool marks_set(const struct marks *marks, const void *object) {
        uint8_t *byte = marks_find(marks, object);

        if (*byte)
                return false;
        *byte = 1;
        return true;
}

/* Runs mark() on clean mark bytes, and reports its time. */
static void
marks_measure(struct marks *marks, uint64_t (*mark)(const void *data), const void *data) {
        uint64_t best = UINT64_MAX, n = 0;

        for (int i = 0; i < MARK_RUNS; i++) {
                uint64_t begin, time;

                memset(marks->bytes, 0, marks->n_bytes);
                begin = workload_now_ns();
                n = mark(data);
                time = workload_now_ns() - begin;
                if (time < best)
                        best = time;
        }
        report("ms", (double)best / 1e6);
        report_check(n);
}

/* ---- the random graph ---- */

struct graph_node {
        struct graph_node *successors[GRAPH_SUCCESSORS];
        uint64_t words[8];
};

struct graph {
        struct marks marks;
        struct graph_node *nodes, **stack;
};

static void graph_fill(struct graph *graph) {
        uint32_t *order = permutation_new(GRAPH_NODES, 13);
        uint64_t seed = 17;

        for (uint32_t i = 0; i < GRAPH_NODES; i++)
                graph->nodes[i].words[0] = i;
        for (uint32_t i = 0; i < GRAPH_NODES; i++) {
                struct graph_node *node = &graph->nodes[order[i]];

                node->successors[0] = &graph->nodes[order[(i + 1) % GRAPH_NODES]];
                for (int k = 1; k < GRAPH_SUCCESSORS; k++)
                        node->successors[k] = &graph->nodes[random_next(&seed) % GRAPH_NODES];
        }
        permutation_free(order, GRAPH_NODES);
}

static uint64_t graph_mark(const void *data) {
        const struct graph *graph = data;
        struct graph_node *queue[QUEUE_GRAPH] = { NULL }, **stack = graph->stack;
        size_t n_stack = 0, n_queue = 0;
        unsigned head = 0;
        uint64_t n = 0;

        stack[n_stack++] = graph->nodes;
        while (n_stack > 0 || n_queue > 0) {
                struct graph_node *in = n_stack > 0 ? stack[--n_stack] : NULL;
                struct graph_node *node = queue[head];

                if (in) {
                        marks_prefetch(&graph->marks, in);
                        n_queue++;
                }
                queue[head] = in;
                head = (head + 1) % QUEUE_GRAPH;
                if (!node)
                        continue;
                n_queue--;
                if (!marks_set(&graph->marks, node))
                        continue;
                n++;
                for (int k = 0; k < GRAPH_SUCCESSORS; k++)
                        stack[n_stack++] = node->successors[k];
        }
        return n;
}

void limit_mark_graph(void) {
        struct graph graph;

        marks_init(&graph.marks, (size_t)GRAPH_NODES * sizeof(struct graph_node));
        graph.nodes = (struct graph_node *)graph.marks.heap;
        graph.stack = memory_map((size_t)GRAPH_SUCCESSORS * GRAPH_NODES * sizeof(*graph.stack));
        graph_fill(&graph);
        marks_measure(&graph.marks, graph_mark, &graph);
}

/* ---- W3's table ---- */

/* As a collector would have it: a header that tells the number of pointers, sizes rounded to granules. */
struct object {
        uint64_t n_pointers;
        struct object *pointers[];
};

enum {
        ENTRY_BYTES = 64,
        KEY_BYTES = 64,
        VALUE_BYTES = 208,
        SLOT_BYTES = ENTRY_BYTES + KEY_BYTES + VALUE_BYTES,
        TABLE_STACK = 16, /* an entry's pointers, and no deeper */
};

struct table {
        struct marks marks;
        struct object **slots;
};

static void table_layout(struct table *table) {
        uint32_t *order = permutation_new(TABLE_SLOTS, 7);

        for (uint32_t i = 0; i < TABLE_SLOTS; i++) {
                char *memory = table->marks.heap + (size_t)i * SLOT_BYTES;
                struct object *entry = (struct object *)memory;

                entry->n_pointers = 3;
                entry->pointers[0] = (struct object *)(memory + ENTRY_BYTES);
                entry->pointers[1] = (struct object *)(memory + ENTRY_BYTES + KEY_BYTES);
                entry->pointers[2] = NULL;
                entry->pointers[0]->n_pointers = entry->pointers[1]->n_pointers = 0;
                table->slots[order[i]] = entry;
        }
        permutation_free(order, TABLE_SLOTS);
}

static uint64_t table_mark(const void *data) {
        const struct table *table = data;
        struct object *queue[QUEUE_TABLE] = { NULL }, *stack[TABLE_STACK];
        size_t n_stack = 0, n_queue = 0, next = 0;
        unsigned head = 0;
        uint64_t n = 0;

        while (n_stack > 0 || n_queue > 0 || next < TABLE_SLOTS) {
                struct object *in = NULL, *object = queue[head];

                if (n_stack > 0)
                        in = stack[--n_stack];
                else if (next < TABLE_SLOTS)
                        in = table->slots[next++];
                if (in) {
                        marks_prefetch(&table->marks, in);
                        n_queue++;
                }
                queue[head] = in;
                head = (head + 1) % QUEUE_TABLE;
                if (!object)
                        continue;
                n_queue--;
                if (!marks_set(&table->marks, object))
                        continue;
                n++;
                for (uint64_t k = 0; k < object->n_pointers; k++)
                        if (object->pointers[k])
                                stack[n_stack++] = object->pointers[k];
        }
        return n;
}

void limit_mark_table(void) {
        struct table table;

        marks_init(&table.marks, (size_t)TABLE_SLOTS * SLOT_BYTES);
        table.slots = memory_map((size_t)TABLE_SLOTS * sizeof(*table.slots));
        table_layout(&table);
        marks_measure(&table.marks, table_mark, &table);
}
