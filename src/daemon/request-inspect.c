/* SPDX-License-Identifier: MIT */

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fault.h"
#include "daemon/capture.h"
#include "daemon/daemon.h"
#include "daemon/job.h"
#include "daemon/requests.h"
#include "daemon/session.h"

enum {
        PAGE_DEFAULT = 100,
        PAGE_MAX = 1000,
        TEXT_MAX = 129,
        STATE_END = 64,
};

/* One task's row, with what its fields borrow from. */
struct inspect_row {
        Gcasync__TaskInfo info;
        Gcasync__Failure failure;
        gca_task_info task_info;
};

struct inspect_page {
        struct inspect_row *rows;
        Gcasync__TaskInfo **pointers;
        size_t n, n_max;
        bool has_more;
};

/* ---- one task ---- */

/* A time of the monotonic clock in microseconds since 1970; 0 stays 0. */
static uint64_t time_to_us(uint64_t time_ns) {
        int64_t offset_ns = (int64_t)(clock_realtime_ns() - clock_monotonic_ns());

        return time_ns == 0 || time_ns == CLOCK_NEVER
                       ? 0
                       : (uint64_t)((int64_t)time_ns + offset_ns) / NS_PER_US;
}

static void row_fill_times(struct inspect_row *row, const struct job *job) {
        row->info.submitted_at_us = time_to_us(job->submitted_ns);
        row->info.started_at_us = time_to_us(row->task_info.started_ns);
        row->info.finished_at_us = time_to_us(row->task_info.finished_ns);
        row->info.deadline_at_us = time_to_us(row->task_info.deadline_ns);
}

static void row_fill_failure(struct inspect_row *row, const struct job *job) {
        gcasync__failure__init(&row->failure);
        if (!job->is_finished || row->info.state == GCASYNC__TASK_STATE__TASK_SUCCEEDED)
                return;
        row->failure.code = message_text(gca_task_get_failure_code(job->task));
        row->failure.message = message_text(gca_task_get_failure_message(job->task));
        row->failure.task = job->id;
        row->info.failure = &row->failure;
}

static void row_fill(struct inspect_row *row, struct job *job) {
        Gcasync__TaskInfo *info = &row->info;

        gcasync__task_info__init(info);
        gca_task_get_info(job->task, &row->task_info);
        info->task = job->id;
        info->kind = message_text(gca_task_get_kind(job->task)->full_name);
        info->state = job_get_state(job);
        info->uid = job->uid;
        info->detached = job->is_detached;
        info->label = message_text(job->label);
        info->worker = message_text(row->task_info.worker);
        info->arguments = message_text(job_get_summary(job));
        info->abort_requested = gca_task_is_abort_requested(job->task);
        row_fill_times(row, job);
        row_fill_failure(row, job);
}

static void row_fill_client(struct inspect_row *row, const struct job *job) {
        const struct session *session = sessions_find(job->daemon, job->session_id);

        row->info.pid = (uint32_t)job->pid;
        row->info.session = session ? session->id : 0;
        if (job->client_name)
                row->info.client_name = message_text(job->client_name);
        else if (session)
                row->info.client_name = message_text(session->client_name);
}

/* What is only told when one task is shown. */
static void row_fill_rest(struct inspect_row *row, const struct job *job) {
        struct capture *capture = job_get_capture(job);
        Gcasync__TaskInfo *info = &row->info;
        const struct waiter *waiter;
        struct capture_size size = { 0 };

        row_fill_client(row, job);
        if (capture)
                capture_get_size(capture, &size);
        info->stdout_bytes = size.stream_bytes[0];
        info->stderr_bytes = size.stream_bytes[1];
        info->progress_done = row->task_info.progress_done;
        info->progress_total = row->task_info.progress_total;
        info->progress_text = message_text(row->task_info.progress_text);
        info->waiting_for = message_text(row->task_info.waiting_for);
        info->memory_bytes = row->task_info.memory_bytes;
        info->n_polls = row->task_info.n_polls;
        info->stack_bytes = row->task_info.stack_bytes;
        info->stack_size = row->task_info.stack_size;
        /* The result is the task's thread's until the task has ended. */
        if (job->is_finished && info->state == GCASYNC__TASK_STATE__TASK_SUCCEEDED)
                info->result_bytes = job->result_size;
        list_for_each(waiter, &job->waiters, job_link)
                info->n_waiters += !waiter->is_submit;
}

static int inspect_reply(struct session *session,
                         uint64_t request_id,
                         Gcasync__TaskInfo **tasks,
                         size_t n,
                         bool has_more) {
        Gcasync__Reply reply = GCASYNC__REPLY__INIT;
        Gcasync__TaskList list = GCASYNC__TASK_LIST__INIT;

        list.n_tasks = n;
        list.tasks = tasks;
        list.more = has_more;
        reply.id = request_id;
        reply.body_case = GCASYNC__REPLY__BODY_TASKS;
        reply.tasks = &list;
        return session_reply(session, &reply);
}

