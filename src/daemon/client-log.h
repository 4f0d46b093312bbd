/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What clients cause is logged with who they are, escaped, and at most so often a second: a client cannot fill
 * the log, and what was left out is counted and told. I/O thread.
 */

#include <stdint.h>

#include "base/log.h"

struct session;

struct client_log {
        uint64_t second; /* of the monotonic clock */
        unsigned n_written, n_left_out;
};

/* For a peer that has, or gets, no session. */
void client_log_peer(struct client_log *log, uint32_t uid, long pid, const char *text);

/* The text must hold no bytes from a client that are not escaped yet. */
void client_log(const struct session *session, enum log_level level, const char *format, ...)
        __attribute__((format(printf, 3, 4)));
