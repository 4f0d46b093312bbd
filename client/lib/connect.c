/* SPDX-License-Identifier: MIT */

#include "lib/connect.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "gcasync/client.h"
#include "lib/options.h"

static const char path_system[] = "/run/gcasync/socket";

/* Writes path and what is to be appended to it. */
static int connect_write_path(const char *path, const char *rest, char *buffer, size_t size) {
        int n = snprintf(buffer, size, "%s%s", path, rest);

        return n > 0 && (size_t)n < size ? 0 : GCASYNC_E_INVALID;
}

static int connect_find_user(char *buffer, size_t size) {
        const char *directory = secure_getenv("XDG_RUNTIME_DIR");

        /* The specification of the variable: a path that is not absolute is to be ignored. */
        if (!directory || directory[0] != '/')
                return GCASYNC_E_INVALID;
        return connect_write_path(directory, "/gcasync/socket", buffer, size);
}

static int connect_find_default(char *buffer, size_t size) {
        const char *path = secure_getenv("GCASYNC_SOCKET");

        if (path && path[0] != '\0')
                return connect_write_path(path, "", buffer, size);
        if (connect_find_user(buffer, size) == 0 && access(buffer, F_OK) == 0)
                return 0;
        return connect_write_path(path_system, "", buffer, size);
}

int gcasync_client_find_socket(const gcasync_client_options *options, char *buffer, size_t size) {
        if (!options)
                return connect_find_default(buffer, size);
        if (!options_are_known(options, sizeof(*options)))
                return GCASYNC_E_INVALID;
        if (options->socket_path)
                return connect_write_path(options->socket_path, "", buffer, size);
        switch (options->instance) {
        case GCASYNC_INSTANCE_DEFAULT:
                return connect_find_default(buffer, size);
        case GCASYNC_INSTANCE_USER:
                return connect_find_user(buffer, size);
        case GCASYNC_INSTANCE_SYSTEM:
                return connect_write_path(path_system, "", buffer, size);
        default:
                return GCASYNC_E_INVALID;
        }
}

static int connect_translate(int error) {
        switch (error) {
        case ENOENT:
        case ENOTDIR:
        case ECONNREFUSED:
                return GCASYNC_E_NO_DAEMON;
        case EACCES:
        case EPERM:
                return GCASYNC_E_DENIED;
        case EAGAIN:
                return GCASYNC_E_TIMED_OUT;
        default:
                return GCASYNC_E_SYSTEM;
        }
}

/* Bounds what connect() waits, while the daemon's queue is full. */
static int connect_set_timeout(int fd, uint64_t deadline_ns) {
        uint64_t now_ns = clock_monotonic_ns();
        struct timeval timeout = { 0 }; /* no bound */

        if (deadline_ns <= now_ns)
                return GCASYNC_E_TIMED_OUT;
        if (deadline_ns != GCASYNC_NO_DEADLINE) {
                uint64_t left_us = (deadline_ns - now_ns) / NS_PER_US + 1;

                timeout.tv_sec = (time_t)(left_us / (NS_PER_S / NS_PER_US));
                timeout.tv_usec = (suseconds_t)(left_us % (NS_PER_S / NS_PER_US));
        }
        if (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) < 0)
                return GCASYNC_E_SYSTEM;
        return 0;
}

int connect_to(const char *path, uint64_t deadline_ns, int *ret_fd) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        cleanup_(closep) int fd = -1;
        int r;

        if (connect_write_path(path, "", address.sun_path, sizeof(address.sun_path)))
                return GCASYNC_E_INVALID;
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0)
                return GCASYNC_E_SYSTEM;
        do {
                r = connect_set_timeout(fd, deadline_ns);
                if (r)
                        return r;
                r = connect(fd, (const struct sockaddr *)&address, sizeof(address));
        } while (r < 0 && errno == EINTR);
        if (r < 0)
                return connect_translate(errno);
        *ret_fd = steal_fd(&fd);
        return 0;
}
