/* SPDX-License-Identifier: MIT */

#include "helpers/kind-runner.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"

struct runner {
        gca_runtime *runtime;
        struct kind_run *runs;
        size_t n_runs, n_settled;
        gca_post start;
};

static struct kind_run *get_run(const gca_task *task) {
        return *(struct kind_run **)gca_task_host(task);
}

/* ---- arguments: JSON to values ---- */

static gca_value load_json(gca_region *region, json_t *json);

static gca_value load_array(gca_region *region, json_t *json) {
        gca_builder list;

        gca_builder_begin_list(&list, region);
        for (size_t i = 0; i < json_array_size(json); i++)
                gca_builder_add(&list, load_json(region, json_array_get(json, i)));
        return gca_builder_end(&list);
}

static gca_value load_object(gca_region *region, json_t *json) {
        gca_builder map;
        const char *key;
        json_t *value;

        gca_builder_begin_map(&map, region);
        json_object_foreach(json, key, value) gca_builder_set(&map, key, load_json(region, value));
        return gca_builder_end(&map);
}

static gca_value load_json(gca_region *region, json_t *json) {
        switch (json_typeof(json)) {
        case JSON_OBJECT:
                return load_object(region, json);
        case JSON_ARRAY:
                return load_array(region, json);
        case JSON_STRING:
                return gca_string(
                        region, json_string_value(json), (ptrdiff_t)json_string_length(json));
        case JSON_INTEGER:
                return gca_int(region, json_integer_value(json));
        case JSON_REAL:
                return gca_float(region, json_real_value(json));
        case JSON_TRUE:
        case JSON_FALSE:
                return gca_bool(json_is_true(json));
        case JSON_NULL:
                break;
        }
        return gca_nil();
}

static int load_arguments(gca_task *task, gca_region *region, gca_value *ret_arguments) {
        const char *text = get_run(task)->arguments;
        json_error_t error;
        json_t *json = json_loads(text != NULL ? text : "{}", JSON_ALLOW_NUL, &error);

        ck_assert_msg(json != NULL, "%s: %s", text, error.text);
        *ret_arguments = load_json(region, json);
        json_decref(json);
        return 0;
}

/* ---- what became of it ---- */

static int store_result(gca_task *task, gca_value result) {
        struct kind_run *run = get_run(task);

        (void)gca_print(result, run->result, sizeof(run->result));
        return 0;
}

static void abort_run(gca_post *post) {
        struct kind_run *run = (struct kind_run *)((char *)post - offsetof(struct kind_run, post));
        gca_abort how = ++run->n_aborts == 1 ? run->abort_at_output : run->abort_at_output_again;

        (void)gca_task_abort(run->task, how, "the test wants it");
}

/* Not from inside the task's poll: see abort_run(). */
static void request_abort(struct kind_run *run) {
        run->n_writes++;
        if ((run->n_writes == 1 && run->abort_at_output != 0) ||
            (run->n_writes == 2 && run->abort_at_output_again != 0)) {
                run->post.call = abort_run;
                gca_runtime_post(gca_task_get_runtime(run->task), &run->post);
        }
}

static int write_output(gca_task *task, int stream, const void *data, size_t size) {
        struct kind_run *run = get_run(task);
        size_t *n = &run->n_output[stream - 1];

        if (run->output_max > 0 && *n + size > run->output_max)
                return -ENOSPC;
        if (*n < KIND_RUN_OUTPUT_SIZE - 1) {
                size_t room = KIND_RUN_OUTPUT_SIZE - 1 - *n;
                memcpy(run->output[stream - 1] + *n, data, size < room ? size : room);
        }
        *n += size;
        request_abort(run);
        return 0;
}

static bool may_execute(const gca_task *task) {
        return !get_run(task)->is_stranger;
}

static void copy_text(char *to, size_t size, const char *text) {
        (void)snprintf(to, size, "%s", text != NULL ? text : "");
}

static void finished(gca_task *task) {
        struct kind_run *run = get_run(task);

        run->state = gca_task_get_state(task);
        copy_text(run->code, sizeof(run->code), gca_task_get_failure_code(task));
        copy_text(run->message, sizeof(run->message), gca_task_get_failure_message(task));
}

static void settled(gca_task *task) {
        struct runner *runner = gca_runtime_get_host_data(gca_task_get_runtime(task));
        struct kind_run *run = get_run(task);

        gca_task_get_info(task, &run->info);
        copy_text(run->worker, sizeof(run->worker), run->info.worker);
        run->task = NULL;
        gca_task_unref(task);
        if (++runner->n_settled == runner->n_runs)
                gca_runtime_stop(runner->runtime);
}

