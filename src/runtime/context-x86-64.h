/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The switch for x86-64 (System V ABI): see context.h, which includes this.
 *
 * A context is a stack pointer; on the stack lie where to go on and rbp. All other registers are given to
 * the compiler as changed, so it saves those that are alive at that place; rbp may be its frame pointer, which cannot be
 * told that way. It ends in a jump, not a return, which the return predictor would get wrong.
 */

#ifdef __x86_64__

#        include <stdint.h>

struct context {
        void *stack_pointer;
};

/* In context-begin.S: pops a function and its argument, and calls it. */
extern const char context_begin[] __attribute__((visibility("hidden")));

#        define CONTEXT_CLOBBERS                                                                  \
                "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", \
                        "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",   \
                        "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "st",       \
                        "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)", "st(7)", "memory",  \
                        "cc"

#        ifdef __AVX512F__
#                define CONTEXT_CLOBBERS_AVX512                                                 \
                        "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23", \
                                "xmm24", "xmm25", "xmm26", "xmm27", "xmm28", "xmm29", "xmm30",  \
                                "xmm31", "k1", "k2", "k3", "k4", "k5", "k6", "k7",
#        else
#                define CONTEXT_CLOBBERS_AVX512
#        endif

static inline void context_init(struct context *context,
                                void *low,
                                void *top,
                                void (*function)(void *argument),
                                void *argument) {
        /* At the function's call the stack is aligned to 16. */
        uintptr_t *stack = (uintptr_t *)((uintptr_t)top & ~(uintptr_t)15);

        (void)low;
        *--stack = (uintptr_t)argument;
        *--stack = (uintptr_t)function;
        *--stack = (uintptr_t)context_begin;
        context->stack_pointer = stack;
}

__attribute__((always_inline)) static inline void context_switch(struct context *from,
                                                                 const struct context *to) {
        void **save = &from->stack_pointer;
        void *load = to->stack_pointer;

        /* First past the red zone, which a leaf function may be using. endbr64 is a no-op where branches are not tracked. */
        __asm__ volatile("leaq -128(%%rsp), %%rsp\n\t"
                         "leaq 1f(%%rip), %%rax\n\t"
                         "pushq %%rbp\n\t"
                         "pushq %%rax\n\t"
                         "movq %%rsp, (%0)\n\t"
                         "movq %1, %%rsp\n\t"
                         "popq %%rax\n\t"
                         "jmpq *%%rax\n"
                         "1:\n\t"
                         "endbr64\n\t"
                         "popq %%rbp\n\t"
                         "leaq 128(%%rsp), %%rsp"
                         : "+D"(save), "+S"(load)
                         :
                         : CONTEXT_CLOBBERS_AVX512 CONTEXT_CLOBBERS);
}

static inline unsigned context_get_float_mode(void) {
        unsigned mxcsr;
        unsigned short control;

        __asm__ volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(mxcsr), "=m"(control));
        /* Without mxcsr's sticky flags. */
        return (mxcsr & ~0x3fu) << 16 | control;
}

#endif
