/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One cycle of the collector, step by step:
 *
 *     none -> arming -> opening -> reading -> marking <-> ending -> closing -> leaving -> sweeping -> none
 *
 *     arming     (arming, e) was written: a grace period, after which every section logs
 *     opening    (marking, e + 1) was written: a grace period, after which every birth has its colour
 *     reading    the roots, the entries and the records are read, one after the other: whatever moves between them meanwhile is
 *                logged
 *     marking    until nothing is left to visit
 *     ending     a grace period, then the logs are drained: what they bring that is not marked leads back to marking, and so does a
 *                weak value that was upgraded since marking ended
 *     closing    weak values are closed: those whose target is gone are cleared
 *     leaving    a grace period, after which nobody has what is gone
 *     sweeping   (idle, e + 1) was written
 *
 * docs/design/gc.md tells what goes wrong without each of them. One thread at a time drives it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gcasync/heap.h>

#include "gc/grace.h"
#include "gc/mark.h"
#include "gc/publication.h"
#include "gc/slab.h"
#include "gc/special-walk.h"

struct gca_heap;

enum cycle_state {
        CYCLE_NONE = 0,
        CYCLE_ARMING,
        CYCLE_OPENING,
        CYCLE_READING_ROOTS,
        CYCLE_READING_ENTRIES,
        CYCLE_READING_RECORDS,
        CYCLE_MARKING,
        CYCLE_ENDING,
        CYCLE_CLOSING,
        CYCLE_LEAVING,
        CYCLE_SWEEPING,
};

struct cycle {
        struct gca_heap *heap;
        enum cycle_state state;
        uint64_t grace_ns;        /* when the last grace period began */
        uint64_t state_ns;        /* since when it is in this phase (of those that are counted) */
        uint64_t upgrades;        /* as read before the last round's grace period */
        uint64_t published_bytes; /* ever, when marking began */
        size_t n_roots_read;      /* reading: chunks of the root set */
        struct slab_walk entries; /* reading: where it is in the entries, in the records */
        struct publication_walk records;
        size_t n_found; /* unmarked values that a drain has brought so far */
        struct marker marker;
        struct specials specials;
        bool has_finalizers; /* some became due; set here, cleared by who told somebody */
        gca_cycle_info info; /* the one under way, or the last one */
};

/* 0 or -ENOMEM. */
int cycle_init(struct cycle *cycle, struct gca_heap *heap);
void cycle_deinit(struct cycle *cycle);

/* None is under way, and the last one was swept to the end. */
void cycle_begin(struct cycle *cycle, uint64_t number, gca_trigger trigger);

/* Goes on for about budget_ns. IDLE: it is complete. */
gca_heap_step cycle_step(struct cycle *cycle, uint64_t budget_ns);
