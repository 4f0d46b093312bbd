/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A bump allocator with a budget, for protobuf-c to unpack into. One owner, one thread.
 *
 * What is allocated lives until arena_reset() or arena_deinit(); nothing is freed one by one. The
 * budget counts the bytes asked for, each request rounded up to ARENA_ALIGNMENT, so that whether a
 * message fits does not depend on how the blocks happen to lie; what the blocks hold in all is less
 * than twice that. The first block is kept for good and serves every message of ordinary size
 * without a malloc(); further ones are given back by arena_reset().
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

enum {
        ARENA_ALIGNMENT = 8,
        ARENA_FIRST_BLOCK_SIZE = 8192,
};

struct arena_block;

struct arena {
        ProtobufCAllocator allocator; /* allocator_data is the arena itself */
        uint8_t *block;               /* the current one: the first, or the last of blocks */
        size_t block_size, used;
        uint8_t *first_block;
        struct arena_block *blocks; /* further ones, the newest first */
        size_t budget, spent;
        bool is_over_budget; /* an allocation failed since the reset: for the budget, … */
        bool is_exhausted;   /* … or because malloc() did */
};

/* 0 or -ENOMEM. An arena is not to be moved afterwards. Its budget is 0 until the first reset. */
int arena_init(struct arena *arena);
void arena_deinit(struct arena *arena);

/* Forgets all allocations and gives the arena a budget. */
void arena_reset(struct arena *arena, size_t budget);

/* Takes everything back where it was much, and frees the memory; else leaves that to the next reset. */
static inline void arena_trim(struct arena *arena) {
        if (arena->blocks)
                arena_reset(arena, 0);
}

/* Uninitialised memory, aligned to ARENA_ALIGNMENT; NULL past the budget or out of memory. */
void *arena_allocate(struct arena *arena, size_t size);
