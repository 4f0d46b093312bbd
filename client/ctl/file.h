/* SPDX-License-Identifier: MIT */
#pragma once

/* Whole files into memory. */

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/* Reads to the end, appending; "-" is standard input. 0, -EFBIG beyond size_max bytes, or -errno. */
int file_read(const char *path, uint64_t size_max, struct buffer *buffer);
