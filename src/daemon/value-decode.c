/* SPDX-License-Identifier: MIT */

/* A graph's children stand before their parents, so one walk from the first node to the last makes them all. */

#include "daemon/value-decode.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/fault.h"

enum {
        NODES_INLINE = 16,
};

struct value_reader {
        gca_region *region;
        const struct graph *graph;
        gca_value *values;   /* one a node */
        gca_value *elements; /* of one list or map; keys behind them */
        size_t n_elements_max;
        gca_value values_inline[NODES_INLINE];
        gca_value elements_inline[2 * NODES_INLINE];
};

static gca_value value_reader_make_list(struct value_reader *reader,
                                        const struct graph_node *node) {
        for (uint32_t i = 0; i < node->count; i++)
                reader->elements[i] = reader->values[node->children[i]];
        return gca_list(reader->region, reader->elements, node->count);
}

static gca_value value_reader_make_map(struct value_reader *reader, const struct graph_node *node) {
        gca_value *keys = reader->elements + node->count;

        for (uint32_t i = 0; i < node->count; i++) {
                reader->elements[i] = reader->values[node->children[i]];
                keys[i] = gca_string(reader->region,
                                     (const char *)node->keys[i].data,
                                     (ptrdiff_t)node->keys[i].size);
        }
        return gca_map(reader->region, keys, reader->elements, node->count);
}

static gca_value value_reader_make(struct value_reader *reader, const struct graph_node *node) {
        switch (node->type) {
        case GRAPH_NIL:
                return gca_nil();
        case GRAPH_FALSE:
        case GRAPH_TRUE:
                return gca_bool(node->type == GRAPH_TRUE);
        case GRAPH_INT:
                return gca_int(reader->region, node->integer);
        case GRAPH_FLOAT:
                return gca_float(reader->region, node->real);
        case GRAPH_STRING:
                return gca_string(reader->region,
                                  (const char *)node->chunk.data,
                                  (ptrdiff_t)node->chunk.size);
        case GRAPH_BYTES:
                /* Data that is NULL would ask for zeros; of an empty one nothing is read. */
                return gca_bytes(reader->region,
                                 node->chunk.data ? node->chunk.data : (const uint8_t *)"",
                                 node->chunk.size);
        case GRAPH_LIST:
                return value_reader_make_list(reader, node);
        case GRAPH_MAP:
                return value_reader_make_map(reader, node);
        case GRAPH_REFERENCE:
                break;
        }
        return GCA_NO_VALUE;
}

/* Room for a value a node and for the elements of the largest list or map. */
static int
value_reader_init(struct value_reader *reader, gca_region *region, const struct graph *graph) {
        size_t n_elements = 0;

        reader->region = region;
        reader->graph = graph;
        reader->values = reader->values_inline;
        reader->elements = reader->elements_inline;
        for (size_t i = 0; i < graph->n_nodes; i++) {
                const struct graph_node *node = &graph->nodes[i];

                if ((node->type == GRAPH_LIST || node->type == GRAPH_MAP) &&
                    node->count > n_elements)
                        n_elements = node->count;
        }
        if (graph->n_nodes > NODES_INLINE) {
                reader->values = malloc(graph->n_nodes * sizeof(gca_value));
                if (!reader->values)
                        return fault_raise(-ENOMEM);
        }
        if (n_elements > NODES_INLINE) {
                reader->elements = malloc(2 * n_elements * sizeof(gca_value));
                if (!reader->elements)
                        return fault_raise(-ENOMEM);
        }
        return 0;
}

static void value_reader_deinit(struct value_reader *reader) {
        if (reader->values != reader->values_inline)
                free(reader->values);
        if (reader->elements != reader->elements_inline)
                free(reader->elements);
}

static int value_reader_run(struct value_reader *reader, gca_value *ret_value) {
        const struct graph *graph = reader->graph;

        for (size_t i = 0; i < graph->n_nodes; i++) {
                reader->values[i] = value_reader_make(reader, &graph->nodes[i]);
                if (!gca_is_value(reader->values[i]))
                        return VALUE_DECODE_E_REGION_FULL;
        }
        *ret_value = reader->values[graph->n_nodes - 1];
        return 0;
}

int value_decode(gca_region *region,
                 struct graph_chunk encoded,
                 size_t n_nodes_max,
                 gca_value *ret_value,
                 const char **ret_reason) {
        struct value_reader reader;
        struct graph graph;
        int r;

        r = graph_open(&graph, encoded.data, encoded.size, n_nodes_max, ret_reason);
        if (r < 0)
                return fault_pass(r);
        if (r > 0)
                return r == GRAPH_E_TOO_LARGE ? VALUE_DECODE_E_TOO_LARGE : VALUE_DECODE_E_MALFORMED;
        r = value_reader_init(&reader, region, &graph);
        if (r == 0)
                r = value_reader_run(&reader, ret_value);
        value_reader_deinit(&reader);
        graph_close(&graph);
        return fault_pass(r);
}
