/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * "Did you mean": among the names offered one by one, the one closest to what was typed, by edits of one
 * character (insert, delete, replace, swap two neighbours). A name further away than a third of the word
 * (two edits are always near enough for words of four letters and more) is no suggestion.
 */

#include <stddef.h>

enum {
        NEAREST_WORD_MAX = 64, /* longer words are not compared */
};

struct nearest {
        const char *word;
        const char *
                name; /* the best so far, or NULL; stands in buffer, so the struct is not to be moved */
        char buffer[NEAREST_WORD_MAX + 1];
        size_t distance;
};

void nearest_init(struct nearest *nearest, const char *word);
void nearest_offer(struct nearest *nearest, const char *name);
void nearest_offer_n(struct nearest *nearest, const char *name, size_t size);
