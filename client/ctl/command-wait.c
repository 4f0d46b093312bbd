/* SPDX-License-Identifier: MIT */

/*
 * gcasyncctl wait: waits for tasks and tells how they ended. For one task, and with --any for the first that
 * ends, it exits as `run` would have; for several with 0 if all of them succeeded, else with 1.
 *
 * Whether a task is a program, whose status is the exit code, is asked beside each Await, in the same batch.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "context.h"
#include "document.h"
#include "memory.h"
#include "outcome.h"
#include "say.h"
#include "table.h"

enum {
        OPTION_ANY = 1,
        OPTION_ALL,
};

const struct option command_wait_options[] = {
        { OPTION_ANY, '\0', "any", NULL, "end when the first of them has ended" },
        { OPTION_ALL, '\0', "all", NULL, "end when all of them have ended (the default)" },
        { 0 },
};

struct wait;

struct waited {
        struct wait *wait;
        uint64_t task;
        gcasync_call *inspect, *await;
        gcasync_result *result;
        enum exit_code code;
        bool is_done;
};

struct wait {
        struct context *context;
        struct waited *tasks;
        size_t n, n_done;
        size_t n_wanted; /* done when so many have ended */
        struct waited *first;
};

/* The answer was asked for before the task's end was, so that it is here, or about to be. */
static bool is_program(const struct waited *waited) {
        cleanup_(gcasync_result_unrefp) gcasync_result *result = NULL;
        gcasync_task_info info = { .size = sizeof(info) };

        return gcasync_call_wait(waited->inspect, waited->wait->context->deadline_ns) ==
                       GCASYNC_E_OK &&
               gcasync_inspect_finish(waited->inspect, &result) == GCASYNC_E_OK &&
               gcasync_result_get_task_info(result, 0, &info) == GCASYNC_E_OK &&
               strcmp(info.kind, "exec") == 0;
}

static void write_task(struct document *document, const struct waited *waited) {
        outcome_write(document, waited->result, waited->task, waited->code, true);
        if (!waited->result)
                outcome_write_error(document, waited->wait->context);
}

static void write_line(const struct waited *waited) {
        struct document document;

        context_begin_json(waited->wait->context, &document, "task-end");
        write_task(&document, waited);
        context_end_json(&document);
        (void)fflush(stdout);
}

static void on_end(gcasync_call *call, void *data) {
        struct waited *waited = data;
        struct wait *wait = waited->wait;
        cleanup_(freep) char *name = memory_format("t%" PRIu64, waited->task);
        const char *message = NULL;
        int error = gcasync_call_get_error(call, &message);

        if (error == GCASYNC_E_OK)
                error = gcasync_await_finish(call, &waited->result);
        if (error == GCASYNC_E_OK)
                waited->code = outcome_get_exit_code(waited->result, is_program(waited));
        else
                waited->code = exit_code_from_task_error(
                        (enum exit_code)context_tell(wait->context, name, error, message));
        waited->is_done = true;
        wait->n_done++;
        if (!wait->first)
                wait->first = waited;
        if (wait->context->format == FORMAT_JSONL)
                write_line(waited);
}

static int start(struct wait *wait, struct waited *waited) {
        gcasync_inspect_options options = { .size = sizeof(options), .task = waited->task };
        gcasync_client *client = wait->context->client;
        int r;

        r = context_check(wait->context,
                          NULL,
                          gcasync_inspect_async(client, &options, NULL, NULL, &waited->inspect));
        if (r != 0)
                return r;
        return context_check(
                wait->context,
                NULL,
                gcasync_await_async(client, waited->task, 0, on_end, waited, &waited->await));
}

static int wait_for_all(struct wait *wait) {
        struct context *context = wait->context;
        int error = GCASYNC_E_OK;

        for (size_t i = 0; i < wait->n; i++) {
                int r = start(wait, &wait->tasks[i]);

                if (r != 0)
                        return r;
        }
        while (wait->n_done < wait->n_wanted && error == GCASYNC_E_OK)
                error = gcasync_client_wait(context->client, context->deadline_ns);
        /* The end of the connection has resolved every call, and was told by them. */
        if (wait->n_done >= wait->n_wanted)
                return 0;
        return context_tell(context,
                            NULL,
                            error,
                            error == GCASYNC_E_TIMED_OUT ? "--timeout passed; the tasks go on"
                                                         : NULL);
}

