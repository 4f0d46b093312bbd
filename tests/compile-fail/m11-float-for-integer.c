/* SPDX-License-Identifier: MIT */

/* A number that is not whole. */
// expect: `heap` takes an integer

#include <gcasync/main.h>

#include "body.h"

#ifdef RIGHT
GCASYNC_TEST(test, body, heap(1))
#else
GCASYNC_TEST(test, body, heap(1.0))
#endif
