/* SPDX-License-Identifier: MIT */
#include "gc/region.h"

#include "gc/heap.h"

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
        region->window.next = region->window.end = region->window.clean = NULL;
#ifdef REGION_HAS_CHECKS
        region->no_window = (struct gca_window){ 0 };
#endif
        region->window.label = 0;
        region->window.padding = 0;
        region->chunk = region->top = NULL;
        region->large = NULL;
        region->other_bytes = 0;
        region->n_scopes = 0;
        region->is_exhausted = false;
        region->fault = 0;
        region->thread = NULL;
        region->entries.chunks = NULL;
        region->entries.n = region->entries.n_free = 0;
        region->publication = NULL;
        region->opened = NULL;
        region->account = 0;
        region->is_publication = false;
}

void region_init(struct gca_region *region, struct region_cache *cache, size_t limit_bytes) {
        region_clear(region);
        region->cache = cache;
        region->limit_bytes = limit_bytes > 0 ? limit_bytes : SIZE_MAX;
        region->is_standalone = false;
}

void region_set_thread(struct gca_region *region, struct gca_thread *thread) {
        assert(!region->thread && !region->top && !region->large);
        region->thread = thread;
}

/* What it has in the store is given up; but not in a child of the process that has the heap. */
static void region_leave(struct gca_region *region) {
        if (heap_is_forked(region->thread->heap))
                return;
        if (region->opened || region->publication)
                publication_abandon(region);
        if (region->entries.chunks) {
                publication_settle(region->thread);
                entry_clear(region);
        }
}

