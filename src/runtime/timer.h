/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Timers of one worker: a 4-ary heap whose keys stand beside the pointers, so that sifting touches no
 * timer until it moves one. A timer knows its place, so it is removed in O(log n). One thread.
 *
 * A timer is in its owner's memory, zeroed before first use, and must be removed before that memory
 * goes. Timers with equal deadlines fire in no particular order.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct timer {
        size_t place; /* index in the heap + 1; 0: not in it */
        void (*call)(struct timer *timer);
};

struct timer_entry {
        uint64_t deadline_ns;
        struct timer *timer;
};

struct timer_heap {
        struct timer_entry *entries;
        size_t n, n_max;
};

void timer_heap_init(struct timer_heap *heap);

/* No timer may be left in it. May be called twice. */
void timer_heap_deinit(struct timer_heap *heap);

/* Starts the timer or moves it. 0, or -ENOMEM: the timer is where it was. */
int timer_heap_add(struct timer_heap *heap, struct timer *timer, uint64_t deadline_ns);

/* A timer that is not in the heap is accepted. */
void timer_heap_remove(struct timer_heap *heap, struct timer *timer);

/* The earliest timer with a deadline at or before now, removed; or NULL. */
struct timer *timer_heap_pop(struct timer_heap *heap, uint64_t now_ns);

/* Asserts the heap's order and every timer's place. */
void timer_heap_verify(const struct timer_heap *heap);

/* CLOCK_NEVER when there is none. */
static inline uint64_t timer_heap_get_earliest(const struct timer_heap *heap) {
        return heap->n > 0 ? heap->entries[0].deadline_ns : UINT64_MAX;
}

static inline bool timer_is_started(const struct timer *timer) {
        return timer->place != 0;
}
