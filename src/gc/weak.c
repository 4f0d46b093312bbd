/* SPDX-License-Identifier: MIT */
/* Weak values and ephemerons: gcasync/heap.h tells what they are, special.h when they let go. */
#include "gc/birth.h"
#include "gc/heap.h"

static gca_value weak_new(gca_region *region, const gca_value *values, size_t n) {
        struct object *weak;
        struct birth birth;

        weak = birth_begin(
                &birth, region, GCA_TYPE_WEAK, n, OBJECT_HEADER_SIZE + n * sizeof(*values));
        if (!weak)
                return GCA_NO_VALUE;
        for (size_t i = 0; i < n; i++)
                weak->slots[i] = values[i];
        special_register(region->thread, weak);
        return birth_end(&birth, weak);
}

gca_value gca_weak_new(gca_region *region, gca_value target) {
        target = gca_publish(region, target);
        return gca_is_value(target) ? weak_new(region, &target, 1) : GCA_NO_VALUE;
}

gca_value gca_ephemeron_new(gca_region *region, gca_value key, gca_value value) {
        gca_value values[2];

        values[0] = gca_publish(region, key);
        if (!gca_is_value(values[0]))
                return GCA_NO_VALUE;
        values[1] = gca_publish(region, value);
        return gca_is_value(values[1]) ? weak_new(region, values, 2) : GCA_NO_VALUE;
}

static gca_value weak_get(gca_region *region, struct object *weak, size_t slot) {
        gca_value value;

        if (!birth_is_possible(region))
                return GCA_NO_VALUE;
        region = region_get_holder(region);
        if (entry_reserve(region, 1) != 0)
                return region_fail(region, GCA_REGION_NO_MEMORY);
        log_prepare(region->thread);
        (void)section_enter(region->thread);
        value = special_upgrade(region, weak, slot, region_get_depth(region));
        section_exit(region->thread);
        return value;
}

gca_value gca_weak_get(gca_region *region, gca_value weak) {
        return weak_get(region, value_get_object_of(weak, GCA_TYPE_WEAK), 0);
}

gca_value gca_ephemeron_get(gca_region *region, gca_value ephemeron) {
        struct object *weak = value_get_object_of(ephemeron, GCA_TYPE_WEAK);

        assert(object_get_count(weak) == 2);
        return weak_get(region, weak, 1);
}
