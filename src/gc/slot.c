/* SPDX-License-Identifier: MIT */
#include "gc/slot.h"

#include <errno.h>

#include "base/fault.h"
#include "gc/birth.h"
#include "gc/heap.h"

/* Room for an entry; else the region's fault tells. */
static bool slot_reserve(struct gca_region *region) {
        if (!birth_is_possible(region))
                return false;
        if (entry_reserve(region, 1) == 0)
                return true;
        region_fail(region, GCA_REGION_NO_MEMORY);
        return false;
}

/* The value as it is in the store, held by an entry, and born. */
static int slot_publish(struct gca_region *region, gca_value *value) {
        int r;

        /* What a constructor gave that found no memory. */
        if (!gca_is_value(*value))
                return fault_raise(-ENOMEM);
        r = publication_publish(region, value);
        if (r != 0)
                return fault_pass(r);
        if (!birth_is_possible(region))
                return fault_raise(region->thread ? -EOWNERDEAD : -EINVAL);
        publication_settle(region->thread);
        return 0;
}

/* In a section: what was replaced is given up. */
static void slot_drop(struct gca_thread *thread, uint64_t word, uintptr_t replaced) {
        section_delay();
        if (word_is_logging(word))
                log_value(thread, word, (gca_value){ replaced });
        counter_add(&thread->counters.n_overwritten, 1);
}

gca_value slot_get(struct gca_region *region, struct object *object, size_t index) {
        gca_value value;

        region = region_get_holder(region);
        if (!slot_reserve(region))
                return GCA_NO_VALUE;
        (void)section_enter(region->thread);
        /* Acquire: pairs with the exchange in slot_set(); what the value holds is seen. */
        value.word = atomic_load_explicit(&object->words[index], memory_order_acquire);
        section_delay();
        entry_take(region, value, region_get_depth(region));
        section_exit(region->thread);
        return value;
}

int slot_set(struct gca_region *region, struct object *object, size_t index, gca_value value) {
        uintptr_t replaced;
        uint64_t word;
        int r;

        r = slot_publish(region, &value);
        if (r != 0)
                return fault_pass(r);
        log_prepare(region->thread);
        word = section_enter(region->thread);
        /* Release: pairs with the acquire of who reads it: it sees what the value holds. Acquire: what is logged may be looked at. */
        replaced =
                atomic_exchange_explicit(&object->words[index], value.word, memory_order_acq_rel);
        slot_drop(region->thread, word, replaced);
        section_exit(region->thread);
        return 0;
}

/* What a slot that holds it has: the store's copy of what a region has published. */
static uintptr_t slot_get_word(gca_value value) {
        return value_is_object(value) ? (uintptr_t)object_resolve(value_get_object(value))
                                      : value.word;
}

int slot_compare_set(struct gca_region *region,
                     struct object *object,
                     size_t index,
                     gca_value expected,
                     gca_value desired,
                     gca_value *ret_current) {
        uintptr_t current = slot_get_word(expected);
        bool is_set;
        uint64_t word;
        int r;

        r = slot_publish(region, &desired);
        if (r != 0)
                return fault_pass(r);
        region = region_get_holder(region);
        if (!slot_reserve(region))
                return fault_raise(-ENOMEM);
        log_prepare(region->thread);
        word = section_enter(region->thread);
        /* As in slot_set(). */
        is_set = atomic_compare_exchange_strong_explicit(&object->words[index],
                                                         &current,
                                                         desired.word,
                                                         memory_order_acq_rel,
                                                         memory_order_acquire);
        if (is_set)
                slot_drop(region->thread, word, current);
        else if (ret_current)
                entry_take(region, (gca_value){ current }, region_get_depth(region));
        section_exit(region->thread);
        if (!is_set && ret_current)
                ret_current->word = current;
        return is_set;
}
