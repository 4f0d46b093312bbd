/* SPDX-License-Identifier: MIT */

/*
 * What `run -- PROGRAM` tells the kind exec: the words, the caller's environment as -E and --clean-env change
 * it, working directory, file mode mask, limits and input. Words and values that are not UTF-8 go as
 * bytes; a variable whose name is not UTF-8 cannot be told and is left out.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/utf8.h"
#include "file.h"
#include "memory.h"
#include "parse.h"
#include "say.h"
#include "task-request.h"

/* The variables to be passed, "NAME=VALUE", each name once; borrowed. */
struct environment {
        const char **variables;
        size_t n, n_max;
};

static size_t name_length(const char *variable) {
        return strcspn(variable, "=");
}

static bool name_is_equal(const char *a, const char *b) {
        size_t n = name_length(a);

        return n == name_length(b) && memcmp(a, b, n) == 0;
}

static void environment_set(struct environment *environment, const char *variable) {
        for (size_t i = 0; i < environment->n; i++) {
                if (name_is_equal(environment->variables[i], variable)) {
                        environment->variables[i] = variable;
                        return;
                }
        }
        environment->variables = memory_grow(environment->variables,
                                             &environment->n_max,
                                             environment->n + 1,
                                             sizeof(*environment->variables));
        environment->variables[environment->n++] = variable;
}

/* Our own variables, the first of several with one name, as getenv() has it. NAME only, or all with NULL. */
static void environment_take_own(struct environment *environment, const char *name) {
        for (char **variable = environ; *variable; variable++) {
                bool is_there = false;

                if (!strchr(*variable, '=') || **variable == '=' ||
                    (name && !name_is_equal(*variable, name)))
                        continue;
                for (size_t i = 0; i < environment->n; i++)
                        is_there |= name_is_equal(environment->variables[i], *variable);
                if (!is_there)
                        environment_set(environment, *variable);
        }
}

static void add_text(gcasync_builder *builder, const char *text) {
        size_t size = strlen(text);

        if (utf8_is_valid(text, size))
                gcasync_builder_string_n(builder, text, size);
        else
                gcasync_builder_bytes(builder, text, size);
}

static void build_argv(const struct arguments *arguments, gcasync_builder *builder) {
        gcasync_builder_key(builder, "argv");
        gcasync_builder_open_list(builder);
        for (size_t i = 0; i < arguments->n_rest; i++)
                add_text(builder, arguments->rest[i]);
        gcasync_builder_close_list(builder);
}

static void build_environment(const struct context *context,
                              const struct arguments *arguments,
                              gcasync_builder *builder) {
        const struct option *table = context->command->options;
        struct environment environment = { 0 };
        const struct option_use *use;
        size_t index = 0;

        if (!arguments_has(arguments, table, TASK_OPTION_CLEAN_ENV))
                environment_take_own(&environment, NULL);
        while ((use = arguments_next(arguments, table, TASK_OPTION_ENV, &index))) {
                if (strchr(use->value, '='))
                        environment_set(&environment, use->value);
                else
                        environment_take_own(&environment, use->value);
        }
        gcasync_builder_key(builder, "env");
        gcasync_builder_open_map(builder);
        for (size_t i = 0; i < environment.n; i++) {
                const char *variable = environment.variables[i];
                size_t n = name_length(variable);

                if (!utf8_is_valid(variable, n)) {
                        context_note(context, "variable %s is left out: no UTF-8", variable);
                        continue;
                }
                gcasync_builder_key_n(builder, variable, n);
                add_text(builder, variable + n + 1);
        }
        gcasync_builder_close_map(builder);
        free(environment.variables);
}

/* Ours, or the one of --cwd, which may be relative to ours. 0 or EXIT_CODE_FAILED. */
static int build_folder(const struct context *context,
                        const struct arguments *arguments,
                        gcasync_builder *builder) {
        const char *wanted =
                arguments_get(arguments, context->command->options, TASK_OPTION_CWD, ".");
        cleanup_(freep) char *path = realpath(wanted, NULL);

        if (!path) {
                say("cannot find the working directory %s: %s", wanted, strerror(errno));
                return EXIT_CODE_FAILED;
        }
        gcasync_builder_key(builder, "cwd");
        add_text(builder, path);
        return 0;
}

static void build_umask(const struct context *context,
                        const struct arguments *arguments,
                        gcasync_builder *builder) {
        const char *wanted =
                arguments_get(arguments, context->command->options, TASK_OPTION_UMASK, NULL);
        uint32_t mask;

        if (!wanted || !parse_umask(wanted, &mask)) {
                mask = umask(0);
                (void)umask((mode_t)mask);
        }
        gcasync_builder_key(builder, "umask");
        gcasync_builder_int(builder, mask);
}

