/* SPDX-License-Identifier: MIT */

#include <string.h>

#include "base/cleanup.h"
#include "fuzz/fuzz-target.h"
#include "gcasync.pb-c.h"
#include "wire/graph.h"

enum {
        N_NODES_MAX = 1000,
};

static void write_node(struct graph_writer *writer, const struct graph_node *node) {
        switch (node->type) {
        case GRAPH_NIL:
                graph_writer_add_nil(writer);
                return;
        case GRAPH_FALSE:
        case GRAPH_TRUE:
                graph_writer_add_bool(writer, node->type == GRAPH_TRUE);
                return;
        case GRAPH_INT:
                graph_writer_add_int(writer, node->integer);
                return;
        case GRAPH_FLOAT:
                graph_writer_add_float(writer, node->real);
                return;
        case GRAPH_STRING:
                graph_writer_add_string(writer, node->chunk.data, node->chunk.size);
                return;
        case GRAPH_BYTES:
                graph_writer_add_bytes(writer, node->chunk.data, node->chunk.size);
                return;
        case GRAPH_LIST:
                graph_writer_add_list(writer, node->children, node->count);
                return;
        case GRAPH_MAP:
                graph_writer_add_map(writer, node->keys, node->children, node->count);
                return;
        default:
                assert(!"a type that graph_open() lets through");
        }
}

static void write_graph(const struct graph *graph, struct buffer *buffer) {
        cleanup_(graph_writer_deinit) struct graph_writer writer;
        int r;

        graph_writer_init(&writer, N_NODES_MAX);
        for (size_t i = 0; i < graph->n_nodes; i++)
                write_node(&writer, &graph->nodes[i]);
        r = graph_writer_finish(&writer, buffer);
        assert(r == 0);
}

static void expect_protobuf_takes(const uint8_t *data, size_t size, size_t n_nodes) {
        Gcasync__ValueGraph *message = gcasync__value_graph__unpack(NULL, size, data);

        assert(message && message->types.len == n_nodes);
        gcasync__value_graph__free_unpacked(message, NULL);
}

/* A graph that is taken is one to protobuf-c, can be written, and written twice is the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        cleanup_(buffer_deinit) struct buffer once = { 0 }, twice = { 0 };
        cleanup_(graph_close) struct graph graph = { 0 }, again = { 0 };
        const char *reason = NULL;
        int r;

        r = graph_open(&graph, data, size, N_NODES_MAX, &reason);
        assert(r >= 0);
        assert((r == 0) == !reason);
        if (r != 0)
                return 0;
        expect_protobuf_takes(data, size, graph.n_nodes);
        write_graph(&graph, &once);
        r = graph_open(
                &again, buffer_get_data(&once), buffer_get_length(&once), N_NODES_MAX, &reason);
        assert(r == 0 && again.n_nodes == graph.n_nodes);
        write_graph(&again, &twice);
        assert(buffer_get_length(&once) == buffer_get_length(&twice));
        assert(memcmp(once.data, twice.data, once.end) == 0);
        return 0;
}
