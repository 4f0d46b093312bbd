/* SPDX-License-Identifier: MIT */

/* W1. A node is a list of its two children; a leaf's are nil. */

#include "ours.h"
#include "shared.h"
#include "tasks.h"

static gca_value tree_build(gca_region *region, unsigned depth) {
        if (depth == 0)
                return gca_list(region, (gca_value[]){ gca_nil(), gca_nil() }, 2);
        return gca_list(
                region,
                (gca_value[]){ tree_build(region, depth - 1), tree_build(region, depth - 1) },
                2);
}

/* By the elements of each node: gcc makes a loop of a recursion by pointers, as it does for the peers, and none where a
 * parameter is a struct. */
static inline uint64_t children_count(const gca_value *children) {
        return gca_is_nil(children[0])
                       ? 1
                       : 1 + children_count(gca_get_elements(children[0], NULL)) +
                                 children_count(gca_get_elements(children[1], NULL));
}

static uint64_t tree_count(gca_value tree) {
        return children_count(gca_get_elements(tree, NULL));
}

/* ---- each tree published ---- */

/* A published tree, held. */
static gca_value tree_publish(const struct shared *shared, unsigned depth) {
        gca_region *publication = gca_publication_begin(shared->region);

        if (!publication)
                bench_die("no publication");
        return shared_expect(shared,
                             gca_publication_end(publication, tree_build(publication, depth)));
}

static uint64_t tree_run(const struct shared *shared, unsigned depth) {
        gca_scope scope;
        uint64_t n;

        gca_scope_begin(shared->region, &scope);
        n = tree_count(tree_publish(shared, depth));
        (void)gca_scope_end(shared->region, &scope, GCA_NO_VALUE);
        return n;
}

void ours_run_trees(void) {
        struct shared shared;
        gca_value lasting;
        uint64_t begin = workload_now_ns(), check;
        gca_heap_info info;

        shared_open(&shared, NULL);
        check = tree_run(&shared, TREES_DEPTH + 1);
        lasting = tree_publish(&shared, TREES_DEPTH);
        for (unsigned depth = TREES_DEPTH_MIN; depth <= TREES_DEPTH; depth += 2)
                for (unsigned n = 1u << (TREES_DEPTH - depth + TREES_DEPTH_MIN); n > 0; n--)
                        check += tree_run(&shared, depth);
        check += tree_count(lasting);
        report("seconds", (double)(workload_now_ns() - begin) / 1e9);
        report_check(check);
        gca_heap_get_info(shared.heap, &info);
        report("cycles", (double)info.n_cycles);
        shared_close(&shared);
}

/* ---- each tree a task ---- */

/* The depth of the tree of a task: the stretch tree first, then from many small ones to few large ones. */
static unsigned tree_get_depth(uint64_t number) {
        unsigned depth = TREES_DEPTH_MIN;

        if (number-- == 0)
                return TREES_DEPTH + 1;
        while (number >= UINT64_C(1) << (TREES_DEPTH - depth + TREES_DEPTH_MIN)) {
                number -= UINT64_C(1) << (TREES_DEPTH - depth + TREES_DEPTH_MIN);
                depth += 2;
        }
        return depth;
}

static uint64_t count_trees(void) {
        uint64_t n = 1;

        for (unsigned depth = TREES_DEPTH_MIN; depth <= TREES_DEPTH; depth += 2)
                n += UINT64_C(1) << (TREES_DEPTH - depth + TREES_DEPTH_MIN);
        return n;
}

static gca_poll tree_poll(gca_task *task, void *state) {
        struct task_slip *slip = task_get_slip(task);
        gca_value tree = tree_build(gca_task_region(task), tree_get_depth(slip->number));

        (void)state;
        if (!gca_is_value(tree))
                return gca_fail(task, "no-memory", "no memory for a tree");
        slip->figure = tree_count(tree);
        return gca_succeed(task, gca_nil());
}

void ours_run_tree_tasks(void) {
        const struct tasks_options options = {
                .n_workers = 1,
                .n_tasks = count_trees(),
                .poll = tree_poll,
        };
        gca_region *region = gca_region_new(0);
        uint64_t begin = bench_now_ns(), time, check;
        gca_value lasting = tree_build(region, TREES_DEPTH);

        if (!gca_is_value(lasting))
                bench_die("no memory for the tree that lasts");
        time = bench_now_ns() - begin;
        time += tasks_run(&options, &check);
        begin = bench_now_ns();
        check += tree_count(lasting);
        time += bench_now_ns() - begin;
        report("seconds", (double)time / 1e9);
        report_check(check);
        (void)gca_region_free(region);
}
