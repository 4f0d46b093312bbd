/* SPDX-License-Identifier: MIT */

/* core.sleep: waits by a timer, so any number of them cost no thread. */

#include <math.h>
#include <stdbool.h>

#include "kinds/core/core.h"

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S  UINT64_C(1000000000)

enum {
        ARGUMENT_MS,
        ARGUMENT_SECONDS
};

const gca_argument_spec core_sleep_arguments[2] = {
        [ARGUMENT_MS] = { .name = "ms", .type = GCA_TYPE_INT, .doc = "how long, in milliseconds" },
        [ARGUMENT_SECONDS] = { .name = "seconds",
                               .type = GCA_TYPE_FLOAT,
                               .doc = "how long, in seconds; instead of \"ms\"" },
};

/* False where the arguments are no duration. One beyond what the clock counts is for ever. */
static bool get_duration(gca_task *task, uint64_t *ret_ns) {
        gca_value ms = gca_argument(task, ARGUMENT_MS);
        gca_value seconds = gca_argument(task, ARGUMENT_SECONDS);

        if (gca_is_nil(ms) == gca_is_nil(seconds))
                return false;
        if (!gca_is_nil(ms)) {
                if (gca_get_int(ms) < 0)
                        return false;
                uint64_t n = (uint64_t)gca_get_int(ms);
                *ret_ns = n < UINT64_MAX / NS_PER_MS ? n * NS_PER_MS : UINT64_MAX;
                return true;
        }

        double n = gca_get_float(seconds);
        if (isnan(n) || n < 0)
                return false;
        *ret_ns =
                n < (double)(UINT64_MAX / NS_PER_S) ? (uint64_t)(n * (double)NS_PER_S) : UINT64_MAX;
        return true;
}

gca_poll core_sleep_poll(gca_task *task, void *state) {
        struct core_sleep *sleep = state;
        uint64_t duration_ns, deadline_ns;

        if (!sleep->is_started) {
                if (!get_duration(task, &duration_ns))
                        return gca_fail(task,
                                        "invalid-argument",
                                        "one of \"ms\" and \"seconds\" is needed, and not below 0");
                sleep->is_started = true;
                sleep->started_ns = gca_now_ns();
                if (__builtin_add_overflow(sleep->started_ns, duration_ns, &deadline_ns))
                        deadline_ns = UINT64_MAX;
                return gca_watch_timer(task, &sleep->timer, deadline_ns);
        }
        if (!gca_watch_take(&sleep->timer))
                return GCA_PENDING;
        if (gca_watch_get_error(&sleep->timer) != 0)
                return gca_fail(task, "sleep-failed", "the timer could not be started");

        uint64_t slept_ms = (gca_now_ns() - sleep->started_ns) / NS_PER_MS;
        return gca_succeed(task, gca_int(gca_task_region(task), (int64_t)slept_ms));
}
