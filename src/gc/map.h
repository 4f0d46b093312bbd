/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Maps: keys, then values, in the order they were given in; above MAP_LINEAR_MAX entries an index follows, a
 * hash table of the entries' numbers, so that a look-up, and the search for a key that stands there twice,
 * take the same time however a client chooses its keys.
 */

#include <stddef.h>
#include <stdint.h>

#include "gc/object.h"

enum {
        MAP_LINEAR_MAX = 16,
        MAP_COUNT_MAX = 1 << 30,
};

#define MAP_NOT_FOUND SIZE_MAX

/* The bytes of a map's object. */
size_t map_get_size(size_t n);

/* The number of the entry with this key, or MAP_NOT_FOUND. */
size_t map_find(const struct object *map, const char *key, size_t length);

static inline gca_value map_get_key(const struct object *map, size_t index) {
        return map->slots[index];
}

static inline gca_value map_get_value(const struct object *map, size_t index) {
        return map->slots[object_get_count(map) + index];
}
