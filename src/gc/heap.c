/* SPDX-License-Identifier: MIT */
#include "gc/heap.h"

#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fault.h"
#include "gc/memory.h"

enum {
        HEAP_GROWTH_FLOOR_BYTES = 16 << 20,
        HEAP_GROWTH_PERCENT = 50,
        HEAP_IDLE_NS = 1000000000,
};

/* ---- options ---- */

/* A program that was built against an older header gives fewer of them, one built against a newer header more: those
 * must be zero. */
static int options_copy(gca_heap_options *copy, const gca_heap_options *options) {
        const unsigned char *bytes = (const unsigned char *)options;

        *copy = (gca_heap_options){ 0 };
        if (!options)
                return 0;
        if (options->size < sizeof(options->size))
                return -EINVAL;
        for (size_t i = sizeof(*copy); i < options->size; i++)
                if (bytes[i] != 0)
                        return -EINVAL;
        memcpy(copy, options, options->size < sizeof(*copy) ? options->size : sizeof(*copy));
        if (copy->soft_limit_bytes > 0 && copy->hard_limit_bytes > 0 &&
            copy->soft_limit_bytes > copy->hard_limit_bytes)
                return -EINVAL;
        return 0;
}

static size_t machine_get_memory_bytes(void) {
        long n_pages = sysconf(_SC_PHYS_PAGES), page_bytes = sysconf(_SC_PAGESIZE);

        if (n_pages <= 0 || page_bytes <= 0)
                return (size_t)1 << 32;
        return (size_t)n_pages * (size_t)page_bytes;
}

static void heap_set_options(struct gca_heap *heap, const gca_heap_options *options) {
        const char *name = options->thread_name ? options->thread_name : "gcasync-gc";

        heap->options = *options;
        heap->options.size = sizeof(heap->options);
        if (heap->options.reserve_bytes == 0)
                heap->options.reserve_bytes = 2 * machine_get_memory_bytes();
        if (heap->options.growth_floor_bytes == 0)
                heap->options.growth_floor_bytes = HEAP_GROWTH_FLOOR_BYTES;
        if (heap->options.growth_percent == 0)
                heap->options.growth_percent = HEAP_GROWTH_PERCENT;
        if (heap->options.idle_ns == 0)
                heap->options.idle_ns = HEAP_IDLE_NS;
        memcpy(heap->thread_name, name, strnlen(name, sizeof(heap->thread_name) - 1));
        heap->options.thread_name = heap->thread_name;
}

/* ---- life ---- */

/* Whatever was made of it. */
static void heap_destroy(struct gca_heap *heap) {
        if (!heap)
                return;
        if (heap->collector)
                collector_stop(heap->collector);
        heap->collector = collector_free(heap->collector);
        heap->roots = root_set_free(heap->roots);
        if (heap->has_store) {
                special_deinit(heap);
                store_deinit(&heap->store);
        }
        slab_pool_deinit(&heap->entry_chunks);
        slab_pool_deinit(&heap->records);
        slab_pool_deinit(&heap->record_segments);
        slab_pool_deinit(&heap->log_chunks);
        lock_deinit(&heap->threads_lock);
        memory_free(heap->memory);
}
DEFINE_CLEANUP(struct gca_heap *, heap_destroy);

/* Aligned to cache lines. */
static struct gca_heap *heap_allocate(void) {
        char *memory = memory_allocate(sizeof(struct gca_heap) + _Alignof(struct gca_heap));
        struct gca_heap *heap;

        if (!memory)
                return NULL;
        heap = (struct gca_heap *)(((uintptr_t)memory + _Alignof(struct gca_heap)) &
                                   ~(uintptr_t)(_Alignof(struct gca_heap) - 1));
        heap->memory = memory;
        return heap;
}

static void heap_init(struct gca_heap *heap, const gca_heap_options *options) {
        heap_set_options(heap, options);
        heap->has_membarrier = grace_find_membarrier();
        /* Relaxed: see heap_is_forked(). */
        heap->n_forks = atomic_load_explicit(&heap_n_forks, memory_order_relaxed);
        lock_init(&heap->threads_lock, LOCK_RANK_THREADS);
        list_init(&heap->threads);
        slab_pool_init(&heap->entry_chunks, sizeof(struct entry_chunk));
        slab_pool_init(&heap->records, space_round(sizeof(struct publication_record)));
        slab_pool_init(&heap->record_segments, space_round(sizeof(struct publication_segments)));
        slab_pool_init(&heap->log_chunks, sizeof(struct log_chunk));
}

