/* SPDX-License-Identifier: MIT */
#include "runtime/finalizers.h"

#include "base/fault.h"
#include "base/list.h"
#include "runtime/runtime.h"

/* ---- on the pool's thread ---- */

static void finalizers_run(struct pool_job *job, struct thread_memory *memory) {
        struct finalizers *finalizers = container_of(job, struct finalizers, job);
        gca_finalizer *finalizer;

        (void)memory;
        while ((finalizer = gca_heap_take_finalizer(finalizers->runtime->heap))) {
                gca_finalizer_run(finalizer);
                (void)gca_finalizer_free(finalizer);
                /* Relaxed: a statistic. */
                (void)atomic_fetch_add_explicit(&finalizers->n_run, 1, memory_order_relaxed);
        }
        gca_runtime_post(finalizers->runtime, &finalizers->returned);
}

/* ---- on the I/O thread ---- */

static void finalizers_queue(struct finalizers *finalizers) {
        gca_runtime *runtime = finalizers->runtime;

        if (runtime->is_shutting_down)
                return;
        if (finalizers->is_queued) {
                finalizers->is_again = true;
                return;
        }
        /* Where no thread can be started they wait for the next time that the heap tells. */
        finalizers->is_queued = pool_submit(&runtime->pool, &finalizers->job) == 0;
}

static void finalizers_on_told(gca_post *post) {
        struct finalizers *finalizers = container_of(post, struct finalizers, told);

        /* Seq_cst: separates this store from the look at what is due, as who makes one due separates that from
         * its exchange. */
        atomic_store_explicit(&finalizers->is_told, false, memory_order_seq_cst);
        finalizers_queue(finalizers);
}

static void finalizers_on_returned(gca_post *post) {
        struct finalizers *finalizers = container_of(post, struct finalizers, returned);
        bool is_again = finalizers->is_again;

        finalizers->is_queued = false;
        finalizers->is_again = false;
        if (is_again)
                finalizers_queue(finalizers);
}

/* ---- any thread ---- */

static void finalizers_tell(void *data) {
        struct finalizers *finalizers = data;

        /* Seq_cst: see finalizers_on_told(). A post is not posted twice. */
        if (!atomic_exchange_explicit(&finalizers->is_told, true, memory_order_seq_cst))
                gca_runtime_post(finalizers->runtime, &finalizers->told);
}

/* ---- lifecycle ---- */

void finalizers_init(struct finalizers *finalizers, gca_runtime *runtime) {
        finalizers->runtime = runtime;
        finalizers->told.call = finalizers_on_told;
        finalizers->returned.call = finalizers_on_returned;
        finalizers->job.item.cost = 1;
        finalizers->job.call = finalizers_run;
}

int finalizers_start(struct finalizers *finalizers) {
        gca_heap *heap = finalizers->runtime->heap;
        int r;

        if (!heap)
                return 0;
        r = gca_heap_set_on_finalizers(heap, finalizers_tell, finalizers);
        if (r == 0)
                finalizers_tell(finalizers);
        return fault_pass(r);
}

void finalizers_stop(struct finalizers *finalizers) {
        gca_runtime *runtime = finalizers->runtime;

        if (runtime->heap)
                (void)gca_heap_set_on_finalizers(runtime->heap, NULL, finalizers);
        if (finalizers->is_queued && pool_cancel(&runtime->pool, &finalizers->job))
                finalizers->is_queued = false;
}
