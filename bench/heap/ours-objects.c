/* SPDX-License-Identifier: MIT */

/*
 * W4. An object of two pointers and two words is a list of four; the pointers are nil. With its header it has 40 bytes, 48 in the
 * store: the workload's 32 bytes are what a program asks for, and a collector's header comes on top (Whippet's and MPS's
 * did when the bars were set; only OCaml's objects and those of compressed Java were made to have 32 with it). So no shorter list will do.
 */

#include "ours.h"
#include "shared.h"

enum {
        OBJECT_BYTES = 40,
        OBJECTS_IN_SCOPE = OBJECTS_REGION_BYTES / OBJECT_BYTES,
};

static gca_value object_new(gca_region *region, uint64_t counter) {
        gca_value word = gca_int(region, (int64_t)counter);

        return gca_list(region, (gca_value[]){ gca_nil(), gca_nil(), word, gca_nil() }, 4);
}

/* Makes n objects; check gets what the last ones hold. */
static void objects_make(gca_region *region, uint64_t first, uint64_t n, uint64_t *check) {
        gca_value live[OBJECTS_LIVE] = { GCA_NO_VALUE };

        for (uint64_t i = first; i < first + n; i++)
                live[i % OBJECTS_LIVE] = object_new(region, i);
        *check = 0;
        for (size_t i = 0; i < OBJECTS_LIVE; i++) {
                if (!gca_is_value(live[i]))
                        bench_die("no memory for an object");
                *check += (uint64_t)gca_get_int(gca_get_element(live[i], 2));
        }
}

void ours_run_objects_in_region(void) {
        gca_region *region = gca_region_new(0);
        uint64_t begin = workload_now_ns(), check = 0;

        for (uint64_t i = 0; i < OBJECTS_COUNT; i += OBJECTS_IN_SCOPE) {
                uint64_t n =
                        OBJECTS_COUNT - i < OBJECTS_IN_SCOPE ? OBJECTS_COUNT - i : OBJECTS_IN_SCOPE;
                gca_scope scope;

                gca_scope_begin(region, &scope);
                objects_make(region, i, n, &check);
                (void)gca_scope_end(region, &scope, GCA_NO_VALUE);
        }
        report("ns", (double)(workload_now_ns() - begin) / OBJECTS_COUNT);
        report_check(check);
        (void)gca_region_free(region);
}

void ours_run_objects_in_publication(void) {
        struct shared shared;
        uint64_t begin, check = 0;
        gca_heap_info info;

        shared_open(&shared, NULL);
        begin = workload_now_ns();
        for (uint64_t i = 0; i < OBJECTS_COUNT; i += OBJECTS_IN_SCOPE) {
                uint64_t n =
                        OBJECTS_COUNT - i < OBJECTS_IN_SCOPE ? OBJECTS_COUNT - i : OBJECTS_IN_SCOPE;
                gca_region *publication = gca_publication_begin(shared.region);

                if (!publication)
                        bench_die("no publication");
                objects_make(publication, i, n, &check);
                (void)gca_publication_end(publication, gca_nil());
        }
        report("ns", (double)(workload_now_ns() - begin) / OBJECTS_COUNT);
        report_check(check);
        gca_heap_get_info(shared.heap, &info);
        report("cycles", (double)info.n_cycles);
        shared_close(&shared);
}
