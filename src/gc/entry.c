/* SPDX-License-Identifier: MIT */
#include "gc/entry.h"

#include "base/fault.h"
#include "gc/birth.h"
#include "gc/heap.h"

enum {
        ENTRY_ALL_USED = 0x7fffffff,
        ENTRY_SPARE_BATCH = 4,
        ENTRY_SPARE_MAX = 32,
};

static_assert((uint32_t)ENTRY_ALL_USED == ((uint32_t)1 << ENTRY_CHUNK_SLOTS) - 1, "a bit a slot");
static_assert(sizeof(struct entry_chunk) == 512, "chunks do not share cache lines");

/* ---- chunks ---- */

static struct entry_chunk *chunk_take(struct gca_thread *thread) {
        struct entry_chunk *chunk;

        if (!thread->spare_entries) {
                void *first;

                thread->n_spare_entries =
                        slab_take(&thread->heap->entry_chunks, ENTRY_SPARE_BATCH, &first);
                if (thread->n_spare_entries == 0)
                        return NULL;
                thread->spare_entries = first;
        }
        chunk = thread->spare_entries;
        thread->spare_entries = chunk->below;
        thread->n_spare_entries--;
        return chunk;
}

/* All its slots are free. */
static void chunk_give(struct gca_thread *thread, struct entry_chunk *chunk) {
        assert_slow(chunk->used == 0);
        if (thread->n_spare_entries == ENTRY_SPARE_MAX) {
                slab_give(&thread->heap->entry_chunks, chunk, 1);
                return;
        }
        chunk->below = thread->spare_entries;
        thread->spare_entries = chunk;
        thread->n_spare_entries++;
}

void entry_release_spare(struct gca_thread *thread) {
        slab_give(&thread->heap->entry_chunks, thread->spare_entries, thread->n_spare_entries);
        thread->spare_entries = NULL;
        thread->n_spare_entries = 0;
}

static size_t chunk_count_free(const struct entry_chunk *chunk) {
        return (size_t)__builtin_popcount(~chunk->used & ENTRY_ALL_USED);
}

static void chunk_set(struct entry_chunk *chunk, uint32_t epoch, size_t depth, uintptr_t word) {
        unsigned index = (unsigned)__builtin_ctz(~chunk->used);
        struct entry *entry = &chunk->entries[index];

        entry->epoch = epoch;
        entry->depth = (uint16_t)depth;
        chunk->used |= (uint32_t)1 << index;
        /* Release: pairs with the acquire in chunk_visit(); the collector sees the object, born a moment ago perhaps. */
        atomic_store_explicit(&entry->value, word, memory_order_release);
}

/* The chunks from the top down to the one that gets something deep. */
static void chunk_raise(struct entry_chunk *top, struct entry_chunk *chunk, size_t depth) {
        for (struct entry_chunk *each = top; each != chunk->below; each = each->below)
                if (each->max_depth < depth)
                        each->max_depth = (uint16_t)depth;
}

static void chunk_unset(struct entry_chunk *chunk, unsigned index) {
        /* Relaxed: what was there has been logged if that was needed; a collector that still reads it marks too much. */
        atomic_store_explicit(&chunk->entries[index].value, 0, memory_order_relaxed);
        chunk->used &= ~((uint32_t)1 << index);
}

static uintptr_t chunk_get(const struct entry_chunk *chunk, unsigned index) {
        /* Relaxed: the thread's own. */
        return atomic_load_explicit(&chunk->entries[index].value, memory_order_relaxed);
}

/* ---- taking ---- */

int entry_reserve(struct gca_region *region, size_t n) {
        struct entry_table *table = &region->entries;

        assert_slow(!section_is_open(region->thread));
        while (table->n_free < n) {
                struct entry_chunk *chunk = chunk_take(region->thread);

                if (!chunk)
                        return fault_raise(-ENOMEM);
                chunk->below = table->chunks;
                chunk->max_depth = chunk->below ? chunk->below->max_depth : 0;
                table->chunks = table->filling = chunk;
                table->n_free += ENTRY_CHUNK_SLOTS;
        }
        return 0;
}

