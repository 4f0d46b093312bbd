/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A table from ids to items, for ids that are handed out in ascending order and removed in any: pages of 64
 * slots, in an array sorted by id. Adding at the end and finding a young id take constant time, finding
 * any other a binary search, and walking in the order of ids is walking the array. A page that has
 * become empty is given back, except the last one, where the next ids go. One thread.
 */

#include <stddef.h>
#include <stdint.h>

enum {
        ID_TABLE_PAGE_SLOTS = 64,
};

struct id_table_page {
        uint64_t number; /* the ids number * 64 to number * 64 + 63 */
        size_t n;
        void *slots[ID_TABLE_PAGE_SLOTS];
};

struct id_table {
        struct id_table_page **pages;
        size_t n_pages, n_pages_max;
        size_t n;
};

void id_table_deinit(struct id_table *table);

/* id is above every id that was ever added, item not NULL. 0 or -ENOMEM, nothing changed. */
int id_table_add(struct id_table *table, uint64_t id, void *item);

/* id is in the table. */
void id_table_remove(struct id_table *table, uint64_t id);

/* NULL where there is none. */
void *id_table_find(const struct id_table *table, uint64_t id);

/* The item with the lowest id above after_id, or NULL. */
void *id_table_find_after(const struct id_table *table, uint64_t after_id);

/* Walks the table and asserts its invariants. */
void id_table_verify(const struct id_table *table);