static void inspect_show(struct session *session, const Gcasync__Request *request) {
        struct job *job = job_find_or_reply(session, request->id, request->inspect->task);
        Gcasync__TaskInfo *pointer;
        struct inspect_row row;

        if (!job)
                return;
        row_fill(&row, job);
        row_fill_rest(&row, job);
        pointer = &row.info;
        if (inspect_reply(session, request->id, &pointer, 1, false) == -EMSGSIZE)
                session_reply_limit(session,
                                    request->id,
                                    LIMIT_FRAME_BYTES,
                                    gcasync__task_info__get_packed_size(&row.info));
}

/* ---- a list ---- */

static bool text_is(const ProtobufCBinaryData *wanted, const char *text) {
        return text && strlen(text) == wanted->len && memcmp(text, wanted->data, wanted->len) == 0;
}

/* "core.echo" is that kind, "core." every kind of the module. */
static bool kind_matches(const ProtobufCBinaryData *wanted, const gca_kind_entry *entry) {
        size_t module_length = strlen(entry->module->name);

        if (wanted->data[wanted->len - 1] != '.')
                return text_is(wanted, entry->full_name);
        return wanted->len == module_length + 1 &&
               memcmp(wanted->data, entry->module->name, module_length) == 0;
}

/* A bit for each state that is wanted. Made once: the request may name millions, and each task is held
 * against them. */
static uint64_t inspect_gather_states(const Gcasync__Inspect *inspect) {
        uint64_t states = inspect->n_states == 0 ? UINT64_MAX : 0;

        for (size_t i = 0; i < inspect->n_states; i++)
                if ((uint32_t)inspect->states[i] < STATE_END)
                        states |= UINT64_C(1) << inspect->states[i];
        return states;
}

static bool inspect_matches(const struct session *session,
                            const Gcasync__Inspect *inspect,
                            uint64_t states,
                            const struct job *job) {
        if (!inspect->all_uids && job->uid != session->uid)
                return false;
        if (inspect->this_session && job->session_id != session->id)
                return false;
        if (inspect->label.len > 0 && !text_is(&inspect->label, job->label))
                return false;
        if (inspect->kind.len > 0 && !kind_matches(&inspect->kind, gca_task_get_kind(job->task)))
                return false;
        return states >> job_get_state(job) & 1;
}

static int page_init(struct inspect_page *page, uint32_t n_wanted) {
        page->n_max = n_wanted == 0 ? PAGE_DEFAULT : n_wanted < PAGE_MAX ? n_wanted : PAGE_MAX;
        page->rows = calloc(page->n_max, sizeof(*page->rows));
        page->pointers = calloc(page->n_max, sizeof(*page->pointers));
        return page->rows && page->pointers ? 0 : fault_raise(-ENOMEM);
}

static void page_deinit(struct inspect_page *page) {
        free(page->rows);
        free(page->pointers);
}

static void page_fill(struct inspect_page *page,
                      const struct session *session,
                      const Gcasync__Inspect *inspect) {
        const struct id_table *jobs = &session->daemon->jobs;
        struct job *job = id_table_find_after(jobs, inspect->after_task);
        uint64_t states = inspect_gather_states(inspect);

        for (; job; job = id_table_find_after(jobs, job->id)) {
                if (!inspect_matches(session, inspect, states, job))
                        continue;
                if (page->n == page->n_max) {
                        page->has_more = true;
                        return;
                }
                row_fill(&page->rows[page->n], job);
                page->pointers[page->n] = &page->rows[page->n].info;
                page->n++;
        }
}

/* A page that is too large for a frame is cut in half until it fits. */
static void page_reply(struct inspect_page *page, struct session *session, uint64_t request_id) {
        while (inspect_reply(session, request_id, page->pointers, page->n, page->has_more) ==
               -EMSGSIZE) {
                if (page->n <= 1) {
                        session_reply_limit(session,
                                            request_id,
                                            LIMIT_FRAME_BYTES,
                                            gcasync__task_info__get_packed_size(page->pointers[0]));
                        return;
                }
                page->n /= 2;
                page->has_more = true;
        }
}

static void inspect_list(struct session *session, const Gcasync__Request *request) {
        struct inspect_page page = { 0 };

        if (page_init(&page, request->inspect->page_size) < 0) {
                request_reply_no_memory(session, request);
        } else {
                page_fill(&page, session, request->inspect);
                page_reply(&page, session, request->id);
        }
        page_deinit(&page);
}

void request_inspect(struct session *session, const Gcasync__Request *request) {
        const Gcasync__Inspect *inspect = request->inspect;

        if (inspect->all_uids && session->uid != 0 && session->uid != session->daemon->uid) {
                session_reply_error(session,
                                    request->id,
                                    GCASYNC__ERROR_CODE__ERROR_DENIED,
                                    "only root and the daemon's own user see everybody's tasks");
                return;
        }
        if (!request_check_text(session, request, &inspect->kind, "kind", TEXT_MAX) ||
            !request_check_text(session, request, &inspect->label, "label", TEXT_MAX))
                return;
        if (inspect->task != 0)
                inspect_show(session, request);
        else
                inspect_list(session, request);
}
