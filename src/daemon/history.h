/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One uid's finished detached tasks, oldest first, bounded in number and in the bytes that their results
 * and captured output take. The newest stays whatever its size, so that a result can be fetched once.
 * What an entry is part of is its owner's; the I/O thread's.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/list.h"

struct history_entry {
        struct list link;
        uint64_t size_bytes;
};

struct history {
        struct list entries;
        size_t n;
        uint64_t size_bytes;
};

void history_init(struct history *history);
void history_push(struct history *history, struct history_entry *entry, uint64_t size_bytes);
void history_remove(struct history *history, struct history_entry *entry);

/* The oldest entry while the history is above either bound, for the caller to remove; else NULL. */
struct history_entry *
history_find_excess(const struct history *history, uint64_t n_max, uint64_t size_max_bytes);
