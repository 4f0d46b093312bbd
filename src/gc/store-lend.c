/* SPDX-License-Identifier: MIT */

/*
 * Lending: from holes to pieces. What a thread asks for comes, in this order, from the rest of the piece it is at; from the hole that
 * piece is of, the next one of its block; another block. A block comes, in this order, from those that have been swept; from the empty ones; from
 * those that are still to be swept; from the system.
 *
 * A piece is not cleared: nearly all that is made there is written in full, and memory that comes from far is written once then.
 */

#include <string.h>

#include "base/fault.h"
#include "gc/heap.h"
#include "gc/store-internal.h"

enum {
        LEND_GRANULES_MIN = STORE_HOLE_BYTES_MIN / SPACE_GRANULE_BYTES,
        LEND_SWEEPS_MAX =
                8, /* blocks swept in search of room before memory is taken from the system */
        LEND_PARTIAL_BYTES_MIN = 2048, /* with less room, a block is as good as full */
        LEND_LINE_BYTES = 64,          /* of the processor's cache */
};

static_assert((LEND_GRANULES_MIN & (LEND_GRANULES_MIN - 1)) == 0 && LEND_GRANULES_MIN <= 64,
              "bits_open() takes it");

/* ---- blocks ---- */

void block_list_push(struct block_list *list, struct block *block) {
        block->next = NULL;
        if (list->last)
                list->last->next = block;
        else
                list->first = block;
        list->last = block;
        list->n++;
}

struct block *block_list_pop(struct block_list *list) {
        struct block *block = list->first;

        if (!block)
                return NULL;
        list->first = block->next;
        if (!list->first)
                list->last = NULL;
        list->n--;
        return block;
}

static void store_grow_locked(struct store *store) {
        size_t n_blocks = store->space.n_blocks;

        if (space_grow(&store->space) < 0)
                return;
        for (size_t i = n_blocks; i < store->space.n_blocks; i++) {
                struct block *block = &store->space.blocks[i];

                block->state = BLOCK_ABSENT;
                block->is_clean = true;
                /* Relaxed: nobody else knows the block. */
                atomic_store_explicit(&block->account, BLOCK_ACCOUNT_NONE, memory_order_relaxed);
                block_list_push(&store->absent, block);
        }
}

static struct block *store_take_empty_locked(struct store *store) {
        struct block *block = block_list_pop(&store->free);

        lock_assert_held(&store->lock);
        if (block)
                return block;
        if (!store->absent.first)
                store_grow_locked(store);
        block = block_list_pop(&store->absent);
        if (block)
                /* Relaxed: a statistic. */
                atomic_fetch_add_explicit(
                        &store->committed_bytes, SPACE_BLOCK_BYTES, memory_order_relaxed);
        return block;
}

/* By its largest hole: from 128, 512 bytes, 2, 8 KiB. */
static size_t hole_choose_class(size_t n_granules) {
        size_t class = 0;

        for (size_t least = 4 * LEND_GRANULES_MIN;
             class < STORE_HOLE_CLASSES - 1 && n_granules >= least;
             least *= 4)
                class ++;
        return class;
}

void store_shelve_locked(struct store *store, struct block *block) {
        lock_assert_held(&store->lock);
        if (block->n_live == 0) {
                block->state = BLOCK_FREE;
                /* Relaxed: nobody is at the block. */
                atomic_store_explicit(&block->account, BLOCK_ACCOUNT_NONE, memory_order_relaxed);
                block_list_push(&store->free, block);
                return;
        }
        if (block->max_hole == 0) {
                block->state = BLOCK_FULL;
                return;
        }
        block->state = BLOCK_PARTIAL;
        block_list_push(&store->partial[hole_choose_class(block->max_hole)], block);
}

/* The holes worth filling. */
static void cover_to_holes(uint64_t *cover) {
        for (size_t word = 0; word < BLOCK_MAP_WORDS; word++)
                cover[word] = ~cover[word];
        bits_open(cover, LEND_GRANULES_MIN);
}

void block_measure(struct block *block, uint64_t *cover) {
        size_t max = 0, sum = 0, begin, end;

        if (bits_are_none(cover)) {
                block->n_live = 0;
                block->max_hole = SPACE_BLOCK_GRANULES;
                return;
        }
        block->n_live = (uint16_t)bits_count(cover);
        cover_to_holes(cover);
        for (size_t from = 0; bits_find_run(cover, from, &begin, &end); from = end) {
                sum += end - begin;
                if (end - begin > max)
                        max = end - begin;
        }
        block->max_hole = (uint16_t)(sum * SPACE_GRANULE_BYTES >= LEND_PARTIAL_BYTES_MIN ? max : 0);
}

