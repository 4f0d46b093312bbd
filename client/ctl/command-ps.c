/* SPDX-License-Identifier: MIT */

/* gcasyncctl ps: lists tasks, finished ones that the daemon remembers too, page by page. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "context.h"
#include "document.h"
#include "memory.h"
#include "nearest.h"
#include "say.h"
#include "table.h"
#include "task-info.h"

enum {
        OPTION_STATE = 1,
        OPTION_KIND,
        OPTION_LABEL,
        OPTION_ALL_UIDS,
};

enum {
        PAGE_SIZE = 1000,
        STATES_FINISHED = 1 << GCASYNC_STATE_SUCCEEDED | 1 << GCASYNC_STATE_FAILED |
                          1 << GCASYNC_STATE_ABORTED | 1 << GCASYNC_STATE_TIMED_OUT,
        STATES_UNFINISHED = 1 << GCASYNC_STATE_WAITING_FOR_ARGUMENTS | 1 << GCASYNC_STATE_QUEUED |
                            1 << GCASYNC_STATE_RUNNING | 1 << GCASYNC_STATE_SUSPENDED,
};

const struct option command_ps_options[] = {
        { OPTION_STATE,
          '\0',
          "state",
          "STATE[,...]",
          "only these; also \"finished\", \"unfinished\"" },
        { OPTION_KIND, '\0', "kind", "KIND", "only this kind, or with \"MODULE.\" a module's" },
        { OPTION_LABEL, 'l', "label", "TEXT", "only those with this label" },
        { OPTION_ALL_UIDS,
          'A',
          "all-uids",
          NULL,
          "every user's tasks; for root and the daemon's own user" },
        { 0 },
};

static const struct table_column columns[] = {
        { "ID", false },  { "KIND", false }, { "STATE", false }, { "AGE", true },
        { "TIME", true }, { "USER", false }, { "LABEL", false }, { "ARGUMENTS", false },
};
static const struct table_column columns_wide[] = {
        { "ID", false },     { "KIND", false },      { "STATE", false },   { "AGE", true },
        { "TIME", true },    { "USER", false },      { "LABEL", false },   { "DETACHED", false },
        { "WORKER", false }, { "SUBMITTED", false }, { "FAILURE", false }, { "ARGUMENTS", false },
};

struct ps {
        struct context *context;
        gcasync_inspect_options options;
        uint64_t now_us;
        struct table table;
        struct document document;
};

/* One word of --state as bits; 0 where it is none. */
static uint32_t find_states(const char *word, struct nearest *nearest) {
        static const struct {
                const char *name;
                uint32_t states;
        } sets[] = { { "finished", STATES_FINISHED }, { "unfinished", STATES_UNFINISHED } };

        for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
                if (strcmp(word, sets[i].name) == 0)
                        return sets[i].states;
                nearest_offer(nearest, sets[i].name);
        }
        for (int state = GCASYNC_STATE_SUCCEEDED; state <= GCASYNC_STATE_SUSPENDED; state++) {
                const char *name = gcasync_state_to_string((gcasync_state)state);

                if (strcmp(word, name) == 0)
                        return 1u << state;
                nearest_offer(nearest, name);
        }
        return 0;
}

static int take_states(const struct context *context, const char *text, uint32_t *states) {
        cleanup_(freep) char *words = memory_copy_text(text);
        char *rest = words, *word;

        while ((word = strsep(&rest, ","))) {
                struct nearest nearest;
                uint32_t found;

                nearest_init(&nearest, word);
                found = find_states(word, &nearest);
                if (found == 0 && nearest.name)
                        return context_usage(context,
                                             "there is no state \"%s\"; did you mean %s?",
                                             word,
                                             nearest.name);
                if (found == 0)
                        return context_usage(context, "there is no state \"%s\"", word);
                *states |= found;
        }
        return 0;
}

static void print_row(struct ps *ps, const gcasync_task_info *info) {
        cleanup_(freep) char *age = text_format_duration(task_info_get_age_us(info, ps->now_us));
        cleanup_(freep) char *run_time =
                text_format_duration(task_info_get_run_time_us(info, ps->now_us));
        cleanup_(freep) char *user = task_info_get_user(info->uid);
        char submitted[TEXT_TIME_SIZE];

        table_add_format(&ps->table, "t%" PRIu64, info->task);
        table_add(&ps->table, info->kind);
        table_add_styled(
                &ps->table, gcasync_state_to_string(info->state), task_info_get_style(info->state));
        table_add(&ps->table, age);
        table_add(&ps->table, info->started_at_us ? run_time : "");
        table_add(&ps->table, user);
        table_add(&ps->table, info->label);
        if (ps->context->format == FORMAT_WIDE) {
                text_format_time(info->submitted_at_us, submitted);
                table_add(&ps->table, info->detached ? "yes" : "no");
                table_add(&ps->table, info->worker);
                table_add(&ps->table, submitted);
                table_add(&ps->table, info->failure_code);
        }
        table_add(&ps->table, info->arguments);
}

