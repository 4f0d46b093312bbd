/* SPDX-License-Identifier: MIT */
/*
 * Copying a graph of a region's values into the store (Cheney 1970).
 *
 * The queue is what was copied itself: the record's segments, oldest first, then the open run. The scan stands at an object
 * of one of them. A copy with slots begins with a tag in its first slot: the address of what it is a copy of, the depth of that, and …100,
 * which is no value; scanning fills the slots from there, the first one last, so that a scan that was broken off begins
 * the object again. Doing so twice does no harm: what was copied has a forwarding word.
 *
 * A large object is handed over as it is, and stands in the queue as an empty segment. What it holds is copied when the
 * scan meets it; its slots are changed when all is done (publication_finish_large()), so that they can be read until then, also if the
 * publication fails.
 *
 * HOLDS. A forwarding word leads to its copy for as long as its object lives, that is for as long as the scope it was
 * made in. Where a copy is reached from one of the same depth, that keeps it; where from a deeper one (or from outside, as the
 * value to be published is), it gets an entry of its own, of its object's depth.
 *
 * Sections are entered to let a run be born, and to hand over a large object; what is read and copied meanwhile is the
 * thread's own, or immutable and held.
 */
#include <errno.h>
#include <string.h>

#include "base/fault.h"
#include "gc/heap.h"
#include "gc/publication.h"
#include "gc/stress.h"

enum {
        TAG = 4,
        TAG_MASK = 7,
        TAG_DEPTH_SHIFT = 48,
        DEPTH_OUTSIDE = OBJECT_DEPTH_MAX + 1, /* deeper than any object */
};

static inline uintptr_t tag_make(const struct object *object, size_t depth) {
        uintptr_t address = (uintptr_t)object;

        assert(address >> TAG_DEPTH_SHIFT == 0);
        return (uintptr_t)depth << TAG_DEPTH_SHIFT | address | TAG;
}

static inline bool tag_is(uintptr_t word) {
        return (word & TAG_MASK) == TAG;
}

static inline const struct object *tag_get_object(uintptr_t word) {
        return (const struct object *)(word & (((uintptr_t)1 << TAG_DEPTH_SHIFT) - 1) &
                                       ~(uintptr_t)TAG_MASK);
}

static inline size_t tag_get_depth(uintptr_t word) {
        return word >> TAG_DEPTH_SHIFT;
}

static inline void object_set_slot(struct object *object, size_t index, gca_value value) {
        /* Relaxed: the collector may be reading, and takes either word; what it leads to is marked or held anyway. */
        atomic_store_explicit(&object->words[index], value.word, memory_order_relaxed);
}

/* ---- copying ---- */

/* Those waiting to be held get their entries; the run that some of them may lie in is born first. */
static int publication_flush_holds(struct publication *publication) {
        struct gca_region *region = publication->region;
        uint64_t word;
        int r;

        r = entry_reserve(region, publication->n_holds);
        if (r != 0)
                return fault_pass(r);
        r = publication_reserve_segments(publication);
        if (r != 0)
                return fault_pass(r);
        word = section_enter(region->thread);
        publication_record_run(publication, word);
        section_delay();
        for (size_t i = 0; i < publication->n_holds; i++)
                entry_take(region,
                           value_from_object(publication->holds[i].object),
                           publication->holds[i].depth);
        section_exit(region->thread);
        publication->n_holds = 0;
        publication_keep_hole(publication);
        return 0;
}

static void publication_hold(struct publication *publication, struct object *copy, size_t depth) {
        assert(publication->n_holds < PUBLICATION_HOLDS);
        publication->holds[publication->n_holds++] = (struct publication_hold){ copy, depth };
}

