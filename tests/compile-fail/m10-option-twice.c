/* SPDX-License-Identifier: MIT */

/* An option twice. (The compiler's words, about our name.) */
// expect: re(declaration|definition) of enumerator .heap_is_set_multiple_times

#include <gcasync/main.h>

#include "body.h"

#ifdef RIGHT
GCASYNC_TEST(test, body, heap(1))
#else
GCASYNC_TEST(test, body, heap(1), heap(1))
#endif
