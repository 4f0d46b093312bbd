/* SPDX-License-Identifier: MIT */
#include "limit.h"

#include <stdlib.h>
#include <string.h>

#include "workload.h"

/* LIMIT [THREADS] */
int main(int argc, char *argv[]) {
        const char *limit = argc > 1 ? argv[1] : "";

        if (strcmp(limit, "mark-table") == 0)
                limit_mark_table();
        else if (strcmp(limit, "mark-graph") == 0)
                limit_mark_graph();
        else if (strcmp(limit, "roots") == 0)
                limit_run_roots(argc > 2 ? (unsigned)atoi(argv[2]) : 1);
        else
                bench_die("usage: %s mark-table | mark-graph | roots [THREADS]", argv[0]);
        report_memory();
        return 0;
}
