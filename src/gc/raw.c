/* SPDX-License-Identifier: MIT */
#include "gc/raw.h"

#include <string.h>

#include "gc/region.h"

/* It is still there, and dies with what it becomes. */
static inline void raw_check(const struct gca_region *region, const struct object *raw) {
        assert(object_get_type(raw) == OBJECT_RAW);
        assert(((raw->header ^ region->window.label) & OBJECT_DEPTH_MASK) == 0);
}

static struct object *raw_move(struct gca_region *region, struct object *old, size_t size) {
        size_t old_size = object_get_size(old);
        struct object *object;

        raw_check(region, old);
        if (old->header & OBJECT_IS_LARGE)
                return region_resize_large(region, old, size);
        if (region_extend(region, old, old_size, size))
                return old;
        object = region_new_object(region, OBJECT_RAW, 0, size);
        if (!object)
                return NULL;
        memcpy(object->bytes, old->bytes, old_size - OBJECT_HEADER_SIZE);
        return object;
}

static inline struct gca_region *raw_get_home(struct gca_region *region) {
        return region->is_publication ? region->owner : region;
}

void raw_discard(struct gca_region *region, struct object *raw) {
        if (raw)
                region_discard(raw_get_home(region), raw);
}

struct object *raw_grow(struct gca_region *region, struct object *raw, size_t size) {
        region = raw_get_home(region);
        if (size - OBJECT_HEADER_SIZE > OBJECT_COUNT_MAX)
                return region_refuse(region);
        raw = raw ? raw_move(region, raw, size) : region_new_object(region, OBJECT_RAW, 0, size);
        if (!raw)
                return NULL;
        raw->header = object_make_header(OBJECT_RAW,
                                         size - OBJECT_HEADER_SIZE,
                                         region->window.label | (raw->header & OBJECT_IS_LARGE));
        return raw;
}

static struct object *raw_publish(struct gca_region *publication,
                                  struct object *raw,
                                  unsigned type,
                                  size_t count,
                                  size_t size) {
        struct object *object = region_new_object(publication, type, count, size);

        if (!object)
                return NULL;
        memcpy(object->bytes, raw->bytes, size - OBJECT_HEADER_SIZE);
        raw_discard(publication, raw);
        return object;
}

struct object *
raw_end(struct gca_region *region, struct object *raw, unsigned type, size_t count, size_t size) {
        struct object *trimmed;

        if (region->is_publication)
                return raw_publish(region, raw, type, count, size);
        raw_check(region, raw);
        if (raw->header & OBJECT_IS_LARGE) {
                trimmed = region_resize_large(region, raw, size);
                if (trimmed)
                        raw = trimmed;
        } else {
                region_trim(region, raw, object_get_size(raw), size);
        }
        raw->header = object_make_header(
                type, count, region->window.label | (raw->header & OBJECT_IS_LARGE));
        return raw;
}
