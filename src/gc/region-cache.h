/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Chunks: the memory regions are filled from, and a worker's cache of free ones. What a chunk holds is anything, but in
 * builds that check it (see memory.h): a region clears what it promises to be zero. One thread.
 */

#include <stddef.h>

enum {
        REGION_CHUNK_CLASSES = 4, /* 4, 16, 64, 256 KiB */
        REGION_CHUNK_BYTES_MIN = 4096,
};

/* Followed by what it holds, up to size bytes in all. */
struct region_chunk {
        struct region_chunk
                *below; /* the next older one of its region; the next one in the cache */
        char *next;     /* the first free byte, while the region fills another chunk */
        size_t size_class;
};

struct region_cache {
        struct region_chunk *chunks[REGION_CHUNK_CLASSES];
        size_t n_chunks[REGION_CHUNK_CLASSES];
};

void region_cache_init(struct region_cache *cache);

/* Gives all memory back. May be called twice. */
void region_cache_deinit(struct region_cache *cache);

/* A chunk from the system, or NULL. */
struct region_chunk *region_chunk_new(size_t size_class);

/* Keeps the chunk, or gives it back if enough of its class are there, or the cache is NULL. */
void region_cache_give(struct region_cache *cache, struct region_chunk *chunk);

static inline size_t region_chunk_get_size(const struct region_chunk *chunk) {
        return (size_t)REGION_CHUNK_BYTES_MIN << (2 * chunk->size_class);
}

/* Eight bytes past a multiple of 16, so that what follows an object's header is aligned for any type. */
static inline char *region_chunk_get_begin(struct region_chunk *chunk) {
        return (char *)(chunk + 1);
}

static inline char *region_chunk_get_end(struct region_chunk *chunk) {
        return (char *)chunk + region_chunk_get_size(chunk);
}

/* A chunk, or NULL. The cache may be NULL. */
static inline struct region_chunk *region_cache_take(struct region_cache *cache,
                                                     size_t size_class) {
        struct region_chunk *chunk = cache ? cache->chunks[size_class] : NULL;

        if (__builtin_expect(!chunk, 0))
                return region_chunk_new(size_class);
        cache->chunks[size_class] = chunk->below;
        cache->n_chunks[size_class]--;
        return chunk;
}
