/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A test program that starts daemons: its main() makes one scratch folder, in which everything it writes
 * lies, and removes it at the end, also when a test was killed in the middle.
 */

#include "helpers/suite.h"

/* As suite_run(), with $TMPDIR leading to the scratch folder and as many descriptors as the system allows us. */
int scratch_run(const char *name, const TTest *const *tests, size_t n_tests);

/* A fresh folder inside it. Its path fits a socket's name with 40 bytes to spare. */
enum {
        SCRATCH_PATH_SIZE = 64
};
void scratch_make_folder(char path[static SCRATCH_PATH_SIZE]);
