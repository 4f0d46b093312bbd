/* SPDX-License-Identifier: MIT */

/*
 * Sweeping. store_begin_sweep() only notes the epoch and where to begin: blocks are then claimed one by one, in the order of addresses,
 * by the collector and by threads that want room, and swept without the lock. A block is known to be swept by
 * its swept_epoch; the lists of partial blocks begin empty, for all of them are to be swept.
 *
 * What is dead is told by the mark bytes alone (block-map.h). The objects are looked at only where several accounts share a block, which
 * its descriptor tells, and in checked builds, where their memory is retired.
 *
 * AN OWNED BLOCK, owned in this epoch or pinned by a piece that is lent (space.h), is being filled meanwhile. It may hold objects that died
 * before it was taken; their mark bytes have to go, for in the next cycle their colour will be that of the living. The owner writes mark
 * bytes only within the holes that it knows of since it took the block, so nobody else writes those that are cleared here.
 */

#include <string.h>

#include "gc/heap.h"
#include "gc/object-size.h"
#include "gc/store-internal.h"

enum {
        SWEEP_LARGE_MAX = 16, /* large objects in one step */
};

void store_begin_sweep(struct store *store, uint64_t epoch) {
        store_take_large(store);
        assert(!store->large_unswept);
        store->large_unswept = store->large;
        store->large = NULL;
        /* Relaxed, both: statistics of the collector's own. */
        atomic_store_explicit(&store->n_swept, 0, memory_order_relaxed);
        atomic_store_explicit(&store->swept_bytes, 0, memory_order_relaxed);
        LOCK_SCOPE(&store->lock);
        assert(store->n_sweeping == 0 && store->sweep_next == store->sweep_end);
        store->sweep_epoch = epoch;
        store->sweep_next = 0;
        store->sweep_end = store->space.n_blocks;
        memset(store->partial, 0, sizeof(store->partial));
}

/* ---- claiming ---- */

/* Whoever owned a block may have left it while a piece of it is still lent: it is full then, and in use. */
static bool block_is_in_use(const struct block *block, uint64_t epoch) {
        return (block->state == BLOCK_OWNED && block->owner_epoch >= epoch) ||
               /* Acquire: pairs with the release in block_unpin(); the marks of what was born are seen. */
               atomic_load_explicit(&block->n_lent, memory_order_acquire) > 0;
}

struct store_claim store_claim_locked(struct store *store) {
        lock_assert_held(&store->lock);
        while (store->sweep_next < store->sweep_end) {
                struct block *block = &store->space.blocks[store->sweep_next++];
                bool is_owned;

                if (block->state == BLOCK_ABSENT || block->state == BLOCK_FREE ||
                    block->swept_epoch == store->sweep_epoch)
                        continue;
                is_owned = block_is_in_use(block, store->sweep_epoch);
                if (!is_owned)
                        block->state = BLOCK_SWEEPING;
                store->n_sweeping++;
                return (struct store_claim){ block, is_owned };
        }
        return (struct store_claim){ 0 };
}

static void store_finish_locked(struct store *store, struct block *block) {
        lock_assert_held(&store->lock);
        store->n_sweeping--;
        block->swept_epoch = store->sweep_epoch;
        if (block->state == BLOCK_SWEEPING)
                store_shelve_locked(store, block);
}

/* ---- a block ---- */

/* Each dead object, before it goes: looked at where somebody has to know who paid, and retired in checked builds. */
static void
block_bury(struct store *store, struct block *block, const uint64_t *starts, bool is_mixed) {
        char *begin = space_get_block_begin(&store->space, block);

        bits_for_each(granule, starts) {
                struct object *object =
                        (struct object *)(void *)(begin + granule * SPACE_GRANULE_BYTES);
                size_t size = header_get_rounded_size(object->header);

                if (is_mixed)
                        store_discharge(store, (uint16_t)header_get_depth(object->header), size);
                if (MEMORY_IS_CHECKED)
                        memory_retire(object, size);
        }
}

/* All 64 mark bytes of a word. Nobody else is at the block: see the head. */
static void marks_clear_word(_Atomic uint8_t *marks) {
#ifdef SECTION_HAS_TSAN
        for (size_t i = 0; i < 64; i++)
                /* Relaxed: as in block_clear_marks(). */
                atomic_store_explicit(&marks[i], MARK_NONE, memory_order_relaxed);
#else
        memset((void *)(uintptr_t)marks, MARK_NONE, 64);
#endif
}

/* dead: starts and ends of what goes. Words that hold nothing else are cleared in one go, if the block is nobody's. */
static void block_clear_marks(_Atomic uint8_t *marks,
                              const struct block_map *map,
                              const uint64_t *dead,
                              bool is_owned) {
        for (size_t word = 0; word < BLOCK_MAP_WORDS; word++, marks += 64) {
                if (dead[word] == 0)
                        continue;
                if (!is_owned && dead[word] == (map->starts[word] | map->ends[word])) {
                        marks_clear_word(marks);
                        continue;
                }
                for (uint64_t left = dead[word]; left != 0; left &= left - 1)
                        /* Relaxed: whoever finds a hole here takes the block after this, with the lock held. */
                        atomic_store_explicit(
                                &marks[__builtin_ctzll(left)], MARK_NONE, memory_order_relaxed);
        }
}

static void store_count_dead(struct store *store, size_t n, size_t bytes) {
        /* Relaxed, both: statistics. */
        atomic_fetch_add_explicit(&store->n_swept, n, memory_order_relaxed);
        atomic_fetch_add_explicit(&store->swept_bytes, bytes, memory_order_relaxed);
}

