/* SPDX-License-Identifier: MIT */
#include "gc/birth.h"
#include "gc/heap.h"
#include "gc/slot.h"

static struct object *cell_get_object(gca_value cell) {
        return value_get_object_of(cell, GCA_TYPE_CELL);
}

gca_value gca_cell_new(gca_region *region, gca_value value) {
        struct birth birth;
        struct object *cell;

        if (!gca_is_value(value) || publication_publish(region, &value) != 0)
                return GCA_NO_VALUE;
        cell = birth_begin(&birth, region, GCA_TYPE_CELL, 1, OBJECT_HEADER_SIZE + sizeof(value));
        if (!cell)
                return GCA_NO_VALUE;
        cell->slots[0] = value;
        return birth_end(&birth, cell);
}

gca_value gca_cell_get(gca_region *region, gca_value cell) {
        return slot_get(region, cell_get_object(cell), 0);
}

int gca_cell_set(gca_region *region, gca_value cell, gca_value value) {
        return slot_set(region, cell_get_object(cell), 0, value);
}

int gca_cell_compare_set(gca_region *region,
                         gca_value cell,
                         gca_value expected,
                         gca_value desired,
                         gca_value *ret_current) {
        return slot_compare_set(region, cell_get_object(cell), 0, expected, desired, ret_current);
}
