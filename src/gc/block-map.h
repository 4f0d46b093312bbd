/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a block's mark bytes say, as bits: 64 granules a word, the lowest address in bit 0 of word 0. So dead objects and holes are
 * found by arithmetic on whole words:
 *
 *     the ends of some objects    adding their starts to the inverse of all ends carries each up to its own end
 *     what they cover             the ends, doubled, less the starts, as one long number
 *     runs of n free granules     shifting and masking, log2(n) times
 *
 * Nothing here looks at an object. Pure, but for reading and writing the mark bytes.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gc/space.h"

enum {
        BLOCK_MAP_WORDS = SPACE_BLOCK_GRANULES / 64,
};

/* As read from the mark bytes. */
struct block_map {
        uint64_t starts[BLOCK_MAP_WORDS]; /* an object begins here */
        uint64_t chosen[BLOCK_MAP_WORDS]; /* one of the mark state that was asked for */
        uint64_t ends[BLOCK_MAP_WORDS];   /* an object ends here */
};

/* state: MARK_GREY or a colour. Bytes that change meanwhile read as either. */
void block_map_read(struct block_map *map, const _Atomic uint8_t *marks, uint8_t state);

/* The ends and the granules of the objects that begin at starts. ret_ends may be NULL. */
void block_map_cover(const struct block_map *map,
                     const uint64_t *starts,
                     uint64_t *ret_ends,
                     uint64_t *ret_cover);

/* Leaves of a set of granules only runs of at least n; n: a power of two, at most 64. */
void bits_open(uint64_t *bits, size_t n);

/* The first run at or after from; false: none. */
bool bits_find_run(const uint64_t *bits, size_t from, size_t *ret_begin, size_t *ret_end);

size_t bits_count(const uint64_t *bits);
bool bits_are_none(const uint64_t *bits);

/* Calls for each bit that is set. */
#define bits_for_each(index, bits)                                                             \
        for (size_t word_##index = 0; word_##index < BLOCK_MAP_WORDS; word_##index++)          \
                for (uint64_t left_##index = (bits)[word_##index], index;                      \
                     left_##index != 0 &&                                                      \
                     (index = word_##index * 64 + (uint64_t)__builtin_ctzll(left_##index), 1); \
                     left_##index &= left_##index - 1)
