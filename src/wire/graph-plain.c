/* SPDX-License-Identifier: MIT */

#include "wire/graph-plain.h"

#include <string.h>

#include "base/check.h"
#include "base/utf8.h"
#include "wire/field.h"
#include "wire/graph-keys.h"
#include "wire/graph.h"

enum {
        KEY_TYPES = 1 << 3 | FIELD_BYTES,
        KEY_INTS = 2 << 3 | FIELD_BYTES,
        KEY_FLOATS = 3 << 3 | FIELD_BYTES,
        KEY_CHUNKS = 4 << 3 | FIELD_BYTES,
        KEY_COUNTS = 5 << 3 | FIELD_BYTES,
        KEY_CHILDREN = 6 << 3 | FIELD_BYTES,
};

/* What is left of an array. */
struct plain_run {
        const uint8_t *at, *end;
};

struct plain_reader {
        struct graph *graph;
        struct plain_run types, ints, floats, counts, children;
        struct graph_chunk *chunks; /* the graph's keys, in which the chunks of nodes stand, too */
        size_t n_chunks, n_chunks_taken, n_children;
        uint32_t used; /* a bit a node: some node refers to it */
};

static_assert(GRAPH_NODES_INLINE <= 32, "a bit a node");

/* ---- the arrays ---- */

/* The content of the field at at, whose key is a byte and was looked at. */
static inline bool
plain_take_field(const uint8_t **at, const uint8_t *end, struct plain_run *ret_run) {
        struct varint size = varint_read(*at + 1, end);

        if (!size.next || size.value > (size_t)(end - size.next))
                return false;
        *ret_run = (struct plain_run){ size.next, size.next + size.value };
        *at = ret_run->end;
        return true;
}

/* An array in one piece, or none. */
static inline bool
plain_take_run(const uint8_t **at, const uint8_t *end, uint8_t key, struct plain_run *ret_run) {
        *ret_run = (struct plain_run){ NULL, NULL };
        return *at == end || **at != key || plain_take_field(at, end, ret_run);
}

static inline bool
plain_take_chunks(struct plain_reader *reader, const uint8_t **at, const uint8_t *end) {
        struct plain_run run;

        while (*at != end && **at == KEY_CHUNKS) {
                if (reader->n_chunks == GRAPH_NODES_INLINE || !plain_take_field(at, end, &run))
                        return false;
                reader->chunks[reader->n_chunks++] =
                        (struct graph_chunk){ run.at, (size_t)(run.end - run.at) };
        }
        return true;
}

static bool plain_take_arrays(struct plain_reader *reader, const uint8_t *at, const uint8_t *end) {
        return plain_take_run(&at, end, KEY_TYPES, &reader->types) &&
               plain_take_run(&at, end, KEY_INTS, &reader->ints) &&
               plain_take_run(&at, end, KEY_FLOATS, &reader->floats) &&
               plain_take_chunks(reader, &at, end) &&
               plain_take_run(&at, end, KEY_COUNTS, &reader->counts) &&
               plain_take_run(&at, end, KEY_CHILDREN, &reader->children) && at == end;
}

/* ---- the nodes ---- */

static inline bool plain_take_varint(struct plain_run *run, uint64_t *ret_value) {
        struct varint varint = varint_read(run->at, run->end);

        *ret_value = varint.value;
        run->at = varint.next;
        return varint.next;
}

static inline bool plain_read_int(struct plain_reader *reader, struct graph_node *node) {
        uint64_t value;

        if (!plain_take_varint(&reader->ints, &value))
                return false;
        node->integer = (int64_t)(value >> 1 ^ -(value & 1));
        return true;
}

static inline bool plain_read_float(struct plain_reader *reader, struct graph_node *node) {
        uint64_t bits = 0;

        if ((size_t)(reader->floats.end - reader->floats.at) < sizeof(bits))
                return false;
        for (unsigned i = 0; i < sizeof(bits); i++)
                bits |= (uint64_t)reader->floats.at[i] << (8 * i);
        reader->floats.at += sizeof(bits);
        memcpy(&node->real, &bits, sizeof(bits));
        return true;
}

