/* SPDX-License-Identifier: MIT */

#include "wire/arena.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/fault.h"

struct arena_block {
        struct arena_block *next;
        size_t size;
        _Alignas(ARENA_ALIGNMENT) uint8_t data[];
};

enum {
        POISON = 0xa5,
};

/*
 * Opens a block for size bytes, which the budget allows. It is twice as large as the one before,
 * but not larger than what the budget leaves. The rest of the block before is lost; it is smaller
 * than size.
 */
static bool arena_add_block(struct arena *arena, size_t size) {
        size_t block_size = arena->block_size * 2;
        struct arena_block *block;

        if (block_size > arena->budget - arena->spent)
                block_size = arena->budget - arena->spent;
        if (block_size < size)
                block_size = size;
        block = malloc(sizeof(*block) + block_size);
        if (!block)
                return false;
        block->size = block_size;
        block->next = arena->blocks;
        arena->blocks = block;
        arena->block = block->data;
        arena->block_size = block_size;
        arena->used = 0;
        return true;
}

void *arena_allocate(struct arena *arena, size_t size) {
        uint8_t *data;

        if (size > arena->budget - arena->spent)
                goto over_budget;
        size = (size + ARENA_ALIGNMENT - 1) & ~(size_t)(ARENA_ALIGNMENT - 1);
        if (size > arena->budget - arena->spent)
                goto over_budget;
        if (size > arena->block_size - arena->used && !arena_add_block(arena, size)) {
                arena->is_exhausted = true;
                return NULL;
        }
        data = arena->block + arena->used;
        arena->used += size;
        arena->spent += size;
#ifdef GCASYNC_DEBUG_CHECKS
        memset(data, POISON, size);
#endif
        return data;

over_budget:
        arena->is_over_budget = true;
        return NULL;
}

static void *arena_allocate_for_protobuf(void *data, size_t size) {
        return arena_allocate(data, size);
}

static void arena_free_for_protobuf(void *data, void *memory) {
        (void)data;
        (void)memory;
}

void arena_reset(struct arena *arena, size_t budget) {
        while (arena->blocks) {
                struct arena_block *block = arena->blocks;

                arena->blocks = block->next;
                free(block);
        }
        arena->block = arena->first_block;
        arena->block_size = ARENA_FIRST_BLOCK_SIZE;
        arena->used = 0;
        arena->budget = budget;
        arena->spent = 0;
        arena->is_over_budget = false;
        arena->is_exhausted = false;
}

int arena_init(struct arena *arena) {
        *arena = (struct arena){
                .allocator = {
                        .alloc = arena_allocate_for_protobuf,
                        .free = arena_free_for_protobuf,
                        .allocator_data = arena,
                },
        };
        arena->first_block = malloc(ARENA_FIRST_BLOCK_SIZE);
        if (!arena->first_block)
                return fault_raise(-ENOMEM);
        arena_reset(arena, 0);
        return 0;
}

void arena_deinit(struct arena *arena) {
        if (!arena->first_block)
                return;
        arena_reset(arena, 0);
        free(arena->first_block);
        *arena = (struct arena){ 0 };
}
