/* SPDX-License-Identifier: MIT */

/* The same for the flavour. */
// expect: `flavor` requires an argument: flavor\(...\)

#include <gcasync/main.h>

#include "body.h"

#ifdef RIGHT
GCASYNC_TEST(test, body, flavor(local))
#else
GCASYNC_TEST(test, body, flavor())
#endif
