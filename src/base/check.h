/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * assert() states what a correct caller guarantees and is always on; assert_slow() is on in builds
 * with --enable-debug-checks. Neither is ever applied to input, a peer or the kernel.
 */

#undef NDEBUG
#include <assert.h>

#ifdef GCASYNC_DEBUG_CHECKS
#        define assert_slow(condition) assert(condition)
#else
#        define assert_slow(condition) ((void)sizeof((condition) ? 1 : 0))
#endif
