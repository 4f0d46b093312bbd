/* SPDX-License-Identifier: MIT */

/*
 * Two passes. The first walks the message's fields: it counts the elements of each array and
 * remembers where the array begins. The second walks the nodes and takes from each array what the
 * node's type uses.
 *
 * An array is read through a cursor, which knows the run of bytes it is in and where in the message
 * to look for the next one: protobuf lets an array come packed or one element a field, split into
 * any number of pieces with other fields between them. Senders write one packed run an array, and
 * then no cursor ever looks further. Each cursor walks the message once at most, so the whole is
 * linear whatever the sender does.
 */

#include "wire/graph.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/fault.h"
#include "base/utf8.h"
#include "wire/field.h"
#include "wire/graph-keys.h"
#include "wire/graph-plain.h"

/* Field numbers of ValueGraph. */
enum {
        GRAPH_TYPES = 1,
        GRAPH_INTS,
        GRAPH_FLOATS,
        GRAPH_CHUNKS,
        GRAPH_COUNTS,
        GRAPH_CHILDREN,
        GRAPH_REFERENCES,
        GRAPH_FIELDS_END,
};

/* Walks the elements of one array. */
struct graph_cursor {
        const uint8_t *at, *end; /* what is left of the run: the content of one field */
        const uint8_t *next;     /* where to look for the next run; NULL before the first */
        size_t n_left;
};

struct graph_reader {
        struct graph *graph;
        const uint8_t *types;
        const uint8_t *message_end;
        struct graph_cursor cursors[GRAPH_FIELDS_END];
        uint32_t *children;       /* the next free entry of the table */
        struct graph_chunk *keys; /* the same */
        uint64_t *used;           /* a bit a node: some node refers to it */
        uint64_t used_inline;
        size_t n_used;
        const char *reason;
};

static int graph_refuse(struct graph_reader *reader, const char *reason) {
        reader->reason = reason;
        return GRAPH_E_MALFORMED;
}

static const char text_unused[] = "a node of the value is not used";

/* ---- pass one: the fields ---- */

/* How many elements a field adds to its array; false where it is not encoded as the array is. */
static bool graph_count_elements(const struct field *field, size_t *ret_n) {
        switch (field->number) {
        case GRAPH_CHUNKS:
        case GRAPH_REFERENCES:
                *ret_n = 1;
                return field->type == FIELD_BYTES;
        case GRAPH_FLOATS:
                *ret_n = field->size / sizeof(uint64_t);
                return field->type == FIELD_FIXED64 ||
                       (field->type == FIELD_BYTES && field->size % sizeof(uint64_t) == 0);
        default:
                return field_count_varints(field, ret_n);
        }
}

static bool
graph_add_field(struct graph_reader *reader, const struct field *field, const uint8_t *end) {
        struct graph_cursor *cursor;
        size_t n;

        if (field->number >= GRAPH_FIELDS_END)
                return true;
        if (field->number == GRAPH_TYPES) {
                reader->types = field->data;
                reader->graph->n_nodes = field->size;
                return field->type == FIELD_BYTES;
        }
        if (!graph_count_elements(field, &n))
                return false;
        cursor = &reader->cursors[field->number];
        cursor->n_left += n;
        if (!cursor->next) {
                cursor->at = field->data;
                cursor->end = field->data + field->size;
                cursor->next = end;
        }
        return true;
}

static int graph_read_fields(struct graph_reader *reader, const uint8_t *data) {
        const uint8_t *at = data;
        struct field field;

        while (at != reader->message_end) {
                at = field_read(at, reader->message_end, &field);
                if (!at)
                        return graph_refuse(reader, "the value is not an encoded ValueGraph");
                if (!graph_add_field(reader, &field, at))
                        return graph_refuse(reader,
                                            "an array of the value is not encoded as its type");
        }
        if (reader->graph->n_nodes == 0)
                return graph_refuse(reader, "the value has no nodes");
        return 0;
}

/* ---- pass two: the nodes ---- */

/* Moves a cursor whose run is used up to the next field of its array; there is one. */
static void graph_cursor_advance(struct graph_reader *reader, unsigned number) {
        struct graph_cursor *cursor = &reader->cursors[number];
        struct field field;

        do {
                cursor->next = field_read(cursor->next, reader->message_end, &field);
                assert(cursor->next); /* pass one read it */
        } while (field.number != number);
        cursor->at = field.data;
        cursor->end = field.data + field.size;
}

