/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The requests: one table with a row each, and a file request-NAME.c each. A handler gets a request that has
 * passed the checks which concern all of them (Hello first, an id, no duplicate, the limit of unanswered
 * ones) and answers it, now or later, exactly once. I/O thread.
 */

#include <stdbool.h>

#include "gcasync.pb-c.h"
#include "wire/frame.h"

struct session;

/* name, body, counted as an unanswered request */
#define REQUEST_MAP(X)            \
        X(hello, HELLO, true)     \
        X(submit, SUBMIT, true)   \
        X(await, AWAIT, true)     \
        X(abort, ABORT, false)    \
        X(inspect, INSPECT, true) \
        X(kinds, KINDS, true)     \
        X(log, LOG, true)         \
        X(remove, REMOVE, true)   \
        X(ping, PING, false)      \
        X(bye, BYE, true)         \
        X(status, STATUS, true)

enum {
        REQUESTS_E_HELD = 1, /* not taken: too many are unanswered */
};

/* Decodes and handles one frame. 0, also where the session ended over it, or REQUESTS_E_HELD. */
int requests_handle(struct session *session, const struct frame *frame);

#define X(name, body, is_counted) \
        void request_##name(struct session *session, const Gcasync__Request *request);
REQUEST_MAP(X)
#undef X

/*
 * Whether a text field is UTF-8 (if not the session ends), without NUL and at most size_max bytes long (if
 * not the request is answered so). field names it.
 */
bool request_check_text(struct session *session,
                        const Gcasync__Request *request,
                        const ProtobufCBinaryData *text,
                        const char *field,
                        size_t size_max);

/*
 * Answers that there is no kind of this name, and what may have been meant; or ends the session, or answers, as
 * request_check_text() does.
 */
void request_reply_unknown_kind(struct session *session,
                                const Gcasync__Request *request,
                                const ProtobufCBinaryData *name,
                                Gcasync__ErrorCode code);

void request_reply_no_memory(struct session *session, const Gcasync__Request *request);
