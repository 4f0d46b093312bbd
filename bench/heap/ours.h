/* SPDX-License-Identifier: MIT */
#pragma once

/* The workloads of workload.h on gcasync, by its public headers. Each reports its figures. */

#include <gcasync/heap.h>

#include "workload.h"

/* ours-trees.c: each tree published; each tree made by a task, in its region. */
void ours_run_trees(void);
void ours_run_tree_tasks(void);

/* ours-requests.c: the results published into a ring of roots, or handed to the host by value; the latter with a task's
 * objects being values, too. */
void ours_run_requests(unsigned n_workers);
void ours_run_requests_by_value(unsigned n_workers);
void ours_run_requests_of_values(unsigned n_workers);

/* ours-table.c: the churn; a full mark of the table, of the graph. */
void ours_run_table(unsigned seconds);
void ours_mark_table(void);
void ours_mark_graph(void);

/* ours-objects.c */
void ours_run_objects_in_region(void);
void ours_run_objects_in_publication(void);

/* ours-roots.c: W5; a task's work with so many others that have roots; bytes a guard; cycles skipped. */
void ours_run_roots(unsigned n_threads);
void ours_run_peers(unsigned n_peers);
void ours_run_guards(void);
void ours_run_idle(void);
