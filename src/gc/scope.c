/* SPDX-License-Identifier: MIT */
/*
 * Scopes. A scope remembers how high the region's stacks were and where in the bump chunk it began; at
 * its end all that was made since is given back, but for what the result refers to. That is moved first:
 *
 *   - an object of the scope is copied into chunks of the mover's own (never into the scope's memory,
 *     which is still being read) and leaves a forwarding word, so that sharing is kept; Cheney's scan over the
 *     copies finds what they refer to, without recursion;
 *   - a large object stays where it is and only changes owner; a queue holds those not yet scanned;
 *   - what lies in an outer scope is left alone;
 *   - what was published is not copied: its copy in the store takes its place.
 *
 * Then the scope's memory goes, and if the copies fill one chunk only and now fit behind the place where the
 * scope began, they slide there: so a loop of scopes with small results uses memory for the results alone.
 * Else the chunks go on top of the region's stack. The first one is chosen so that all the scope made would fit,
 * if there are chunks of that size: so copies that need several are larger than any free tail. When memory runs out half-way the copies are dropped with the
 * scope, which is broken by then and would have gone anyway ([gc.scope.failure]).
 *
 * ENTRIES made in the scope go with it. What the result refers to in the store is held by entries of the outer scope,
 * made before the others go: one for each object, however many refer to it (struct keeper). A publication that is
 * unfinished, for want of memory, is tried again first; where it still is, a result that has parts in the store is lost, for
 * there is no telling which of them are complete.
 *
 * Scopes deeper than an object's header can tell free nothing of their own: it goes with the scope around.
 */
#include <string.h>

#include <gcasync/heap.h>

#include "gc/heap.h"
#include "gc/object-table.h"
#include "gc/region.h"

enum {
        KEEPER_FEW = 8,
        KEEPER_TAKES_MAX = 512, /* entries made in one section */
};

/* The store's objects that a result refers to, each once. */
struct keeper {
        gca_value few[KEEPER_FEW];
        gca_value *values; /* few, or memory of its own */
        size_t n, n_max;
        struct object_table seen; /* once they are not few */
};

struct mover {
        struct gca_region *region;
        uint64_t from_label, to_label;
        struct region_chunk *first, *last; /* linked from first to last by below */
        char *next, *end;                  /* in the last one */
        size_t bytes_max;                  /* what the scope made, so no less than the copies */
        struct region_large *large_first;  /* large objects moved, linked by older */
        struct region_large *large_last;
        struct keeper keeper;
};

static uint64_t scope_make_label(size_t n_scopes) {
        size_t depth = n_scopes < OBJECT_DEPTH_MAX ? n_scopes : OBJECT_DEPTH_MAX;

        return (uint64_t)depth << OBJECT_DEPTH_SHIFT;
}

/* ---- what is to be kept in the store ---- */

static void keeper_init(struct keeper *keeper) {
        keeper->values = keeper->few;
        keeper->n = 0;
        keeper->n_max = KEEPER_FEW;
        keeper->seen = (struct object_table){ 0 };
}

static void keeper_deinit(struct keeper *keeper) {
        if (keeper->values != keeper->few)
                memory_free(keeper->values);
        object_table_deinit(&keeper->seen);
}

static bool keeper_grow(struct keeper *keeper) {
        bool has_few = keeper->values == keeper->few;
        gca_value *values = memory_reallocate(has_few ? NULL : keeper->values,
                                              2 * keeper->n_max * sizeof(*values));

        if (!values)
                return false;
        if (has_few)
                memcpy(values, keeper->few, sizeof(keeper->few));
        keeper->values = values;
        keeper->n_max *= 2;
        for (size_t i = 0; has_few && i < keeper->n; i++)
                if (object_table_add(&keeper->seen, value_get_object(values[i]), 0) != 0)
                        return false;
        return true;
}

static bool keeper_has(const struct keeper *keeper, gca_value value) {
        if (keeper->values != keeper->few)
                return object_table_find(&keeper->seen, value_get_object(value)) != NULL;
        for (size_t i = 0; i < keeper->n; i++)
                if (keeper->values[i].word == value.word)
                        return true;
        return false;
}

