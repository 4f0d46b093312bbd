/* SPDX-License-Identifier: MIT */

#include "stress/heap-model.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "gc/heap.h"
#include "gc/object-table.h"
#include "stress/heap-mutator.h"
#include "stress/heap-node.h"
#include "stress/heap-operations.h"

struct model {
        struct object_table reached;
        struct object **objects;
        size_t n, n_max, n_scanned;
        gca_census census;
};

static void reach(struct model *model, gca_value value) {
        struct object *object;
        int r;

        if (!value_is_object(value))
                return;
        object = value_get_object(value);
        assert(object_is_stored(object));
        if (object_table_find(&model->reached, object))
                return;
        r = object_table_add(&model->reached, object, 0);
        assert(r == 0);
        if (model->n == model->n_max) {
                model->n_max = model->n_max > 0 ? 2 * model->n_max : 1024;
                model->objects = realloc(model->objects, model->n_max * sizeof(struct object *));
                assert(model->objects);
        }
        model->objects[model->n++] = object;
        model->census.n_objects[object_get_type(object)]++;
}

static void scan(struct model *model, struct object *object) {
        size_t n = object_count_slots(object);

        for (size_t i = 0; i < n; i++)
                reach(model, (gca_value){ atomic_load(&object->words[i]) });
        if (object_get_type(object) == GCA_TYPE_LIST)
                node_check(value_from_object(object));
}

/* An ephemeron's value is reached when its key is. Whether that was news. */
static bool scan_ephemerons(struct model *model) {
        size_t n_before = model->n;

        for (size_t i = 0; i < n_before; i++) {
                struct object *weak = model->objects[i];
                const gca_value *slots = weak->slots;

                if (object_get_type(weak) != GCA_TYPE_WEAK || object_get_count(weak) < 2)
                        continue;
                if (!value_is_object(slots[0]) ||
                    object_table_find(&model->reached, value_get_object(slots[0])))
                        reach(model, slots[1]);
        }
        return model->n > n_before;
}

static void scan_all(struct model *model) {
        do {
                while (model->n_scanned < model->n)
                        scan(model, model->objects[model->n_scanned++]);
        } while (scan_ephemerons(model));
}

static void reach_held(struct model *model, const struct round *round) {
        for (size_t i = 0; i < N_CELLS; i++)
                reach(model, round->mutators[0].cells[i]);
        for (unsigned i = 0; i < round->n_threads; i++) {
                const struct mutator *mutator = &round->mutators[i];

                for (size_t j = 0; j < N_KEEPERS; j++)
                        for (size_t k = 0; k < mutator->keepers[j].n; k++)
                                reach(model, mutator->keepers[j].kept[k]);
                for (size_t j = 0; j < N_ROOTS; j++)
                        if (atomic_load(&mutator->roots[j].name) != 0)
                                reach(model, mutator->roots[j].value);
                for (size_t j = 0; j < N_GUARDS; j++)
                        reach(model, mutator->guards[j].value);
        }
}

static void check_weak_values(const struct model *model) {
        for (size_t i = 0; i < model->n; i++) {
                struct object *weak = model->objects[i];

                if (object_get_type(weak) != GCA_TYPE_WEAK)
                        continue;
                for (size_t j = 0; j < object_get_count(weak); j++)
                        assert(!value_is_object(weak->slots[j]) ||
                               object_table_find(&model->reached,
                                                 value_get_object(weak->slots[j])));
        }
}

static size_t count_registered(const struct round *round) {
        size_t n = N_CELLS;

        for (unsigned i = 0; i < round->n_threads; i++) {
                const struct mutator *mutator = &round->mutators[i];

                for (size_t j = 0; j < N_ROOTS; j++)
                        n += atomic_load(&mutator->roots[j].name) != 0;
                for (size_t j = 0; j < N_GUARDS; j++)
                        n += gca_is_value(mutator->guards[j].value);
        }
        return n;
}

static void compare_census(const gca_census *heap, const gca_census *model) {
        for (gca_type type = GCA_TYPE_INT; type <= GCA_TYPE_WEAK; type++) {
                if (heap->n_objects[type] == model->n_objects[type])
                        continue;
                fprintf(stderr,
                        "%s: %zu in the heap, %zu in the model\n",
                        gca_type_to_string(type),
                        (size_t)heap->n_objects[type],
                        (size_t)model->n_objects[type]);
                abort();
        }
}

size_t model_compare(struct round *round) {
        struct model model = { 0 };
        gca_census census;
        size_t n_natives;

        reach_held(&model, round);
        scan_all(&model);
        check_weak_values(&model);
        gca_heap_get_census(round->heap, &census);
        compare_census(&census, &model.census);
        assert(gca_heap_count_roots(round->heap) == count_registered(round));
        n_natives = atomic_load(&operations_tally.n_natives_made) -
                    atomic_load(&operations_tally.n_natives_finalized);
        assert(n_natives == model.census.n_objects[GCA_TYPE_NATIVE]);
        object_table_deinit(&model.reached);
        free(model.objects);
        return model.n;
}
