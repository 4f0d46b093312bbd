/* SPDX-License-Identifier: MIT */
#include "gc/publication.h"

#include <errno.h>

#include "base/fault.h"
#include "gc/heap.h"
#include "gc/stress.h"

static_assert(sizeof(struct publication_record) % 16 == 0 &&
                      sizeof(struct publication_segments) % 16 == 0,
              "they lie in slabs");

static_assert(SPACE_GRANULE_BYTES == 2 * OBJECT_ALIGNMENT,
              "sizes are padded by one bit of theirs: see struct gca_window");

static inline struct publication *region_get_publication(struct gca_region *region) {
        assert(region->is_publication);
        return region->publication;
}

/* ---- faults ---- */

void publication_set_errno(struct gca_region *region, int r) {
        switch (r) {
        case -ENOSPC:
                (void)region_fail(region, GCA_REGION_HEAP_LIMIT);
                return;
        case -EOWNERDEAD:
                (void)region_fail(region, GCA_REGION_FORKED);
                return;
        case -EINVAL:
                (void)region_fail(region, GCA_REGION_NOT_PUBLISHED);
                return;
        default:
                (void)region_fail(region, GCA_REGION_NO_MEMORY);
        }
}

bool publication_is_published(gca_value value) {
        struct object *object;

        if (!value_is_object(value))
                return gca_is_value(value);
        object = value_get_object(value);
        if (!object_is_stored(object))
                return false;
        /* Acquire: pairs with the release in publication_finish_large(); what the object holds is published too. */
        return !(object->header & OBJECT_IS_LARGE) ||
               atomic_load_explicit(&object_get_store_large(object)->is_finished,
                                    memory_order_acquire);
}

/* ---- spare publications ---- */

/* All segments but the oldest go back, and that one is empty. */
static void publication_clear_segments(struct publication *publication) {
        struct gca_heap *heap = publication->region->thread->heap;
        struct publication_segments *segments = publication->segments;

        while (segments->older) {
                struct publication_segments *older = segments->older;

                slab_give(&heap->record_segments, segments, 1);
                segments = older;
        }
        segments->newer = NULL;
        /* Relaxed: no record names them. */
        atomic_store_explicit(&segments->n, 0, memory_order_relaxed);
        publication->segments = segments;
}

static void publication_free(struct gca_thread *thread, struct publication *publication) {
        if (publication->record)
                slab_give(&thread->heap->records, publication->record, 1);
        if (publication->segments)
                slab_give(&thread->heap->record_segments, publication->segments, 1);
        memory_free(publication);
}

/* A record, unseen, and empty segments. */
static int publication_equip(struct gca_thread *thread, struct publication *publication) {
        void *item;

        if (!publication->record) {
                if (slab_take(&thread->heap->records, 1, &item) == 0)
                        return fault_raise(-ENOMEM);
                publication->record = item;
        }
        if (!publication->segments) {
                if (slab_take(&thread->heap->record_segments, 1, &item) == 0)
                        return fault_raise(-ENOMEM);
                publication->segments = item;
                publication->segments->older = publication->segments->newer = NULL;
                /* Relaxed: no record names them. */
                atomic_store_explicit(&publication->segments->n, 0, memory_order_relaxed);
        }
        return 0;
}

static struct publication *publication_new(struct gca_thread *thread) {
        struct publication *publication = memory_allocate(sizeof(*publication));
        int r;

        if (!publication)
                return NULL;
        r = publication_equip(thread, publication);
        if (r != 0) {
                publication_free(thread, publication);
                return NULL;
        }
        return publication;
}

struct publication *publication_take(struct gca_region *region) {
        struct gca_thread *thread = region->thread;
        struct publication *publication = thread->publications;

        if (__builtin_expect(publication != NULL, 1)) {
                thread->publications = publication->next;
                thread->n_publications--;
        } else {
                publication = publication_new(thread);
                if (!publication)
                        return NULL;
        }
        publication->region = region;
        publication->run = publication->hole_end = NULL;
        publication->is_recorded = false;
        publication->open.window.next = publication->open.window.end = NULL;
        publication->open.window.clean = NULL;
        publication->open.window.padding = SPACE_GRANULE_BYTES - OBJECT_ALIGNMENT;
        publication->open.window.label = OBJECT_IS_STORED | (uint64_t)region->account
                                                                    << OBJECT_DEPTH_SHIFT;
        publication->scan_segments = publication->segments;
        publication->scan_index = 0;
        publication->scan_slot = 0;
        publication->scan_next = NULL;
        publication->n_holds = 0;
        return publication;
}

