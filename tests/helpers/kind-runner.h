/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Runs tasks of the bundled kinds on a runtime of their own and says what became of them.
 *
 *     struct kind_run run = { .kind = "exec", .arguments = "{\"argv\":[\"/bin/true\"]}" };
 *
 *     kind_runner_run(&run, 1);
 *     ck_assert_int_eq(run.state, GCA_TASK_SUCCEEDED);
 *
 * The modules are those of the build, loaded as a daemon loads them. One thread calls this.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gcasync/runtime.h>

enum {
        KIND_RUN_TEXT_SIZE = 4096,
        KIND_RUN_OUTPUT_SIZE = 64 * 1024
};

struct kind_run {
        /* What to run. */
        const char *kind;
        const char *arguments; /* JSON; NULL: none */
        bool is_stranger;      /* may not execute */
        uint64_t timeout_ns;   /* 0: none */
        size_t output_max; /* what is written after so many bytes is refused, as a full disk does; 0: no limit */
        gca_abort abort_at_start;        /* 0, or how to abort it before it runs */
        gca_abort abort_at_output;       /* 0, or how to abort it when it has written something */
        gca_abort abort_at_output_again; /* the second time */

        /* What became of it. */
        gca_task_state state;
        char code[64], message[512];
        char result[KIND_RUN_TEXT_SIZE];      /* as gca_print() writes it */
        char output[2][KIND_RUN_OUTPUT_SIZE]; /* of the streams 1 and 2, the first bytes */
        size_t n_output[2];                   /* all of it */
        gca_task_info info; /* worker and waiting_for: not these, which are the runtime's */
        char worker[32];

        /* The runner's own. */
        gca_task *task;
        gca_post post;
        unsigned n_writes, n_aborts;
};

/* Runs them all at once, until all have settled. */
void kind_runner_run(struct kind_run *runs, size_t n);

/* An entry of the result, a map. Fails the test where there is none. */
int64_t kind_run_get_int(const struct kind_run *run, const char *name);
bool kind_run_get_bool(const struct kind_run *run, const char *name);

/* Whether the result has an entry of that name. */
bool kind_run_has(const struct kind_run *run, const char *name);
