/* SPDX-License-Identifier: MIT */

#include <stdlib.h>

#include "limit.h"
#include "workload.h"

struct root {
        struct root *next, *previous;
        void *value;
};

static void root_link(struct root *list, struct root *root) {
        root->next = list->next;
        root->previous = list;
        list->next->previous = root;
        list->next = root;
}

static void root_unlink(struct root *root) {
        root->previous->next = root->next;
        root->next->previous = root->previous;
}

static void roots_work(unsigned thread, void *data) {
        unsigned n_threads = *(unsigned *)data;
        uint32_t n_roots = ROOTS_REGISTERED / n_threads;
        struct root list = { &list, &list, NULL }, *roots = calloc(n_roots, sizeof(*roots));
        uint64_t seed = 42 + thread;

        if (!roots)
                bench_die("no memory");
        for (uint32_t i = 0; i < n_roots; i++)
                root_link(&list, &roots[i]);
        for (uint32_t i = 0; i < ROOTS_OPERATIONS / n_threads; i++) {
                struct root *root = &roots[random_next(&seed) % n_roots];

                keep_in_register(n_roots);
                root_unlink(root);
                forget_memory();
                root_link(&list, root);
        }
        free(roots);
}

void limit_run_roots(unsigned n_threads) {
        uint64_t time = threads_run(n_threads, roots_work, &n_threads);

        report("ns", (double)time * n_threads / ROOTS_OPERATIONS);
}
