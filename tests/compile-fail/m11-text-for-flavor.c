/* SPDX-License-Identifier: MIT */

/* A text where a flavour's name is expected. (The compiler's words, about our name.) */
// expect: pasting .*GCA_MAIN_FLAVOR_

#include <gcasync/main.h>

#include "body.h"

#ifdef RIGHT
GCASYNC_TEST(test, body, flavor(local))
#else
GCASYNC_TEST(test, body, flavor("local"))
#endif
