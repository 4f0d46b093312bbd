/* SPDX-License-Identifier: MIT */
#pragma once

/* A heap, the calling thread on it, and a region there: what a workload on the shared store begins with. */

#include <gcasync/heap.h>

struct shared {
        gca_heap *heap;
        gca_thread *thread;
        gca_region *region;
};

void shared_open(struct shared *shared, const gca_heap_options *options);
void shared_close(struct shared *shared);

/* Another thread's, on the same heap. */
void shared_join(struct shared *shared, gca_heap *heap);
void shared_leave(struct shared *shared);

/* What cannot fail here but for memory. */
gca_value shared_expect(const struct shared *shared, gca_value value);

/* A full cycle, waited for; the shortest marking of several, in milliseconds, is reported, with the number of objects
 * marked, which must be at least n_least. */
void shared_report_mark(struct shared *shared, uint64_t n_least);
