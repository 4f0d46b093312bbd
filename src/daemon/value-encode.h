/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * From the runtime's values to the wire's value graphs: iterative, however deep a value is, and what
 * several others refer to is written once, so a value with 2^100 paths is as large as its parts.
 *
 * An encoder keeps its memory between values; it belongs to one thread. value_encoder_for_thread() gives
 * each thread its own.
 */

#include <stddef.h>

#include "base/cleanup.h"
#include "gcasync/value.h"
#include "wire/graph.h"

enum {
        VALUE_ENCODE_E_TOO_LARGE = 1, /* more nodes or bytes than allowed */
        VALUE_ENCODE_E_IDENTITY, /* a cell, weak value or native: it does not travel by value */
};

struct value_encoder;

/* NULL when out of memory. */
struct value_encoder *value_encoder_new(void);
struct value_encoder *value_encoder_free(struct value_encoder *encoder);

/* The calling thread's own, or NULL: out of memory. It goes with the thread. */
struct value_encoder *value_encoder_for_thread(void);
/* For the main thread, whose end comes too late. */
void value_encoder_release_thread(void);

/*
 * Writes a value as a graph of at most so many nodes and bytes. 0 and the bytes, borrowed from the
 * encoder until its next use; an outcome; or -ENOMEM. A blob travels as its bytes.
 */
int value_encoder_write(struct value_encoder *encoder,
                        gca_value value,
                        size_t n_nodes_max,
                        size_t size_max,
                        struct graph_chunk *ret_encoded);

/* Forgets the last value; the memory of a large one is given back. */
void value_encoder_reset(struct value_encoder *encoder);

DEFINE_CLEANUP(struct value_encoder *, value_encoder_free);
