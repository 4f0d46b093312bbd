/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A standard stream that may be slower than the daemon. A client that stops reading is a slow reader, whose
 * session the daemon ends; so what cannot be written at once is kept here and written when there is room,
 * and beyond SINK_KEEP_MAX it is cut, counted, and told, as the daemon does with what it captures.
 *
 * The descriptor stays blocking (it is shared with whoever started us): a pipe or terminal is only written to
 * after poll() said so, and never more than it surely takes.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

enum {
        SINK_KEEP_MAX = 64 << 20,
};

struct sink {
        int fd;
        bool is_file; /* takes everything at once */
        int error;    /* errno of the write that failed; nothing is written after it */
        struct buffer pending;
        uint64_t cut_bytes;
};

void sink_init(struct sink *sink, int fd);
void sink_deinit(struct sink *sink);
/* Writes what goes without waiting and keeps the rest. */
void sink_push(struct sink *sink, const void *data, size_t size);
/* poll() said that there is room. */
void sink_write(struct sink *sink);
bool sink_is_pending(const struct sink *sink);
/* Writes all that is pending, waiting for it. */
void sink_flush(struct sink *sink);
