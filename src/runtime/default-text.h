/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * An argument's default as a kind's schema states it: JSON, but only what fits a static table: null,
 * true, false, a number, a string, [] and {}. Pure: text in, a value out.
 */

#include <gcasync/value.h>

enum {
        DEFAULT_TEXT_E_MALFORMED = 1, /* none of these, or a number beyond what a float holds */
        DEFAULT_TEXT_E_TYPE,          /* a value of another type */
};

/*
 * Parses text into a value of the region. A number without fraction and exponent that fits 64 bits is an
 * int, any other a float. type is the argument's: GCA_TYPE_NONE takes all, GCA_TYPE_FLOAT an int
 * too, GCA_TYPE_BYTES a string. 0, an outcome, or -ENOMEM.
 */
int default_text_parse(gca_region *region, const char *text, gca_type type, gca_value *ret_value);

/* Whether an argument of type accepts a value of type given. */
bool default_text_accepts(gca_type type, gca_type given);
