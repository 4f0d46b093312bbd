/* SPDX-License-Identifier: MIT */
#include "gc/space.h"

#include <errno.h>
#include <unistd.h>

#include "base/fault.h"

enum {
        SPACE_EXTENT_BYTES = SPACE_EXTENT_BLOCKS * SPACE_BLOCK_BYTES,
        SPACE_HUGE_PAGE_BYTES = 1 << 21,
};

static_assert(SPACE_BLOCK_GRANULES % 4096 == 0, "a block's marks are whole pages of their own");

static size_t space_choose_size(size_t reserve_bytes) {
        size_t size = reserve_bytes;

        if (size == 0)
                size = 2 * (size_t)sysconf(_SC_PHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE);
        size = (size + SPACE_EXTENT_BYTES - 1) & ~(size_t)(SPACE_EXTENT_BYTES - 1);
        return size > SPACE_EXTENT_BYTES ? size : SPACE_EXTENT_BYTES;
}

static int space_reserve(struct space *space, size_t size) {
        size_t n_blocks = size / SPACE_BLOCK_BYTES;

        if (memory_map_init(&space->map, size, SPACE_HUGE_PAGE_BYTES) < 0 ||
            memory_map_init(&space->marks_map,
                            n_blocks * SPACE_BLOCK_GRANULES,
                            SPACE_HUGE_PAGE_BYTES) < 0 ||
            memory_map_init(
                    &space->blocks_map, n_blocks * sizeof(struct block), SPACE_BLOCK_BYTES) < 0) {
                space_deinit(space);
                return -ENOMEM;
        }
        space->base = space->map.base;
        space->size_bytes = size;
        space->marks = (_Atomic uint8_t *)space->marks_map.base;
        space->blocks = (struct block *)space->blocks_map.base;
        space->n_blocks_max = n_blocks;
        return 0;
}

int space_init(struct space *space, size_t reserve_bytes) {
        size_t size = space_choose_size(reserve_bytes);

        *space = (struct space){ 0 };
        while (space_reserve(space, size) < 0) {
                if (size == SPACE_EXTENT_BYTES)
                        return fault_raise(-ENOMEM);
                size = space_choose_size(size / 2);
        }
        return 0;
}

void space_deinit(struct space *space) {
        memory_map_deinit(&space->map);
        memory_map_deinit(&space->marks_map);
        memory_map_deinit(&space->blocks_map);
        *space = (struct space){ 0 };
}

int space_grow(struct space *space) {
        size_t n_blocks = space->n_blocks + SPACE_EXTENT_BLOCKS;
        int r;

        if (n_blocks > space->n_blocks_max)
                return fault_raise(-ENOMEM);
        r = memory_map_grow(&space->blocks_map, n_blocks * sizeof(struct block));
        if (r == 0)
                r = memory_map_grow(&space->marks_map, n_blocks * SPACE_BLOCK_GRANULES);
        if (r == 0)
                r = memory_map_grow(&space->map, n_blocks * SPACE_BLOCK_BYTES);
        if (r < 0)
                return fault_pass(r);
        space->n_blocks = n_blocks;
        return 0;
}

void space_decommit(struct space *space, struct block *block) {
        memory_give_back(space_get_block_begin(space, block), SPACE_BLOCK_BYTES);
        memory_give_back((void *)(uintptr_t)space_get_block_marks(space, block),
                         SPACE_BLOCK_GRANULES);
        block->is_clean = true;
}
