/* SPDX-License-Identifier: MIT */

#include <string.h>

#include "daemon/job.h"
#include "daemon/requests.h"
#include "daemon/session.h"

enum {
        REASON_MAX = 128,
};

/* Who may see a task may abort it: its own uid, root, the daemon's uid. */
void request_abort(struct session *session, const Gcasync__Request *request) {
        const Gcasync__Abort *abort = request->abort;
        char reason[REASON_MAX + 1];
        struct job *job;
        bool is_changed;

        if (!request_check_text(session, request, &abort->reason, "reason", REASON_MAX))
                return;
        job = job_find_or_reply(session, request->id, abort->task);
        if (!job)
                return;
        if (abort->reason.len > 0)
                memcpy(reason, abort->reason.data, abort->reason.len);
        reason[abort->reason.len] = '\0';
        is_changed = job_abort(job,
                               abort->now ? GCA_ABORT_KILL : GCA_ABORT_REQUEST,
                               *reason ? reason : "aborted on request");
        session_reply_done(session, request->id, is_changed);
}