static inline bool plain_read_chunk(struct plain_reader *reader, struct graph_node *node) {
        if (reader->n_chunks_taken == reader->n_chunks)
                return false;
        node->chunk = reader->chunks[reader->n_chunks_taken++];
        return node->type == GRAPH_BYTES || utf8_is_valid(node->chunk.data, node->chunk.size);
}

static inline bool plain_read_keys(struct plain_reader *reader, struct graph_node *node) {
        struct graph_chunk *keys = reader->chunks + reader->n_chunks_taken;

        if (node->count > reader->n_chunks - reader->n_chunks_taken)
                return false;
        for (size_t i = 0; i < node->count; i++)
                if (!utf8_is_valid(keys[i].data, keys[i].size))
                        return false;
        reader->n_chunks_taken += node->count;
        node->keys = keys;
        return node->count < 2 || graph_keys_differ(keys, node->count) > 0;
}

static inline bool
plain_read_elements(struct plain_reader *reader, struct graph_node *node, size_t index) {
        uint32_t *children = reader->graph->children_inline + reader->n_children;
        uint64_t count, child;

        if (!plain_take_varint(&reader->counts, &count) ||
            count > GRAPH_NODES_INLINE - reader->n_children)
                return false;
        for (size_t i = 0; i < count; i++) {
                if (!plain_take_varint(&reader->children, &child) || child >= index)
                        return false;
                reader->used |= UINT32_C(1) << child;
                children[i] = (uint32_t)child;
        }
        reader->n_children += count;
        node->children = children;
        node->count = (uint32_t)count;
        return node->type == GRAPH_LIST || plain_read_keys(reader, node);
}

static inline bool plain_read_node(struct plain_reader *reader, size_t index) {
        struct graph_node *node = &reader->graph->nodes_inline[index];

        node->type = (enum graph_type)reader->types.at[index];
        node->count = 0;
        switch (node->type) {
        case GRAPH_NIL:
        case GRAPH_FALSE:
        case GRAPH_TRUE:
                return true;
        case GRAPH_INT:
                return plain_read_int(reader, node);
        case GRAPH_FLOAT:
                return plain_read_float(reader, node);
        case GRAPH_STRING:
        case GRAPH_BYTES:
                return plain_read_chunk(reader, node);
        case GRAPH_LIST:
        case GRAPH_MAP:
                return plain_read_elements(reader, node, index);
        default:
                return false;
        }
}

/* Every element of every array is used, and every node but the last one. */
static inline bool plain_is_used_up(const struct plain_reader *reader, size_t n_nodes) {
        return reader->ints.at == reader->ints.end && reader->floats.at == reader->floats.end &&
               reader->counts.at == reader->counts.end &&
               reader->children.at == reader->children.end &&
               reader->n_chunks_taken == reader->n_chunks &&
               reader->used == (UINT32_C(1) << (n_nodes - 1)) - 1;
}

bool graph_read_plain(struct graph *graph, const uint8_t *data, size_t size, size_t n_nodes_max) {
        struct plain_reader reader = { .graph = graph, .chunks = graph->keys_inline };
        size_t n_nodes;

        if (size == 0 || !plain_take_arrays(&reader, data, data + size))
                return false;
        n_nodes = (size_t)(reader.types.end - reader.types.at);
        if (n_nodes == 0 || n_nodes > GRAPH_NODES_INLINE || n_nodes > n_nodes_max)
                return false;
        for (size_t i = 0; i < n_nodes; i++)
                if (!plain_read_node(&reader, i))
                        return false;
        if (!plain_is_used_up(&reader, n_nodes))
                return false;
        graph->n_nodes = n_nodes;
        graph->nodes = graph->nodes_inline;
        return true;
}
