/* SPDX-License-Identifier: MIT */
#pragma once

/* The heap: what its rooms share. gcasync/heap.h tells what it is to a program. */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gcasync/heap.h>

#include "base/list.h"
#include "base/lock.h"
#include "gc/collector.h"
#include "gc/entry.h"
#include "gc/grace.h"
#include "gc/publication.h"
#include "gc/root.h"
#include "gc/slab.h"
#include "gc/special.h"
#include "gc/store.h"
#include "gc/thread.h"
#include "gc/word.h"

struct gca_heap {
        /* Written by the collector; read once a section. Alone in its cache line. */
        _Atomic uint64_t word __attribute__((aligned(64)));
        _Atomic uint64_t upgrades __attribute__((aligned(64)));

        /* Fixed: */
        struct root_set *roots __attribute__((aligned(64)));
        struct collector *collector;
        unsigned n_forks; /* heap_n_forks when it was made */
        bool has_membarrier;
        bool has_store;
        void *memory;             /* that the heap lies in */
        gca_heap_options options; /* zeros replaced by what they stand for */
        char thread_name[16];     /* options.thread_name, cut */

        struct lock threads_lock;
        /* threads_lock: */
        struct list threads;
        size_t n_threads;
        bool is_grace_pending;          /* the grace period could not begin yet */
        struct counter_sums detached;   /* of those that have gone */
        struct log_chunk *detached_log; /* what their logs still held */
        /* any thread that is not attached, by read-modify-writes: */
        struct counters unattached;

        struct store store;
        struct slab_pool entry_chunks, records, record_segments, log_chunks;
        _Atomic(struct entry_chunk *) entries_left; /* handed over whole */
        _Atomic(struct publication_record *) records_left;
        _Atomic(struct special_chunk *) specials_full; /* see special.h */
};

/* Asserts what DESIGN's invariants say, at quiescence: no thread is in a section, no cycle under way or the one under way
 * stands still. Walks everything. */
void heap_verify(gca_heap *heap);

/* How often this process, or one that it was forked from, forked: counted in the child. fork.c installs the handler. */
extern _Atomic unsigned heap_n_forks;

/* 0 or -ENOMEM. */
int heap_watch_forks(void);

/* Whether this process is not the one that made the heap. */
static inline bool heap_is_forked(const gca_heap *heap) {
        /* Relaxed: written before the child has a second thread. */
        return heap->n_forks != atomic_load_explicit(&heap_n_forks, memory_order_relaxed);
}

/* The sums over all threads, attached or gone. Any thread, outside sections. */
void heap_sum_counters(struct gca_heap *heap, struct counter_sums *ret_sums);

/* The collector: writes phase and epoch. */
static inline void heap_set_word(struct gca_heap *heap, uint64_t word) {
#ifdef SECTION_HAS_TSAN
        /* Seq_cst: separates this store from the load of the counters in grace_begin(). */
        atomic_store_explicit(&heap->word, word, memory_order_seq_cst);
#else
        /* Release: pairs with the acquire in section_enter(). What separates it from the load of the counters is
         * in grace_begin(). */
        atomic_store_explicit(&heap->word, word, memory_order_release);
#endif
}

/* ---- opening a section ---- */

/* The first half: from here on a grace period waits for the thread. */
static inline void section_begin(struct gca_thread *thread) {
        uint64_t section = atomic_load_explicit(&thread->section, memory_order_relaxed);

        assert_slow(!(section & 1));
#ifdef SECTION_HAS_TSAN
        /* Seq_cst, as the load in section_read_word_after(): it separates this store from that load, as
         * grace_begin() separates the word's store from the counter's load. */
        atomic_store_explicit(&thread->section, section + 1, memory_order_seq_cst);
#else
        /* Release: pairs with the acquire in grace_read_section(): who finds that this section followed another sees
         * what the other did. */
        atomic_store_explicit(&thread->section, section + 1, memory_order_release);
#endif
}

/* The second half. Nothing between the two reads what the store holds. */
static inline uint64_t section_read_word(struct gca_thread *thread, bool is_fenced) {
#ifdef SECTION_HAS_TSAN
        (void)is_fenced;
        thread->word = atomic_load_explicit(&thread->heap->word, memory_order_seq_cst);
#else
        if (__builtin_expect(is_fenced, 0))
                /* Separates the counter's store from the load below; the partner is the fence in grace_synchronize(). */
                atomic_thread_fence(memory_order_seq_cst);
        else
                /* The partner is membarrier() in grace_synchronize(). */
                atomic_signal_fence(memory_order_seq_cst);
        /* Acquire: pairs with the release in heap_set_word(); what the collector did before is seen. */
        thread->word = atomic_load_explicit(&thread->heap->word, memory_order_acquire);
#endif
        return thread->word;
}

/* The same after a read-modify-write (seq_cst under ThreadSanitizer), which on x86 is a full fence. */
static inline uint64_t section_read_word_after(struct gca_thread *thread) {
#ifdef __x86_64__
        return section_read_word(thread, false);
#else
        return section_read_word(thread, thread->is_fenced);
#endif
}

/* Opens a section; returns the heap's word, which is the section's until it ends. */
static inline uint64_t section_enter(struct gca_thread *thread) {
        section_begin(thread);
        return section_read_word(thread, thread->is_fenced);
}
