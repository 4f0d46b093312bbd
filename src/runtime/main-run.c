/* SPDX-License-Identifier: MIT */

/* What GCASYNC_MAIN() and GCASYNC_TEST() call. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gcasync/main.h>

struct main_run {
        const char *name;
};

static void main_tell_fault(const char *place, const char *text, void *data) {
        const struct main_run *run = data;

        (void)fprintf(
                stderr, "%s: %s%s%s\n", run->name, place ? place : "", place ? ": " : "", text);
}

static gca_runtime *main_build(struct main_run *run,
                               void (*set_options)(gca_runtime_builder *builder)) {
        gca_runtime_builder *builder = gca_runtime_builder_new();
        gca_runtime *runtime = NULL;
        int r;

        set_options(builder);
        r = gca_runtime_builder_build(builder, main_tell_fault, run, &runtime);
        (void)gca_runtime_builder_free(builder);
        if (r == 0)
                return runtime;
        if (r != -EINVAL)
                (void)fprintf(stderr, "%s: no runtime: %s\n", run->name, strerror(-r));
        return NULL;
}

/* An int the body succeeded with is the status; it is immediate, or in the heap. */
static int main_get_status(const struct main_run *run, gca_task *task) {
        gca_value result;
        int status = EXIT_SUCCESS;

        if (gca_task_get_state(task) != GCA_TASK_SUCCEEDED) {
                (void)fprintf(stderr,
                              "%s: %s: %s\n",
                              run->name,
                              gca_task_get_failure_code(task),
                              gca_task_get_failure_message(task));
                return EXIT_FAILURE;
        }
        if (gca_task_get_result(task, NULL, &result) == 0 && gca_get_type(result) == GCA_TYPE_INT)
                status = (int)(gca_get_int(result) & 0xff);
        return status;
}

int gca_main_run(const char *name,
                 void (*set_options)(gca_runtime_builder *builder),
                 gca_value (*body)(gca_task *task, void *data),
                 gca_poll (*poll)(gca_task *task, void *data),
                 void *data) {
        struct main_run run = { .name = name };
        gca_runtime *runtime = main_build(&run, set_options);
        int status = EXIT_FAILURE;
        gca_task *task;
        int r;

        if (!runtime)
                return EXIT_FAILURE;
        r = GCA_BLOCK_ON(runtime, &task, .body = body, .poll = poll, .data = data);
        if (r == 0) {
                status = main_get_status(&run, task);
                (void)gca_task_unref(task);
        } else {
                (void)fprintf(stderr, "%s: the body cannot run: %s\n", name, strerror(-r));
        }
        (void)gca_runtime_free(runtime);
        return status;
}
