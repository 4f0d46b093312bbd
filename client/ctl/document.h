/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Writes JSON to a stream as it goes, without building it first: pretty, two blanks a level, or all on one
 * line. What does not nest properly is the caller's error; what cannot be written shows in ferror(file).
 *
 * 64-bit integers are written in full. Numbers that JSON lacks are the strings "NaN", "Infinity" and
 * "-Infinity"; bytes are {"base64": "…"}; times are RFC 3339 strings in UTC; task ids are strings ("t12").
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct document {
        FILE *file;
        bool is_pretty;
        bool has_sibling; /* something stands before in the innermost map or list */
        bool has_key;     /* a key waits for its value */
        size_t depth;
};

void document_init(struct document *document, FILE *file, bool is_pretty);
/* Ends the line after the outermost value; another may follow. */
void document_end(struct document *document);

void document_open_map(struct document *document);
void document_close_map(struct document *document);
void document_open_list(struct document *document);
void document_close_list(struct document *document);
void document_key(struct document *document, const char *key);
void document_key_n(struct document *document, const char *key, size_t size);

void document_add_null(struct document *document);
void document_add_bool(struct document *document, bool value);
void document_add_int(struct document *document, int64_t value);
void document_add_uint(struct document *document, uint64_t value);
void document_add_float(struct document *document, double value);
/* Text that is not UTF-8 is written as bytes. */
void document_add_text(struct document *document, const char *text, size_t size);
void document_add_bytes(struct document *document, const void *data, size_t size);

/* A member of the innermost map: its key and value. */
void document_set_text(struct document *document, const char *key, const char *text);
void document_set_format(struct document *document, const char *key, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
void document_set_bool(struct document *document, const char *key, bool value);
void document_set_int(struct document *document, const char *key, int64_t value);
void document_set_uint(struct document *document, const char *key, uint64_t value);
void document_set_task(struct document *document, const char *key, uint64_t task);
/* Null where the time is 0: not yet, or never. */
void document_set_time(struct document *document, const char *key, uint64_t at_us);
