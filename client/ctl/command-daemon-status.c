/* SPDX-License-Identifier: MIT */

/* gcasyncctl daemon status: what the daemon is, its limits and its counters. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "context.h"
#include "document.h"
#include "memory.h"
#include "table.h"
#include "task-info.h"
#include "text.h"

const struct option command_daemon_status_options[] = { { 0 } };

static void print_status(const gcasync_status_info *info) {
        uint64_t now_us = clock_realtime_ns() / NS_PER_US;
        uint64_t age_us = now_us > info->started_at_us ? now_us - info->started_at_us : 0;
        cleanup_(freep) char *user = task_info_get_user(info->uid);
        cleanup_(freep) char *age = text_format_duration(age_us);
        cleanup_(freep) char *version = text_escape_string(info->version);
        cleanup_(freep) char *state = text_escape_string(info->state);

        printf("gcasyncd %s, %s for %s, process %" PRIu32 " of user %s, %" PRIu32
               " worker%s, %" PRIu32 " session%s\n",
               version,
               state,
               age,
               info->pid,
               user,
               info->n_workers,
               info->n_workers == 1 ? "" : "s",
               info->n_sessions,
               info->n_sessions == 1 ? "" : "s");
}

/* One of the two lists of a status: names and numbers. */
struct list {
        const char *name, *title;
        size_t n;
        int (*get)(gcasync_result *result,
                   size_t index,
                   const char **ret_name,
                   uint64_t *ret_value);
};

/* A limit that nobody has reached: one of many, and worth no line but in the wide form. */
static bool is_unreached(const char *name, uint64_t value) {
        static const char suffix[] = "-reached";
        size_t n = strlen(name), n_suffix = sizeof(suffix) - 1;

        return value == 0 && n > n_suffix && strcmp(name + n - n_suffix, suffix) == 0;
}

static void print_list(const struct context *context, gcasync_result *result, struct list list) {
        struct table_column columns[] = { { list.title, false }, { "VALUE", true } };
        struct table_options options = { context->has_legend, context->is_color, 0 };
        cleanup_(table_deinit) struct table table;

        table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
        for (size_t i = 0; i < list.n; i++) {
                const char *name;
                uint64_t value;

                if (list.get(result, i, &name, &value) != GCASYNC_E_OK ||
                    (context->format != FORMAT_WIDE && is_unreached(name, value)))
                        continue;
                table_add(&table, name);
                table_add_format(&table, "%" PRIu64, value);
        }
        if (table_get_n_rows(&table) == 0)
                return;
        (void)putchar('\n');
        table_print(&table, stdout, &options);
}

static void write_list(struct document *document, gcasync_result *result, struct list list) {
        document_key(document, list.name);
        document_open_map(document);
        for (size_t i = 0; i < list.n; i++) {
                const char *name;
                uint64_t value;

                if (list.get(result, i, &name, &value) == GCASYNC_E_OK)
                        document_set_uint(document, name, value);
        }
        document_close_map(document);
}

static int print(struct context *context, gcasync_result *result) {
        gcasync_status_info info = { .size = sizeof(info) };
        struct list limits = { "limits", "LIMIT", 0, gcasync_result_get_limit };
        struct list counters = { "counters", "COUNTER", 0, gcasync_result_get_counter };
        struct document document;
        int r;

        r = context_check(context, NULL, gcasync_result_get_status(result, &info));
        if (r != 0)
                return r;
        limits.n = info.n_limits;
        counters.n = info.n_counters;
        if (!context_is_json(context)) {
                print_status(&info);
                if (context->format == FORMAT_WIDE)
                        print_list(context, result, limits);
                print_list(context, result, counters);
                return 0;
        }
        context_begin_json(context, &document, "daemon-status");
        document_set_text(&document, "version", info.version);
        document_set_text(&document, "state", info.state);
        document_set_uint(&document, "pid", info.pid);
        document_set_uint(&document, "uid", info.uid);
        document_set_time(&document, "started_at", info.started_at_us);
        document_set_uint(&document, "workers", info.n_workers);
        document_set_uint(&document, "sessions", info.n_sessions);
        write_list(&document, result, limits);
        write_list(&document, result, counters);
        context_end_json(&document);
        return 0;
}

int command_daemon_status(struct context *context, const struct arguments *arguments) {
        cleanup_(gcasync_result_unrefp) gcasync_result *result = NULL;
        cleanup_(gcasync_call_unrefp) gcasync_call *call = NULL;
        int error, r;

        r = context_check_operands(context, arguments, 0, 0);
        if (r == 0)
                r = context_open(context);
        if (r != 0)
                return r;
        error = gcasync_status_async(context->client, NULL, NULL, &call);
        r = context_wait_call(context, NULL, error, call);
        if (r == 0)
                r = context_check(context, NULL, gcasync_status_finish(call, &result));
        return r != 0 ? r : print(context, result);
}
