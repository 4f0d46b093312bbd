/* SPDX-License-Identifier: MIT */
#pragma once

/* UTF-8 as in RFC 3629: no surrogates, nothing above U+10FFFF, no overlong form. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether data is UTF-8. NUL is a character like any other here. */
bool utf8_is_valid(const void *data, size_t size);

/* The bytes of the character that data begins with, and the character; 0 where data is not UTF-8. */
size_t utf8_decode(const void *data, size_t size, uint32_t *ret_character);
