/* SPDX-License-Identifier: MIT */

/* gcasyncctl rm: forgets finished tasks. */

#include "base/cleanup.h"
#include "context.h"
#include "each-task.h"

const struct option command_rm_options[] = { { 0 } };

static int
act(struct context *context, uint64_t task, const char *name, void *data, bool *ret_is_changed) {
        cleanup_(gcasync_call_unrefp) gcasync_call *call = NULL;
        int error, r;

        (void)data;
        error = gcasync_remove_async(context->client, task, NULL, NULL, &call);
        r = context_wait_call(context, name, error, call);
        *ret_is_changed = r == 0;
        return r;
}

int command_rm(struct context *context, const struct arguments *arguments) {
        static const struct each_task each = { "rm", act, NULL };

        return each_task_run(context, arguments, &each);
}
