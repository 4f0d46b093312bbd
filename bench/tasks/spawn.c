/* SPDX-License-Identifier: MIT */
#include "spawn.h"

#include <stdbool.h>

#include <gcasync/program.h>

#include "../common.h"

enum {
        N_TASKS = 1000000,
        BATCH_SIZE = 1000,
};

static gca_poll empty_poll(gca_task *task, void *data) {
        (void)data;
        return gca_succeed(task, gca_nil());
}

static gca_value empty_body(gca_task *task, void *data) {
        (void)task;
        (void)data;
        return gca_nil();
}

static void spawn_one(gca_runtime *runtime, bool is_stackful, gca_task **ret_task) {
        int r;

        if (is_stackful)
                r = GCA_SPAWN(runtime, ret_task, .body = empty_body);
        else
                r = GCA_SPAWN(runtime, ret_task, .poll = empty_poll);
        if (r != 0)
                bench_die("cannot spawn: %d", r);
}

static gca_value spawner_body(gca_task *task, void *data) {
        static gca_task *batch[BATCH_SIZE];
        gca_runtime *runtime = gca_task_get_runtime(task);
        bool *is_stackful = data;

        for (int n = 0; n < N_TASKS; n += BATCH_SIZE) {
                for (int i = 0; i < BATCH_SIZE; i++)
                        spawn_one(runtime, *is_stackful, &batch[i]);
                for (int i = 0; i < BATCH_SIZE; i++) {
                        if (gca_await_task(task, batch[i]) != 0)
                                bench_die("cannot join");
                        (void)gca_task_unref(batch[i]);
                }
        }
        return gca_nil();
}

static double spawn_measure(bool is_stackful) {
        gca_runtime_builder *builder = gca_runtime_builder_new();
        gca_runtime *runtime = NULL;
        gca_task *spawner = NULL;
        uint64_t begin_ns;
        double ns;

        gca_runtime_builder_set(builder, GCA_OPTION_FLAVOR, GCA_FLAVOR_CURRENT_THREAD, GCA_HERE);
        if (gca_runtime_builder_build(builder, NULL, NULL, &runtime) != 0)
                bench_die("no runtime");
        (void)gca_runtime_builder_free(builder);
        begin_ns = bench_now_ns();
        if (GCA_BLOCK_ON(runtime, &spawner, .body = spawner_body, .data = &is_stackful) != 0)
                bench_die("the spawner failed");
        ns = (double)(bench_now_ns() - begin_ns) / N_TASKS;
        (void)gca_task_unref(spawner);
        (void)gca_runtime_shut_down(runtime, GCA_FOREVER);
        (void)gca_runtime_free(runtime);
        return ns;
}

double spawn_measure_stackless(void) {
        return spawn_measure(false);
}

double spawn_measure_stackful(void) {
        return spawn_measure(true);
}
