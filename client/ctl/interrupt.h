/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The signals that ask `run` to stop, SIGINT and SIGTERM, as a readable descriptor. A signal that was ignored
 * when we were started (nohup, a shell's background job) stays ignored.
 */

/* From here on the signals do not end the program. The descriptor, or -errno. */
int interrupt_open(void);

/* How many came since this was last asked. */
unsigned interrupt_take(int fd);
