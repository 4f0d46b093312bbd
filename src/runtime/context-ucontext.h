/* SPDX-License-Identifier: MIT */
#pragma once

/* The switch by <ucontext.h>: see context.h, which includes this. A system call each, for the signal mask. */

#include <stdint.h>
#include <stdlib.h>
#include <ucontext.h>

struct context {
        ucontext_t machine;
        void (*function)(void *argument);
        void *argument;
};

/* makecontext() passes ints: a pointer comes in halves. */
static inline void context_begin(unsigned high, unsigned low) {
        const struct context *context =
                (const struct context *)((uintptr_t)((uint64_t)high << 32 | low));

        context->function(context->argument);
        abort();
}

static inline void context_init(struct context *context,
                                void *low,
                                void *top,
                                void (*function)(void *argument),
                                void *argument) {
        uint64_t number = (uintptr_t)context;

        /* It cannot fail: there is no descriptor, no memory and no wait in it. */
        (void)getcontext(&context->machine);
        context->machine.uc_stack.ss_sp = low;
        context->machine.uc_stack.ss_size = (size_t)((char *)top - (char *)low);
        context->machine.uc_link = NULL;
        context->function = function;
        context->argument = argument;
        makecontext(&context->machine,
                    (void (*)(void))context_begin,
                    2,
                    (unsigned)(number >> 32),
                    (unsigned)number);
}

static inline void context_switch(struct context *from, const struct context *to) {
        (void)swapcontext(&from->machine, &to->machine);
}

/* It saves and restores the environment itself. */
static inline unsigned context_get_float_mode(void) {
        return 0;
}
