/* SPDX-License-Identifier: MIT */

/* A name of no characters. */
// expect: `thread_name` must have a character other than a blank, and no control character

#include <gcasync/main.h>

#include "body.h"

#ifdef RIGHT
GCASYNC_TEST(test, body, thread_name("a"))
#else
GCASYNC_TEST(test, body, thread_name(""))
#endif
