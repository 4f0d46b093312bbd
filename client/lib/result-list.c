/* SPDX-License-Identifier: MIT */

/* The results of inspect, kinds and status: rows made once, handed out by copy. */

#include <string.h>

#include "base/fault.h"
#include "lib/options.h"
#include "lib/result-memory.h"
#include "lib/result.h"

enum {
        /* Texts a row: each takes a NUL beyond what it took in the message. */
        N_TEXTS_TASK = 9,
        N_TEXTS_KIND = 7,
        N_TEXTS_ARGUMENT = 4,
        N_TEXTS_STATUS = 2,
};

static void result_fill_task(gcasync_task_info *info,
                             const Gcasync__TaskInfo *message,
                             struct result_memory *memory) {
        static const Gcasync__Failure no_failure = GCASYNC__FAILURE__INIT;
        const Gcasync__Failure *failure = message->failure ? message->failure : &no_failure;

        *info = (gcasync_task_info){
                .size = sizeof(*info),
                .task = message->task,
                .kind = result_memory_take_text(memory, &message->kind),
                .state = (gcasync_state)message->state,
                .uid = message->uid,
                .detached = message->detached,
                .label = result_memory_take_text(memory, &message->label),
                .submitted_at_us = message->submitted_at_us,
                .started_at_us = message->started_at_us,
                .finished_at_us = message->finished_at_us,
                .deadline_at_us = message->deadline_at_us,
                .failure_code = result_memory_take_text(memory, &failure->code),
                .failure_message = result_memory_take_text(memory, &failure->message),
                .worker = result_memory_take_text(memory, &message->worker),
                .arguments = result_memory_take_text(memory, &message->arguments),
                .pid = message->pid,
                .client_name = result_memory_take_text(memory, &message->client_name),
                .session = message->session,
                .progress_done = message->progress_done,
                .progress_total = message->progress_total,
                .progress_text = result_memory_take_text(memory, &message->progress_text),
                .stdout_bytes = message->stdout_bytes,
                .stderr_bytes = message->stderr_bytes,
                .result_bytes = message->result_bytes,
                .waiting_for = result_memory_take_text(memory, &message->waiting_for),
                .memory_bytes = message->memory_bytes,
                .n_polls = message->n_polls,
                .n_waiters = message->n_waiters,
                .abort_requested = message->abort_requested,
                .stack_bytes = message->stack_bytes,
                .stack_size = message->stack_size,
        };
}

int result_new_tasks(const Gcasync__TaskList *message,
                     size_t message_size,
                     struct gcasync_result **ret_result) {
        size_t rows_size = message->n_tasks * sizeof(gcasync_task_info);
        struct gcasync_result *result;
        struct result_memory memory;
        gcasync_task_info *tasks;
        int r;

        r = result_memory_new(
                rows_size + message_size + message->n_tasks * N_TEXTS_TASK, &memory, &result);
        if (r)
                return fault_pass(r);

        tasks = result_memory_take(&memory, rows_size);
        for (size_t i = 0; i < message->n_tasks; i++)
                result_fill_task(&tasks[i], message->tasks[i], &memory);
        result->tasks = tasks;
        result->n_tasks = message->n_tasks;
        result->has_more = message->more;
        *ret_result = result;
        return 0;
}

static void result_fill_argument(gcasync_argument_info *info,
                                 const Gcasync__ArgumentInfo *message,
                                 struct result_memory *memory) {
        *info = (gcasync_argument_info){
                .size = sizeof(*info),
                .name = result_memory_take_text(memory, &message->name),
                .type = result_memory_take_text(memory, &message->type),
                .default_text = result_memory_take_text(memory, &message->default_text),
                .doc = result_memory_take_text(memory, &message->doc),
                .is_required = message->required,
                .is_sensitive = message->sensitive,
        };
}

static void result_fill_kind(struct result_kind *kind,
                             const Gcasync__KindInfo *message,
                             gcasync_argument_info *arguments,
                             struct result_memory *memory) {
        kind->arguments = arguments;
        kind->info = (gcasync_kind_info){
                .size = sizeof(kind->info),
                .name = result_memory_take_text(memory, &message->name),
                .mode = result_memory_take_text(memory, &message->mode),
                .doc = result_memory_take_text(memory, &message->doc),
                .result_doc = result_memory_take_text(memory, &message->result_doc),
                .module = result_memory_take_text(memory, &message->module),
                .module_version = result_memory_take_text(memory, &message->module_version),
                .unreachable = result_memory_take_text(memory, &message->unreachable),
                .inline_limit_bytes = message->inline_limit_bytes,
                .n_arguments = message->n_arguments,
        };
        for (size_t i = 0; i < message->n_arguments; i++)
                result_fill_argument(&arguments[i], message->arguments[i], memory);
}

