/* SPDX-License-Identifier: MIT */

/* A flavour's name alone. */
// expect: `current_thread` is a flavor: write flavor\(current_thread\)

#include <gcasync/main.h>

#include "body.h"

#ifdef RIGHT
GCASYNC_TEST(test, body, flavor(current_thread))
#else
GCASYNC_TEST(test, body, current_thread)
#endif
