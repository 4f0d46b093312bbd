/* SPDX-License-Identifier: MIT */

/* What the heap tells about itself. Triggers nothing. */

#include <sched.h>

#include "base/clock.h"
#include "gc/collector-private.h"
#include "gc/heap.h"

const char *gca_trigger_to_string(gca_trigger trigger) {
        static const char *const names[] = {
                [GCA_TRIGGER_NONE] = "none",   [GCA_TRIGGER_GROWTH] = "growth",
                [GCA_TRIGGER_LIMIT] = "limit", [GCA_TRIGGER_REQUEST] = "request",
                [GCA_TRIGGER_IDLE] = "idle",   [GCA_TRIGGER_STRESS] = "stress",
        };

        assert((unsigned)trigger < sizeof(names) / sizeof(*names));
        return names[trigger];
}

/* Relaxed, all: statistics; no decision rests on them. */
static uint64_t info_read(const _Atomic uint64_t *counter) {
        return atomic_load_explicit(counter, memory_order_relaxed);
}

void collector_fill_info(struct collector *collector, gca_heap_info *info) {
        info->n_skipped_idle = info_read(&collector->pace.n_skipped_idle);
        info->n_skipped_small = info_read(&collector->pace.n_skipped_small);
        info->n_skipped_busy = info_read(&collector->pace.n_skipped_busy);
        info->live_bytes = info_read(&collector->pace.live_bytes);
        info->pause_max_ns = info_read(&collector->pause_max_ns);
        LOCK_SCOPE(&collector->lock);
        info->n_cycles = collector->n_complete;
        info->marked_total = collector->marked_total;
        info->swept_total = collector->swept_total;
}

size_t gca_heap_get_cycles(gca_heap *heap, gca_cycle_info *ret_cycles, size_t n) {
        struct collector *collector = heap->collector;

        if (heap_is_forked(heap))
                return 0;
        LOCK_SCOPE(&collector->lock);
        if (n > collector->n_complete)
                n = collector->n_complete;
        if (n > GCA_CYCLES_KEPT)
                n = GCA_CYCLES_KEPT;
        for (size_t i = 0; i < n; i++)
                ret_cycles[i] = collector->cycles[(collector->n_complete - i) % GCA_CYCLES_KEPT];
        return n;
}

static void census_count(struct object *object, uint8_t mark, void *data) {
        gca_census *census = data;
        unsigned type = object_get_type(object);

        (void)mark;
        if (type == OBJECT_RAW)
                return;
        census->n_objects[type]++;
        census->bytes[type] += object_get_size(object);
        if (type == GCA_TYPE_BLOB)
                census->bytes[type] += object->blob[0]->size;
}

void gca_heap_get_census(gca_heap *heap, gca_census *ret_census) {
        struct collector *collector = heap->collector;

        *ret_census = (gca_census){ 0 };
        if (heap_is_forked(heap))
                return;
        LOCK_SCOPE(&collector->step_lock);

        /* Nothing is swept while this lock is held, once what is being swept is through. */
        while (collector->cycle.state == CYCLE_SWEEPING)
                if (collector_step_locked(collector, NS_PER_S) == GCA_HEAP_GRACE)
                        (void)sched_yield();
        store_take_large(&heap->store);
        store_walk(&heap->store, census_count, ret_census);
}

uint64_t gca_heap_get_account_bytes(gca_heap *heap, uint16_t account) {
        assert(account < STORE_ACCOUNTS);
        if (heap_is_forked(heap))
                return 0;
        return store_get_account_bytes(heap, account);
}
