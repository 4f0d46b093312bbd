/* SPDX-License-Identifier: MIT */

#include "daemon/requests.h"

#include <stddef.h>

#include "base/utf8.h"
#include "daemon/daemon.h"
#include "daemon/nearest.h"
#include "daemon/session.h"
#include "wire/hot.h"
#include "wire/message.h"

enum {
        KIND_NAME_MAX = 129, /* module.kind */
};

struct request_row {
        const char *name;
        void (*handle)(struct session *session, const Gcasync__Request *request);
        bool is_counted;
};

static const struct request_row request_rows[] = {
#define X(name_, body, is_counted_)                                    \
        [GCASYNC__REQUEST__BODY_##body] = { .name = #name_,            \
                                            .handle = request_##name_, \
                                            .is_counted = (is_counted_) },
        REQUEST_MAP(X)
#undef X
};

static const struct request_row *request_find_row(const Gcasync__Request *request) {
        size_t body = (size_t)request->body_case;

        if (body >= sizeof(request_rows) / sizeof(request_rows[0]) || !request_rows[body].handle)
                return NULL;
        return &request_rows[body];
}

bool request_check_text(struct session *session,
                        const Gcasync__Request *request,
                        const ProtobufCBinaryData *text,
                        const char *field,
                        size_t size_max) {
        if (text->len == 0 || message_check_text(text, size_max))
                return true;
        if (!utf8_is_valid(text->data, text->len))
                session_fail(session,
                             GCASYNC__ERROR_CODE__ERROR_MALFORMED,
                             "the field %s is not UTF-8",
                             field);
        else
                session_reply_error(session,
                                    request->id,
                                    GCASYNC__ERROR_CODE__ERROR_INVALID_REQUEST,
                                    "the field %s holds a NUL, or is longer than %zu bytes",
                                    field,
                                    size_max);
        return false;
}

void request_reply_unknown_kind(struct session *session,
                                const Gcasync__Request *request,
                                const ProtobufCBinaryData *name,
                                Gcasync__ErrorCode code) {
        const gca_kind_entry *entry;
        struct nearest nearest;
        char escaped[256];

        if (!request_check_text(session, request, name, "the kind's name", KIND_NAME_MAX))
                return;
        nearest_init(&nearest, (const char *)name->data, name->len);
        for (size_t i = 0; (entry = gca_registry_get(session->daemon->registry, i)); i++)
                nearest_offer(&nearest, entry->full_name);
        session_reply_error(session,
                            request->id,
                            code,
                            "there is no kind \"%s\"%s%s%s",
                            log_escape(escaped, sizeof(escaped), name->data, name->len),
                            nearest.name ? "; did you mean \"" : "",
                            nearest.name ? nearest.name : "",
                            nearest.name ? "\"?" : "");
}

void request_reply_no_memory(struct session *session, const Gcasync__Request *request) {
        session_reply_error(session,
                            request->id,
                            GCASYNC__ERROR_CODE__ERROR_NO_MEMORY,
                            "the daemon has no memory for the request");
}

/* The message, where it is a Submit of a kind and its arguments and nothing else; NULL otherwise. */
static const Gcasync__Request *request_decode_hot(struct daemon *daemon,
                                                  const struct frame *frame) {
        struct hot_submit_seen submit;

        if (!hot_read_submit(frame->message, frame->message_size, &submit))
                return NULL;
        daemon->hot_request.id = submit.id;
        daemon->hot_submit.kind = message_bytes(submit.kind, submit.kind_size);
        daemon->hot_submit.arguments = message_bytes(submit.arguments, submit.arguments_size);
        return &daemon->hot_request;
}

/* The message, or NULL after the session was ended over it. */
static const Gcasync__Request *request_decode(struct session *session, const struct frame *frame) {
        const Gcasync__Request *request = request_decode_hot(session->daemon, frame);
        int r;

        if (request)
                return request;
        r = message_unpack_request(
                &session->daemon->arena, frame->message, frame->message_size, &request);
        if (r == 0)
                return request;
        if (r == MESSAGE_E_TOO_COMPLEX)
                session_fail(session,
                             GCASYNC__ERROR_CODE__ERROR_FRAME_TOO_COMPLEX,
                             "a message that would take too much memory to decode");
        else if (r > 0)
                session_fail(session,
                             GCASYNC__ERROR_CODE__ERROR_MALFORMED,
                             "a message that cannot be decoded");
        else
                session_fail(session,
                             GCASYNC__ERROR_CODE__ERROR_NO_MEMORY,
                             "the daemon has no memory for the request");
        return NULL;
}

/* What a session may send at all, and when; false after it was ended. */
static bool request_check_order(struct session *session, const Gcasync__Request *request) {
        bool is_hello = request->body_case == GCASYNC__REQUEST__BODY_HELLO;

        if (is_hello != (session->state == SESSION_NEW)) {
                session_fail(session,
                             GCASYNC__ERROR_CODE__ERROR_HELLO_EXPECTED,
                             is_hello ? "hello came twice" : "the first request was not hello");
                return false;
        }
        if (request->id == 0) {
                session_fail(session,
                             GCASYNC__ERROR_CODE__ERROR_INVALID_REQUEST,
                             "a request with the id 0, which replies use for the session");
                return false;
        }
        return true;
}

int requests_handle(struct session *session, const struct frame *frame) {
        const Gcasync__Request *request = request_decode(session, frame);
        const struct limits *limits = &session->daemon->limits;
        const struct request_row *row;

        if (!request || !request_check_order(session, request))
                return 0;
        row = request_find_row(request);
        if (row && row->is_counted && session->n_unanswered >= limits_get(limits, LIMIT_REQUESTS)) {
                limits_count_reached(&session->daemon->limits, LIMIT_REQUESTS);
                return REQUESTS_E_HELD;
        }
        if (frame->n_descriptors > 0 && !session_claim_descriptors(session, frame))
                return 0;
        if (session_has_request(session, request->id)) {
                session_reply_error(session,
                                    request->id,
                                    GCASYNC__ERROR_CODE__ERROR_INVALID_REQUEST,
                                    "another request with this id is unanswered");
                return 0;
        }
        if (request->id > session->request_id_max)
                session->request_id_max = request->id;
        if (!row)
                session_reply_error(session,
                                    request->id,
                                    GCASYNC__ERROR_CODE__ERROR_UNIMPLEMENTED,
                                    "this daemon does not know the request");
        else if (frame->n_descriptors > 0)
                session_reply_error(session,
                                    request->id,
                                    GCASYNC__ERROR_CODE__ERROR_INVALID_REQUEST,
                                    "%s takes no descriptors",
                                    row->name);
        else
                row->handle(session, request);
        return 0;
}
