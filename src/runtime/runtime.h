/* SPDX-License-Identifier: MIT */
#pragma once

/* The runtime as its parts see it. Fields are the I/O thread's unless marked. */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gcasync/runtime.h>

#include "base/list.h"
#include "runtime/block-cache.h"
#include "runtime/finalizers.h"
#include "runtime/pool.h"
#include "runtime/submit-queue.h"
#include "runtime/watchdog.h"
#include "runtime/worker.h"

struct gca_runtime {
        /* fixed: */
        gca_host_ops ops;
        void *host_data;
        gca_heap *heap; /* fixed; NULL: tasks hold no published values */
        size_t task_memory_limit_bytes;
        size_t body_stack_bytes; /* of bodies whose kind states none */
        char thread_name[THREAD_NAME_SIZE];
        struct worker *workers;
        struct park **parks; /* the workers' */
        unsigned n_workers;  /* none but in the flavour multi-thread */
        unsigned event_interval;
        gca_flavor flavor;
        gca_thread_hooks hooks;
        size_t thread_stack_bytes; /* 0: the system's */
        pthread_t maker;           /* who may drive a local one */
        struct program *program;   /* made by a builder; or NULL */

        /* any thread, each by its own rules: */
        struct worker io;
        struct submit_queue queue;
        struct pool pool;
        _Atomic uint64_t n_wakes;
        _Atomic uint64_t n_started_blocking;

        struct list gathered;          /* submitted in this pass: job.item.link */
        struct list gathered_blocking; /* the same, for the pool */
        struct list ended; /* ended by the I/O thread before they started: job.item.link */
        struct list tasks; /* submitted and not settled: siblings */
        struct block_cache blocks;
        struct watchdog watchdog;
        struct finalizers finalizers;
        _Atomic uint64_t n_submitted,
                n_finished; /* written by the I/O thread, relaxed: statistics */
        bool is_running;
        bool is_stop_requested;
        bool is_shutting_down;
        bool is_pass_requested;
};

/* What gca_runtime_run() is made of. runtime_begin() starts the workers; 0 or -errno, and runtime_end() is due in either
 * case. runtime_drive() makes passes on the calling thread, which is the I/O thread meanwhile, until gca_runtime_stop();
 * it may be called again, by another thread too. runtime_end() is the shutdown. */
int runtime_begin(gca_runtime *runtime);
void runtime_drive(gca_runtime *runtime);
void runtime_end(gca_runtime *runtime);

/* Hooks of threads, where there are any. */
static inline void runtime_call_hook(const gca_runtime *runtime, void (*hook)(void *data)) {
        if (hook)
                hook(runtime->hooks.data);
}