static int build_stdin(const struct context *context,
                       const struct arguments *arguments,
                       gcasync_builder *builder) {
        const struct option_use *use =
                arguments_find(arguments, context->command->options, TASK_OPTION_STDIN);
        uint64_t size_max = gcasync_client_get_limit(context->client, "frame-bytes");
        cleanup_(buffer_deinit) struct buffer buffer = { 0 };
        const char *path;
        int r;

        if (!use)
                return 0;
        path = use->value ? use->value : "-";
        r = file_read(path, size_max, &buffer);
        if (r == -EFBIG)
                say("%s is larger than the %llu bytes that a request may have",
                    use->value ? path : "standard input",
                    (unsigned long long)size_max);
        else if (r < 0)
                say("cannot read %s: %s", use->value ? path : "standard input", strerror(-r));
        if (r < 0)
                return EXIT_CODE_FAILED;
        gcasync_builder_key(builder, "stdin");
        gcasync_builder_bytes(builder,
                              buffer_get_length(&buffer) > 0 ? buffer_get_data(&buffer) : NULL,
                              buffer_get_length(&buffer));
        return 0;
}

/* A number, or "unlimited". */
static bool is_limit(const char *word, size_t size) {
        return (size > 0 && size < 19 && strspn(word, "0123456789") >= size) ||
               (size == strlen("unlimited") && strncmp(word, "unlimited", size) == 0);
}

static void add_limit(gcasync_builder *builder, const char *word, size_t size) {
        if (*word == 'u')
                gcasync_builder_string_n(builder, word, size);
        else
                gcasync_builder_int(builder, strtoll(word, NULL, 10));
}

/* "NAME=SOFT" or "NAME=SOFT:HARD". */
static void build_limit(const char *word, gcasync_builder *builder) {
        const char *soft = word + name_length(word) + 1;
        const char *hard = strchr(soft, ':');

        gcasync_builder_key_n(builder, word, name_length(word));
        if (!hard) {
                add_limit(builder, soft, strlen(soft));
                return;
        }
        gcasync_builder_open_list(builder);
        add_limit(builder, soft, (size_t)(hard - soft));
        add_limit(builder, hard + 1, strlen(hard + 1));
        gcasync_builder_close_list(builder);
}

static void build_limits(const struct context *context,
                         const struct arguments *arguments,
                         gcasync_builder *builder) {
        const struct option *table = context->command->options;
        const struct option_use *use;
        size_t index = 0;

        if (!arguments_has(arguments, table, TASK_OPTION_RLIMIT))
                return;
        gcasync_builder_key(builder, "rlimits");
        gcasync_builder_open_map(builder);
        while ((use = arguments_next(arguments, table, TASK_OPTION_RLIMIT, &index)))
                build_limit(use->value, builder);
        gcasync_builder_close_map(builder);
}

static int check_limit(const struct context *context, const char *word) {
        const char *equals = strchr(word, '=');
        size_t n;

        if (equals && equals > word) {
                n = strcspn(equals + 1, ":");
                if (is_limit(equals + 1, n) &&
                    (equals[1 + n] == '\0' || is_limit(equals + n + 2, strlen(equals + n + 2))))
                        return 0;
        }
        return context_usage(
                context,
                "--rlimit takes NAME=SOFT or NAME=SOFT:HARD, numbers or \"unlimited\", "
                "not \"%s\"",
                word);
}

int exec_request_check(const struct context *context, const struct option_use *use) {
        uint32_t mask;

        if (use->option->id == TASK_OPTION_RLIMIT)
                return check_limit(context, use->value);
        if (use->option->id == TASK_OPTION_UMASK && !parse_umask(use->value, &mask))
                return context_usage(
                        context, "--umask takes an octal mask such as 022, not \"%s\"", use->value);
        if (use->option->id == TASK_OPTION_ENV &&
            (use->value[0] == '\0' || use->value[0] == '=' ||
             !utf8_is_valid(use->value, name_length(use->value))))
                return context_usage(
                        context, "-E takes NAME or NAME=VALUE, not \"%s\"", use->value);
        return 0;
}

int exec_request_build(struct context *context,
                       const struct arguments *arguments,
                       gcasync_builder *builder) {
        int r;

        gcasync_builder_open_map(builder);
        build_argv(arguments, builder);
        build_environment(context, arguments, builder);
        r = build_folder(context, arguments, builder);
        if (r != 0)
                return r;
        build_umask(context, arguments, builder);
        build_limits(context, arguments, builder);
        r = build_stdin(context, arguments, builder);
        if (r != 0)
                return r;
        gcasync_builder_close_map(builder);
        return 0;
}
