/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Plain memory that grows in a region and becomes an object at the end, where it lies. It grows in place while it is
 * the last thing in its chunk or has memory of its own, else by a copy. It is used and ended in the scope that it was
 * begun in. Sizes are in bytes, the header included.
 */

#include <stddef.h>

struct gca_region;
struct object;

/* In an open publication it lies in the region that this was begun on, and what it becomes is a copy. */

/* More of it; raw NULL: the first. What is new is not zeroed. NULL: no memory, or past the limit; then raw is as it was. */
struct object *raw_grow(struct gca_region *region, struct object *raw, size_t size);

/* The object that it becomes, which may have moved: of no more bytes than it has. NULL, where it is to be a copy: no memory; then
 * raw is as it was. */
struct object *
raw_end(struct gca_region *region, struct object *raw, unsigned type, size_t count, size_t size);

/* It is not wanted after all. Accepts NULL. */
void raw_discard(struct gca_region *region, struct object *raw);
