/* SPDX-License-Identifier: MIT */
/*
 * Builders: arrays that grow in the region, to twice the size each time (raw.h). An array has the layout of a list, which it
 * becomes at the end, where it lies; a map is made from its two arrays.
 */
#include "gc/publication.h"
#include "gc/raw.h"
#include "gc/region.h"

enum {
        BUILDER_LENGTH_MIN = 8,
};

static inline struct object *array_get_object(gca_value *array) {
        return (struct object *)((char *)array - offsetof(struct object, slots));
}

static inline size_t array_get_size(size_t n) {
        return OBJECT_HEADER_SIZE + n * sizeof(gca_value);
}

/* Makes room for n_max values; the array stays as it is when there is no memory. */
static bool array_grow(struct gca_region *region, gca_value **array, size_t n_max) {
        struct object *object =
                raw_grow(region, *array ? array_get_object(*array) : NULL, array_get_size(n_max));

        if (!object)
                return false;
        *array = object->slots;
        return true;
}

static bool builder_grow(gca_builder *builder) {
        size_t n_max = builder->n_max > 0 ? 2 * builder->n_max : BUILDER_LENGTH_MIN;

        if (n_max > OBJECT_COUNT_MAX / sizeof(gca_value))
                return region_refuse(builder->region) != NULL;
        if (!array_grow(builder->region, &builder->values, n_max) ||
            (builder->is_map && !array_grow(builder->region, &builder->keys, n_max)))
                return false;
        builder->n_max = n_max;
        return true;
}

void gca_builder_begin_list(gca_builder *builder, gca_region *region) {
        *builder = (gca_builder){ .region = region };
}

void gca_builder_begin_map(gca_builder *builder, gca_region *region) {
        *builder = (gca_builder){ .region = region, .is_map = true };
}

static bool builder_accepts(const gca_builder *builder, gca_value value) {
        if (!gca_is_value(value))
                return false;
        if (builder->region->is_publication)
                return publication_may_hold(builder->region, value);
        assert_slow(region_may_hold(builder->region, value));
        return true;
}

void gca_builder_add(gca_builder *builder, gca_value element) {
        assert(!builder->is_map);
        if (builder->has_failed)
                return;
        if (!builder_accepts(builder, element) ||
            (builder->n == builder->n_max && !builder_grow(builder))) {
                builder->has_failed = true;
                return;
        }
        builder->values[builder->n++] = element;
}

void gca_builder_set(gca_builder *builder, const char *key, gca_value value) {
        gca_value name;

        assert(builder->is_map);
        if (builder->has_failed)
                return;
        name = builder_accepts(builder, value) ? gca_string(builder->region, key, -1)
                                               : GCA_NO_VALUE;
        if (!gca_is_value(name) || (builder->n == builder->n_max && !builder_grow(builder))) {
                builder->has_failed = true;
                return;
        }
        builder->keys[builder->n] = name;
        builder->values[builder->n++] = value;
}

/* The array becomes the list. */
static gca_value builder_end_list(gca_builder *builder) {
        struct gca_region *region = builder->region;
        struct object *list;

        if (!builder->values)
                return gca_list(region, NULL, 0);
        list = raw_end(region,
                       array_get_object(builder->values),
                       GCA_TYPE_LIST,
                       builder->n,
                       array_get_size(builder->n));
        if (list)
                builder->values = NULL;
        return value_from_object(list);
}

static void builder_discard_array(gca_builder *builder, gca_value **array) {
        if (*array)
                raw_discard(builder->region, array_get_object(*array));
        *array = NULL;
}

gca_value gca_builder_end(gca_builder *builder) {
        gca_value value = GCA_NO_VALUE;

        if (!builder->has_failed)
                value = builder->is_map ? gca_map(builder->region,
                                                  builder->keys,
                                                  builder->values,
                                                  builder->n)
                                        : builder_end_list(builder);
        builder_discard_array(builder, &builder->keys);
        builder_discard_array(builder, &builder->values);
        *builder = (gca_builder){ .has_failed = true };
        return value;
}
