/* SPDX-License-Identifier: MIT */

#include "daemon/history.h"

#include "base/check.h"

void history_init(struct history *history) {
        list_init(&history->entries);
        history->n = 0;
        history->size_bytes = 0;
}

void history_push(struct history *history, struct history_entry *entry, uint64_t size_bytes) {
        entry->size_bytes = size_bytes;
        list_push_back(&history->entries, &entry->link);
        history->n++;
        history->size_bytes += size_bytes;
}

void history_remove(struct history *history, struct history_entry *entry) {
        assert(history->n > 0);
        assert(history->size_bytes >= entry->size_bytes);
        list_remove(&entry->link);
        history->n--;
        history->size_bytes -= entry->size_bytes;
}

struct history_entry *
history_find_excess(const struct history *history, uint64_t n_max, uint64_t size_max_bytes) {
        if (history->n == 0)
                return NULL;
        if (history->n > n_max || (history->size_bytes > size_max_bytes && history->n > 1))
                return list_entry(history->entries.next, struct history_entry, link);
        return NULL;
}
