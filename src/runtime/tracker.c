/* SPDX-License-Identifier: MIT */

/*
 * The tracker. Its state is one word that add, done, close and reopen change without a lock, but for the
 * changes *into* closed and empty: those are made under the lock that guards the waits, and take all
 * waits off in the same stroke. A wait is accepted under that lock too. So a wait either finds the
 * tracker drained, or is on the list before the next change that drains it; and a wait that was accepted
 * after a reopen is never completed by the drain before it. Each drain is one exchange of the word, so
 * its waits are called exactly once, outside the lock.
 *
 * MEMORY. Tokens keep the tracker: the add that makes the count 1 takes a reference for all of them, the
 * done that makes it 0 gives it up. No done can make it 0 before that add has returned, for the token it
 * counted is still out. A done that does not make it 0 touches nothing after its exchange. A wait has a
 * reference too (wait-list.h).
 *
 *   any call beside any other: free, each caller holding a reference or a token of its own.
 */

#include "runtime/tracker.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <gcasync/runtime.h>

#include "base/check.h"
#include "base/list.h"
#include "base/lock.h"
#include "runtime/wait-list.h"

#define TRACKER_CLOSED  ((uint64_t)1)
#define TRACKER_TOKEN   ((uint64_t)2)
#define TRACKER_DRAINED TRACKER_CLOSED /* closed and empty */

struct gca_tracker {
        _Atomic uint64_t word; /* bit 0: closed; the rest: tokens */
        _Atomic uint64_t n_refs;
        struct wait_list waits; /* gca_tracker_wait is its struct wait */
};

gca_tracker *gca_tracker_new(void) {
        gca_tracker *tracker = calloc(1, sizeof(*tracker));

        if (!tracker)
                return NULL;
        /* Relaxed: no other thread knows it yet. */
        atomic_store_explicit(&tracker->n_refs, 1, memory_order_relaxed);
        wait_list_init(&tracker->waits);
        return tracker;
}

gca_tracker *gca_tracker_ref(gca_tracker *tracker) {
        /* Relaxed: who refs has a reference or a token, so the count cannot meet zero meanwhile. */
        (void)atomic_fetch_add_explicit(&tracker->n_refs, 1, memory_order_relaxed);
        return tracker;
}

gca_tracker *gca_tracker_unref(gca_tracker *tracker) {
        if (!tracker)
                return NULL;
        /* Acquire and release: who frees it sees that all others are done with it. */
        if (atomic_fetch_sub_explicit(&tracker->n_refs, 1, memory_order_acq_rel) > 1)
                return NULL;
        wait_list_deinit(&tracker->waits);
        free(tracker);
        return NULL;
}

/* ---- waits ---- */

static void tracker_unref_owner(void *owner) {
        (void)gca_tracker_unref(owner);
}

int tracker_wait(gca_tracker *tracker,
                 void (*call)(void *data),
                 void *data,
                 struct wait **ret_wait) {
        struct wait *wait = wait_new(&tracker->waits, tracker, tracker_unref_owner, call, data);
        bool is_drained;

        if (!wait)
                return -ENOMEM;
        (void)gca_tracker_ref(tracker);

        lock_take(&tracker->waits.lock);
        /* Acquire: the lock orders this after the drain that it finds, and so after what the tokens' holders wrote;
         * the order is for who reads this alone. */
        is_drained = atomic_load_explicit(&tracker->word, memory_order_acquire) == TRACKER_DRAINED;
        if (!is_drained)
                wait_list_add_locked(&tracker->waits, wait);
        lock_give(&tracker->waits.lock);
        *ret_wait = is_drained ? NULL : wait;
        if (!is_drained)
                return 0;

        wait_unref(wait);
        wait_unref(wait);
        call(data);
        return 0;
}

gca_tracker_wait *
gca_tracker_wait_start(gca_tracker *tracker, void (*on_drained)(void *data), void *data) {
        struct wait *wait;

        if (tracker_wait(tracker, on_drained, data, &wait))
                return NULL;
        return (gca_tracker_wait *)wait;
}

