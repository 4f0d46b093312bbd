/* SPDX-License-Identifier: MIT */
#include "gc/ephemeron.h"

#include "gc/mark.h"
#include "gc/memory.h"

enum {
        EPHEMERON_TABLE_MIN = 64,
        EPHEMERON_LIST_MIN = 32,
};

static gca_value ephemeron_get(const struct object *ephemeron, size_t slot) {
        /* Relaxed: only the collector changes the slots, and births are seen by their marks. */
        return (gca_value){ atomic_load_explicit(
                (const _Atomic uintptr_t *)&ephemeron->slots[slot].word, memory_order_relaxed) };
}

static bool ephemeron_key_is_marked(const struct marker *marker, const struct object *ephemeron) {
        gca_value key = ephemeron_get(ephemeron, 0);

        return !value_is_object(key) || marker_is_marked(marker, value_get_object(key));
}

static bool ephemeron_push_marked_value(struct marker *marker, const struct object *ephemeron) {
        gca_value value = ephemeron_get(ephemeron, 1);

        return value_is_object(value) && marker_push_unmarked(marker, value_get_object(value));
}

bool ephemeron_push_value(struct marker *marker, struct object *ephemeron) {
        return marker_is_marked(marker, ephemeron) && ephemeron_key_is_marked(marker, ephemeron) &&
               ephemeron_push_marked_value(marker, ephemeron);
}

void ephemerons_deinit(struct ephemerons *ephemerons) {
        memory_free(ephemerons->waiting);
        memory_free(ephemerons->table);
        *ephemerons = (struct ephemerons){ 0 };
}

void ephemerons_begin(struct ephemerons *ephemerons) {
        ephemerons_deinit(ephemerons);
}

/* ---- the table: open addressing by the key's address; nothing is ever taken out ---- */

static size_t ephemeron_hash(const struct object *key) {
        return (size_t)(((uintptr_t)key >> 3) * UINT64_C(0x9e3779b97f4a7c15) >> 20);
}

static struct ephemeron_slot *ephemerons_find(const struct ephemerons *ephemerons,
                                              const struct object *key) {
        size_t mask = ephemerons->n_slots - 1;
        size_t at = ephemeron_hash(key) & mask;

        while (ephemerons->table[at].key && ephemerons->table[at].key != key)
                at = (at + 1) & mask;
        return &ephemerons->table[at];
}

static void ephemerons_link(struct ephemerons *ephemerons, size_t index) {
        struct ephemeron_waiting *waiting = &ephemerons->waiting[index];
        const struct object *key = value_get_object(ephemeron_get(waiting->ephemeron, 0));
        struct ephemeron_slot *slot = ephemerons_find(ephemerons, key);

        if (!slot->key) {
                slot->key = key;
                ephemerons->n_used++;
        }
        waiting->next = slot->first;
        slot->first = index + 1;
}

static void ephemerons_drop_table(struct ephemerons *ephemerons) {
        memory_free(ephemerons->table);
        ephemerons->table = NULL;
        ephemerons->n_slots = 0;
        ephemerons->n_used = 0;
}

/* Room for all that wait and as many again. Without memory there is no table. */
static void ephemerons_make_table(struct ephemerons *ephemerons) {
        size_t n_slots = EPHEMERON_TABLE_MIN;

        ephemerons_drop_table(ephemerons);
        while (n_slots < 4 * ephemerons->n)
                n_slots *= 2;
        ephemerons->table = memory_allocate(n_slots * sizeof(*ephemerons->table));
        if (!ephemerons->table)
                return;
        ephemerons->n_slots = n_slots;
        for (size_t i = 0; i < ephemerons->n; i++)
                if (ephemerons->waiting[i].ephemeron)
                        ephemerons_link(ephemerons, i);
}

static bool ephemerons_grow(struct ephemerons *ephemerons) {
        size_t n_max = ephemerons->n_max ? 2 * ephemerons->n_max : EPHEMERON_LIST_MIN;
        struct ephemeron_waiting *waiting =
                memory_reallocate(ephemerons->waiting, n_max * sizeof(*waiting));

        if (!waiting)
                return false;
        ephemerons->waiting = waiting;
        ephemerons->n_max = n_max;
        return true;
}

void ephemerons_add(struct marker *marker, struct object *ephemeron) {
        struct ephemerons *ephemerons = &marker->ephemerons;

        if (ephemeron_key_is_marked(marker, ephemeron)) {
                (void)ephemeron_push_marked_value(marker, ephemeron);
                return;
        }
        if (ephemerons->n == ephemerons->n_max && !ephemerons_grow(ephemerons)) {
                ephemerons->is_incomplete = true;
                return;
        }
        ephemerons->waiting[ephemerons->n++] = (struct ephemeron_waiting){ .ephemeron = ephemeron };
        if (!ephemerons->table)
                return;
        if (2 * ephemerons->n_used >= ephemerons->n_slots)
                ephemerons_make_table(ephemerons);
        else
                ephemerons_link(ephemerons, ephemerons->n - 1);
}

void ephemerons_note_marked(struct marker *marker, const struct object *object) {
        struct ephemerons *ephemerons = &marker->ephemerons;
        struct ephemeron_slot *slot = ephemerons_find(ephemerons, object);
        size_t at = slot->first;

        slot->first = 0;
        while (at) {
                struct ephemeron_waiting *waiting = &ephemerons->waiting[at - 1];

                (void)ephemeron_push_marked_value(marker, waiting->ephemeron);
                waiting->ephemeron = NULL;
                at = waiting->next;
        }
}

/* Those that go on waiting move up. */
static bool ephemerons_resolve_list(struct marker *marker) {
        struct ephemerons *ephemerons = &marker->ephemerons;
        size_t n_left = 0;
        bool is_pushed = false;

        for (size_t i = 0; i < ephemerons->n; i++) {
                struct object *ephemeron = ephemerons->waiting[i].ephemeron;

                /* Resolved while there was a table. */
                if (!ephemeron)
                        continue;
                if (!ephemeron_key_is_marked(marker, ephemeron))
                        ephemerons->waiting[n_left++] = ephemerons->waiting[i];
                else if (ephemeron_push_marked_value(marker, ephemeron))
                        is_pushed = true;
        }
        ephemerons->n = n_left;
        return is_pushed;
}

bool ephemerons_resolve(struct marker *marker) {
        struct ephemerons *ephemerons = &marker->ephemerons;

        /* With a table everything has been resolved on the way. */
        if (ephemerons->n == 0 || ephemerons->table)
                return false;
        if (!ephemerons_resolve_list(marker))
                return false;
        if (ephemerons->n > 0)
                ephemerons_make_table(ephemerons);
        return true;
}
