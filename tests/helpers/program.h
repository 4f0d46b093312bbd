/* SPDX-License-Identifier: MIT */
#pragma once

/* Runtimes for tests of programs: made of text, and what tasks on them do. */

#include <check.h>
#include <pthread.h>
#include <stdatomic.h>

#include <gcasync/program.h>

static inline gca_runtime *program_make(const char *options) {
        gca_runtime_builder *builder = gca_runtime_builder_new();
        gca_runtime *runtime = NULL;

        gca_runtime_builder_parse(builder, options, "test");
        ck_assert_int_eq(gca_runtime_builder_build(builder, NULL, NULL, &runtime), 0);
        (void)gca_runtime_builder_free(builder);
        return runtime;
}

/* A body that awaits a tracker, its data, and one that gives way a few times. */
static inline gca_value program_await_tracker(gca_task *task, void *data) {
        if (gca_await_tracker(task, data) != 0)
                return GCA_NO_VALUE;
        return gca_nil();
}

static inline gca_value program_yield(gca_task *task, void *data) {
        (void)data;
        for (size_t i = 0; i < 3; i++)
                if (gca_yield(task) != 0)
                        return GCA_NO_VALUE;
        return gca_nil();
}
