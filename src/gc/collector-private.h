/* SPDX-License-Identifier: MIT */
#pragma once

/* The collector's fields, for its own files. */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <gcasync/heap.h>

#include "base/lock.h"
#include "gc/collector.h"
#include "gc/cycle.h"
#include "gc/notice.h"
#include "gc/pace.h"

struct collector {
        struct gca_heap *heap;
        _Atomic unsigned asked;   /* any: a bit for each trigger */
        _Atomic bool is_sleeping; /* the thread waits to be asked */
        _Atomic uint64_t pause_max_ns;
        struct notice on_finalizers;

        struct lock step_lock;
        /* step_lock: */
        struct cycle cycle;
        struct pace pace;

        struct lock lock;
        /* lock: */
        pthread_cond_t wake; /* the thread's */
        pthread_cond_t done; /* of those who wait for a cycle */
        pthread_t thread;
        bool is_started, is_stopping;
        uint64_t n_begun, n_complete;
        uint64_t n_wanted; /* the number of the last cycle that was asked for */
        uint64_t marked_total, swept_total;
        gca_cycle_info cycles[GCA_CYCLES_KEPT]; /* by number */
};

/* As collector_step(), but for who holds the lock and sees to has_finalizers. */
gca_heap_step collector_step_locked(struct collector *collector, uint64_t budget_ns);
