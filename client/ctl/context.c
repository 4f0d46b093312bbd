/* SPDX-License-Identifier: MIT */

#include "context.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "document.h"
#include "memory.h"
#include "nearest.h"
#include "parse.h"
#include "say.h"

enum {
        SOCKET_PATH_SIZE = 108, /* of struct sockaddr_un */
        CONNECT_TIMEOUT_S = 5,
        TEXT_SIZE_MAX = 128,
};

void context_init(struct context *context, const struct command *command) {
        const char *no_color = getenv("NO_COLOR"), *terminal = getenv("TERM");

        *context = (struct context){
                .command = command,
                .has_legend = true,
                .deadline_ns = CLOCK_NEVER,
        };
        context->is_color = isatty(STDOUT_FILENO) && (!no_color || !*no_color) &&
                            !(terminal && strcmp(terminal, "dumb") == 0);
}

void context_deinit(struct context *context) {
        context->client = gcasync_client_unref(context->client);
        free(steal(&context->error_message));
}

static int apply_format(struct context *context, const char *word) {
        struct nearest nearest;

        nearest_init(&nearest, word);
        for (int format = FORMAT_TABLE; format <= FORMAT_ID; format++) {
                const char *name = format_to_string((enum format)format);

                nearest_offer(&nearest, name);
                if (strcmp(word, name) != 0)
                        continue;
                context->format = (enum format)format;
                if (context->command->formats & 1u << format)
                        return 0;
                return context_usage(
                        context, "\"%s\" has no output as %s", context->command->name, word);
        }
        if (nearest.name)
                return context_usage(context,
                                     "unknown output format \"%s\"; did you mean %s?",
                                     word,
                                     nearest.name);
        return context_usage(
                context,
                "unknown output format \"%s\"; there are table, wide, json, jsonl and id",
                word);
}

static int apply_color(struct context *context, const char *word) {
        if (strcmp(word, "always") == 0)
                context->is_color = true;
        else if (strcmp(word, "never") == 0)
                context->is_color = false;
        else if (strcmp(word, "auto") != 0)
                return context_usage(
                        context, "--color takes auto, always or never, not \"%s\"", word);
        return 0;
}

static int apply_timeout(struct context *context, const char *word) {
        uint64_t duration_ns;

        if (!parse_duration(word, &duration_ns))
                return context_usage(
                        context,
                        "--timeout takes a duration such as 1.5s, 200ms, 2min or 1h, not \"%s\"",
                        word);
        context->deadline_ns = clock_add_ns(clock_monotonic_ns(), duration_ns);
        return 0;
}

static int apply_option(struct context *context, const struct option_use *use) {
        switch ((enum global_option)use->option->id) {
        case GLOBAL_OPTION_USER:
                context->instance = GCASYNC_INSTANCE_USER;
                context->socket_path = NULL;
                return 0;
        case GLOBAL_OPTION_SYSTEM:
                context->instance = GCASYNC_INSTANCE_SYSTEM;
                context->socket_path = NULL;
                return 0;
        case GLOBAL_OPTION_SOCKET:
                context->socket_path = use->value;
                return 0;
        case GLOBAL_OPTION_OUTPUT:
                return apply_format(context, use->value);
        case GLOBAL_OPTION_TIMEOUT:
                return apply_timeout(context, use->value);
        case GLOBAL_OPTION_NO_LEGEND:
                context->has_legend = false;
                return 0;
        case GLOBAL_OPTION_COLOR:
                return apply_color(context, use->value);
        case GLOBAL_OPTION_QUIET:
                context->is_quiet = true;
                return 0;
        case GLOBAL_OPTION_NONE:
        case GLOBAL_OPTION_HELP:
        case GLOBAL_OPTION_VERSION:
                return 0;
        }
        return 0;
}

