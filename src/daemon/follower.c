/* SPDX-License-Identifier: MIT */

#include "daemon/follower.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/fault.h"
#include "daemon/daemon.h"
#include "daemon/job.h"
#include "daemon/session.h"

enum {
        OUTPUT_OVERHEAD = 128, /* of an Output event, above its data */
};

int follower_new(struct session *session, struct job *job, const struct follower *properties) {
        struct follower *follower = malloc(sizeof(*follower));
        uint64_t frame_max = limits_get(&session->daemon->limits, LIMIT_FRAME_BYTES);

        if (!follower)
                return fault_raise(-ENOMEM);
        *follower = *properties;
        follower->session = session;
        follower->job = job;
        follower->cursor.read_max = CAPTURE_RECORD_MAX;
        if (follower->cursor.read_max > frame_max - OUTPUT_OVERHEAD)
                follower->cursor.read_max = (size_t)frame_max - OUTPUT_OVERHEAD;
        (void)gca_task_ref(job->task);
        list_push_back(&session->followers, &follower->session_link);
        list_push_back(&job->followers, &follower->job_link);
        /* Seq_cst: before the reads of the capture; see the notice note in job-output.c. */
        atomic_store_explicit(&job->has_followers, true, memory_order_seq_cst);
        if (!follower->is_submit)
                session_begin_request(session);
        return 0;
}

struct follower *follower_free(struct follower *follower) {
        struct session *session = follower->session;
        struct job *job = follower->job;

        list_remove(&follower->session_link);
        list_remove(&follower->job_link);
        if (list_is_empty(&job->followers))
                /* Seq_cst for the pair's sake; a notice too many does no harm. */
                atomic_store_explicit(&job->has_followers, false, memory_order_seq_cst);
        if (!follower->is_submit)
                session_end_request(session);
        (void)gca_task_unref(job->task);
        free(follower);
        return NULL;
}

static void follower_send(struct follower *follower, const struct capture_chunk *chunk) {
        Gcasync__Reply reply = GCASYNC__REPLY__INIT;
        Gcasync__Output output = GCASYNC__OUTPUT__INIT;

        output.task = follower->job->id;
        output.stream = (Gcasync__OutputStream)chunk->stream;
        output.offset = chunk->offset;
        output.cut_bytes = chunk->cut_bytes;
        output.data = message_bytes(follower->session->daemon->chunk, chunk->size);
        reply.id = follower->request_id;
        reply.body_case = GCASYNC__REPLY__BODY_OUTPUT;
        reply.output = &output;
        (void)session_reply(follower->session, &reply);
        follower->sent_bytes += chunk->size;
}

static void follower_send_end(struct follower *follower) {
        struct capture *capture = job_get_capture(follower->job);
        Gcasync__Reply reply = GCASYNC__REPLY__INIT;
        Gcasync__LogEnd end = GCASYNC__LOG_END__INIT;
        struct capture_size size = { 0 };
        uint64_t wanted;

        if (capture)
                capture_get_size(capture, &size);
        end.stdout_bytes = size.stream_bytes[0];
        end.stderr_bytes = size.stream_bytes[1];
        wanted = (follower->stream != 2 ? end.stdout_bytes : 0) +
                 (follower->stream != 1 ? end.stderr_bytes : 0);
        end.cut_bytes = wanted - follower->sent_bytes;
        reply.id = follower->request_id;
        reply.body_case = GCASYNC__REPLY__BODY_LOG_END;
        reply.log_end = &end;
        (void)session_reply(follower->session, &reply);
}

static void follower_finish(struct follower *follower) {
        if (follower->is_submit)
                waiter_answer(&follower->job->submit);
        else
                follower_send_end(follower);
        (void)follower_free(follower);
}

void follower_pump(struct follower *follower) {
        struct session *session = follower->session;

        while (session_is_open(session) && !session_is_backed_up(session)) {
                struct capture *capture = job_get_capture(follower->job);
                struct capture_chunk chunk;
                int r = CAPTURE_E_END;

                if (capture)
                        r = capture_read(capture,
                                         &follower->cursor,
                                         follower->stream,
                                         session->daemon->chunk,
                                         &chunk);
                if (r == 0) {
                        follower_send(follower, &chunk);
                        continue;
                }
                if (r < 0)
                        log_warning("t%llu: captured output cannot be read: %s",
                                    (unsigned long long)follower->job->id,
                                    strerror(-r));
                if (follower->job->is_finished ||
                    (!follower->is_submit && (r < 0 || !follower->is_following)))
                        follower_finish(follower);
                return;
        }
}

void job_pump_followers(struct job *job) {
        struct follower *follower;

        list_for_each(follower, &job->followers, job_link)
                follower_pump(follower);
}

void session_pump_followers(struct session *session) {
        struct follower *follower;

        list_for_each(follower, &session->followers, session_link)
                follower_pump(follower);
}