/* The granules of all objects that lie in a block. */
static void
block_read_cover(const struct store *store, const struct block *block, uint64_t *ret_cover) {
        struct block_map map;

        block_map_read(&map, space_get_block_marks(&store->space, block), MARK_GREY);
        block_map_cover(&map, map.starts, NULL, ret_cover);
}

/* ---- pins ---- */

static void block_pin(struct block *block) {
        /* Relaxed, both: one writer; who sweeps sees it by a grace period or the lock. */
        uint16_t n_lent = atomic_load_explicit(&block->n_lent, memory_order_relaxed);

        atomic_store_explicit(&block->n_lent, (uint16_t)(n_lent + 1), memory_order_relaxed);
}

static void block_unpin(struct block *block) {
        /* Relaxed: one writer. */
        uint16_t n_lent = atomic_load_explicit(&block->n_lent, memory_order_relaxed);

        assert(n_lent > 0);
        /* Release: pairs with the acquire in store_claim_locked(); who sees no pin sees the marks of what was born. */
        atomic_store_explicit(&block->n_lent, (uint16_t)(n_lent - 1), memory_order_release);
}

/* ---- places ---- */

/* The place's block is another's, or done with. What is left of the piece is a hole when the block is swept next. */
static void place_forget(struct store *store, struct store_place *place) {
        store_give_bytes(store, (size_t)(place->end - place->next));
        place->block = NULL;
        place->next = place->end = place->hole_end = NULL;
}

/* The place's block is to be had by others, if there is room left in it. */
static void place_leave(struct store *store, struct store_place *place) {
        struct block *block = place->block;
        uint64_t cover[BLOCK_MAP_WORDS];

        place_forget(store, place);
        LOCK_SCOPE(&store->lock);
        /* Ownership may have lapsed: then it is another's, or will be swept. */
        if (block->state != BLOCK_OWNED || block->owner_epoch != place->epoch)
                return;
        block->state = BLOCK_FULL;
        /* Not while somebody clears its mark bytes, nor where something is that has none yet. Relaxed: one writer. */
        if (!place->has_left || block->swept_epoch != store->sweep_epoch ||
            atomic_load_explicit(&block->n_lent, memory_order_relaxed) > 0)
                return;
        block_read_cover(store, block, cover);
        block_measure(block, cover);
        store_shelve_locked(store, block);
}

/* The block, taken just now and pinned, is the place's. What its marks say is read before the lock is given back: a sweep that
 * begins then takes the block for an owned one, and clears the marks of its dead. */
static void place_open_locked(struct store *store, struct store_place *place, struct block *block) {
        bool is_empty = block->n_live == 0;
        char *begin = space_get_block_begin(&store->space, block);

        lock_assert_held(&store->lock);
        place->block = block;
        place->epoch = block->owner_epoch;
        place->is_clean = block->is_clean;
        block->is_clean = false;
        place->next = place->end = place->hole_end = begin;
        place->scan = 0;
        place->has_left = false;
        if (!is_empty) {
                block_read_cover(store, block, place->holes);
                cover_to_holes(place->holes);
                return;
        }
        memset(place->holes, 0xff, sizeof(place->holes));
        if (MEMORY_IS_CHECKED && place->is_clean)
                memory_retire(begin, SPACE_BLOCK_BYTES);
}

/* False: the place has no block, or none any more. Else its block is pinned. */
static bool place_pin(struct gca_thread *thread, struct store_place *place) {
        bool is_valid;

        if (!place->block)
                return false;
        is_valid = word_get_epoch(section_enter(thread)) == place->epoch;
        if (is_valid)
                block_pin(place->block);
        section_exit(thread);
        if (!is_valid)
                place_forget(&thread->heap->store, place);
        return is_valid;
}

/* Goes on to a hole with room for size bytes, unless there is in the present one. */
static bool place_find(struct store *store, struct store_place *place, size_t size) {
        char *block_begin = space_get_block_begin(&store->space, place->block);
        size_t begin, end;

        if ((size_t)(place->hole_end - place->next) >= size)
                return true;
        place->has_left |= place->hole_end - place->next >= STORE_HOLE_BYTES_MIN;
        for (;;) {
                if (!bits_find_run(place->holes, place->scan, &begin, &end))
                        return false;
                place->scan = end;
                if ((end - begin) * SPACE_GRANULE_BYTES >= size)
                        break;
                place->has_left = true;
        }
        store_give_bytes(store, (size_t)(place->end - place->next));
        place->next = place->end = block_begin + begin * SPACE_GRANULE_BYTES;
        place->hole_end = block_begin + end * SPACE_GRANULE_BYTES;
        return true;
}