/* The region's large object becomes the store's. */
static int publication_hand_over(struct publication *publication, struct object *object) {
        struct gca_region *region = publication->region;
        struct region_large *large = object_get_large(object);
        size_t size = large->size, depth = header_get_depth(object->header);
        uint64_t word;
        int r;

        r = publication_reserve_segments(publication);
        if (r == 0)
                r = store_add_large(region->thread, size);
        if (r != 0)
                return fault_pass(r);
        region_unlink_large(region, large);
        region->other_bytes -= size;
        region_update_end(region);
        object->header = (object->header & ~OBJECT_DEPTH_MASK) | publication->open.window.label;
        word = section_enter(region->thread);
        publication_record_run(publication, word);
        (void)store_adopt_large(region->thread, word, large);
        object_get_store_large(object)->depth = (uint16_t)depth;
        object_get_store_large(object)->is_abandoned = false;
        publication_record_large(publication, object, word);
        section_exit(region->thread);
        publication_wait(region->thread);
        publication_keep_hole(publication);
        return 0;
}

/* The copy of an object without slots. */
static inline void
copy_leaf(struct object *copy, const struct object *object, size_t size, uint64_t label) {
        memory_hand_out(copy, size);
        memcpy(copy->bytes, object->bytes, size - OBJECT_HEADER_SIZE);
        copy->header = (object->header & ~OBJECT_DEPTH_MASK) | label;
}

static inline int publication_copy_small(struct publication *publication,
                                         struct object *object,
                                         struct object **ret_copy) {
        size_t size = object_get_size(object), n_slots = header_count_slots(object->header);
        struct gca_window *window = &publication->open.window;
        struct object *copy;
        int r;

        if (space_round(size) > (size_t)(window->end - window->next)) {
                r = publication_grow(publication, space_round(size));
                if (r != 0)
                        return fault_pass(r);
        }
        copy = (struct object *)window->next;
        window->next += space_round(size);
        if (n_slots > 0) {
                size_t skip = OBJECT_HEADER_SIZE + n_slots * sizeof(gca_value);

                memory_hand_out(copy, size);
                copy->slots[0].word = tag_make(object, header_get_depth(object->header));
                for (size_t i = 1; i < n_slots; i++)
                        copy->slots[i].word = 0;
                copy->header = (object->header & ~OBJECT_DEPTH_MASK) | window->label;
                if (size > skip)
                        memcpy((char *)copy + skip, (char *)object + skip, size - skip);
        } else {
                copy_leaf(copy, object, size, window->label);
        }
        object->header = (uint64_t)(uintptr_t)copy;
        *ret_copy = copy;
        return 0;
}

/* An object of the region that was not published. from_depth: of what refers to it. */
static inline int publication_copy(struct publication *publication,
                                   struct object *object,
                                   size_t from_depth,
                                   struct object **ret_copy) {
        size_t depth = header_get_depth(object->header);
        int r;

        if (depth < from_depth && publication->n_holds == PUBLICATION_HOLDS) {
                r = publication_flush_holds(publication);
                if (r != 0)
                        return fault_pass(r);
        }
        if (object->header & OBJECT_IS_LARGE) {
                r = publication_hand_over(publication, object);
                *ret_copy = object;
        } else {
                r = publication_copy_small(publication, object, ret_copy);
        }
        if (r != 0)
                return fault_pass(r);
        if (depth < from_depth)
                publication_hold(publication, *ret_copy, depth);
        return 0;
}

/* Makes a value the store's. */
static inline int
publication_forward(struct publication *publication, gca_value *value, size_t from_depth) {
        struct object *object;
        uint64_t header;
        int r;

        if (!value_is_object(*value))
                return 0;
        object = value_get_object(*value);
        header = object->header;
        if (!(header & OBJECT_IS_HEADER)) {
                value->word = header;
                return 0;
        }
        if (header & OBJECT_IS_STORED)
                return 0;
        r = publication_copy(publication, object, from_depth, &object);
        if (r == 0)
                *value = value_from_object(object);
        return r;
}

/* ---- scanning ---- */

