/* SPDX-License-Identifier: MIT */

/*
 * Submit, the daemon's hot path. An inline, attached task is the fast case: its arguments are lent from the
 * request, it is in no table and no account, and when gca_task_submit() returns it has been answered and is
 * gone.
 */

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fault.h"
#include "daemon/account.h"
#include "daemon/daemon.h"
#include "daemon/follower.h"
#include "daemon/job.h"
#include "daemon/requests.h"
#include "daemon/session.h"

enum {
        LABEL_MAX = 128,
};

/* The first option of the request that belongs to references, groups or keys; NULL: none. */
static const char *submit_find_unimplemented(const Gcasync__Submit *submit) {
        if (submit->result_handle != 0)
                return "result_handle";
        if (submit->unreachable != GCASYNC__UNREACHABLE__UNREACHABLE_DEFAULT)
                return "unreachable";
        if (submit->group.len > 0)
                return "group";
        if (submit->key.len > 0)
                return "key";
        if (submit->n_after > 0)
                return "after";
        if (submit->name.len > 0)
                return "name";
        return NULL;
}

/* Whether the request makes sense by itself; false after it was answered. */
static bool submit_check(struct session *session, const Gcasync__Request *request) {
        const Gcasync__Submit *submit = request->submit;
        const char *option = submit_find_unimplemented(submit);

        if (option) {
                session_reply_error(session,
                                    request->id,
                                    GCASYNC__ERROR_CODE__ERROR_UNIMPLEMENTED,
                                    "this daemon does not know the option %s",
                                    option);
                return false;
        }
        if (submit->detached && (submit->want_progress || submit->want_output)) {
                session_reply_error(session,
                                    request->id,
                                    GCASYNC__ERROR_CODE__ERROR_INVALID_REQUEST,
                                    "a detached task is answered at once, so no progress or output "
                                    "can be sent: use Await and Log");
                return false;
        }
        return request_check_text(session, request, &submit->label, "label", LABEL_MAX);
}

static const gca_kind_entry *submit_find_kind(struct session *session,
                                              const Gcasync__Request *request) {
        const ProtobufCBinaryData *name = &request->submit->kind;
        struct daemon *daemon = session->daemon;
        const gca_kind_entry *entry;

        /* Tasks of a kind come in rows. */
        if (name->len == daemon->last_kind_length && name->len > 0 &&
            memcmp(name->data, daemon->last_kind->full_name, name->len) == 0)
                return daemon->last_kind;
        if (name->len == 0) {
                session_reply_error(session,
                                    request->id,
                                    GCASYNC__ERROR_CODE__ERROR_INVALID_REQUEST,
                                    "the field kind is missing");
                return NULL;
        }
        entry = gca_registry_find(daemon->registry, (const char *)name->data, name->len);
        if (!entry) {
                request_reply_unknown_kind(
                        session, request, name, GCASYNC__ERROR_CODE__ERROR_UNKNOWN_KIND);
                return NULL;
        }
        daemon->last_kind = entry;
        daemon->last_kind_length = name->len;
        return entry;
}

/* What runs programs runs them as the daemon's user, so only for that one; false after the request was answered. */
static bool submit_check_rights(struct session *session,
                                const Gcasync__Request *request,
                                const gca_kind_entry *entry) {
        if (!(entry->kind->flags & GCA_KIND_EXECUTES) || session->uid == session->daemon->uid)
                return true;
        session_reply_error(session,
                            request->id,
                            GCASYNC__ERROR_CODE__ERROR_DENIED,
                            "this daemon runs no programs for uid %u: use your own (gcasyncctl "
                            "--user)",
                            (unsigned)session->uid);
        return false;
}

static bool submit_is_inline(const gca_kind_entry *entry, size_t arguments_size) {
        return entry->kind->mode == GCA_MODE_INLINE && entry->is_inline_allowed &&
               arguments_size <= entry->kind->inline_limit_bytes;
}

/*
 * Whether the uid has room for one more; false after the request was answered. What is over before anything
 * else happens takes none.
 */
static bool submit_check_limits(struct session *session,
                                const Gcasync__Request *request,
                                const gca_kind_entry *entry) {
        const struct account *account = session->account;
        const struct limits *limits = &session->daemon->limits;
        uint64_t queued_bytes = account->queued_bytes + request->submit->arguments.len;

        if (submit_is_inline(entry, request->submit->arguments.len) && !request->submit->detached)
                return true;
        if (account->n_tasks >= limits_get(limits, LIMIT_TASKS)) {
                session_reply_limit(session, request->id, LIMIT_TASKS, account->n_tasks);
                return false;
        }
        if (queued_bytes > limits_get(limits, LIMIT_QUEUED_BYTES)) {
                session_reply_limit(session, request->id, LIMIT_QUEUED_BYTES, queued_bytes);
                return false;
        }
        return true;
}

