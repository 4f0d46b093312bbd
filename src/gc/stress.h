/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What --enable-gc-stress adds (GCASYNC_GC_STRESS): cycles that follow each other without a pause, see collector.c, and delays of 1 to
 * 50 ms inside sections, at the points that section_delay() marks: between a change and its log line, between a look at
 * a mark and the entry, and so on. A delay holds up the collector's grace period and no other thread. In other builds the points are nothing.
 *
 * Which of the points that are passed delay is drawn from a seed; each thread draws its own numbers.
 */

#include <stdint.h>

#ifdef GCASYNC_GC_STRESS

enum {
        STRESS_ONE_IN = 4096, /* of the points that are passed, at first */
};

/* From here on, in all threads: one point in so many delays, 0: none. */
void stress_set_delays(uint64_t seed, unsigned one_in);

void stress_delay(void);

#        define section_delay() stress_delay()
#else
#        define section_delay() ((void)0)
#endif
