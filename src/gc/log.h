/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A thread's log: the values that were given up or replaced while the collector marks ("snapshot at the beginning",
 * Yuasa 1990), so that what could be reached when marking began is marked although the way to it is gone. It holds
 * unmarked values only. One thread appends, in sections; the collector drains it, at any time.
 *
 * A log never waits and never loses: it grows outside sections (log_prepare()); where it is full inside one, the value's mark byte is
 * made grey and its block is flagged instead, which draining finds (store_take_grey()).
 *
 * CHUNKS form a queue from head to tail. The tail is appended to; those before it are full and the thread
 * has done with them. The thread knows the tail, the collector the head; a thread that detaches links its queue on the heap's.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gcasync/value.h>

struct gca_heap;
struct gca_thread;
struct object;

enum {
        LOG_CHUNK_VALUES = 509,
};

/* Type-stable while its heap lives. */
struct log_chunk {
        struct log_chunk *next_free;      /* the pool's; and in the collector's hands */
        _Atomic(struct log_chunk *) next; /* the thread's to set, once the chunk is full */
        _Atomic uint32_t n;               /* values written; the thread's */
        uint32_t n_drained;               /* registry's lock */
        _Atomic uintptr_t values[LOG_CHUNK_VALUES];
};

struct log {
        struct log_chunk *tail;  /* the thread's; never NULL while it is attached */
        struct log_chunk *spare; /* to follow the tail; the thread's; may be NULL */
        struct log_chunk *head;  /* registry's lock: drained next */
};

/* ---- the thread ---- */

/* 0 or -ENOMEM. */
int log_init(struct gca_thread *thread);

/* Its values become the heap's to drain. Under the registry's lock. */
void log_hand_over_locked(struct gca_thread *thread);

/* After that, outside locks: gives back what is left. */
void log_deinit(struct gca_thread *thread);

/* Appends what the object's mark says is not yet marked; other values are none of the log's business. In a section that is logging, with its word. */
void log_value(struct gca_thread *thread, uint64_t word, gca_value value);

/* log_prepare(), where there is no spare chunk. */
void log_refill(struct gca_thread *thread);

/* ---- the collector ---- */

/* Calls visit for each value that a thread, attached or gone, has logged since the last call. Returns how many. visit
 * takes no lock that ranks below the registry's. */
size_t
log_drain(struct gca_heap *heap, void (*visit)(struct object *object, void *data), void *data);
