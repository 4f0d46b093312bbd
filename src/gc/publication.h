/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Publication: from a region into the store.
 *
 * An OPEN PUBLICATION is a region of its own (is_publication) whose bump chunk is a hole of the store: constructors build
 * there as they do anywhere. What lies between run_begin and next is the open RUN: it has no marks, and nobody else knows
 * of it. publication_close_run() lets it be born, in one section, and adds it to the RECORD, an entry that
 * the collector keeps whole. The run is closed: when the hole is full; before any entry or guard of the same thread is given up; before the
 * task is suspended; at the end. So whatever an object of an open run refers to is held by an entry for as long as the
 * collector cannot see the object. At most one run is open on a thread (thread->publishing).
 *
 * COPYING a graph is Cheney's scan (1970) over the record's runs; a slice is what fits a hole. A copy that has slots begins life with
 * none filled in: its first slot holds the address of what it is a copy of, tagged as no value (…100), the others are zero; the scan
 * fills them, the first one last. It fills them in objects that are born, of a record that the collector may be reading, with
 * what may be unborn: SO A TRACER THAT MEETS AN OBJECT WHOSE MARK IS MARK_NONE LEAVES IT ALONE. That loses nothing: it will be born
 * with the colour of a section that is yet to come, and what it refers to is either born likewise, or in the record,
 * or held by an entry.
 *
 * A publication that fails keeps its record until its region ends, and the next one resumes its queue first: a forwarding
 * word always leads to an object that will be finished, and until then nobody gets to see it. Large objects are handed over where they
 * lie; those with slots keep what they hold until the publication is complete, and only then get the copies' addresses (is_finished).
 * What forwarding words lead to is held by an entry of the depth of the object that has the word.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gc/region.h"
#include "gc/slab.h"

#define PUBLICATION_NO_EPOCH UINT64_MAX

struct gca_heap;
struct gca_thread;
struct object;

/* A piece of a hole that a publication filled; or, where it is empty, a large object. */
struct publication_segment {
        char *begin, *end;
        uint64_t epoch; /* of the section that it was born in: its objects have that one's colour */
};

enum {
        PUBLICATION_SEGMENTS = 14,
        PUBLICATION_HOLDS = 32,
        PUBLICATION_SPARES = 8, /* that a thread keeps */
};

/* Linked from newest to oldest; type-stable; only the newest one grows. */
struct publication_segments {
        struct publication_segments *older;
        struct publication_segments *newer; /* the owner's */
        _Atomic uint32_t n;                 /* release: those before it are written */
        struct publication_segment segments[PUBLICATION_SEGMENTS];
} __attribute__((aligned(16)));

/* The record: what the collector sees of a publication. In a slab; type-stable. */
struct publication_record {
        struct publication_record *next; /* a free one's, or one's that was given up */
        _Atomic(struct publication_segments *) segments; /* NULL: there is nothing to see */
} __attribute__((aligned(16)));

/* A copy that is to be held as soon as it is born, at a depth. */
struct publication_hold {
        struct object *object;
        size_t depth;
};

/*
 * A publication, open or by copying; its thread's. Spare ones, which have a record and room for segments, wait in
 * thread->publications, so that a small publication takes no memory.
 */
struct publication {
        struct gca_region
                open; /* its window is the hole's rest; for constructors where it is open */
        struct publication *next;
        struct gca_region *region; /* that it was begun on */
        char *run;                 /* from here to the window: objects that are not born yet */
        char *hole_end;            /* NULL: no hole is lent */
        struct publication_record *record; /* NULL where it was handed over */
        struct publication_segments *segments;
        bool is_recorded; /* the collector sees the record */

        /* Copying: where the scan is, see publish.c; what is to be held. */
        struct publication_segments *scan_segments;
        uint32_t scan_index;
        size_t scan_slot; /* of a large object */
        char *scan_next;
        struct publication_hold holds[PUBLICATION_HOLDS];
        size_t n_holds;
};

/* Whether the value is in the store and complete: what may be shown to others. */
bool publication_is_published(gca_value value);

