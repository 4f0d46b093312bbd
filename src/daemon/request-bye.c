/* SPDX-License-Identifier: MIT */

#include "daemon/requests.h"
#include "daemon/session.h"

/* What was replied before is still written; what is unanswered is given up, as at every end. */
void request_bye(struct session *session, const Gcasync__Request *request) {
        session_reply_done(session, request->id, true);
        session_finish(session);
}
