/* SPDX-License-Identifier: MIT */
#include "gc/birth.h"

#include <errno.h>

#include "gc/heap.h"
#include "gc/memory.h"

bool birth_is_possible(struct gca_region *region) {
        if (!region->thread) {
                region_fail(region, GCA_REGION_NO_HEAP);
                return false;
        }
        if (heap_is_forked(region->thread->heap)) {
                region_fail(region, GCA_REGION_FORKED);
                return false;
        }
        return true;
}

/* Room for its entry, its registration and itself. 0 or -errno. */
static int birth_reserve(struct birth *birth, bool is_special, size_t size) {
        struct gca_region *region = birth->region;
        int r;

        r = entry_reserve(region, 1);
        if (r != 0)
                return r;
        r = is_special ? special_reserve(region->thread) : 0;
        if (r != 0)
                return r;
        return store_lend(region->thread, space_round(size), &birth->hole, &birth->end);
}

struct object *birth_begin(struct birth *birth,
                           struct gca_region *region,
                           gca_type type,
                           size_t count,
                           size_t size) {
        struct object *object;
        int r;

        if (!birth_is_possible(region))
                return NULL;
        region = region_get_holder(region);
        birth->region = region;
        /* What the caller is about to put into it may lie in a run that is still open. */
        publication_settle(region->thread);
        r = birth_reserve(birth, type != GCA_TYPE_CELL, size);
        if (r != 0) {
                region_fail(region, r == -ENOSPC ? GCA_REGION_HEAP_LIMIT : GCA_REGION_NO_MEMORY);
                return NULL;
        }
        object = (struct object *)birth->hole;
        memory_hand_out_cleared(object, size);
        object->header = object_make_header(
                type, count, OBJECT_IS_STORED | (uint64_t)region->account << OBJECT_DEPTH_SHIFT);
        birth->word = section_enter(region->thread);
        return object;
}

gca_value birth_end(struct birth *birth, struct object *object) {
        struct gca_region *region = birth->region;
        gca_value value = value_from_object(object);
        char *next = birth->hole + space_round(object_get_size(object));

        section_delay();
        store_bear(region->thread, birth->word, birth->hole, next);
        entry_take(region, value, region_get_depth(region));
        section_exit(region->thread);
        store_give_back(region->thread, next, birth->end);
        return value;
}
