/* SPDX-License-Identifier: MIT */

#include "runtime/submit-queue.h"

#include "base/check.h"

void submit_queue_init(struct submit_queue *queue) {
        *queue = (struct submit_queue){ 0 };
        lock_init(&queue->lock, LOCK_RANK_QUEUE);
        fair_init(&queue->fair);
}

void submit_queue_deinit(struct submit_queue *queue) {
        fair_deinit(&queue->fair);
        lock_deinit(&queue->lock);
}

static void submit_queue_publish_length_locked(struct submit_queue *queue) {
        lock_assert_held(&queue->lock);
        /* Sequentially consistent: separates this store from the look at the token and at the workers'
         * park words in submit_queue_seek(); the partners are park_prepare() and the worker's look at the
         * length, and the token's store and the look at the length in submit_queue_seek() itself. */
        atomic_store_explicit(&queue->n, queue->fair.n, memory_order_seq_cst);
}

void submit_queue_push(struct submit_queue *queue, struct list *items) {
        struct list *link;

        if (list_is_empty(items))
                return;
        {
                LOCK_SCOPE(&queue->lock);

                while ((link = list_pop_front(items)))
                        fair_push(&queue->fair, list_entry(link, struct fair_item, link));
                submit_queue_publish_length_locked(queue);
        }
        (void)submit_queue_seek(queue);
}

size_t submit_queue_pull(struct submit_queue *queue,
                         size_t n_max,
                         void (*take)(struct fair_item *item, size_t index, void *data),
                         void *data) {
        size_t n = 0, n_share;

        if (submit_queue_get_length(queue) == 0)
                return 0;
        LOCK_SCOPE(&queue->lock);
        n_share = queue->n_parks > 1 ? queue->fair.n / queue->n_parks + 1 : queue->fair.n;
        if (n_share < n_max)
                n_max = n_share;
        while (n < n_max) {
                struct fair_item *item = fair_pop(&queue->fair);

                if (!item)
                        break;
                take(item, n++, data);
        }
        submit_queue_publish_length_locked(queue);
        return n;
}

bool submit_queue_remove(struct submit_queue *queue, struct fair_item *item) {
        LOCK_SCOPE(&queue->lock);

        if (!fair_remove(&queue->fair, item))
                return false;
        submit_queue_publish_length_locked(queue);
        return true;
}

static bool submit_queue_take_token(struct submit_queue *queue) {
        bool is_sought = false;

        /* Sequentially consistent: see submit_queue_give_token(). */
        return atomic_compare_exchange_strong_explicit(
                &queue->is_sought, &is_sought, true, memory_order_seq_cst, memory_order_seq_cst);
}

void submit_queue_give_token(struct submit_queue *queue) {
        /* Sequentially consistent: separates this store from the giver's next look at the queue (a woken
         * worker pulls, a failed seeker looks again). The partner is a push: its store of the length,
         * then its look at the token. So a push that saw the token taken is seen by who gives it. */
        atomic_store_explicit(&queue->is_sought, false, memory_order_seq_cst);
}

static bool submit_queue_has_parked(const struct submit_queue *queue) {
        for (size_t i = 0; i < queue->n_parks; i++)
                if (park_is_parked(queue->parks[i]))
                        return true;
        return false;
}

bool submit_queue_seek(struct submit_queue *queue) {
        while (submit_queue_get_length(queue) > 0 && submit_queue_has_parked(queue)) {
                if (!submit_queue_take_token(queue))
                        return false;
                for (size_t i = 0; i < queue->n_parks; i++) {
                        if (!park_seek(queue->parks[i]))
                                continue;
                        /* Relaxed: a statistic. */
                        (void)atomic_fetch_add_explicit(&queue->n_seeks, 1, memory_order_relaxed);
                        return true;
                }
                submit_queue_give_token(queue);
        }
        return false;
}
