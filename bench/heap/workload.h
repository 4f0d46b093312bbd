/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The five workloads of bench/gc, as every contestant runs them.
 *
 *   W1 trees     Binary trees to depth N: one stretch tree of depth N + 1, built, counted, dropped; one of depth
 *                N that lives; then for d = 4, 6, …, N: 2^(N - d + 4) trees of depth d, each built from its
 *                leaves up, counted, dropped. A node is two pointers. 68 M nodes at depth 18.
 *   W2 requests  A task builds one binary tree of 100 objects (build(n) is a node, build((n - 1) / 2) and the
 *                rest); object k of task i holds two pointers and raw words, request_sizes[(100 i + k) % 4096]
 *                bytes in all: 16 to 256, 94.7 in the middle. First and last raw word are written; the tree is
 *                walked, adding the first raw words; a result of eight words goes into slot i % n of
 *                the worker's ring, 10,000 slots for all workers, and the one it replaces dies.
 *   W3 table     3.5 M slots in chunks of 512, each with an entry (three pointers, three words), its key (48
 *                bytes) and value (192 bytes): 10.5 M objects, 1.04 GB, filled in random order. Then
 *                200,000 operations a second on a fixed schedule: read a slot's key and value, put a new entry,
 *                key and value there, build and drop a list of ten objects of 64 bytes.
 *      graph     10 M nodes of four pointers and eight words: a random cycle over all of them, and
 *                three random successors each.
 *   W4 objects   Objects of two pointers and two words; one word is written; each is dead 64 allocations later.
 *   W5 roots     10,000 roots stand registered; an operation takes one at random off and registers another.
 *
 * The random source, the seeds and all counts are part of the definition; every contestant must report the same
 * check sum, which the driver compares. A contestant is a process: memory is the high-water mark of its own.
 */

#include <stddef.h>
#include <stdint.h>

#include "../common.h"

enum {
        TREES_DEPTH = 18,
        TREES_DEPTH_MIN = 4,
};

enum {
        REQUEST_OBJECTS = 100,
        REQUEST_SIZES = 4096, /* a power of two */
        REQUEST_RESULT_WORDS = 8,
        REQUEST_RING = 10000,
        REQUEST_TASKS = 1000000,
};

enum {
        TABLE_SLOTS = 3500000,
        TABLE_CHUNK = 512,
        TABLE_KEY_WORDS = 6,
        TABLE_VALUE_WORDS = 24,
        TABLE_LIST = 10,
        TABLE_RATE = 200000,
        TABLE_ENTRY_BYTES = 48,
        GRAPH_NODES = 10000000,
        GRAPH_SUCCESSORS = 4,
};

/* User bytes of the table's heap: what memory is compared with. */
#define TABLE_LIVE_BYTES       \
        ((double)TABLE_SLOTS * \
         (TABLE_ENTRY_BYTES + 8.0 * (TABLE_KEY_WORDS + TABLE_VALUE_WORDS) + sizeof(void *)))

enum {
        OBJECTS_COUNT = 200000000,
        OBJECTS_LIVE = 64,
        OBJECTS_REGION_BYTES = 256 * 1024,
};

enum {
        ROOTS_REGISTERED = 10000,
        ROOTS_OPERATIONS = 10000000,
};

enum {
        WORKLOAD_THREADS_MAX = 8
};

/* Knuth's MMIX generator; the high 31 bits. */
static inline uint32_t random_next(uint64_t *state) {
        *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        return (uint32_t)(*state >> 33);
}

/* 0 … n - 1, shuffled (Fisher and Yates); off the heap that is measured. */
uint32_t *permutation_new(uint32_t n, uint64_t seed);
void permutation_free(uint32_t *permutation, uint32_t n);

extern uint16_t request_sizes[REQUEST_SIZES];
void request_sizes_init(void);

/* What single threads are timed by: the clock on the wall or, told so by the driver's --cpu, the time that the calling
 * thread ran, which a busy machine falsifies less. */
uint64_t workload_now_ns(void);

/* Runs work(thread, data) on n threads at once, the caller's included as thread 0; returns the time it took. */
uint64_t threads_run(unsigned n, void (*work)(unsigned thread, void *data), void *data);

/* One figure for the driver. */
void report(const char *name, double value);
/* What every contestant of a workload must agree on. */
void report_check(uint64_t check);
/* High-water mark of the process's memory; reported in MB (10^6). */
double memory_get_peak_bytes(void);
void report_memory(void);

/* Keeps the compiler from knowing what memory holds. */
static inline void forget_memory(void) {
        __asm__ volatile("" ::: "memory");
}

/* Has the compiler keep a loop's divisor where dividing by it needs no load. */
#define keep_in_register(variable) __asm__ volatile("" : "+r"(variable))