static bool keeper_add(struct keeper *keeper, gca_value value) {
        /* Often it is the last one again. */
        if ((keeper->n > 0 && keeper->values[keeper->n - 1].word == value.word) ||
            keeper_has(keeper, value))
                return true;
        if (keeper->n == keeper->n_max && !keeper_grow(keeper))
                return false;
        if (keeper->values != keeper->few &&
            object_table_add(&keeper->seen, value_get_object(value), 0) != 0)
                return false;
        keeper->values[keeper->n++] = value;
        return true;
}

/* ---- moving the result ---- */

static bool mover_add_chunk(struct mover *mover) {
        size_t size_class = region_choose_class(0, mover->bytes_max);
        struct region_chunk *chunk = region_cache_take(mover->region->cache, size_class);

        if (!chunk)
                return false;
        if (mover->last) {
                mover->last->next = mover->next;
                mover->last->below = chunk;
        } else {
                mover->first = chunk;
        }
        mover->last = chunk;
        mover->next = chunk->next;
        mover->end = region_chunk_get_end(chunk);
        chunk->below = NULL;
        return true;
}

static struct object *mover_copy(struct mover *mover, struct object *object) {
        size_t size = object_get_size(object), rounded = object_round(size);
        struct object *copy;

        if (rounded > (size_t)(mover->end - mover->next) && !mover_add_chunk(mover))
                return NULL;
        copy = (struct object *)mover->next;
        mover->next += rounded;
        memory_hand_out(copy, size);
        memcpy(copy, object, size);
        copy->header = (object->header & ~OBJECT_DEPTH_MASK) | mover->to_label;
        object->header = (uint64_t)(uintptr_t)copy;
        return copy;
}

static void mover_take_large(struct mover *mover, struct object *object) {
        struct region_large *large = object_get_large(object);

        region_unlink_large(mover->region, large);
        large->older = NULL;
        if (mover->large_last)
                mover->large_last->older = large;
        else
                mover->large_first = large;
        mover->large_last = large;
        object->header = (object->header & ~OBJECT_DEPTH_MASK) | mover->to_label;
}

static bool mover_keep(struct mover *mover, gca_value *slot, struct object *object) {
        *slot = value_from_object(object);
        return !mover->region->publication && keeper_add(&mover->keeper, *slot);
}

/* Makes a slot refer to what stays: false when out of memory. */
static bool mover_forward(struct mover *mover, gca_value *slot) {
        struct object *object;

        if (!value_is_object(*slot))
                return true;
        object = value_get_object(*slot);
        if (object_resolve(object)->header & OBJECT_IS_STORED)
                return mover_keep(mover, slot, (struct object *)object_resolve(object));
        if (object->header & OBJECT_IS_HEADER) {
                if ((object->header & OBJECT_DEPTH_MASK) != mover->from_label)
                        return true;
                if (object->header & OBJECT_IS_LARGE) {
                        mover_take_large(mover, object);
                        return true;
                }
                object = mover_copy(mover, object);
                if (!object)
                        return false;
        } else {
                object = (struct object *)(uintptr_t)object->header;
        }
        *slot = value_from_object(object);
        return true;
}

static bool mover_scan_object(struct mover *mover, struct object *object) {
        size_t n = object_count_slots(object);

        for (size_t i = 0; i < n; i++)
                if (!mover_forward(mover, &object->slots[i]))
                        return false;
        return true;
}

