/* SPDX-License-Identifier: MIT */
#pragma once

/* Memory blocks of a few sizes, kept for reuse by the one thread that makes and frees most of them. */

#include <stddef.h>
#include <stdint.h>

enum {
        BLOCK_CACHE_STEP_BYTES = 64,
        BLOCK_CACHE_N_CLASSES = 40, /* up to 2.5 KiB */
        BLOCK_CACHE_N_MAX = 256,    /* kept of each class */
};

struct block {
        struct block *next;
};

struct block_cache {
        struct block *blocks[BLOCK_CACHE_N_CLASSES];
        size_t n[BLOCK_CACHE_N_CLASSES];
};

/* Not zeroed; NULL: no memory. The class is what block_cache_give() wants to know. cache NULL: a block for another
 * thread, which may keep it afterwards. */
void *block_cache_take(struct block_cache *cache, size_t size, uint16_t *ret_size_class);

void block_cache_give(struct block_cache *cache, void *block, uint16_t size_class);

/* Frees what is kept. */
void block_cache_clear(struct block_cache *cache);