int context_apply_options(struct context *context, const struct arguments *arguments) {
        int r;

        for (size_t i = 0; i < arguments->n_uses; i++) {
                const struct option_use *use = &arguments->uses[i];

                if (use->option < global_options ||
                    use->option >= global_options + GLOBAL_OPTION_VERSION)
                        continue;
                r = apply_option(context, use);
                if (r != 0)
                        return r;
        }
        return 0;
}

/* The ways to start a daemon where none answers: by hand, and by the service manager. */
static void say_how_to_start(const struct context *context, const char *path) {
        if (context->instance == GCASYNC_INSTANCE_SYSTEM)
                say_hint("start one with: systemctl start gcasyncd (or, as its user: gcasyncd "
                         "--system)");
        else if (context->socket_path ||
                 (context->instance == GCASYNC_INSTANCE_DEFAULT && getenv("GCASYNC_SOCKET")))
                say_hint("start one with: gcasyncd --socket %s", path);
        else
                say_hint("start one with: gcasyncd --user (or: systemctl --user start gcasyncd)");
}

/* There is no path that could be tried. */
static int tell_no_path(struct context *context, int error) {
        if (context->instance == GCASYNC_INSTANCE_USER && !context->socket_path &&
            !getenv("XDG_RUNTIME_DIR"))
                return context_tell(
                        context,
                        NULL,
                        GCASYNC_E_NO_DAEMON,
                        "XDG_RUNTIME_DIR, where the user's daemon has its socket, is not set");
        return context_tell(context, NULL, error, "the socket's path is empty or too long");
}

static int
tell_open_failure(struct context *context, const gcasync_client_options *options, int error) {
        int saved_errno = errno;
        char path[SOCKET_PATH_SIZE];
        cleanup_(freep) char *message = NULL;
        int find_error = gcasync_client_find_socket(options, path, sizeof(path));

        if (find_error != GCASYNC_E_OK)
                return tell_no_path(context, find_error);
        if (error == GCASYNC_E_SYSTEM)
                message = memory_format("cannot connect to %s: %s", path, strerror(saved_errno));
        else if (error == GCASYNC_E_NO_DAEMON)
                message = memory_format("no gcasyncd answers at %s", path);
        else if (error == GCASYNC_E_TIMED_OUT)
                message = memory_format("what listens at %s does not answer", path);
        else
                message = memory_format("%s: %s", path, gcasync_strerror(error));
        (void)context_tell(context, NULL, error, message);
        if (error == GCASYNC_E_NO_DAEMON)
                say_how_to_start(context, path);
        /* That was the time to connect, not --timeout. */
        if (error == GCASYNC_E_TIMED_OUT && clock_monotonic_ns() < context->deadline_ns)
                return EXIT_CODE_NO_DAEMON;
        return (int)exit_code_from_error(error);
}

int context_open(struct context *context) {
        uint64_t connect_ns = clock_add_ns(clock_monotonic_ns(), CONNECT_TIMEOUT_S * NS_PER_S);
        gcasync_client_options options = {
                .size = sizeof(options),
                .instance = context->instance,
                .socket_path = context->socket_path,
                .client_name = "gcasyncctl",
                .connect_deadline_ns =
                        connect_ns < context->deadline_ns ? connect_ns : context->deadline_ns,
        };
        int error = gcasync_client_open(&options, &context->client);

        if (error != GCASYNC_E_OK)
                return tell_open_failure(context, &options, error);
        return 0;
}

void context_record(struct context *context, const char *code, const char *message) {
        char *copy = memory_copy_text(message);

        free(context->error_message);
        context->error_message = copy;
        context->error_code = code;
}

int context_tell(struct context *context, const char *what, int error, const char *message) {
        const char *text = message && *message ? message : gcasync_strerror(error);

        context_record(context, gcasync_error_name(error), text);
        /* The daemon's words often begin with what they are about. */
        if (what && !strstr(text, what))
                say("%s: %s (%s)", what, text, gcasync_error_name(error));
        else
                say("%s (%s)", text, gcasync_error_name(error));
        return (int)exit_code_from_error(error);
}

