/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * An attached thread, and its sections.
 *
 * A SECTION is a short read-side critical section (RCU: McKenney and Slingwine, 1998) around every access to the store and
 * its bookkeeping. Entering makes the thread's counter odd and reads the heap's word, once; leaving makes it even.
 * A grace period is over when each thread whose counter was odd at its beginning has changed it: see grace.h. In a
 * section nothing waits: no lock, no allocation, no callback, no suspension; section_is_open() is what the context switch checks.
 *
 * ENTERING needs the counter's store ordered before the word's load. Where membarrier(2) is to be had the
 * collector pays for that and entering costs two plain accesses; else, and under ThreadSanitizer, a full fence is
 * here. Nothing but speed depends on which.
 *
 * FIELDS are the thread's own, but for the atomic ones, which the collector reads.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gcasync/heap.h>

#include "base/check.h"
#include "base/list.h"
#include "gc/log.h"
#include "gc/publication.h"
#include "gc/region.h"
#include "gc/special.h"
#include "gc/store.h"
#include "gc/stress.h"
#include "gc/word.h"

struct gca_heap;
struct entry_chunk;
struct root_chunk;
struct root_slot;

/*
 * What moved, by one thread, ever: bumped after the change, read before marking goes on ("dirty state"). The thread
 * writes, any reads; heap_sum_counters() adds them up.
 *
 * An entry counts as dropped only if it is older than the start of the last cycle: what was taken since then was reachable
 * otherwise, and the end of that counts for itself.
 */
#define COUNTER_MAP(X)                                                         \
        X(n_roots_registered, "slots that became live; first, as in a window") \
        X(n_roots_dropped, "slots that became free; second, likewise")         \
        X(n_guards_added, "guards but the first of a root")                    \
        X(n_guards_dropped, "guards but the last of a root")                   \
        X(n_entries_dropped, "entries older than the start of the last cycle") \
        X(n_overwritten, "values replaced in cells, natives' slots, roots")    \
        X(published_bytes, "born in the store")                                \
        X(n_published, "objects born in the store")                            \
        X(n_publications, "publications that ended")

struct counters {
#define X(name, doc) _Atomic uint64_t name;
        COUNTER_MAP(X)
#undef X
};

/* The counters of all threads, those that have gone included. */
struct counter_sums {
#define X(name, doc) uint64_t name;
        COUNTER_MAP(X)
#undef X
};

struct gca_thread {
        /* As gcasync/root-inline.h has it: */
        _Atomic uint64_t section;          /* odd: inside */
        const _Atomic uint64_t *heap_word; /* fixed */
        struct gca_region
                *publishing;       /* whose run is open, or NULL: one at most, see publication.h */
        struct root_slot *slots;   /* fixed */
        struct root_chunk *chunks; /* fixed */
        const _Atomic uint32_t *n_direct_slots; /* fixed: the root set's, or that of none */
        struct root_slot *freed;
        struct counters counters;

        struct gca_heap *heap;
        struct list siblings;   /* the registry's lock */
        uint64_t word;          /* as the open section read it */
        uint64_t grace_section; /* registry's lock; odd: that section is waited for, see grace.h */
        bool is_fenced;         /* entering needs a fence: no membarrier */
        size_t n_unfinished; /* publications of its regions that failed: not all that was forwarded is complete */

        struct log log;
        struct store_cursor cursor;
        struct special_list specials;
        struct region_cache cache;
        struct gca_region region;          /* for what is taken outside any task */
        struct entry_chunk *spare_entries; /* see entry.h */
        size_t n_spare_entries;
        struct publication *publications; /* spare ones */
        size_t n_publications;
};

#define THREAD_BEGINS_WITH(member, in_window)                                \
        static_assert(offsetof(struct gca_thread, member) ==                 \
                              offsetof(struct gca_thread_window, in_window), \
                      "a thread begins with what gcasync/root-inline.h takes for its window")
THREAD_BEGINS_WITH(section, section);
THREAD_BEGINS_WITH(heap_word, word);
THREAD_BEGINS_WITH(publishing, publishing);
THREAD_BEGINS_WITH(slots, slots);
THREAD_BEGINS_WITH(chunks, chunks);
THREAD_BEGINS_WITH(n_direct_slots, n_direct_slots);
THREAD_BEGINS_WITH(freed, freed);
THREAD_BEGINS_WITH(counters.n_roots_registered, n_registered);
THREAD_BEGINS_WITH(counters.n_roots_dropped, n_dropped);

#if defined(__SANITIZE_THREAD__)
#        define SECTION_HAS_TSAN 1
#elif defined(__has_feature)
#        if __has_feature(thread_sanitizer)
#                define SECTION_HAS_TSAN 1
#        endif
#endif

static inline bool section_is_open(const struct gca_thread *thread) {
        /* Relaxed: the thread asks about itself. */
        return atomic_load_explicit(&thread->section, memory_order_relaxed) & 1;
}

/* section_enter() is in heap.h: it reads the heap's word. */

static inline void section_exit(struct gca_thread *thread) {
        uint64_t section = atomic_load_explicit(&thread->section, memory_order_relaxed);

        assert_slow(section & 1);
        /* Release: pairs with the acquire in grace_is_over(); what the section wrote and logged is seen by who
         * found it ended. */
        atomic_store_explicit(&thread->section, section + 1, memory_order_release);
}

/* Outside sections, before an entry, guard or root is given up or replaced: what an open run refers to may be held by nothing else. */
static inline void thread_settle(struct gca_thread *thread) {
        if (__builtin_expect(thread->publishing != NULL, 0))
                publication_settle(thread);
}

/* Outside sections, before one that may log; and after one that did: the log has room for more than a chunk of values. */
static inline void log_prepare(struct gca_thread *thread) {
        if (__builtin_expect(!thread->log.spare, 0))
                log_refill(thread);
}

/* A counter of the thread's own, after the change. */
static inline void counter_add(_Atomic uint64_t *counter, uint64_t n) {
        /* Release: pairs with the acquire in heap_sum_counters(); who sees the count sees the change. One writer. */
        atomic_store_explicit(counter,
                              atomic_load_explicit(counter, memory_order_relaxed) + n,
                              memory_order_release);
}
