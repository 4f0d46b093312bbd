/* SPDX-License-Identifier: MIT */
#include "gc/object-table.h"

#include "base/check.h"
#include "base/fault.h"
#include "gc/memory.h"

enum {
        OBJECT_TABLE_LENGTH_MIN = 256,
};

void object_table_deinit(struct object_table *table) {
        memory_free(table->entries);
        *table = (struct object_table){ 0 };
}

/* Where the object is or would go. Objects lie side by side, so their addresses are spread by a multiplication whose
 * upper bits depend on all of them. */
static struct object_table_entry *object_table_probe(const struct object_table *table,
                                                     const struct object *object) {
        size_t mask = table->length - 1;
        uint64_t hash = (uint64_t)(uintptr_t)object * UINT64_C(0x9e3779b97f4a7c15);

        for (size_t i = (hash >> 32) & mask;; i = (i + 1) & mask)
                if (!table->entries[i].object || table->entries[i].object == object)
                        return &table->entries[i];
}

uint64_t *object_table_find(const struct object_table *table, const struct object *object) {
        struct object_table_entry *entry;

        if (table->n == 0)
                return NULL;
        entry = object_table_probe(table, object);
        return entry->object ? &entry->word : NULL;
}

static int object_table_grow(struct object_table *table) {
        struct object_table larger = {
                .n = table->n,
                .length = table->length > 0 ? 2 * table->length : OBJECT_TABLE_LENGTH_MIN,
        };

        larger.entries = memory_allocate(larger.length * sizeof(*larger.entries));
        if (!larger.entries)
                return fault_raise(-ENOMEM);
        for (size_t i = 0; i < table->length; i++)
                if (table->entries[i].object)
                        *object_table_probe(&larger, table->entries[i].object) = table->entries[i];
        memory_free(table->entries);
        *table = larger;
        return 0;
}

int object_table_add(struct object_table *table, const struct object *object, uint64_t word) {
        struct object_table_entry *entry;
        int r;

        if (table->n >= table->length / 4 * 3) {
                r = object_table_grow(table);
                if (r != 0)
                        return fault_pass(r);
        }
        entry = object_table_probe(table, object);
        assert(!entry->object);
        *entry = (struct object_table_entry){ object, word };
        table->n++;
        return 0;
}

bool walk_is_branching(const struct object *object) {
        size_t n = object_count_slots(object);
        bool has_one = false;

        for (size_t i = 0; i < n; i++) {
                gca_value value = object->slots[i];

                if (!value_is_object(value) || !object_is_container(value_get_object(value)))
                        continue;
                if (has_one)
                        return true;
                has_one = true;
        }
        return false;
}