bool gca_tracker_wait_cancel(gca_tracker_wait *wait) {
        return wait_cancel((struct wait *)wait);
}

/* ---- tokens ---- */

void gca_tracker_add(gca_tracker *tracker) {
        /* Relaxed: nothing is published by it, and what hands the token to another thread orders it before
         * its done. */
        uint64_t before =
                atomic_fetch_add_explicit(&tracker->word, TRACKER_TOKEN, memory_order_relaxed);

        assert(before < UINT64_MAX - TRACKER_TOKEN);
        if (before < TRACKER_TOKEN)
                (void)gca_tracker_ref(tracker);
}

/* Gives a token up, unless that would drain the tracker. */
static bool tracker_try_drop_token(gca_tracker *tracker, uint64_t *ret_after) {
        /* Relaxed: a guess. */
        uint64_t word = atomic_load_explicit(&tracker->word, memory_order_relaxed);

        do {
                assert(word >= TRACKER_TOKEN);
                if (word - TRACKER_TOKEN == TRACKER_DRAINED)
                        return false;
                /* Release: pairs with the acquire of who drains, and of who starts a wait. */
        } while (!atomic_compare_exchange_weak_explicit(&tracker->word,
                                                        &word,
                                                        word - TRACKER_TOKEN,
                                                        memory_order_release,
                                                        memory_order_relaxed));
        *ret_after = word - TRACKER_TOKEN;
        return true;
}

/* The same whatever follows from it. */
static uint64_t tracker_drop_token_locked(gca_tracker *tracker, struct list *waits) {
        uint64_t after;

        lock_assert_held(&tracker->waits.lock);
        /* Acquire and release: who is told of the drain sees what the other holders wrote. */
        after = atomic_fetch_sub_explicit(&tracker->word, TRACKER_TOKEN, memory_order_acq_rel) -
                TRACKER_TOKEN;
        if (after == TRACKER_DRAINED)
                wait_list_take_locked(&tracker->waits, waits);
        return after;
}

void gca_tracker_done(gca_tracker *tracker) {
        struct list waits = LIST_INIT(waits);
        uint64_t after;

        if (!tracker_try_drop_token(tracker, &after)) {
                LOCK_SCOPE(&tracker->waits.lock);

                after = tracker_drop_token_locked(tracker, &waits);
        }
        wait_list_call(&waits);
        if (after < TRACKER_TOKEN)
                (void)gca_tracker_unref(tracker);
}

/* ---- open and closed ---- */

bool gca_tracker_close(gca_tracker *tracker) {
        struct list waits = LIST_INIT(waits);
        uint64_t before;

        {
                LOCK_SCOPE(&tracker->waits.lock);

                /* Acquire and release: as in tracker_drop_token_locked(); and what came before a close
                 * is seen after the reopen that returns true. */
                before = atomic_fetch_or_explicit(
                        &tracker->word, TRACKER_CLOSED, memory_order_acq_rel);
                if (before == 0)
                        wait_list_take_locked(&tracker->waits, &waits);
        }
        wait_list_call(&waits);
        return !(before & TRACKER_CLOSED);
}

bool gca_tracker_reopen(gca_tracker *tracker) {
        /* Acquire and release: see gca_tracker_close(). */
        return atomic_fetch_and_explicit(&tracker->word, ~TRACKER_CLOSED, memory_order_acq_rel) &
               TRACKER_CLOSED;
}

/* ---- queries: acquire, so that who sees the tracker empty sees what the tokens' holders wrote ---- */

bool gca_tracker_is_closed(const gca_tracker *tracker) {
        return atomic_load_explicit(&tracker->word, memory_order_acquire) & TRACKER_CLOSED;
}

bool gca_tracker_is_empty(const gca_tracker *tracker) {
        return gca_tracker_get_count(tracker) == 0;
}

size_t gca_tracker_get_count(const gca_tracker *tracker) {
        return atomic_load_explicit(&tracker->word, memory_order_acquire) / TRACKER_TOKEN;
}
