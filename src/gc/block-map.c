/* SPDX-License-Identifier: MIT */
#include "gc/block-map.h"

#include "gc/thread.h"

#if defined(__SSE2__) && !defined(SECTION_HAS_TSAN)

#        include <emmintrin.h>

static void block_map_read_word(struct block_map *map,
                                size_t word,
                                const _Atomic uint8_t *marks,
                                uint8_t state) {
        const __m128i *bytes = (const __m128i *)(uintptr_t)marks;
        const __m128i mask = _mm_set1_epi8(MARK_STATE_MASK), wanted = _mm_set1_epi8((char)state);
        uint64_t free = 0, chosen = 0, ends = 0;

        for (unsigned i = 0; i < 4; i++) {
                __m128i sixteen = _mm_loadu_si128(bytes + i);
                __m128i states = _mm_and_si128(sixteen, mask);
                __m128i is_free = _mm_cmpeq_epi8(states, _mm_setzero_si128());
                __m128i is_chosen = _mm_cmpeq_epi8(states, wanted);

                free |= (uint64_t)(uint16_t)_mm_movemask_epi8(is_free) << 16 * i;
                chosen |= (uint64_t)(uint16_t)_mm_movemask_epi8(is_chosen) << 16 * i;
                ends |= (uint64_t)(uint16_t)_mm_movemask_epi8(sixteen) << 16 * i;
        }
        map->starts[word] = ~free;
        map->chosen[word] = chosen;
        map->ends[word] = ends;
}

#else

static void block_map_read_word(struct block_map *map,
                                size_t word,
                                const _Atomic uint8_t *marks,
                                uint8_t state) {
        uint64_t starts = 0, chosen = 0, ends = 0;

        for (unsigned i = 0; i < 64; i++) {
                /* Relaxed: see block_map_read(). */
                uint8_t mark = atomic_load_explicit(&marks[i], memory_order_relaxed);

                starts |= (uint64_t)((mark & MARK_STATE_MASK) != 0) << i;
                chosen |= (uint64_t)((mark & MARK_STATE_MASK) == state) << i;
                ends |= (uint64_t)((mark & MARK_END) != 0) << i;
        }
        map->starts[word] = starts;
        map->chosen[word] = chosen;
        map->ends[word] = ends;
}

#endif

/* What orders the bytes before what is done with the objects is the store's lock or a grace period, not the loads. */
void block_map_read(struct block_map *map, const _Atomic uint8_t *marks, uint8_t state) {
        for (size_t word = 0; word < BLOCK_MAP_WORDS; word++)
                block_map_read_word(map, word, marks + word * 64, state);
}

void block_map_cover(const struct block_map *map,
                     const uint64_t *starts,
                     uint64_t *ret_ends,
                     uint64_t *ret_cover) {
        uint64_t top = 0;
        bool carry = false, borrow = false;

        for (size_t word = 0; word < BLOCK_MAP_WORDS; word++) {
                uint64_t sum, ends, past, cover;
                bool out;

                out = __builtin_add_overflow(starts[word], ~map->ends[word], &sum);
                out |= __builtin_add_overflow(sum, (uint64_t)carry, &sum);
                carry = out;
                ends = sum & map->ends[word];
                past = ends << 1 | top;
                top = ends >> 63;
                out = __builtin_sub_overflow(past, starts[word], &cover);
                out |= __builtin_sub_overflow(cover, (uint64_t)borrow, &cover);
                borrow = out;
                if (ret_ends)
                        ret_ends[word] = ends;
                ret_cover[word] = cover;
        }
}

void bits_open(uint64_t *bits, size_t n) {
        /* Each bit that has 2 * shift of them from it on. */
        for (size_t shift = 1; shift < n; shift *= 2) {
                for (size_t word = 0; word + 1 < BLOCK_MAP_WORDS; word++)
                        bits[word] &= bits[word] >> shift | bits[word + 1] << (64 - shift);
                bits[BLOCK_MAP_WORDS - 1] &= bits[BLOCK_MAP_WORDS - 1] >> shift;
        }
        for (size_t shift = n / 2; shift > 0; shift /= 2) {
                for (size_t word = BLOCK_MAP_WORDS - 1; word > 0; word--)
                        bits[word] |= bits[word] << shift | bits[word - 1] >> (64 - shift);
                bits[0] |= bits[0] << shift;
        }
}

/* The first bit at or after from that is set, or, flip being ~0, that is not. */
static size_t bits_find(const uint64_t *bits, size_t from, uint64_t flip) {
        size_t word = from / 64;
        uint64_t left;

        if (from >= SPACE_BLOCK_GRANULES)
                return SPACE_BLOCK_GRANULES;
        left = (bits[word] ^ flip) & ~(uint64_t)0 << from % 64;
        while (left == 0) {
                if (++word == BLOCK_MAP_WORDS)
                        return SPACE_BLOCK_GRANULES;
                left = bits[word] ^ flip;
        }
        return word * 64 + (size_t)__builtin_ctzll(left);
}

bool bits_find_run(const uint64_t *bits, size_t from, size_t *ret_begin, size_t *ret_end) {
        size_t begin = bits_find(bits, from, 0);

        if (begin == SPACE_BLOCK_GRANULES)
                return false;
        *ret_begin = begin;
        *ret_end = bits_find(bits, begin, ~(uint64_t)0);
        return true;
}

/* The bits of 16 words: by bytes, none of whose sums is over 128, and those then added up by pairs. Without an instruction for
 * it, which not every processor of the architecture has, __builtin_popcountll() is a call and a look-up for each byte. */
static inline size_t bits_count_16(const uint64_t *bits) {
        const uint64_t pairs = 0x5555555555555555, nibbles = 0x3333333333333333,
                       bytes = 0x0f0f0f0f0f0f0f0f, words = 0x00ff00ff00ff00ff;
        uint64_t sums = 0;

        for (size_t i = 0; i < 16; i++) {
                uint64_t left = bits[i];

                left -= left >> 1 & pairs;
                left = (left & nibbles) + (left >> 2 & nibbles);
                sums += (left + (left >> 4)) & bytes;
        }
        sums = (sums & words) + (sums >> 8 & words);
        return sums * 0x0001000100010001 >> 48;
}

static_assert(BLOCK_MAP_WORDS % 16 == 0, "bits_count_16() counts them");

size_t bits_count(const uint64_t *bits) {
        size_t n = 0;

        for (size_t word = 0; word < BLOCK_MAP_WORDS; word += 16)
                n += bits_count_16(bits + word);
        return n;
}

bool bits_are_none(const uint64_t *bits) {
        uint64_t any = 0;

        for (size_t word = 0; word < BLOCK_MAP_WORDS; word++)
                any |= bits[word];
        return any == 0;
}
