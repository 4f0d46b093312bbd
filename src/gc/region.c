/* SPDX-License-Identifier: MIT */
#include "gc/region.h"

/* A region outside any task, with a cache of its own. */
struct region_standalone {
        struct gca_region region;
        struct region_cache cache;
};

static_assert(offsetof(struct region_large, object) % 16 == 8,
              "what follows the header is aligned for any type");
static_assert(OBJECT_COUNT_MAX < SIZE_MAX / 64, "a size computed from a count does not overflow");

/* Each field by itself: a region is made and ended once a task, and clearing a struct of this size takes a string
 * instruction, which is slow to start. */
static inline void region_clear(struct gca_region *region) {
        region->next = region->end = NULL;
        region->label = 0;
        region->chunk = region->top = NULL;
        region->large = NULL;
        region->other_bytes = 0;
        region->n_scopes = 0;
        region->is_exhausted = false;
}

void region_init(struct gca_region *region, struct region_cache *cache, size_t limit_bytes) {
        region_clear(region);
        region->cache = cache;
        region->limit_bytes = limit_bytes > 0 ? limit_bytes : SIZE_MAX;
        region->is_standalone = false;
}

void region_deinit(struct gca_region *region) {
        if (region->chunk)
                region->chunk->next = region->next;
        for (struct region_chunk *chunk = region->top, *below; chunk; chunk = below) {
                below = chunk->below;
                region_cache_give(region->cache, chunk);
        }
        for (struct region_large *large = region->large, *older; large; large = older) {
                older = large->older;
                memory_free(large);
        }
        region_clear(region);
}

gca_region *gca_region_new(size_t memory_limit_bytes) {
        struct region_standalone *standalone = memory_allocate(sizeof(*standalone));

        if (!standalone)
                return NULL;
        region_cache_init(&standalone->cache);
        region_init(&standalone->region, &standalone->cache, memory_limit_bytes);
        standalone->region.is_standalone = true;
        return &standalone->region;
}

gca_region *gca_region_free(gca_region *region) {
        struct region_standalone *standalone = (struct region_standalone *)region;

        if (!region)
                return NULL;
        assert(region->is_standalone);
        region_deinit(region);
        region_cache_deinit(&standalone->cache);
        memory_free(standalone);
        return NULL;
}

size_t gca_region_get_bytes(const gca_region *region) {
        if (!region->chunk)
                return region->other_bytes;
        return region->other_bytes + (size_t)(region->next - region_chunk_get_begin(region->chunk));
}

bool gca_region_is_exhausted(const gca_region *region) {
        return region->is_exhausted;
}

/* ---- chunks ---- */

void region_update_end(struct gca_region *region) {
        size_t used = gca_region_get_bytes(region);
        size_t room;

        if (!region->chunk)
                return;
        room = (size_t)(region_chunk_get_end(region->chunk) - region->next);
        if (room > region->limit_bytes - used)
                room = (region->limit_bytes - used) & ~(size_t)7;
        region->end = region->next + room;
}

void region_close_chunk(struct gca_region *region) {
        struct region_chunk *chunk = region->chunk;

        if (!chunk)
                return;
        chunk->next = region->next;
        region->other_bytes += (size_t)(chunk->next - region_chunk_get_begin(chunk));
        region->chunk = NULL;
        region->next = region->end = NULL;
}

void region_open_chunk(struct gca_region *region, struct region_chunk *chunk, char *next) {
        assert(!region->chunk);
        region->other_bytes -= (size_t)(chunk->next - region_chunk_get_begin(chunk));
        region->chunk = chunk;
        region->next = next;
        region_update_end(region);
}

size_t region_choose_class(size_t used_bytes, size_t size) {
        size_t size_class = 0, chunk_bytes = REGION_CHUNK_BYTES_MIN;
        size_t least_bytes = size + sizeof(struct region_chunk);

        if (least_bytes <= used_bytes)
                least_bytes = used_bytes + 1;
        while (chunk_bytes < least_bytes && size_class < REGION_CHUNK_CLASSES - 1) {
                size_class++;
                chunk_bytes *= 4;
        }
        return size_class;
}

/* The next chunk, with room for size bytes; NULL: no memory or past the limit. */
static struct region_chunk *region_add_chunk(struct gca_region *region, size_t size) {
        size_t used = gca_region_get_bytes(region);
        size_t room = region->limit_bytes - used;
        struct region_chunk *chunk;
        char *end;

        if (object_round(size) > room) {
                region->is_exhausted = true;
                return NULL;
        }
        chunk = region_cache_take(region->cache, region_choose_class(used, size));
        if (!chunk)
                return NULL;
        if (region->chunk)
                region->chunk->next = region->next;
        region->other_bytes = used;
        chunk->below = region->top;
        region->top = region->chunk = chunk;
        region->next = chunk->next;
        end = region_chunk_get_end(chunk);
        region->end = (size_t)(end - chunk->next) <= room ? end : chunk->next + (room & ~(size_t)7);
        return chunk;
}

