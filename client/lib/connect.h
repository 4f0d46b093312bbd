/* SPDX-License-Identifier: MIT */
#pragma once

/* Finding the daemon's socket and connecting to it. */

#include <stdint.h>

/*
 * Connects, blocking until the deadline at most. 0 and *ret_fd, or GCASYNC_E_NO_DAEMON,
 * _DENIED, _TIMED_OUT, _INVALID (the path is too long), _SYSTEM (errno is set).
 */
int connect_to(const char *path, uint64_t deadline_ns, int *ret_fd);
