/* SPDX-License-Identifier: MIT */

/* Answers with a task's result: who waits for one, when it is given, and what it says. */

#include <stdlib.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/fault.h"
#include "daemon/daemon.h"
#include "daemon/job.h"
#include "daemon/session.h"
#include "wire/hot.h"

enum {
        /* A peer that has taken nothing for so long is not just behind. */
        STUCK_NS = 1000000000,
};

/* ---- what is said ---- */

Gcasync__TaskState job_get_state(const struct job *job) {
        switch (gca_task_get_state(job->task)) {
        case GCA_TASK_QUEUED:
                return GCASYNC__TASK_STATE__TASK_QUEUED;
        case GCA_TASK_RUNNING:
                return GCASYNC__TASK_STATE__TASK_RUNNING;
        case GCA_TASK_SUSPENDED:
                return GCASYNC__TASK_STATE__TASK_SUSPENDED;
        case GCA_TASK_SUCCEEDED:
                return GCASYNC__TASK_STATE__TASK_SUCCEEDED;
        case GCA_TASK_FAILED:
                return GCASYNC__TASK_STATE__TASK_FAILED;
        case GCA_TASK_ABORTED:
                return GCASYNC__TASK_STATE__TASK_ABORTED;
        case GCA_TASK_TIMED_OUT:
                return GCASYNC__TASK_STATE__TASK_TIMED_OUT;
        }
        return GCASYNC__TASK_STATE__TASK_STATE_UNKNOWN;
}

static int job_reply_success(const struct job *job,
                             struct session *session,
                             uint64_t request_id,
                             bool wants_no_value) {
        struct hot_result success = { .id = request_id, .task = job->id };

        if (!wants_no_value) {
                success.value = job->result;
                success.value_size = job->result_size;
        }
        return session_reply_success(session, &success);
}

static int job_reply_failure(const struct job *job, struct session *session, uint64_t request_id) {
        Gcasync__Reply reply = GCASYNC__REPLY__INIT;
        Gcasync__Result result = GCASYNC__RESULT__INIT;
        Gcasync__Failure failure = GCASYNC__FAILURE__INIT;

        failure.code = message_text(gca_task_get_failure_code(job->task));
        failure.message = message_text(gca_task_get_failure_message(job->task));
        failure.task = job->id;
        result.task = job->id;
        result.state = job_get_state(job);
        result.failure = &failure;
        reply.id = request_id;
        reply.body_case = GCASYNC__REPLY__BODY_RESULT;
        reply.result = &result;
        return session_reply(session, &reply);
}

void job_reply_result(const struct job *job,
                      struct session *session,
                      uint64_t request_id,
                      bool wants_no_value) {
        int r;

        if (job_get_state(job) == GCASYNC__TASK_STATE__TASK_SUCCEEDED)
                r = job_reply_success(job, session, request_id, wants_no_value);
        else
                r = job_reply_failure(job, session, request_id);
        if (r == -EMSGSIZE)
                session_reply_limit(session, request_id, LIMIT_FRAME_BYTES, job->result_size);
}

void job_reply_progress(struct job *job) {
        Gcasync__Reply reply = GCASYNC__REPLY__INIT;
        Gcasync__Progress progress = GCASYNC__PROGRESS__INIT;
        struct session *session = job->submit.session;
        gca_task_info info;

        if (!job->wants_progress || job->is_finished || !session)
                return;
        job->is_progress_due = session_is_backed_up(session);
        if (job->is_progress_due) {
                session->is_progress_due = true;
                return;
        }
        gca_task_get_info(job->task, &info);
        progress.task = job->id;
        progress.done = info.progress_done;
        progress.total = info.progress_total;
        progress.text = message_text(info.progress_text);
        reply.id = job->submit.request_id;
        reply.body_case = GCASYNC__REPLY__BODY_PROGRESS;
        reply.progress = &progress;
        (void)session_reply(session, &reply);
}

void session_reply_due_progress(struct session *session) {
        struct waiter *waiter;

        session->is_progress_due = false;
        list_for_each(waiter, &session->waiters, session_link)
                if (waiter->is_submit && waiter->job->is_progress_due)
                        job_reply_progress(waiter->job);
}

/* ---- who waits ---- */

static void
waiter_link(struct waiter *waiter, struct session *session, struct job *job, uint64_t request_id) {
        waiter->session = session;
        waiter->job = job;
        waiter->request_id = request_id;
        list_push_back(&job->waiters, &waiter->job_link);
        list_push_back(&session->waiters, &waiter->session_link);
        session_begin_request(session);
}

int waiter_add(struct session *session, struct job *job, uint64_t request_id, bool wants_no_value) {
        struct waiter *waiter = calloc(1, sizeof(*waiter));

        if (!waiter)
                return fault_raise(-ENOMEM);
        waiter->wants_no_value = wants_no_value;
        waiter_link(waiter, session, job, request_id);
        return 0;
}

void waiter_add_submit(struct session *session, struct job *job, uint64_t request_id) {
        job->submit.is_submit = true;
        waiter_link(&job->submit, session, job, request_id);
}

/* The request is answered or given up. */
static void waiter_free(struct waiter *waiter) {
        struct session *session = waiter->session;
        gca_task *task = waiter->is_due ? waiter->job->task : NULL;

        if (waiter->is_due)
                session->due_bytes -= waiter->job->result_size;
        list_remove(&waiter->job_link);
        list_remove(&waiter->session_link);
        waiter->session = NULL;
        if (!waiter->is_submit)
                free(waiter);
        session_end_request(session);
        (void)gca_task_unref(task);
}

void waiter_remove(struct waiter *waiter) {
        waiter_free(waiter);
}

/*
 * Puts the answer off. The results stay with their jobs, but they are memory all the same: a peer that has
 * stopped reading is not waited for once they pass the bound.
 */
static void waiter_put_off(struct waiter *waiter) {
        struct session *session = waiter->session;
        const struct limits *limits = &session->daemon->limits;
        uint64_t size;

        list_remove(&waiter->job_link);
        list_remove(&waiter->session_link);
        list_push_back(&session->due, &waiter->session_link);
        waiter->is_due = true;
        (void)gca_task_ref(waiter->job->task);
        session->due_bytes += waiter->job->result_size;
        size = session->due_bytes + buffer_get_length(&session->output);
        if (size <= limits_get(limits, LIMIT_FRAME_BYTES) + limits_get(limits, LIMIT_OUTPUT_BYTES))
                return;
        if (timeout_is_running(&session->output_timeout) &&
            gca_now_ns() - session->output_timeout.since_ns >= STUCK_NS) {
                session_fail_limit(session,
                                   GCASYNC__ERROR_CODE__ERROR_SLOW_READER,
                                   LIMIT_OUTPUT_BYTES,
                                   "replies were not read and became too many");
                session_close(session);
        }
}

void waiter_answer(struct waiter *waiter) {
        const struct job *job = waiter->job;

        assert(job->is_finished);
        if (!job->is_result_borrowed && session_is_backed_up(waiter->session)) {
                waiter_put_off(waiter);
                return;
        }
        job_reply_result(job, waiter->session, waiter->request_id, waiter->wants_no_value);
        waiter_free(waiter);
}

void session_answer_due(struct session *session) {
        while (!list_is_empty(&session->due) && !session_is_backed_up(session)) {
                struct waiter *waiter = list_entry(session->due.next, struct waiter, session_link);

                job_reply_result(waiter->job, session, waiter->request_id, waiter->wants_no_value);
                waiter_free(waiter);
        }
}
