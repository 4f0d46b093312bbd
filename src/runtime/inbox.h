/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Mail for one worker: what other threads want done on its thread. A stack that many push on and one
 * takes whole, which restores the order of each sender. The nodes are gca_posts, in their senders'
 * memory, which is theirs again as soon as the post is called.
 *
 *          | push | take, is_empty
 *   push   | free | free
 *   take   | free | the owner's thread only
 *
 * Whether the owner must be woken is not decided here: see park.h.
 */

#include <stdatomic.h>
#include <stdbool.h>

#include <gcasync/runtime.h>

struct inbox {
        _Atomic(gca_post *) newest;
};

static inline void inbox_init(struct inbox *inbox) {
        /* Relaxed: no other thread knows the inbox yet. */
        atomic_store_explicit(&inbox->newest, NULL, memory_order_relaxed);
}

static inline void inbox_push(struct inbox *inbox, gca_post *post) {
        /* Relaxed: a guess, which the exchange checks. */
        gca_post *below = atomic_load_explicit(&inbox->newest, memory_order_relaxed);

        do
                post->next = below;
        /* Sequentially consistent: as a release it pairs with the exchange in inbox_take(), which shows
         * what the posts hold; and it stands between this push and the look at the target's park word
         * in park_wake(), the partner of the store and the look in park_prepare(). */
        while (!atomic_compare_exchange_weak_explicit(
                &inbox->newest, &below, post, memory_order_seq_cst, memory_order_relaxed));
}

/* The owner's look before it parks. */
static inline bool inbox_is_empty(const struct inbox *inbox) {
        /* Sequentially consistent: separates from park_prepare()'s store, see inbox_push(). */
        return !atomic_load_explicit(&inbox->newest, memory_order_seq_cst);
}

/* Takes all posts, the oldest first. */
gca_post *inbox_take(struct inbox *inbox);
