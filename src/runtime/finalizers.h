/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Runs the finalisers of the runtime's heap: on a thread of the blocking pool, one after the other, oldest first, while the
 * runtime runs. They are work like a task's, but nobody's: no uid waits behind them, nobody can abort them. What is due when
 * the runtime stops stays with the heap, for the next runtime that uses it.
 *
 *     idle --(the heap tells)--> posted --(I/O thread)--> queued --> running --(posted back)--> idle
 *
 * Fields are the I/O thread's, but for the atomic one.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <gcasync/runtime.h>

#include "runtime/pool.h"

struct finalizers {
        gca_runtime *runtime;
        gca_post told, returned;
        _Atomic bool is_told; /* set by who posts, cleared by the I/O thread before it looks */
        struct pool_job job;
        bool is_queued; /* or running */
        bool is_again;  /* told while it was */
        _Atomic uint64_t n_run;
};

void finalizers_init(struct finalizers *finalizers, gca_runtime *runtime);

/* The runtime runs: the heap tells us from here on, of those that are due already too. 0, -EBUSY: the heap has
 * somebody to run them already; nothing is done then. */
int finalizers_start(struct finalizers *finalizers);

/* Before the pool stops: nothing is queued any more. */
void finalizers_stop(struct finalizers *finalizers);
