/* SPDX-License-Identifier: MIT */

#include "task-request.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "kind.h"
#include "memory.h"
#include "parse.h"
#include "say.h"
#include "schema.h"

static int parse_option(struct task_request *request,
                        const struct context *context,
                        const struct option_use *use,
                        bool is_program) {
        int id = use->option->id;

        if (id == TASK_OPTION_LABEL) {
                request->options.label = use->value;
                return context_check_text(context, "the label", use->value);
        }
        if (id == TASK_OPTION_TASK_TIMEOUT) {
                if (!parse_duration(use->value, &request->options.timeout_ns))
                        return context_usage(
                                context,
                                "--task-timeout takes a duration such as 1.5s or 2min, "
                                "not \"%s\"",
                                use->value);
        } else if (id == TASK_OPTION_JSON && is_program) {
                return context_usage(context,
                                     "--json is for a KIND, not for a program after \"--\"");
        } else if (id >= TASK_OPTION_ENV && id < TASK_OPTION_OWN) {
                if (!is_program)
                        return context_usage(context,
                                             "--%s is for a program after \"--\", not for a KIND",
                                             use->option->long_name);
                return exec_request_check(context, use);
        }
        return 0;
}

/* Whether an option stands in the command's own table: the global ones have ids of their own. */
static bool is_command_option(const struct context *context, const struct option *option) {
        for (const struct option *own = context->command->options; own->id != 0; own++)
                if (own == option)
                        return true;
        return false;
}

int task_request_parse(struct task_request *request,
                       const struct context *context,
                       const struct arguments *arguments) {
        bool is_program = arguments->rest != NULL;
        int r;

        *request = (struct task_request){ .options.size = sizeof(request->options) };
        if (is_program && arguments->n_operands > 0)
                return context_usage(context,
                                     "\"%s\" stands before \"--\": a KIND or a program, not both",
                                     arguments->operands[0]);
        if (is_program && arguments->n_rest == 0)
                return context_usage(context, "no program after \"--\"");
        if (!is_program && arguments->n_operands == 0)
                return context_usage(context, "neither a KIND nor \"--\" and a program");
        if (!is_program) {
                r = kind_check_name(context, arguments->operands[0]);
                if (r != 0)
                        return r;
        }
        request->kind = is_program ? "exec" : arguments->operands[0];
        request->is_program = strcmp(request->kind, "exec") == 0;
        for (size_t i = 0; i < arguments->n_uses; i++) {
                if (!is_command_option(context, arguments->uses[i].option))
                        continue;
                r = parse_option(request, context, &arguments->uses[i], is_program);
                if (r != 0)
                        return r;
        }
        return 0;
}

/* The words and --json, by the kind's schema. */
static int make_arguments(struct task_request *request,
                          struct context *context,
                          const struct arguments *arguments) {
        cleanup_(gcasync_result_unrefp) gcasync_result *kind = NULL;
        cleanup_(freep) struct schema_argument *rows = NULL;
        cleanup_(text_list_deinit) struct text_list faults = { 0 };
        cleanup_(json_decrefp) json_t *object = NULL;
        struct schema schema;
        struct schema_input input = {
                .words = arguments->operands + 1,
                .n_words = arguments->n_operands - 1,
                .json = arguments_get(arguments, context->command->options, TASK_OPTION_JSON, NULL),
                .size_max = gcasync_client_get_limit(context->client, "frame-bytes"),
        };
        int r;

        r = kind_fetch(context, request->kind, &kind);
        if (r == EXIT_CODE_NOT_FOUND)
                say_hint("a program is run by: gcasyncctl %s -- %s",
                         context->command->name,
                         request->kind);
        if (r != 0)
                return r;
        r = kind_get_schema(context, kind, &schema, &rows);
        if (r != 0)
                return r;
        schema_read(&schema, &input, &faults, &object);
        if (object)
                schema_build(&schema, object, request->builder, &faults);
        if (faults.n == 0)
                return 0;
        context_record(context, "usage", faults.lines[0]);
        say_lines(&faults);
        say_hint("see: gcasyncctl kind show %s", request->kind);
        return EXIT_CODE_USAGE;
}

int task_request_make(struct task_request *request,
                      struct context *context,
                      const struct arguments *arguments) {
        int r;

        request->builder = gcasync_builder_new();
        if (!request->builder)
                memory_give_up();
        r = arguments->rest ? exec_request_build(context, arguments, request->builder)
                            : make_arguments(request, context, arguments);
        if (r != 0)
                return r;
        r = context_check(context, "arguments", gcasync_builder_get_error(request->builder));
        if (r != 0)
                return r;
        request->options.kind = request->kind;
        request->options.arguments = request->builder;
        return 0;
}

void task_request_deinit(struct task_request *request) {
        request->builder = gcasync_builder_free(request->builder);
}
