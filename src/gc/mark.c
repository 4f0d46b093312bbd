/* SPDX-License-Identifier: MIT */
#include "gc/mark.h"

#include <errno.h>

#include "base/fault.h"
#include "gc/memory.h"
#include "gc/object-size.h"

enum {
        MARK_KEPT_WORDS = 131072, /* a larger stack is given back at the next cycle */
        MARK_SKIP_SLOTS = 256,    /* of a range, at a time */
};

#define MARK_IS_RANGE ((uintptr_t)1)

int marker_init(struct marker *marker, struct store *store) {
        *marker = (struct marker){ .store = store };
        marker->words = memory_allocate(MARK_STACK_WORDS * sizeof(*marker->words));
        if (!marker->words)
                return fault_raise(-ENOMEM);
        marker->n_max = MARK_STACK_WORDS;
        return 0;
}

void marker_deinit(struct marker *marker) {
        ephemerons_deinit(&marker->ephemerons);
        memory_free(marker->words);
        *marker = (struct marker){ 0 };
}

static void marker_shrink(struct marker *marker) {
        uintptr_t *words;

        if (marker->n_max <= MARK_KEPT_WORDS)
                return;
        words = memory_reallocate(marker->words, MARK_STACK_WORDS * sizeof(*words));
        if (!words)
                return;
        marker->words = words;
        marker->n_max = MARK_STACK_WORDS;
}

void marker_begin(struct marker *marker, uint64_t epoch) {
        assert(marker_is_empty(marker));
        marker_shrink(marker);
        marker->colour = epoch_get_colour(epoch);
        ephemerons_begin(&marker->ephemerons);
        marker->n_marked = 0;
        marker->marked_bytes = 0;
        marker->n_overflowed = 0;
}

/* ---- the stack ---- */

/* Room for n words more; false: there is none to be had. */
static __attribute__((noinline)) bool marker_grow(struct marker *marker, size_t n) {
        size_t n_max = marker->n_max;
        uintptr_t *words;

        while (n_max - marker->n < n)
                n_max *= 2;
        words = memory_reallocate(marker->words, n_max * sizeof(*words));
        if (!words)
                return false;
        marker->words = words;
        marker->n_max = n_max;
        return true;
}

static inline bool marker_has_room(struct marker *marker, size_t n) {
        return __builtin_expect(marker->n_max - marker->n >= n, 1) || marker_grow(marker, n);
}

/* The stack is full: the object is made grey where it lies. */
static __attribute__((noinline)) void marker_overflow(struct marker *marker,
                                                      struct object *object) {
        /* Relaxed: nothing is concluded from the mark but what it is to become. */
        uint8_t mark =
                atomic_load_explicit(store_get_mark(marker->store, object), memory_order_relaxed);
        uint8_t state = mark & MARK_STATE_MASK;

        if (state == marker->colour || state == MARK_NONE)
                return;
        marker->n_overflowed++;
        store_make_grey(marker->store, object, mark);
}

void marker_push(struct marker *marker, struct object *object) {
        if (marker_has_room(marker, 1))
                marker->words[marker->n++] = (uintptr_t)object;
        else
                marker_overflow(marker, object);
}

bool marker_push_unmarked(struct marker *marker, struct object *object) {
        /* Acquire: as in marker_read_state(). */
        uint8_t state =
                atomic_load_explicit(store_get_mark(marker->store, object), memory_order_acquire) &
                MARK_STATE_MASK;

        if (state == marker->colour || state == MARK_NONE)
                return false;
        marker_push(marker, object);
        return true;
}

static inline uintptr_t slot_read(const gca_value *slot) {
        /* Acquire: pairs with the release that published what the slot holds (a cell's exchange, a slice's store). */
        return atomic_load_explicit((const _Atomic uintptr_t *)&slot->word, memory_order_acquire);
}

/* The next object of the range on top, or NULL: there was none so far. */
static struct object *marker_pop_range(struct marker *marker) {
        gca_value *slot = (gca_value *)(marker->words[marker->n - 1] & ~MARK_IS_RANGE);
        size_t n_left = marker->words[marker->n - 2];
        struct object *object = NULL;

        for (size_t i = 0; i < MARK_SKIP_SLOTS && n_left > 0 && !object; i++, n_left--) {
                gca_value value = { slot_read(slot++) };

                if (value_is_object(value))
                        object = value_get_object(value);
        }
        if (n_left == 0) {
                marker->n -= 2;
                return object;
        }
        marker->words[marker->n - 1] = (uintptr_t)slot | MARK_IS_RANGE;
        marker->words[marker->n - 2] = n_left;
        return object;
}

static inline struct object *marker_pop(struct marker *marker) {
        uintptr_t word;

        if (marker->n == 0)
                return NULL;
        word = marker->words[marker->n - 1];
        if (__builtin_expect(word & MARK_IS_RANGE, 0))
                return marker_pop_range(marker);
        marker->n--;
        return (struct object *)word;
}

