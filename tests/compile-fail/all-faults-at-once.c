/* SPDX-License-Identifier: MIT */

/* Several faults, each of which is told. */
// expect: `no\(1\)` is no option
// expect: `worker_threads` must be at least 1
// expect: `x` is no flavor
// expect: `heap` takes an integer
// expect: `event_interval` requires an argument

#include <gcasync/main.h>

#include "body.h"

#ifdef RIGHT
GCASYNC_MAIN(body, worker_threads(1), heap(1))
#else
GCASYNC_MAIN(body, no(1), worker_threads(0), flavor(x), heap(1.5), event_interval)
#endif
