/* SPDX-License-Identifier: MIT */

/* A number below the least. */
// expect: `thread_stack_bytes` must be at least 65536

#include <gcasync/main.h>

#include "body.h"

#ifdef RIGHT
GCASYNC_TEST(test, body, thread_stack_bytes(65536))
#else
GCASYNC_TEST(test, body, thread_stack_bytes(65535))
#endif
