/* SPDX-License-Identifier: MIT */

/* The same test twice. */
// expect: redefinition of .test

#include <gcasync/main.h>

#include "body.h"

#ifdef RIGHT
GCASYNC_TEST(test, body)
#else
GCASYNC_TEST(test, body)
GCASYNC_TEST(test, body)
#endif
