/* SPDX-License-Identifier: MIT */

#include "daemon/job.h"
#include "daemon/requests.h"
#include "daemon/session.h"

void request_remove(struct session *session, const Gcasync__Request *request) {
        struct job *job = job_find_or_reply(session, request->id, request->remove->task);

        if (!job)
                return;
        if (!job->is_in_history) {
                session_reply_error(session,
                                    request->id,
                                    GCASYNC__ERROR_CODE__ERROR_CONFLICT,
                                    job->is_finished ? "t%llu has ended, but is still stopping"
                                                     : "t%llu has not finished",
                                    (unsigned long long)job->id);
                return;
        }
        job_unregister(job);
        session_reply_done(session, request->id, true);
}
