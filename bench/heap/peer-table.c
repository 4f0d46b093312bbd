/* SPDX-License-Identifier: MIT */

/* W3's table on a peer. */

#include <string.h>

#include "peer.h"
#include "table.h"

struct entry {
        uint64_t *key, *value, *other;
        uint64_t words[3];
};

struct cell {
        struct cell *next, *other;
        uint64_t words[6];
};

struct chunk {
        struct entry *slots[TABLE_CHUNK];
};

struct table {
        struct peer peer;
        struct chunk **chunks;
};

static struct entry **table_get_slot(struct table *table, uint32_t slot) {
        return &table->chunks[slot / TABLE_CHUNK]->slots[slot % TABLE_CHUNK];
}

static uint64_t *table_new_words(struct table *table, size_t n, uint64_t counter) {
        uint64_t *words = peer_allocate_plain(&table->peer, n * sizeof(*words));

        words[0] = words[n - 1] = counter;
        return words;
}

static void table_put(void *data, uint32_t slot, uint64_t counter) {
        struct table *table = data;
        struct entry *entry = peer_allocate(&table->peer, sizeof(*entry)),
                     **place = table_get_slot(table, slot), *old = *place;

        entry->words[0] = counter;
        entry->other = NULL;
        entry->key = table_new_words(table, TABLE_KEY_WORDS, counter);
        entry->value = table_new_words(table, TABLE_VALUE_WORDS, counter);
        *place = entry;
        if (PEER_FREES && old) {
                peer_free(old->key);
                peer_free(old->value);
                peer_free(old);
        }
}

static void table_run_list(struct table *table, uint64_t counter) {
        struct cell *list = NULL;

        for (int i = 0; i < TABLE_LIST; i++) {
                struct cell *cell = peer_allocate(&table->peer, sizeof(*cell));

                cell->next = list;
                cell->other = NULL;
                cell->words[0] = counter;
                list = cell;
        }
        forget_memory();
        while (PEER_FREES && list) {
                struct cell *next = list->next;

                peer_free(list);
                list = next;
        }
}

static uint64_t table_operate(void *data, uint32_t slot, uint64_t counter) {
        struct table *table = data;
        const struct entry *entry = *table_get_slot(table, slot);
        uint64_t read = entry->key[0] + entry->value[0];

        table_put(table, slot, counter);
        table_run_list(table, counter);
        return read;
}

void peer_run_table(unsigned seconds) {
        struct table table;
        size_t n_chunks = (TABLE_SLOTS + TABLE_CHUNK - 1) / TABLE_CHUNK;

        peer_init(&table.peer);
        table.chunks = peer_allocate_table(n_chunks * sizeof(*table.chunks));
        for (size_t i = 0; i < n_chunks; i++) {
                table.chunks[i] = peer_allocate(&table.peer, sizeof(struct chunk));
                memset(table.chunks[i], 0, sizeof(struct chunk));
        }
        table_fill(table_put, &table);
        table_churn(seconds, table_operate, &table);
}
