/* SPDX-License-Identifier: MIT */

#include "task-info.h"

#include <inttypes.h>
#include <pwd.h>

#include "document.h"
#include "memory.h"

static void write_failure(struct document *document, const gcasync_task_info *info) {
        document_key(document, "failure");
        if (!*info->failure_code) {
                document_add_null(document);
                return;
        }
        document_open_map(document);
        document_set_text(document, "code", info->failure_code);
        document_set_text(document, "message", info->failure_message);
        document_close_map(document);
}

static void write_full(struct document *document, const gcasync_task_info *info) {
        document_key(document, "progress");
        document_open_map(document);
        document_set_uint(document, "done", info->progress_done);
        document_set_uint(document, "total", info->progress_total);
        document_set_text(document, "text", info->progress_text);
        document_close_map(document);
        document_set_text(document, "waiting_for", info->waiting_for);
        document_set_bool(document, "abort_requested", info->abort_requested);
        document_set_uint(document, "stdout_bytes", info->stdout_bytes);
        document_set_uint(document, "stderr_bytes", info->stderr_bytes);
        document_set_uint(document, "result_bytes", info->result_bytes);
        document_set_uint(document, "memory_bytes", info->memory_bytes);
        document_set_uint(document, "polls", info->n_polls);
        document_set_uint(document, "stack_bytes", info->stack_bytes);
        document_set_uint(document, "stack_size", info->stack_size);
        document_set_uint(document, "waiters", info->n_waiters);
        document_set_uint(document, "session", info->session);
        document_set_text(document, "client", info->client_name);
        document_set_uint(document, "client_pid", info->pid);
}

void task_info_write(struct document *document, const gcasync_task_info *info, bool is_full) {
        document_set_task(document, "task", info->task);
        document_set_text(document, "kind", info->kind);
        document_set_text(document, "state", gcasync_state_to_string(info->state));
        document_set_uint(document, "uid", info->uid);
        document_set_bool(document, "detached", info->detached);
        document_set_text(document, "label", info->label);
        document_set_text(document, "arguments", info->arguments);
        document_set_time(document, "submitted_at", info->submitted_at_us);
        document_set_time(document, "started_at", info->started_at_us);
        document_set_time(document, "finished_at", info->finished_at_us);
        document_set_time(document, "deadline_at", info->deadline_at_us);
        document_set_text(document, "worker", info->worker);
        write_failure(document, info);
        if (is_full)
                write_full(document, info);
}

enum table_style task_info_get_style(gcasync_state state) {
        switch (state) {
        case GCASYNC_STATE_SUCCEEDED:
                return TABLE_GOOD;
        case GCASYNC_STATE_FAILED:
                return TABLE_BAD;
        case GCASYNC_STATE_ABORTED:
        case GCASYNC_STATE_TIMED_OUT:
                return TABLE_WARNING;
        case GCASYNC_STATE_RUNNING:
        case GCASYNC_STATE_SUSPENDED:
                return TABLE_ACTIVE;
        case GCASYNC_STATE_WAITING_FOR_ARGUMENTS:
        case GCASYNC_STATE_QUEUED:
                break;
        }
        return TABLE_PLAIN;
}

/* The clock of the time of day may have been set back meanwhile. */
static uint64_t time_between_us(uint64_t from_us, uint64_t to_us) {
        return to_us > from_us ? to_us - from_us : 0;
}

uint64_t task_info_get_age_us(const gcasync_task_info *info, uint64_t now_us) {
        return time_between_us(info->submitted_at_us, now_us);
}

uint64_t task_info_get_run_time_us(const gcasync_task_info *info, uint64_t now_us) {
        if (info->started_at_us == 0)
                return 0;
        return time_between_us(info->started_at_us,
                               info->finished_at_us ? info->finished_at_us : now_us);
}

char *task_info_get_user(uint32_t uid) {
        const struct passwd *user = getpwuid(uid);

        return user ? memory_copy_text(user->pw_name) : memory_format("%" PRIu32, uid);
}
