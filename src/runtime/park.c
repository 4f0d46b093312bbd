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
        uint32_t parked = PARK_PARKED;
        ssize_t n;

        if (!park_is_parked(park))
                return false;
        /* Release: pairs with the acquire in park_end(). Of several senders one succeeds and writes. */
        if (!atomic_compare_exchange_strong_explicit(
                    &park->state, &parked, next, memory_order_release, memory_order_relaxed))
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
