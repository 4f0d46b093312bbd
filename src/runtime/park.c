/* SPDX-License-Identifier: MIT */

#include "runtime/park.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "base/check.h"
#include "base/fault.h"

int park_init(struct park *park) {
        /* Relaxed: no other thread knows it yet. */
        atomic_store_explicit(&park->state, PARK_AWAKE, memory_order_relaxed);
        park->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (park->event_fd < 0)
                return fault_raise(-errno);
        return 0;
}

void park_deinit(struct park *park) {
        if (park->event_fd >= 0)
                (void)close(park->event_fd);
        park->event_fd = -1;
}

static bool park_leave(struct park *park, uint32_t next) {
        uint64_t one = 1;
        /* Sequentially consistent: see park_is_parked(). */
        uint32_t state = atomic_load_explicit(&park->state, memory_order_seq_cst);
        ssize_t n;

        if (state != PARK_PARKED && state != PARK_DOZING)
                return false;
        /* Release: pairs with the acquire in park_end(). Of several senders one succeeds and writes; who fails finds
         * that it has got up since, and looks. */
        if (!atomic_compare_exchange_strong_explicit(
                    &park->state, &state, next, memory_order_release, memory_order_relaxed))
                return false;
        n = write(park->event_fd, &one, sizeof(one));
        assert(n == sizeof(one));
        return true;
}

bool park_wake(struct park *park) {
        return park_leave(park, PARK_AWAKE);
}

bool park_seek(struct park *park) {
        return park_leave(park, PARK_SEEKING);
}