/* Sweeps for as long as the bytes are too many. */
static bool store_take_bytes_swept(struct gca_thread *thread, size_t bytes) {
        struct store *store = &thread->heap->store;
        bool is_complete;

        while (!store_take_bytes(store, bytes, thread->heap->options.hard_limit_bytes))
                if (!store_sweep_next_block(store, &is_complete))
                        return false;
        return true;
}

/* Counts bytes. What is full of garbage is not full: a cycle decides, once. 0 or -ENOSPC. */
static int store_count_bytes(struct gca_thread *thread, size_t bytes) {
        struct store *store = &thread->heap->store;

        if (store_take_bytes_swept(thread, bytes))
                return 0;
        if (store->on_full && store->on_full(thread->heap) && store_take_bytes_swept(thread, bytes))
                return 0;
        return -ENOSPC;
}

int store_add_large(struct gca_thread *thread, size_t size) {
        struct store *store = &thread->heap->store;
        int r;

        r = store_count_bytes(thread, size);
        if (r < 0)
                return fault_raise(r);
        /* Seq_cst: separates the count from the load in collector_note_growth(), as pace_rest() separates its store from its look at
         * the count; one of the two sees the other. */
        atomic_fetch_add_explicit(&store->large_bytes, size, memory_order_seq_cst);
        /* Relaxed: a statistic. */
        atomic_fetch_add_explicit(&store->committed_bytes, size, memory_order_relaxed);
        return 0;
}

void store_remove_large(struct store *store, size_t size) {
        store_give_bytes(store, size);
        /* Relaxed, both: nothing is made of what goes; at worst the store is taken to be less empty than it is. */
        atomic_fetch_sub_explicit(&store->large_bytes, size, memory_order_relaxed);
        atomic_fetch_sub_explicit(&store->committed_bytes, size, memory_order_relaxed);
}

int store_add_blob(struct gca_thread *thread, size_t size, uint16_t account) {
        struct store *store = &thread->heap->store;
        int r;

        r = store_count_bytes(thread, size);
        if (r < 0)
                return fault_raise(r);
        /* Relaxed: a statistic. */
        atomic_fetch_add_explicit(&store->blob_bytes, size, memory_order_relaxed);
        store_charge(store, account, size);
        return 0;
}

void store_remove_blob(struct store *store, size_t size, uint16_t account) {
        store_give_bytes(store, size);
        /* Relaxed: a statistic. */
        atomic_fetch_sub_explicit(&store->blob_bytes, size, memory_order_relaxed);
        store_discharge(store, account, size);
}

/* What is born in a piece gets mark bytes, some of which no cache has: they are on their way while it is filled. */
static void store_fetch_marks(const struct store *store, const char *begin, const char *end) {
        const _Atomic uint8_t *marks = space_get_mark(&store->space, begin),
                              *marks_end = space_get_mark(&store->space, end - 1);

        for (; marks <= marks_end; marks += LEND_LINE_BYTES)
                __builtin_prefetch((const void *)(uintptr_t)marks, 1);
}

/* The piece becomes one of at least size bytes; there is room in the hole. 0 or -ENOSPC. */
static int place_carve(struct gca_thread *thread, struct store_place *place, size_t size) {
        size_t room = (size_t)(place->hole_end - place->next), piece = size;
        char *end;
        int r;

        if ((size_t)(place->end - place->next) >= size)
                return 0;
        if (piece < STORE_PIECE_BYTES)
                piece = STORE_PIECE_BYTES;
        if (room - size < STORE_HOLE_BYTES_MIN || room < piece + STORE_HOLE_BYTES_MIN)
                piece = room;
        end = place->next + piece;
        r = store_count_bytes(thread, (size_t)(end - place->end));
        if (r < 0)
                return r;
        store_fetch_marks(&thread->heap->store, place->end, end);
        place->end = end;
        store_settle_account(thread);
        return 0;
}

/* ---- blocks for places ---- */

static struct block *store_take_partial_locked(struct store *store, size_t size) {
        for (size_t i = 0; i < STORE_HOLE_CLASSES; i++) {
                struct block *first = store->partial[i].first;

                if (first && first->max_hole * (size_t)SPACE_GRANULE_BYTES >= size)
                        return block_list_pop(&store->partial[i]);
        }
        return NULL;
}

/* The block belongs to the thread, at a place, and is pinned for what it is about to be lent. */
static void
store_own_locked(struct gca_thread *thread, struct store_place *place, struct block *block) {
        block->state = BLOCK_OWNED;
        block->swept_epoch = thread->heap->store.sweep_epoch;
        /* Acquire: as a section; the lock makes it no older than the sweep that the lists are of. */
        block->owner_epoch =
                word_get_epoch(atomic_load_explicit(&thread->heap->word, memory_order_acquire));
        block_pin(block);
        place_open_locked(&thread->heap->store, place, block);
}

