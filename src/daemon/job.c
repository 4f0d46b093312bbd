/* SPDX-License-Identifier: MIT */

#include "daemon/job.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/fault.h"
#include "daemon/account.h"
#include "daemon/capture.h"
#include "daemon/daemon.h"
#include "daemon/follower.h"
#include "daemon/session.h"
#include "daemon/summary.h"

struct job *job_from_task(const gca_task *task) {
        struct job *job = gca_task_host(task);

        assert(job->magic == JOB_MAGIC);
        return job;
}

/* ---- the registry ---- */

int job_register(struct job *job) {
        struct daemon *daemon = job->daemon;
        int r;

        r = id_table_add(&daemon->jobs, job->id, job);
        if (r < 0)
                return fault_pass(r);
        job->is_registered = true;
        job->account->n_tasks++;
        job->account->queued_bytes += job->arguments_size;
        shutdown_add_job(&daemon->shutdown);
        return 0;
}

void job_unregister(struct job *job) {
        assert(job->is_registered);
        assert(job->is_settled);
        id_table_remove(&job->daemon->jobs, job->id);
        job->is_registered = false;
        if (job->is_in_history) {
                history_remove(&job->account->history, &job->history);
                job->is_in_history = false;
        }
        account_release(job->account);
        job->account = NULL;
        (void)gca_task_unref(job->task);
}

bool job_is_visible(const struct job *job, const struct session *session) {
        return session->uid == job->uid || session->uid == 0 ||
               session->uid == session->daemon->uid;
}

int job_find(const struct session *session, uint64_t id, struct job **ret_job) {
        const struct daemon *daemon = session->daemon;
        struct job *job;

        if (id == 0 || id > daemon->last_task_id)
                return JOB_E_NOT_FOUND;
        job = id_table_find(&daemon->jobs, id);
        if (!job)
                return JOB_E_GONE;
        if (!job_is_visible(job, session))
                return JOB_E_NOT_FOUND;
        *ret_job = job;
        return 0;
}

struct job *job_find_or_reply(struct session *session, uint64_t request_id, uint64_t id) {
        struct job *job = NULL;
        int r;

        r = job_find(session, id, &job);
        if (r == JOB_E_GONE)
                session_reply_error(session,
                                    request_id,
                                    GCASYNC__ERROR_CODE__ERROR_GONE,
                                    "t%llu has ended, and its result is not kept any more",
                                    (unsigned long long)id);
        else if (r != 0)
                session_reply_error(session,
                                    request_id,
                                    GCASYNC__ERROR_CODE__ERROR_NOT_FOUND,
                                    "there is no task t%llu",
                                    (unsigned long long)id);
        return job;
}

const char *job_get_summary(struct job *job) {
        struct graph_chunk encoded = { .data = job->arguments, .size = job->arguments_size };
        struct summary summary;

        if (!job->summary && job->arguments) {
                summary_make(&summary, gca_task_get_kind(job->task)->kind, encoded);
                job->summary = strdup(summary.text);
        }
        return job->summary ? job->summary : "";
}

/* ---- the end ---- */

static void job_count_end(struct job *job) {
        struct daemon *daemon = job->daemon;
        const char *code;

        daemon->n_tasks_finished++;
        if (gca_task_get_state(job->task) != GCA_TASK_FAILED)
                return;
        code = gca_task_get_failure_code(job->task);
        if (code && strcmp(code, "memory-limit") == 0)
                limits_count_reached(&daemon->limits, LIMIT_TASK_MEMORY_BYTES);
        if (code && strcmp(code, "heap-limit") == 0)
                limits_count_reached(&daemon->limits, LIMIT_HEAP_BYTES);
}

void job_finish(struct job *job) {
        struct waiter *waiter;

        assert(!job->is_finished);
        job->is_finished = true;
        job_count_end(job);
        list_for_each(waiter, &job->waiters, job_link)
                if (!waiter->is_submit || !job->waits_for_output)
                        waiter_answer(waiter);
        job_pump_followers(job);
}

static void job_free_arguments(struct job *job) {
        if (!job->is_inline)
                free((void *)(uintptr_t)job->arguments);
        job->arguments = NULL;
}

static void job_free_result(struct job *job) {
        if (!job->is_result_borrowed)
                free((void *)(uintptr_t)job->result);
        job->result = NULL;
        job->result_size = 0;
        job->is_result_borrowed = false;
}

static void job_enter_history(struct job *job) {
        struct history *history = &job->account->history;
        const struct limits *limits = &job->daemon->limits;
        struct capture *capture = job_get_capture(job);
        struct capture_size size = { 0 };
        struct history_entry *oldest;

        if (capture)
                capture_get_size(capture, &size);
        history_push(history, &job->history, job->result_size + size.stored_bytes);
        job->is_in_history = true;
        /* The last one to go takes the account with it; then there is nothing more to find. */
        while ((oldest = history_find_excess(history,
                                             limits_get(limits, LIMIT_HISTORY_TASKS),
                                             limits_get(limits, LIMIT_HISTORY_BYTES)))) {
                bool is_last = history->n == 1;

                job_unregister(container_of(oldest, struct job, history));
                if (is_last)
                        break;
        }
}

void job_settle(struct job *job) {
        assert(job->is_finished);
        assert(!job->is_settled);
        job->is_settled = true;
        if (job->is_detached)
                (void)job_get_summary(job);
        job_free_arguments(job);
        if (gca_task_get_state(job->task) != GCA_TASK_SUCCEEDED)
                job_free_result(job);
        if (!job->is_registered) {
                (void)gca_task_unref(job->task);
                return;
        }
        job->account->n_tasks--;
        job->account->queued_bytes -= job->arguments_size;
        shutdown_remove_job(&job->daemon->shutdown);
        if (job->is_detached)
                job_enter_history(job);
        else
                job_unregister(job);
}

void job_deinit(struct job *job) {
        job_free_arguments(job);
        job_free_result(job);
        /* Relaxed: with the last reference gone nobody else looks, and giving it up ordered the rest. */
        (void)capture_free(atomic_load_explicit(&job->capture, memory_order_relaxed));
        free(job->label);
        free(job->client_name);
        free(job->summary);
        job->magic = 0;
}

bool job_abort(struct job *job, gca_abort how, const char *reason) {
        return gca_task_abort(job->task, how, reason);
}
