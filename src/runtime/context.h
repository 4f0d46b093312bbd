/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A context: where a thread of control goes on that is not running now. Switching saves where the caller is and goes on
 * elsewhere, on another stack of the same thread; it costs a few stores and a jump.
 *
 * x86-64 and aarch64 have switches of our own, inline, so that the compiler saves the registers that are in
 * use there and no others; elsewhere, and where GCASYNC_UCONTEXT is defined, it is <ucontext.h>, whose switch makes a system call.
 *
 * WHAT IS NOT SWITCHED. The floating-point environment (rounding, masks: mxcsr, the x87 control word, fpcr) belongs to
 * the thread: who changes it puts it back before switching; context_get_float_mode() is there to check that. Neither is a signal
 * mask, or errno.
 *
 * SHADOW STACKS (CET). The switches of our own do not know them. context-begin.S therefore says nothing of itself in
 * .note.gnu.property, and what is linked with it is run without. Indirect branch tracking has its landing marks.
 *
 * A context belongs to one thread. It is small and plain: to forget one needs no call.
 */

#include <stddef.h>

#if !defined(GCASYNC_UCONTEXT) && defined(__x86_64__) && defined(__LP64__)
#        include "runtime/context-x86-64.h"
#elif !defined(GCASYNC_UCONTEXT) && defined(__aarch64__) && defined(__AARCH64EL__)
#        include "runtime/context-aarch64.h"
#else
#        include "runtime/context-ucontext.h"
#endif

/*
 * Makes a context that, when first switched to, calls function(argument) with a stack that ends, at its high end, at `top` (it is
 * aligned downwards) and reaches down to `low`. The function must not return.
 */
static inline void context_init(struct context *context,
                                void *low,
                                void *top,
                                void (*function)(void *argument),
                                void *argument);

/* Saves where the caller is in `from` and goes on at `to`; returns when somebody switches to `from`. */
static inline void context_switch(struct context *from, const struct context *to);

/* The floating-point environment that switching leaves alone, as a number to compare; 0 where there is no telling. */
static inline unsigned context_get_float_mode(void);
