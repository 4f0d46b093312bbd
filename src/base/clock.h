/* SPDX-License-Identifier: MIT */
#pragma once

/* Time in nanoseconds: CLOCK_MONOTONIC for durations and deadlines, CLOCK_REALTIME for people. */

#include <stdint.h>
#include <time.h>

#define NS_PER_US UINT64_C(1000)
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S  UINT64_C(1000000000)

/* "Never": no deadline. */
#define CLOCK_NEVER UINT64_MAX

static inline uint64_t clock_read_ns(clockid_t id) {
        struct timespec now;

        (void)clock_gettime(id, &now);
        return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static inline uint64_t clock_monotonic_ns(void) {
        return clock_read_ns(CLOCK_MONOTONIC);
}

static inline uint64_t clock_realtime_ns(void) {
        return clock_read_ns(CLOCK_REALTIME);
}

/* now + duration, CLOCK_NEVER where that would overflow. */
static inline uint64_t clock_add_ns(uint64_t now_ns, uint64_t duration_ns) {
        return duration_ns >= CLOCK_NEVER - now_ns ? CLOCK_NEVER : now_ns + duration_ns;
}
