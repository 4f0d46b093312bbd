/* SPDX-License-Identifier: MIT */

#include <string.h>

#include "daemon/daemon.h"
#include "daemon/requests.h"
#include "daemon/session.h"

enum {
        PROTOCOL_VERSION = 1,
};

static void hello_reply_welcome(struct session *session, const Gcasync__Request *request) {
        Gcasync__Reply reply = GCASYNC__REPLY__INIT;
        Gcasync__Welcome welcome = GCASYNC__WELCOME__INIT;
        Gcasync__Limit limits[LIMIT_COUNT];
        Gcasync__Limit *limit_pointers[LIMIT_COUNT];

        for (size_t i = 0; i < LIMIT_COUNT; i++) {
                gcasync__limit__init(&limits[i]);
                limits[i].name = message_text(limit_get_info((enum limit)i)->name);
                limits[i].value = limits_get(&session->daemon->limits, (enum limit)i);
                limit_pointers[i] = &limits[i];
        }
        welcome.version = PROTOCOL_VERSION;
        welcome.daemon_version = message_text(PACKAGE_VERSION);
        welcome.n_limits = LIMIT_COUNT;
        welcome.limits = limit_pointers;
        welcome.session = session->id;
        welcome.uid = session->uid;
        reply.id = request->id;
        reply.body_case = GCASYNC__REPLY__BODY_WELCOME;
        reply.welcome = &welcome;
        (void)session_reply(session, &reply);
}

void request_hello(struct session *session, const Gcasync__Request *request) {
        const Gcasync__Hello *hello = request->hello;

        if (hello->version_min > PROTOCOL_VERSION || hello->version_max < PROTOCOL_VERSION) {
                session_fail(session,
                             GCASYNC__ERROR_CODE__ERROR_VERSION,
                             "the client speaks the versions %u to %u of the protocol, the daemon "
                             "speaks %d",
                             hello->version_min,
                             hello->version_max,
                             PROTOCOL_VERSION);
                return;
        }
        if (!request_check_text(
                    session, request, &hello->client_name, "client_name", SESSION_CLIENT_NAME_MAX))
                return;
        /* Without a name there are no bytes, and a NULL that not even strndup() may see. */
        session->client_name =
                hello->client_name.len == 0
                        ? strdup("")
                        : strndup((const char *)hello->client_name.data, hello->client_name.len);
        if (!session->client_name) {
                session_fail(session,
                             GCASYNC__ERROR_CODE__ERROR_NO_MEMORY,
                             "the daemon has no memory for the session");
                return;
        }
        session->state = SESSION_OPEN;
        timeout_stop(&session->input_timeout);
        client_log(session, LOG_LEVEL_DEBUG, "begins");
        hello_reply_welcome(session, request);
}
