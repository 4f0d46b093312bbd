/* SPDX-License-Identifier: MIT */
#pragma once

/* W3's schedule and its clocks, the same for every contestant. */

#include <stdint.h>

/* One operation on the slot; counter is what a new entry holds. Returns what it read. */
typedef uint64_t (*table_operation)(void *data, uint32_t slot, uint64_t counter);

/* Fills all slots in random order, by fill(data, slot, counter). */
void table_fill(void (*fill)(void *data, uint32_t slot, uint64_t counter), void *data);

/*
 * Runs operations on a fixed schedule for so many seconds and reports, in milliseconds, the median, the
 * 99.99th percentile and the worst, of the service (begin to end) and of the response (scheduled begin to end); and
 * the peak of memory as a multiple of what is alive.
 */
void table_churn(unsigned seconds, table_operation operate, void *data);
