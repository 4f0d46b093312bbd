/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The listening socket's place in the file system. A lock file beside it, PATH.lock, is taken first and held for
 * life: whoever has it may replace a stale socket and bind, so of many daemons started at once exactly one
 * wins. The lock file is never removed; the socket is, when the endpoint is closed, if it is still ours.
 *
 * I/O thread, or before there are threads: the umask is changed for a moment.
 */

#include <stddef.h>
#include <sys/types.h>
#include <sys/un.h>

#include "daemon/options.h"

enum {
        ENDPOINT_E_REFUSED = 1, /* why was logged, in words for the administrator */
};

struct endpoint {
        char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
        int lock_fd;
        int fd; /* listening, non-blocking */
        dev_t device;
        ino_t inode;
};

/* Prepares the directory, takes the lock, clears a stale socket, binds and listens. 0 or ENDPOINT_E_REFUSED. */
int endpoint_open(struct endpoint *endpoint, enum instance instance, const char *path);

/* Stops listening and removes the socket; the lock stays until endpoint_close(). May be called twice. */
void endpoint_stop(struct endpoint *endpoint);
void endpoint_close(struct endpoint *endpoint);

/* The directory that the socket is in, written to buffer. */
void endpoint_get_directory(const struct endpoint *endpoint, char *buffer, size_t size);
