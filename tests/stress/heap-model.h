/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The shadow model of the heap's stress test: what can be reached from what the threads say they hold, found in a way of its own,
 * without a look at the collector's marks.
 */

#include <stddef.h>

struct round;

/* While all threads stand still, after two cycles: aborts unless the heap has exactly the objects that can be reached, as
 * many roots as the threads have, and has finalized all other natives. Returns how many objects that were. */
size_t model_compare(struct round *round);
