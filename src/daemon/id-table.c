/* SPDX-License-Identifier: MIT */

#include "daemon/id-table.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/fault.h"

enum {
        PAGES_MIN = 16
};

void id_table_deinit(struct id_table *table) {
        for (size_t i = 0; i < table->n_pages; i++)
                free(table->pages[i]);
        free(table->pages);
        *table = (struct id_table){ 0 };
}

/* The index of the first page whose number is at least number. */
static size_t id_table_find_page(const struct id_table *table, uint64_t number) {
        size_t low = 0, high = table->n_pages;

        if (high == 0 || table->pages[high - 1]->number < number)
                return high;
        if (table->pages[high - 1]->number == number)
                return high - 1;
        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (table->pages[middle]->number < number)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}

static void id_table_remove_page(struct id_table *table, size_t index) {
        free(table->pages[index]);
        table->n_pages--;
        memmove(table->pages + index,
                table->pages + index + 1,
                (table->n_pages - index) * sizeof(*table->pages));
}

static int id_table_add_page(struct id_table *table, uint64_t number) {
        struct id_table_page *page;

        if (table->n_pages == table->n_pages_max) {
                size_t n_max = table->n_pages_max ? 2 * table->n_pages_max : PAGES_MIN;
                struct id_table_page **pages = realloc(table->pages, n_max * sizeof(*pages));

                if (!pages)
                        return fault_raise(-ENOMEM);
                table->pages = pages;
                table->n_pages_max = n_max;
        }
        page = calloc(1, sizeof(*page));
        if (!page)
                return fault_raise(-ENOMEM);
        page->number = number;
        /* Only the last page may be empty. */
        if (table->n_pages > 0 && table->pages[table->n_pages - 1]->n == 0)
                id_table_remove_page(table, table->n_pages - 1);
        table->pages[table->n_pages++] = page;
        return 0;
}

int id_table_add(struct id_table *table, uint64_t id, void *item) {
        uint64_t number = id / ID_TABLE_PAGE_SLOTS;
        struct id_table_page *page;
        int r;

        assert(item);
        if (table->n_pages == 0 || table->pages[table->n_pages - 1]->number != number) {
                assert(table->n_pages == 0 || table->pages[table->n_pages - 1]->number < number);
                r = id_table_add_page(table, number);
                if (r < 0)
                        return fault_pass(r);
        }
        page = table->pages[table->n_pages - 1];
        assert(!page->slots[id % ID_TABLE_PAGE_SLOTS]);
        page->slots[id % ID_TABLE_PAGE_SLOTS] = item;
        page->n++;
        table->n++;
        return 0;
}

void id_table_remove(struct id_table *table, uint64_t id) {
        size_t index = id_table_find_page(table, id / ID_TABLE_PAGE_SLOTS);
        struct id_table_page *page;

        assert(index < table->n_pages);
        page = table->pages[index];
        assert(page->number == id / ID_TABLE_PAGE_SLOTS);
        assert(page->slots[id % ID_TABLE_PAGE_SLOTS]);
        page->slots[id % ID_TABLE_PAGE_SLOTS] = NULL;
        page->n--;
        table->n--;
        if (page->n == 0 && index != table->n_pages - 1)
                id_table_remove_page(table, index);
}

void *id_table_find(const struct id_table *table, uint64_t id) {
        size_t index = id_table_find_page(table, id / ID_TABLE_PAGE_SLOTS);

        if (index == table->n_pages || table->pages[index]->number != id / ID_TABLE_PAGE_SLOTS)
                return NULL;
        return table->pages[index]->slots[id % ID_TABLE_PAGE_SLOTS];
}

void *id_table_find_after(const struct id_table *table, uint64_t after_id) {
        uint64_t id = after_id + 1;
        size_t slot;

        if (id == 0)
                return NULL;
        slot = id % ID_TABLE_PAGE_SLOTS;
        for (size_t i = id_table_find_page(table, id / ID_TABLE_PAGE_SLOTS); i < table->n_pages;
             i++) {
                const struct id_table_page *page = table->pages[i];

                if (page->number != id / ID_TABLE_PAGE_SLOTS)
                        slot = 0;
                for (; slot < ID_TABLE_PAGE_SLOTS; slot++)
                        if (page->slots[slot])
                                return page->slots[slot];
                slot = 0;
        }
        return NULL;
}

void id_table_verify(const struct id_table *table) {
        size_t n_items = 0;

        for (size_t i = 0; i < table->n_pages; i++) {
                const struct id_table_page *page = table->pages[i];
                size_t n = 0;

                assert(i == 0 || table->pages[i - 1]->number < page->number);
                for (size_t slot = 0; slot < ID_TABLE_PAGE_SLOTS; slot++)
                        n += page->slots[slot] != NULL;
                assert(n == page->n);
                assert(n > 0 || i == table->n_pages - 1);
                n_items += n;
        }
        assert(n_items == table->n);
}
