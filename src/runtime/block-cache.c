/* SPDX-License-Identifier: MIT */

#include "runtime/block-cache.h"

#include <stdbool.h>
#include <stdlib.h>

/* A sanitizer sees more when each block is freed. */
static bool block_cache_has_room(const struct block_cache *cache, uint16_t size_class) {
#ifdef GCASYNC_SANITIZE
        (void)cache;
        (void)size_class;
        return false;
#else
        return cache->n[size_class] < BLOCK_CACHE_N_MAX;
#endif
}

void *block_cache_take(struct block_cache *cache, size_t size, uint16_t *ret_size_class) {
        size_t size_class = (size + BLOCK_CACHE_STEP_BYTES - 1) / BLOCK_CACHE_STEP_BYTES;
        struct block *block;

        if (size_class >= BLOCK_CACHE_N_CLASSES) {
                *ret_size_class = BLOCK_CACHE_N_CLASSES;
                return malloc(size);
        }
        *ret_size_class = (uint16_t)size_class;
        block = cache ? cache->blocks[size_class] : NULL;
        if (!block)
                return malloc(size_class * BLOCK_CACHE_STEP_BYTES);
        cache->blocks[size_class] = block->next;
        cache->n[size_class]--;
        return block;
}

void block_cache_give(struct block_cache *cache, void *memory, uint16_t size_class) {
        struct block *block = memory;

        if (size_class >= BLOCK_CACHE_N_CLASSES || !block_cache_has_room(cache, size_class)) {
                free(memory);
                return;
        }
        block->next = cache->blocks[size_class];
        cache->blocks[size_class] = block;
        cache->n[size_class]++;
}

void block_cache_clear(struct block_cache *cache) {
        for (size_t i = 0; i < BLOCK_CACHE_N_CLASSES; i++) {
                while (cache->blocks[i]) {
                        struct block *block = cache->blocks[i];

                        cache->blocks[i] = block->next;
                        free(block);
                }
                cache->n[i] = 0;
        }
}
