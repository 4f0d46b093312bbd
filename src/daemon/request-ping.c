/* SPDX-License-Identifier: MIT */

#include "daemon/requests.h"
#include "daemon/session.h"

enum {
        PAYLOAD_MAX = 64,
};

void request_ping(struct session *session, const Gcasync__Request *request) {
        Gcasync__Reply reply = GCASYNC__REPLY__INIT;
        Gcasync__Pong pong = GCASYNC__PONG__INIT;

        if (request->ping->payload.len > PAYLOAD_MAX) {
                session_reply_error(session,
                                    request->id,
                                    GCASYNC__ERROR_CODE__ERROR_INVALID_REQUEST,
                                    "the payload has %zu bytes, %d are allowed",
                                    request->ping->payload.len,
                                    PAYLOAD_MAX);
                return;
        }
        pong.payload = request->ping->payload;
        reply.id = request->id;
        reply.body_case = GCASYNC__REPLY__BODY_PONG;
        reply.pong = &pong;
        (void)session_reply(session, &reply);
}
