/* SPDX-License-Identifier: MIT */

#include "runtime/task.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "runtime/progress.h"
#include "runtime/runtime.h"
#include "runtime/task-body.h"

struct failure task_failure_no_memory = { .code = "no-memory",
                                          .message = "out of memory",
                                          .is_static = true };
struct failure task_failure_memory_limit = {
        .code = "memory-limit",
        .message = "the task needs more memory than it may have; scopes give back what it no "
                   "longer needs",
        .is_static = true,
};
static struct failure task_failure_no_heap = {
        .code = "no-heap",
        .message = "the runtime has no heap to publish values in",
        .is_static = true,
};
static struct failure task_failure_not_published = {
        .code = "kind-fault",
        .message = "the kind put a value of a region into an open publication",
        .is_static = true,
};
static struct failure task_failure_heap_limit = {
        .code = "heap-limit",
        .message = "the shared heap is at its hard limit",
        .is_static = true,
};

/* ---- failures ---- */

struct failure *task_get_region_failure(const gca_task *task) {
        switch (gca_region_get_fault(&task->region)) {
        case GCA_REGION_HEAP_LIMIT:
                return &task_failure_heap_limit;
        case GCA_REGION_NO_HEAP:
                return &task_failure_no_heap;
        case GCA_REGION_NOT_PUBLISHED:
                return &task_failure_not_published;
        case GCA_REGION_NO_MEMORY:
        case GCA_REGION_FORKED:
                return &task_failure_no_memory;
        default:
                return &task_failure_memory_limit;
        }
}

static void failure_free(struct failure *failure) {
        if (failure && !failure->is_static)
                free(failure);
}

static struct failure *failure_new(const char *code, const char *message) {
        size_t code_size = strlen(code) + 1, message_size = strlen(message) + 1;
        struct failure *failure = malloc(sizeof(*failure) + code_size + message_size);
        char *text = (char *)(failure + 1);

        if (!failure)
                return &task_failure_no_memory;
        memcpy(text, code, code_size);
        memcpy(text + code_size, message, message_size);
        *failure = (struct failure){ .code = text, .message = text + code_size };
        return failure;
}

void task_set_static_failure(gca_task *task, struct failure *failure) {
        failure_free(task->failure);
        task->failure = failure;
}

void task_set_failure(gca_task *task, const char *code, const char *message) {
        task_set_static_failure(task, failure_new(code, message));
}

/* ---- lifecycle ---- */

gca_task *gca_task_new(gca_runtime *runtime, const gca_task_options *options) {
        const gca_kind *kind = options->kind->kind;
        size_t host_end = sizeof(gca_task) + task_round(options->host_size);
        bool has_state = kind->state_size > 0 && kind->state_size <= TASK_STATE_INLINE_MAX;
        size_t size = host_end + (has_state ? kind->state_size : 0);
        uint16_t size_class;
        bool is_own = worker_of_thread == &runtime->io || !runtime->program;
        gca_task *task = block_cache_take(is_own ? &runtime->blocks : NULL, size, &size_class);

        assert(options->size == sizeof(*options));
        if (!task)
                return NULL;
        memset(task, 0, offsetof(gca_task, region));
        memset(task + 1, 0, host_end - sizeof(gca_task));
        task_state_init(&task->state);
        /* Relaxed: no other thread knows the task yet. */
        atomic_store_explicit(&task->n_refs, 1, memory_order_relaxed);
        task->runtime = runtime;
        task->entry = options->kind;
        task->kind = kind;
        task->id = options->id;
        task->uid = options->uid;
        task->size_class = size_class;
        task->state_offset = has_state ? (uint32_t)host_end : 0;
        task->deadline_ns = options->deadline_ns ? options->deadline_ns : CLOCK_NEVER;
        task->arguments_size = options->arguments_size;
        list_init(&task->job.item.link);
        list_init(&task->siblings);
        list_init(&task->watches);
        return task;
}

gca_task *gca_task_ref(gca_task *task) {
        /* Relaxed: who refs has a reference, so the count cannot meet zero meanwhile. */
        uint32_t n = atomic_fetch_add_explicit(&task->n_refs, 1, memory_order_relaxed);

        assert(n > 0 && n < UINT32_MAX);
        return task;
}

