/* SPDX-License-Identifier: MIT */

/* Nothing where an option is expected. */
// expect: `` is no option

#include <gcasync/main.h>

#include "body.h"

#ifdef RIGHT
GCASYNC_TEST(test, body, heap(1))
#else
GCASYNC_TEST(test, body, heap(1), )
#endif