static int publication_scan_object(struct publication *publication, struct object *object) {
        size_t n = object_count_slots(object), depth;
        const struct object *source;
        gca_value first, value;
        int r;

        if (n == 0 || !tag_is(object->slots[0].word))
                return 0;
        source = tag_get_object(object->slots[0].word);
        depth = tag_get_depth(object->slots[0].word);
        first = source->slots[0];
        r = publication_forward(publication, &first, depth);
        if (r != 0)
                return fault_pass(r);
        for (size_t i = 1; i < n; i++) {
                value = source->slots[i];
                r = publication_forward(publication, &value, depth);
                if (r != 0)
                        return fault_pass(r);
                object_set_slot(object, i, value);
        }
        object_set_slot(object, 0, first);
        return 0;
}

static int publication_scan_large(struct publication *publication, struct object *object) {
        struct store_large *large = object_get_store_large(object);
        size_t n = object_count_slots(object);
        int r;

        for (; publication->scan_slot < n && !large->is_abandoned; publication->scan_slot++) {
                gca_value value = object->slots[publication->scan_slot];

                r = publication_forward(publication, &value, large->depth);
                if (r != 0)
                        return fault_pass(r);
        }
        publication->scan_slot = 0;
        return 0;
}

/* The segment that the scan stands in; NULL: it is the open run. */
static inline const struct publication_segment *
publication_get_scanned(struct publication *publication) {
        struct publication_segments *segments = publication->scan_segments;

        /* Relaxed: the thread's own. */
        while (publication->scan_index ==
               atomic_load_explicit(&segments->n, memory_order_relaxed)) {
                if (!segments->newer)
                        return NULL;
                segments = publication->scan_segments = segments->newer;
                publication->scan_index = 0;
        }
        return &segments->segments[publication->scan_index];
}

/* Where the scan goes on: in a segment, or in the open run, which ends where the window begins. false: nothing is left. */
static bool publication_find_unscanned(struct publication *publication,
                                       const struct publication_segment **ret_segment) {
        for (;;) {
                const struct publication_segment *segment = publication_get_scanned(publication);
                char *begin = segment ? segment->begin : publication->run;
                char *end = segment ? segment->end : publication->open.window.next;

                *ret_segment = segment;
                if (segment && begin == end)
                        return true;
                if (!publication->scan_next)
                        publication->scan_next = begin;
                if (publication->scan_next != end)
                        return true;
                if (!segment) {
                        /* What is not there yet may begin elsewhere. */
                        if (begin == end)
                                publication->scan_next = NULL;
                        return false;
                }
                publication->scan_index++;
                publication->scan_next = NULL;
        }
}

/* The objects of a segment, or of the open run until it is closed. */
static int publication_scan_small(struct publication *publication,
                                  const struct publication_segment *segment) {
        char *run = publication->run;
        int r;

        for (;;) {
                char *end = segment ? segment->end : publication->open.window.next;
                struct object *object = (struct object *)publication->scan_next;

                if (publication->scan_next == end)
                        return 0;
                r = publication_scan_object(publication, object);
                if (r != 0)
                        return fault_pass(r);
                publication->scan_next += space_round(object_get_size(object));
                if (!segment && publication->run != run)
                        return 0;
        }
}

static int publication_scan(struct publication *publication) {
        const struct publication_segment *segment;
        int r;

        while (publication_find_unscanned(publication, &segment)) {
                if (!segment || segment->begin != segment->end) {
                        r = publication_scan_small(publication, segment);
                } else {
                        r = publication_scan_large(publication, (struct object *)segment->begin);
                        publication->scan_index += r == 0;
                }
                if (r != 0)
                        return fault_pass(r);
        }
        return 0;
}

/* ---- the end ---- */

/* Everything is copied: what a large object holds is now to be had in the store. */
static void publication_finish_large(struct object *object) {
        struct store_large *large = object_get_store_large(object);
        size_t n = object_count_slots(object);

        if (large->is_abandoned)
                return;
        for (size_t i = 0; i < n; i++)
                if (value_is_object(object->slots[i]))
                        object_set_slot(object,
                                        i,
                                        value_from_object(object_resolve(
                                                value_get_object(object->slots[i]))));
        /* Release: pairs with the acquires of the tracer and of publication_is_published(); they see the slots. */
        atomic_store_explicit(&large->is_finished, true, memory_order_release);
}

