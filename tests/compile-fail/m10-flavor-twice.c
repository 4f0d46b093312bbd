/* SPDX-License-Identifier: MIT */

/* The same for the flavour. */
// expect: re(declaration|definition) of enumerator .flavor_is_set_multiple_times

#include <gcasync/main.h>

#include "body.h"

#ifdef RIGHT
GCASYNC_TEST(test, body, flavor(local))
#else
GCASYNC_TEST(test, body, flavor(local), flavor(local))
#endif