/* Takes the next varint of an array; false where there is none, or it is longer than 64 bits. */
static inline bool
graph_take_varint(struct graph_reader *reader, unsigned number, uint64_t *ret_value) {
        struct graph_cursor *cursor = &reader->cursors[number];
        struct varint varint;

        if (cursor->n_left == 0)
                return false;
        cursor->n_left--;
        while (cursor->at == cursor->end)
                graph_cursor_advance(reader, number);
        varint = varint_read(cursor->at, cursor->end);
        cursor->at = varint.next;
        *ret_value = varint.value;
        return varint.next;
}

static inline bool graph_take_float(struct graph_reader *reader, double *ret_value) {
        struct graph_cursor *cursor = &reader->cursors[GRAPH_FLOATS];
        uint64_t bits = 0;

        if (cursor->n_left == 0)
                return false;
        cursor->n_left--;
        while (cursor->at == cursor->end)
                graph_cursor_advance(reader, GRAPH_FLOATS);
        for (unsigned i = 0; i < sizeof(bits); i++)
                bits |= (uint64_t)cursor->at[i] << (8 * i);
        cursor->at += sizeof(bits);
        memcpy(ret_value, &bits, sizeof(bits));
        return true;
}

/* Takes the next chunk. Each field is one: a run that was handed out is marked by a NULL. */
static inline bool graph_take_chunk(struct graph_reader *reader, struct graph_chunk *ret_chunk) {
        struct graph_cursor *cursor = &reader->cursors[GRAPH_CHUNKS];

        if (cursor->n_left == 0)
                return false;
        cursor->n_left--;
        if (!cursor->at)
                graph_cursor_advance(reader, GRAPH_CHUNKS);
        ret_chunk->data = cursor->at;
        ret_chunk->size = (size_t)(cursor->end - cursor->at);
        cursor->at = NULL;
        return true;
}

static int graph_read_chunk(struct graph_reader *reader, struct graph_node *node) {
        if (!graph_take_chunk(reader, &node->chunk))
                return graph_refuse(reader, "the value has fewer chunks than its nodes need");
        if (node->type == GRAPH_STRING && !utf8_is_valid(node->chunk.data, node->chunk.size))
                return graph_refuse(reader, "a string of the value is not UTF-8");
        return 0;
}

static int graph_read_keys(struct graph_reader *reader, struct graph_node *node) {
        struct graph_chunk *keys = reader->keys;
        int r;

        for (size_t i = 0; i < node->count; i++) {
                if (!graph_take_chunk(reader, &keys[i]))
                        return graph_refuse(reader,
                                            "the value has fewer chunks than its nodes need");
                if (!utf8_is_valid(keys[i].data, keys[i].size))
                        return graph_refuse(reader, "a key of the value is not UTF-8");
        }
        reader->keys += node->count;
        node->keys = keys;
        r = graph_keys_differ(keys, node->count);
        if (r < 0)
                return fault_pass(r);
        return r ? 0 : graph_refuse(reader, "a map of the value has a key twice");
}

/* Reads the elements of a list or map, which is node number index. */
static int graph_read_elements(struct graph_reader *reader, struct graph_node *node, size_t index) {
        uint32_t *children = reader->children;
        uint64_t count, child;

        if (!graph_take_varint(reader, GRAPH_COUNTS, &count))
                return graph_refuse(reader, "the value has fewer counts than its nodes need");
        if (count > reader->cursors[GRAPH_CHILDREN].n_left)
                return graph_refuse(reader, "the value has fewer children than its nodes need");
        for (size_t i = 0; i < count; i++) {
                uint64_t *word, bit;

                if (!graph_take_varint(reader, GRAPH_CHILDREN, &child) || child >= index)
                        return graph_refuse(
                                reader, "a child in the value does not stand before its parent");
                word = &reader->used[child / 64];
                bit = UINT64_C(1) << (child % 64);
                reader->n_used += !(*word & bit);
                *word |= bit;
                children[i] = (uint32_t)child;
        }
        reader->children += count;
        node->children = children;
        node->count = (uint32_t)count;
        return node->type == GRAPH_MAP ? graph_read_keys(reader, node) : 0;
}

