/* SPDX-License-Identifier: MIT */
#pragma once

/* A task that was spawned: the host's part of it. */

#include <stdatomic.h>
#include <stdbool.h>

#include <gcasync/program.h>

#include "runtime/wait-list.h"

struct spawned {
        /* fixed: */
        gca_poll (*poll)(gca_task *task, void *data);
        gca_value (*body)(gca_task *task, void *data);
        void (*drop)(void *data);
        void *data;
        gca_tracker *tracker;

        struct wait_list waits;
        bool is_over; /* waits.lock */

        _Atomic bool is_abort_asked;
        char *abort_reason; /* of who asked first; the I/O thread's once it was posted */
        gca_post abort_post;

        /* written by the task's thread before the task ends: */
        gca_value result; /* immediate; else a root has it */
        gca_root root;
        bool has_root;
};

/* Calls call(data) once the task has settled, on the I/O thread; or at once, from inside this call, and then gives
 * *ret_wait NULL. 0 or -ENOMEM. */
int spawned_wait(gca_task *task, void (*call)(void *data), void *data, struct wait **ret_wait);
