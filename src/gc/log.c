/* SPDX-License-Identifier: MIT */
/*
 * OVERFLOW NOTE. Where the log is full the object itself is made to say that it is to be traced. Who has marked it
 * meanwhile has done the work. Who finds it grey may leave it alone: whoever made it so has flagged its block, or does so in a
 * section that is still open, for which the next grace period waits, before marking can end.
 */
#include "gc/log.h"

#include "base/fault.h"
#include "gc/heap.h"

/* ---- the thread ---- */

/* Relaxed: nobody else knows of the chunk yet. */
static void log_chunk_clear(struct log_chunk *chunk) {
        atomic_store_explicit(&chunk->next, NULL, memory_order_relaxed);
        atomic_store_explicit(&chunk->n, 0, memory_order_relaxed);
        chunk->n_drained = 0;
}

static struct log_chunk *log_take_chunk(struct gca_heap *heap) {
        void *first;

        if (slab_take(&heap->log_chunks, 1, &first) == 0)
                return NULL;
        log_chunk_clear(first);
        return first;
}

int log_init(struct gca_thread *thread) {
        thread->log.tail = thread->log.head = log_take_chunk(thread->heap);
        if (!thread->log.tail)
                return fault_raise(-ENOMEM);
        log_refill(thread);
        return 0;
}

void log_refill(struct gca_thread *thread) {
        assert_slow(!section_is_open(thread));
        if (!thread->log.spare)
                thread->log.spare = log_take_chunk(thread->heap);
}

void log_hand_over_locked(struct gca_thread *thread) {
        struct gca_heap *heap = thread->heap;
        struct log *log = &thread->log;

        lock_assert_held(&heap->threads_lock);
        /* Relaxed, both: the lock orders. */
        if (log->head == log->tail &&
            atomic_load_explicit(&log->tail->n, memory_order_relaxed) == log->tail->n_drained)
                return;
        atomic_store_explicit(&log->tail->next, heap->detached_log, memory_order_relaxed);
        heap->detached_log = log->head;
        log->head = log->tail = NULL;
}

void log_deinit(struct gca_thread *thread) {
        struct log *log = &thread->log;

        for (struct log_chunk *chunk = log->head, *next; chunk; chunk = next) {
                /* Relaxed: the thread is no longer registered. */
                next = atomic_load_explicit(&chunk->next, memory_order_relaxed);
                slab_give(&thread->heap->log_chunks, chunk, 1);
        }
        if (log->spare)
                slab_give(&thread->heap->log_chunks, log->spare, 1);
        *log = (struct log){ 0 };
}

static bool log_advance(struct log *log) {
        struct log_chunk *spare = log->spare;

        if (!spare)
                return false;
        /* Release: pairs with the acquire in log_collect(); the chunk is seen cleared. */
        atomic_store_explicit(&log->tail->next, spare, memory_order_release);
        log->tail = spare;
        log->spare = NULL;
        return true;
}

void log_value(struct gca_thread *thread, uint64_t word, gca_value value) {
        struct gca_heap *heap = thread->heap;
        struct log *log = &thread->log;
        struct object *object;
        uint8_t mark;
        uint32_t n;

        assert_slow(section_is_open(thread) && word_is_logging(word));
        if (!value_is_object(value))
                return;
        object = value_get_object(value);
        /* Relaxed: a mark seen late costs a needless line in the log; marked is never unmarked before the sweep. */
        mark = atomic_load_explicit(store_get_mark(&heap->store, object), memory_order_relaxed);
        assert_slow((mark & MARK_STATE_MASK) != MARK_NONE);
        /* Grey: see the overflow note. */
        if ((mark & MARK_STATE_MASK) == word_get_marked_colour(word) ||
            (mark & MARK_STATE_MASK) == MARK_GREY)
                return;
        /* Relaxed: the thread's own. */
        n = atomic_load_explicit(&log->tail->n, memory_order_relaxed);
        if (n == LOG_CHUNK_VALUES) {
                if (!log_advance(log)) {
                        /* See the overflow note. */
                        store_make_grey(&heap->store, object, mark);
                        return;
                }
                n = 0;
        }
        /* Relaxed: the count orders. */
        atomic_store_explicit(&log->tail->values[n], value.word, memory_order_relaxed);
        /* Release: pairs with the acquire in log_visit_chunk(); the value is seen, and what it refers to. */
        atomic_store_explicit(&log->tail->n, n + 1, memory_order_release);
}

/* ---- the collector ---- */

static size_t log_visit_chunk(struct log_chunk *chunk,
                              void (*visit)(struct object *object, void *data),
                              void *data) {
        /* Acquire: pairs with the release in log_value(). */
        uint32_t n = atomic_load_explicit(&chunk->n, memory_order_acquire);
        size_t n_visited = n - chunk->n_drained;

        for (uint32_t i = chunk->n_drained; i < n; i++)
                /* Relaxed: the count orders. */
                visit((struct object *)atomic_load_explicit(&chunk->values[i],
                                                            memory_order_relaxed),
                      data);
        chunk->n_drained = n;
        return n_visited;
}

/* Takes the chunks off that the thread has done with, visits the one that it has not: a bounded number of values
 * under the lock. */
static size_t log_collect(struct log *log,
                          struct log_chunk **full,
                          void (*visit)(struct object *object, void *data),
                          void *data) {
        for (;;) {
                struct log_chunk *chunk = log->head;
                /* Acquire: pairs with the release in log_advance(). */
                struct log_chunk *next = atomic_load_explicit(&chunk->next, memory_order_acquire);

                if (!next)
                        return log_visit_chunk(chunk, visit, data);
                log->head = next;
                chunk->next_free = *full;
                *full = chunk;
        }
}

size_t
log_drain(struct gca_heap *heap, void (*visit)(struct object *object, void *data), void *data) {
        struct log_chunk *full = NULL;
        size_t n = 0;

        {
                LOCK_SCOPE(&heap->threads_lock);
                struct gca_thread *thread;

                list_for_each(thread, &heap->threads, siblings)
                        n += log_collect(&thread->log, &full, visit, data);
                while (heap->detached_log) {
                        struct log_chunk *chunk = heap->detached_log;

                        /* Relaxed: written under the lock. */
                        heap->detached_log =
                                atomic_load_explicit(&chunk->next, memory_order_relaxed);
                        chunk->next_free = full;
                        full = chunk;
                }
        }
        while (full) {
                struct log_chunk *chunk = full;

                full = chunk->next_free;
                n += log_visit_chunk(chunk, visit, data);
                slab_give(&heap->log_chunks, chunk, 1);
        }
        return n;
}
