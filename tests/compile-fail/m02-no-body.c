/* SPDX-License-Identifier: MIT */

/* Nothing to run. (The compiler's own words: a body is an expression.) */
// expect: expected expression

#include <gcasync/main.h>

#include "body.h"

#ifdef RIGHT
GCASYNC_TEST(test, body)
#else
GCASYNC_TEST(test, )
#endif
