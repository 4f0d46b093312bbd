/* SPDX-License-Identifier: MIT */
#include "gc/slab.h"

#include <stdint.h>

#include "gc/memory.h"

enum {
        SLAB_BYTES = 32768,
        SLAB_ITEMS_MIN = 8,
};

/* Followed by its items. */
struct slab {
        struct slab *older;
        uint64_t reserved; /* items are aligned to 16 bytes */
};

static char *slab_get_item(struct slab_pool *pool, struct slab *slab, size_t index) {
        return (char *)(slab + 1) + index * pool->item_bytes;
}

void slab_pool_init(struct slab_pool *pool, size_t item_bytes) {
        assert(item_bytes > 0 && item_bytes % 16 == 0);
        *pool = (struct slab_pool){
                .item_bytes = item_bytes,
                .n_in_slab = (SLAB_BYTES - sizeof(struct slab)) / item_bytes,
        };
        if (pool->n_in_slab < SLAB_ITEMS_MIN)
                pool->n_in_slab = SLAB_ITEMS_MIN;
        lock_init(&pool->lock, LOCK_RANK_SLAB);
}

void slab_pool_deinit(struct slab_pool *pool) {
        /* Relaxed: nobody else is left. */
        struct slab *slab = atomic_load_explicit(&pool->slabs, memory_order_relaxed);

        if (pool->item_bytes == 0)
                return;
        while (slab) {
                struct slab *older = slab->older;

                memory_free(slab);
                slab = older;
        }
        lock_deinit(&pool->lock);
        *pool = (struct slab_pool){ 0 };
}

static bool slab_pool_grow_locked(struct slab_pool *pool) {
        struct slab *slab;

        lock_assert_held(&pool->lock);
        slab = memory_allocate(sizeof(*slab) + pool->n_in_slab * pool->item_bytes);
        if (!slab)
                return false;
        for (size_t i = pool->n_in_slab; i-- > 0;) {
                void *item = slab_get_item(pool, slab, i);

                slab_set_next(item, pool->free);
                pool->free = item;
        }
        pool->n_free += pool->n_in_slab;
        pool->n_items += pool->n_in_slab;
        /* Relaxed: pushed under the lock. */
        slab->older = atomic_load_explicit(&pool->slabs, memory_order_relaxed);
        /* Release: pairs with the acquire in slab_walk_begin(); a walker finds the items zero. */
        atomic_store_explicit(&pool->slabs, slab, memory_order_release);
        return true;
}

size_t slab_take(struct slab_pool *pool, size_t n, void **ret_first) {
        LOCK_SCOPE(&pool->lock);
        void *first, *last;
        size_t n_taken = 1;

        assert(n > 0);
        if (!pool->free && !slab_pool_grow_locked(pool))
                return 0;
        first = last = pool->free;
        while (n_taken < n && slab_get_next(last)) {
                last = slab_get_next(last);
                n_taken++;
        }
        pool->free = slab_get_next(last);
        pool->n_free -= n_taken;
        slab_set_next(last, NULL);
        *ret_first = first;
        return n_taken;
}

void slab_give(struct slab_pool *pool, void *first, size_t n) {
        void *last = first;

        if (n == 0)
                return;
        for (size_t i = 1; i < n; i++)
                last = slab_get_next(last);
        LOCK_SCOPE(&pool->lock);
        slab_set_next(last, pool->free);
        pool->free = first;
        pool->n_free += n;
        assert_slow(pool->n_free <= pool->n_items);
}

void slab_walk_begin(struct slab_pool *pool, struct slab_walk *walk) {
        /* Acquire: pairs with the release in slab_pool_grow_locked(). */
        *walk = (struct slab_walk){ atomic_load_explicit(&pool->slabs, memory_order_acquire), 0 };
}

void *slab_walk_next(struct slab_pool *pool, struct slab_walk *walk) {
        if (walk->slab && walk->index == pool->n_in_slab)
                *walk = (struct slab_walk){ walk->slab->older, 0 };
        return walk->slab ? slab_get_item(pool, walk->slab, walk->index++) : NULL;
}

void slab_visit(struct slab_pool *pool, void (*visit)(void *item, void *data), void *data) {
        struct slab_walk walk;
        void *item;

        slab_walk_begin(pool, &walk);
        while ((item = slab_walk_next(pool, &walk)))
                visit(item, data);
}
