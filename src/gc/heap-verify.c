/* SPDX-License-Identifier: MIT */
/*
 * The heap's invariants in code, at quiescence: no thread is in a section, and the collector stands still, in whatever
 * phase. It is composed of what each room verifies by itself and of what only the whole can tell:
 *
 *   - a live object holds values only, and those that are objects are of the store, begin where one begins, and live too;
 *     but for a publication's unfinished copies, which its record keeps, and which may name what is not yet born;
 *   - roots, entries and records refer to live objects;
 *   - what the counters say is what there is.
 *
 * LIVE, here: while a cycle is under way, all that is there, for nothing is freed before its end, and all had been
 * swept when it began; when none is, what has the epoch's colour: the rest waits for the sweep, and may hold what is swept already.
 */
#include <fcntl.h>

#include "gc/heap.h"
#include "gc/map.h"
#include "gc/object-table.h"

struct verification {
        gca_heap *heap;
        uint64_t word;
        struct object_table large;    /* all of the store's large objects */
        struct object_table recorded; /* what publications' records keep */
        size_t blob_bytes;            /* of live ones */
};

static void verify_note(struct object_table *table, const struct object *object) {
        int r;

        if (object_table_find(table, object))
                return;
        r = object_table_add(table, object, 0);
        assert(r == 0);
}

/* ---- marks ---- */

static bool verify_is_live(const struct verification *verification, uint8_t mark) {
        uint8_t state = mark & MARK_STATE_MASK;

        if (state == MARK_NONE)
                return false;
        return word_get_phase(verification->word) != PHASE_IDLE || state == MARK_GREY ||
               state == word_get_birth_colour(verification->word);
}

/* The mark of what begins at an address, MARK_NONE where nothing does; nothing that is large is looked at before it is known. */
static uint8_t verify_get_mark(const struct verification *verification,
                               const struct object *object) {
        const struct store *store = &verification->heap->store;

        assert(((uintptr_t)object & (OBJECT_ALIGNMENT - 1)) == 0);
        if (space_contains(&store->space, object)) {
                assert(((uintptr_t)object & (SPACE_GRANULE_BYTES - 1)) == 0);
                assert(space_get_block(&store->space, object)->state != BLOCK_ABSENT);
        } else {
                assert(object_table_find(&verification->large, object));
        }
        /* Relaxed: nobody writes. */
        return atomic_load_explicit(store_get_mark(store, object), memory_order_relaxed);
}

static void verify_target(const struct verification *verification, const struct object *object) {
        assert(verify_is_live(verification, verify_get_mark(verification, object)));
        assert(object_is_stored(object));
}

/* ---- what objects hold ---- */

/* A copy whose slots are not all filled in, see publication.h. Its publication is under way, or was given up: then nothing refers to it
 * but what else was given up. */
static bool verify_is_unfilled(const struct object *object) {
        return object_count_slots(object) > 0 && (object->slots[0].word & 7) == 4;
}

static void
verify_slot(const struct verification *verification, gca_value value, bool is_recorded) {
        /* Not filled in yet: see publication.h. */
        if (is_recorded && (value.word == 0 || (value.word & 7) == 4))
                return;
        assert(gca_is_value(value));
        if (!value_is_object(value)) {
                (void)gca_get_type(value);
                return;
        }
        /* In a run that is open. */
        if (is_recorded &&
            (verify_get_mark(verification, value_get_object(value)) & MARK_STATE_MASK) == MARK_NONE)
                return;
        verify_target(verification, value_get_object(value));
}

static void verify_map(const struct object *map) {
        size_t n = object_get_count(map);

        assert(((map->header & OBJECT_HAS_INDEX) != 0) == (n > MAP_LINEAR_MAX));
        for (size_t i = 0; i < n; i++) {
                const struct object *key = value_get_object(map_get_key(map, i));

                assert(object_get_type(key) == GCA_TYPE_STRING);
                assert(map_find(map, key->text, object_get_count(key)) == i);
        }
}

/* What a weak value names is cleared before it goes. */
static void verify_weak(const struct verification *verification, const struct object *weak) {
        size_t n = object_get_count(weak);

        assert(n == 1 || n == 2);
        for (size_t i = 0; i < n; i++)
                if (!gca_is_nil(weak->slots[i]))
                        verify_slot(verification, weak->slots[i], false);
}