void publication_give(struct publication *publication) {
        struct gca_thread *thread = publication->region->thread;

        assert(!publication->hole_end && !publication->is_recorded);
        if (publication->segments && publication->segments->older)
                publication_clear_segments(publication);
        else if (publication->segments)
                /* Relaxed: no record names them. */
                atomic_store_explicit(&publication->segments->n, 0, memory_order_relaxed);
        if (thread->n_publications == PUBLICATION_SPARES ||
            (!publication->record && publication_equip(thread, publication) != 0)) {
                publication_free(thread, publication);
                return;
        }
        publication->next = thread->publications;
        thread->publications = publication;
        thread->n_publications++;
}

void publication_detach(struct gca_thread *thread) {
        assert(!thread->publishing);
        while (thread->publications) {
                struct publication *publication = thread->publications;

                thread->publications = publication->next;
                publication_free(thread, publication);
        }
        thread->n_publications = 0;
}

/* ---- the record ---- */

int publication_reserve_segments(struct publication *publication) {
        struct publication_segments *segments = publication->segments;
        void *item;

        /* Relaxed: its writer asks. */
        if (atomic_load_explicit(&segments->n, memory_order_relaxed) + 2 <= PUBLICATION_SEGMENTS)
                return 0;
        if (slab_take(&publication->region->thread->heap->record_segments, 1, &item) == 0)
                return fault_raise(-ENOMEM);
        publication->segments = item;
        publication->segments->older = segments;
        publication->segments->newer = NULL;
        atomic_store_explicit(&publication->segments->n, 0, memory_order_relaxed);
        segments->newer = publication->segments;
        return 0;
}

static void
publication_add_segment(struct publication *publication, char *begin, char *end, uint64_t word) {
        struct publication_segments *segments = publication->segments;
        uint32_t n = atomic_load_explicit(&segments->n, memory_order_relaxed);

        assert(n < PUBLICATION_SEGMENTS);
        segments->segments[n] = (struct publication_segment){ begin, end, word_get_epoch(word) };
        /* Release, both: pair with the acquires in record_visit(), which reads what is named. */
        atomic_store_explicit(&segments->n, n + 1, memory_order_release);
        atomic_store_explicit(&publication->record->segments, segments, memory_order_release);
        publication->is_recorded = true;
}

void publication_bear_run(struct publication *publication, uint64_t word) {
        struct gca_thread *thread = publication->region->thread;
        char *next = publication->open.window.next;

        if (next == publication->run)
                return;
        store_bear(thread, word, publication->run, next);
        publication->run = next;
}

void publication_record_run(struct publication *publication, uint64_t word) {
        char *begin = publication->run;

        publication_bear_run(publication, word);
        if (publication->run != begin)
                publication_add_segment(publication, begin, publication->run, word);
}

void publication_record_large(struct publication *publication,
                              struct object *object,
                              uint64_t word) {
        publication_add_segment(publication, (char *)object, (char *)object, word);
}

/* While logging is on the collector must get to see it once more; else it is forgotten. */
void publication_drop_record(struct publication *publication, uint64_t word) {
        struct gca_thread *thread = publication->region->thread;
        struct publication_record *record = publication->record;
        struct publication_segments *segments = publication->segments;
        bool is_named;

        counter_add(&thread->counters.n_publications, 1);
        if (!publication->is_recorded)
                return;
        publication->is_recorded = false;
        section_delay();
        is_named = atomic_load_explicit(&record->segments, memory_order_relaxed) == segments;
        if (!word_is_logging(word)) {
                /* Release: pairs with the acquire in record_visit(). No cycle reads records before this
                 * section has ended. */
                atomic_store_explicit(&record->segments, NULL, memory_order_release);
                return;
        }
        record->next = atomic_load_explicit(&thread->heap->records_left, memory_order_relaxed);
        /* Release: pairs with the acquire in publication_drain(), which reads the record. */
        while (!atomic_compare_exchange_weak_explicit(&thread->heap->records_left,
                                                      &record->next,
                                                      record,
                                                      memory_order_release,
                                                      memory_order_relaxed))
                continue;
        publication->record = NULL;
        /* Those that the record does not name yet stay. */
        publication->segments = is_named ? NULL : segments;
        if (!is_named)
                segments->older = NULL;
}

