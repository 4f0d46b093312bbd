/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The queue between the I/O thread and the workers: tasks that have not started, fair between uids.
 * The I/O thread gathers what it is given during a pass and pushes it under one lock; workers pull
 * batches.
 *
 * SEEKING ([runtime.wake.seek]). A push wakes one worker, not all: it takes the token, gets a parked worker out and leaves it
 * the token. The woken one gives the token back *before* it pulls; if it leaves anything behind it
 * seeks the next in its turn. So there is at most one wake under way, and while there is one, nobody
 * else needs to wake. Who cannot find a parked worker gives the token back and looks again, since in the
 * meantime another may have relied on it.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/lock.h"
#include "runtime/fair.h"
#include "runtime/park.h"

struct submit_queue {
        struct lock lock;
        struct fair fair;         /* lock */
        _Atomic size_t n;         /* fair.n; written under the lock */
        _Atomic bool is_sought;   /* the token */
        _Atomic uint64_t n_seeks; /* workers woken; a statistic */
        struct park **parks;      /* the workers'; fixed while any of them runs */
        size_t n_parks;
};

void submit_queue_init(struct submit_queue *queue);
void submit_queue_deinit(struct submit_queue *queue);

/* I/O thread: pushes the items of a list of fair_item.link, which is empty afterwards, and seeks a worker
 * if there were any. */
void submit_queue_push(struct submit_queue *queue, struct list *items);

/* Worker: takes up to n_max items, but no more than its share, and hands each to take(item, index,
 * data), under the lock. Returns how many. */
size_t submit_queue_pull(struct submit_queue *queue,
                         size_t n_max,
                         void (*take)(struct fair_item *item, size_t index, void *data),
                         void *data);

/* I/O thread: takes an item back that no worker has pulled. */
bool submit_queue_remove(struct submit_queue *queue, struct fair_item *item);

/* Wakes a parked worker if the queue is not empty and nobody is under way to it. True: it did. */
bool submit_queue_seek(struct submit_queue *queue);

/* The woken worker, before it pulls. */
void submit_queue_give_token(struct submit_queue *queue);

static inline size_t submit_queue_get_length(const struct submit_queue *queue) {
        /* Sequentially consistent: a worker's last look before it sleeps, see park_prepare(). */
        return atomic_load_explicit(&queue->n, memory_order_seq_cst);
}