static void print_task(struct ps *ps, const gcasync_task_info *info) {
        switch (ps->context->format) {
        case FORMAT_TABLE:
        case FORMAT_WIDE:
                print_row(ps, info);
                break;
        case FORMAT_JSON:
                document_open_map(&ps->document);
                task_info_write(&ps->document, info, false);
                document_close_map(&ps->document);
                break;
        case FORMAT_JSONL:
                context_begin_json(ps->context, &ps->document, "task");
                task_info_write(&ps->document, info, false);
                context_end_json(&ps->document);
                break;
        case FORMAT_ID:
                printf("t%" PRIu64 "\n", info->task);
                break;
        }
}

/* One page, whose last id is where the next one begins. */
static int list_page(struct ps *ps, bool *ret_has_more) {
        cleanup_(gcasync_result_unrefp) gcasync_result *result = NULL;
        cleanup_(gcasync_call_unrefp) gcasync_call *call = NULL;
        struct context *context = ps->context;
        int error, r;

        error = gcasync_inspect_async(context->client, &ps->options, NULL, NULL, &call);
        r = context_wait_call(context, NULL, error, call);
        if (r != 0)
                return r;
        r = context_check(context, NULL, gcasync_inspect_finish(call, &result));
        if (r != 0)
                return r;
        for (size_t i = 0; i < gcasync_result_get_n_tasks(result); i++) {
                gcasync_task_info info = { .size = sizeof(info) };

                r = context_check(context, NULL, gcasync_result_get_task_info(result, i, &info));
                if (r != 0)
                        return r;
                print_task(ps, &info);
                ps->options.after_task = info.task;
        }
        *ret_has_more = gcasync_result_has_more(result) && gcasync_result_get_n_tasks(result) > 0;
        return 0;
}

static int list(struct ps *ps) {
        bool has_more = true;
        int r = 0;

        while (r == 0 && has_more)
                r = list_page(ps, &has_more);
        return r;
}

static int list_table(struct ps *ps) {
        bool is_wide = ps->context->format == FORMAT_WIDE;
        struct table_options options = {
                .has_legend = ps->context->has_legend,
                .is_color = ps->context->is_color,
                .width_max = is_wide ? 0 : table_find_terminal_width(stdout),
        };
        int r;

        if (is_wide)
                table_init(
                        &ps->table, columns_wide, sizeof(columns_wide) / sizeof(columns_wide[0]));
        else
                table_init(&ps->table, columns, sizeof(columns) / sizeof(columns[0]));
        r = list(ps);
        if (r == 0)
                table_print(&ps->table, stdout, &options);
        table_deinit(&ps->table);
        return r;
}

static int list_document(struct ps *ps) {
        int r;

        context_begin_json(ps->context, &ps->document, "ps");
        document_key(&ps->document, "tasks");
        document_open_list(&ps->document);
        r = list(ps);
        document_close_list(&ps->document);
        context_end_json(&ps->document);
        return r;
}

static int take_options(struct ps *ps, const struct arguments *arguments) {
        const char *states = arguments_get(arguments, command_ps_options, OPTION_STATE, NULL);
        int r;

        ps->options = (gcasync_inspect_options){
                .size = sizeof(ps->options),
                .page_size = PAGE_SIZE,
                .kind = arguments_get(arguments, command_ps_options, OPTION_KIND, NULL),
                .label = arguments_get(arguments, command_ps_options, OPTION_LABEL, NULL),
                .all_uids = arguments_has(arguments, command_ps_options, OPTION_ALL_UIDS),
        };
        r = context_check_text(ps->context, "the kind", ps->options.kind);
        if (r == 0)
                r = context_check_text(ps->context, "the label", ps->options.label);
        if (r != 0 || !states)
                return r;
        return take_states(ps->context, states, &ps->options.states);
}

int command_ps(struct context *context, const struct arguments *arguments) {
        struct ps ps = { .context = context, .now_us = clock_realtime_ns() / NS_PER_US };
        int r;

        r = context_check_operands(context, arguments, 0, 0);
        if (r == 0)
                r = take_options(&ps, arguments);
        if (r == 0)
                r = context_open(context);
        if (r != 0)
                return r;
        if (context->format == FORMAT_TABLE || context->format == FORMAT_WIDE)
                return list_table(&ps);
        return context->format == FORMAT_JSON ? list_document(&ps) : list(&ps);
}
