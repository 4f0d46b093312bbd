/* SPDX-License-Identifier: MIT */
#include "gc/store.h"

#include <string.h>

#include "base/fault.h"
#include "gc/heap.h"
#include "gc/object-size.h"
#include "gc/store-internal.h"

static_assert(offsetof(struct store_large, object) == offsetof(struct region_large, object),
              "a large object stays where it is");
static_assert((int)STORE_ACCOUNTS <= OBJECT_DEPTH_MAX, "an account fits into a header");

int store_init(struct store *store, size_t reserve_bytes) {
        int r;

        r = space_init(&store->space, reserve_bytes);
        if (r < 0)
                return fault_pass(r);
        lock_init(&store->lock, LOCK_RANK_STORE);
        return 0;
}

static void store_free_large(struct store_large *large) {
        for (struct store_large *next; large; large = next) {
                next = large->next;
                memory_free(large);
        }
}

void store_deinit(struct store *store) {
        if (!store->space.base)
                return;
        store_free_large(store->large);
        store_free_large(store->large_unswept);
        /* Relaxed: nobody else is there any more. */
        store_free_large(atomic_load_explicit(&store->large_new, memory_order_relaxed));
        store->large = store->large_unswept = NULL;
        atomic_store_explicit(&store->large_new, NULL, memory_order_relaxed);
        lock_deinit(&store->lock);
        space_deinit(&store->space);
}

/* ---- accounts ---- */

void store_charge(struct store *store, uint16_t account, uint64_t bytes) {
        /* Relaxed, here and in store_discharge(): a statistic; no decision about objects rests on it. */
        atomic_fetch_add_explicit(&store->account_bytes[account], bytes, memory_order_relaxed);
}

void store_discharge(struct store *store, uint16_t account, uint64_t bytes) {
        atomic_fetch_sub_explicit(&store->account_bytes[account], bytes, memory_order_relaxed);
}

void store_settle_account(struct gca_thread *thread) {
        struct store_cursor *cursor = &thread->cursor;
        /* Relaxed, here and below: the thread's own; others read a statistic. */
        uint64_t bytes = atomic_load_explicit(&cursor->account_bytes, memory_order_relaxed);

        if (bytes == 0)
                return;
        store_charge(&thread->heap->store,
                     (uint16_t)atomic_load_explicit(&cursor->account, memory_order_relaxed),
                     bytes);
        atomic_store_explicit(&cursor->account_bytes, 0, memory_order_relaxed);
}

/* The thread's objects of one account, added up, so that a birth needs no locked operation. */
static void cursor_charge(struct gca_thread *thread, uint16_t account, uint64_t bytes) {
        struct store_cursor *cursor = &thread->cursor;

        /* Relaxed, all: as in store_settle_account(). */
        if (atomic_load_explicit(&cursor->account, memory_order_relaxed) != account) {
                store_settle_account(thread);
                atomic_store_explicit(&cursor->account, account, memory_order_relaxed);
        }
        atomic_store_explicit(&cursor->account_bytes,
                              atomic_load_explicit(&cursor->account_bytes, memory_order_relaxed) +
                                      bytes,
                              memory_order_relaxed);
}

uint64_t store_get_account_bytes(struct gca_heap *heap, uint16_t account) {
        uint64_t bytes;
        struct gca_thread *thread;

        LOCK_SCOPE(&heap->threads_lock);
        /* Relaxed, all: statistics. Something born and swept before it was added up makes the sum negative for
         * as long as it takes to get to it. */
        bytes = atomic_load_explicit(&heap->store.account_bytes[account], memory_order_relaxed);
        list_for_each(thread, &heap->threads, siblings) {
                if (atomic_load_explicit(&thread->cursor.account, memory_order_relaxed) == account)
                        bytes += atomic_load_explicit(&thread->cursor.account_bytes,
                                                      memory_order_relaxed);
        }
        return (int64_t)bytes > 0 ? bytes : 0;
}

