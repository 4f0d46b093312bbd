/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the heap's stress test builds: nodes, lists that tell whether they are what they were. A node is
 *
 *     [id, a number that follows from it, a pattern that follows from it, children…]
 *
 * so that memory that was given to something else in the meantime is noticed by whoever looks.
 */

#include <stddef.h>
#include <stdint.h>

#include <gcasync/value.h>

#include "helpers/random.h"

enum {
        NODE_N_FIELDS = 3, /* before the children */
};

/* The number that follows from an id. */
int64_t node_mix(uint64_t id);

/* Begins a list and adds the fields; the children are the caller's to add. */
void node_begin(gca_builder *builder, gca_region *region, uint64_t id);

gca_value node_make(gca_region *region, uint64_t id, const gca_value *children, size_t n);

/* A node's own contents; its children are the caller's to look at. */
void node_check(gca_value node);

/* A way down at random, through lists only, checking each: they are borrowed. */
gca_value node_walk_down(struct random *random, gca_value value);
