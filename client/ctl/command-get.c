/* SPDX-License-Identifier: MIT */

/* gcasyncctl get: a finished task's result. */

#include <stdio.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "context.h"
#include "document.h"
#include "outcome.h"
#include "say.h"
#include "value.h"

const struct option command_get_options[] = { { 0 } };

static int print_value(struct context *context, gcasync_result *result) {
        gcasync_view value;

        if (gcasync_result_get_value(result, &value) != GCASYNC_E_OK) {
                outcome_tell(context, result);
                return EXIT_CODE_FAILED;
        }
        if (value_print(stdout, value, isatty(STDOUT_FILENO)) == 0)
                return 0;
        say("the result is bytes, which are not for a terminal");
        say_hint("send standard output to a file, or use -o json");
        return EXIT_CODE_FAILED;
}

static int print(struct context *context, gcasync_result *result) {
        bool is_there = gcasync_result_get_state(result) == GCASYNC_STATE_SUCCEEDED;
        enum exit_code code = is_there ? EXIT_CODE_OK : EXIT_CODE_FAILED;
        struct document document;

        if (!context_is_json(context))
                return print_value(context, result);
        context_begin_json(context, &document, "get");
        outcome_write(&document, result, gcasync_result_get_task(result), code, true);
        context_end_json(&document);
        return (int)code;
}

int command_get(struct context *context, const struct arguments *arguments) {
        cleanup_(gcasync_result_unrefp) gcasync_result *result = NULL;
        cleanup_(gcasync_call_unrefp) gcasync_call *call = NULL;
        uint64_t task;
        int error, r;

        r = context_take_task(context, arguments, &task);
        if (r == 0)
                r = context_open(context);
        if (r != 0)
                return r;
        error = gcasync_await_async(
                context->client, task, GCASYNC_AWAIT_NO_WAIT, NULL, NULL, &call);
        r = context_wait_call(context, arguments->operands[0], error, call);
        if (r == 0)
                r = context_check(
                        context, arguments->operands[0], gcasync_await_finish(call, &result));
        return r != 0 ? r : print(context, result);
}
