/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The switch for aarch64 (AAPCS64): see context.h, which includes this.
 *
 * A context is a stack pointer; on the stack lie x29 and where to go on. All other registers (x19 to x28, x30, d8 to d15
 * among them) are given to the compiler as changed, so it saves those that are alive at that place; x29 may be its frame
 * pointer, which cannot be told that way.
 */

#ifdef __aarch64__

#        include <stdint.h>

struct context {
        void *stack_pointer;
};

/* In context-begin.S: pops a function and its argument, and calls it. */
extern const char context_begin[] __attribute__((visibility("hidden")));

#        define CONTEXT_CLOBBERS                                                                   \
                "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14", \
                        "x15", "x16", "x17", "x18", "x19", "x20", "x21", "x22", "x23", "x24",      \
                        "x25", "x26", "x27", "x28", "x30", "v0", "v1", "v2", "v3", "v4", "v5",     \
                        "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13", "v14", "v15", "v16",   \
                        "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24", "v25", "v26",      \
                        "v27", "v28", "v29", "v30", "v31", "memory", "cc"

#        ifdef __ARM_FEATURE_SVE
#                define CONTEXT_CLOBBERS_SVE                                                      \
                        "p0", "p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8", "p9", "p10", "p11", \
                                "p12", "p13", "p14", "p15",
#        else
#                define CONTEXT_CLOBBERS_SVE
#        endif

static inline void context_init(struct context *context,
                                void *low,
                                void *top,
                                void (*function)(void *argument),
                                void *argument) {
        uintptr_t *stack = (uintptr_t *)((uintptr_t)top & ~(uintptr_t)15);

        (void)low;
        *--stack = (uintptr_t)argument;
        *--stack = (uintptr_t)function;
        *--stack = (uintptr_t)context_begin;
        *--stack = 0; /* x29: no frame above */
        context->stack_pointer = stack;
}

__attribute__((always_inline)) static inline void context_switch(struct context *from,
                                                                 const struct context *to) {
        register void **save __asm__("x0") = &from->stack_pointer;
        register void *load __asm__("x1") = to->stack_pointer;

        /* "hint 36" is bti j: a no-op where branches are not tracked. */
        __asm__ volatile("adr x9, 1f\n\t"
                         "stp x29, x9, [sp, #-16]!\n\t"
                         "mov x9, sp\n\t"
                         "str x9, [%0]\n\t"
                         "mov sp, %1\n\t"
                         "ldp x29, x9, [sp], #16\n\t"
                         "br x9\n"
                         "1:\n\t"
                         "hint #36"
                         : "+r"(save), "+r"(load)
                         :
                         : CONTEXT_CLOBBERS_SVE CONTEXT_CLOBBERS);
}

static inline unsigned context_get_float_mode(void) {
        uint64_t fpcr;

        __asm__ volatile("mrs %0, fpcr" : "=r"(fpcr));
        return (unsigned)fpcr;
}

#endif
