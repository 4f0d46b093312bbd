/* SPDX-License-Identifier: MIT */
/* A module's own objects: gcasync/heap.h tells what they are, object.h how they look, special.h how they go. */
#include "gc/birth.h"
#include "gc/heap.h"
#include "gc/slot.h"

/* The payload goes with the native, or with the attempt to make it. */
gca_value gca_native_new(gca_region *region, const gca_native_type *type, const void *payload) {
        struct object_native_tail *tail;
        struct gca_finalizer *finalizer;
        struct object *native;
        struct birth birth;

        assert(type->n_slots <= GCA_NATIVE_SLOTS_MAX);
        if (!birth_is_possible(region))
                return GCA_NO_VALUE;
        finalizer = special_new_finalizer(type, payload);
        if (!finalizer)
                return region_fail(region, GCA_REGION_NO_MEMORY);
        native = birth_begin(&birth,
                             region,
                             GCA_TYPE_NATIVE,
                             type->n_slots,
                             object_get_native_size(type->n_slots));
        if (!native) {
                (void)gca_finalizer_free(finalizer);
                return GCA_NO_VALUE;
        }
        for (size_t i = 0; i < type->n_slots; i++)
                native->slots[i] = gca_nil();
        tail = object_get_native_tail(native);
        tail->type = type;
        tail->finalizer = finalizer;
        special_register(region->thread, native);
        return birth_end(&birth, native);
}

const gca_native_type *gca_native_get_type(gca_value native) {
        return object_get_native_tail(value_get_object_of(native, GCA_TYPE_NATIVE))->type;
}

void *gca_native_get_payload(gca_value native) {
        return object_get_native_tail(value_get_object_of(native, GCA_TYPE_NATIVE))
                ->finalizer->payload;
}

gca_value gca_native_get_slot(gca_region *region, gca_value native, size_t index) {
        struct object *object = value_get_object_of(native, GCA_TYPE_NATIVE);

        assert(index < object_get_count(object));
        return slot_get(region, object, index);
}

int gca_native_set_slot(gca_region *region, gca_value native, size_t index, gca_value value) {
        struct object *object = value_get_object_of(native, GCA_TYPE_NATIVE);

        assert(index < object_get_count(object));
        return slot_set(region, object, index, value);
}
