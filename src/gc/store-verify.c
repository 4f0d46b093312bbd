/* SPDX-License-Identifier: MIT */

/* The store's invariants, as code that walks all of it. */

#include "gc/heap.h"
#include "gc/store-internal.h"

static void store_verify_list(const struct block_list *list, enum block_state state) {
        const struct block *last = NULL;
        size_t n = 0;

        for (const struct block *block = list->first; block; block = block->next) {
                assert(block->state == (uint8_t)state);
                last = block;
                n++;
        }
        assert(last == list->last && n == list->n);
}

/* An object of size bytes has the mark bytes that say so. */
static void marks_verify(const _Atomic uint8_t *marks, size_t n_granules) {
        /* Relaxed, all: nobody writes. */
        uint8_t first = atomic_load_explicit(&marks[0], memory_order_relaxed), mark;

        assert(((first & MARK_END) != 0) == (n_granules == 1));
        for (size_t i = 1; i < n_granules; i++) {
                mark = atomic_load_explicit(&marks[i], memory_order_relaxed);
                assert(mark == (i == n_granules - 1 ? MARK_END : MARK_NONE));
        }
}

static size_t object_verify(const struct object *object, const struct block *block) {
        /* Relaxed: nobody writes. */
        uint32_t account = atomic_load_explicit(&block->account, memory_order_relaxed);

        assert(object->header & OBJECT_IS_HEADER && object->header & OBJECT_IS_STORED);
        assert(!(object->header & OBJECT_IS_LARGE));
        assert(account == BLOCK_ACCOUNT_MIXED || account == header_get_depth(object->header));
        return space_round(object_get_size(object)) >> SPACE_GRANULE_SHIFT;
}

static void free_verify(char *begin, size_t n_granules) {
#if defined(GCASYNC_DEBUG_CHECKS) && !defined(MEMORY_HAS_ASAN)
        assert(memory_is_retired(begin, n_granules * SPACE_GRANULE_BYTES));
#else
        (void)begin;
        (void)n_granules;
#endif
}

/* Whether a thread may have put something there that has no mark yet. */
static bool block_is_lent(const struct block *block) {
        /* Relaxed: nobody writes. */
        return atomic_load_explicit(&block->n_lent, memory_order_relaxed) > 0;
}

/* Returns the bytes of the objects in it. */
static size_t block_verify(struct store *store, const struct block *block) {
        const _Atomic uint8_t *marks = space_get_block_marks(&store->space, block);
        char *begin = space_get_block_begin(&store->space, block);
        size_t n, n_used = 0;

        for (size_t i = 0; i < SPACE_BLOCK_GRANULES; i += n) {
                char *at = begin + i * SPACE_GRANULE_BYTES;
                /* Relaxed: nobody writes. */
                uint8_t mark = atomic_load_explicit(&marks[i], memory_order_relaxed);

                n = 1;
                if (mark == MARK_NONE) {
                        if (!block->is_clean && !block_is_lent(block))
                                free_verify(at, 1);
                        continue;
                }
                assert((mark & ~(MARK_STATE_MASK | MARK_END)) == 0);
                n = object_verify((const struct object *)(const void *)at, block);
                assert(n > 0 && i + n <= SPACE_BLOCK_GRANULES);
                marks_verify(marks + i, n);
                n_used += n;
        }
        return n_used * SPACE_GRANULE_BYTES;
}

static size_t large_verify(const struct store_large *large) {
        size_t bytes = 0;

        for (; large; large = large->next) {
                /* Relaxed: nobody writes. */
                uint8_t mark = atomic_load_explicit(&large->mark, memory_order_relaxed);

                assert((mark & MARK_STATE_MASK) != MARK_NONE && (mark & MARK_END));
                assert(large->object.header & OBJECT_IS_LARGE);
                assert(large->object.header & OBJECT_IS_STORED);
                assert(object_round(object_get_size(&large->object)) <= large->size);
                bytes += large->size;
        }
        return bytes;
}

/* What threads have before them, to be lent. */
static size_t threads_count_pieces(struct gca_heap *heap) {
        struct gca_thread *thread;
        size_t bytes = 0;

        LOCK_SCOPE(&heap->threads_lock);
        list_for_each(thread, &heap->threads, siblings) {
                bytes += (size_t)(thread->cursor.small.end - thread->cursor.small.next);
                bytes += (size_t)(thread->cursor.medium.end - thread->cursor.medium.next);
        }
        return bytes;
}

/* Returns the bytes of their objects. */
static size_t blocks_verify(struct store *store, size_t *ret_n_lent) {
        size_t n_in_state[BLOCK_SWEEPING + 1] = { 0 }, n_partial = 0, n_lent = 0, bytes = 0;

        for (size_t i = 0; i < store->space.n_blocks; i++) {
                const struct block *block = &store->space.blocks[i];
                size_t block_bytes = block_verify(store, block);

                assert(block->state <= BLOCK_SWEEPING);
                n_in_state[block->state]++;
                if (block->state == BLOCK_FREE || block->state == BLOCK_ABSENT)
                        assert(block_bytes == 0);
                n_lent += block_is_lent(block);
                bytes += block_bytes;
        }
        *ret_n_lent = n_lent;
        store_verify_list(&store->free, BLOCK_FREE);
        store_verify_list(&store->absent, BLOCK_ABSENT);
        for (size_t i = 0; i < STORE_HOLE_CLASSES; i++) {
                store_verify_list(&store->partial[i], BLOCK_PARTIAL);
                n_partial += store->partial[i].n;
        }
        assert(store->free.n == n_in_state[BLOCK_FREE]);
        assert(store->absent.n == n_in_state[BLOCK_ABSENT]);
        /* More, where they are to be swept. */
        assert(n_partial <= n_in_state[BLOCK_PARTIAL]);
        assert(n_in_state[BLOCK_SWEEPING] == 0 && store->n_sweeping == 0);
        return bytes;
}

void store_verify(struct gca_heap *heap) {
        struct store *store = &heap->store;
        size_t bytes = threads_count_pieces(heap), large_bytes, n_lent;

        LOCK_SCOPE(&store->lock);
        bytes += blocks_verify(store, &n_lent);
        large_bytes = large_verify(store->large) + large_verify(store->large_unswept) +
                      /* Relaxed, here and below: nobody writes. */
                      large_verify(atomic_load_explicit(&store->large_new, memory_order_relaxed));
        assert(large_bytes == atomic_load_explicit(&store->large_bytes, memory_order_relaxed));
        bytes += large_bytes + atomic_load_explicit(&store->blob_bytes, memory_order_relaxed);
        assert(bytes <= store_get_used_bytes(store));
        assert(n_lent > 0 || bytes == store_get_used_bytes(store));
}
