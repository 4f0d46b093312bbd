/* SPDX-License-Identifier: MIT */
#pragma once

/* One contestant's run: a program of this build in a process of its own. */

#include "../figures.h"

enum {
        CONTEST_FIGURES_MAX = 8
};

struct contest {
        const char *workload; /* "w1" … "w5" */
        const char *program;  /* beside the driver */
        const char *arguments[2];
        struct {
                const char *name; /* as the program reports it */
                int figure;
        } figures[CONTEST_FIGURES_MAX];
        const char *check; /* contests of one check must report the same sum; NULL: none */
};

/* Runs it and adds what it reports. Whatever fails, or reports another sum than the others, ends the
 * benchmark. */
void contest_run(const struct contest *contest, struct figure *figures);
