/* SPDX-License-Identifier: MIT */

#include "each-task.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "context.h"
#include "document.h"
#include "memory.h"
#include "outcome.h"

static void
write_task(struct document *document, struct context *context, uint64_t task, bool is_changed) {
        document_set_task(document, "task", task);
        document_set_bool(document, "changed", is_changed);
        outcome_write_error(document, context);
}

/* One task, with its line or element of output. 0 or the exit code of its error. */
static int act(struct context *context,
               const struct each_task *each,
               uint64_t task,
               struct document *document) {
        cleanup_(freep) char *name = memory_format("t%llu", (unsigned long long)task);
        bool is_changed = false;
        int r;

        context->error_code = NULL;
        r = each->act(context, task, name, each->data, &is_changed);
        if (context->format == FORMAT_ID && r == 0 && is_changed) {
                (void)puts(name);
        } else if (context->format == FORMAT_JSON) {
                document_open_map(document);
                write_task(document, context, task, is_changed);
                document_close_map(document);
        } else if (context->format == FORMAT_JSONL) {
                context_begin_json(context, document, each->schema);
                write_task(document, context, task, is_changed);
                context_end_json(document);
        }
        return r;
}

static int
act_on_all(struct context *context, const struct each_task *each, const uint64_t *tasks, size_t n) {
        struct document document;
        int first = 0;

        if (context->format == FORMAT_JSON) {
                context_begin_json(context, &document, each->schema);
                document_key(&document, "tasks");
                document_open_list(&document);
        }
        for (size_t i = 0; i < n; i++) {
                int r = act(context, each, tasks[i], &document);

                if (first == 0)
                        first = r;
        }
        if (context->format == FORMAT_JSON) {
                document_close_list(&document);
                context_end_json(&document);
        }
        return first;
}

int each_task_run(struct context *context,
                  const struct arguments *arguments,
                  const struct each_task *each) {
        cleanup_(freep) uint64_t *tasks = NULL;
        int r;

        r = context_take_tasks(context, arguments, &tasks);
        if (r != 0)
                return r;
        r = context_open(context);
        if (r != 0)
                return r;
        return act_on_all(context, each, tasks, arguments->n_operands);
}