static void verify_blob(struct verification *verification, const struct object *object) {
        const struct blob *blob = object->blob[0];

        assert(blob && fcntl(blob->fd, F_GETFD) == FD_CLOEXEC);
        verification->blob_bytes += blob->size;
}

static void verify_contents(struct verification *verification, struct object *object) {
        bool is_recorded = object_table_find(&verification->recorded, object) != NULL ||
                           verify_is_unfilled(object);
        size_t n = object_count_slots(object);

        for (size_t i = 0; i < n; i++)
                verify_slot(verification, object->slots[i], is_recorded);
        switch (object_get_type(object)) {
        case GCA_TYPE_STRING:
                assert(object->text[object_get_count(object)] == '\0');
                break;
        case GCA_TYPE_MAP:
                if (!is_recorded)
                        verify_map(object);
                break;
        case GCA_TYPE_WEAK:
                verify_weak(verification, object);
                break;
        case GCA_TYPE_NATIVE:
                assert(object_get_native_tail(object)->finalizer->type ==
                       object_get_native_tail(object)->type);
                break;
        case GCA_TYPE_BLOB:
                verify_blob(verification, object);
                break;
        default:
                break;
        }
}

/* ---- visits ---- */

static void verify_visit_large(struct object *object, uint8_t mark, void *data) {
        struct verification *verification = data;

        (void)mark;
        if (!space_contains(&verification->heap->store.space, object))
                verify_note(&verification->large, object);
}

static void verify_visit_recorded(struct object *object, void *data) {
        struct verification *verification = data;

        verify_note(&verification->recorded, object);
}

/* A dead weak value, native or blob may have lost already what it had; so may any, while the cycle closes. */
static bool verify_is_whole(const struct verification *verification, uint8_t mark) {
        return (mark & MARK_STATE_MASK) == MARK_GREY ||
               (mark & MARK_STATE_MASK) == word_get_birth_colour(verification->word);
}

static void verify_visit_object(struct object *object, uint8_t mark, void *data) {
        struct verification *verification = data;
        unsigned type = object_get_type(object);

        assert(object_is_stored(object));
        assert(type >= GCA_TYPE_INT && type <= GCA_TYPE_WEAK);
        if (!verify_is_live(verification, mark))
                return;
        if (type >= GCA_TYPE_BLOB && !verify_is_whole(verification, mark))
                return;
        /* Large ones keep what they held in their region until their publication is complete. */
        if (object->header & OBJECT_IS_LARGE &&
            /* Acquire: pairs with the release of who finished it. */
            !atomic_load_explicit(&object_get_store_large(object)->is_finished,
                                  memory_order_acquire))
                return;
        verify_contents(verification, object);
}

static void verify_visit_held(struct object *object, void *data) {
        verify_target(data, object);
}

/* Nobody gets to see what is not finished. */
static void verify_visit_root(struct object *object, void *data) {
        verify_target(data, object);
        assert(!verify_is_unfilled(object));
}

/* ---- the whole ---- */

static void verify_threads(struct verification *verification) {
        LOCK_SCOPE(&verification->heap->threads_lock);
        struct gca_thread *thread;
        size_t n = 0;

        list_for_each(thread, &verification->heap->threads, siblings) {
                assert(!section_is_open(thread));
                n++;
        }
        assert(n == verification->heap->n_threads);
}

/* Relaxed: nobody writes. */
static void verify_counters(const struct verification *verification) {
        const struct store *store = &verification->heap->store;

        if (word_get_phase(verification->word) == PHASE_IDLE)
                assert(atomic_load_explicit(&store->blob_bytes, memory_order_relaxed) ==
                       verification->blob_bytes);
}

void heap_verify(gca_heap *heap) {
        struct verification verification = {
                .heap = heap,
                /* Acquire: pairs with the release in heap_set_word(). */
                .word = atomic_load_explicit(&heap->word, memory_order_acquire),
        };

        verify_threads(&verification);
        store_verify(heap);
        root_set_verify(heap);
        store_walk(&heap->store, verify_visit_large, &verification);
        publication_visit_all(heap, PUBLICATION_NO_EPOCH, verify_visit_recorded, &verification);
        store_walk(&heap->store, verify_visit_object, &verification);
        entry_visit_all(heap, verify_visit_held, &verification);
        root_visit_all(heap, verify_visit_root, &verification);
        publication_visit_all(heap, PUBLICATION_NO_EPOCH, verify_visit_held, &verification);
        verify_counters(&verification);
        object_table_deinit(&verification.large);
        object_table_deinit(&verification.recorded);
}
