/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Stacks for coroutines ([runtime.stack.pool]). One thread's: stacks are taken and given back by the worker that uses them.
 *
 * CLASSES. A stack has one of a few sizes, each twice the one before; who wants another size gets the next larger.
 *
 * SLABS. Stacks of a class are cut from mappings of some megabytes, each with its guard below it. Address space is all that a
 * stack costs that has not been used; one that has, keeps its pages until it is trimmed. A slab none of whose stacks
 * holds memory is unmapped.
 *
 *     | guard | ........... stack 0 <--- | struct stack | guard | ......... stack 1 <--- | struct stack | ...
 *     low                                                                                             high
 *
 *     cold   never used, or trimmed: without memory; a number in its slab
 *     hot    used and given back: in its class's list, last in, first out, for its lines may still be in the cache
 *     taken
 *
 * GUARDS. A page that cannot be touched, below each stack. Where the kernel has MADV_GUARD_INSTALL (Linux 6.13) it
 * takes no mapping of its own; elsewhere it is an mprotect(), and the number of stacks ends at about half of
 * vm.max_map_count (65,530): told once, in the log.
 *
 * TRIMMING gives the memory of hot stacks back, but for some megabytes' worth of each class: by an idle worker, a slice at a
 * time, so that it soon looks for work again.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "runtime/checker.h"

enum {
        STACK_SIZE_MIN = 16 * 1024, /* the smallest class */
        STACK_N_CLASSES = 10,
        STACK_SIZE_MAX = STACK_SIZE_MIN << (STACK_N_CLASSES - 1), /* 8 MiB */
        STACK_GUARD_SIZE = 16 * 1024, /* or a page, where that is larger */
        STACK_N_IN_SLAB_MAX = 64,
};

struct stack_slab;

/* At the high end of a stack, in the page that every use of it touches. */
struct stack {
        struct stack *next; /* hot: the one given back before */
        struct stack_slab *slab;
        char *low; /* the lowest byte that may be used */
        struct checker_stack checker;
        uint8_t class;
        uint8_t number; /* in its slab */
        bool is_fresh;  /* until its user clears it: nothing was ever on it */
};

struct stack_class {
        struct list slabs; /* those with cold stacks first */
        struct stack *hot;
        size_t n_hot;
};

enum stack_guards {
        STACK_GUARDS_INSTALLED = 1, /* MADV_GUARD_INSTALL, or what follows where there is none */
        STACK_GUARDS_PROTECTED,     /* PROT_NONE */
};

struct stack_pool {
        enum stack_guards guards;
        size_t n_mapped_bytes; /* of address space */
        size_t n_taken;
        struct stack_class classes[STACK_N_CLASSES];
};

void stack_pool_init(struct stack_pool *pool, enum stack_guards guards);

/* All stacks have been given back. May be called twice. */
void stack_pool_deinit(struct stack_pool *pool);

/* A stack with at least so many bytes, or the largest there is. NULL: no memory. */
struct stack *stack_pool_take(struct stack_pool *pool, size_t size);
void stack_pool_give(struct stack_pool *pool, struct stack *stack);

/* A slice of trimming. Whether there was anything to give back, so that there may be more. */
bool stack_pool_trim(struct stack_pool *pool);

/* Whether an address lies in the guard of one of the pool's stacks. */
bool stack_pool_has_guard_at(const struct stack_pool *pool, const void *address);

/* The size that somebody who wants so much gets. */
size_t stack_get_size_for(size_t size);

/* For tests: slabs and lists add up. */
void stack_pool_verify(const struct stack_pool *pool);

static inline size_t stack_get_size(const struct stack *stack) {
        return (size_t)((const char *)stack - stack->low);
}