static struct job *submit_make_job(struct session *session,
                                   const Gcasync__Request *request,
                                   const gca_kind_entry *entry) {
        const Gcasync__Submit *submit = request->submit;
        gca_task_options options = {
                .size = sizeof(options),
                .kind = entry,
                .id = session->daemon->last_task_id + 1,
                .uid = session->uid,
                .host_size = sizeof(struct job),
                .arguments_size = submit->arguments.len,
        };
        gca_task *task;
        struct job *job;

        if (submit->timeout_us > 0)
                options.deadline_ns =
                        submit->timeout_us > CLOCK_NEVER / NS_PER_US
                                ? CLOCK_NEVER
                                : clock_add_ns(gca_now_ns(), submit->timeout_us * NS_PER_US);
        task = gca_task_new(session->daemon->runtime, &options);
        if (!task)
                return NULL;
        job = gca_task_host(task);
        job->magic = JOB_MAGIC;
        job->uid = session->uid;
        job->task = task;
        job->daemon = session->daemon;
        job->account = session->account;
        job->id = options.id;
        job->session_id = session->id;
        job->pid = session->pid;
        job->is_detached = submit->detached;
        job->wants_progress = submit->want_progress;
        job->waits_for_output = submit->want_output;
        /* One that is past its deadline at once ends in a later phase, when what it was lent is gone. */
        job->is_inline = submit->timeout_us == 0 && submit_is_inline(entry, submit->arguments.len);
        job->arguments_size = submit->arguments.len;
        list_init(&job->waiters);
        list_init(&job->followers);
        list_init(&job->submit.job_link);
        list_init(&job->submit.session_link);
        return job;
}

/* What a job needs that others can find, or that is still there in the next pass. */
static int
submit_keep(struct job *job, const struct session *session, const Gcasync__Submit *submit) {
        uint8_t *arguments;

        job->submitted_ns = gca_now_ns();
        if (submit->label.len > 0) {
                job->label = strndup((const char *)submit->label.data, submit->label.len);
                if (!job->label)
                        return fault_raise(-ENOMEM);
        }
        if (job->is_detached) {
                job->client_name = strdup(session->client_name);
                if (!job->client_name)
                        return fault_raise(-ENOMEM);
        }
        if (!job->is_inline && submit->arguments.len > 0) {
                arguments = malloc(submit->arguments.len);
                if (!arguments)
                        return fault_raise(-ENOMEM);
                memcpy(arguments, submit->arguments.data, submit->arguments.len);
                job->arguments = arguments;
        }
        return 0;
}

static void submit_reply_accepted(struct session *session, uint64_t request_id, uint64_t id) {
        Gcasync__Reply reply = GCASYNC__REPLY__INIT;
        Gcasync__Accepted accepted = GCASYNC__ACCEPTED__INIT;

        accepted.task = id;
        reply.id = request_id;
        reply.body_case = GCASYNC__REPLY__BODY_ACCEPTED;
        reply.accepted = &accepted;
        (void)session_reply(session, &reply);
}

static void submit_reply_submitted(struct session *session, uint64_t request_id, uint64_t id) {
        Gcasync__Reply reply = GCASYNC__REPLY__INIT;
        Gcasync__Submitted submitted = GCASYNC__SUBMITTED__INIT;

        submitted.task = id;
        reply.id = request_id;
        reply.body_case = GCASYNC__REPLY__BODY_SUBMITTED;
        reply.submitted = &submitted;
        (void)session_reply(session, &reply);
}

/* Everything that can fail. The table comes last: from then on others know of the job. */
static int
submit_prepare(struct session *session, const Gcasync__Request *request, struct job *job) {
        struct follower properties = { .request_id = request->id,
                                       .is_following = true,
                                       .is_submit = true };
        bool is_kept = !job->is_inline || job->is_detached;
        int r = 0;

        if (job->is_inline)
                job->arguments = request->submit->arguments.data;
        if (is_kept)
                r = submit_keep(job, session, request->submit);
        if (r == 0 && request->submit->want_output)
                r = follower_new(session, job, &properties);
        if (r == 0 && is_kept)
                r = job_register(job);
        return fault_pass(r);
}

/* A job that came to nothing: never submitted, so the runtime will not call for it. */
static void submit_discard(struct job *job) {
        while (!list_is_empty(&job->followers))
                (void)follower_free(list_entry(job->followers.next, struct follower, job_link));
        (void)gca_task_unref(job->task);
}

static void
submit_start(struct session *session, const Gcasync__Request *request, struct job *job) {
        session->daemon->last_task_id = job->id;
        session->daemon->n_tasks_submitted++;
        if (job->is_detached) {
                submit_reply_submitted(session, request->id, job->id);
        } else {
                if (request->submit->want_accepted)
                        submit_reply_accepted(session, request->id, job->id);
                waiter_add_submit(session, job, request->id);
        }
        gca_task_submit(job->task);
}

void request_submit(struct session *session, const Gcasync__Request *request) {
        const gca_kind_entry *entry;
        struct job *job;

        if (!submit_check(session, request))
                return;
        entry = submit_find_kind(session, request);
        if (!entry)
                return;
        if (shutdown_has_begun(&session->daemon->shutdown)) {
                session_reply_error(session,
                                    request->id,
                                    GCASYNC__ERROR_CODE__ERROR_SHUTTING_DOWN,
                                    "the daemon is shutting down and takes no new tasks");
                return;
        }
        if (!submit_check_rights(session, request, entry) ||
            !submit_check_limits(session, request, entry))
                return;
        job = submit_make_job(session, request, entry);
        if (!job) {
                request_reply_no_memory(session, request);
                return;
        }
        if (submit_prepare(session, request, job) < 0) {
                submit_discard(job);
                request_reply_no_memory(session, request);
                return;
        }
        submit_start(session, request, job);
}
