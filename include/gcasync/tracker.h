/* SPDX-License-Identifier: MIT */
#ifndef GCASYNC_TRACKER_H
#define GCASYNC_TRACKER_H

/*
 * The tracker: counts unfinished work, and tells when there is none left.
 *
 * One word: bit 0 closed, the rest a count. A wait completes when the tracker is closed *and* empty, also if that
 * held only for an instant after the wait was accepted; every waiter is told once. Any thread may call
 * add, done, close and reopen; a tracker outlives its tokens by their count: done on the last token of a
 * freed tracker releases it.
 */

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

typedef struct gca_tracker gca_tracker;
typedef struct gca_tracker_wait gca_tracker_wait;

gca_tracker *gca_tracker_new(void);
gca_tracker *gca_tracker_ref(gca_tracker *tracker);
gca_tracker *gca_tracker_unref(gca_tracker *tracker);
/* Counts one more unit, a token; it is given up by gca_tracker_done(), exactly once. */
void gca_tracker_add(gca_tracker *tracker);
void gca_tracker_done(gca_tracker *tracker);
/* True only for the call that changed the state. Closing forbids nothing. */
bool gca_tracker_close(gca_tracker *tracker);
bool gca_tracker_reopen(gca_tracker *tracker);
bool gca_tracker_is_closed(const gca_tracker *tracker);
bool gca_tracker_is_empty(const gca_tracker *tracker);
size_t gca_tracker_get_count(const gca_tracker *tracker);
/*
 * Calls on_drained(data) once, as soon as the tracker is closed and empty: from inside this call if it is
 * so now, else on the thread whose done or close made it so. Returns a wait, or NULL: out of memory, or
 * already called. Each wait is given back by one gca_tracker_wait_cancel(), before the callback, in it or
 * after it; that says true if the callback has not been called and will not be.
 */
gca_tracker_wait *
gca_tracker_wait_start(gca_tracker *tracker, void (*on_drained)(void *data), void *data);
bool gca_tracker_wait_cancel(gca_tracker_wait *wait);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif

#endif