static void publication_visit_large(struct publication *publication,
                                    void (*visit)(struct object *object)) {
        for (struct publication_segments *segments = publication->segments; segments;
             segments = segments->older)
                /* Relaxed: the thread's own. */
                for (uint32_t i = atomic_load_explicit(&segments->n, memory_order_relaxed); i > 0;
                     i--)
                        if (segments->segments[i - 1].begin == segments->segments[i - 1].end)
                                visit((struct object *)segments->segments[i - 1].begin);
}

/* Nothing is left to be copied. The last run is born, what waits is held, and the record is given up, in one section. */
static int publication_complete(struct publication *publication) {
        struct gca_region *region = publication->region;
        uint64_t word;
        int r;

        r = entry_reserve(region, publication->n_holds);
        if (r != 0)
                return fault_pass(r);
        if (publication->is_recorded)
                publication_visit_large(publication, publication_finish_large);
        word = section_enter(region->thread);
        publication_bear_run(publication, word);
        section_delay();
        for (size_t i = 0; i < publication->n_holds; i++)
                entry_take(region,
                           value_from_object(publication->holds[i].object),
                           publication->holds[i].depth);
        publication_drop_record(publication, word);
        section_exit(region->thread);
        publication_return_hole(publication);
        publication_give(publication);
        return 0;
}

/* What there is is born and stays in the record, to be gone on with. */
static void publication_fail(struct publication *publication) {
        struct gca_region *region = publication->region;

        publication_record_run(publication, section_enter(region->thread));
        section_exit(region->thread);
        publication_return_hole(publication);
        region->publication = publication;
        region->thread->n_unfinished++;
}

/* Scans what is queued and completes it. r: how its beginning went; where that or the rest failed, the publication keeps its
 * queue for the next one to resume. */
static int publication_drive(struct publication *publication, int r) {
        if (r == 0)
                r = publication_scan(publication);
        if (r == 0)
                r = publication_complete(publication);
        if (r != 0)
                publication_fail(publication);
        return fault_pass(r);
}

int publication_finish(struct gca_region *region) {
        struct publication *publication = region->publication;

        if (__builtin_expect(!publication, 1))
                return 0;
        if (heap_is_forked(region->thread->heap))
                return fault_raise(-EOWNERDEAD);
        publication_settle(region->thread);
        region->publication = NULL;
        region->thread->n_unfinished--;
        return fault_pass(
                publication_drive(publication, publication_reserve_segments(publication)));
}

/* A small object without slots, as most results are: born and held at once. */
static int publish_leaf(struct gca_region *region, gca_value *value) {
        struct object *object = value_get_object(*value), *copy;
        size_t size = object_get_size(object), depth = header_get_depth(object->header);
        struct gca_thread *thread = region->thread;
        char *begin, *end;
        uint64_t word;
        int r;

        r = entry_reserve(region, 1);
        if (r != 0)
                return fault_pass(r);
        r = store_lend(thread, space_round(size), &begin, &end);
        if (r != 0)
                return fault_pass(r);
        copy = (struct object *)begin;
        copy_leaf(copy,
                  object,
                  size,
                  OBJECT_IS_STORED | (uint64_t)region->account << OBJECT_DEPTH_SHIFT);
        *value = value_from_object(copy);
        object->header = (uint64_t)(uintptr_t)copy;
        word = section_enter(thread);
        store_bear(thread, word, begin, begin + space_round(size));
        section_delay();
        entry_take(region, *value, depth);
        counter_add(&thread->counters.n_publications, 1);
        section_exit(thread);
        store_give_back(thread, begin + space_round(size), end);
        return 0;
}

/* A value of the region's that was not published. */
static int publish_object(struct gca_region *region, gca_value *value) {
        struct publication *publication = publication_take(region);

        if (!publication)
                return fault_raise(-ENOMEM);
        return fault_pass(publication_drive(
                publication, publication_forward(publication, value, DEPTH_OUTSIDE)));
}

