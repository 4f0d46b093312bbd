/* SPDX-License-Identifier: MIT */

/* Flavours that others call so. */
// expect: `basic_scheduler` is called `current_thread` here
// expect: `threaded_scheduler` is called `multi_thread` here
// expect: `single_thread` is called `current_thread` here

#include <gcasync/main.h>

#include "body.h"

#ifdef RIGHT
GCASYNC_TEST(test, body, flavor(current_thread))
#else
GCASYNC_TEST(test, body, flavor(basic_scheduler))
GCASYNC_TEST(test_2, body, flavor(threaded_scheduler))
GCASYNC_TEST(test_3, body, flavor(single_thread))
#endif
