/* SPDX-License-Identifier: MIT */
#include "gc/region-cache.h"

#include "base/check.h"
#include "gc/memory.h"

static_assert(sizeof(struct region_chunk) % 16 == 8, "see region_chunk_get_begin()");

/* How many of a class a cache keeps: 256 KiB of each of the small ones, about 2 MiB in all. */
static const size_t n_chunks_max[REGION_CHUNK_CLASSES] = { 64, 16, 8, 4 };

void region_cache_init(struct region_cache *cache) {
        *cache = (struct region_cache){ 0 };
}

static void region_chunk_free(struct region_chunk *chunk) {
        char *begin = region_chunk_get_begin(chunk);

        ASAN_UNPOISON_MEMORY_REGION(begin, (size_t)(region_chunk_get_end(chunk) - begin));
        memory_free(chunk);
}

void region_cache_deinit(struct region_cache *cache) {
        for (size_t i = 0; i < REGION_CHUNK_CLASSES; i++) {
                while (cache->chunks[i]) {
                        struct region_chunk *chunk = cache->chunks[i];

                        cache->chunks[i] = chunk->below;
                        region_chunk_free(chunk);
                }
                cache->n_chunks[i] = 0;
        }
}

struct region_chunk *region_chunk_new(size_t size_class) {
        struct region_chunk *chunk =
                memory_allocate((size_t)REGION_CHUNK_BYTES_MIN << (2 * size_class));
        char *begin;

        if (!chunk)
                return NULL;
        chunk->size_class = size_class;
        begin = region_chunk_get_begin(chunk);
        chunk->next = begin;
#ifdef GCASYNC_DEBUG_CHECKS
        memory_retire(begin, (size_t)(region_chunk_get_end(chunk) - begin));
#else
        ASAN_POISON_MEMORY_REGION(begin, (size_t)(region_chunk_get_end(chunk) - begin));
#endif
        return chunk;
}

void region_cache_give(struct region_cache *cache, struct region_chunk *chunk) {
        size_t size_class = chunk->size_class;
        char *begin = region_chunk_get_begin(chunk);

        if (!cache || cache->n_chunks[size_class] == n_chunks_max[size_class]) {
                region_chunk_free(chunk);
                return;
        }
        if (MEMORY_IS_CHECKED)
                memory_retire(begin, (size_t)(chunk->next - begin));
        chunk->next = begin;
        chunk->below = cache->chunks[size_class];
        cache->chunks[size_class] = chunk;
        cache->n_chunks[size_class]++;
}