bool region_extend(struct gca_region *region, struct object *object, size_t old_size, size_t size) {
        char *end = (char *)object + object_round(old_size);
        size_t more = object_round(size) - object_round(old_size);

        if (end != region->next || more > (size_t)(region->end - end))
                return false;
        region->next = end + more;
        memory_hand_out((char *)object + old_size, size - old_size);
        return true;
}

void region_trim(struct gca_region *region, struct object *object, size_t old_size, size_t size) {
        char *begin = (char *)object + object_round(size),
             *end = (char *)object + object_round(old_size);

        if (begin == end)
                return;
        if (end == region->next) {
                memory_retire(begin, (size_t)(end - begin));
                region->next = begin;
                return;
        }
        ((struct object *)begin)->header = object_make_header(
                OBJECT_RAW, (size_t)(end - begin) - OBJECT_HEADER_SIZE, region->label);
}

void region_discard(struct gca_region *region, struct object *object) {
        size_t size = object_get_size(object);

        if (object->header & OBJECT_IS_LARGE) {
                region_free_large(region, object_get_large(object));
                return;
        }
        object->header = object_make_header(OBJECT_RAW, size - OBJECT_HEADER_SIZE, region->label);
        region_trim(region, object, size, 0);
}

void region_pop(struct gca_region *region, struct region_chunk *top, struct region_large *large) {
        assert(!region->chunk);
        while (region->large != large)
                region_free_large(region, region->large);
        while (region->top != top) {
                struct region_chunk *chunk = region->top;

                region->top = chunk->below;
                region->other_bytes -= (size_t)(chunk->next - region_chunk_get_begin(chunk));
                region_cache_give(region->cache, chunk);
        }
}

/* ---- large objects ---- */

struct object *region_refuse(struct gca_region *region) {
        if (region->limit_bytes != SIZE_MAX)
                region->is_exhausted = true;
        return NULL;
}

void region_link_large(struct gca_region *region, struct region_large *large) {
        large->newer = NULL;
        large->older = region->large;
        if (large->older)
                large->older->newer = large;
        region->large = large;
}

void region_unlink_large(struct gca_region *region, struct region_large *large) {
        if (large->newer)
                large->newer->older = large->older;
        else
                region->large = large->older;
        if (large->older)
                large->older->newer = large->newer;
}

static bool region_has_room(struct gca_region *region, size_t size) {
        if (size <= region->limit_bytes - gca_region_get_bytes(region))
                return true;
        region->is_exhausted = true;
        return false;
}

static struct object *region_new_large(struct gca_region *region, size_t size) {
        size_t rounded = object_round(size);
        struct region_large *large;

        if (!region_has_room(region, rounded))
                return NULL;
        large = memory_allocate(offsetof(struct region_large, object) + rounded);
        if (!large)
                return NULL;
        large->size = rounded;
        region_link_large(region, large);
        region->other_bytes += rounded;
        region_update_end(region);
        return &large->object;
}

struct object *
region_new_object_slow(struct gca_region *region, unsigned type, size_t count, size_t size) {
        struct object *object;

        if (size > REGION_LARGE_BYTES) {
                object = region_new_large(region, size);
                if (object)
                        object->header =
                                object_make_header(type, count, region->label | OBJECT_IS_LARGE);
                return object;
        }
        return region_add_chunk(region, size) ? region_new_object(region, type, count, size) : NULL;
}

struct object *region_resize_large(struct gca_region *region, struct object *object, size_t size) {
        struct region_large *old = object_get_large(object), *large;
        size_t rounded = object_round(size), old_size = old->size;

        if (rounded > old_size && !region_has_room(region, rounded - old_size))
                return NULL;
        large = memory_reallocate(old, offsetof(struct region_large, object) + rounded);
        if (!large)
                return NULL;
        large->size = rounded;
        if (large->newer)
                large->newer->older = large;
        else
                region->large = large;
        if (large->older)
                large->older->newer = large;
        region->other_bytes += rounded - old_size;
        region_update_end(region);
        return &large->object;
}

void region_free_large(struct gca_region *region, struct region_large *large) {
        region_unlink_large(region, large);
        region->other_bytes -= large->size;
        memory_free(large);
        region_update_end(region);
}

/* ---- plain memory ---- */

void *gca_region_allocate(gca_region *region, size_t size) {
        struct object *object;

        if (size > OBJECT_COUNT_MAX)
                return region_refuse(region);
        /* A gap where the memory would not be aligned for any type; a new chunk needs none. */
        if (((uintptr_t)region->next & 8) == 0 && region->next != region->end)
                (void)region_new_object(region, OBJECT_RAW, 0, OBJECT_HEADER_SIZE);
        object = region_new_object(region, OBJECT_RAW, size, OBJECT_HEADER_SIZE + size);
        return object ? object->bytes : NULL;
}
