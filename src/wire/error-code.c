/* SPDX-License-Identifier: MIT */

#include "wire/error-code.h"

/* code, name, text */
#define ERROR_CODES(X)                                                                             \
        X(NONE, "none", "no error")                                                                \
        X(MALFORMED, "malformed", "what was sent is not a message of this protocol")               \
        X(FRAME_TOO_LARGE, "frame-too-large", "the frame is larger than the daemon takes")         \
        X(FRAME_TOO_COMPLEX, "frame-too-complex", "decoding the frame would take too much memory") \
        X(DESCRIPTORS, "descriptors", "descriptors are missing, surplus or truncated")             \
        X(VERSION, "version", "client and daemon have no protocol version in common")              \
        X(HELLO_EXPECTED,                                                                          \
          "hello-expected",                                                                        \
          "the first request of a session, and only it, is Hello")                                 \
        X(IDLE, "idle", "a request did not arrive in time")                                        \
        X(SLOW_READER, "slow-reader", "replies were not read in time")                             \
        X(BUSY, "busy", "the daemon has too many sessions; try again later")                       \
        X(UNIMPLEMENTED, "unimplemented", "the daemon does not know this request or option")       \
        X(INVALID_REQUEST, "invalid-request", "a field is missing, wrong or contradicts another")  \
        X(UNKNOWN_KIND, "unknown-kind", "there is no such kind of task")                           \
        X(NOT_FOUND, "not-found", "there is no such task, or it belongs to another user")          \
        X(GONE, "gone", "it existed, but was evicted or removed")                                  \
        X(DENIED, "denied", "this user may not do that")                                           \
        X(CONFLICT, "conflict", "its present state does not allow that")                           \
        X(LIMIT, "limit", "a limit is reached")                                                    \
        X(SHUTTING_DOWN, "shutting-down", "the daemon is shutting down")                           \
        X(NO_MEMORY, "no-memory", "the daemon is out of memory")                                   \
        X(INTERNAL, "internal", "a fault in the daemon; its log has more")                         \
        X(HANDLE_ORDER, "handle-order", "handles have to ascend within a session")                 \
        X(UNKNOWN_HANDLE, "unknown-handle", "the handle was never chosen, or was dropped")         \
        X(INVALID_ARGUMENT, "invalid-argument", "an argument of the task is wrong")                \
        X(RESULT_TOO_LARGE, "result-too-large", "the task's result does not fit into a frame")     \
        X(MEMORY_LIMIT, "memory-limit", "the task needs more memory than it may take")             \
        X(ABORTED, "aborted", "the task was aborted")                                              \
        X(TIMED_OUT, "timed-out", "the task did not finish before its deadline")                   \
        X(UNREACHABLE, "unreachable", "nobody wants the task any more")                            \
        X(RESULT_NOT_BY_VALUE,                                                                     \
          "result-not-by-value",                                                                   \
          "the result holds what does not travel by value")

const char *error_code_to_name(Gcasync__ErrorCode code) {
        switch (code) {
#define CASE_NAME(code_, name_, text_)           \
        case GCASYNC__ERROR_CODE__ERROR_##code_: \
                return name_;
                ERROR_CODES(CASE_NAME)
#undef CASE_NAME
        default:
                return "unknown";
        }
}

const char *error_code_to_text(Gcasync__ErrorCode code) {
        switch (code) {
#define CASE_TEXT(code_, name_, text_)           \
        case GCASYNC__ERROR_CODE__ERROR_##code_: \
                return text_;
                ERROR_CODES(CASE_TEXT)
#undef CASE_TEXT
        default:
                return "an error that this version does not know";
        }
}