static void task_free(gca_task *task) {
        gca_runtime *runtime = task->runtime;

        assert(list_is_empty(&task->siblings) && list_is_empty(&task->watches));
        if (runtime->ops.freed)
                runtime->ops.freed(task);
        failure_free(task->failure);
        free(task->abort_reason);
        /* Relaxed: the last reference is this thread's. */
        progress_free(atomic_load_explicit(&task->progress, memory_order_relaxed));
        if (worker_of_thread == &runtime->io)
                block_cache_give(&runtime->blocks, task, task->size_class);
        else
                free(task);
}

gca_task *gca_task_unref(gca_task *task) {
        uint32_t n;

        if (!task)
                return NULL;
        /* Acquire: pairs with the release below in who gave up a reference before; the sole owner then
         * needs no exchange. */
        n = atomic_load_explicit(&task->n_refs, memory_order_acquire);
        assert(n > 0);
        /* Acquire and release: whoever frees the task sees what each owner has done with it. */
        if (n == 1 || atomic_fetch_sub_explicit(&task->n_refs, 1, memory_order_acq_rel) == 1)
                task_free(task);
        return NULL;
}

/* ---- queries ---- */

void *gca_task_host(const gca_task *task) {
        return (gca_task *)task + 1;
}

gca_runtime *gca_task_get_runtime(const gca_task *task) {
        return task->runtime;
}

const gca_kind_entry *gca_task_get_kind(const gca_task *task) {
        return task->entry;
}

uint64_t gca_task_get_id(const gca_task *task) {
        return task->id;
}

uint32_t gca_task_get_uid(const gca_task *task) {
        return task->uid;
}

gca_task_state gca_task_get_state(const gca_task *task) {
        return task_state_get(&task->state);
}

const char *gca_task_state_to_string(gca_task_state state) {
        static const char *const names[] = {
                [GCA_TASK_QUEUED] = "queued",       [GCA_TASK_RUNNING] = "running",
                [GCA_TASK_SUSPENDED] = "suspended", [GCA_TASK_SUCCEEDED] = "succeeded",
                [GCA_TASK_FAILED] = "failed",       [GCA_TASK_ABORTED] = "aborted",
                [GCA_TASK_TIMED_OUT] = "timed-out",
        };

        if (state < GCA_TASK_QUEUED || state > GCA_TASK_TIMED_OUT)
                return "unknown";
        return names[state];
}

bool gca_task_is_settled(const gca_task *task) {
        return task_state_is_settled(&task->state);
}

bool gca_task_is_abort_requested(const gca_task *task) {
        return task_state_get_told(&task->state) != 0;
}

static const char *task_get_place(const gca_task *task) {
        const struct worker *worker = task_get_worker(task);

        if (task_load(&task->started_ns) == 0)
                return NULL;
        return worker ? worker->name : "blocking";
}

void gca_task_get_info(gca_task *task, gca_task_info *ret_info) {
        *ret_info = (gca_task_info){
                .started_ns = task_load(&task->started_ns),
                .finished_ns = task_load(&task->finished_ns),
                .deadline_ns = task->deadline_ns,
                .n_polls = task_load(&task->n_polls),
                .memory_bytes = task_load(&task->memory_bytes),
                .worker = task_get_place(task),
        };
        if (task->kind->mode == GCA_MODE_BODY) {
                /* Relaxed: for people. */
                ret_info->stack_bytes =
                        atomic_load_explicit(&task->stack_bytes, memory_order_relaxed);
                ret_info->stack_size = task_body_get_stack_size(task);
        }
        if (gca_task_get_state(task) == GCA_TASK_SUSPENDED)
                /* Relaxed: a snapshot for people; the texts are static. */
                ret_info->waiting_for =
                        atomic_load_explicit(&task->waiting_for, memory_order_relaxed);
        progress_get(task, ret_info);
}

const char *gca_task_get_failure_code(const gca_task *task) {
        switch (gca_task_get_state(task)) {
        case GCA_TASK_FAILED:
                return task->failure->code;
        case GCA_TASK_ABORTED:
                return "aborted";
        case GCA_TASK_TIMED_OUT:
                return "timed-out";
        default:
                return NULL;
        }
}

const char *gca_task_get_failure_message(const gca_task *task) {
        switch (gca_task_get_state(task)) {
        case GCA_TASK_FAILED:
                return task->failure->message;
        case GCA_TASK_ABORTED:
                return task->abort_reason ? task->abort_reason : "the task was aborted";
        case GCA_TASK_TIMED_OUT:
                return "the task's deadline passed";
        default:
                return NULL;
        }
}
