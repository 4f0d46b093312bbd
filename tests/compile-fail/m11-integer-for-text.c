/* SPDX-License-Identifier: MIT */

/* A number where a text is expected. */
// expect: `thread_name` takes a text in double quotes

#include <gcasync/main.h>

#include "body.h"

#ifdef RIGHT
GCASYNC_TEST(test, body, thread_name("io"))
#else
GCASYNC_TEST(test, body, thread_name(2))
#endif
