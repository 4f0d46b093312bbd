/* SPDX-License-Identifier: MIT */

#include "lib/error.h"

#include <errno.h>
#include <stddef.h>

#include "gcasync/client.h"

/* Left the daemon's name, right ours. */
#define ERROR_DAEMON_MAP(X)                     \
        X(MALFORMED, MALFORMED)                 \
        X(FRAME_TOO_LARGE, FRAME_TOO_LARGE)     \
        X(FRAME_TOO_COMPLEX, FRAME_TOO_COMPLEX) \
        X(DESCRIPTORS, DESCRIPTORS)             \
        X(VERSION, VERSION)                     \
        X(HELLO_EXPECTED, HELLO_EXPECTED)       \
        X(IDLE, IDLE)                           \
        X(SLOW_READER, SLOW_READER)             \
        X(BUSY, BUSY)                           \
        X(UNIMPLEMENTED, UNIMPLEMENTED)         \
        X(INVALID_REQUEST, INVALID_REQUEST)     \
        X(UNKNOWN_KIND, UNKNOWN_KIND)           \
        X(NOT_FOUND, NOT_FOUND)                 \
        X(GONE, GONE)                           \
        X(DENIED, DENIED)                       \
        X(CONFLICT, CONFLICT)                   \
        X(LIMIT, LIMIT)                         \
        X(SHUTTING_DOWN, SHUTTING_DOWN)         \
        X(NO_MEMORY, DAEMON_NO_MEMORY)          \
        X(INTERNAL, INTERNAL)                   \
        X(HANDLE_ORDER, HANDLE_ORDER)           \
        X(UNKNOWN_HANDLE, UNKNOWN_HANDLE)

int error_from_daemon(Gcasync__ErrorCode code) {
        switch ((int)code) {
#define X(theirs, ours)                           \
        case GCASYNC__ERROR_CODE__ERROR_##theirs: \
                return GCASYNC_E_##ours;
                ERROR_DAEMON_MAP(X)
#undef X
        default:
                return GCASYNC_E_PROTOCOL;
        }
}

int error_from_fault(int r) {
        switch (r) {
        case 0:
                return GCASYNC_E_OK;
        case -ENOMEM:
                return GCASYNC_E_NO_MEMORY;
        case -EMSGSIZE:
                return GCASYNC_E_FRAME_TOO_LARGE;
        case -EINVAL:
        case -EILSEQ:
                return GCASYNC_E_INVALID;
        default:
                return GCASYNC_E_SYSTEM;
        }
}

const char *gcasync_error_name(int error) {
        switch (error) {
#define X(name, value, word, text) \
        case value:                \
                return word;
                GCASYNC_ERROR_MAP(X)
#undef X
        default:
                return "unknown";
        }
}

const char *gcasync_strerror(int error) {
        switch (error) {
#define X(name, value, word, text) \
        case value:                \
                return text;
                GCASYNC_ERROR_MAP(X)
#undef X
        default:
                return "unknown";
        }
}

const char *gcasync_state_to_string(gcasync_state state) {
        static const char *const names[] = {
                [GCASYNC_STATE_SUCCEEDED] = "succeeded",
                [GCASYNC_STATE_FAILED] = "failed",
                [GCASYNC_STATE_ABORTED] = "aborted",
                [GCASYNC_STATE_TIMED_OUT] = "timed-out",
                [GCASYNC_STATE_WAITING_FOR_ARGUMENTS] = "waiting-for-arguments",
                [GCASYNC_STATE_QUEUED] = "queued",
                [GCASYNC_STATE_RUNNING] = "running",
                [GCASYNC_STATE_SUSPENDED] = "suspended",
        };

        if ((size_t)state >= sizeof(names) / sizeof(*names) || !names[state])
                return "unknown";
        return names[state];
}