void entry_take(struct gca_region *region, gca_value value, size_t depth) {
        struct entry_table *table = &region->entries;

        assert_slow(section_is_open(region->thread));
        if (!value_is_object(value))
                return;
        assert_slow(value_get_object(value)->header & OBJECT_IS_STORED);
        assert(table->n_free > 0);
        while (table->filling->used == ENTRY_ALL_USED)
                table->filling = table->filling->below;
        if (depth > OBJECT_DEPTH_MAX)
                depth = OBJECT_DEPTH_MAX;
        if (table->filling->max_depth < depth)
                chunk_raise(table->chunks, table->filling, depth);
        chunk_set(
                table->filling, (uint32_t)word_get_epoch(region->thread->word), depth, value.word);
        table->n_free--;
        table->n++;
}

/* ---- giving up ---- */

/* Whether an entry made in an epoch may be older than the start of the last cycle, the one under way included. */
static bool entry_is_old(uint64_t word, uint32_t epoch) {
        return epoch != (uint32_t)word_get_epoch(word) || word_get_phase(word) == PHASE_ARMING;
}

/* Gives up the entries of a mask. In a section, whose word is the thread's. Returns how many are old. */
static size_t chunk_drop(struct gca_thread *thread, struct entry_chunk *chunk, uint32_t mask) {
        uint64_t word = thread->word;
        size_t n_old = 0;

        for (; mask; mask &= mask - 1) {
                unsigned index = (unsigned)__builtin_ctz(mask);

                n_old += entry_is_old(word, chunk->entries[index].epoch);
                if (word_is_logging(word))
                        log_value(thread, word, (gca_value){ chunk_get(chunk, index) });
                chunk_unset(chunk, index);
        }
        return n_old;
}

static uint32_t chunk_find_deeper(const struct entry_chunk *chunk, size_t depth) {
        uint32_t deeper = 0;

        for (uint32_t mask = chunk->used; mask; mask &= mask - 1) {
                unsigned index = (unsigned)__builtin_ctz(mask);

                if (chunk->entries[index].depth > depth)
                        deeper |= (uint32_t)1 << index;
        }
        return deeper;
}

/* What is left in a chunk moves down into the one below, as far as there is room. In a section. */
static void
chunk_move_down(struct gca_thread *thread, struct entry_chunk *from, struct entry_chunk *to) {
        while (from->used && to->used != ENTRY_ALL_USED) {
                unsigned index = (unsigned)__builtin_ctz(from->used);
                gca_value value = { chunk_get(from, index) };

                chunk_set(to, from->entries[index].epoch, from->entries[index].depth, value.word);
                chunk_raise(to, to, from->entries[index].depth);
                if (word_is_logging(thread->word))
                        log_value(thread, thread->word, value);
                chunk_unset(from, index);
        }
}

/* Takes off the chunks that may hold something deeper; returns them, the lowest first. */
static struct entry_chunk *table_cut(struct entry_table *table, size_t depth) {
        struct entry_chunk *first = NULL;

        while (table->chunks && table->chunks->max_depth > depth) {
                struct entry_chunk *chunk = table->chunks;

                table->chunks = chunk->below;
                chunk->below = first;
                first = chunk;
        }
        return first;
}

