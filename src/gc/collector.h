/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The collector: a machine that takes steps, driven by a thread of its own, a test, or a runtime of one thread.
 * Marks what can be reached beside the running threads (snapshot at the beginning; the phases follow Doligez and
 * Gonthier, POPL'94, with grace periods for handshakes), closes the weak values, sweeps lazily.
 *
 *     idle -> arming -> (grace) -> opening -> (grace) -> roots -> marking -> (grace, drain) -> closing -> (grace) -> sweeping -> idle
 *                                                          ^------------- found something --'
 *
 * See docs/design/gc.md for why each of them is there.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gcasync/heap.h>

struct gca_heap;
struct collector;
struct object;

int collector_new(struct gca_heap *heap, struct collector **ret_collector);
struct collector *collector_free(struct collector *collector); /* its thread has been stopped */

/* Its own thread, where the heap is not manual. */
int collector_start(struct collector *collector);
void collector_stop(struct collector *collector);

gca_heap_step collector_step(struct collector *collector, uint64_t budget_ns);

/* The collector's part of gca_heap_get_info(). Any thread; triggers nothing. */
void collector_fill_info(struct collector *collector, gca_heap_info *info);

/* Any thread, outside sections; takes no lock unless it has to wake the thread. */
void collector_request(struct collector *collector, gca_trigger trigger);

/* Outside sections, after room was lent: asks for a cycle where growth or limits say so. */
void collector_note_growth(struct gca_heap *heap);

/* Any thread: what waits for the next cycle was left, though nothing grew. Never waits. */
void collector_note_dropped(struct gca_heap *heap);

/* Outside sections, at the hard limit: waits for a whole cycle. False at once where nobody drives one. */
bool collector_wait_full(struct gca_heap *heap);

/* Waits until a cycle that began after this call is complete. */
void collector_wait(struct collector *collector);

/* Marks again, at quiescence (no thread is in a section, none is at a publication): a reachable object that is not marked
 * aborts. False: it could not be done, for want of memory or because a cycle is marking. */
bool collector_check_marks(struct gca_heap *heap);
