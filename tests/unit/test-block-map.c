/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <string.h>

#include "gc/block-map.h"
#include "helpers/random.h"
#include "helpers/suite.h"

static _Atomic uint8_t marks[SPACE_BLOCK_GRANULES];
static struct block_map map;
static uint64_t cover[BLOCK_MAP_WORDS], ends[BLOCK_MAP_WORDS];

static void put(size_t begin, size_t n, uint8_t state) {
        marks[begin + n - 1] = MARK_END;
        marks[begin] |= state;
}

static bool has(const uint64_t *bits, size_t i) {
        return bits[i / 64] >> i % 64 & 1;
}

/* Objects and gaps at random; owner of each granule: 0 free, else the state. */
static void fill(struct random *random, uint8_t *owners) {
        size_t n;

        memset((void *)marks, 0, sizeof(marks));
        memset(owners, 0, SPACE_BLOCK_GRANULES);
        for (size_t at = 0; at < SPACE_BLOCK_GRANULES; at += n) {
                uint8_t state = (uint8_t)random_below(random, 4);

                n = 1 + random_below(random, random_below(random, 20) == 0 ? 500 : 9);
                if (n > SPACE_BLOCK_GRANULES - at)
                        n = SPACE_BLOCK_GRANULES - at;
                if (state == MARK_NONE)
                        continue;
                put(at, n, state);
                memset(owners + at, state, n);
        }
}

START_TEST(bits_agree_with_a_walk_over_the_bytes) {
        uint8_t owners[SPACE_BLOCK_GRANULES];
        struct random random;
        size_t n_wrong = 0;

        random = random_seed();
        for (int round = 0; round < 300; round++) {
                fill(&random, owners);
                block_map_read(&map, marks, MARK_COLOUR);
                block_map_cover(&map, map.chosen, ends, cover);
                /* Counted, because each of Check's assertions costs a system call. */
                for (size_t i = 0; i < SPACE_BLOCK_GRANULES; i++) {
                        n_wrong += has(map.starts, i) != ((marks[i] & MARK_STATE_MASK) != 0);
                        n_wrong += has(map.ends, i) != ((marks[i] & MARK_END) != 0);
                        n_wrong += has(cover, i) != (owners[i] == MARK_COLOUR);
                        n_wrong +=
                                has(ends, i) != (owners[i] == MARK_COLOUR && (marks[i] & MARK_END));
                }
                ck_assert_uint_eq(n_wrong, 0);
        }
}
END_TEST

START_TEST(objects_at_the_borders_of_words_and_blocks_are_covered) {
        static const size_t objects[][2] = { { 0, 1 },    { 1, 63 },    { 64, 64 }, { 128, 1 },
                                             { 191, 1 },  { 192, 1 },   { 255, 2 }, { 320, 1000 },
                                             { 4032, 1 }, { 4033, 62 }, { 4095, 1 } };

        memset((void *)marks, 0, sizeof(marks));
        memset(cover, 0, sizeof(cover));
        for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++)
                put(objects[i][0], objects[i][1], MARK_COLOUR + 1);
        block_map_read(&map, marks, MARK_COLOUR + 1);
        block_map_cover(&map, map.starts, NULL, cover);
        for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++)
                for (size_t j = 0; j < objects[i][1]; j++)
                        ck_assert(has(cover, objects[i][0] + j));
        ck_assert_uint_eq(bits_count(cover), 1 + 63 + 64 + 1 + 1 + 1 + 2 + 1000 + 1 + 62 + 1);
}
END_TEST

/* How long the run is that a granule is in. */
static size_t measure_run(const uint64_t *bits, size_t at) {
        size_t begin = at, end = at;

        while (begin > 0 && has(bits, begin - 1))
                begin--;
        while (end < SPACE_BLOCK_GRANULES && has(bits, end))
                end++;
        return end - begin;
}

START_TEST(opening_keeps_runs_that_are_long_enough_and_no_others) {
        uint64_t opened[BLOCK_MAP_WORDS];
        struct random random;
        size_t n_wrong = 0;

        random = random_seed();
        for (size_t n = 1; n <= 64; n *= 2) {
                for (size_t i = 0; i < BLOCK_MAP_WORDS; i++)
                        cover[i] = random_u64(&random) | random_u64(&random) | random_u64(&random) |
                                   (n > 8 ? random_u64(&random) : 0);
                memset(cover + 20, 0xff, 32);
                memcpy(opened, cover, sizeof(cover));
                bits_open(opened, n);
                for (size_t i = 0; i < SPACE_BLOCK_GRANULES; i++)
                        n_wrong += has(opened, i) != (has(cover, i) && measure_run(cover, i) >= n);
                ck_assert_uint_eq(n_wrong, 0);
        }
}
END_TEST

START_TEST(runs_are_found_in_the_order_of_addresses) {
        size_t begin = 0, end = 0;

        memset(cover, 0, sizeof(cover));
        ck_assert(!bits_find_run(cover, 0, &begin, &end));
        cover[0] = (uint64_t)1 << 63;
        cover[1] = 7;
        memset(cover + 62, 0xff, 16);
        ck_assert(bits_find_run(cover, 0, &begin, &end));
        ck_assert_uint_eq(begin, 63);
        ck_assert_uint_eq(end, 67);
        ck_assert(bits_find_run(cover, end, &begin, &end));
        ck_assert_uint_eq(begin, (size_t)62 * 64);
        ck_assert_uint_eq(end, SPACE_BLOCK_GRANULES);
        ck_assert(!bits_find_run(cover, end, &begin, &end));
}
END_TEST

START_TEST(each_bit_is_visited_once) {
        size_t n = 0;

        memset(cover, 0, sizeof(cover));
        cover[3] = 0x8000000000000011;
        cover[63] = (uint64_t)1 << 63;
        bits_for_each(i, cover) {
                ck_assert(has(cover, i));
                n++;
        }
        ck_assert_uint_eq(n, 4);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                bits_agree_with_a_walk_over_the_bytes,
                objects_at_the_borders_of_words_and_blocks_are_covered,
                opening_keeps_runs_that_are_long_enough_and_no_others,
                runs_are_found_in_the_order_of_addresses,
                each_bit_is_visited_once,
        };

        return suite_run("block-map", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
