/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What gcasyncctl exits with, and the one table that says which error of the library leads to which.
 *
 * `run`, and `wait` for one task, exit as the task did: with the program's own status or 128+n for signal n,
 * or with 0 or 1 for a task of another kind; what kept them from learning that is NOT_STARTED. A mistake in
 * the command line is USAGE for every command, and a --timeout that passed TIMED_OUT.
 */

#define EXIT_CODE_MAP(X)                                                             \
        X(OK, 0, "success")                                                          \
        X(FAILED, 1, "the command, or the task, failed")                             \
        X(USAGE, 2, "a mistake in the command line")                                 \
        X(NOT_FOUND, 3, "no such task or kind, or no longer")                        \
        X(NO_DAEMON, 4, "no daemon answers")                                         \
        X(DENIED, 5, "not allowed")                                                  \
        X(CONFLICT, 6, "the task is not in a state for this")                        \
        X(QUOTA, 7, "a limit is reached, or the daemon is busy")                     \
        X(PROTOCOL, 8, "the daemon speaks another protocol or version")              \
        X(TIMED_OUT, 124, "the task's deadline, or --timeout, passed")               \
        X(NOT_STARTED, 125, "run, wait: the task could not be started, or was lost") \
        X(NOT_EXECUTABLE, 126, "run, wait: the program cannot be executed")          \
        X(NO_PROGRAM, 127, "run, wait: there is no such program")                    \
        X(ABORTED, 130, "run, wait: the task was aborted")

enum exit_code {
#define X(name, value, text) EXIT_CODE_##name = (value),
        EXIT_CODE_MAP(X)
#undef X
};

enum {
        EXIT_CODE_SIGNAL = 128, /* plus the signal that ended the program */
};

/* The library's error (GCASYNC_E_…) and what a command that met it exits with. */
#define ERROR_EXIT_MAP(X)           \
        X(OK, OK)                   \
        X(NO_MEMORY, FAILED)        \
        X(INVALID, USAGE)           \
        X(NO_DAEMON, NO_DAEMON)     \
        X(DISCONNECTED, NO_DAEMON)  \
        X(TIMED_OUT, TIMED_OUT)     \
        X(FORKED, FAILED)           \
        X(PROTOCOL, PROTOCOL)       \
        X(SYSTEM, FAILED)           \
        X(PENDING, FAILED)          \
        X(TYPE, PROTOCOL)           \
        X(ABSENT, PROTOCOL)         \
        X(CANCELLED, FAILED)        \
        X(MALFORMED, PROTOCOL)      \
        X(FRAME_TOO_LARGE, QUOTA)   \
        X(FRAME_TOO_COMPLEX, QUOTA) \
        X(DESCRIPTORS, PROTOCOL)    \
        X(VERSION, PROTOCOL)        \
        X(HELLO_EXPECTED, PROTOCOL) \
        X(IDLE, PROTOCOL)           \
        X(SLOW_READER, QUOTA)       \
        X(BUSY, QUOTA)              \
        X(UNIMPLEMENTED, PROTOCOL)  \
        X(INVALID_REQUEST, USAGE)   \
        X(UNKNOWN_KIND, NOT_FOUND)  \
        X(NOT_FOUND, NOT_FOUND)     \
        X(GONE, NOT_FOUND)          \
        X(DENIED, DENIED)           \
        X(CONFLICT, CONFLICT)       \
        X(LIMIT, QUOTA)             \
        X(SHUTTING_DOWN, CONFLICT)  \
        X(DAEMON_NO_MEMORY, QUOTA)  \
        X(INTERNAL, FAILED)         \
        X(HANDLE_ORDER, PROTOCOL)   \
        X(UNKNOWN_HANDLE, NOT_FOUND)

/* By the table; FAILED for an error that it does not know. */
enum exit_code exit_code_from_error(int error);

/* For `run` and `wait` of one task: the same, but whatever is not USAGE or TIMED_OUT is NOT_STARTED. */
enum exit_code exit_code_from_task_error(enum exit_code code);
