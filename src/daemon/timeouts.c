/* SPDX-License-Identifier: MIT */

#include "daemon/timeouts.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"

static void timeouts_expire(void *data);

/* The timer is not moved when the oldest timeout is stopped: it then fires once for nothing. */
static void timeouts_start_timer(struct timeouts *timeouts) {
        const struct timeout *oldest = list_entry(timeouts->queue.next, struct timeout, link);
        int r;

        r = gca_timer_start(timeouts->runtime,
                            &timeouts->timer,
                            clock_add_ns(oldest->since_ns, timeouts->length_ns),
                            timeouts_expire,
                            timeouts);
        if (r < 0)
                log_warning("no memory for a timer: a session may outlive its time");
        timeouts->is_timer_started = r >= 0;
}

static void timeouts_expire(void *data) {
        struct timeouts *timeouts = data;
        uint64_t now_ns = gca_now_ns();

        timeouts->is_timer_started = false;
        while (!list_is_empty(&timeouts->queue)) {
                struct timeout *oldest = list_entry(timeouts->queue.next, struct timeout, link);

                if (clock_add_ns(oldest->since_ns, timeouts->length_ns) > now_ns)
                        break;
                list_remove(&oldest->link);
                timeouts->on_expired(oldest);
        }
        if (!list_is_empty(&timeouts->queue) && !timeouts->is_timer_started)
                timeouts_start_timer(timeouts);
}

void timeouts_init(struct timeouts *timeouts,
                   gca_runtime *runtime,
                   uint64_t length_ns,
                   void (*on_expired)(struct timeout *timeout)) {
        memset(timeouts, 0, sizeof(*timeouts));
        list_init(&timeouts->queue);
        timeouts->runtime = runtime;
        timeouts->length_ns = length_ns;
        timeouts->on_expired = on_expired;
}

void timeouts_deinit(struct timeouts *timeouts) {
        if (timeouts->is_timer_started)
                gca_timer_stop(timeouts->runtime, &timeouts->timer);
        timeouts->is_timer_started = false;
}

void timeout_init(struct timeout *timeout) {
        list_init(&timeout->link);
}

void timeout_start(struct timeouts *timeouts, struct timeout *timeout) {
        list_remove(&timeout->link);
        timeout->since_ns = gca_now_ns();
        list_push_back(&timeouts->queue, &timeout->link);
        if (!timeouts->is_timer_started)
                timeouts_start_timer(timeouts);
}

void timeout_stop(struct timeout *timeout) {
        list_remove(&timeout->link);
}
