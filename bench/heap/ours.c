/* SPDX-License-Identifier: MIT */
#include "ours.h"

#include <stdlib.h>
#include <string.h>

/* A workload takes a number (threads, workers, seconds) or nothing. */
static const struct workload {
        const char *name;
        void (*run)(void);
        void (*run_n)(unsigned n);
} workloads[] = {
        { "trees", ours_run_trees, NULL },
        { "tree-tasks", ours_run_tree_tasks, NULL },
        { "requests", NULL, ours_run_requests },
        { "requests-by-value", NULL, ours_run_requests_by_value },
        { "requests-of-values", NULL, ours_run_requests_of_values },
        { "table", NULL, ours_run_table },
        { "mark-table", ours_mark_table, NULL },
        { "mark-graph", ours_mark_graph, NULL },
        { "objects-region", ours_run_objects_in_region, NULL },
        { "objects-publication", ours_run_objects_in_publication, NULL },
        { "roots", NULL, ours_run_roots },
        { "peers", NULL, ours_run_peers },
        { "guards", ours_run_guards, NULL },
        { "idle", ours_run_idle, NULL },
};

/* WORKLOAD [N] */
int main(int argc, char *argv[]) {
        if (argc < 2 || argc > 3)
                bench_die("usage: %s WORKLOAD [N]", argv[0]);
        for (size_t i = 0; i < sizeof(workloads) / sizeof(workloads[0]); i++) {
                if (strcmp(argv[1], workloads[i].name) != 0)
                        continue;
                if (workloads[i].run)
                        workloads[i].run();
                else
                        workloads[i].run_n(argc > 2 ? (unsigned)atoi(argv[2]) : 1);
                report_memory();
                return 0;
        }
        bench_die("no such workload: %s", argv[1]);
}
