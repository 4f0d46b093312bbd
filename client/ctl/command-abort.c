/* SPDX-License-Identifier: MIT */

/* gcasyncctl abort: aborts tasks. Returns before the effect; `wait` waits for it. */

#include "base/cleanup.h"
#include "context.h"
#include "each-task.h"

enum {
        OPTION_NOW = 1,
        OPTION_REASON,
};

const struct option command_abort_options[] = {
        { OPTION_NOW, '\0', "now", NULL, "without grace: a program is killed at once" },
        { OPTION_REASON, 'r', "reason", "TEXT", "why, for the log and the task's failure" },
        { 0 },
};

static int
act(struct context *context, uint64_t task, const char *name, void *data, bool *ret_is_changed) {
        const struct arguments *arguments = data;
        cleanup_(gcasync_call_unrefp) gcasync_call *call = NULL;
        int error, r;

        error = gcasync_abort_async(
                context->client,
                task,
                arguments_has(arguments, command_abort_options, OPTION_NOW),
                arguments_get(arguments, command_abort_options, OPTION_REASON, NULL),
                NULL,
                NULL,
                &call);
        r = context_wait_call(context, name, error, call);
        if (r != 0)
                return r;
        r = context_check(context, name, gcasync_abort_finish(call, ret_is_changed));
        if (r == 0 && !*ret_is_changed)
                context_note(context, "%s: has ended, or is being aborted already", name);
        return r;
}

int command_abort(struct context *context, const struct arguments *arguments) {
        struct each_task each = { "abort", act, (void *)(uintptr_t)arguments };
        int r;

        r = context_check_text(
                context,
                "the reason",
                arguments_get(arguments, command_abort_options, OPTION_REASON, NULL));
        if (r != 0)
                return r;
        return each_task_run(context, arguments, &each);
}
