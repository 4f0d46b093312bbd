/* SPDX-License-Identifier: MIT */
#pragma once

/* R4, stackful: 200,000 coroutines that all sleep until the same instant, each on a stack with a guard. */

struct sleepers {
        double bytes;      /* resident, for each that sleeps: its task, its stack, its timer */
        double page_bytes; /* page tables, likewise: not part of what is resident */
        double spawn_ms;
        double lag_ms; /* from the instant to the last one's end */
};

/* In a process of its own, whose memory nobody has used before. */
void sleepers_measure(struct sleepers *ret_sleepers);
