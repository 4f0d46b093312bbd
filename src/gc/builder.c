/* SPDX-License-Identifier: MIT */
/*
 * Builders: arrays that grow in the region. An array is a raw object with the layout of a list, which it
 * becomes at the end, where it lies; a map is made from its two arrays. An array grows in place while it is
 * the last thing in its chunk or has memory of its own, else by copies of twice the size.
 */
#include <string.h>

#include "gc/region.h"

enum {
        BUILDER_LENGTH_MIN = 8,
};

static inline struct object *array_get_object(gca_value *array) {
        return (struct object *)((char *)array - offsetof(struct object, slots));
}

/* A builder is used in the scope it was begun in, so its arrays are still there and die with what it makes. */
static inline void array_check(const struct gca_region *region, const struct object *object) {
        assert(object_get_type(object) == OBJECT_RAW);
        assert((object->header & OBJECT_DEPTH_MASK) == region->label);
}

static inline size_t array_get_size(size_t n) {
        return OBJECT_HEADER_SIZE + n * sizeof(gca_value);
}

static struct object *
array_move(struct gca_region *region, struct object *old, size_t old_size, size_t size) {
        struct object *object;

        if (old->header & OBJECT_IS_LARGE)
                return region_resize_large(region, old, size);
        if (region_extend(region, old, old_size, size))
                return old;
        object = region_new_object(region, OBJECT_RAW, 0, size);
        if (!object)
                return NULL;
        memcpy(object->slots, old->slots, old_size - OBJECT_HEADER_SIZE);
        return object;
}

/* Makes room for n_max values; the array stays as it is when there is no memory. */
static bool array_grow(struct gca_region *region, gca_value **array, size_t n_old, size_t n_max) {
        size_t size = array_get_size(n_max);
        struct object *object;

        if (!*array) {
                object = region_new_object(region, OBJECT_RAW, 0, size);
        } else {
                object = array_get_object(*array);
                array_check(region, object);
                object = array_move(region, object, array_get_size(n_old), size);
        }
        if (!object)
                return false;
        object->header = object_make_header(OBJECT_RAW,
                                            size - OBJECT_HEADER_SIZE,
                                            region->label | (object->header & OBJECT_IS_LARGE));
        *array = object->slots;
        return true;
}

static bool builder_grow(gca_builder *builder) {
        size_t n_max = builder->n_max > 0 ? 2 * builder->n_max : BUILDER_LENGTH_MIN;

        if (n_max > OBJECT_COUNT_MAX / sizeof(gca_value))
                return region_refuse(builder->region) != NULL;
        if (!array_grow(builder->region, &builder->values, builder->n_max, n_max) ||
            (builder->is_map &&
             !array_grow(builder->region, &builder->keys, builder->n_max, n_max)))
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

void gca_builder_add(gca_builder *builder, gca_value element) {
        assert(!builder->is_map);
        if (builder->has_failed)
                return;
        if (!gca_is_value(element) || (builder->n == builder->n_max && !builder_grow(builder))) {
                builder->has_failed = true;
                return;
        }
        assert_slow(region_may_hold(builder->region, element));
        builder->values[builder->n++] = element;
}

void gca_builder_set(gca_builder *builder, const char *key, gca_value value) {
        gca_value name;

        assert(builder->is_map);
        if (builder->has_failed)
                return;
        name = gca_is_value(value) ? gca_string(builder->region, key, -1) : GCA_NO_VALUE;
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
        size_t old_size = array_get_size(builder->n_max), size = array_get_size(builder->n);
        struct object *object, *trimmed;

        if (!builder->values)
                return gca_list(region, NULL, 0);
        object = array_get_object(builder->values);
        array_check(region, object);
        if (object->header & OBJECT_IS_LARGE) {
                trimmed = region_resize_large(region, object, size);
                if (trimmed)
                        object = trimmed;
        } else {
                region_trim(region, object, old_size, size);
        }
        object->header = object_make_header(
                GCA_TYPE_LIST, builder->n, region->label | (object->header & OBJECT_IS_LARGE));
        return value_from_object(object);
}

static void builder_discard_array(gca_builder *builder, gca_value **array) {
        if (*array)
                region_discard(builder->region, array_get_object(*array));
        *array = NULL;
}

gca_value gca_builder_end(gca_builder *builder) {
        gca_value value = GCA_NO_VALUE;
        bool is_list = !builder->is_map;

        if (!builder->has_failed)
                value = is_list ? builder_end_list(builder)
                                : gca_map(builder->region,
                                          builder->keys,
                                          builder->values,
                                          builder->n);
        if (!is_list || builder->has_failed) {
                builder_discard_array(builder, &builder->keys);
                builder_discard_array(builder, &builder->values);
        }
        *builder = (gca_builder){ .has_failed = true };
        return value;
}
