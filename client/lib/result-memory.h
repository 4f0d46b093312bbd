/* SPDX-License-Identifier: MIT */
#pragma once

/* The one allocation of a result: its rows, then the texts that they point to. */

#include <stddef.h>

#include <protobuf-c/protobuf-c.h>

struct gcasync_result;

struct result_memory {
        char *at, *end;
};

/* A result with one reference and all else zero, and size more bytes to take from. 0 or -ENOMEM. */
int result_memory_new(size_t size,
                      struct result_memory *ret_memory,
                      struct gcasync_result **ret_result);

/* Zeroed rows; take them before texts, the rows with the largest alignment first. */
void *result_memory_take(struct result_memory *memory, size_t size);

/* A copy of the text, NUL-terminated. */
const char *result_memory_take_text(struct result_memory *memory, const ProtobufCBinaryData *text);
