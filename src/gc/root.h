/* SPDX-License-Identifier: MIT */
#pragma once

/* The root set, as the rest of the layer sees it; gcasync/heap.h tells what it is to a program, root-set.h how it is made. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gcasync/heap.h>

struct gca_heap;
struct gca_thread;
struct object;
struct root_set;

/* The root set's part of gca_heap_new() and gca_heap_free(). 0 or -ENOMEM. */
int root_set_new(struct gca_heap *heap, struct root_set **ret_set);
struct root_set *root_set_free(struct root_set *set); /* accepts NULL and returns it */

/* The root set's part of gca_thread_attach(). */
void root_set_attach(struct gca_thread *thread);

/* Asserts, at quiescence: states, values, owners, counters. */
void root_set_verify(struct gca_heap *heap);

/* ---- the collector ---- */

/* Calls visit for each object in a root, those included that unattached threads have given up. */
void root_visit_all(struct gca_heap *heap,
                    void (*visit)(struct object *object, void *data),
                    void *data);

/* The same for some of them: those of a chunk. False: there is none of that index. */
bool root_visit_chunk(struct gca_heap *heap,
                      size_t index,
                      void (*visit)(struct object *object, void *data),
                      void *data);

/* Before a cycle begins, while the word is idle: frees what unattached threads have given up. Returns how many. */
size_t root_take_queued(struct gca_heap *heap);

/* Whether there is some of that. Any thread. */
bool root_has_queued(struct gca_heap *heap);
