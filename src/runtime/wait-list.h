/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A list of waits: callbacks, each of which is called once or cancelled, by any thread. What they wait for is the
 * owner's, who decides under the list's lock: to accept a wait, or to take all of them off and, after the lock, call
 * them.
 *
 *     listed --> taken --> called
 *         \----> cancelled
 *
 * A wait has two references, its maker's and the list's (then the taker's). It keeps the list's owner alive, so it can
 * be cancelled whatever has become of that meanwhile.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/lock.h"

struct wait_list {
        struct lock lock;
        struct list waits; /* lock */
};

struct wait {
        struct list link; /* in the list (lock), then in that of who took it */
        bool is_taken;    /* lock: it is called, or cancelled */
        struct wait_list *list;
        void *owner; /* of the list; the wait has a reference */
        void (*unref_owner)(void *owner);
        void (*call)(void *data);
        void *data;
        _Atomic uint32_t n_refs;
};

void wait_list_init(struct wait_list *list);
void wait_list_deinit(struct wait_list *list);

/* A wait, not yet listed; takes a reference of the owner's on success. NULL: no memory. */
struct wait *wait_new(struct wait_list *list,
                      void *owner,
                      void (*unref_owner)(void *owner),
                      void (*call)(void *data),
                      void *data);

/* Gives up one of the two references. */
void wait_unref(struct wait *wait);

/* With the lock: lists a new wait; or moves all waits to a list of the caller's, who calls them after the lock. */
void wait_list_add_locked(struct wait_list *list, struct wait *wait);
void wait_list_take_locked(struct wait_list *list, struct list *waits);
void wait_list_call(struct list *waits);

/* Gives up the maker's reference. True: it has not been called and will not be. */
bool wait_cancel(struct wait *wait);
