/* SPDX-License-Identifier: MIT */
#include "shared.h"

#include "workload.h"

enum {
        MARK_RUNS = 3 /* as the limit's */
};

void shared_join(struct shared *shared, gca_heap *heap) {
        shared->heap = heap;
        if (gca_thread_attach(heap, &shared->thread) != 0)
                bench_die("cannot attach");
        shared->region = gca_region_new_on(shared->thread, 0);
        if (!shared->region)
                bench_die("no memory for a region");
}

void shared_leave(struct shared *shared) {
        shared->region = gca_region_free(shared->region);
        shared->thread = gca_thread_detach(shared->thread);
}

void shared_open(struct shared *shared, const gca_heap_options *options) {
        gca_heap *heap;

        if (gca_heap_new(options, &heap) != 0)
                bench_die("no heap");
        shared_join(shared, heap);
}

void shared_close(struct shared *shared) {
        shared_leave(shared);
        shared->heap = gca_heap_free(shared->heap);
}

gca_value shared_expect(const struct shared *shared, gca_value value) {
        if (!gca_is_value(value))
                bench_die("no value: %s",
                          gca_region_fault_to_string(gca_region_get_fault(shared->region)));
        return value;
}

void shared_report_mark(struct shared *shared, uint64_t n_least) {
        uint64_t best = UINT64_MAX;
        gca_cycle_info cycle;

        for (int i = 0; i < MARK_RUNS; i++) {
                if (gca_heap_collect(shared->heap, true) != 0 ||
                    gca_heap_get_cycles(shared->heap, &cycle, 1) != 1)
                        bench_die("no cycle");
                if (cycle.n_marked < n_least)
                        bench_die("%lu objects are marked", (unsigned long)cycle.n_marked);
                if (cycle.marking_ns < best)
                        best = cycle.marking_ns;
        }
        report("ms", (double)best / 1e6);
        report("arming-ms", (double)cycle.arming_ns / 1e6);
        report("closing-ms", (double)cycle.closing_ns / 1e6);
        report("sweeping-ms", (double)cycle.sweeping_ns / 1e6);
        report("marked", (double)cycle.n_marked);
}