int context_wait_call(struct context *context, const char *what, int error, gcasync_call *call) {
        const char *message = NULL;

        if (error == GCASYNC_E_OK)
                error = gcasync_call_wait(call, context->deadline_ns);
        if (error == GCASYNC_E_OK)
                error = gcasync_call_get_error(call, &message);
        else if (error == GCASYNC_E_DISCONNECTED || error == GCASYNC_E_PROTOCOL)
                (void)gcasync_client_get_error(context->client, &message);
        return error == GCASYNC_E_OK ? 0 : context_tell(context, what, error, message);
}

int context_check(struct context *context, const char *what, int error) {
        return error == GCASYNC_E_OK ? 0 : context_tell(context, what, error, NULL);
}

int context_usage(const struct context *context, const char *format, ...) {
        cleanup_(freep) char *text = NULL;
        va_list values;

        va_start(values, format);
        text = memory_format_values(format, values);
        va_end(values);
        say("%s", text);
        say_hint("see: gcasyncctl %s --help", context->command->name);
        return EXIT_CODE_USAGE;
}

int context_check_operands(const struct context *context,
                           const struct arguments *arguments,
                           size_t n_min,
                           size_t n_max) {
        if (arguments->rest && arguments->n_rest > 0)
                return context_usage(
                        context, "\"%s\" takes nothing after \"--\"", context->command->name);
        if (arguments->n_operands < n_min)
                return context_usage(context,
                                     "\"%s\" needs: %s",
                                     context->command->name,
                                     context->command->operands);
        if (arguments->n_operands > n_max)
                return context_usage(
                        context, "\"%s\" is one operand too many", arguments->operands[n_max]);
        return 0;
}

static int take_task(const struct context *context, const char *word, uint64_t *ret_task) {
        if (parse_task_id(word, ret_task))
                return 0;
        return context_usage(context, "\"%s\" is no task id; ids look like t12 or 12", word);
}

int context_take_task(const struct context *context,
                      const struct arguments *arguments,
                      uint64_t *ret_task) {
        int r = context_check_operands(context, arguments, 1, 1);

        return r != 0 ? r : take_task(context, arguments->operands[0], ret_task);
}

int context_take_tasks(const struct context *context,
                       const struct arguments *arguments,
                       uint64_t **ret_tasks) {
        cleanup_(freep) uint64_t *tasks = NULL;
        int r = context_check_operands(context, arguments, 1, SIZE_MAX);

        if (r != 0)
                return r;
        tasks = memory_allocate(arguments->n_operands * sizeof(*tasks));
        for (size_t i = 0; i < arguments->n_operands; i++) {
                r = take_task(context, arguments->operands[i], &tasks[i]);
                if (r != 0)
                        return r;
        }
        *ret_tasks = steal(&tasks);
        return 0;
}

int context_check_text(const struct context *context, const char *what, const char *text) {
        size_t size = text ? strlen(text) : 0;

        if (size > TEXT_SIZE_MAX)
                return context_usage(
                        context, "%s is %zu bytes long; %d are allowed", what, size, TEXT_SIZE_MAX);
        if (!utf8_is_valid(text, size))
                return context_usage(context, "%s is not UTF-8: \"%s\"", what, text);
        return 0;
}

bool context_is_json(const struct context *context) {
        return context->format == FORMAT_JSON || context->format == FORMAT_JSONL;
}

void context_note(const struct context *context, const char *format, ...) {
        cleanup_(freep) char *text = NULL;
        va_list values;

        if (context->is_quiet)
                return;
        va_start(values, format);
        text = memory_format_values(format, values);
        va_end(values);
        say("%s", text);
}

void context_begin_json(const struct context *context,
                        struct document *document,
                        const char *schema) {
        document_init(document, stdout, context->format == FORMAT_JSON);
        document_open_map(document);
        document_set_format(document, "schema", "gcasync.%s.v1", schema);
}

void context_end_json(struct document *document) {
        document_close_map(document);
        document_end(document);
}
