/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Outcomes and faults. A function that can fail returns int: 0 done; positive, an outcome listed in
 * its header, which the caller handles; negative, a fault (-errno) that nobody here can mend, passed
 * up unchanged. Each of the three functions prints one trace line at level debug, so that a failure
 * arrives with its path; the cost on the good path is nothing.
 */

#include <errno.h>

/* Where a fault is born: r is negative. */
#define fault_raise(r) fault_raise_at((r), __FILE__, __LINE__, __func__)

/* On the way up: a fault or an outcome that is the caller's too. The good path costs a comparison. */
#define fault_pass(r)                                                                \
        __extension__({                                                              \
                int fault_r_ = (r);                                                  \
                if (__builtin_expect(fault_r_ < 0, 0))                               \
                        (void)fault_pass_at(fault_r_, __FILE__, __LINE__, __func__); \
                fault_r_;                                                            \
        })

/* Turns an outcome that was not handled into a fault (-ENOTRECOVERABLE); passes faults on. */
#define fault_fold(r) fault_fold_at((r), __FILE__, __LINE__, __func__)

int fault_raise_at(int r, const char *file, int line, const char *function);
int fault_pass_at(int r, const char *file, int line, const char *function);
int fault_fold_at(int r, const char *file, int line, const char *function);
