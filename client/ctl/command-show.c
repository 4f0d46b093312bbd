/* SPDX-License-Identifier: MIT */

/* gcasyncctl show: one task in full. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "context.h"
#include "document.h"
#include "memory.h"
#include "table.h"
#include "task-info.h"
#include "text.h"

const struct option command_show_options[] = { { 0 } };

static void add_text(struct table *table, const char *name, const char *text) {
        if (!*text)
                return;
        table_add(table, name);
        table_add(table, text);
}

static void add_number(struct table *table, const char *name, uint64_t number) {
        cleanup_(freep) char *text = memory_format("%" PRIu64, number);

        if (number != 0)
                add_text(table, name, text);
}

static void add_bytes(struct table *table, const char *name, uint64_t bytes) {
        cleanup_(freep) char *text = text_format_bytes(bytes);

        if (bytes != 0)
                add_text(table, name, text);
}

/* How deep a coroutine was so far, at an await. */
static void add_stack(struct table *table, const gcasync_task_info *info) {
        cleanup_(freep) char *used = text_format_bytes(info->stack_bytes);
        cleanup_(freep) char *size = text_format_bytes(info->stack_size);
        cleanup_(freep) char *text = memory_format("%s of %s", used, size);

        if (info->stack_size != 0)
                add_text(table, "stack", text);
}

static void add_time(struct table *table, const char *name, uint64_t at_us) {
        char text[TEXT_TIME_SIZE];

        if (at_us == 0)
                return;
        text_format_time(at_us, text);
        add_text(table, name, text);
}

static void add_state(struct table *table, const gcasync_task_info *info) {
        table_add(table, "state");
        table_add_styled(
                table, gcasync_state_to_string(info->state), task_info_get_style(info->state));
        add_text(table, "waiting for", info->waiting_for);
        if (info->abort_requested && info->finished_at_us == 0)
                add_text(table, "abort", "requested");
        if (!*info->failure_code)
                return;
        add_text(table, "failure", info->failure_code);
        add_text(table, "because", info->failure_message);
}

static void add_progress(struct table *table, const gcasync_task_info *info) {
        cleanup_(freep) char *text = NULL;

        if (info->progress_done == 0 && info->progress_total == 0 && !*info->progress_text)
                return;
        if (info->progress_total > 0)
                text = memory_format("%" PRIu64 " of %" PRIu64 " %s",
                                     info->progress_done,
                                     info->progress_total,
                                     info->progress_text);
        else
                text = memory_format("%" PRIu64 " %s", info->progress_done, info->progress_text);
        add_text(table, "progress", text);
}

static void add_times(struct table *table, const gcasync_task_info *info) {
        uint64_t now_us = clock_realtime_ns() / NS_PER_US;
        cleanup_(freep) char *run_time =
                text_format_duration(task_info_get_run_time_us(info, now_us));

        add_time(table, "submitted", info->submitted_at_us);
        add_time(table, "started", info->started_at_us);
        add_time(table, "finished", info->finished_at_us);
        add_time(table, "deadline", info->deadline_at_us);
        if (info->started_at_us != 0)
                add_text(table, "run time", run_time);
}

static void add_client(struct table *table, const gcasync_task_info *info) {
        cleanup_(freep) char *user = task_info_get_user(info->uid);
        cleanup_(freep) char *client = NULL;

        add_text(table, "user", user);
        if (info->pid != 0)
                client = memory_format("%s (process %" PRIu32 ")", info->client_name, info->pid);
        add_text(table, "client", client ? client : info->client_name);
        add_number(table, "session", info->session);
        add_text(table, "detached", info->detached ? "yes" : "no");
        add_number(table, "waiters", info->n_waiters);
}

static void print_table(const struct context *context, const gcasync_task_info *info) {
        static const struct table_column columns[] = { { "FIELD", false }, { "VALUE", false } };
        struct table_options options = { false, context->is_color, 0 };
        cleanup_(freep) char *id = memory_format("t%" PRIu64, info->task);
        cleanup_(table_deinit) struct table table;

        table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
        add_text(&table, "task", id);
        add_text(&table, "kind", info->kind);
        add_text(&table, "label", info->label);
        add_state(&table, info);
        add_progress(&table, info);
        add_text(&table, "arguments", info->arguments);
        add_times(&table, info);
        add_text(&table, "worker", info->worker);
        add_number(&table, "polls", info->n_polls);
        add_bytes(&table, "memory", info->memory_bytes);
        add_stack(&table, info);
        add_bytes(&table, "stdout", info->stdout_bytes);
        add_bytes(&table, "stderr", info->stderr_bytes);
        add_bytes(&table, "result", info->result_bytes);
        add_client(&table, info);
        table_print(&table, stdout, &options);
}

static int print(struct context *context, gcasync_result *result, const char *name) {
        gcasync_task_info info = { .size = sizeof(info) };
        struct document document;
        int r;

        if (gcasync_result_get_n_tasks(result) == 0)
                return context_tell(context, name, GCASYNC_E_NOT_FOUND, NULL);
        r = context_check(context, name, gcasync_result_get_task_info(result, 0, &info));
        if (r != 0)
                return r;
        if (!context_is_json(context)) {
                print_table(context, &info);
                return 0;
        }
        context_begin_json(context, &document, "show");
        task_info_write(&document, &info, true);
        context_end_json(&document);
        return 0;
}

int command_show(struct context *context, const struct arguments *arguments) {
        gcasync_inspect_options options = { .size = sizeof(options) };
        cleanup_(gcasync_result_unrefp) gcasync_result *result = NULL;
        cleanup_(gcasync_call_unrefp) gcasync_call *call = NULL;
        int error, r;

        r = context_take_task(context, arguments, &options.task);
        if (r == 0)
                r = context_open(context);
        if (r != 0)
                return r;
        error = gcasync_inspect_async(context->client, &options, NULL, NULL, &call);
        r = context_wait_call(context, arguments->operands[0], error, call);
        if (r == 0)
                r = context_check(
                        context, arguments->operands[0], gcasync_inspect_finish(call, &result));
        return r != 0 ? r : print(context, result, arguments->operands[0]);
}
