/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Accepting connections. Each pass takes a batch at most. Who is over the limit of sessions, or comes when no
 * descriptor is left, is told so (busy) before it is disconnected: for the latter a spare descriptor is kept,
 * given up for the moment it takes. When not even that works, accepting pauses. I/O thread.
 */

#include <event2/event_struct.h>
#include <stdbool.h>

#include "daemon/endpoint.h"
#include "gcasync/runtime.h"

struct daemon;

struct listener {
        struct daemon *daemon;
        struct endpoint endpoint;
        struct event event;
        gca_timer pause_timer;
        bool is_started, is_paused;
        int spare_fd;
};

/* The endpoint is open. 0 or -errno. */
int listener_start(struct listener *listener, struct daemon *daemon);
/* Accepts nothing more; the socket is removed. May be called twice. */
void listener_stop(struct listener *listener);
