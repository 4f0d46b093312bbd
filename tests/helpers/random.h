/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Random numbers for tests, repeatable: random_seed() prints the seed, and $GCASYNC_SEED sets it. One
 * generator a test; not for anything but tests (xorshift64*).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct random {
        uint64_t state;
};

static inline struct random random_seed(void) {
        const char *text = getenv("GCASYNC_SEED");
        uint64_t seed = text ? strtoull(text, NULL, 0) : (uint64_t)time(NULL) * 1000003;

        printf("# GCASYNC_SEED=%llu\n", (unsigned long long)seed);
        (void)fflush(stdout);
        return (struct random){ .state = seed | 1 };
}

static inline uint64_t random_u64(struct random *random) {
        random->state ^= random->state >> 12;
        random->state ^= random->state << 25;
        random->state ^= random->state >> 27;
        return random->state * UINT64_C(2685821657736338717);
}

/* 0 to n - 1; 0 for n = 0. */
static inline size_t random_below(struct random *random, size_t n) {
        return n > 0 ? (size_t)(random_u64(random) >> 11) % n : 0;
}

static inline bool random_one_in(struct random *random, size_t n) {
        return random_below(random, n) == 0;
}

/* Any number of bits is as likely as any other. */
static inline uint64_t random_magnitude(struct random *random) {
        return random_u64(random) >> random_below(random, 64);
}
