/* SPDX-License-Identifier: MIT */

/* The distance is Damerau's in its restricted form, computed over three rows of the usual table. */

#include "daemon/nearest.h"

#include <string.h>

static size_t size_min(size_t a, size_t b) {
        return a < b ? a : b;
}

static size_t nearest_distance(const char *a, size_t a_length, const char *b, size_t b_length) {
        size_t rows[3][NEAREST_LENGTH_MAX + 1];
        size_t *before = rows[0], *above = rows[1], *row = rows[2];

        for (size_t j = 0; j <= b_length; j++)
                above[j] = j;
        for (size_t i = 1; i <= a_length; i++) {
                size_t *free_row = before;

                row[0] = i;
                for (size_t j = 1; j <= b_length; j++) {
                        size_t cost = a[i - 1] != b[j - 1];

                        row[j] = size_min(above[j - 1] + cost, size_min(above[j], row[j - 1]) + 1);
                        if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                                row[j] = size_min(row[j], before[j - 2] + 1);
                }
                before = above;
                above = row;
                row = free_row;
        }
        return above[b_length];
}

void nearest_init(struct nearest *nearest, const char *wanted, size_t length) {
        *nearest = (struct nearest){
                .wanted = wanted,
                .wanted_length = length <= NEAREST_LENGTH_MAX ? length : 0,
                .distance = length / 3 + 2,
        };
}

void nearest_offer(struct nearest *nearest, const char *candidate) {
        size_t length = strlen(candidate), distance;

        if (nearest->wanted_length == 0 || length > NEAREST_LENGTH_MAX)
                return;
        distance = nearest_distance(nearest->wanted, nearest->wanted_length, candidate, length);
        if (distance < nearest->distance && distance < length) {
                nearest->distance = distance;
                nearest->name = candidate;
        }
}
