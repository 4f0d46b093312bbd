/* SPDX-License-Identifier: MIT */

/* An option that there is not. */
// expect: `worker_thread\(2\)` is no option: there are flavor, worker_threads, .* and heap

#include <gcasync/main.h>

#include "body.h"

#ifdef RIGHT
GCASYNC_TEST(test, body, flavor(multi_thread), worker_threads(2))
#else
GCASYNC_TEST(test, body, flavor(multi_thread), worker_thread(2))
#endif