/* What can fail, in this order; heap_destroy() undoes it. */
static int heap_start(struct gca_heap *heap) {
        int r;

        r = store_init(&heap->store, heap->options.reserve_bytes);
        if (r < 0)
                return fault_pass(r);
        heap->has_store = true;
        heap->store.on_growth = collector_note_growth;
        heap->store.on_full = collector_wait_full;
        r = root_set_new(heap, &heap->roots);
        if (r < 0)
                return fault_pass(r);
        r = collector_new(heap, &heap->collector);
        if (r < 0)
                return fault_pass(r);
        if (heap->options.is_manual)
                return 0;
        return fault_pass(collector_start(heap->collector));
}

int gca_heap_new(const gca_heap_options *options, gca_heap **ret_heap) {
        cleanup_(heap_destroyp) struct gca_heap *heap = NULL;
        gca_heap_options copy;
        int r;

        r = options_copy(&copy, options);
        if (r < 0)
                return fault_raise(r);
        r = heap_watch_forks();
        if (r < 0)
                return fault_raise(r);
        heap = heap_allocate();
        if (!heap)
                return fault_raise(-ENOMEM);
        heap_init(heap, &copy);

        r = heap_start(heap);
        if (r < 0)
                return fault_pass(r);

        *ret_heap = steal(&heap);
        return 0;
}

gca_heap *gca_heap_free(gca_heap *heap) {
        /* After fork its locks may be held, and its thread is not here: it is left alone. */
        if (!heap || heap_is_forked(heap))
                return NULL;
        assert(heap->n_threads == 0);
        heap_destroy(heap);
        return NULL;
}

/* ---- counters ---- */

static void sums_add(struct counter_sums *sums, const struct counters *counters) {
/* Acquire: pairs with the release in counter_add(). */
#define X(name, doc) sums->name += atomic_load_explicit(&counters->name, memory_order_acquire);
        COUNTER_MAP(X)
#undef X
}

void heap_sum_counters(struct gca_heap *heap, struct counter_sums *ret_sums) {
        LOCK_SCOPE(&heap->threads_lock);
        struct gca_thread *thread;

        *ret_sums = heap->detached;
        list_for_each(thread, &heap->threads, siblings)
                sums_add(ret_sums, &thread->counters);
        sums_add(ret_sums, &heap->unattached);
}

size_t gca_heap_count_roots(gca_heap *heap) {
        struct counter_sums sums;

        if (heap_is_forked(heap))
                return 0;
        heap_sum_counters(heap, &sums);
        return sums.n_roots_registered - sums.n_roots_dropped;
}

size_t gca_heap_count_guards(gca_heap *heap) {
        struct counter_sums sums;

        if (heap_is_forked(heap))
                return 0;
        heap_sum_counters(heap, &sums);
        return sums.n_roots_registered + sums.n_guards_added - sums.n_guards_dropped -
               sums.n_roots_dropped;
}

static size_t heap_count_threads(struct gca_heap *heap) {
        LOCK_SCOPE(&heap->threads_lock);

        return heap->n_threads;
}

void gca_heap_get_info(gca_heap *heap, gca_heap_info *ret_info) {
        struct store *store = &heap->store;
        struct counter_sums sums;
        gca_heap_info info = { 0 };

        if (heap_is_forked(heap)) {
                *ret_info = info;
                return;
        }
        collector_fill_info(heap->collector, &info);
        /* Relaxed, all: statistics; no decision rests on them. */
        info.used_bytes = atomic_load_explicit(&store->used_bytes, memory_order_relaxed);
        info.committed_bytes = atomic_load_explicit(&store->committed_bytes, memory_order_relaxed);
        info.blob_bytes = atomic_load_explicit(&store->blob_bytes, memory_order_relaxed);
        info.large_bytes = atomic_load_explicit(&store->large_bytes, memory_order_relaxed);
        heap_sum_counters(heap, &sums);
        info.published_bytes = sums.published_bytes;
        info.n_published = sums.n_published;
        info.n_roots = gca_heap_count_roots(heap);
        info.n_guards = gca_heap_count_guards(heap);
        info.n_threads = heap_count_threads(heap);
        *ret_info = info;
}
