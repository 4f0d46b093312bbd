/* SPDX-License-Identifier: MIT */
#pragma once

/* Words of the command line into numbers. Each returns true and the value, or false for any other word. */

#include <stdbool.h>
#include <stdint.h>

/* "t12" or "12": decimal, not 0, without sign, blanks or leading zeros; whole, never a prefix. */
bool parse_task_id(const char *word, uint64_t *ret_task);

/* "5", "1.5s", "100ms", "2min", "2m", "1h", "1d"; a number without unit is seconds; more than 0. */
bool parse_duration(const char *word, uint64_t *ret_duration_ns);

/* An integer of 64 bits: decimal, or hexadecimal after 0x, with or without a sign. */
bool parse_int(const char *word, int64_t *ret_value);

/* A floating-point number, "nan", "inf" and "-inf" too. */
bool parse_float(const char *word, double *ret_value);

/* An octal file mode mask, "022". */
bool parse_umask(const char *word, uint32_t *ret_mask);
