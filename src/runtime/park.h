/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Sleeping and waking. A worker sleeps in its event loop; an eventfd in it, edge-triggered and never
 * read, gets it out. Writing it costs as much as a hundred tasks, so it is written only for a worker
 * that has said that it is about to sleep.
 *
 *     AWAKE --prepare--> PARKED --wake--> AWAKE                   mail in the inbox
 *                           |  \--seek--> SEEKING --end--> AWAKE  work in the shared queue
 *                           \--end--> AWAKE                       an event, a timer, second thoughts
 *
 * DOZING is PARKED by one that gets up by itself soon, so that who has no urgent mail need not wake it.
 *
 * The owner prepares, looks at its inbox and at the queue once more, sleeps, and ends. A sender puts its
 * mail where the owner will look and then wakes. Both sides write first and look second, sequentially
 * consistent, so at least one of them sees the other: [runtime.wake.park], tests/model/park.pml.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum park_state {
        PARK_AWAKE,
        PARK_PARKED,
        PARK_DOZING,
        PARK_SEEKING, /* woken to look at the shared queue; holds the token of submit-queue.h */
};

struct park {
        _Atomic uint32_t state;
        int event_fd;
};

/* Makes the eventfd. 0 or -errno. */
int park_init(struct park *park);
void park_deinit(struct park *park);

/* Any thread, once its mail is where the owner looks: gets a parked owner out. True: it was parked. */
bool park_wake(struct park *park);

/* As park_wake(); the owner's park_end() will tell it to look at the queue. */
bool park_seek(struct park *park);

/* The owner is about to sleep; it looks at what others may have written after this. */
static inline void park_prepare(struct park *park, bool is_dozing) {
        /* Sequentially consistent: separates this store from the owner's next looks, at the inbox
         * (partner: inbox_push(), then park_wake()) and at the queue's length (partner: the store
         * in submit_queue_push(), then submit_queue_seek()). */
        atomic_store_explicit(
                &park->state, is_dozing ? PARK_DOZING : PARK_PARKED, memory_order_seq_cst);
}

/* The owner is awake. True: it was woken to look at the queue, and gives the token back. */
static inline bool park_end(struct park *park) {
        /* Acquire: pairs with the release in park_seek(); an exchange, so that no seek is overwritten. */
        return atomic_exchange_explicit(&park->state, PARK_AWAKE, memory_order_acquire) ==
               PARK_SEEKING;
}

static inline bool park_is_parked(const struct park *park) {
        /* Sequentially consistent: see submit_queue_seek(); also the look in park_wake(). */
        uint32_t state = atomic_load_explicit(&park->state, memory_order_seq_cst);

        return state == PARK_PARKED || state == PARK_DOZING;
}

static inline bool park_is_dozing(const struct park *park) {
        /* Relaxed: the mail was put down before, and who dozes looks for it, whether this is seen or not. */
        return atomic_load_explicit(&park->state, memory_order_relaxed) == PARK_DOZING;
}
