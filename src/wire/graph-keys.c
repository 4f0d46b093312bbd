/* SPDX-License-Identifier: MIT */

#include "wire/graph-keys.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fault.h"
#include "wire/graph.h"

enum {
        /* Up to here, comparing each with each is cheaper than sorting. */
        N_PAIRWISE_MAX = 8,
};

static bool keys_are_equal(const struct graph_chunk *a, const struct graph_chunk *b) {
        return a->size == b->size && (a->size == 0 || memcmp(a->data, b->data, a->size) == 0);
}

static int keys_compare(const void *pa, const void *pb) {
        const struct graph_chunk *a = pa, *b = pb;

        if (a->size != b->size)
                return a->size < b->size ? -1 : 1;
        return a->size == 0 ? 0 : memcmp(a->data, b->data, a->size);
}

static int keys_differ_sorted(const struct graph_chunk *keys, size_t n) {
        cleanup_(freep) struct graph_chunk *sorted = NULL;

        sorted = malloc(n * sizeof(*sorted));
        if (!sorted)
                return fault_raise(-ENOMEM);
        memcpy(sorted, keys, n * sizeof(*sorted));
        qsort(sorted, n, sizeof(*sorted), keys_compare);
        for (size_t i = 1; i < n; i++)
                if (keys_are_equal(&sorted[i - 1], &sorted[i]))
                        return 0;
        return 1;
}

int graph_keys_differ(const struct graph_chunk *keys, size_t n) {
        if (n > N_PAIRWISE_MAX)
                return keys_differ_sorted(keys, n);
        for (size_t i = 1; i < n; i++)
                for (size_t k = 0; k < i; k++)
                        if (keys_are_equal(&keys[i], &keys[k]))
                                return 0;
        return 1;
}
