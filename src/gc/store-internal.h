/* SPDX-License-Identifier: MIT */
#pragma once

/* What the store's own sources share. */

#include "gc/store.h"

/* ---- bytes ---- */

/* More bytes are used. limit 0: none. false: they would be more than the limit, and are not counted. */
static inline bool store_take_bytes(struct store *store, size_t bytes, size_t limit) {
        /* Relaxed, all: each addition is checked by who makes it, so the limit holds whatever the order. */
        size_t used = atomic_load_explicit(&store->used_bytes, memory_order_relaxed);

        /* What is refused is at no time counted: it would make others fail. */
        do
                if (limit > 0 && (used > limit || bytes > limit - used))
                        return false;
        while (!atomic_compare_exchange_weak_explicit(&store->used_bytes,
                                                      &used,
                                                      used + bytes,
                                                      memory_order_relaxed,
                                                      memory_order_relaxed));
        return true;
}

static inline void store_give_bytes(struct store *store, size_t bytes) {
        /* Relaxed: as above. */
        atomic_fetch_sub_explicit(&store->used_bytes, bytes, memory_order_relaxed);
}

/* An account pays for more, or less. */
void store_charge(struct store *store, uint16_t account, uint64_t bytes);
void store_discharge(struct store *store, uint16_t account, uint64_t bytes);

/* What the thread's cursor has added up goes to the accounts. */
void store_settle_account(struct gca_thread *thread);

/* ---- blocks ---- */

void block_list_push(struct block_list *list, struct block *block);
/* NULL: it is empty. */
struct block *block_list_pop(struct block_list *list);

/* The block, which nobody owns, is to be had: by its max_hole and n_live. The lock is held. */
void store_shelve_locked(struct store *store, struct block *block);

/* What lies in the block is known: sets its n_live and max_hole (0: not worth filling). cover is spoilt. */
void block_measure(struct block *block, uint64_t *cover);

/* ---- sweeping ---- */

/* A block that is being swept; block NULL: none. */
struct store_claim {
        struct block *block;
        bool is_owned; /* it is being filled meanwhile */
};

/* Claims the next block that is to be swept, if there is one left. The lock is held. */
struct store_claim store_claim_locked(struct store *store);

/* Sweeps a claimed block, which is then to be had. */
void store_sweep_claimed(struct store *store, struct store_claim claim);

/* Claims a block and sweeps it; false: none was left. *ret_is_complete then tells whether all are swept. */
bool store_sweep_next_block(struct store *store, bool *ret_is_complete);