/* ---- birth ---- */

/* Somebody pays for something in the block. */
static void block_note_account(struct block *block, uint16_t account) {
        /* Relaxed, both: who sweeps the block while it is owned looks for objects that were born before that. */
        uint32_t payer = atomic_load_explicit(&block->account, memory_order_relaxed);

        if (payer != account)
                atomic_store_explicit(&block->account,
                                      payer == BLOCK_ACCOUNT_NONE ? account : BLOCK_ACCOUNT_MIXED,
                                      memory_order_relaxed);
}

/* Memory in a run that no object uses: a hole again. */
static void store_leave_raw(struct store *store, void *memory, size_t size) {
        if (MEMORY_IS_CHECKED)
                memory_retire(memory, size);
        store_give_bytes(store, size);
}

static inline void marks_bear(_Atomic uint8_t *marks, size_t size, uint8_t colour) {
        size_t last = (size >> SPACE_GRANULE_SHIFT) - 1;

        /* Relaxed, both: whoever gets to see the object sees its mark by what made it visible; the collector by
         * a grace period. */
        if (last > 0) {
                atomic_store_explicit(marks + last, MARK_END, memory_order_relaxed);
                atomic_store_explicit(marks, colour, memory_order_relaxed);
        } else
                atomic_store_explicit(marks, (uint8_t)(colour | MARK_END), memory_order_relaxed);
}

/*
 * Eight objects that are alike, of so many granules each, have as many words of mark bytes, which are the same for the next eight. So
 * a run of short lists costs less than a store for each object, and a line of mark bytes few enough of them that the processor
 * can wait for several lines at once.
 */
enum {
#ifdef SECTION_HAS_TSAN
        BIRTHS_BY_WORDS = false, /* others read bytes */
#else
        BIRTHS_BY_WORDS = true,
#endif
        BIRTHS_ALIKE = 8,
        BIRTHS_GRANULES_MAX = 8, /* of objects that are born so */
};

struct birth_marks {
        uint64_t header; /* of the objects; 0: none yet */
        uint64_t words[BIRTHS_GRANULES_MAX];
};

static void birth_marks_make(struct birth_marks *alike, size_t n_granules, uint8_t colour) {
        uint8_t bytes[sizeof(alike->words)] = { 0 };

        for (size_t i = 0; i < BIRTHS_ALIKE; i++) {
                bytes[i * n_granules] = colour;
                bytes[(i + 1) * n_granules - 1] |= MARK_END;
        }
        memcpy(alike->words, bytes, sizeof(bytes));
}

static inline uint64_t object_read_header(const char *at) {
        return ((const struct object *)(const void *)at)->header;
}

/* Whether eight objects begin at at, all with this header; there are so many bytes. What follows one that differs is none. */
static inline bool births_are_alike(const char *at, size_t size, uint64_t header) {
        for (size_t i = 0; i < BIRTHS_ALIKE; i++)
                if (object_read_header(at + i * size) != header)
                        return false;
        return true;
}

/* The objects from at on that have its header, eight at a time; returns how many bytes of them there are. */
static size_t store_bear_alike(struct birth_marks *alike,
                               const char *at,
                               const char *end,
                               _Atomic uint8_t *marks,
                               uint8_t colour) {
        uint64_t header = object_read_header(at);
        size_t size = header_get_rounded_size(header), n_granules = size >> SPACE_GRANULE_SHIFT;
        char *next = (char *)(uintptr_t)marks;
        const char *begin = at;

        if (n_granules > BIRTHS_GRANULES_MAX)
                return 0;
        for (; (size_t)(end - at) >= BIRTHS_ALIKE * size && births_are_alike(at, size, header);
             at += BIRTHS_ALIKE * size) {
                if (alike->header != header) {
                        birth_marks_make(alike, n_granules, colour);
                        alike->header = header;
                }
                for (size_t i = 0; i < n_granules; i++, next += sizeof(alike->words[0]))
                        memcpy(next, &alike->words[i], sizeof(alike->words[0]));
        }
        return (size_t)(at - begin);
}