/* ---- holes ---- */

void publication_return_hole(struct publication *publication) {
        struct gca_region *open = &publication->open;

        if (!publication->hole_end)
                return;
        assert(publication->run == open->window.next);
        store_give_back(publication->region->thread, open->window.next, publication->hole_end);
        open->window.next = open->window.end = open->window.clean = NULL;
        publication->run = publication->hole_end = NULL;
}

void publication_keep_hole(struct publication *publication) {
        if (publication->hole_end && publication_reserve_segments(publication) != 0)
                publication_return_hole(publication);
}

void publication_wait(struct gca_thread *thread) {
        assert(!section_is_open(thread));
        collector_note_growth(thread->heap);
}

int publication_grow(struct publication *publication, size_t size) {
        struct gca_thread *thread = publication->region->thread;
        char *begin, *end;
        int r;

        if (publication->hole_end) {
                publication_record_run(publication, section_enter(thread));
                section_exit(thread);
                publication_return_hole(publication);
                publication_wait(thread);
        }
        r = publication_reserve_segments(publication);
        if (r != 0)
                return fault_pass(r);
        r = store_lend(thread, size, &begin, &end);
        if (r != 0)
                return fault_pass(r);
        publication->run = publication->open.window.next = begin;
        publication->hole_end = publication->open.window.end = end;
        publication->open.window.clean = end; /* It is cleared where it is handed out. */
        return 0;
}

/* ---- open publications ---- */

/* Its large object, at most one, becomes the store's; room for its segment is there. */
static void publication_adopt_own(struct publication *publication, uint64_t word) {
        struct region_large *large = publication->open.large;
        struct gca_thread *thread = publication->region->thread;
        struct object *object;

        if (!large)
                return;
        region_unlink_large(&publication->open, large);
        object = store_adopt_large(thread, word, large);
        /* Release: pairs with the acquire in publication_is_published(). */
        atomic_store_explicit(
                &object_get_store_large(object)->is_finished, true, memory_order_release);
        publication_record_large(publication, object, word);
}

void publication_close_run(struct gca_region *region) {
        struct publication *publication = region_get_publication(region);
        struct gca_thread *thread = region->thread;
        uint64_t word;

        if (region->window.next == publication->run && !region->large)
                return;
        word = section_enter(thread);
        publication_record_run(publication, word);
        publication_adopt_own(publication, word);
        section_exit(thread);
        publication_keep_hole(publication);
}

void publication_settle(struct gca_thread *thread) {
        struct gca_region *region = thread->publishing;

        if (__builtin_expect(!region, 1) || heap_is_forked(thread->heap))
                return;
        publication_close_run(region);
        publication_return_hole(region->publication);
        thread->publishing = NULL;
}

/* The thread's open run is this publication's from here on. */
static void publication_make_current(struct gca_thread *thread, struct gca_region *region) {
        if (thread->publishing != region)
                publication_settle(thread);
        thread->publishing = region;
}

static struct object *
publication_new_large(struct gca_region *region, unsigned type, size_t count, size_t size) {
        struct object *object;
        int r;

        publication_make_current(region->thread, region);
        publication_close_run(region);
        r = publication_reserve_segments(region->publication);
        if (r == 0)
                r = store_add_large(region->thread, object_round(size));
        if (r != 0) {
                publication_set_errno(region, r);
                return NULL;
        }
        object = region_new_large(region, size);
        if (!object) {
                store_remove_large(&region->thread->heap->store, object_round(size));
                return NULL;
        }
        object->header = object_make_header(type, count, region->window.label | OBJECT_IS_LARGE);
        publication_wait(region->thread);
        return object;
}

