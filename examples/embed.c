/* SPDX-License-Identifier: MIT */

/* A program of its own, without the daemon: a thousand tasks add a link each to one chain in the shared heap, which a root
 * keeps; a tracker tells when they are done; the collector takes what is left when the root is given up. */

#include <gcasync/main.h>
#include <stdio.h>

#define N_LINKS 1000

/* A cell, which holds the newest link: a list of a number and the link before it. */
static gca_root root;

static gca_value add_link(gca_task *task, void *data) {
        gca_region *region = gca_task_region(task);
        gca_value cell, parts[2], link;

        if (gca_root_get(region, data, root, &cell) != 0)
                return GCA_NO_VALUE;
        do {
                parts[0] = gca_int(region, (int64_t)gca_task_get_id(task));
                parts[1] = gca_cell_get(region, cell);
                link = gca_publish(region, gca_list(region, parts, 2));
        } while (gca_cell_compare_set(region, cell, parts[1], link, NULL) == 0);
        return gca_nil();
}

static void collect(void *heap) {
        (void)gca_heap_collect(heap, true);
}

static gca_value body(gca_task *task, void *data) {
        gca_region *region = gca_task_region(task);
        gca_runtime *runtime = gca_task_get_runtime(task);
        gca_heap *heap = gca_runtime_get_heap(runtime);
        gca_root_owner *owner = gca_root_owner_new(heap, 1);
        gca_tracker *tracker = gca_tracker_new();
        gca_value cell = gca_cell_new(region, gca_nil()), link;
        int n = 0;

        (void)data;
        if (!owner || !tracker ||
            gca_root_register(gca_region_get_thread(region), owner, cell, &root) != 0)
                return GCA_NO_VALUE;
        for (int i = 0; i < N_LINKS; i++)
                GCA_SPAWN(runtime, NULL, .body = add_link, .data = heap, .tracker = tracker);
        gca_tracker_close(tracker);
        if (gca_await_tracker(task, tracker) != 0)
                return GCA_NO_VALUE;
        for (link = gca_cell_get(region, cell); !gca_is_nil(link); link = gca_get_element(link, 1))
                n++;
        printf("%d links, %zu root\n", n, gca_heap_count_roots(heap));
        gca_root_owner_free(gca_region_get_thread(region), owner);
        gca_tracker_unref(tracker);
        gca_await_call(task, collect, heap);
        return gca_int(region, n == N_LINKS ? 0 : 1);
}

GCASYNC_MAIN(body, flavor(multi_thread), worker_threads(2), heap(1))
