/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The nearest valid name, for "did you mean": candidates are offered one by one, and the closest one is
 * kept if it is close enough to be meant (at most a third of the letters differ, swapped neighbours
 * counting as one).
 */

#include <stddef.h>

enum {
        NEAREST_LENGTH_MAX = 64,
};

struct nearest {
        const char *name; /* the closest so far, or NULL; borrowed */
        const char *wanted;
        size_t wanted_length;
        size_t distance; /* of name, or the bound */
};

/* wanted need not be NUL-terminated and is borrowed. One that is empty or too long is near to nothing. */
void nearest_init(struct nearest *nearest, const char *wanted, size_t length);
void nearest_offer(struct nearest *nearest, const char *candidate);
