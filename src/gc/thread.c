/* SPDX-License-Identifier: MIT */
#include "gc/thread.h"

#include "base/cleanup.h"
#include "base/fault.h"
#include "gc/heap.h"
#include "gc/memory.h"

static void thread_free(struct gca_thread *thread) {
        if (!thread)
                return;
        entry_release_spare(thread);
        log_deinit(thread);
        region_cache_deinit(&thread->cache);
        memory_free(thread);
}
DEFINE_CLEANUP(struct gca_thread *, thread_free);

static void thread_register(struct gca_thread *thread) {
        struct gca_heap *heap = thread->heap;
        LOCK_SCOPE(&heap->threads_lock);

        list_push_back(&heap->threads, &thread->siblings);
        heap->n_threads++;
}

/* In one step: the thread is no longer waited for, its log is the heap's, its counters are added to those of the others that have gone. */
static void thread_unregister(struct gca_thread *thread) {
        struct gca_heap *heap = thread->heap;
        LOCK_SCOPE(&heap->threads_lock);

        list_remove(&thread->siblings);
        heap->n_threads--;
        log_hand_over_locked(thread);
/* Relaxed: the thread's own. */
#define X(name, doc) \
        heap->detached.name += atomic_load_explicit(&thread->counters.name, memory_order_relaxed);
        COUNTER_MAP(X)
#undef X
}

int gca_thread_attach(gca_heap *heap, gca_thread **ret_thread) {
        cleanup_(thread_freep) struct gca_thread *thread = NULL;
        int r;

        if (heap_is_forked(heap))
                return fault_raise(-EOWNERDEAD);
        thread = memory_allocate(sizeof(*thread));
        if (!thread)
                return fault_raise(-ENOMEM);
        thread->heap = heap;
        thread->is_fenced = !heap->has_membarrier;
        root_set_attach(thread);
        region_cache_init(&thread->cache);
        region_init(&thread->region, &thread->cache, 0);
        thread->region.thread = thread;

        r = log_init(thread);
        if (r < 0)
                return fault_pass(r);

        thread_register(thread);
        *ret_thread = steal(&thread);
        return 0;
}

gca_thread *gca_thread_detach(gca_thread *thread) {
        if (!thread || heap_is_forked(thread->heap))
                return NULL;
        assert(!section_is_open(thread));
        region_deinit(&thread->region);
        publication_detach(thread);
        special_detach(thread);
        store_release(thread);
        thread_unregister(thread);
        thread_free(thread);
        return NULL;
}

gca_heap *gca_thread_get_heap(const gca_thread *thread) {
        return thread->heap;
}

gca_region *gca_thread_get_region(gca_thread *thread) {
        return &thread->region;
}

void gca_thread_end_pass(gca_thread *thread) {
        if (heap_is_forked(thread->heap))
                return;
        region_deinit(&thread->region);
        thread->region.thread = thread;
}
