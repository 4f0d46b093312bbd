/* SPDX-License-Identifier: MIT */
#pragma once

/* Pieces of text that people and JSON read alike: numbers and characters of strings. */

#include <stddef.h>

enum {
        TEXT_NUMBER_MAX = 32, /* any number, and a NUL */
        TEXT_ESCAPE_MAX = 8,  /* any character, escaped or not, and a NUL */
};

/* The fewest digits that read back as the same number, with a sign of being no integer ("1.0", "1e+300");
 * "NaN", "Infinity" or "-Infinity". In no locale. */
void text_format_float(char text[TEXT_NUMBER_MAX], double value);

/* The first of the characters of valid UTF-8, n > 0 bytes, as a JSON string has it; what could move a terminal's
 * cursor is escaped. Returns the length of what was written, and how many bytes it stands for. */
size_t text_escape(const char *text, size_t n, char escape[TEXT_ESCAPE_MAX], size_t *ret_n_read);
