/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a thread that runs tasks has of its own for their memory: free chunks for regions and, where the
 * runtime has a heap, the thread's attachment to it. Made before the thread starts, by whoever
 * starts it, so that what can fail fails there; then the thread's, until it has ended.
 */

#include <stdbool.h>
#include <stddef.h>

#include <gcasync/heap.h>

#include "gc/region-cache.h"

struct gca_region;

struct thread_memory {
        struct region_cache regions; /* unused where there is a heap: the attachment has one */
        gca_thread *thread;          /* NULL: tasks hold no published values */
};

/* heap may be NULL. 0 or -errno; then there is nothing to deinit. */
int thread_memory_init(struct thread_memory *memory, gca_heap *heap);

/* May be called twice. */
void thread_memory_deinit(struct thread_memory *memory);

/* A task's region on this thread. */
void thread_memory_begin_region(struct thread_memory *memory,
                                struct gca_region *region,
                                size_t limit_bytes);

/* Whether the thread, which asks about itself, is inside a section of the heap. */
bool thread_memory_is_in_section(const struct thread_memory *memory);

/* The thread is about to do other work, or none: what publications hold open is settled (gc/publication.h). */
void thread_memory_settle(struct thread_memory *memory);
