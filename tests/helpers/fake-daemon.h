/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A daemon for tests of the client library: it listens in a fresh folder, a thread a
 * connection, blocking I/O, and does what it is told by the requests themselves. The kind
 * of a Submit is the command:
 *
 *     echo        succeeds; the value is the arguments
 *     fail        fails as "no-luck" with two causes
 *     refuse      is answered by the error "limit"
 *     hold        is not answered until …
 *     release     … this, which answers those held, the last first, then itself
 *     events      Accepted, two Progress, one Output, then success
 *     odd-event   an event of a later version, then success
 *     odd-reply   a final reply of a later version
 *     hang-up     the connection is closed
 *     cut         the connection is closed in the middle of a reply
 *     fire        the session error "slow-reader", then the connection is closed
 *     garbage     something that is not a frame
 *     wrong-id    a reply to a request that was not made
 *     wrong-body  the reply to another request
 *     twice       two final replies
 *     wrong-value a value that is not a graph
 *
 * Awaits of task 7 succeed, of others are "not-found", and "conflict" with no_wait. Log
 * gives three Outputs.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fake_manner {
        FAKE_MANNER_PLAIN,
        FAKE_MANNER_MUTE,    /* never says anything */
        FAKE_MANNER_BUSY,    /* answers the connection with the session error "busy" */
        FAKE_MANNER_OLD,     /* answers Hello with the error "version" */
        FAKE_MANNER_FUTURE,  /* answers Hello with a version that nobody asked for */
        FAKE_MANNER_CLOSING, /* closes at once */
        FAKE_MANNER_SMALL,   /* takes frames of 1 KiB at most */
};

struct fake_daemon;

struct fake_daemon *fake_daemon_start(enum fake_manner manner);
/* Closes all connections and forgets everything. */
void fake_daemon_stop(struct fake_daemon *daemon);

const char *fake_daemon_get_path(const struct fake_daemon *daemon);
/* Requests read so far, and reads that brought any, of all connections. */
size_t fake_daemon_get_n_requests(struct fake_daemon *daemon);
size_t fake_daemon_get_n_reads(struct fake_daemon *daemon);
/* The name that the last client gave at hello. */
void fake_daemon_get_client_name(struct fake_daemon *daemon, char *buffer, size_t size);
