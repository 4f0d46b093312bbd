/* SPDX-License-Identifier: MIT */

/*
 * Where a new context begins (see context.h): the stack holds a function and its argument. The frame chain ends here,
 * for debuggers and unwinders. There is deliberately no .note.gnu.property: it would promise that shadow stacks work.
 */

#if !defined(GCASYNC_UCONTEXT) && defined(__x86_64__) && defined(__LP64__)
        .text
        .globl context_begin
        .hidden context_begin
        .type context_begin, @function
        .p2align 4
context_begin:
        .cfi_startproc
        .cfi_undefined rip
        endbr64
        popq %rax
        popq %rdi
        xorl %ebp, %ebp
        callq *%rax
        ud2
        .cfi_endproc
        .size context_begin, . - context_begin

#elif !defined(GCASYNC_UCONTEXT) && defined(__aarch64__) && defined(__AARCH64EL__)
        .text
        .globl context_begin
        .hidden context_begin
        .type context_begin, %function
        .p2align 4
context_begin:
        .cfi_startproc
        .cfi_undefined x30
        hint #36
        ldp x9, x0, [sp], #16
        mov x30, xzr
        blr x9
        brk #1
        .cfi_endproc
        .size context_begin, . - context_begin
#endif

#ifdef __ELF__
        .section .note.GNU-stack, "", %progbits
#endif
