/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The task that `run` and `submit` ask for: a kind with its arguments, or, after "--", a program, which
 * runs in the caller's working directory, with the caller's file mode mask and environment.
 */

#include <stdbool.h>

#include <gcasync/client.h>

#include "context.h"
#include "option.h"

/* The options that run and submit share. Those from ENV on are for programs. */
#define TASK_OPTION_MAP(X)                                                                  \
        X(LABEL, 'l', "label", "TEXT", "a label for people")                                \
        X(TASK_TIMEOUT,                                                                     \
          't',                                                                              \
          "task-timeout",                                                                   \
          "DURATION",                                                                       \
          "the daemon ends the task after this time")                                       \
        X(JSON, 'j', "json", "JSON|@FILE", "arguments as a JSON map")                       \
        X(ENV, 'E', "env", "NAME[=VALUE]", "set a variable, or keep it with --clean-env")   \
        X(CLEAN_ENV, '\0', "clean-env", NULL, "pass no variables but those of -E")          \
        X(STDIN, 'i', "stdin", "[=FILE]", "pass standard input, or a file, to the program") \
        X(CWD, 'C', "cwd", "FOLDER", "the program's working directory")                     \
        X(UMASK, '\0', "umask", "MASK", "the program's file mode mask, octal")              \
        X(RLIMIT, '\0', "rlimit", "NAME=SOFT[:HARD]", "a resource limit, as nofile=1024")

enum task_option {
        TASK_OPTION_NONE = 0,
#define X(name, c, word, value, doc) TASK_OPTION_##name,
        TASK_OPTION_MAP(X)
#undef X
        TASK_OPTION_OWN, /* the first id of a command's own options */
};

#define TASK_OPTION_ROW(name, c, word, value, doc) { TASK_OPTION_##name, c, word, value, doc },

struct task_request {
        const char *kind;
        bool is_program; /* the kind is "exec" */
        gcasync_builder *builder;
        gcasync_submit_options options; /* points into the request */
};

/* Checks what needs no daemon. 0 or EXIT_CODE_USAGE. */
int task_request_parse(struct task_request *request,
                       const struct context *context,
                       const struct arguments *arguments);
/* Makes the arguments: asks the daemon for the kind's schema, reads files. 0 or an exit code. */
int task_request_make(struct task_request *request,
                      struct context *context,
                      const struct arguments *arguments);
void task_request_deinit(struct task_request *request);

/* The arguments of exec from options and the words after "--". 0 or an exit code (exec-request.c). */
int exec_request_build(struct context *context,
                       const struct arguments *arguments,
                       gcasync_builder *builder);
/* Whether an -E, --umask or --rlimit is well formed. 0 or EXIT_CODE_USAGE. */
int exec_request_check(const struct context *context, const struct option_use *use);
