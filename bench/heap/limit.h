/* SPDX-License-Identifier: MIT */
#pragma once

/* The limits that bench/gc measures the collector and the root set against. Each reports its time and a check
 * sum. */

/*
 * A mark loop with nothing around it: no barrier, roots or sweep, memory in the order of allocation, a
 * mark byte for 16 bytes of heap, tested when an object leaves a queue that has prefetched it and its byte.
 */
void limit_mark_table(void);
void limit_mark_graph(void);

/* Roots in a doubly linked list a thread, unknown to any other thread. */
void limit_run_roots(unsigned n_threads);