/* ---- runs ---- */

/* Everything made so far is born, and recorded. Outside sections. */
void publication_close_run(struct gca_region *publication);

/* Before the thread gives up an entry or a guard, or a task is suspended: no run is open, no hole is lent to one. One comparison in
 * the common case. Outside sections. */
void publication_settle(struct gca_thread *thread);

/* ---- regions ---- */

/* The region's publications are given up, whatever their state. */
void publication_abandon(struct gca_region *region);

/* A scope ends that objects of this depth and deeper go with: what of them an unfinished publication has not copied is
 * not wanted any more. */
void publication_forget(struct gca_region *region, size_t depth);

/* region_new_object_slow() in an open publication. */
struct object *
publication_new_object_slow(struct gca_region *region, unsigned type, size_t count, size_t size);

/* Whether an open publication may hold the value; if not, that is its fault. */
bool publication_may_hold(struct gca_region *region, gca_value value);

/* ---- threads ---- */

/* The thread's spare publications go; when it detaches. Outside sections. */
void publication_detach(struct gca_thread *thread);

/* ---- publish.c ---- */

/* gca_publish(). 0, or -ENOMEM, -ENOSPC, -EOWNERDEAD, -EINVAL (not published, and given to an open publication): the region's
 * fault tells it too. */
int publication_publish(struct gca_region *region, gca_value *value);

/* Goes on with the region's unfinished publication. 0, or -ENOMEM, -ENOSPC: it stays unfinished. */
int publication_finish(struct gca_region *region);

/* ---- this room's own ---- */

/* A spare one; NULL: no memory. And it is given back, with nothing in it. */
struct publication *publication_take(struct gca_region *region);
void publication_give(struct publication *publication);

/* Outside sections: room for two more segments, a hole of at least size bytes. The open run is closed. 0, -ENOMEM, -ENOSPC. */
int publication_reserve_segments(struct publication *publication);
int publication_grow(struct publication *publication, size_t size);

/* After the run so far was recorded: the hole is kept where there is room for the next run's segment. Outside sections. */
void publication_keep_hole(struct publication *publication);

/* In a section: the run is born; the run so far, or a large object, is added to the record; the record is given up. */
void publication_bear_run(struct publication *publication, uint64_t word);
void publication_record_run(struct publication *publication, uint64_t word);
void publication_record_large(struct publication *publication,
                              struct object *object,
                              uint64_t word);
void publication_drop_record(struct publication *publication, uint64_t word);

/* Outside sections: the hole's rest goes back. */
void publication_return_hole(struct publication *publication);

/* Outside sections, between slices: past the heap's soft limit the thread waits for a cycle. */
void publication_wait(struct gca_thread *thread);

/* region_fail() from an -errno. */
void publication_set_errno(struct gca_region *region, int r);

/* ---- the collector ---- */

/* Calls visit for each object in the segments of each live record: all of them are to be marked, and traced. Those that
 * were born in the epoch are passed over, unseen: they have its colour, so a marker of that epoch has nothing to do with them. */
void publication_visit_all(struct gca_heap *heap,
                           uint64_t epoch,
                           void (*visit)(struct object *object, void *data),
                           void *data);

/* The same, a segment at a time, while no record that is given up can go: between the second grace period and the first drain. False: there is
 * none left. */
struct publication_walk {
        struct slab_walk records;
        struct publication_segments *segments; /* of the record that it is at, newest first */
        uint32_t n_left;                       /* of these */
};

void publication_walk_begin(struct gca_heap *heap, struct publication_walk *walk);
bool publication_visit_some(struct gca_heap *heap,
                            struct publication_walk *walk,
                            uint64_t epoch,
                            void (*visit)(struct object *object, void *data),
                            void *data);

/* Records given up since the last call: drained as a log, but for what was born in the epoch. Returns how many objects. */
size_t publication_drain(struct gca_heap *heap,
                         uint64_t epoch,
                         void (*visit)(struct object *object, void *data),
                         void *data);

/* The same records are of no concern any more. */
void publication_discard(struct gca_heap *heap);
