/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Grace periods: a grace period is over when every section that was open when it began has ended. The collector's
 * thread begins one, polls it, and backs off; a section never wakes anybody. There is one at a time in a heap: beginning
 * another forgets the one before.
 *
 * What is ordered: the collector's stores before grace_begin() are seen by every section that
 * grace_is_over() does not wait for; what the sections that it does wait for did is seen by the collector afterwards.
 *
 * WHY: section_enter() stores an odd counter and then loads the word; the collector stores the word and then, in
 * grace_begin(), loads the counters. Between the two there is a barrier on both sides (membarrier(2) has every running
 * thread of the process execute one; else both sides fence), so at least one of the loads sees the other's store: either the
 * section is waited for, or it has read the new word.
 *
 * Where the kernel has no memory for the barrier the grace period begins when it is looked at: it cannot fail, only take longer.
 */

#include <stdbool.h>

struct gca_heap;

void grace_begin(struct gca_heap *heap);
bool grace_is_over(struct gca_heap *heap);

/* Registers the process for membarrier(2): whether it is to be had. */
bool grace_find_membarrier(void);
