/* SPDX-License-Identifier: MIT */

/* W5, and what else the root set promises: that a task's work does not depend on how many others have roots, what a
 * guard takes, and that no cycle is run where nothing can have become garbage. */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ours.h"
#include "shared.h"

/* ---- register and unregister ---- */

struct roots {
        gca_heap *heap;
        unsigned n_threads;
};

static gca_value value_new(const struct shared *shared) {
        gca_value bytes = gca_bytes(shared->region, NULL, 16);

        return shared_expect(shared, gca_publish(shared->region, bytes));
}

static void root_register(const struct shared *shared,
                          gca_root_owner *owner,
                          gca_value value,
                          gca_root *ret_root) {
        if (gca_root_register(shared->thread, owner, value, ret_root) != 0)
                bench_die("cannot register a root");
}

static void root_unregister(const struct shared *shared, gca_root root) {
        if (gca_root_unregister(shared->thread, shared->heap, root) != 0)
                bench_die("cannot unregister a root");
}

static gca_root_owner *owner_new(const struct shared *shared, uint64_t id) {
        gca_root_owner *owner = gca_root_owner_new(shared->heap, id);

        if (!owner)
                bench_die("no memory for an owner");
        return owner;
}

/* As the limit's loop, in a function of its own, so that the compiler finds registers for what it needs: a divisor that has to be
 * loaded waits for the stores before it, and is then most of what is measured. */
static __attribute__((noinline)) void roots_exchange(const struct shared *shared,
                                                     gca_root_owner *owner,
                                                     gca_root *roots,
                                                     uint32_t n,
                                                     uint64_t seed) {
        gca_thread *const thread = shared->thread;
        const uint32_t n_operations = ROOTS_OPERATIONS / (ROOTS_REGISTERED / n);
        const gca_value value = value_new(shared);

        for (uint32_t i = 0; i < n_operations; i++) {
                gca_root *root = &roots[random_next(&seed) % n];

                keep_in_register(n);
                if (gca_root_unregister(thread, shared->heap, *root) != 0 ||
                    gca_root_register(thread, owner, value, root) != 0)
                        bench_die("a root is gone, or not to be had");
        }
}

static void roots_work(unsigned thread, void *data) {
        const struct roots *roots = data;
        const uint32_t n_roots = ROOTS_REGISTERED / roots->n_threads;
        gca_root *registered = calloc(n_roots, sizeof(*registered));
        struct shared shared;
        gca_root_owner *owner;
        gca_value value;

        shared_join(&shared, roots->heap);
        owner = owner_new(&shared, thread);
        value = value_new(&shared);
        for (uint32_t i = 0; i < n_roots; i++)
                root_register(&shared, owner, value, &registered[i]);
        roots_exchange(&shared, owner, registered, n_roots, 42 + thread);
        (void)gca_root_owner_free(shared.thread, owner);
        shared_leave(&shared);
        free(registered);
}

void ours_run_roots(unsigned n_threads) {
        struct roots roots = { .n_threads = n_threads };
        uint64_t time;

        if (gca_heap_new(NULL, &roots.heap) != 0)
                bench_die("no heap");
        time = threads_run(n_threads, roots_work, &roots);
        report("ns", (double)time * n_threads / ROOTS_OPERATIONS);
        (void)gca_heap_free(roots.heap);
}

/* ---- peers with roots ---- */

enum {
        PEERS = 10000,
        PEERS_TASKS = 1000000,
        PEERS_RESULT_BYTES = 64,
};

/* What a task that shares a result does: publishes it, roots it for others, takes it from there, gives it up. Its peers'
 * roots stand meanwhile, each peer an owner of its own. */
static void peer_run(const struct shared *shared, gca_root_owner *owner) {
        gca_scope scope;
        gca_root root;
        gca_value value;

        gca_scope_begin(shared->region, &scope);
        value = gca_bytes(shared->region, NULL, PEERS_RESULT_BYTES);
        value = shared_expect(shared, gca_publish(shared->region, value));
        root_register(shared, owner, value, &root);
        if (gca_root_get(shared->region, shared->heap, root, &value) != 0)
                bench_die("a root is gone");
        root_unregister(shared, root);
        (void)gca_scope_end(shared->region, &scope, GCA_NO_VALUE);
}

