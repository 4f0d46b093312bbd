/* SPDX-License-Identifier: MIT */

#include "daemon/follower.h"
#include "daemon/job.h"
#include "daemon/requests.h"
#include "daemon/session.h"

void request_log(struct session *session, const Gcasync__Request *request) {
        const Gcasync__Log *log = request->log;
        struct follower properties = { .request_id = request->id,
                                       .stream = (int)log->stream,
                                       .is_following = log->follow };
        struct job *job;

        if (properties.stream < 0 || properties.stream > CAPTURE_STREAMS) {
                session_reply_error(session,
                                    request->id,
                                    GCASYNC__ERROR_CODE__ERROR_INVALID_REQUEST,
                                    "there is no output stream %d",
                                    properties.stream);
                return;
        }
        job = job_find_or_reply(session, request->id, log->task);
        if (!job)
                return;
        if (follower_new(session, job, &properties) < 0) {
                request_reply_no_memory(session, request);
                return;
        }
        follower_pump(list_entry(session->followers.prev, struct follower, session_link));
}
