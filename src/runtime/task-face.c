/* SPDX-License-Identifier: MIT */

/* A task as its kind sees it: the calls of gcasync/module.h, all on the task's own thread. */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <gcasync/module.h>

#include "base/check.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "runtime/runtime.h"
#include "runtime/task.h"

enum {
        MESSAGE_LENGTH_MAX = 4096,
};

gca_region *gca_task_region(gca_task *task) {
        return &task->region;
}

gca_value gca_argument(gca_task *task, size_t index) {
        assert(index < task->kind->n_arguments);
        return task->arguments[index];
}

gca_poll gca_succeed(gca_task *task, gca_value result) {
        if (!gca_is_value(result)) {
                task->outcome = TASK_OUTCOME_FAILED;
                task_set_static_failure(task, task_get_region_failure(task));
                return GCA_DONE;
        }
        task->outcome = TASK_OUTCOME_SUCCEEDED;
        task->result = result;
        return GCA_DONE;
}

static void task_fail(gca_task *task, const char *code, const char *format, va_list arguments) {
        cleanup_(freep) char *text = NULL;
        int n = vasprintf(&text, format, arguments);

        if (n < 0)
                text = NULL;
        else if (n > MESSAGE_LENGTH_MAX)
                text[MESSAGE_LENGTH_MAX] = '\0';
        task->outcome = TASK_OUTCOME_FAILED;
        task_set_failure(task, code, text ? text : "out of memory");
}

gca_poll gca_fail(gca_task *task, const char *code, const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        task_fail(task, code, format, arguments);
        va_end(arguments);
        return GCA_DONE;
}

gca_value gca_body_fail(gca_task *task, const char *code, const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        task_fail(task, code, format, arguments);
        va_end(arguments);
        return GCA_NO_VALUE;
}

gca_poll gca_abort_now(gca_task *task) {
        task->outcome = TASK_OUTCOME_ABORTED;
        return GCA_DONE;
}

bool gca_is_aborting(const gca_task *task) {
        return task_state_get_told(&task->state) != 0;
}

bool gca_is_killing(const gca_task *task) {
        return task_state_get_told(&task->state) & TASK_TOLD_KILL;
}

bool gca_task_may_execute(const gca_task *task) {
        const gca_host_ops *ops = &task->runtime->ops;

        return ops->may_execute && ops->may_execute(task);
}

int gca_write_output(gca_task *task, int stream, const void *data, size_t size) {
        const gca_host_ops *ops = &task->runtime->ops;

        if (!ops->write_output)
                return -ENOTSUP;
        return ops->write_output(task, stream, data, size);
}

uint64_t gca_now_ns(void) {
        return clock_monotonic_ns();
}
