/* SPDX-License-Identifier: MIT */
#pragma once

/* What exec tells about a program that ended, and about one that could not be started. */

#include <stdbool.h>
#include <stdint.h>

#include <gcasync/module.h>

#include "kinds/exec/spawn.h"

struct exec_outcome {
        gca_child_end end;
        uint64_t stdout_bytes, stderr_bytes;
        bool is_output_lost;      /* some of it could not be kept */
        bool is_output_left_open; /* somebody else had the pipe open still */
        uint64_t wall_ns;
};

/* The result map, or GCA_NO_VALUE. */
gca_value exec_result_new(gca_region *region, const struct exec_outcome *outcome);

/* Fails the task for what spawn_run() told. program is argv[0] as a value. */
gca_poll exec_fail_spawn(gca_task *task, const struct spawn *spawn, gca_value program);
