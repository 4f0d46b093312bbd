/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The store's address space: one reservation, cut into blocks of 64 KiB, with the mark bytes and the blocks'
 * descriptors aside. An address tells its block, its mark byte and whether it is a small object at all by
 * arithmetic alone, so that marking touches an object only to trace it. Blocks are committed when they are
 * first used, and given back to the system when they are empty and nothing happens.
 *
 * A block's life (the store's lock):
 *
 *     absent <-> free -> owned -> full -> sweeping -> free | partial | full
 *                          ^---------------------------------'
 *
 * Each block is swept once a cycle (swept_epoch), whatever state it is in.
 *
 * OWNERSHIP LAPSES: an owned block belongs to the thread that took it in epoch owner_epoch, and only for as long as
 * the word has that epoch. A thread compares the epoch of the word that its section read with that of its place, and
 * forgets the place where they differ; nobody tells anybody anything. So after the grace period that
 * follows a new epoch a block that was taken in an earlier one is nobody's.
 *
 * BUT A LENT PIECE DOES NOT: an open publication fills it outside sections, for as long as it likes. store_lend() pins the
 * block (n_lent) in a section that has read the epoch which the block is owned in, or with the lock held that gave it the block: so whoever
 * sweeps it after the next epoch's grace periods sees the pin. Such a block is swept as one that was taken in the current epoch is: the mark
 * bytes of its dead objects are cleared, its holes stay what they are.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gc/memory.h"
#include "gc/object.h"
#include "gc/word.h"

enum {
        SPACE_GRANULE_BYTES = 16,
        SPACE_GRANULE_SHIFT = 4,
        SPACE_BLOCK_BYTES = 65536,
        SPACE_BLOCK_SHIFT = 16,
        SPACE_BLOCK_GRANULES = SPACE_BLOCK_BYTES / SPACE_GRANULE_BYTES,
        SPACE_EXTENT_BLOCKS = 16, /* what the space grows by */
};

enum block_state {
        BLOCK_ABSENT = 0, /* given back to the system; all zero */
        BLOCK_FREE,       /* memory, nothing in it */
        BLOCK_OWNED,      /* being filled */
        BLOCK_FULL,       /* not worth filling before it is swept again */
        BLOCK_PARTIAL,    /* swept in this epoch, with holes to be filled */
        BLOCK_SWEEPING,   /* claimed by who sweeps it */
};

/* Who pays for what lies in a block: an account, or one of these. */
enum {
        BLOCK_ACCOUNT_NONE = 0x10000, /* nothing lies there */
        BLOCK_ACCOUNT_MIXED,          /* several */
};

struct block {
        /* The store's lock: */
        struct block *next;   /* in the list of its state */
        uint64_t owner_epoch; /* owned: when it was taken */
        uint64_t swept_epoch; /* by which cycle's colour it was swept last */
        uint8_t state;
        bool is_clean;     /* free: all zero, as the system gave it */
        uint16_t n_live;   /* granules, as of its last sweep */
        uint16_t max_hole; /* granules of the largest hole, as of its last sweep */
        /* Its owner writes, who sweeps reads: */
        _Atomic uint32_t account;
        _Atomic uint16_t n_lent; /* pieces that are lent, see above */
        /* Any thread sets, in a section: it holds grey objects that are in no queue. */
        _Atomic bool is_flagged;
};

struct space {
        char *base;             /* aligned to a block */
        size_t size_bytes;      /* of the reservation */
        _Atomic uint8_t *marks; /* one for each granule */
        struct block *blocks;   /* one for each block */
        size_t n_blocks; /* that have descriptors and memory of their own; the store's lock */
        size_t n_blocks_max;
        struct memory_map map, marks_map, blocks_map;
};

/* Whether this is the address of a small object of the space (large ones have memory of their own). */
static inline bool space_contains(const struct space *space, const void *address) {
        return (uintptr_t)address - (uintptr_t)space->base < space->size_bytes;
}

static inline size_t space_get_granule(const struct space *space, const void *address) {
        return (size_t)((const char *)address - space->base) >> SPACE_GRANULE_SHIFT;
}

static inline _Atomic uint8_t *space_get_mark(const struct space *space, const void *address) {
        return &space->marks[space_get_granule(space, address)];
}

static inline struct block *space_get_block(const struct space *space, const void *address) {
        return &space->blocks[(size_t)((const char *)address - space->base) >> SPACE_BLOCK_SHIFT];
}

static inline char *space_get_block_begin(const struct space *space, const struct block *block) {
        return space->base + ((size_t)(block - space->blocks) << SPACE_BLOCK_SHIFT);
}

static inline size_t space_round(size_t size) {
        return (size + SPACE_GRANULE_BYTES - 1) & ~(size_t)(SPACE_GRANULE_BYTES - 1);
}

static inline _Atomic uint8_t *space_get_block_marks(const struct space *space,
                                                     const struct block *block) {
        return space->marks + (size_t)(block - space->blocks) * SPACE_BLOCK_GRANULES;
}

/* Reserves, 0: twice the machine's memory; halves the size until the system grants it. 0 or -ENOMEM. */
int space_init(struct space *space, size_t reserve_bytes);

/* May be called twice. */
void space_deinit(struct space *space);

/* n_blocks grows, by absent blocks. 0 or -ENOMEM: no memory or address space left. */
int space_grow(struct space *space);

/* A block's memory, and that of its marks, goes back to the system; both are zero from here on. Nothing lies there. */
void space_decommit(struct space *space, struct block *block);
