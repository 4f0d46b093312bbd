/* SPDX-License-Identifier: MIT */

/* Parentheses with nothing in them. */
// expect: `heap` requires an argument: heap\(...\)

#include <gcasync/main.h>

#include "body.h"

#ifdef RIGHT
GCASYNC_TEST(test, body, heap(0))
#else
GCASYNC_TEST(test, body, heap())
#endif
