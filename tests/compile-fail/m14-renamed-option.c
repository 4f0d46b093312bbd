/* SPDX-License-Identifier: MIT */

/* An option that others call so. */
// expect: `core_threads` is called `worker_threads` here

#include <gcasync/main.h>

#include "body.h"

#ifdef RIGHT
GCASYNC_MAIN(body, worker_threads(2))
#else
GCASYNC_MAIN(body, core_threads(2))
#endif
