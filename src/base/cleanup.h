/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Ownership of locals, said where they are declared:
 *
 *     cleanup_(task_unrefp) struct task *task = NULL;
 *     ...
 *     *ret_task = steal(&task);
 *     return 0;
 */

#include <stdlib.h>
#include <unistd.h>

#define cleanup_(fn) __attribute__((__cleanup__(fn)))

/* Hands over what *ptr owns and leaves NULL behind. */
#define steal(ptr)                                                  \
        __extension__({                                             \
                __typeof__(ptr) steal_ptr_ = (ptr);                 \
                __typeof__(*steal_ptr_) steal_value_ = *steal_ptr_; \
                *steal_ptr_ = NULL;                                 \
                steal_value_;                                       \
        })

/* Defines fnp(T *p), which calls fn(*p): what cleanup_() takes. fn accepts NULL. */
#define DEFINE_CLEANUP(type, fn)              \
        static inline void fn##p(type *ptr) { \
                fn(*ptr);                     \
        }                                     \
        struct cleanup_swallow_semicolon_

/* Hands over a descriptor and leaves -1 behind. */
static inline int steal_fd(int *fd) {
        int value = *fd;

        *fd = -1;
        return value;
}

/* Closes *fd unless it is -1. */
static inline void closep(int *fd) {
        if (*fd >= 0)
                (void)close(*fd);
}

static inline void freep(void *ptr) {
        free(*(void **)ptr);
}
