/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a worker has pulled and not started: a few items that it takes one by one, and that the I/O
 * thread may take away again when the worker is stuck ([runtime.worker.stays]).
 *
 *   bits of the word   what
 *   0-15               index of the next item
 *   16-31              index behind the last
 *   32-63              generation: how often it was filled
 *
 *           | fill | take, is_empty
 *   fill    | the owner, when it is empty | free
 *   take    | free | free: each item goes to one taker
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fair_item;

enum {
        BATCH_N_MAX = 32,
};

struct batch {
        _Atomic uint64_t word;
        _Atomic(struct fair_item *) items[BATCH_N_MAX];
};

static inline bool batch_word_is_empty(uint64_t word) {
        return (uint16_t)word == (uint16_t)(word >> 16);
}

/* A snapshot; for the owner, a false answer may have turned true. */
static inline bool batch_is_empty(const struct batch *batch) {
        /* Relaxed: who wants an item takes it. */
        return batch_word_is_empty(atomic_load_explicit(&batch->word, memory_order_relaxed));
}

/* Owner, between batch_is_empty() and batch_fill(). */
static inline void batch_set(struct batch *batch, size_t index, struct fair_item *item) {
        /* Relaxed: batch_fill() releases it. */
        atomic_store_explicit(&batch->items[index], item, memory_order_relaxed);
}

/* Owner: the first n items have been set. */
static inline void batch_fill(struct batch *batch, size_t n) {
        uint64_t word = atomic_load_explicit(&batch->word, memory_order_relaxed);

        word = ((word >> 32) + 1) << 32 | (uint64_t)n << 16;
        /* Release: pairs with the acquire in batch_take(). A store is enough: an empty batch changes by
         * its owner only. */
        atomic_store_explicit(&batch->word, word, memory_order_release);
}

/* What the next one most likely is, or NULL: an address to fetch, not to be looked at, for it may have been taken. */
static inline struct fair_item *batch_guess(const struct batch *batch) {
        /* Relaxed, both: nothing is read of the item. */
        uint64_t word = atomic_load_explicit(&batch->word, memory_order_relaxed);

        return batch_word_is_empty(word)
                       ? NULL
                       : atomic_load_explicit(&batch->items[(uint16_t)word], memory_order_relaxed);
}

/* The next item, or NULL. */
static inline struct fair_item *batch_take(struct batch *batch) {
        /* Acquire: pairs with the release in batch_fill(). */
        uint64_t word = atomic_load_explicit(&batch->word, memory_order_acquire);
        struct fair_item *item;

        do {
                if (batch_word_is_empty(word))
                        return NULL;
                /* Relaxed: as new as the word; if the batch was filled again since, the generation
                 * makes the exchange fail. */
                item = atomic_load_explicit(&batch->items[(uint16_t)word], memory_order_relaxed);
                /* Acquire: also of a newer word, for the next attempt. */
        } while (!atomic_compare_exchange_weak_explicit(
                &batch->word, &word, word + 1, memory_order_acquire, memory_order_acquire));
        return item;
}
