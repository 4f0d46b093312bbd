/* SPDX-License-Identifier: MIT */

/* The same by a test's default, which is current_thread. */
// expect: `worker_threads` requires flavor\(multi_thread\): leave one of them out

#include <gcasync/main.h>

#include "body.h"

#ifdef RIGHT
GCASYNC_TEST(test, body, worker_threads(2), flavor(multi_thread))
#else
GCASYNC_TEST(test, body, worker_threads(2))
#endif
