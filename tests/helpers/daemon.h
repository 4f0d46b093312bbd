/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The real gcasyncd of this build, started for one test in a folder of its own. It dies with the test,
 * however that ends, and gives its tasks no grace when it is stopped. What goes wrong here fails the test; every wait has a deadline. Its log goes to the test
 * program's standard error.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "helpers/scratch.h"

enum {
        DAEMON_SOCKET_SIZE = 108
};

struct daemon {
        pid_t pid; /* 0: not running */
        int ready_fd;
        char folder[SCRATCH_PATH_SIZE];
        char socket[DAEMON_SOCKET_SIZE];
};

struct daemon_options {
        const char *const *arguments; /* more of the command line, NULL-terminated; or NULL */
        const char *folder; /* an existing one, for a daemon in another's place; or NULL */
        void (*prepare)(
                void *data); /* runs in the child before the program: limits, mounts; or NULL */
        void *data;
        bool refuse_root; /* leave --allow-root out */
        int log_fd;       /* where standard error goes; 0: where ours does */
};

/* How long a test waits for what must come: much longer than it takes. */
#define DAEMON_PATIENCE_NS (UINT64_C(30) * 1000000000)

/* Starts a daemon and returns when its socket listens. options may be NULL. */
void daemon_start(struct daemon *daemon, const struct daemon_options *options);
/* SIGTERM; expects that it exits with status 0. May be called twice. */
void daemon_stop(struct daemon *daemon);

/* The parts of the above, for tests of starting and stopping. */
void daemon_spawn(struct daemon *daemon, const struct daemon_options *options);
/* Whether it listens: true; or has ended instead: false. */
bool daemon_wait_ready(struct daemon *daemon);
void daemon_signal(struct daemon *daemon, int number);
/* Waits for its end; returns the status as waitpid() tells it. */
int daemon_wait_end(struct daemon *daemon);

/* What a daemon holds at the moment, as the kernel sees it. */
struct daemon_usage {
        unsigned n_descriptors;
        unsigned n_threads;
        unsigned n_children;   /* not yet reaped ones included */
        uint64_t memory_bytes; /* resident */
};
void daemon_measure(const struct daemon *daemon, struct daemon_usage *ret_usage);
/* Waits until it holds no more than before. Memory may differ by what an allocator keeps. */
void daemon_expect_back(const struct daemon *daemon, const struct daemon_usage *before);

/* The path of a program or folder of this build ("src/daemon/gcasyncd"). */
void daemon_find_built(char *path, size_t size, const char *name);
