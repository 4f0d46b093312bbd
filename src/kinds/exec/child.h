/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A process between clone and exec: it borrows the daemon's memory, and the daemon's threads run on beside it.
 * What stands here is its own until child_is_borrowing() says that it has let go of that memory.
 *
 * child_clone() returns at once where we know how to call the kernel without the C library; on other machines
 * when the child has executed the program or ended.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "kinds/exec/spawn.h"

/* A few frames: no handler runs on it, since all signals are blocked. */
enum {
        CHILD_STACK_SIZE = 8 * 1024
};

/* What becomes its descriptors 0, 1 and 2; -1: /dev/null. */
struct streams {
        int stdin_fd;
        int output_fds[2];
};

struct child {
        struct spawn *spawn;
        struct streams streams;
        _Atomic uint32_t tid; /* not 0: it uses the memory still; the kernel clears it */
        unsigned char stack[CHILD_STACK_SIZE] __attribute__((aligned(16)));
};

/* NULL and errno: no memory. It is free()d. The descriptors are borrowed until child_clone() returns. */
struct child *child_new(struct spawn *spawn, const struct streams *streams);

/* Starts the process. Its number, or -1 and errno. */
pid_t child_clone(struct child *child, int *ret_pidfd);

/* Whether it may still touch *child, the spawn and the plan. Never once its end was seen. */
bool child_is_borrowing(const struct child *child);
