/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Value graphs (message ValueGraph) read and written by hand, straight from and to the wire: the
 * arrays are walked in place, without an object a node, in two passes and without recursion. A test
 * holds both directions against protobuf-c's own code for the same message.
 *
 * Reading: graph_open() checks everything once (arrays that add up, children before parents, every
 * node used, UTF-8, map keys that differ, the node limit); what it returns is then walked without
 * checks. For a graph of a few nodes nothing is allocated, for others at most 16 times the
 * message's size. Walk it by index, each node once: children stand before their parents and may be
 * shared, and as a tree, fifty nodes can unfold to 2^49.
 *
 * Writing: nodes are added children first; an error sticks until graph_writer_finish().
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

enum {
        GRAPH_E_MALFORMED = 1,
        GRAPH_E_TOO_LARGE, /* more nodes than allowed */
        GRAPH_E_REFERENCE, /* holds references, which the caller does not take */
};

enum {
        GRAPH_NODES_MAX_DEFAULT = 1 << 20,
        GRAPH_NODES_INLINE = 16,
        GRAPH_WRITER_KEEP_BYTES = 1 << 20,
};

enum graph_type {
        GRAPH_NIL = 0,
        GRAPH_FALSE,
        GRAPH_TRUE,
        GRAPH_INT,
        GRAPH_FLOAT,
        GRAPH_STRING,
        GRAPH_BYTES,
        GRAPH_LIST,
        GRAPH_MAP,
        GRAPH_REFERENCE,
};

struct graph_chunk {
        const uint8_t *data;
        size_t size;
};

/* A node, ready to be read. children and keys are arrays of count elements. */
struct graph_node {
        enum graph_type type;
        uint32_t count;
        union {
                int64_t integer;
                double real;
                struct graph_chunk chunk;
                struct {
                        const uint32_t *children;
                        const struct graph_chunk *keys; /* map */
                };
        };
};

/* An opened graph: borrows the message's bytes, owns its tables. */
struct graph {
        size_t n_nodes; /* at least 1; the last is the value */
        struct graph_node *nodes;
        void *memory; /* NULL while the inline tables do */
        struct graph_node nodes_inline[GRAPH_NODES_INLINE];
        uint32_t children_inline[GRAPH_NODES_INLINE];
        struct graph_chunk keys_inline[GRAPH_NODES_INLINE];
};

/*
 * Opens a graph. 0, GRAPH_E_… with *ret_reason (a static text), or -ENOMEM. An empty message is no
 * graph: GRAPH_E_MALFORMED. graph is not to be moved while open.
 */
int graph_open(struct graph *graph,
               const uint8_t *data,
               size_t size,
               size_t n_nodes_max,
               const char **ret_reason);
void graph_close(struct graph *graph);

/*
 * Writes one graph. graph_writer_reset() begins the next one; it keeps memory, but of arrays larger
 * than GRAPH_WRITER_KEEP_BYTES. error is 0 or the first fault: -ENOMEM, -EINVAL (a child that is no
 * node yet, a key twice), -EILSEQ (a string or key that is not UTF-8), -E2BIG (more than
 * n_nodes_max nodes).
 */
struct graph_writer {
        struct buffer types, ints, floats, chunks, counts, children;
        size_t n_nodes;
        size_t n_unused;    /* nodes that no node refers to yet */
        struct buffer used; /* one byte a node */
        int error;
        size_t n_nodes_max;
};

void graph_writer_init(struct graph_writer *writer, size_t n_nodes_max);
void graph_writer_deinit(struct graph_writer *writer);
void graph_writer_reset(struct graph_writer *writer);

/* Each returns the new node's index; after an error, 0. */
uint32_t graph_writer_add_nil(struct graph_writer *writer);
uint32_t graph_writer_add_bool(struct graph_writer *writer, bool value);
uint32_t graph_writer_add_int(struct graph_writer *writer, int64_t value);
uint32_t graph_writer_add_float(struct graph_writer *writer, double value);
uint32_t graph_writer_add_string(struct graph_writer *writer, const void *text, size_t size);
uint32_t graph_writer_add_bytes(struct graph_writer *writer, const void *data, size_t size);
uint32_t graph_writer_add_list(struct graph_writer *writer, const uint32_t *children, size_t n);
uint32_t graph_writer_add_map(struct graph_writer *writer,
                              const struct graph_chunk *keys,
                              const uint32_t *children,
                              size_t n);

/* The bytes that the nodes take so far: a little less than the encoded graph will. */
static inline size_t graph_writer_get_size(const struct graph_writer *writer) {
        return writer->types.end + writer->ints.end + writer->floats.end + writer->chunks.end +
               writer->counts.end + writer->children.end;
}

/*
 * Appends the encoded graph to a buffer. The last node added is the value. 0, or the error that
 * stuck, -EINVAL where no node refers to one of the others or there is none, -ENOMEM; the buffer is
 * unchanged then.
 */
int graph_writer_finish(struct graph_writer *writer, struct buffer *buffer);

/* Appends the graph of one value without children, as the writer would make it: text (which is UTF-8) or bytes. 0 or -ENOMEM. */
int graph_append_chunk(struct buffer *buffer, enum graph_type type, const void *data, size_t size);