void ours_run_peers(unsigned n_peers) {
        gca_root_owner *owners[PEERS];
        struct shared shared;
        gca_scope scope;
        gca_root root;
        uint64_t begin;

        if (n_peers < 1 || n_peers > PEERS)
                bench_die("%u peers", n_peers);
        shared_open(&shared, NULL);
        /* Their values are kept by the roots alone: the region is as empty as for one. */
        gca_scope_begin(shared.region, &scope);
        for (unsigned i = 0; i < n_peers; i++) {
                owners[i] = owner_new(&shared, i);
                root_register(&shared, owners[i], value_new(&shared), &root);
        }
        (void)gca_scope_end(shared.region, &scope, GCA_NO_VALUE);
        begin = workload_now_ns();
        for (uint32_t i = 0; i < PEERS_TASKS; i++)
                peer_run(&shared, owners[0]);
        report("ns", (double)(workload_now_ns() - begin) / PEERS_TASKS);
        for (unsigned i = 0; i < n_peers; i++)
                (void)gca_root_owner_free(shared.thread, owners[i]);
        shared_close(&shared);
}

/* ---- what a guard takes ---- */

enum {
        GUARDS = 1000000
};

static double memory_get_bytes(void) {
        FILE *statm = fopen("/proc/self/statm", "re");
        unsigned long n_pages = 0;

        if (!statm || fscanf(statm, "%*u %lu", &n_pages) != 1)
                bench_die("/proc/self/statm");
        (void)fclose(statm);
        return (double)n_pages * (double)sysconf(_SC_PAGESIZE);
}

/* All memory that comes with a guard: itself and its slot in the root set. */
void ours_run_guards(void) {
        gca_guard *guards = calloc(GUARDS, sizeof(*guards)); /* Not touched yet. */
        struct shared shared;
        gca_root_owner *owner;
        gca_value value;
        double before;

        shared_open(&shared, NULL);
        owner = owner_new(&shared, 1);
        value = value_new(&shared);
        before = memory_get_bytes();
        for (size_t i = 0; i < GUARDS; i++)
                if (gca_guard_init(&guards[i], shared.thread, owner, value) != 0)
                        bench_die("no guard");
        report("bytes", (memory_get_bytes() - before) / GUARDS);
        for (size_t i = 0; i < GUARDS; i++)
                gca_guard_deinit(&guards[i]);
        (void)gca_root_owner_free(shared.thread, owner);
        shared_close(&shared);
        free(guards);
}

/* ---- cycles on a load that makes no garbage ---- */

enum {
        IDLE_NS = 1000000,    /* after this long without a publication a cycle is due */
        IDLE_READS = 5000000, /* about a second of them */
        IDLE_VALUES = 10000,
};

/* Of the cycles that were due while values were only read, the part that was skipped. */
void ours_run_idle(void) {
        const gca_heap_options options = { .size = sizeof(options), .idle_ns = IDLE_NS };
        gca_root roots[IDLE_VALUES];
        gca_heap_info before, after;
        struct shared shared;
        gca_root_owner *owner;
        double n_skipped;
        gca_value value;

        shared_open(&shared, &options);
        owner = owner_new(&shared, 1);
        for (size_t i = 0; i < IDLE_VALUES; i++)
                root_register(&shared, owner, value_new(&shared), &roots[i]);
        gca_heap_get_info(shared.heap, &before);
        for (size_t i = 0; i < IDLE_READS; i++) {
                gca_scope scope;

                gca_scope_begin(shared.region, &scope);
                if (gca_root_get(shared.region, shared.heap, roots[i % IDLE_VALUES], &value) != 0)
                        bench_die("a root is gone");
                (void)gca_scope_end(shared.region, &scope, GCA_NO_VALUE);
        }
        gca_heap_get_info(shared.heap, &after);
        n_skipped = (double)(after.n_skipped_idle - before.n_skipped_idle);
        report("avoided",
               100 * n_skipped / (n_skipped + (double)(after.n_cycles - before.n_cycles)));
        (void)gca_root_owner_free(shared.thread, owner);
        shared_close(&shared);
}