/* The dead objects of a claimed block go. map: as read for the colour of the living. */
static void
store_clear_dead(struct store *store, struct store_claim claim, const struct block_map *map) {
        struct block *block = claim.block;
        /* Relaxed: see births_change_account(). */
        uint32_t account = atomic_load_explicit(&block->account, memory_order_relaxed);
        uint64_t dead[BLOCK_MAP_WORDS], ends[BLOCK_MAP_WORDS], cover[BLOCK_MAP_WORDS];
        size_t n, bytes;

        for (size_t word = 0; word < BLOCK_MAP_WORDS; word++)
                dead[word] = map->starts[word] & ~map->chosen[word];
        n = bits_count(dead);
        if (n == 0)
                return;
        block_map_cover(map, dead, ends, cover);
        bytes = bits_count(cover) * SPACE_GRANULE_BYTES;
        if (account < BLOCK_ACCOUNT_NONE)
                store_discharge(store, (uint16_t)account, bytes);
        if (account == BLOCK_ACCOUNT_MIXED || MEMORY_IS_CHECKED)
                block_bury(store, block, dead, account == BLOCK_ACCOUNT_MIXED);
        for (size_t word = 0; word < BLOCK_MAP_WORDS; word++)
                dead[word] |= ends[word];
        block_clear_marks(space_get_block_marks(&store->space, block), map, dead, claim.is_owned);
        store_count_dead(store, n, bytes);
        store_give_bytes(store, bytes);
}

void store_sweep_claimed(struct store *store, struct store_claim claim) {
        struct block_map map;
        uint64_t cover[BLOCK_MAP_WORDS];

        /* The epoch stays: no sweep begins before this one is complete. */
        block_map_read(&map,
                       space_get_block_marks(&store->space, claim.block),
                       epoch_get_colour(store->sweep_epoch));
        store_clear_dead(store, claim, &map);
        if (!claim.is_owned) {
                block_map_cover(&map, map.chosen, NULL, cover);
                block_measure(claim.block, cover);
        }
        LOCK_SCOPE(&store->lock);
        store_finish_locked(store, claim.block);
}

bool store_sweep_next_block(struct store *store, bool *ret_is_complete) {
        struct store_claim claim;

        lock_take(&store->lock);
        claim = store_claim_locked(store);
        *ret_is_complete = !claim.block && store->n_sweeping == 0;
        lock_give(&store->lock);
        if (!claim.block)
                return false;
        store_sweep_claimed(store, claim);
        return true;
}

/* ---- large objects ---- */

static void store_free_dead_large(struct store *store, struct store_large *large) {
        size_t size = large->size;

        store_count_dead(store, 1, size);
        store_remove_large(store, size);
        store_discharge(store, (uint16_t)header_get_depth(large->object.header), size);
        memory_free(large);
}

/* Some of them; false: none was left. */
static bool store_sweep_large(struct store *store) {
        uint8_t colour = epoch_get_colour(store->sweep_epoch);

        if (!store->large_unswept)
                return false;
        for (size_t n = 0; n < SWEEP_LARGE_MAX && store->large_unswept; n++) {
                struct store_large *large = store->large_unswept;
                /* Relaxed: a grace period came before. */
                uint8_t mark = atomic_load_explicit(&large->mark, memory_order_relaxed);

                store->large_unswept = large->next;
                if ((mark & MARK_STATE_MASK) != colour) {
                        store_free_dead_large(store, large);
                        continue;
                }
                large->next = store->large;
                store->large = large;
        }
        return true;
}

bool store_sweep_one(struct store *store, bool *ret_is_complete) {
        if (store_sweep_next_block(store, ret_is_complete) || store_sweep_large(store)) {
                *ret_is_complete = false;
                return true;
        }
        return false;
}

void store_get_swept(const struct store *store, uint64_t *ret_n, uint64_t *ret_bytes) {
        /* Relaxed, both: statistics. */
        *ret_n = atomic_load_explicit(&store->n_swept, memory_order_relaxed);
        *ret_bytes = atomic_load_explicit(&store->swept_bytes, memory_order_relaxed);
}

/* ---- back to the system ---- */

bool store_is_empty(struct store *store) {
        LOCK_SCOPE(&store->lock);

        /* Seq_cst: pairs with store_add_large(); see pace_rest(). */
        return store->free.n + store->absent.n == store->space.n_blocks &&
               atomic_load_explicit(&store->large_bytes, memory_order_seq_cst) == 0;
}

/* The empty blocks past the first keep_bytes. */
static struct block *store_take_surplus(struct store *store, size_t keep_bytes) {
        size_t n_kept = keep_bytes / SPACE_BLOCK_BYTES;

        LOCK_SCOPE(&store->lock);
        if (store->free.n <= n_kept)
                return NULL;
        return block_list_pop(&store->free);
}

static void store_add_absent(struct store *store, struct block *block) {
        LOCK_SCOPE(&store->lock);
        block->state = BLOCK_ABSENT;
        block_list_push(&store->absent, block);
}

size_t store_trim(struct store *store, size_t keep_bytes) {
        struct block *block;
        size_t bytes = 0;

        while ((block = store_take_surplus(store, keep_bytes))) {
                space_decommit(&store->space, block);
                store_add_absent(store, block);
                bytes += SPACE_BLOCK_BYTES;
        }
        /* Relaxed: a statistic. */
        atomic_fetch_sub_explicit(&store->committed_bytes, bytes, memory_order_relaxed);
        return bytes;
}