void region_deinit(struct gca_region *region) {
        if (region->thread)
                region_leave(region);
        if (region->chunk)
                region->chunk->next = region->window.next;
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

gca_region *gca_region_new_on(gca_thread *thread, size_t memory_limit_bytes) {
        struct gca_region *region = gca_region_new(memory_limit_bytes);

        if (!region)
                return NULL;
        region->cache = &thread->cache;
        region_set_thread(region, thread);
        return region;
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
        return region->other_bytes +
               (size_t)(region->window.next - region_chunk_get_begin(region->chunk));
}

gca_thread *gca_region_get_thread(const gca_region *region) {
        return region->thread;
}

bool gca_region_is_exhausted(const gca_region *region) {
        return region->is_exhausted;
}

void gca_region_set_account(gca_region *region, uint16_t account) {
        region->account = account;
}

/* ---- faults ---- */

gca_region_fault gca_region_get_fault(const gca_region *region) {
        return (gca_region_fault)region->fault;
}

const char *gca_region_fault_to_string(gca_region_fault fault) {
        static const char *const words[] = {
                [GCA_REGION_OK] = "ok",
                [GCA_REGION_NO_MEMORY] = "no-memory",
                [GCA_REGION_MEMORY_LIMIT] = "memory-limit",
                [GCA_REGION_HEAP_LIMIT] = "heap-limit",
                [GCA_REGION_NO_HEAP] = "no-heap",
                [GCA_REGION_NOT_PUBLISHED] = "not-published",
                [GCA_REGION_FORKED] = "forked",
                [GCA_REGION_NO_DESCRIPTORS] = "no-descriptors",
        };

        return (size_t)fault < sizeof(words) / sizeof(words[0]) ? words[fault] : "unknown";
}

static void *region_set_no_memory(struct gca_region *region) {
        (void)region_fail(region, GCA_REGION_NO_MEMORY);
        return NULL;
}

static void *region_set_exhausted(struct gca_region *region) {
        region->is_exhausted = true;
        (void)region_fail(region, GCA_REGION_MEMORY_LIMIT);
        return NULL;
}

/* ---- chunks ---- */

void region_update_end(struct gca_region *region) {
        size_t used = gca_region_get_bytes(region);
        size_t room;

        if (!region->chunk)
                return;
        room = (size_t)(region_chunk_get_end(region->chunk) - region->window.next);
        if (room > region->limit_bytes - used)
                room = (region->limit_bytes - used) & ~(size_t)7;
        region->window.end = region->window.next + room;
        if (region->window.clean > region->window.end)
                region->window.clean = region->window.end;
}

void region_clean(struct gca_region *region, void *from) {
        struct gca_window *window = &region->window;
        char *begin = window->clean > (char *)from ? window->clean : from;
        size_t room = (size_t)(window->end - window->next);

        window->clean = window->next + (room < REGION_CLEAN_BYTES ? room : REGION_CLEAN_BYTES);
        memset(begin, 0, (size_t)(window->clean - begin));
}

void region_go_back(struct gca_region *region, char *next) {
        struct gca_window *window = &region->window;
        size_t size = (size_t)(window->next - next);

        window->next = next;
        if (MEMORY_IS_CHECKED) {
                memory_retire(next, size);
                window->clean = NULL;
        } else if (size > REGION_CLEAN_BYTES && window->clean > next)
                window->clean = next;
        else if (window->clean > next)
                memset(next,
                       0,
                       window->clean - next < (ptrdiff_t)size ? (size_t)(window->clean - next)
                                                              : size);
}

void region_close_chunk(struct gca_region *region) {
        struct region_chunk *chunk = region->chunk;

        if (!chunk)
                return;
        chunk->next = region->window.next;
        region->other_bytes += (size_t)(chunk->next - region_chunk_get_begin(chunk));
        region->chunk = NULL;
        region->window.next = region->window.end = region->window.clean = NULL;
}

void region_open_chunk(struct gca_region *region, struct region_chunk *chunk, char *next) {
        assert(!region->chunk);
        region->other_bytes -= (size_t)(chunk->next - region_chunk_get_begin(chunk));
        region->chunk = chunk;
        region->window.next = region->window.clean = next;
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

        if (object_round(size) > room)
                return region_set_exhausted(region);
        chunk = region_cache_take(region->cache, region_choose_class(used, size));
        if (!chunk)
                return region_set_no_memory(region);
        if (region->chunk)
                region->chunk->next = region->window.next;
        region->other_bytes = used;
        chunk->below = region->top;
        region->top = region->chunk = chunk;
        region->window.next = region->window.clean = chunk->next;
        end = region_chunk_get_end(chunk);
        region->window.end =
                (size_t)(end - chunk->next) <= room ? end : chunk->next + (room & ~(size_t)7);
        return chunk;
}

bool region_extend(struct gca_region *region, struct object *object, size_t old_size, size_t size) {
        char *end = (char *)object + region_round(region, old_size);
        size_t more = region_round(region, size) - region_round(region, old_size);

        if (end != region->window.next || more > (size_t)(region->window.end - end))
                return false;
        region->window.next = end + more;
        memory_hand_out((char *)object + old_size, size - old_size);
        return true;
}

void region_trim(struct gca_region *region, struct object *object, size_t old_size, size_t size) {
        char *begin = (char *)object + region_round(region, size),
             *end = (char *)object + region_round(region, old_size);

        if (begin == end)
                return;
        if (end == region->window.next) {
                region_go_back(region, begin);
                return;
        }
        /* An open publication makes nothing shorter but what was made last. */
        assert(!region->is_publication);
        ((struct object *)begin)->header = object_make_header(
                OBJECT_RAW, (size_t)(end - begin) - OBJECT_HEADER_SIZE, region->window.label);
}

void region_discard(struct gca_region *region, struct object *object) {
        size_t size = object_get_size(object);

        if (object->header & OBJECT_IS_LARGE) {
                region_free_large(region, object_get_large(object));
                return;
        }
        region_trim(region, object, size, 0);
}

void region_pop(struct gca_region *region, struct region_chunk *top, size_t depth) {
        assert(!region->chunk);
        while (region_has_large(region, depth))
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
                return region_set_exhausted(region);
        return region_set_no_memory(region);
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
        return size <= region->limit_bytes - gca_region_get_bytes(region) ||
               region_set_exhausted(region);
}

struct object *region_new_large(struct gca_region *region, size_t size) {
        size_t rounded = object_round(size);
        struct region_large *large;

        if (!region_has_room(region, rounded))
                return NULL;
        large = memory_allocate(offsetof(struct region_large, object) + rounded);
        if (!large)
                return region_set_no_memory(region);
        large->size = rounded;
        region_link_large(region, large);
        region->other_bytes += rounded;
        region_update_end(region);
        return &large->object;
}

struct object *
region_new_object_slow(struct gca_region *region, unsigned type, size_t count, size_t size) {
        struct object *object;

        if (region->is_publication)
                return publication_new_object_slow(region, type, count, size);
        if (size > REGION_LARGE_BYTES) {
                object = region_new_large(region, size);
                if (object)
                        object->header = object_make_header(
                                type, count, region->window.label | OBJECT_IS_LARGE);
                return object;
        }
        return region_add_chunk(region, size) ? region_new_object_unset(region, type, count, size)
                                              : NULL;
}

struct object *region_resize_large(struct gca_region *region, struct object *object, size_t size) {
        struct region_large *old = object_get_large(object), *large;
        size_t rounded = object_round(size), old_size = old->size;

        if (rounded > old_size && !region_has_room(region, rounded - old_size))
                return NULL;
        large = memory_reallocate(old, offsetof(struct region_large, object) + rounded);
        if (!large)
                return rounded > old_size ? region_set_no_memory(region) : NULL;
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

static struct object *
region_allocate(struct gca_region *region,
                size_t size,
                struct object *(*make)(struct gca_region *, unsigned, size_t, size_t)) {
        /* Plain memory is no value: it lies in the region that a publication was begun on. */
        region = region_get_holder(region);
        if (size > OBJECT_COUNT_MAX)
                return region_refuse(region);
        /* What follows a header is aligned for any type where the header is not; a gap makes it so, and the size is
         * such that the next one needs none, as a new chunk needs none. */
        size = ((OBJECT_HEADER_SIZE + size + 15) & ~(size_t)15) - OBJECT_HEADER_SIZE;
        if (((uintptr_t)region->window.next & 8) == 0 && region->window.next != region->window.end)
                (void)make(region, OBJECT_RAW, 0, OBJECT_HEADER_SIZE);
        return make(region, OBJECT_RAW, size, OBJECT_HEADER_SIZE + size);
}

void *gca_region_allocate(gca_region *region, size_t size) {
        struct object *object = region_allocate(region, size, region_new_object);

        return object ? object->bytes : NULL;
}

void *gca_region_allocate_unset(gca_region *region, size_t size) {
        struct object *object = region_allocate(region, size, region_new_object_unset);

#ifdef GCASYNC_DEBUG_CHECKS
        /* Who reads it first is to notice. */
        if (object)
                memset(object->bytes, MEMORY_FREE_BYTE, size);
#endif
        return object ? object->bytes : NULL;
}
