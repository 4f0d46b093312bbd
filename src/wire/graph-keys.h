/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>

struct graph_chunk;

/*
 * Whether the keys of a map all differ: 1, 0 where two are equal, or -ENOMEM. Many keys are sorted,
 * so that no choice of keys makes this slower than n log n comparisons.
 */
int graph_keys_differ(const struct graph_chunk *keys, size_t n);
