/* SPDX-License-Identifier: MIT */

/* No worker threads at all. */
// expect: `worker_threads` must be at least 1

#include <gcasync/main.h>

#include "body.h"

#ifdef RIGHT
GCASYNC_MAIN(body, worker_threads(1))
#else
GCASYNC_MAIN(body, worker_threads(0))
#endif