static int graph_read_node(struct graph_reader *reader, size_t index) {
        struct graph_node *node = &reader->graph->nodes[index];
        uint64_t value;

        node->type = (enum graph_type)reader->types[index];
        node->count = 0;
        switch (node->type) {
        case GRAPH_NIL:
        case GRAPH_FALSE:
        case GRAPH_TRUE:
                return 0;
        case GRAPH_INT:
                if (!graph_take_varint(reader, GRAPH_INTS, &value))
                        return graph_refuse(reader, "the value has fewer ints than its nodes need");
                node->integer = (int64_t)(value >> 1 ^ -(value & 1));
                return 0;
        case GRAPH_FLOAT:
                if (!graph_take_float(reader, &node->real))
                        return graph_refuse(reader,
                                            "the value has fewer floats than its nodes need");
                return 0;
        case GRAPH_STRING:
        case GRAPH_BYTES:
                return graph_read_chunk(reader, node);
        case GRAPH_LIST:
        case GRAPH_MAP:
                return graph_read_elements(reader, node, index);
        case GRAPH_REFERENCE:
                reader->reason = "the value holds a reference";
                return GRAPH_E_REFERENCE;
        default:
                return graph_refuse(reader, "a node of the value has an unknown type");
        }
}

static int graph_read_nodes(struct graph_reader *reader) {
        size_t n_nodes = reader->graph->n_nodes;
        int r;

        for (size_t i = 0; i < n_nodes; i++) {
                r = graph_read_node(reader, i);
                if (r)
                        return fault_pass(r);
        }
        for (unsigned number = GRAPH_INTS; number < GRAPH_FIELDS_END; number++)
                if (reader->cursors[number].n_left > 0)
                        return graph_refuse(reader,
                                            "an array of the value has elements that no node uses");
        if (reader->n_used != n_nodes - 1)
                return graph_refuse(reader, text_unused);
        return 0;
}

/* ---- both ---- */

/* Places the tables: in the graph itself while they are small, else in one allocation. */
static int graph_place_tables(struct graph_reader *reader) {
        struct graph *graph = reader->graph;
        size_t n_children = reader->cursors[GRAPH_CHILDREN].n_left;
        size_t n_keys = reader->cursors[GRAPH_CHUNKS].n_left;
        size_t n_words = graph->n_nodes / 64 + 1;
        uint8_t *memory;

        if (graph->n_nodes <= GRAPH_NODES_INLINE && n_children <= GRAPH_NODES_INLINE &&
            n_keys <= GRAPH_NODES_INLINE) {
                graph->nodes = graph->nodes_inline;
                reader->children = graph->children_inline;
                reader->keys = graph->keys_inline;
                reader->used = &reader->used_inline;
                return 0;
        }
        /* In descending order of alignment. */
        graph->memory =
                malloc(graph->n_nodes * sizeof(*graph->nodes) + n_keys * sizeof(*reader->keys) +
                       n_words * sizeof(*reader->used) + n_children * sizeof(*reader->children));
        if (!graph->memory)
                return fault_raise(-ENOMEM);
        memory = graph->memory;
        graph->nodes = (struct graph_node *)memory;
        memory += graph->n_nodes * sizeof(*graph->nodes);
        reader->keys = (struct graph_chunk *)memory;
        memory += n_keys * sizeof(*reader->keys);
        reader->used = (uint64_t *)memory;
        memset(reader->used, 0, n_words * sizeof(*reader->used));
        memory += n_words * sizeof(*reader->used);
        reader->children = (uint32_t *)memory;
        return 0;
}

static int graph_read(struct graph_reader *reader, const uint8_t *data, size_t n_nodes_max) {
        int r;

        r = graph_read_fields(reader, data);
        if (r)
                return fault_pass(r);
        if (reader->graph->n_nodes > n_nodes_max) {
                reader->reason = "the value has more nodes than allowed";
                return GRAPH_E_TOO_LARGE;
        }
        /* Judged before there is memory for the nodes, so that each of them has cost two bytes. */
        if (reader->graph->n_nodes - 1 > reader->cursors[GRAPH_CHILDREN].n_left)
                return graph_refuse(reader, text_unused);

        r = graph_place_tables(reader);
        if (r)
                return fault_pass(r);

        return fault_pass(graph_read_nodes(reader));
}

int graph_open(struct graph *graph,
               const uint8_t *data,
               size_t size,
               size_t n_nodes_max,
               const char **ret_reason) {
        struct graph_reader reader;
        int r;

        graph->n_nodes = 0;
        graph->memory = NULL;
        if (graph_read_plain(graph, data, size, n_nodes_max))
                return 0;
        reader = (struct graph_reader){ .graph = graph,
                                        .message_end = size > 0 ? data + size : data };
        r = graph_read(&reader, data, n_nodes_max);
        if (r) {
                graph_close(graph);
                if (r > 0)
                        *ret_reason = reader.reason;
        }
        return fault_pass(r);
}

void graph_close(struct graph *graph) {
        free(graph->memory);
        graph->memory = NULL;
        graph->nodes = NULL;
        graph->n_nodes = 0;
}
