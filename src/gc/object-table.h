/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A table from objects to words, for walks over values that must not do the same work twice, however often
 * parts are shared. It allocates nothing before the first entry. Entries are never removed. One thread.
 *
 * Which objects such a walk enters (sharing note): none before WALK_COST_FREE, so that small values need no
 * table. Then all, but not those that are light, which would fill the table for nothing: text that is as
 * quickly looked at again, and a short list that is its parent's only list or map, of which deep values
 * consist. Of such a chain one in WALK_CHAIN_STEPS is entered: that is how far a walk that comes in from the
 * side goes before it meets what was done.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gc/object.h"

enum {
        WALK_COST_FREE = 1024,
        WALK_CHAIN_STEPS = 16,
        WALK_LIGHT_BYTES = 256,
        WALK_LIGHT_ELEMENTS = 8,
};

struct object_table_entry {
        const struct object *object; /* NULL: free */
        uint64_t word;
};

struct object_table {
        struct object_table_entry *entries;
        size_t n;
        size_t length; /* 0 or a power of two, at least a quarter of it free */
};

void object_table_deinit(struct object_table *table);

/* The object's word, to be changed before the next call; NULL where it has none. */
uint64_t *object_table_find(const struct object_table *table, const struct object *object);

/* Adds an object that is not there. 0, or -ENOMEM and nothing changed. */
int object_table_add(struct object_table *table, const struct object *object, uint64_t word);

/* What looking at a string or bytes costs, beside an element's 1. */
static inline size_t walk_get_text_cost(const struct object *text) {
        return object_get_count(text) / 64;
}

static inline bool walk_is_light_text(const struct object *text) {
        return object_get_count(text) <= WALK_LIGHT_BYTES;
}

static inline bool walk_is_light_container(const struct object *container) {
        return object_get_type(container) == GCA_TYPE_LIST &&
               object_get_count(container) <= WALK_LIGHT_ELEMENTS;
}

/* Whether two lists or maps, at least, are among the container's elements. */
bool walk_is_branching(const struct object *container);
