/* SPDX-License-Identifier: MIT */

#include "runtime/timer.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/fault.h"

enum {
        N_CHILDREN = 4,
        N_ENTRIES_MIN = 16,
};

void timer_heap_init(struct timer_heap *heap) {
        *heap = (struct timer_heap){ 0 };
}

void timer_heap_deinit(struct timer_heap *heap) {
        assert(heap->n == 0);
        free(heap->entries);
        *heap = (struct timer_heap){ 0 };
}

static void timer_heap_put(struct timer_heap *heap, size_t at, struct timer_entry entry) {
        heap->entries[at] = entry;
        entry.timer->place = at + 1;
}

/* Puts the entry at the hole or above it. */
static void timer_heap_sift_up(struct timer_heap *heap, size_t hole, struct timer_entry entry) {
        while (hole > 0) {
                size_t parent = (hole - 1) / N_CHILDREN;

                if (heap->entries[parent].deadline_ns <= entry.deadline_ns)
                        break;
                timer_heap_put(heap, hole, heap->entries[parent]);
                hole = parent;
        }
        timer_heap_put(heap, hole, entry);
}

/* The child with the earliest deadline; there is at least one. */
static size_t timer_heap_find_child(const struct timer_heap *heap, size_t parent) {
        size_t first = N_CHILDREN * parent + 1;
        size_t end = first + N_CHILDREN < heap->n ? first + N_CHILDREN : heap->n;
        size_t best = first;

        for (size_t i = first + 1; i < end; i++)
                if (heap->entries[i].deadline_ns < heap->entries[best].deadline_ns)
                        best = i;
        return best;
}

/* Puts the entry at the hole or below it. */
static void timer_heap_sift_down(struct timer_heap *heap, size_t hole, struct timer_entry entry) {
        while (N_CHILDREN * hole + 1 < heap->n) {
                size_t child = timer_heap_find_child(heap, hole);

                if (entry.deadline_ns <= heap->entries[child].deadline_ns)
                        break;
                timer_heap_put(heap, hole, heap->entries[child]);
                hole = child;
        }
        timer_heap_put(heap, hole, entry);
}

/* Puts the entry where it belongs, the hole being anywhere. */
static void timer_heap_place(struct timer_heap *heap, size_t hole, struct timer_entry entry) {
        if (hole > 0 && entry.deadline_ns < heap->entries[(hole - 1) / N_CHILDREN].deadline_ns)
                timer_heap_sift_up(heap, hole, entry);
        else
                timer_heap_sift_down(heap, hole, entry);
}

static int timer_heap_grow(struct timer_heap *heap) {
        size_t n_max = heap->n_max > 0 ? 2 * heap->n_max : N_ENTRIES_MIN;
        struct timer_entry *entries = reallocarray(heap->entries, n_max, sizeof(*entries));

        if (!entries)
                return fault_raise(-ENOMEM);
        heap->entries = entries;
        heap->n_max = n_max;
        return 0;
}

int timer_heap_add(struct timer_heap *heap, struct timer *timer, uint64_t deadline_ns) {
        struct timer_entry entry = { .deadline_ns = deadline_ns, .timer = timer };
        int r;

        if (timer_is_started(timer)) {
                timer_heap_place(heap, timer->place - 1, entry);
                return 0;
        }
        if (heap->n == heap->n_max) {
                r = timer_heap_grow(heap);
                if (r)
                        return fault_pass(r);
        }
        timer_heap_sift_up(heap, heap->n++, entry);
        return 0;
}

void timer_heap_remove(struct timer_heap *heap, struct timer *timer) {
        size_t hole = timer->place - 1;
        struct timer_entry last;

        if (!timer_is_started(timer))
                return;
        assert(hole < heap->n && heap->entries[hole].timer == timer);
        timer->place = 0;
        last = heap->entries[--heap->n];
        if (last.timer != timer)
                timer_heap_place(heap, hole, last);
}

struct timer *timer_heap_pop(struct timer_heap *heap, uint64_t now_ns) {
        struct timer *timer;

        if (heap->n == 0 || heap->entries[0].deadline_ns > now_ns)
                return NULL;
        timer = heap->entries[0].timer;
        timer_heap_remove(heap, timer);
        return timer;
}

void timer_heap_verify(const struct timer_heap *heap) {
        assert(heap->n <= heap->n_max);
        for (size_t i = 0; i < heap->n; i++) {
                assert(heap->entries[i].timer->place == i + 1);
                assert(i == 0 || heap->entries[(i - 1) / N_CHILDREN].deadline_ns <=
                                         heap->entries[i].deadline_ns);
        }
}