/* ---- visiting ---- */

static void marker_push_range(struct marker *marker, gca_value *slots, size_t n) {
        if (marker_has_room(marker, 2)) {
                marker->words[marker->n++] = n;
                marker->words[marker->n++] = (uintptr_t)slots | MARK_IS_RANGE;
                return;
        }
        for (size_t i = 0; i < n; i++) {
                gca_value value = { slot_read(&slots[i]) };

                if (value_is_object(value))
                        marker_overflow(marker, value_get_object(value));
        }
}

static inline void marker_push_slots(struct marker *marker, gca_value *slots, size_t n) {
        uintptr_t *words;
        size_t n_words;

        if (__builtin_expect(n > MARK_RANGE_SLOTS_MIN || !marker_has_room(marker, n), 0)) {
                marker_push_range(marker, slots, n);
                return;
        }
        words = marker->words;
        n_words = marker->n;
        for (size_t i = 0; i < n; i++) {
                uintptr_t word = slot_read(&slots[i]);

                /* Without a branch: what is no object is overwritten by the next one. */
                words[n_words] = word;
                n_words += (word != 0) & ((word & 7) == 0);
        }
        marker->n = n_words;
}

static inline void marker_trace(struct marker *marker, struct object *object, uint64_t header) {
        size_t count = header_get_count(header);

        switch (header_get_type(header)) {
        case GCA_TYPE_LIST:
        case GCA_TYPE_CELL:
        case GCA_TYPE_NATIVE:
                marker_push_slots(marker, object->slots, count);
                break;
        case GCA_TYPE_MAP:
                marker_push_slots(marker, object->slots, 2 * count);
                break;
        case GCA_TYPE_WEAK:
                if (count == 2)
                        ephemerons_add(marker, object);
                break;
        default:
                break;
        }
}

/* Whether the object is to be traced: gives it its mark. */
static inline bool marker_set(struct marker *marker, _Atomic uint8_t *mark) {
        /* Acquire: as in marker_read_state(). */
        uint8_t seen = atomic_load_explicit(mark, memory_order_acquire);
        uint8_t state = seen & MARK_STATE_MASK;

        if (state == marker->colour || state == MARK_NONE)
                return false;
        /* Relaxed: others write a mark only to make it grey, by compare-and-set; the object is being visited. */
        atomic_store_explicit(
                mark, (uint8_t)((seen & ~MARK_STATE_MASK) | marker->colour), memory_order_relaxed);
        return true;
}

static __attribute__((noinline)) void marker_visit_large(struct marker *marker,
                                                         struct object *object) {
        struct store_large *large = object_get_store_large(object);
        uint64_t header = object->header;

        assert(header & OBJECT_IS_STORED);
        if (!marker_set(marker, &large->mark))
                return;
        marker->n_marked++;
        marker->marked_bytes += header_get_rounded_size(header);
        /* Acquire: pairs with the release that says so; its slots are filled. */
        if (atomic_load_explicit(&large->is_finished, memory_order_acquire))
                marker_trace(marker, object, header);
        if (marker->ephemerons.table)
                ephemerons_note_marked(marker, object);
}

static inline void marker_visit(struct marker *marker, struct object *object) {
        uint64_t header;

        if (__builtin_expect(!space_contains(&marker->store->space, object), 0)) {
                marker_visit_large(marker, object);
                return;
        }
        if (!marker_set(marker, space_get_mark(&marker->store->space, object)))
                return;
        header = object->header;
        assert_slow(header & OBJECT_IS_HEADER && header & OBJECT_IS_STORED);
        marker->n_marked++;
        marker->marked_bytes += header_get_rounded_size(header);
        marker_trace(marker, object, header);
        if (__builtin_expect(marker->ephemerons.table != NULL, 0))
                ephemerons_note_marked(marker, object);
}

static inline void marker_prefetch(const struct marker *marker, const struct object *object) {
        __builtin_prefetch(object);
        /* For a large object this is no address at all, which does not matter to a prefetch. */
        __builtin_prefetch((const void *)((uintptr_t)marker->store->space.marks +
                                          space_get_granule(&marker->store->space, object)),
                           1);
}

bool marker_run(struct marker *marker, size_t n) {
        for (; n > 0 && !marker_is_empty(marker); n--) {
                struct object *in = marker_pop(marker);
                struct object *out = marker->fifo[marker->next];

                marker->fifo[marker->next] = in;
                marker->next = (marker->next + 1) % MARK_FIFO;
                if (in) {
                        marker_prefetch(marker, in);
                        marker->n_queued++;
                }
                if (!out)
                        continue;
                marker->n_queued--;
                marker_visit(marker, out);
        }
        return marker_is_empty(marker);
}
