/* SPDX-License-Identifier: MIT */

/* gcasyncctl submit: starts a detached task and prints its id. */

#include <inttypes.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "context.h"
#include "document.h"
#include "task-request.h"

const struct option command_submit_options[] = {
        TASK_OPTION_MAP(TASK_OPTION_ROW){ 0 },
};

static int submit(struct context *context, struct task_request *request) {
        cleanup_(gcasync_result_unrefp) gcasync_result *result = NULL;
        cleanup_(gcasync_call_unrefp) gcasync_call *call = NULL;
        struct document document;
        int error, r;

        request->options.detached = true;
        error = gcasync_submit_async(context->client, &request->options, NULL, NULL, &call);
        r = context_wait_call(context, request->kind, error, call);
        if (r != 0)
                return r;
        r = context_check(context, request->kind, gcasync_submit_finish(call, &result));
        if (r != 0)
                return r;
        if (!context_is_json(context)) {
                printf("t%" PRIu64 "\n", gcasync_result_get_task(result));
                return 0;
        }
        context_begin_json(context, &document, "submit");
        document_set_task(&document, "task", gcasync_result_get_task(result));
        document_set_text(&document, "kind", request->kind);
        context_end_json(&document);
        return 0;
}

int command_submit(struct context *context, const struct arguments *arguments) {
        cleanup_(task_request_deinit) struct task_request request;
        int r;

        r = task_request_parse(&request, context, arguments);
        if (r != 0)
                return r;
        r = context_open(context);
        if (r != 0)
                return r;
        r = task_request_make(&request, context, arguments);
        return r != 0 ? r : submit(context, &request);
}
