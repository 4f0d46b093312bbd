/* SPDX-License-Identifier: MIT */
#pragma once

/* R3: what it costs to go from one stack to another, in nanoseconds one way. */

double switch_measure_ours(void);
double switch_measure_fcontext(void);
double switch_measure_ucontext(void);

/* To a coroutine and back, as the runtime does it for each step of a body; both ways. */
double switch_measure_coroutine(void);