/* The copies, each once, until there are no more; both queues grow at their ends meanwhile. */
static bool mover_scan(struct mover *mover) {
        struct region_chunk *chunk = NULL;
        struct region_large *large = NULL;
        char *next = NULL;

        for (;;) {
                if (!chunk && mover->first) {
                        chunk = mover->first;
                        next = region_chunk_get_begin(chunk);
                }
                if (chunk && next != (chunk == mover->last ? mover->next : chunk->next)) {
                        struct object *object = (struct object *)next;

                        next += object_round(object_get_size(object));
                        if (!mover_scan_object(mover, object))
                                return false;
                } else if (chunk && chunk != mover->last) {
                        chunk = chunk->below;
                        next = region_chunk_get_begin(chunk);
                } else if (large ? large->older != NULL : mover->large_first != NULL) {
                        large = large ? large->older : mover->large_first;
                        if (!mover_scan_object(mover, &large->object))
                                return false;
                } else {
                        return true;
                }
        }
}

/* Copies and large objects go after all: there was no memory for the rest. */
static void mover_drop(struct mover *mover) {
        while (mover->large_first) {
                struct region_large *large = mover->large_first;

                mover->large_first = large->older;
                /* It goes with the scope, as its depth tells. */
                large->object.header =
                        (large->object.header & ~OBJECT_DEPTH_MASK) | mover->from_label;
                region_link_large(mover->region, large);
        }
        if (mover->last)
                mover->last->next = mover->next;
        while (mover->first) {
                struct region_chunk *chunk = mover->first;

                mover->first = chunk->below;
                region_cache_give(mover->region->cache, chunk);
        }
}

/* ---- settling the copies in the region, now that the scope's memory is free ---- */

static void slide_slot(const struct mover *mover, gca_value *slot, ptrdiff_t distance) {
        uintptr_t begin = (uintptr_t)region_chunk_get_begin(mover->first);

        if (value_is_object(*slot) && slot->word >= begin && slot->word < (uintptr_t)mover->next)
                slot->word += (uintptr_t)distance;
}

static void slide_object(const struct mover *mover, struct object *object, ptrdiff_t distance) {
        size_t n = object_count_slots(object);

        for (size_t i = 0; i < n; i++)
                slide_slot(mover, &object->slots[i], distance);
}

/* From the mover's only chunk into the bump chunk. */
static void mover_slide(struct mover *mover, gca_value *result) {
        struct gca_region *region = mover->region;
        char *begin = region_chunk_get_begin(mover->first);
        size_t size = (size_t)(mover->next - begin);
        ptrdiff_t distance = region->window.next - begin;

        for (char *next = begin; next != mover->next;) {
                struct object *object = (struct object *)next;

                slide_object(mover, object, distance);
                next += object_round(object_get_size(object));
        }
        for (struct region_large *large = mover->large_first; large; large = large->older)
                slide_object(mover, &large->object, distance);
        slide_slot(mover, result, distance);
        memory_hand_out(region->window.next, size);
        ASAN_UNPOISON_MEMORY_REGION(begin, size);
        memcpy(region->window.next, begin, size);
        region->window.next += size;
        mover->first->next = mover->next;
        region_cache_give(region->cache, mover->first);
}

/* The mover's chunks become the region's; filling goes on where there is more room. */
static void mover_keep_chunks(struct mover *mover) {
        struct gca_region *region = mover->region;
        size_t room = (size_t)(mover->end - mover->next);

        mover->last->next = mover->next;
        for (struct region_chunk *chunk = mover->first, *above; chunk; chunk = above) {
                above = chunk->below;
                chunk->below = region->top;
                region->top = chunk;
                region->other_bytes += (size_t)(chunk->next - region_chunk_get_begin(chunk));
        }
        if (!region->chunk ||
            room > (size_t)(region_chunk_get_end(region->chunk) - region->window.next)) {
                region_close_chunk(region);
                region_open_chunk(region, mover->last, mover->last->next);
        }
}

static bool mover_can_slide(const struct mover *mover) {
        const struct gca_region *region = mover->region;

        if (!mover->first || mover->first != mover->last || !region->chunk)
                return false;
        return mover->next - region_chunk_get_begin(mover->first) <=
               region_chunk_get_end(region->chunk) - region->window.next;
}

static void mover_settle(struct mover *mover, gca_value *result) {
        struct gca_region *region = mover->region;

        if (mover_can_slide(mover))
                mover_slide(mover, result);
        else if (mover->first)
                mover_keep_chunks(mover);
        while (mover->large_first) {
                struct region_large *large = mover->large_first;

                mover->large_first = large->older;
                region_link_large(region, large);
        }
        region_update_end(region);
}

