/* SPDX-License-Identifier: MIT */

#include "daemon/job.h"
#include "daemon/requests.h"
#include "daemon/session.h"

void request_await(struct session *session, const Gcasync__Request *request) {
        const Gcasync__Await *await = request->await;
        struct job *job = job_find_or_reply(session, request->id, await->task);

        if (!job)
                return;
        if (job->is_finished) {
                job_reply_result(job, session, request->id, await->no_value);
                return;
        }
        if (await->no_wait) {
                session_reply_error(session,
                                    request->id,
                                    GCASYNC__ERROR_CODE__ERROR_CONFLICT,
                                    "t%llu has not finished",
                                    (unsigned long long)job->id);
                return;
        }
        if (waiter_add(session, job, request->id, await->no_value) < 0)
                request_reply_no_memory(session, request);
}