static const gca_host_ops host_ops = {
        .size = sizeof(gca_host_ops),
        .load_arguments = load_arguments,
        .store_result = store_result,
        .write_output = write_output,
        .may_execute = may_execute,
        .finished = finished,
        .settled = settled,
};

/* ---- the runner ---- */

static void tell(const char *path, const char *text, void *data) {
        (void)data;
        ck_abort_msg("%s: %s", path, text);
}

/* Where the umask lets the group write, what was built would not be trusted. */
static void make_trusted(int directory_fd, const char *name) {
        struct stat status;

        ck_assert_int_eq(fstatat(directory_fd, name, &status, 0), 0);
        if (status.st_mode & 022)
                ck_assert_int_eq(fchmodat(directory_fd, name, status.st_mode & 07755, 0), 0);
}

/* The build's modules. */
static gca_registry *load_registry(void) {
        const char *build = getenv("GCASYNC_BUILDDIR");
        gca_registry *modules = gca_registry_new();
        char path[4096];

        (void)snprintf(path, sizeof(path), "%s/src/kinds/.libs", build != NULL ? build : ".");
        cleanup_(closep) int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        ck_assert_msg(fd >= 0, "%s: %s", path, strerror(errno));
        make_trusted(fd, ".");
        make_trusted(fd, "core.so");
        make_trusted(fd, "exec.so");
        ck_assert_int_eq(gca_registry_load_directory(modules, path, tell, NULL), 0);
        return modules;
}

static void submit_run(struct runner *runner, gca_registry *registry, struct kind_run *run) {
        gca_task_options options = {
                .size = sizeof(options),
                .kind = gca_registry_find(registry, run->kind, strlen(run->kind)),
                .id = 1 + (uint64_t)(run - runner->runs),
                .uid = getuid(),
                .host_size = sizeof(struct kind_run *),
                .arguments_size = run->arguments != NULL ? strlen(run->arguments) : 0,
                .deadline_ns = run->timeout_ns > 0 ? gca_now_ns() + run->timeout_ns : 0,
        };

        ck_assert_msg(options.kind != NULL, "%s", run->kind);
        run->task = gca_task_new(runner->runtime, &options);
        ck_assert_ptr_nonnull(run->task);
        *(struct kind_run **)gca_task_host(run->task) = run;
        if (run->abort_at_start != 0)
                (void)gca_task_abort(run->task, run->abort_at_start, "the test wants it");
        gca_task_submit(run->task);
}

static gca_registry *registry;

static void submit_runs(gca_post *post) {
        struct runner *runner = (struct runner *)((char *)post - offsetof(struct runner, start));

        for (size_t i = 0; i < runner->n_runs; i++)
                submit_run(runner, registry, &runner->runs[i]);
}

void kind_runner_run(struct kind_run *runs, size_t n) {
        struct runner runner = { .runs = runs, .n_runs = n, .start = { .call = submit_runs } };
        gca_runtime_options options = {
                .size = sizeof(options),
                .n_workers = 2,
                .host_ops = &host_ops,
                .host_data = &runner,
        };

        if (registry == NULL)
                registry = load_registry();
        ck_assert_int_eq(gca_runtime_new(&options, &runner.runtime), 0);
        gca_runtime_post(runner.runtime, &runner.start);
        ck_assert_int_eq(gca_runtime_run(runner.runtime), 0);
        ck_assert_uint_eq(runner.n_settled, n);
        gca_runtime_free(runner.runtime);
}

/* What follows "NAME": in the printed result, or NULL. */
static const char *find_entry(const struct kind_run *run, const char *name) {
        char key[64];
        int length = snprintf(key, sizeof(key), "\"%s\":", name);
        const char *found = strstr(run->result, key);

        return found != NULL ? found + length + strspn(found + length, " ") : NULL;
}

bool kind_run_has(const struct kind_run *run, const char *name) {
        return find_entry(run, name) != NULL;
}

static const char *get_entry(const struct kind_run *run, const char *name) {
        const char *text = find_entry(run, name);

        ck_assert_msg(text != NULL,
                      "no \"%s\" in %s (%s: %s)",
                      name,
                      run->result,
                      run->code,
                      run->message);
        return text;
}

int64_t kind_run_get_int(const struct kind_run *run, const char *name) {
        return strtoll(get_entry(run, name), NULL, 10);
}

bool kind_run_get_bool(const struct kind_run *run, const char *name) {
        return strncmp(get_entry(run, name), "true", 4) == 0;
}
