/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A job: the daemon's part of a task, allocated with it. The word "task" stays the runtime's and the
 * protocol's; a job is what the daemon adds: who asked, for what, who waits.
 *
 * OWNERSHIP. The reference from gca_task_new() is the registry's: it is given up when a job leaves the table
 * of jobs (an inline one, which nobody can find, is never in it and goes at once). Whatever else holds a job
 * across passes (a due answer, a follower, a notice under way) has a reference of its own.
 *
 *     submitted --> finished (answers are given) --> settled (arguments are freed)
 *                                                        |-- attached: leaves the table
 *                                                        +-- detached: enters the history, leaves later
 *
 * THREADS. All is the I/O thread's but: arguments, which do not change while the task runs; result, which belongs to the task's thread until the task has finished as succeeded; the atomics.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/list.h"
#include "daemon/history.h"
#include "gcasync.pb-c.h"
#include "gcasync/runtime.h"

struct account;
struct capture;
struct daemon;
struct session;

enum {
        JOB_MAGIC = 0x10b10b10,
};

enum {
        JOB_E_NOT_FOUND = 1, /* none, or not for this uid to know of */
        JOB_E_GONE,          /* there was one */
};

/* A request that is answered with a task's result. */
struct waiter {
        struct list job_link;     /* of the job's waiters */
        struct list session_link; /* of the session's waiters, or of its due */
        struct session *session;
        struct job *job;
        uint64_t request_id;
        bool is_submit; /* part of the job, not allocated by itself */
        bool is_due;    /* holds a reference to the task */
        bool wants_no_value;
};

struct job {
        uint32_t magic;
        uint32_t uid;
        gca_task *task;
        struct daemon *daemon;
        struct account *account;
        uint64_t id;
        const uint8_t *arguments; /* encoded; the job's own unless is_inline */
        size_t arguments_size;
        const uint8_t *result; /* encoded; the encoder's, for the moment, if is_result_borrowed */
        size_t result_size;
        struct waiter submit; /* attached, not yet answered: linked */
        struct list waiters;
        struct list followers; /* struct follower */
        struct history_entry history;
        uint64_t submitted_ns;
        uint64_t session_id;
        char *label;
        char *client_name; /* detached: a copy */
        char *summary;     /* of the arguments, once somebody asked */
        pid_t pid;
        bool is_inline;     /* surely runs to its end inside gca_task_submit() */
        bool is_registered; /* in the table; an inline, attached one never is */
        bool is_detached;
        bool is_finished, is_settled;
        bool is_in_history;
        bool is_result_borrowed;
        bool wants_progress, is_progress_due;
        bool waits_for_output; /* the Submit is answered behind its last Output */
        /* Written by the task's thread, once, under the rules of the notice note in job-output.c. */
        _Atomic(struct capture *) capture;
        _Atomic bool has_followers;
        _Atomic bool is_notice_pending;
        gca_post notice;
};

struct job *job_from_task(const gca_task *task);

/* ---- the registry (job.c) ---- */

/* Enters it into the table; from now on the table owns the task's first reference. 0 or -ENOMEM. */
int job_register(struct job *job);
/* Takes it out: out of the history, too. */
void job_unregister(struct job *job);

/* A job by id, for a session. 0 or JOB_E_…. */
int job_find(const struct session *session, uint64_t id, struct job **ret_job);
/* The same, after answering the request with the error. NULL then. */
struct job *job_find_or_reply(struct session *session, uint64_t request_id, uint64_t id);

bool job_is_visible(const struct job *job, const struct session *session);

/* The task's end, as the runtime tells it. */
void job_finish(struct job *job);
void job_settle(struct job *job);
/* Frees what the job owns; the last reference is gone. Any thread. */
void job_deinit(struct job *job);

/* The arguments in short, kept once made; "" where there are none. */
const char *job_get_summary(struct job *job);

/* Aborts it because its session, its daemon, or somebody asks for it. */
bool job_abort(struct job *job, gca_abort how, const char *reason);

/* ---- answers (waiter.c) ---- */

/* A request that waits for the job, which has not finished. 0 or -ENOMEM. */
int waiter_add(struct session *session, struct job *job, uint64_t request_id, bool wants_no_value);
/* The Submit itself. */
void waiter_add_submit(struct session *session, struct job *job, uint64_t request_id);
/* The job has finished: answers, or puts the answer off until the session has room. */
void waiter_answer(struct waiter *waiter);
/* The session is over. */
void waiter_remove(struct waiter *waiter);
/* Gives answers that were put off, while there is room. */
void session_answer_due(struct session *session);

/* Appends the Result of a finished job. */
void job_reply_result(const struct job *job,
                      struct session *session,
                      uint64_t request_id,
                      bool wants_no_value);
/* Sends the newest progress report, or notes that it is due. */
void job_reply_progress(struct job *job);
void session_reply_due_progress(struct session *session);

Gcasync__TaskState job_get_state(const struct job *job);

/* ---- captured output (job-output.c) ---- */

/* On the task's thread. 0 or -errno. */
int job_write_output(struct job *job, int stream, const void *data, size_t size);
/* The capture, or NULL: nothing was written yet. */
struct capture *job_get_capture(const struct job *job);
