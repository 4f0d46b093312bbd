/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Allocations that fail when a test says so, and a count of those that are alive. A program that uses
 * this has FAILING_MALLOC_FILES among its sources and FAILING_MALLOC_LINK among its link flags, which
 * send every malloc(), calloc(), reallocarray() and free() of its objects and static libraries this way. Check is one of those:
 * no ck_assert() between arm and disarm, or between two counts. One thread.
 */

#include <stdbool.h>
#include <stddef.h>

/* The n-th allocation from now fails, and so do all after it. */
void failing_malloc_arm(size_t n);

/* No allocation fails any more. Whether one did. */
bool failing_malloc_disarm(void);

/* How many allocations are alive. */
size_t failing_malloc_count(void);
