/* SPDX-License-Identifier: MIT */

/*
 * W3. A chunk is a native whose slots are the table's; an entry is a list of its key, its value, nil and three
 * words; key and value are bytes; all of it is built straight into the store. The list of ten is made in
 * the region and goes with the operation's scope. A node of the graph is a native of four slots, since
 * only what can change can close a cycle; its words are left out: marking does not read them.
 */

#include <string.h>

#include "ours.h"
#include "shared.h"
#include "table.h"

enum {
        TABLE_CHUNKS = (TABLE_SLOTS + TABLE_CHUNK - 1) / TABLE_CHUNK,
        GRAPH_CHUNKS = (GRAPH_NODES + TABLE_CHUNK - 1) / TABLE_CHUNK,
};

static const gca_native_type chunk_type = {
        .size = sizeof(chunk_type),
        .name = "chunk",
        .n_slots = TABLE_CHUNK,
};

static const gca_native_type node_type = {
        .size = sizeof(node_type),
        .name = "node",
        .n_slots = GRAPH_SUCCESSORS,
};

struct table {
        struct shared shared;
        gca_value chunks[TABLE_CHUNKS]; /* each held by an entry of the region's outermost scope */
};

/* ---- the churn ---- */

static gca_value words_new(gca_region *region, size_t n, uint64_t counter) {
        gca_value bytes = gca_bytes(region, NULL, n * sizeof(counter));
        char *words = gca_bytes_get_mutable(bytes);

        if (!words)
                return GCA_NO_VALUE;
        memcpy(words, &counter, sizeof(counter));
        memcpy(words + (n - 1) * sizeof(counter), &counter, sizeof(counter));
        return bytes;
}

static uint64_t words_read(gca_value bytes) {
        uint64_t word;

        memcpy(&word, gca_get_bytes(bytes, NULL), sizeof(word));
        return word;
}

/* A published entry, held. */
static gca_value entry_new(gca_region *region, uint64_t counter) {
        gca_region *publication = gca_publication_begin(region);
        gca_value key, value, word, entry;

        if (!publication)
                return GCA_NO_VALUE;
        key = words_new(publication, TABLE_KEY_WORDS, counter);
        value = words_new(publication, TABLE_VALUE_WORDS, counter);
        word = gca_int(publication, (int64_t)counter);
        entry = gca_list(
                publication, (gca_value[]){ key, value, gca_nil(), word, gca_nil(), gca_nil() }, 6);
        return gca_publication_end(publication, entry);
}

static void table_put(struct table *table, uint32_t slot, uint64_t counter) {
        gca_region *region = table->shared.region;
        gca_value entry = shared_expect(&table->shared, entry_new(region, counter));

        if (gca_native_set_slot(
                    region, table->chunks[slot / TABLE_CHUNK], slot % TABLE_CHUNK, entry) != 0)
                bench_die("cannot set a slot");
}

static void table_fill_slot(void *data, uint32_t slot, uint64_t counter) {
        struct table *table = data;
        gca_scope scope;

        gca_scope_begin(table->shared.region, &scope);
        table_put(table, slot, counter);
        (void)gca_scope_end(table->shared.region, &scope, GCA_NO_VALUE);
}

static void table_run_list(const struct shared *shared, uint64_t counter) {
        gca_value list = gca_nil(), word = gca_int(shared->region, (int64_t)counter);

        for (int i = 0; i < TABLE_LIST; i++)
                list = gca_list(shared->region,
                                (gca_value[]){ list,
                                               gca_nil(),
                                               word,
                                               gca_nil(),
                                               gca_nil(),
                                               gca_nil(),
                                               gca_nil(),
                                               gca_nil() },
                                8);
        (void)shared_expect(shared, list);
}

static uint64_t table_operate(void *data, uint32_t slot, uint64_t counter) {
        struct table *table = data;
        gca_region *region = table->shared.region;
        gca_scope scope;
        gca_value entry;
        uint64_t read;

        gca_scope_begin(region, &scope);
        entry = gca_native_get_slot(region, table->chunks[slot / TABLE_CHUNK], slot % TABLE_CHUNK);
        read = words_read(gca_get_element(entry, 0)) + words_read(gca_get_element(entry, 1));
        table_put(table, slot, counter);
        table_run_list(&table->shared, counter);
        (void)gca_scope_end(region, &scope, GCA_NO_VALUE);
        return read;
}

