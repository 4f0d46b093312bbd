/* SPDX-License-Identifier: MIT */
#include "tasks.h"

#include "workload.h"

enum {
        TASKS_SUBMITTED_MAX = 2048
};

struct tasks {
        const struct tasks_options *options;
        gca_runtime *runtime;
        const gca_kind_entry *kind;
        uint64_t n_submitted, n_settled, sum;
        uint64_t begin, end;
};

static struct tasks *tasks_of(const gca_task *task) {
        return gca_runtime_get_host_data(gca_task_get_runtime(task));
}

static void tasks_submit(struct tasks *tasks) {
        gca_task_options options = {
                .size = sizeof(options),
                .kind = tasks->kind,
                .host_size = sizeof(struct task_slip),
        };

        while (tasks->n_submitted < tasks->options->n_tasks &&
               tasks->n_submitted - tasks->n_settled < TASKS_SUBMITTED_MAX) {
                gca_task *task;

                options.id = tasks->n_submitted + 1;
                task = gca_task_new(tasks->runtime, &options);
                if (!task)
                        bench_die("no memory for a task");
                task_get_slip(task)->number = tasks->n_submitted++;
                gca_task_submit(task);
        }
}

static void tasks_finished(gca_task *task) {
        if (gca_task_get_state(task) != GCA_TASK_SUCCEEDED)
                bench_die("a task ended with %s", gca_task_get_failure_message(task));
        tasks_of(task)->sum += task_get_slip(task)->figure;
}

static void tasks_settled(gca_task *task) {
        struct tasks *tasks = tasks_of(task);

        (void)gca_task_unref(task);
        if (++tasks->n_settled < tasks->options->n_tasks)
                return;
        tasks->end = bench_now_ns();
        gca_runtime_stop(tasks->runtime);
}

static void tasks_freed(gca_task *task) {
        (void)task;
}

static void tasks_pass_end(gca_runtime *runtime, void *data) {
        (void)runtime;
        tasks_submit(data);
}

struct tasks_begin {
        gca_post post;
        struct tasks *tasks;
};

static void tasks_begin(gca_post *post) {
        struct tasks *tasks = ((struct tasks_begin *)post)->tasks;

        tasks->begin = bench_now_ns();
        tasks_submit(tasks);
}

static void tasks_told(const char *path, const char *text, void *data) {
        (void)path;
        (void)data;
        bench_die("%s", text);
}

static gca_registry *registry_new(const struct tasks_options *options) {
        const gca_kind kind = {
                .size = sizeof(kind),
                .name = "load",
                .doc = "One task of a workload.",
                .result_doc = "what the workload says",
                .mode = GCA_MODE_POLL,
                .unreachable = GCA_UNREACHABLE_CANCEL,
                .poll = options->poll,
        };
        static gca_kind lasting;
        static const gca_module module = {
                .size = sizeof(module),
                .abi = GCA_MODULE_ABI,
                .name = "bench",
                .version = "1",
                .doc = "A workload.",
                .kinds = &lasting,
                .n_kinds = 1,
        };
        gca_registry *registry = gca_registry_new();

        lasting = kind;
        if (!registry || gca_registry_add(registry, &module, NULL, false, tasks_told, NULL) != 0)
                bench_die("no registry");
        return registry;
}

uint64_t tasks_run(const struct tasks_options *options, uint64_t *ret_sum) {
        gca_registry *registry = registry_new(options);
        struct tasks tasks = { .options = options };
        struct tasks_begin begin = { { NULL, tasks_begin }, &tasks };
        const gca_host_ops ops = {
                .size = sizeof(ops),
                .store_result = options->store_result,
                .finished = tasks_finished,
                .settled = tasks_settled,
                .freed = tasks_freed,
                .pass_end = tasks_pass_end,
        };
        const gca_runtime_options runtime_options = {
                .size = sizeof(runtime_options),
                .n_workers = options->n_workers,
                .host_ops = &ops,
                .host_data = &tasks,
                .heap = options->heap,
        };

        tasks.kind = gca_registry_find(registry, "bench.load", sizeof("bench.load") - 1);
        if (!tasks.kind || gca_runtime_new(&runtime_options, &tasks.runtime) != 0)
                bench_die("no runtime");
        gca_runtime_post(tasks.runtime, &begin.post);
        if (gca_runtime_run(tasks.runtime) != 0)
                bench_die("the runtime failed");
        (void)gca_runtime_free(tasks.runtime);
        (void)gca_registry_free(registry);
        *ret_sum = tasks.sum;
        return tasks.end - tasks.begin;
}
