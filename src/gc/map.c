/* SPDX-License-Identifier: MIT */
/*
 * The index: a power of two of 32-bit cells, at most two thirds of them taken, probed linearly. A cell
 * holds an entry's number plus one in the bits that choosing a cell needs, and in the bits above, some
 * more of the key's hash, so that nearly every key that is looked at is the right one. 0: free.
 */
#include "gc/map.h"

#include <string.h>

#include "gc/publication.h"
#include "gc/region.h"
#include "gc/siphash.h"

static_assert((uint64_t)MAP_COUNT_MAX * 2 <= (uint64_t)1 << 32, "an entry's number fits a cell");

static size_t map_index_get_length(size_t n) {
        size_t length = 2 * MAP_LINEAR_MAX;

        while (length < n + n / 2)
                length *= 2;
        return length;
}

static inline uint32_t *map_get_index(const struct object *map) {
        return (uint32_t *)(map->slots + 2 * object_get_count(map));
}

size_t map_get_size(size_t n) {
        size_t size = OBJECT_HEADER_SIZE + 2 * n * sizeof(gca_value);

        return n > MAP_LINEAR_MAX ? size + map_index_get_length(n) * sizeof(uint32_t) : size;
}

static inline bool map_key_is(gca_value key, const char *text, size_t length) {
        const struct object *string = value_get_object(key);

        return object_get_count(string) == length && memcmp(string->text, text, length) == 0;
}

static size_t map_find_linear(const struct object *map, size_t n, const char *key, size_t length) {
        for (size_t i = 0; i < n; i++)
                if (map_key_is(map->slots[i], key, length))
                        return i;
        return MAP_NOT_FOUND;
}

/* The entry with this key; without one, MAP_NOT_FOUND and the cell where it goes, but for its number. */
static size_t map_find_hashed(const struct object *map,
                              const char *key,
                              size_t length,
                              uint32_t **ret_cell,
                              uint32_t *ret_hash) {
        uint64_t hash = siphash(siphash_get_key(), key, length);
        uint32_t mask = (uint32_t)map_index_get_length(object_get_count(map)) - 1;
        uint32_t *cells = map_get_index(map);

        for (size_t i = (hash >> 32) & mask;; i = (i + 1) & mask) {
                uint32_t cell = cells[i], number = (cell & mask) - 1;

                if (cell == 0) {
                        *ret_cell = &cells[i];
                        *ret_hash = (uint32_t)hash & ~mask;
                        return MAP_NOT_FOUND;
                }
                if ((cell & ~mask) == ((uint32_t)hash & ~mask) &&
                    map_key_is(map->slots[number], key, length))
                        return number;
        }
}

size_t map_find(const struct object *map, const char *key, size_t length) {
        uint32_t *cell, hash;

        if (!(object_get_header(map) & OBJECT_HAS_INDEX))
                return map_find_linear(map, object_get_count(map), key, length);
        return map_find_hashed(map, key, length, &cell, &hash);
}

/* ---- building ---- */

static bool map_is_acceptable(struct gca_region *region,
                              const gca_value *keys,
                              const gca_value *values,
                              size_t n) {
        for (size_t i = 0; i < n; i++) {
                if (gca_get_type(keys[i]) != GCA_TYPE_STRING || !gca_is_value(values[i]))
                        return false;
                if (region->is_publication && (!publication_may_hold(region, keys[i]) ||
                                               !publication_may_hold(region, values[i])))
                        return false;
                assert_slow(region->is_publication || (region_may_hold(region, keys[i]) &&
                                                       region_may_hold(region, values[i])));
        }
        return true;
}

/* False where a key stands there twice. */
static bool map_check_linear(const struct object *map, size_t n) {
        for (size_t i = 1; i < n; i++) {
                const struct object *key = value_get_object(map->slots[i]);

                if (map_find_linear(map, i, key->text, object_get_count(key)) != MAP_NOT_FOUND)
                        return false;
        }
        return true;
}

static bool map_fill_index(struct object *map, size_t n) {
        for (size_t i = 0; i < n; i++) {
                const struct object *key = value_get_object(map->slots[i]);
                uint32_t *cell, hash;

                if (map_find_hashed(map, key->text, object_get_count(key), &cell, &hash) !=
                    MAP_NOT_FOUND)
                        return false;
                *cell = hash | (uint32_t)(i + 1);
        }
        return true;
}

gca_value gca_map(gca_region *region, const gca_value *keys, const gca_value *values, size_t n) {
        struct object *map;
        bool has_index = n > MAP_LINEAR_MAX;

        if (!map_is_acceptable(region, keys, values, n))
                return GCA_NO_VALUE;
        if (n > MAP_COUNT_MAX)
                return value_from_object(region_refuse(region));
        map = region_new_object(region, GCA_TYPE_MAP, n, map_get_size(n));
        if (!map)
                return GCA_NO_VALUE;
        if (n == 0)
                return value_from_object(map);
        memcpy(map->slots, keys, n * sizeof(*keys));
        memcpy(map->slots + n, values, n * sizeof(*values));
        if (has_index)
                map->header |= OBJECT_HAS_INDEX;
        if (has_index ? !map_fill_index(map, n) : !map_check_linear(map, n)) {
                region_discard(region, map);
                return GCA_NO_VALUE;
        }
        return value_from_object(map);
}

gca_value gca_get_key(gca_value map, size_t index) {
        const struct object *object = value_get_object_of(map, GCA_TYPE_MAP);

        assert(index < object_get_count(object));
        return map_get_key(object, index);
}

gca_value gca_find(gca_value map, const char *key, ptrdiff_t length) {
        const struct object *object = value_get_object_of(map, GCA_TYPE_MAP);
        size_t index = map_find(object, key, length < 0 ? strlen(key) : (size_t)length);

        return index == MAP_NOT_FOUND ? GCA_NO_VALUE : map_get_value(object, index);
}
