/* SPDX-License-Identifier: MIT */

/* A path where a name is expected. */
// expect: `runtime.heap\(1\)` is no option

#include <gcasync/main.h>

#include "body.h"

#ifdef RIGHT
GCASYNC_TEST(test, body, heap(1))
#else
GCASYNC_TEST(test, body, runtime.heap(1))
#endif
