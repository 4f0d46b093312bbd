/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What checkers of memory and threads are told of stacks other than a thread's own, so that they follow when one
 * switches between them: AddressSanitizer, ThreadSanitizer, valgrind. Without them it is nothing at all (for valgrind: a few
 * instructions when a stack is made).
 *
 * Each switch is a begin on the one stack and an end on the other. For ThreadSanitizer it orders what comes before and after,
 * as it does in fact: both are the same thread's.
 */

#include <stdbool.h>
#include <stddef.h>

#if defined(__SANITIZE_ADDRESS__)
#        define CHECKER_HAS_ASAN 1
#endif
#if defined(__SANITIZE_THREAD__)
#        define CHECKER_HAS_TSAN 1
#endif
#if defined(__has_feature)
#        if __has_feature(address_sanitizer)
#                define CHECKER_HAS_ASAN 1
#        endif
#        if __has_feature(thread_sanitizer)
#                define CHECKER_HAS_TSAN 1
#        endif
#endif

#ifdef CHECKER_HAS_ASAN
#        include <sanitizer/common_interface_defs.h>
#endif
#ifdef CHECKER_HAS_TSAN
#        include <sanitizer/tsan_interface.h>
#endif
#ifdef HAVE_VALGRIND_VALGRIND_H
#        include <valgrind/valgrind.h>
#endif

/* Frames are that much larger where a sanitizer watches them. */
#if defined(CHECKER_HAS_ASAN) || defined(CHECKER_HAS_TSAN)
#        define CHECKER_STACK_FACTOR 4
#else
#        define CHECKER_STACK_FACTOR 1
#endif

/* Of a stack of ours. */
struct checker_stack {
        unsigned valgrind_id;
#ifdef CHECKER_HAS_TSAN
        void *fiber;
#endif
};

/* Of a switch to a stack of ours and back: what the checkers want to have kept. */
struct checker_switch {
        void *fake_stack;       /* ASan: of our stack, while it rests */
        void *outer_fake_stack; /* of the thread's, while ours runs */
        const void *outer_low;
        size_t outer_size;
        void *outer_fiber; /* TSan */
};

static inline void checker_add_stack(struct checker_stack *stack, void *low, size_t size) {
        (void)low;
        (void)size;
        stack->valgrind_id = 0;
#ifdef HAVE_VALGRIND_VALGRIND_H
        stack->valgrind_id = VALGRIND_STACK_REGISTER(low, (char *)low + size);
#endif
#ifdef CHECKER_HAS_TSAN
        stack->fiber = __tsan_create_fiber(0);
#endif
}

static inline void checker_remove_stack(struct checker_stack *stack) {
        (void)stack;
#ifdef HAVE_VALGRIND_VALGRIND_H
        VALGRIND_STACK_DEREGISTER(stack->valgrind_id);
#endif
#ifdef CHECKER_HAS_TSAN
        __tsan_destroy_fiber(stack->fiber);
#endif
}

/* On the thread's stack: about to switch to ours; and back again. */
static inline void checker_begin_enter(struct checker_switch *change,
                                       const struct checker_stack *stack,
                                       const void *low,
                                       size_t size) {
        (void)change;
        (void)stack;
        (void)low;
        (void)size;
#ifdef CHECKER_HAS_ASAN
        __sanitizer_start_switch_fiber(&change->outer_fake_stack, low, size);
#endif
#ifdef CHECKER_HAS_TSAN
        change->outer_fiber = __tsan_get_current_fiber();
        __tsan_switch_to_fiber(stack->fiber, 0);
#endif
}

static inline void checker_end_leave(struct checker_switch *change) {
        (void)change;
#ifdef CHECKER_HAS_ASAN
        __sanitizer_finish_switch_fiber(change->outer_fake_stack, NULL, NULL);
#endif
}

/* On our stack: just arrived; and about to leave, for good (nothing on it is alive) or until the next arrival. */
static inline void checker_end_enter(struct checker_switch *change) {
        (void)change;
#ifdef CHECKER_HAS_ASAN
        __sanitizer_finish_switch_fiber(
                change->fake_stack, &change->outer_low, &change->outer_size);
        change->fake_stack = NULL;
#endif
}

static inline void checker_begin_leave(struct checker_switch *change, bool is_for_good) {
        (void)change;
        (void)is_for_good;
#ifdef CHECKER_HAS_ASAN
        __sanitizer_start_switch_fiber(
                is_for_good ? NULL : &change->fake_stack, change->outer_low, change->outer_size);
#endif
#ifdef CHECKER_HAS_TSAN
        __tsan_switch_to_fiber(change->outer_fiber, 0);
#endif
}
