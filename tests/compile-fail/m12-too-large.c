/* SPDX-License-Identifier: MIT */

/* A number above the greatest. */
// expect: `worker_threads` must be at most 1024

#include <gcasync/main.h>

#include "body.h"

#ifdef RIGHT
GCASYNC_MAIN(body, worker_threads(1024))
#else
GCASYNC_MAIN(body, worker_threads(1025))
#endif
