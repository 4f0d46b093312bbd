/* SPDX-License-Identifier: MIT */
#pragma once

/* The arguments of exec: their schema, and what is made of them for spawn_run(). */

#include <gcasync/module.h>

#include "kinds/exec/spawn.h"

enum exec_argument {
        EXEC_ARGUMENT_ARGV,
        EXEC_ARGUMENT_ENV,
        EXEC_ARGUMENT_CWD,
        EXEC_ARGUMENT_UMASK,
        EXEC_ARGUMENT_STDIN,
        EXEC_ARGUMENT_RLIMITS,
        EXEC_ARGUMENT_GRACE_MS,
        EXEC_ARGUMENT_CAPTURE,
        EXEC_N_ARGUMENTS,
};

extern const gca_argument_spec exec_arguments[EXEC_N_ARGUMENTS];

enum {
        EXEC_ARGUMENTS_E_FAILED = 1, /* gca_fail() or the like was called: return GCA_DONE */
};

/* Makes the plan and the grace time of the task's arguments; the plan's memory is the task's region. 0 or
 * EXEC_ARGUMENTS_E_FAILED. */
int exec_arguments_load(gca_task *task, struct spawn_plan *ret_plan, uint64_t *ret_grace_ns);
