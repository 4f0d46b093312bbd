/* SPDX-License-Identifier: MIT */

/* A value that is known only when the program runs. (The compiler's words.) */
// expect: is not an integer constant

#include <gcasync/main.h>

#include "body.h"

extern int n_workers;

#ifdef RIGHT
GCASYNC_TEST(test, body, event_interval(2))
#else
GCASYNC_TEST(test, body, event_interval(n_workers))
#endif
