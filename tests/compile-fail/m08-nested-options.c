/* SPDX-License-Identifier: MIT */

/* Options inside an option. */
// expect: `options\(flavor\(local\), heap\(1\)\)` is no option

#include <gcasync/main.h>

#include "body.h"

#ifdef RIGHT
GCASYNC_TEST(test, body, flavor(local), heap(1))
#else
GCASYNC_TEST(test, body, options(flavor(local), heap(1)))
#endif
