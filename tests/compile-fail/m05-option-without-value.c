/* SPDX-License-Identifier: MIT */

/* A name alone. */
// expect: `heap` requires an argument: heap\(...\)

#include <gcasync/main.h>

#include "body.h"

#ifdef RIGHT
GCASYNC_TEST(test, body, heap(1))
#else
GCASYNC_TEST(test, body, heap)
#endif
