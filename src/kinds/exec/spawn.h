/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Starts a program, with everything that was asked for in force before its first instruction. posix_spawn()
 * can set neither umask, directory nor limits, and fork() copies the daemon's page tables, so this is a
 * clone in the manner of vfork(): the child borrows the caller's memory until it has executed the program
 * or failed. Unlike there nobody waits for that (see child.h), so nobody has to be woken for it either: what could not
 * be done is known when the process has ended. To open pipes and to clone takes time: it is done on a thread that
 * may block.
 *
 * The program gets: descriptors 0, 1 and 2 only; all signals at their defaults, none blocked; a process group of
 * its own; the plan's environment, directory, umask and limits.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

struct child;

struct spawn_limit {
        const char *name;
        int resource; /* RLIMIT_… */
        struct rlimit value;
};

/* What to start. All of it is borrowed and must stay until the process has ended. */
struct spawn_plan {
        char **argv;
        char **envp;
        const char **paths; /* where the program may be; the first that can be executed is */
        const char *cwd;
        mode_t umask;
        const struct spawn_limit *limits;
        size_t n_limits;
        const void *stdin_data; /* NULL: /dev/null */
        size_t stdin_size;
        bool is_captured; /* else 1 and 2 are /dev/null */
};

/* What failed, in words that follow "cannot". */
#define SPAWN_STEP_MAP(X)                                         \
        X(NONE, "")                                               \
        X(INPUT, "hold its standard input")                       \
        X(OUTPUT, "make pipes for its output")                    \
        X(CLONE, "start a process")                               \
        X(GROUP, "give it a process group")                       \
        X(STREAMS, "set up its descriptors 0, 1 and 2")           \
        X(CLOSE, "close the daemon's descriptors in its process") \
        X(DIRECTORY, "enter its directory")                       \
        X(LIMIT, "set its limit")                                 \
        X(SIGNALS, "unblock its signals")                         \
        X(EXECUTE, "execute it")

enum spawn_step {
#define X(name, text) SPAWN_STEP_##name,
        SPAWN_STEP_MAP(X)
#undef X
};

/* One start. plan is the caller's; the rest is written by spawn_run(), or until its end by the process. */
struct spawn {
        struct spawn_plan plan;
        enum spawn_step failed_step; /* SPAWN_STEP_NONE: the program was executed */
        int error;                   /* an errno */
        size_t failed_limit;         /* SPAWN_STEP_LIMIT: the index of the limit */
        bool is_interpreter_missing; /* the program is there, what its first line names is not */
        pid_t pid;                   /* also the process group, once the process has made that */
        int pidfd;                   /* -1: there is no process, and failed_step tells why */
        int output_fds[2];           /* captured: the read ends of 1 and 2, non-blocking; else -1 */
        uint64_t started_ns;
        struct child *child; /* until spawn_release() */
};

void spawn_init(struct spawn *spawn);

/* Closes the descriptors; the process, which has ended, is not touched. May be called twice. */
void spawn_deinit(struct spawn *spawn);

/* spawn is a struct spawn. Its pidfd, or -1: then no descriptor is open. */
int spawn_run(void *spawn);

/* Frees what a process needs until it has executed its program, if it has. */
void spawn_release(struct spawn *spawn);

const char *spawn_step_to_text(enum spawn_step step);

/* CLOCK_MONOTONIC. */
uint64_t spawn_now_ns(void);
