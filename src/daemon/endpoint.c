/* SPDX-License-Identifier: MIT */

#include "daemon/endpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/check.h"
#include "base/cleanup.h"
#include "base/log.h"

enum {
        BACKLOG = 4096, /* cut by the kernel to its own limit */
};

/* Says what failed, with errno's words. */
static int endpoint_refuse(const char *what, const char *path) {
        log_error("%s %s: %s", what, path, strerror(errno));
        return ENDPOINT_E_REFUSED;
}

static int endpoint_find_path(struct endpoint *endpoint, enum instance instance, const char *path) {
        const char *runtime_dir = getenv("XDG_RUNTIME_DIR");
        int n;

        if (path) {
                n = snprintf(endpoint->path, sizeof(endpoint->path), "%s", path);
        } else if (instance == INSTANCE_SYSTEM) {
                n = snprintf(endpoint->path, sizeof(endpoint->path), "/run/gcasync/socket");
        } else if (runtime_dir && *runtime_dir == '/') {
                n = snprintf(
                        endpoint->path, sizeof(endpoint->path), "%s/gcasync/socket", runtime_dir);
        } else {
                log_error(
                        "XDG_RUNTIME_DIR is not set, so there is no place for the socket: set it, "
                        "or say --socket PATH");
                return ENDPOINT_E_REFUSED;
        }
        if (n < 0 || (size_t)n >= sizeof(endpoint->path)) {
                log_error("the socket's path has %d bytes and the system takes %zu: say --socket "
                          "with a shorter one",
                          n,
                          sizeof(endpoint->path) - 1);
                return ENDPOINT_E_REFUSED;
        }
        return 0;
}

void endpoint_get_directory(const struct endpoint *endpoint, char *buffer, size_t size) {
        const char *slash = strrchr(endpoint->path, '/');

        if (!slash)
                (void)snprintf(buffer, size, ".");
        else if (slash == endpoint->path)
                (void)snprintf(buffer, size, "/");
        else
                (void)snprintf(buffer, size, "%.*s", (int)(slash - endpoint->path), endpoint->path);
}

/* The instances' own directories are made here; one that somebody named is theirs to make. */
static int endpoint_make_directory(const struct endpoint *endpoint, enum instance instance) {
        char directory[sizeof(endpoint->path)];
        mode_t mode = instance == INSTANCE_USER ? 0700 : 0755;

        endpoint_get_directory(endpoint, directory, sizeof(directory));
        if (mkdir(directory, mode) < 0 && errno != EEXIST)
                return endpoint_refuse("cannot make the directory", directory);
        return 0;
}

/* Whether the file that fd locks is still the one that path names. */
static bool endpoint_is_same_file(int fd, const char *path) {
        struct stat opened, named;

        return fstat(fd, &opened) == 0 && stat(path, &named) == 0 &&
               opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

static int endpoint_take_lock(struct endpoint *endpoint) {
        char path[sizeof(endpoint->path) + sizeof(".lock")];

        (void)snprintf(path, sizeof(path), "%s.lock", endpoint->path);
        for (;;) {
                cleanup_(closep) int fd = -1;

                fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);
                if (fd < 0)
                        return endpoint_refuse("cannot open the lock file", path);
                if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
                        if (errno != EWOULDBLOCK)
                                return endpoint_refuse("cannot lock", path);
                        log_error("another gcasyncd serves %s (it holds %s)", endpoint->path, path);
                        return ENDPOINT_E_REFUSED;
                }
                /* A cleaner of temporary files may have removed it between the two calls. */
                if (endpoint_is_same_file(fd, path)) {
                        endpoint->lock_fd = steal_fd(&fd);
                        return 0;
                }
        }
}

static void endpoint_fill_address(const struct endpoint *endpoint, struct sockaddr_un *address) {
        *address = (struct sockaddr_un){ .sun_family = AF_UNIX };
        memcpy(address->sun_path, endpoint->path, sizeof(address->sun_path));
}

/* Removes a socket that nobody listens at. The lock is held, so no other gcasyncd is about to. */
static int endpoint_clear_stale(const struct endpoint *endpoint) {
        cleanup_(closep) int fd = -1;
        struct sockaddr_un address;
        struct stat st;

        if (lstat(endpoint->path, &st) < 0)
                return errno == ENOENT ? 0 : endpoint_refuse("cannot look at", endpoint->path);
        if (!S_ISSOCK(st.st_mode)) {
                log_error("%s is there and is no socket; it is left alone", endpoint->path);
                return ENDPOINT_E_REFUSED;
        }
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return endpoint_refuse("cannot make a socket for", endpoint->path);
        endpoint_fill_address(endpoint, &address);
        if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 || errno == EAGAIN) {
                log_error("another program listens at %s", endpoint->path);
                return ENDPOINT_E_REFUSED;
        }
        if (errno != ECONNREFUSED && errno != ENOENT)
                return endpoint_refuse("cannot tell whether somebody listens at", endpoint->path);
        if (unlink(endpoint->path) < 0 && errno != ENOENT)
                return endpoint_refuse("cannot remove the stale socket", endpoint->path);
        return 0;
}

static int endpoint_bind(struct endpoint *endpoint, enum instance instance) {
        cleanup_(closep) int fd = -1;
        struct sockaddr_un address;
        struct stat st;
        mode_t mask;
        int r;

        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0)
                return endpoint_refuse("cannot make a socket for", endpoint->path);
        endpoint_fill_address(endpoint, &address);
        /* Connecting needs the right to write. */
        mask = umask(instance == INSTANCE_USER ? 0177 : 0111);
        r = bind(fd, (struct sockaddr *)&address, sizeof(address));
        (void)umask(mask);
        if (r < 0)
                return endpoint_refuse("cannot bind", endpoint->path);
        if (stat(endpoint->path, &st) < 0)
                return endpoint_refuse("cannot look at", endpoint->path);
        endpoint->device = st.st_dev;
        endpoint->inode = st.st_ino;
        endpoint->fd = steal_fd(&fd);
        if (listen(endpoint->fd, BACKLOG) < 0)
                return endpoint_refuse("cannot listen at", endpoint->path);
        return 0;
}

int endpoint_open(struct endpoint *endpoint, enum instance instance, const char *path) {
        int r;

        *endpoint = (struct endpoint){ .lock_fd = -1, .fd = -1 };
        r = endpoint_find_path(endpoint, instance, path);
        if (r == 0 && !path)
                r = endpoint_make_directory(endpoint, instance);
        if (r == 0)
                r = endpoint_take_lock(endpoint);
        if (r == 0)
                r = endpoint_clear_stale(endpoint);
        if (r == 0)
                r = endpoint_bind(endpoint, instance);
        if (r != 0)
                endpoint_close(endpoint);
        return r;
}

void endpoint_stop(struct endpoint *endpoint) {
        struct stat st;

        if (endpoint->fd < 0)
                return;
        if (lstat(endpoint->path, &st) == 0 && st.st_dev == endpoint->device &&
            st.st_ino == endpoint->inode)
                (void)unlink(endpoint->path);
        (void)close(endpoint->fd);
        endpoint->fd = -1;
}

void endpoint_close(struct endpoint *endpoint) {
        endpoint_stop(endpoint);
        if (endpoint->lock_fd >= 0)
                (void)close(endpoint->lock_fd);
        endpoint->lock_fd = -1;
}