/* What was born of one account, one object after the other. */
struct births {
        uint64_t n, bytes;
};

/*
 * Objects from begin on, as long as they are of the account; returns where they end. The next object is taken to be like
 * the last one, which the processor can do before it has seen the header: so a walk over objects that are alike does not wait for
 * one load after the other.
 */
static char *store_bear_of(struct store *store,
                           char *begin,
                           const char *end,
                           uint64_t account_and_colour,
                           struct births *births) {
        _Atomic uint8_t *marks = space_get_mark(&store->space, begin);
        uint64_t account = account_and_colour >> 8, n = 0, last_header = 0;
        uint8_t colour = (uint8_t)account_and_colour;
        struct birth_marks alike = { .header = 0 };
        size_t size = 0, raw_bytes = 0, n_bytes;
        char *at = begin;

        for (; at < end; at += n_bytes, marks += n_bytes >> SPACE_GRANULE_SHIFT) {
                uint64_t header = object_read_header(at);

                n_bytes = size;
                if (header != last_header) {
                        assert_slow(header & OBJECT_IS_HEADER);
                        n_bytes = size = header_get_rounded_size(header);
                        if (__builtin_expect(header_get_type(header) == OBJECT_RAW, 0)) {
                                store_leave_raw(store, at, size);
                                raw_bytes += size;
                                last_header = 0;
                                continue;
                        }
                        if (__builtin_expect(header_get_depth(header) != account, 0))
                                break;
                        last_header = header;
                        n_bytes = BIRTHS_BY_WORDS ? store_bear_alike(&alike, at, end, marks, colour)
                                                  : 0;
                        if (n_bytes > 0) {
                                n += n_bytes / size;
                                continue;
                        }
                        n_bytes = size;
                }
                marks_bear(marks, size, colour);
                n++;
        }
        *births = (struct births){ .n = n, .bytes = (size_t)(at - begin) - raw_bytes };
        return at;
}

void store_bear(struct gca_thread *thread, uint64_t word, char *begin, char *end) {
        struct store *store = &thread->heap->store;
        struct births births;

        while (begin < end) {
                const struct object *object = (const struct object *)(const void *)begin;
                uint16_t account = (uint16_t)header_get_depth(object->header);

                begin = store_bear_of(store,
                                      begin,
                                      end,
                                      (uint64_t)account << 8 | word_get_birth_colour(word),
                                      &births);
                if (births.n == 0)
                        continue;
                block_note_account(space_get_block(&store->space, object), account);
                cursor_charge(thread, account, births.bytes);
                counter_add(&thread->counters.published_bytes, births.bytes);
                counter_add(&thread->counters.n_published, births.n);
        }
}

/* ---- large objects ---- */

struct object *
store_adopt_large(struct gca_thread *thread, uint64_t word, struct region_large *region_large) {
        struct store *store = &thread->heap->store;
        struct object *object = &region_large->object;
        struct store_large *large = object_get_store_large(object), *newest;
        size_t size = region_large->size;

        large->size = size;
        /* Relaxed, all that follow: the object becomes visible by what comes after them. */
        atomic_store_explicit(
                &large->mark, word_get_birth_colour(word) | MARK_END, memory_order_relaxed);
        atomic_store_explicit(
                &large->is_finished, object_count_slots(object) == 0, memory_order_relaxed);
        store_charge(store, (uint16_t)header_get_depth(object->header), size);
        newest = atomic_load_explicit(&store->large_new, memory_order_relaxed);
        do
                large->next = newest;
        /* Release: pairs with the acquire in store_take_large(), which reads all of the object. */
        while (!atomic_compare_exchange_weak_explicit(
                &store->large_new, &newest, large, memory_order_release, memory_order_relaxed));
        counter_add(&thread->counters.published_bytes, size);
        counter_add(&thread->counters.n_published, 1);
        return object;
}