static struct table *table_open(void) {
        static struct table table;

        shared_open(&table.shared, NULL);
        for (size_t i = 0; i < TABLE_CHUNKS; i++)
                table.chunks[i] = shared_expect(
                        &table.shared, gca_native_new(table.shared.region, &chunk_type, NULL));
        table_fill(table_fill_slot, &table);
        return &table;
}

void ours_run_table(unsigned seconds) {
        struct table *table = table_open();
        gca_heap_info info;

        table_churn(seconds, table_operate, table);
        gca_heap_get_info(table->shared.heap, &info);
        report("cycles", (double)info.n_cycles);
        shared_close(&table->shared);
}

void ours_mark_table(void) {
        struct table *table = table_open();

        shared_report_mark(&table->shared, UINT64_C(3) * TABLE_SLOTS);
        shared_close(&table->shared);
}

/* ---- the graph ---- */

struct graph {
        struct shared shared;
        gca_value chunks[GRAPH_CHUNKS];
};

static gca_value graph_get(struct graph *graph, uint32_t node) {
        return gca_native_get_slot(
                graph->shared.region, graph->chunks[node / TABLE_CHUNK], node % TABLE_CHUNK);
}

static void graph_set(struct graph *graph, gca_value native, size_t index, gca_value value) {
        if (gca_native_set_slot(graph->shared.region, native, index, value) != 0)
                bench_die("cannot set a slot");
}

static void graph_add_node(struct graph *graph, uint32_t node) {
        gca_scope scope;

        gca_scope_begin(graph->shared.region, &scope);
        graph_set(graph,
                  graph->chunks[node / TABLE_CHUNK],
                  node % TABLE_CHUNK,
                  shared_expect(&graph->shared,
                                gca_native_new(graph->shared.region, &node_type, NULL)));
        (void)gca_scope_end(graph->shared.region, &scope, GCA_NO_VALUE);
}

static void graph_connect(struct graph *graph, uint32_t node, uint32_t next, uint64_t *seed) {
        gca_scope scope;
        gca_value from;

        gca_scope_begin(graph->shared.region, &scope);
        from = graph_get(graph, node);
        graph_set(graph, from, 0, graph_get(graph, next));
        for (size_t i = 1; i < GRAPH_SUCCESSORS; i++)
                graph_set(graph, from, i, graph_get(graph, random_next(seed) % GRAPH_NODES));
        (void)gca_scope_end(graph->shared.region, &scope, GCA_NO_VALUE);
}

/* Returns a node, held; all others are reached from it, and only so. */
static gca_value graph_fill(struct graph *graph) {
        gca_region *region = graph->shared.region;
        uint32_t *order = permutation_new(GRAPH_NODES, 13);
        uint64_t seed = 17;
        gca_value first;
        gca_scope scope;

        gca_scope_begin(region, &scope);
        for (size_t i = 0; i < GRAPH_CHUNKS; i++)
                graph->chunks[i] =
                        shared_expect(&graph->shared, gca_native_new(region, &chunk_type, NULL));
        for (uint32_t i = 0; i < GRAPH_NODES; i++)
                graph_add_node(graph, i);
        for (uint32_t i = 0; i < GRAPH_NODES; i++)
                graph_connect(graph, order[i], order[(i + 1) % GRAPH_NODES], &seed);
        first = gca_scope_end(region, &scope, graph_get(graph, 0));
        permutation_free(order, GRAPH_NODES);
        return first;
}

void ours_mark_graph(void) {
        static struct graph graph;

        shared_open(&graph.shared, NULL);
        (void)shared_expect(&graph.shared, graph_fill(&graph));
        shared_report_mark(&graph.shared, GRAPH_NODES);
        shared_close(&graph.shared);
}