/* One chunk of those: emptied, and given back, or put on the table again. */
static void table_put_back(struct gca_region *region, struct entry_chunk *chunk, size_t depth) {
        struct entry_table *table = &region->entries;
        struct gca_thread *thread = region->thread;
        struct entry_chunk *below = table->chunks;
        uint32_t deeper = chunk_find_deeper(chunk, depth);
        size_t n_old;

        log_prepare(thread);
        (void)section_enter(thread);
        n_old = chunk_drop(thread, chunk, deeper);
        section_delay();
        if (below)
                chunk_move_down(thread, chunk, below);
        section_exit(thread);
        table->n -= (size_t)__builtin_popcount(deeper);
        counter_add(&thread->counters.n_entries_dropped, n_old);
        if (chunk->used == 0) {
                chunk_give(thread, chunk);
                return;
        }
        chunk->max_depth = below ? below->max_depth : 0;
        for (uint32_t mask = chunk->used; mask; mask &= mask - 1) {
                unsigned index = (unsigned)__builtin_ctz(mask);

                if (chunk->entries[index].depth > chunk->max_depth)
                        chunk->max_depth = chunk->entries[index].depth;
        }
        chunk->below = below;
        table->chunks = chunk;
}

void entry_end_scope(struct gca_region *region, size_t depth) {
        struct entry_table *table = &region->entries;
        struct entry_chunk *chunk;

        if (!table->chunks || table->chunks->max_depth <= depth)
                return;
        assert_slow(!region->thread->publishing);
        chunk = table_cut(table, depth);
        while (chunk) {
                struct entry_chunk *above = chunk->below;

                table_put_back(region, chunk, depth);
                chunk = above;
        }
        /* Holes are in the topmost chunk, and in those that were not looked at. */
        table->filling = table->chunks;
        table->n_free = table->chunks ? chunk_count_free(table->chunks) : 0;
}

/* What is needed to hand a table over, found outside the section that does it. */
struct table_rest {
        struct entry_chunk *first, *last;
        uint64_t word;   /* as it was then */
        size_t n, n_old; /* entries */
};

static struct table_rest table_measure(const struct gca_heap *heap, struct entry_chunk *first) {
        struct table_rest rest = {
                .first = first,
                /* Relaxed: a guess, which the section checks. */
                .word = atomic_load_explicit(&heap->word, memory_order_relaxed),
        };

        if (!word_is_logging(rest.word))
                return rest;
        for (struct entry_chunk *chunk = first; chunk; chunk = chunk->below) {
                for (uint32_t mask = chunk->used; mask; mask &= mask - 1)
                        rest.n_old +=
                                entry_is_old(rest.word, chunk->entries[__builtin_ctz(mask)].epoch);
                rest.n += (size_t)__builtin_popcount(chunk->used);
                rest.last = chunk;
        }
        return rest;
}

/* The chunks as they are become the collector's to drain. In a section that logs. */
static void table_hand_over(struct gca_heap *heap, const struct table_rest *rest) {
        /* Relaxed: a guess. */
        rest->last->below = atomic_load_explicit(&heap->entries_left, memory_order_relaxed);
        /* Release: pairs with the acquire in entry_drain(); the links are seen. */
        while (!atomic_compare_exchange_weak_explicit(&heap->entries_left,
                                                      &rest->last->below,
                                                      rest->first,
                                                      memory_order_release,
                                                      memory_order_relaxed))
                ;
}

/* Gives up a chunk's entries, or, if logging is on, all that is left. Returns what is left. */
static struct entry_chunk *table_shed(struct gca_thread *thread, struct entry_chunk *chunk) {
        struct table_rest rest = table_measure(thread->heap, chunk);
        struct entry_chunk *below = chunk->below;
        uint64_t word;
        size_t n_old;

        log_prepare(thread);
        word = section_enter(thread);
        section_delay();
        if (word_is_logging(word) && rest.last) {
                table_hand_over(thread->heap, &rest);
                section_exit(thread);
                counter_add(&thread->counters.n_entries_dropped,
                            word == rest.word ? rest.n_old : rest.n);
                return NULL;
        }
        n_old = chunk_drop(thread, chunk, chunk->used);
        section_exit(thread);
        counter_add(&thread->counters.n_entries_dropped, n_old);
        chunk_give(thread, chunk);
        return below;
}

