/* SPDX-License-Identifier: MIT */
#pragma once

/* R1: a task that spawns a million empty ones in batches of 1,000 and joins each batch; on one thread. Nanoseconds a task. */

double spawn_measure_stackless(void);
double spawn_measure_stackful(void);
