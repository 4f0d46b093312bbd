/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct graph;

/*
 * Reads a graph that is small enough for the tables inside struct graph and stands on the wire as our own writers put
 * it there: the arrays in order, each in one piece, nothing between them. That is what arguments and
 * results nearly always are, and takes a single walk. false where the graph is not so, or not right:
 * nothing is decided then, and graph_open() reads it in the general way.
 */
bool graph_read_plain(struct graph *graph, const uint8_t *data, size_t size, size_t n_nodes_max);