/* ---- calls ---- */

bool gca_is_published(gca_value value) {
        return publication_is_published(value);
}

static int publish_any(struct gca_region *region, gca_value *value) {
        struct object *object = value_get_object(*value);
        int r;

        if (heap_is_forked(region->thread->heap))
                return fault_raise(-EOWNERDEAD);
        /* What it refers to in an open run is shown to others from here on. */
        publication_settle(region->thread);
        r = publication_finish(region);
        if (r != 0)
                return fault_pass(r);
        /* Another region's publication may have failed. */
        if (region->thread->n_unfinished > 0 &&
            !publication_is_published(value_from_object(object_resolve(object))) &&
            object_resolve(object)->header & OBJECT_IS_STORED)
                return fault_raise(-EINVAL);
        if (!(object->header & OBJECT_IS_HEADER)) {
                /* Held for as long as the object is. */
                value->word = object->header;
                return 0;
        }
        if (!(object->header & OBJECT_IS_STORED)) {
                if (header_count_slots(object->header) == 0 && !(object->header & OBJECT_IS_LARGE))
                        return publish_leaf(region, value);
                return publish_object(region, value);
        }
        r = entry_reserve(region, 1);
        if (r != 0)
                return fault_pass(r);
        (void)section_enter(region->thread);
        entry_take(region, *value, region_get_depth(region));
        section_exit(region->thread);
        return 0;
}

int publication_publish(struct gca_region *region, gca_value *value) {
        int r;

        if (!value_is_object(*value))
                return 0;
        if (region->is_publication) {
                if (!publication_may_hold(region, *value))
                        return fault_raise(-EINVAL);
                region = region->owner;
        }
        if (!region->thread) {
                (void)region_fail(region, GCA_REGION_NO_HEAP);
                return fault_raise(-EINVAL);
        }
        r = publish_any(region, value);
        if (r != 0)
                publication_set_errno(region, r);
        return r;
}

gca_value gca_publish(gca_region *region, gca_value value) {
        return publication_publish(region, &value) == 0 ? value : GCA_NO_VALUE;
}

/* ---- a scope ends ---- */

static void publication_forget_object(struct object *object, size_t depth) {
        size_t n = object_count_slots(object);

        if (n == 0 || !tag_is(object->slots[0].word) ||
            tag_get_depth(object->slots[0].word) < depth)
                return;
        for (size_t i = n; i > 0; i--)
                object_set_slot(object, i - 1, gca_nil());
}

static void publication_forget_small(struct publication *publication, size_t depth) {
        struct publication scan = *publication;
        const struct publication_segment *segment;

        /* No run is open: it failed. */
        while (publication_find_unscanned(&scan, &segment)) {
                for (; scan.scan_next && scan.scan_next != segment->end;) {
                        struct object *object = (struct object *)scan.scan_next;

                        publication_forget_object(object, depth);
                        scan.scan_next += space_round(object_get_size(object));
                }
                if (segment->begin == segment->end)
                        scan.scan_index++;
        }
}

void publication_forget(struct gca_region *region, size_t depth) {
        struct publication *publication = region->publication;
        size_t n = 0;

        if (!publication)
                return;
        publication_forget_small(publication, depth);
        for (struct publication_segments *segments = publication->segments; segments;
             segments = segments->older)
                for (uint32_t i = atomic_load_explicit(&segments->n, memory_order_relaxed); i > 0;
                     i--) {
                        struct publication_segment *segment = &segments->segments[i - 1];
                        struct store_large *large =
                                object_get_store_large((struct object *)segment->begin);

                        if (segment->begin == segment->end && large->depth >= depth)
                                large->is_abandoned = true;
                }
        for (size_t i = 0; i < publication->n_holds; i++)
                if (publication->holds[i].depth < depth)
                        publication->holds[n++] = publication->holds[i];
        publication->n_holds = n;
}
