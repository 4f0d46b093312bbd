/* SPDX-License-Identifier: MIT */
#pragma once

/* Received values as text and as JSON. However deep a value is, nothing here recurses. */

#include <stdio.h>

#include <gcasync/client.h>

struct document;

/* The value at the document's place, as document.h describes it. */
void value_write(struct document *document, gcasync_view value);

enum {
        VALUE_E_BYTES = 1, /* bytes are not for a terminal */
};

/*
 * For people and pipes: a string as it is (on a terminal escaped, newlines and tabs kept) and a newline,
 * bytes as they are, everything else as JSON. 0, or VALUE_E_BYTES with nothing written.
 */
int value_print(FILE *file, gcasync_view value, bool is_terminal);