/* ---- begin and end ---- */

void gca_scope_begin(gca_region *region, gca_scope *ret_scope) {
        assert(!region->is_publication);
        region->window.label = scope_make_label(++region->n_scopes);
        *ret_scope = (gca_scope){
                .region = region,
                .top = region->top,
                .chunk = region->chunk,
                .next = region->window.next,
                .depth = region->n_scopes,
                .bytes = gca_region_get_bytes(region),
        };
}

/* All that was made since the scope began goes. */
static void scope_release(struct gca_region *region, const gca_scope *scope) {
        struct region_chunk *chunk = scope->chunk;
        char *next = scope->next;

        /* Most scopes need no more than what is left of the bump chunk. */
        if (region->top != scope->top || region->chunk != chunk ||
            region_has_large(region, scope->depth)) {
                region_close_chunk(region);
                region_pop(region, scope->top, scope->depth);
                if (chunk)
                        region_open_chunk(region, chunk, chunk->next);
        }
        if (!chunk)
                return;
        region_go_back(region, next);
        region_update_end(region);
}

static void mover_init(struct mover *mover, struct gca_region *region, const gca_scope *scope) {
        mover->region = region;
        mover->from_label = region->window.label;
        mover->to_label = scope_make_label(scope->depth - 1);
        mover->first = mover->last = NULL;
        mover->next = mover->end = NULL;
        mover->bytes_max = gca_region_get_bytes(region) - scope->bytes;
        mover->large_first = mover->large_last = NULL;
        keeper_init(&mover->keeper);
}

/* What is kept gets entries of the outer scope (room is there), and then those that the scope made go. */
static void
scope_end_entries(struct gca_region *region, const gca_scope *scope, const struct keeper *keeper) {
        size_t depth = scope->depth - 1;

        if (!region->thread || heap_is_forked(region->thread->heap))
                return;
        publication_forget(region, scope->depth);
        /* Several short sections: the entries that go hold the values until all of these are made. */
        for (size_t i = 0; i < keeper->n;) {
                (void)section_enter(region->thread);
                for (size_t n = 0; n < KEEPER_TAKES_MAX && i < keeper->n; n++)
                        entry_take(region, keeper->values[i++], depth);
                section_exit(region->thread);
        }
        if (region->entries.chunks) {
                publication_settle(region->thread);
                entry_end_scope(region, depth);
        }
}

static gca_value scope_move(struct gca_region *region, const gca_scope *scope, gca_value result) {
        struct mover mover;

        mover_init(&mover, region, scope);
        if (!mover_forward(&mover, &result) || !mover_scan(&mover) ||
            (mover.keeper.n > 0 && entry_reserve(region, mover.keeper.n) != 0)) {
                (void)region_fail(region, GCA_REGION_NO_MEMORY);
                mover_drop(&mover);
                mover.keeper.n = 0;
                scope_release(region, scope);
                result = GCA_NO_VALUE;
        } else {
                scope_release(region, scope);
                mover_settle(&mover, &result);
        }
        scope_end_entries(region, scope, &mover.keeper);
        keeper_deinit(&mover.keeper);
        return result;
}

static void scope_drop(struct gca_region *region, const gca_scope *scope) {
        static const struct keeper nothing;

        scope_release(region, scope);
        scope_end_entries(region, scope, &nothing);
}

gca_value gca_scope_end(gca_region *region, gca_scope *scope, gca_value result) {
        assert(scope->region == region && scope->depth == region->n_scopes);
        if (region->publication)
                (void)publication_finish(region);
        if (scope->depth <= OBJECT_DEPTH_MAX) {
                if (value_is_object(result))
                        result = scope_move(region, scope, result);
                else
                        scope_drop(region, scope);
        }
        region->window.label = scope_make_label(--region->n_scopes);
        scope->region = NULL;
        return result;
}