static void print_table(const struct wait *wait) {
        static const struct table_column columns[] = {
                { "ID", false }, { "STATE", false }, { "EXIT", true }, { "MESSAGE", false }
        };
        const struct context *context = wait->context;
        struct table_options options = { context->has_legend, context->is_color, 0 };
        cleanup_(table_deinit) struct table table;

        table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
        for (size_t i = 0; i < wait->n; i++) {
                const struct waited *waited = &wait->tasks[i];
                cleanup_(freep) char *words = NULL;

                if (!waited->result)
                        continue;
                words = outcome_describe(waited->result);
                table_add_format(&table, "t%" PRIu64, waited->task);
                table_add_styled(&table,
                                 gcasync_state_to_string(gcasync_result_get_state(waited->result)),
                                 waited->code == EXIT_CODE_OK ? TABLE_GOOD : TABLE_BAD);
                table_add_format(&table, "%d", waited->code);
                table_add(&table, words);
        }
        if (table_get_n_rows(&table) > 0)
                table_print(&table, stdout, &options);
}

static void print_document(const struct wait *wait, int code) {
        struct document document;

        context_begin_json(wait->context, &document, "wait");
        document_set_int(&document, "exit", code);
        document_key(&document, "tasks");
        document_open_list(&document);
        for (size_t i = 0; i < wait->n; i++) {
                if (!wait->tasks[i].is_done)
                        continue;
                document_open_map(&document);
                write_task(&document, &wait->tasks[i]);
                document_close_map(&document);
        }
        document_close_list(&document);
        outcome_write_error(&document, wait->context);
        context_end_json(&document);
}

static void print_ids(const struct wait *wait) {
        for (size_t i = 0; i < wait->n; i++)
                if (wait->tasks[i].result)
                        printf("t%" PRIu64 "\n", wait->tasks[i].task);
}

static void print(const struct wait *wait, int code) {
        switch (wait->context->format) {
        case FORMAT_TABLE:
        case FORMAT_WIDE:
                if (!wait->context->is_quiet)
                        print_table(wait);
                break;
        case FORMAT_JSON:
                print_document(wait, code);
                break;
        case FORMAT_JSONL:
                break;
        case FORMAT_ID:
                print_ids(wait);
                break;
        }
}

static int get_exit_code(const struct wait *wait) {
        if (wait->n_wanted == 1)
                return wait->first->code;
        for (size_t i = 0; i < wait->n; i++)
                if (wait->tasks[i].code != EXIT_CODE_OK)
                        return EXIT_CODE_FAILED;
        return EXIT_CODE_OK;
}

/* 0, or the exit code of what kept us from waiting. */
static int wait_for_tasks(struct wait *wait) {
        int r;

        r = context_open(wait->context);
        if (r == 0)
                r = wait_for_all(wait);
        if (r != 0 && wait->n_wanted == 1)
                return (int)exit_code_from_task_error((enum exit_code)r);
        return r;
}

static void wait_deinit(struct wait *wait) {
        for (size_t i = 0; wait->tasks && i < wait->n; i++) {
                /* Those not done must not call back any more. */
                if (wait->tasks[i].await)
                        gcasync_call_cancel(wait->tasks[i].await);
                gcasync_call_unref(wait->tasks[i].await);
                gcasync_call_unref(wait->tasks[i].inspect);
                gcasync_result_unref(wait->tasks[i].result);
        }
        free(wait->tasks);
}

int command_wait(struct context *context, const struct arguments *arguments) {
        bool is_any = arguments_has(arguments, command_wait_options, OPTION_ANY);
        cleanup_(wait_deinit) struct wait wait = { .context = context };
        cleanup_(freep) uint64_t *ids = NULL;
        int r;

        if (is_any && arguments_has(arguments, command_wait_options, OPTION_ALL))
                return context_usage(context, "--any and --all exclude each other");
        r = context_take_tasks(context, arguments, &ids);
        if (r != 0)
                return r;
        wait.n = arguments->n_operands;
        wait.n_wanted = is_any ? 1 : wait.n;
        wait.tasks = memory_allocate(wait.n * sizeof(*wait.tasks));
        for (size_t i = 0; i < wait.n; i++)
                wait.tasks[i] = (struct waited){ .wait = &wait, .task = ids[i] };
        r = wait_for_tasks(&wait);
        if (r == 0)
                r = get_exit_code(&wait);
        print(&wait, r);
        return r;
}
