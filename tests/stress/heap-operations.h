/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the threads of the heap's stress test do: one operation at a time, chosen at random, now and then with an allocation that fails. Each
 * checks what it meets; what it gives away or keeps is put down in the mutator.
 */

#include <stdatomic.h>
#include <stddef.h>

struct mutator;

/* Of all threads. Natives: of this round. */
extern struct operations_tally {
        _Atomic size_t n_natives_made, n_natives_finalized;
        _Atomic size_t n_upgrades, n_upgrades_failed, n_foreign_drops;
} operations_tally;

void operations_run_one(struct mutator *mutator);
