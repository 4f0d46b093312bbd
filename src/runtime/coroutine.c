/* SPDX-License-Identifier: MIT */

#include "runtime/coroutine.h"

#include <stdint.h>
#include <string.h>

#include "base/check.h"

enum {
        OBJECT_ALIGNMENT = 16,
};

/* Where on its stack the object of so many bytes lies. */
static struct coroutine *find_place(struct stack *stack, size_t object_size) {
        uintptr_t place = (uintptr_t)stack - object_size;

        return (struct coroutine *)(place & ~(uintptr_t)(OBJECT_ALIGNMENT - 1));
}

/* Leaves the stack, with nothing on it that is wanted, or to come back. */
static void coroutine_leave(struct coroutine *coroutine, bool is_for_good) {
        /* The floating-point environment is not switched: see context.h. */
        assert_slow(context_get_float_mode() == coroutine->float_mode);
        coroutine->is_running = false;
        checker_begin_leave(&coroutine->change, is_for_good);
        context_switch(&coroutine->context, &coroutine->outer);
        checker_end_enter(&coroutine->change);
}

/* The bottom of each stack, for as long as that is in use: a call for each coroutine. No locals: see checker_begin_leave(). */
static void coroutine_main(void *data) {
        struct coroutine *coroutine = data;

        checker_end_enter(&coroutine->change);
        for (;;) {
                coroutine->call(coroutine);
                coroutine->is_over = true;
                coroutine_leave(coroutine, true);
        }
}

struct coroutine *coroutine_new(struct stack_pool *pool,
                                size_t stack_size,
                                size_t object_size,
                                void (*call)(struct coroutine *coroutine)) {
        struct stack *stack = stack_pool_take(pool, stack_size);
        struct coroutine *coroutine;

        if (!stack)
                return NULL;
        coroutine = find_place(stack, object_size);
        if (stack->is_fresh) {
                stack->is_fresh = false;
                *coroutine = (struct coroutine){ .stack = stack };
                context_init(&coroutine->context, stack->low, coroutine, coroutine_main, coroutine);
        }
        memset(coroutine + 1, 0, object_size - sizeof(*coroutine));
        assert(coroutine->stack == stack && !coroutine->is_running);
        coroutine->call = call;
        coroutine->is_over = false;
        return coroutine;
}

void coroutine_free(struct coroutine *coroutine, struct stack_pool *pool) {
        stack_pool_give(pool, coroutine->stack);
}

void coroutine_resume(struct coroutine *coroutine) {
        struct stack *stack = coroutine->stack;

        assert(!coroutine->is_running && !coroutine->is_over);
        coroutine->is_running = true;
#ifdef GCASYNC_DEBUG_CHECKS
        coroutine->float_mode = context_get_float_mode();
#endif
        checker_begin_enter(&coroutine->change, &stack->checker, stack->low, stack_get_size(stack));
        context_switch(&coroutine->outer, &coroutine->context);
        checker_end_leave(&coroutine->change);
}

void coroutine_suspend(struct coroutine *coroutine) {
        assert(coroutine->is_running);
        coroutine_leave(coroutine, false);
}

size_t coroutine_get_depth(const struct coroutine *coroutine) {
        return (size_t)((const char *)coroutine - (const char *)__builtin_frame_address(0));
}
