/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A coroutine: a function call on a stack of its own that can be left in the middle and gone on with later, by the same
 * thread. It lies at the high end of its stack, so it costs one page and no allocation.
 *
 *     new --> resumed <--> suspended
 *                |
 *               over --> free
 *
 * The stack of one that is over is used again as it is: the context that ran the last call waits there for the next, so
 * that the checkers (checker.h) see one thread of control a stack, not one a call.
 *
 * coroutine_new() may be given the size of a larger object that begins with the struct coroutine, the same for all
 * coroutines of a pool.
 */

#include <stdbool.h>
#include <stddef.h>

#include "runtime/checker.h"
#include "runtime/context.h"
#include "runtime/stack-pool.h"

struct coroutine {
        struct context context; /* its own, while it is not running */
        struct context outer;   /* of who resumed it */
        void (*call)(struct coroutine *coroutine);
        struct stack *stack;
        struct checker_switch change;
        unsigned float_mode; /* of the thread, as it was resumed */
        bool is_running;
        bool is_over;
};

/* One that will run `call`; what follows the struct is zero. NULL: no memory. */
struct coroutine *coroutine_new(struct stack_pool *pool,
                                size_t stack_size,
                                size_t object_size,
                                void (*call)(struct coroutine *coroutine));

/* One that is over, or never ran. */
void coroutine_free(struct coroutine *coroutine, struct stack_pool *pool);

/* Runs it until it suspends itself or is over. */
void coroutine_resume(struct coroutine *coroutine);

/* From inside: returns when it is resumed. */
void coroutine_suspend(struct coroutine *coroutine);

/* From inside: how much of the stack is in use. */
size_t coroutine_get_depth(const struct coroutine *coroutine);