struct object *
publication_new_object_slow(struct gca_region *region, unsigned type, size_t count, size_t size) {
        struct publication *publication = region_get_publication(region);
        int r;

        if (heap_is_forked(region->thread->heap)) {
                publication_set_errno(region, -EOWNERDEAD);
                return NULL;
        }
        if (size > REGION_LARGE_BYTES)
                return publication_new_large(region, type, count, size);
        publication_make_current(region->thread, region);
        publication_close_run(region);
        r = publication_grow(publication, space_round(size));
        if (r != 0) {
                publication_set_errno(region, r);
                return NULL;
        }
        return region_new_object(region, type, count, size);
}

bool publication_may_hold(struct gca_region *region, gca_value value) {
        if (publication_is_published(value))
                return true;
        if (value_is_object(value) && region->large &&
            value_get_object(value) == &region->large->object)
                return true;
        (void)region_fail(region, GCA_REGION_NOT_PUBLISHED);
        return false;
}

gca_region *gca_publication_begin(gca_region *region) {
        struct publication *publication;
        struct gca_region *open;
        int r;

        assert(!region->opened && !region->is_publication);
        if (!region->thread) {
                (void)region_fail(region, GCA_REGION_NO_HEAP);
                return NULL;
        }
        r = heap_is_forked(region->thread->heap) ? -EOWNERDEAD : publication_finish(region);
        publication = r == 0 ? publication_take(region) : NULL;
        if (!publication) {
                publication_set_errno(region, r);
                return NULL;
        }
        open = &publication->open;
        open->thread = region->thread;
        open->publication = publication;
        open->is_publication = true;
        open->owner = region;
        open->account = region->account;
        open->limit_bytes = SIZE_MAX;
        open->other_bytes = 0;
        open->is_exhausted = false;
        open->fault = GCA_REGION_OK;
        region->opened = open;
        return open;
}

/* Nothing of it is left but what others hold. Outside sections. */
static void publication_retire(struct publication *publication) {
        struct gca_region *open = &publication->open;
        struct gca_thread *thread = open->thread;

        publication_return_hole(publication);
        if (thread->publishing == open)
                thread->publishing = NULL;
        publication_settle(thread);
        entry_clear(open);
        publication->region->opened = NULL;
        open->is_publication = false;
        open->publication = NULL;
        publication_give(publication);
}

gca_value gca_publication_end(gca_region *open, gca_value result) {
        struct publication *publication = region_get_publication(open);
        struct gca_region *region = publication->region;
        struct gca_thread *thread = region->thread;
        uint64_t word;

        assert(region->opened == open);
        if (heap_is_forked(thread->heap))
                return region_fail(open, GCA_REGION_FORKED);
        if (gca_is_value(result) && !publication_may_hold(open, result))
                result = GCA_NO_VALUE;
        if (value_is_object(result) && entry_reserve(region, 1) != 0) {
                (void)region_fail(open, GCA_REGION_NO_MEMORY);
                result = GCA_NO_VALUE;
        }
        word = section_enter(thread);
        if (publication->is_recorded || open->large)
                publication_record_run(publication, word);
        publication_bear_run(publication, word);
        publication_adopt_own(publication, word);
        section_delay();
        if (value_is_object(result))
                entry_take(region, result, region_get_depth(region));
        publication_drop_record(publication, word);
        section_exit(thread);
        publication_retire(publication);
        return result;
}

/* ---- a region ends ---- */

static void publication_give_up(struct publication *publication) {
        struct gca_thread *thread = publication->region->thread;

        publication_drop_record(publication, section_enter(thread));
        section_exit(thread);
}

void publication_abandon(struct gca_region *region) {
        struct publication *unfinished = region->publication;

        assert(!region->is_publication);
        if (region->opened) {
                struct publication *publication = region->opened->publication;

                publication_close_run(region->opened);
                publication_give_up(publication);
                publication_retire(publication);
        }
        if (unfinished) {
                publication_give_up(unfinished);
                region->publication = NULL;
                region->thread->n_unfinished--;
                publication_give(unfinished);
        }
}

/* ---- the collector ---- */

/* Who goes through records, and what he leaves out. */
struct visitor {
        uint64_t epoch;
        void (*visit)(struct object *object, void *data);
        void *data;
};