void entry_clear(struct gca_region *region) {
        struct entry_chunk *chunk = region->entries.chunks;

        if (!chunk)
                return;
        assert_slow(!region->thread->publishing);
        while (chunk)
                chunk = table_shed(region->thread, chunk);
        region->entries = (struct entry_table){ 0 };
}

void entry_verify(const struct gca_region *region) {
        const struct entry_table *table = &region->entries;
        size_t n = 0, n_free = 0;
        bool is_filling = false;

        for (const struct entry_chunk *chunk = table->chunks; chunk; chunk = chunk->below) {
                is_filling |= chunk == table->filling;
                assert(is_filling || chunk->used == ENTRY_ALL_USED);
                n += (size_t)__builtin_popcount(chunk->used);
                n_free += is_filling ? chunk_count_free(chunk) : 0;
                assert(!chunk->below || chunk->max_depth >= chunk->below->max_depth);
                for (unsigned i = 0; i < ENTRY_CHUNK_SLOTS; i++) {
                        assert((chunk_get(chunk, i) != 0) == (chunk->used >> i & 1));
                        assert(!(chunk->used >> i & 1) ||
                               chunk->entries[i].depth <= chunk->max_depth);
                }
        }
        assert(n == table->n);
        assert(table->n_free <= n_free);
}

/* ---- for programs ---- */

gca_value gca_hold(gca_region *region, gca_value value) {
        if (!value_is_object(value) || !object_is_stored(value_get_object(value)))
                return value;
        region = region_get_holder(region);
        if (!birth_is_possible(region))
                return GCA_NO_VALUE;
        if (entry_reserve(region, 1) < 0)
                return region_fail(region, GCA_REGION_NO_MEMORY);
        (void)section_enter(region->thread);
        entry_take(region, value, region_get_depth(region));
        section_delay();
        section_exit(region->thread);
        return value;
}

/* ---- the collector ---- */

struct entry_visitor {
        void (*visit)(struct object *object, void *data);
        void *data;
};

static size_t chunk_visit(const struct entry_chunk *chunk, const struct entry_visitor *visitor) {
        size_t n = 0;

        for (size_t i = 0; i < ENTRY_CHUNK_SLOTS; i++) {
                /* Acquire: pairs with the release in chunk_set(). */
                uintptr_t word =
                        atomic_load_explicit(&chunk->entries[i].value, memory_order_acquire);

                if (word != 0) {
                        visitor->visit((struct object *)word, visitor->data);
                        n++;
                }
        }
        return n;
}

size_t entry_visit_chunk(const struct entry_chunk *chunk,
                         void (*visit)(struct object *object, void *data),
                         void *data) {
        const struct entry_visitor visitor = { visit, data };

        return chunk_visit(chunk, &visitor);
}

static void entry_visit_item(void *item, void *data) {
        (void)chunk_visit(item, data);
}

void entry_visit_all(struct gca_heap *heap,
                     void (*visit)(struct object *object, void *data),
                     void *data) {
        struct entry_visitor visitor = { visit, data };

        slab_visit(&heap->entry_chunks, entry_visit_item, &visitor);
}

size_t
entry_drain(struct gca_heap *heap, void (*visit)(struct object *object, void *data), void *data) {
        struct entry_visitor visitor = { visit, data };
        /* Acquire: pairs with the release in table_hand_over(). */
        struct entry_chunk *chunk =
                atomic_exchange_explicit(&heap->entries_left, NULL, memory_order_acquire);
        size_t n = 0;

        while (chunk) {
                struct entry_chunk *below = chunk->below;

                n += chunk_visit(chunk, &visitor);
                for (uint32_t mask = chunk->used; mask; mask &= mask - 1)
                        chunk_unset(chunk, (unsigned)__builtin_ctz(mask));
                slab_give(&heap->entry_chunks, chunk, 1);
                chunk = below;
        }
        return n;
}
