/* SPDX-License-Identifier: MIT */
#include "gc/map.h"
#include "gc/object-table.h"
#include "gc/region.h"

/* The first byte that is free, of any of the region's chunks. */
static char *region_get_chunk_next(const struct gca_region *region, struct region_chunk *chunk) {
        return chunk == region->chunk ? region->window.next : chunk->next;
}

/* What is said to be zero is. */
static void region_verify_clean(const struct gca_region *region) {
        const struct gca_window *window = &region->window;

        assert(window->clean <= window->end);
        for (const char *next = window->next; next < window->clean; next++)
                assert(*next == 0);
}

static void region_verify_accounts(const struct gca_region *region) {
        bool has_bump_chunk = false;
        size_t bytes = 0;

        for (struct region_chunk *chunk = region->top; chunk; chunk = chunk->below) {
                char *begin = region_chunk_get_begin(chunk), *end = region_chunk_get_end(chunk);
                char *next = region_get_chunk_next(region, chunk);

                assert(begin <= next && next <= end);
                if (chunk == region->chunk) {
                        has_bump_chunk = true;
                        assert(next <= region->window.end && region->window.end <= end);
                        region_verify_clean(region);
                } else {
                        bytes += (size_t)(next - begin);
                }
#if defined(GCASYNC_DEBUG_CHECKS) && !defined(MEMORY_HAS_ASAN)
                assert(memory_is_retired(next, (size_t)(end - next)));
#endif
        }
        for (struct region_large *large = region->large; large; large = large->older) {
                assert(large->older ? large->older->newer == large : true);
                bytes += large->size;
        }
        assert(has_bump_chunk == (region->chunk != NULL));
        assert(has_bump_chunk == (region->top != NULL));
        assert(bytes == region->other_bytes);
        assert(gca_region_get_bytes(region) <= region->limit_bytes);
        if (region->chunk)
                assert((size_t)(region->window.end - region->window.next) <=
                       region->limit_bytes - gca_region_get_bytes(region));
}

static void region_verify_header(const struct gca_region *region, const struct object *object) {
        uint64_t header = object->header;
        size_t depth_max = header_get_depth(region->window.label);

        assert(object_get_size(object) >= OBJECT_HEADER_SIZE);
        if (!(header & OBJECT_IS_HEADER)) {
                /* It was published. */
                assert(region->thread && object_is_stored(object_resolve(object)));
                return;
        }
        assert(!(header & OBJECT_IS_STORED));
        assert(header_get_depth(header) <= depth_max);
}

/* Calls on each object, in the order of their memory. */
static void region_walk(const struct gca_region *region,
                        void (*on_object)(const struct gca_region *region,
                                          const struct object *object,
                                          struct object_table *objects),
                        struct object_table *objects) {
        for (struct region_chunk *chunk = region->top; chunk; chunk = chunk->below) {
                char *next = region_chunk_get_begin(chunk);

                while (next != region_get_chunk_next(region, chunk)) {
                        const struct object *object = (const struct object *)next;

                        assert(!(object_get_header(object) & OBJECT_IS_LARGE));
                        on_object(region, object, objects);
                        next += object_round(object_get_size(object));
                        assert(next <= region_get_chunk_next(region, chunk));
                }
        }
        for (struct region_large *large = region->large; large; large = large->older) {
                assert(large->object.header & OBJECT_IS_LARGE);
                assert(object_get_size(&large->object) <= large->size);
                on_object(region, &large->object, objects);
        }
}

static void region_note_object(const struct gca_region *region,
                               const struct object *object,
                               struct object_table *objects) {
        int r;

        region_verify_header(region, object);
        r = object_table_add(objects, object, 0);
        assert(r == 0);
}

static void region_verify_map(const struct object *map) {
        size_t n = object_get_count(map);

        assert(((object_get_header(map) & OBJECT_HAS_INDEX) != 0) == (n > MAP_LINEAR_MAX));
        for (size_t i = 0; i < n; i++) {
                gca_value key = map_get_key(map, i);
                size_t length;
                const char *text = gca_get_string(key, &length);

                assert(map_find(map, text, length) == i);
        }
}

/* What it holds are values, and those that are objects are the region's and live at least as long. */
static void region_verify_object(const struct gca_region *region,
                                 const struct object *object,
                                 struct object_table *objects) {
        size_t n = object_count_slots(object);

        for (size_t i = 0; i < n; i++) {
                const struct object *held;

                assert(gca_get_type(object->slots[i]) != GCA_TYPE_NONE);
                if (!value_is_object(object->slots[i]))
                        continue;
                held = value_get_object(object->slots[i]);
                assert(object_get_type(held) != OBJECT_RAW);
                if (object_is_stored(held)) {
                        assert(region->thread);
                        continue;
                }
                assert(object_table_find(objects, held));
                if (object->header & held->header & OBJECT_IS_HEADER)
                        assert(header_get_depth(held->header) <= header_get_depth(object->header));
        }
        if (object_get_type(object) == GCA_TYPE_MAP)
                region_verify_map(object);
        if (object_get_type(object) == GCA_TYPE_STRING)
                assert(object->text[object_get_count(object)] == '\0');
}

void region_verify(const struct gca_region *region) {
        struct object_table objects = { 0 };

        region_verify_accounts(region);
        region_walk(region, region_note_object, &objects);
        region_walk(region, region_verify_object, &objects);
        object_table_deinit(&objects);
}