int result_new_kinds(const Gcasync__KindList *message,
                     size_t message_size,
                     struct gcasync_result **ret_result) {
        gcasync_argument_info *arguments;
        struct gcasync_result *result;
        struct result_memory memory;
        struct result_kind *kinds;
        size_t n_arguments = 0;
        int r;

        for (size_t i = 0; i < message->n_kinds; i++)
                n_arguments += message->kinds[i]->n_arguments;

        r = result_memory_new(message->n_kinds * (sizeof(*kinds) + N_TEXTS_KIND) +
                                      n_arguments * (sizeof(*arguments) + N_TEXTS_ARGUMENT) +
                                      message_size,
                              &memory,
                              &result);
        if (r)
                return fault_pass(r);

        kinds = result_memory_take(&memory, message->n_kinds * sizeof(*kinds));
        arguments = result_memory_take(&memory, n_arguments * sizeof(*arguments));
        for (size_t i = 0; i < message->n_kinds; i++) {
                result_fill_kind(&kinds[i], message->kinds[i], arguments, &memory);
                arguments += message->kinds[i]->n_arguments;
        }
        result->kinds = kinds;
        result->n_kinds = message->n_kinds;
        *ret_result = result;
        return 0;
}

static const struct result_number *result_take_numbers(struct result_number *numbers,
                                                       Gcasync__Limit *const *messages,
                                                       size_t n,
                                                       struct result_memory *memory) {
        for (size_t i = 0; i < n; i++) {
                numbers[i].name = result_memory_take_text(memory, &messages[i]->name);
                numbers[i].value = messages[i]->value;
        }
        return numbers;
}

int result_new_status(const Gcasync__DaemonStatus *message,
                      size_t message_size,
                      struct gcasync_result **ret_result) {
        size_t n_numbers = message->n_limits + message->n_counters;
        struct gcasync_result *result;
        struct result_number *numbers;
        struct result_status *status;
        struct result_memory memory;
        int r;

        r = result_memory_new(sizeof(*status) + n_numbers * (sizeof(*numbers) + 1) + message_size +
                                      N_TEXTS_STATUS,
                              &memory,
                              &result);
        if (r)
                return fault_pass(r);

        status = result_memory_take(&memory, sizeof(*status));
        numbers = result_memory_take(&memory, n_numbers * sizeof(*numbers));
        status->limits = result_take_numbers(numbers, message->limits, message->n_limits, &memory);
        status->counters = result_take_numbers(
                numbers + message->n_limits, message->counters, message->n_counters, &memory);
        status->info = (gcasync_status_info){
                .size = sizeof(status->info),
                .version = result_memory_take_text(&memory, &message->version),
                .state = result_memory_take_text(&memory, &message->state),
                .pid = message->pid,
                .uid = message->uid,
                .n_workers = message->n_workers,
                .n_sessions = message->n_sessions,
                .started_at_us = message->started_at_us,
                .n_limits = message->n_limits,
                .n_counters = message->n_counters,
        };
        result->status = status;
        *ret_result = result;
        return 0;
}

size_t gcasync_result_get_n_tasks(const gcasync_result *result) {
        return result->n_tasks;
}

bool gcasync_result_has_more(const gcasync_result *result) {
        return result->has_more;
}

int gcasync_result_get_task_info(gcasync_result *result, size_t index, gcasync_task_info *info) {
        if (index >= result->n_tasks)
                return GCASYNC_E_ABSENT;
        return options_fill(info, &result->tasks[index], sizeof(*info)) ? 0 : GCASYNC_E_INVALID;
}

size_t gcasync_result_get_n_kinds(const gcasync_result *result) {
        return result->n_kinds;
}

int gcasync_result_get_kind_info(gcasync_result *result, size_t index, gcasync_kind_info *info) {
        if (index >= result->n_kinds)
                return GCASYNC_E_ABSENT;
        return options_fill(info, &result->kinds[index].info, sizeof(*info)) ? 0
                                                                             : GCASYNC_E_INVALID;
}

int gcasync_result_get_argument_info(gcasync_result *result,
                                     size_t kind_index,
                                     size_t index,
                                     gcasync_argument_info *info) {
        const struct result_kind *kind;

        if (kind_index >= result->n_kinds)
                return GCASYNC_E_ABSENT;
        kind = &result->kinds[kind_index];
        if (index >= kind->info.n_arguments)
                return GCASYNC_E_ABSENT;
        return options_fill(info, &kind->arguments[index], sizeof(*info)) ? 0 : GCASYNC_E_INVALID;
}

int gcasync_result_get_status(gcasync_result *result, gcasync_status_info *info) {
        if (!result->status)
                return GCASYNC_E_ABSENT;
        return options_fill(info, &result->status->info, sizeof(*info)) ? 0 : GCASYNC_E_INVALID;
}

static int result_get_number(const struct result_number *numbers,
                             size_t n,
                             size_t index,
                             const char **ret_name,
                             uint64_t *ret_value) {
        if (index >= n)
                return GCASYNC_E_ABSENT;
        if (ret_name)
                *ret_name = numbers[index].name;
        if (ret_value)
                *ret_value = numbers[index].value;
        return 0;
}

int gcasync_result_get_limit(gcasync_result *result,
                             size_t index,
                             const char **ret_name,
                             uint64_t *ret_value) {
        if (!result->status)
                return GCASYNC_E_ABSENT;
        return result_get_number(
                result->status->limits, result->status->info.n_limits, index, ret_name, ret_value);
}

int gcasync_result_get_counter(gcasync_result *result,
                               size_t index,
                               const char **ret_name,
                               uint64_t *ret_value) {
        if (!result->status)
                return GCASYNC_E_ABSENT;
        return result_get_number(result->status->counters,
                                 result->status->info.n_counters,
                                 index,
                                 ret_name,
                                 ret_value);
}
