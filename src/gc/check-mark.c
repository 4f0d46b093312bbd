/* SPDX-License-Identifier: MIT */

/*
 * The second mark: what can be reached is found again, with a table in place of marks and no concern for speed, and
 * whatever has not the epoch's colour aborts. At quiescence, when no cycle is under way or the one that is has ended
 * marking.
 */

#include "gc/collector-private.h"
#include "gc/heap.h"
#include "gc/memory.h"
#include "gc/object-table.h"

struct check {
        struct gca_heap *heap;
        uint8_t colour;
        struct object_table seen;
        struct object **stack;
        size_t n, n_max;
        bool is_out_of_memory;
        /* Those that were seen. */
        struct object **ephemerons;
        size_t n_ephemerons, n_ephemerons_max;
};

static bool check_append(struct check *check, struct object ***array, size_t n, size_t *n_max) {
        size_t n_new = *n_max ? 2 * *n_max : 256;
        struct object **grown;

        if (n < *n_max)
                return true;
        grown = memory_reallocate(*array, n_new * sizeof(*grown));
        if (!grown) {
                check->is_out_of_memory = true;
                return false;
        }
        *array = grown;
        *n_max = n_new;
        return true;
}

/* An object is reachable: it has to be marked. */
static void check_visit(struct object *object, void *data) {
        struct check *check = data;
        uint8_t mark;

        if (check->is_out_of_memory || object_table_find(&check->seen, object))
                return;
        mark = atomic_load_explicit(store_get_mark(&check->heap->store, object),
                                    memory_order_acquire);
        assert(object->header & OBJECT_IS_HEADER && object->header & OBJECT_IS_STORED);
        assert((mark & MARK_STATE_MASK) == check->colour);
        if (object_table_add(&check->seen, object, 1) != 0 ||
            !check_append(check, &check->stack, check->n, &check->n_max)) {
                check->is_out_of_memory = true;
                return;
        }
        check->stack[check->n++] = object;
}

static bool check_is_unfinished(const struct object *object) {
        return object->header & OBJECT_IS_LARGE &&
               !atomic_load_explicit(&object_get_store_large(object)->is_finished,
                                     memory_order_acquire);
}

static void check_visit_slot(struct check *check, struct object *object, size_t slot) {
        gca_value value = { atomic_load_explicit((_Atomic uintptr_t *)&object->slots[slot].word,
                                                 memory_order_acquire) };

        if (value_is_object(value))
                check_visit(value_get_object(value), check);
}

static void check_trace(struct check *check, struct object *object) {
        unsigned type = object_get_type(object);
        size_t n = object_get_count(object);

        if (type == GCA_TYPE_WEAK) {
                if (n == 2 && check_append(check,
                                           &check->ephemerons,
                                           check->n_ephemerons,
                                           &check->n_ephemerons_max))
                        check->ephemerons[check->n_ephemerons++] = object;
                return;
        }
        if (type == GCA_TYPE_MAP)
                n *= 2;
        else if (type != GCA_TYPE_LIST && type != GCA_TYPE_CELL && type != GCA_TYPE_NATIVE)
                return;
        if (check_is_unfinished(object))
                return;
        for (size_t i = 0; i < n; i++)
                check_visit_slot(check, object, i);
}

static void check_trace_all(struct check *check) {
        while (check->n > 0 && !check->is_out_of_memory)
                check_trace(check, check->stack[--check->n]);
}

/* The values of those whose keys were seen. */
static void check_visit_ephemerons(struct check *check) {
        size_t n_seen;

        do {
                n_seen = check->seen.n;
                for (size_t i = 0; i < check->n_ephemerons; i++) {
                        struct object *ephemeron = check->ephemerons[i];
                        gca_value key = ephemeron->slots[0];

                        if (!value_is_object(key) ||
                            object_table_find(&check->seen, value_get_object(key)))
                                check_visit_slot(check, ephemeron, 1);
                }
                check_trace_all(check);
        } while (check->seen.n != n_seen && !check->is_out_of_memory);
}

bool collector_check_marks(struct gca_heap *heap) {
        struct check check = { .heap = heap };
        LOCK_SCOPE(&heap->collector->step_lock);

        if (heap->collector->cycle.state != CYCLE_NONE &&
            heap->collector->cycle.state < CYCLE_CLOSING)
                return false;
        check.colour =
                word_get_birth_colour(atomic_load_explicit(&heap->word, memory_order_relaxed));
        root_visit_all(heap, check_visit, &check);
        entry_visit_all(heap, check_visit, &check);
        publication_visit_all(heap, PUBLICATION_NO_EPOCH, check_visit, &check);
        check_trace_all(&check);
        check_visit_ephemerons(&check);
        object_table_deinit(&check.seen);
        memory_free(check.stack);
        memory_free(check.ephemerons);
        return !check.is_out_of_memory;
}