/* The place gets one with room for size bytes; or *ret_claim is one that is to be swept before it is looked again. n_swept: how
 * many were. */
static bool store_choose_block(struct gca_thread *thread,
                               struct store_place *place,
                               size_t size,
                               size_t n_swept,
                               struct store_claim *ret_claim) {
        struct store *store = &thread->heap->store;
        struct block *block;

        *ret_claim = (struct store_claim){ 0 };
        LOCK_SCOPE(&store->lock);
        block = store_take_partial_locked(store, size);
        if (!block)
                block = block_list_pop(&store->free);
        if (!block && n_swept < LEND_SWEEPS_MAX)
                *ret_claim = store_claim_locked(store);
        if (!block && !ret_claim->block)
                block = store_take_empty_locked(store);
        if (!block && !ret_claim->block)
                *ret_claim = store_claim_locked(store);
        if (block)
                store_own_locked(thread, place, block);
        return block != NULL;
}

/* The place, which has none, gets a block with room for size bytes, pinned; false: no memory. */
static bool store_take_block(struct gca_thread *thread, struct store_place *place, size_t size) {
        struct store *store = &thread->heap->store;
        struct store_claim claim;

        for (size_t n_swept = 0;; n_swept++) {
                if (store_choose_block(thread, place, size, n_swept, &claim))
                        return true;
                if (!claim.block)
                        return false;
                store_sweep_claimed(store, claim);
        }
}

/* ---- lending ---- */

/* Of the place's block. False: it had no room, and the place has no block. */
static bool place_try(struct gca_thread *thread, struct store_place *place, size_t size) {
        if (!place_pin(thread, place))
                return false;
        if (place_find(&thread->heap->store, place, size))
                return true;
        block_unpin(place->block);
        place_leave(&thread->heap->store, place);
        return false;
}

/* Of the hole that small objects are put into, whatever the size. */
static bool place_try_hole(struct gca_thread *thread, struct store_place *place, size_t size) {
        return (size_t)(place->hole_end - place->next) >= size && place_pin(thread, place);
}

/* A place with room for size bytes in its hole, whose block is pinned; NULL: no memory. */
static struct store_place *store_find_place(struct gca_thread *thread, size_t size) {
        struct store_cursor *cursor = &thread->cursor;
        struct store_place *place = &cursor->small;

        if (place_try_hole(thread, place, size))
                return place;
        if (size > STORE_HOLE_BYTES_MIN)
                place = &cursor->medium;
        if (place_try(thread, place, size))
                return place;
        if (!store_take_block(thread, place, size))
                return NULL;
        if (place_find(&thread->heap->store, place, size))
                return place;
        assert(!"a block has room for what it was taken for");
        return NULL;
}

int store_lend(struct gca_thread *thread, size_t size, char **ret_begin, char **ret_end) {
        struct store *store = &thread->heap->store;
        size_t rounded = space_round(size);
        struct store_place *place;
        char *old_end;
        int r;

        assert(rounded <= REGION_LARGE_BYTES + SPACE_GRANULE_BYTES);
        place = store_find_place(thread, rounded);
        if (!place)
                return fault_raise(-ENOMEM);
        old_end = place->end;
        r = place_carve(thread, place, rounded);
        if (r < 0) {
                block_unpin(place->block);
                return fault_raise(r);
        }
        *ret_begin = place->next;
        *ret_end = place->end;
        place->next = place->end;
        if (place->end != old_end && store->on_growth)
                store->on_growth(thread->heap);
        return 0;
}

/* Whether it was the place's last piece. A place that has lapsed, and was not looked at since, may still name a hole that
 * the other place has found in the same block. */
static bool
place_has_lent(const struct store_place *place, const struct block *block, const char *end) {
        return place->end == end && place->block == block && place->epoch == block->owner_epoch;
}

void store_give_back(struct gca_thread *thread, char *next, char *end) {
        struct store *store = &thread->heap->store;
        struct block *block = space_get_block(&store->space, end - 1);
        struct store_cursor *cursor = &thread->cursor;
        struct store_place *place = &cursor->small;

        if (!place_has_lent(place, block, end))
                place = &cursor->medium;
        if (place_has_lent(place, block, end))
                place->next = next;
        else
                store_give_bytes(store, (size_t)(end - next));
        block_unpin(block);
}

static void place_release(struct store *store, struct store_place *place) {
        if (!place->block)
                return;
        place->has_left = true;
        place_leave(store, place);
}

void store_release(struct gca_thread *thread) {
        place_release(&thread->heap->store, &thread->cursor.small);
        place_release(&thread->heap->store, &thread->cursor.medium);
        store_settle_account(thread);
}
