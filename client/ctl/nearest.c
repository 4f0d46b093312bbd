/* SPDX-License-Identifier: MIT */

#include "nearest.h"

#include <string.h>

static size_t size_min(size_t a, size_t b) {
        return a < b ? a : b;
}

/* The optimal string alignment distance, with three rows of its matrix. Both words are short enough. */
static size_t word_distance(const char *a, size_t n_a, const char *b, size_t n_b) {
        size_t rows[3][NEAREST_WORD_MAX + 1];

        for (size_t j = 0; j <= n_b; j++)
                rows[0][j] = j;
        for (size_t i = 1; i <= n_a; i++) {
                size_t *row = rows[i % 3];
                const size_t *above = rows[(i + 2) % 3], *above_that = rows[(i + 1) % 3];

                row[0] = i;
                for (size_t j = 1; j <= n_b; j++) {
                        row[j] = size_min(above[j] + 1, row[j - 1] + 1);
                        row[j] = size_min(row[j], above[j - 1] + (a[i - 1] != b[j - 1]));
                        if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                                row[j] = size_min(row[j], above_that[j - 2] + 1);
                }
        }
        return rows[n_a % 3][n_b];
}

void nearest_init(struct nearest *nearest, const char *word) {
        size_t n = strlen(word);

        *nearest = (struct nearest){ .word = word };
        /* One more than what is still near. */
        nearest->distance = (n < 4 ? 1 : n < 9 ? 2 : n / 3) + 1;
}

void nearest_offer_n(struct nearest *nearest, const char *name, size_t size) {
        size_t n_word = strlen(nearest->word), distance;

        if (n_word > NEAREST_WORD_MAX || size > NEAREST_WORD_MAX)
                return;
        distance = word_distance(nearest->word, n_word, name, size);
        if (distance >= nearest->distance)
                return;
        nearest->distance = distance;
        memcpy(nearest->buffer, name, size);
        nearest->buffer[size] = '\0';
        nearest->name = nearest->buffer;
}

void nearest_offer(struct nearest *nearest, const char *name) {
        nearest_offer_n(nearest, name, strlen(name));
}
