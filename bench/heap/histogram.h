/* SPDX-License-Identifier: MIT */
#pragma once

/* Times by size: 64 buckets an octave, so that a quantile is off by 1.6 % at most. */

#include <stdint.h>

enum {
        HISTOGRAM_STEPS = 64,
        HISTOGRAM_OCTAVES = 40,
};

struct histogram {
        uint64_t buckets[HISTOGRAM_STEPS * HISTOGRAM_OCTAVES];
        uint64_t n, max;
};

static inline unsigned histogram_find_bucket(uint64_t value) {
        unsigned octave, bucket;

        if (value < HISTOGRAM_STEPS)
                return (unsigned)value;
        octave = 63 - 6 - (unsigned)__builtin_clzll(value);
        bucket = (octave + 1) * HISTOGRAM_STEPS + ((value >> octave) & (HISTOGRAM_STEPS - 1));
        return bucket < HISTOGRAM_STEPS * HISTOGRAM_OCTAVES
                       ? bucket
                       : HISTOGRAM_STEPS * HISTOGRAM_OCTAVES - 1;
}

static inline uint64_t histogram_get_value(unsigned bucket) {
        unsigned octave;

        if (bucket < HISTOGRAM_STEPS)
                return bucket;
        octave = bucket / HISTOGRAM_STEPS - 1;
        return ((uint64_t)(HISTOGRAM_STEPS + bucket % HISTOGRAM_STEPS) << octave) +
               ((UINT64_C(1) << octave) >> 1);
}

static inline void histogram_add(struct histogram *histogram, uint64_t value) {
        histogram->buckets[histogram_find_bucket(value)]++;
        histogram->n++;
        if (value > histogram->max)
                histogram->max = value;
}

static inline uint64_t histogram_get_quantile(const struct histogram *histogram, double p) {
        uint64_t wanted = (uint64_t)(p * (double)histogram->n), seen = 0;

        for (unsigned i = 0; i < HISTOGRAM_STEPS * HISTOGRAM_OCTAVES; i++) {
                seen += histogram->buckets[i];
                if (seen > wanted)
                        return histogram_get_value(i);
        }
        return histogram->max;
}
