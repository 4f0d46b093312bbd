/* SPDX-License-Identifier: MIT */
#pragma once

/* What is right in each of the programs beside this one. */

#include <gcasync/program.h>

static inline gca_poll body(gca_task *task, void *data) {
        (void)data;
        return gca_succeed(task, gca_nil());
}
