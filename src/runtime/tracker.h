/* SPDX-License-Identifier: MIT */
#pragma once

/* The tracker (gcasync/tracker.h) for the runtime itself. */

#include <gcasync/tracker.h>

struct wait;

/* As gca_tracker_wait_start(), but tells no memory from called already: 0, and *ret_wait NULL if call(data) has been called
 * from inside this; or -ENOMEM. */
int tracker_wait(gca_tracker *tracker,
                 void (*call)(void *data),
                 void *data,
                 struct wait **ret_wait);
