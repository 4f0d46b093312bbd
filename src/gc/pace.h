/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * When a cycle is worth its while.
 *
 * GROWTH   used bytes have reached what the last cycle found live and growth_percent more, growth_floor_bytes more at least; and
 *          have grown a little since that cycle ended
 * LIMIT    they are past the soft limit. Publishing threads wait for the cycle. Where it did not help, the next one
 *          follows after another sixteenth of the limit
 * IDLE     nothing was published for idle_ns, and something has moved
 *
 * SKIPPING. Something has moved if a counter differs from what it was at the *start* of the last complete cycle: roots
 * and older entries dropped, cells overwritten, bytes published. Each thread bumps its counter after the change, so a change that was not
 * counted at the start is counted as one after it. A cycle that marked something because a log said so leaves that as floating garbage
 * that no counter tells of, so it is never a base for skipping. Asking and pressure are never skipped.
 *
 * RESTING. Over an empty store nothing becomes due by time alone: there is no next tick until something is to be put there. Whoever
 * is about to do that takes a block, under the store's lock, or counts a large object, and then notes growth; a root that a thread gives up
 * without being attached waits in its slot for a cycle, and is noted, too. So pace_rest() first lowers note_at_bytes to nothing,
 * then looks whether the store is empty and no root waits: what came before the look is seen, and what comes after it
 * finds note_at_bytes, asks for a cycle, and so ends the rest.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gcasync/heap.h>

#include "gc/thread.h"

struct gca_heap;

struct pace {
        struct gca_heap *heap;
        /* Any thread reads, the collector writes; in note_at_bytes the lesser of the two, or 0 while resting: */
        _Atomic size_t growth_at_bytes, limit_at_bytes, note_at_bytes;
        /* Who drives the collector: */
        struct counter_sums started; /* when the cycle under way, or the last one, began */
        struct counter_sums ticked;  /* at the last tick */
        bool is_base;                /* the last cycle's start is one that skipping may rest on */
        bool is_trimmed;             /* nothing to be given back since the last cycle */
        bool is_resting;             /* until something is asked for */
        uint64_t tick_ns;            /* when the next tick is due; CLOCK_NEVER while resting */
        /* Statistics: */
        _Atomic uint64_t n_skipped_idle, n_skipped_small, n_skipped_busy;
        _Atomic uint64_t live_bytes;
};

void pace_init(struct pace *pace, struct gca_heap *heap);

/* Whether used bytes ask for a cycle. */
bool pace_is_grown(const struct pace *pace);
bool pace_is_past_limit(const struct pace *pace);

/* A tick: nobody asked. Whether a cycle is worth its while; gives memory back when all is quiet. */
bool pace_tick(struct pace *pace, uint64_t now_ns);

/* Something was asked for: the time of the next tick counts again, if it did not. */
void pace_wake(struct pace *pace, uint64_t now_ns);

void pace_note_begin(struct pace *pace);
void pace_note_end(struct pace *pace, const gca_cycle_info *info);