void store_take_large(struct store *store) {
        /* Acquire: pairs with the release in store_adopt_large(). */
        struct store_large *large =
                atomic_exchange_explicit(&store->large_new, NULL, memory_order_acquire);

        for (struct store_large *next; large; large = next) {
                next = large->next;
                large->next = store->large;
                store->large = large;
        }
}

/* ---- visiting ---- */

/* What store_visit_block() looks for: one mark state, or all. */
struct store_visit {
        uint8_t state; /* MARK_NONE: all */
        void (*visit)(struct object *object, uint8_t mark, void *data);
        void *data;
};

static size_t
store_visit_block(struct store *store, struct block *block, const struct store_visit *visit) {
        _Atomic uint8_t *marks = space_get_block_marks(&store->space, block);
        char *begin = space_get_block_begin(&store->space, block);
        struct block_map map;
        const uint64_t *bits = visit->state == MARK_NONE ? map.starts : map.chosen;
        size_t n = 0;

        block_map_read(&map, marks, visit->state);
        bits_for_each(granule, bits) {
                visit->visit((struct object *)(void *)(begin + granule * SPACE_GRANULE_BYTES),
                             /* Relaxed: a mark may change at any time. */
                             atomic_load_explicit(&marks[granule], memory_order_relaxed),
                             visit->data);
                n++;
        }
        return n;
}

/* The mark's state is one that is looked for: visits the large object. */
static size_t store_visit_large(struct store_large *large, const struct store_visit *visit) {
        size_t n = 0;

        for (; large; large = large->next) {
                /* Relaxed: a mark may change at any time. */
                uint8_t mark = atomic_load_explicit(&large->mark, memory_order_relaxed);

                if (visit->state != MARK_NONE && (mark & MARK_STATE_MASK) != visit->state)
                        continue;
                visit->visit(&large->object, mark, visit->data);
                n++;
        }
        return n;
}

static size_t store_count_blocks(struct store *store) {
        LOCK_SCOPE(&store->lock);
        return store->space.n_blocks;
}

void store_walk(struct store *store,
                void (*visit)(struct object *object, uint8_t mark, void *data),
                void *data) {
        const struct store_visit all = { .state = MARK_NONE, .visit = visit, .data = data };
        size_t n_blocks = store_count_blocks(store);

        for (size_t i = 0; i < n_blocks; i++)
                (void)store_visit_block(store, &store->space.blocks[i], &all);
        store_take_large(store);
        (void)store_visit_large(store->large, &all);
        (void)store_visit_large(store->large_unswept, &all);
}

/* The caller's visit does without the mark. */
struct store_grey_visit {
        void (*visit)(struct object *object, void *data);
        void *data;
};

static void store_visit_grey(struct object *object, uint8_t mark, void *data) {
        const struct store_grey_visit *grey = data;

        (void)mark;
        grey->visit(object, grey->data);
}

size_t
store_take_grey(struct store *store, void (*visit)(struct object *object, void *data), void *data) {
        struct store_grey_visit grey_visit = { .visit = visit, .data = data };
        const struct store_visit grey = { MARK_GREY, store_visit_grey, &grey_visit };
        size_t n_blocks, n = 0;

        /* Acquire, each: pairs with the release in store_make_grey(); the marks are read after it. */
        if (atomic_exchange_explicit(&store->is_flagged, false, memory_order_acquire)) {
                n_blocks = store_count_blocks(store);
                for (size_t i = 0; i < n_blocks; i++)
                        if (atomic_exchange_explicit(&store->space.blocks[i].is_flagged,
                                                     false,
                                                     memory_order_acquire))
                                n += store_visit_block(store, &store->space.blocks[i], &grey);
        }
        if (atomic_exchange_explicit(&store->is_large_flagged, false, memory_order_acquire)) {
                store_take_large(store);
                n += store_visit_large(store->large, &grey);
        }
        return n;
}