static size_t segment_visit(const struct publication_segment *segment,
                            const struct visitor *visitor) {
        size_t n = 0;

        if (segment->epoch == visitor->epoch)
                return 0;
        if (segment->begin == segment->end) {
                visitor->visit((struct object *)segment->begin, visitor->data);
                return 1;
        }
        for (char *next = segment->begin; next != segment->end; n++) {
                struct object *object = (struct object *)next;

                visitor->visit(object, visitor->data);
                next += space_round(object_get_size(object));
        }
        return n;
}

static size_t record_visit(struct publication_record *record, const struct visitor *visitor) {
        size_t n_objects = 0;
        /* Acquire: pairs with the release in publication_add_segment(). */
        struct publication_segments *segments =
                atomic_load_explicit(&record->segments, memory_order_acquire);

        for (; segments; segments = segments->older) {
                uint32_t n = atomic_load_explicit(&segments->n, memory_order_acquire);

                for (uint32_t i = 0; i < n; i++)
                        n_objects += segment_visit(&segments->segments[i], visitor);
        }
        return n_objects;
}

static void visitor_visit_record(void *item, void *data) {
        (void)record_visit(item, data);
}

void publication_visit_all(struct gca_heap *heap,
                           uint64_t epoch,
                           void (*visit)(struct object *object, void *data),
                           void *data) {
        struct visitor visitor = { epoch, visit, data };

        slab_visit(&heap->records, visitor_visit_record, &visitor);
}

void publication_walk_begin(struct gca_heap *heap, struct publication_walk *walk) {
        *walk = (struct publication_walk){ 0 };
        slab_walk_begin(&heap->records, &walk->records);
}

/* Goes on to segments that there are. False: nowhere. */
static bool walk_find_segments(struct gca_heap *heap, struct publication_walk *walk) {
        while (walk->n_left == 0) {
                struct publication_record *record;

                if (walk->segments)
                        walk->segments = walk->segments->older;
                while (!walk->segments) {
                        record = slab_walk_next(&heap->records, &walk->records);
                        if (!record)
                                return false;
                        /* Acquire, both: as in record_visit(). */
                        walk->segments =
                                atomic_load_explicit(&record->segments, memory_order_acquire);
                }
                walk->n_left = atomic_load_explicit(&walk->segments->n, memory_order_acquire);
        }
        return true;
}

bool publication_visit_some(struct gca_heap *heap,
                            struct publication_walk *walk,
                            uint64_t epoch,
                            void (*visit)(struct object *object, void *data),
                            void *data) {
        const struct visitor visitor = { epoch, visit, data };

        if (!walk_find_segments(heap, walk))
                return false;
        (void)segment_visit(&walk->segments->segments[--walk->n_left], &visitor);
        return true;
}

/* Whoever gave it up does not know it any more. */
static void record_free(struct gca_heap *heap, struct publication_record *record) {
        struct publication_segments *segments =
                atomic_load_explicit(&record->segments, memory_order_relaxed);

        /* Relaxed: the collector's own, until slab_give()'s lock. */
        atomic_store_explicit(&record->segments, NULL, memory_order_relaxed);
        while (segments) {
                struct publication_segments *older = segments->older;

                slab_give(&heap->record_segments, segments, 1);
                segments = older;
        }
        slab_give(&heap->records, record, 1);
}

/* Those given up since the last call. */
static struct publication_record *record_take_left(struct gca_heap *heap) {
        /* Acquire: pairs with the release in publication_drop_record(). */
        return atomic_exchange_explicit(&heap->records_left, NULL, memory_order_acquire);
}

size_t publication_drain(struct gca_heap *heap,
                         uint64_t epoch,
                         void (*visit)(struct object *object, void *data),
                         void *data) {
        const struct visitor visitor = { epoch, visit, data };
        size_t n = 0;

        for (struct publication_record *record = record_take_left(heap), *next; record;
             record = next) {
                next = record->next;
                n += record_visit(record, &visitor);
                record_free(heap, record);
        }
        return n;
}

void publication_discard(struct gca_heap *heap) {
        for (struct publication_record *record = record_take_left(heap), *next; record;
             record = next) {
                next = record->next;
                record_free(heap, record);
        }
}
