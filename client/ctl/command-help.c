/* SPDX-License-Identifier: MIT */

/* gcasyncctl help: the table of commands as text or, for completions and checks, as JSON. */

#include <stdio.h>
#include <string.h>

#include "context.h"
#include "document.h"
#include "help.h"

const struct option command_help_options[] = { { 0 } };

static void write_options(struct document *document, const struct option *option) {
        document_key(document, "options");
        document_open_list(document);
        for (; option->id != 0; option++) {
                document_open_map(document);
                document_set_text(document, "long", option->long_name);
                document_key(document, "short");
                if (option->short_name)
                        document_add_text(document, &option->short_name, 1);
                else
                        document_add_null(document);
                document_key(document, "value");
                if (option->value)
                        document_add_text(document, option->value, strlen(option->value));
                else
                        document_add_null(document);
                document_set_text(document, "doc", option->doc);
                document_close_map(document);
        }
        document_close_list(document);
}

static void write_command(struct document *document, const struct command *command) {
        document_open_map(document);
        document_set_text(document, "name", command->name);
        document_set_text(document, "operands", command->operands);
        document_set_text(document, "summary", command->summary);
        document_key(document, "formats");
        document_open_list(document);
        for (int format = FORMAT_TABLE; format <= FORMAT_ID; format++) {
                const char *name = format_to_string((enum format)format);

                if (command->formats & 1u << format)
                        document_add_text(document, name, strlen(name));
        }
        document_close_list(document);
        write_options(document, command->options);
        document_close_map(document);
}

static void print_document(const struct context *context, const struct command *only) {
        const struct command *command;
        struct document document;

        context_begin_json(context, &document, "help");
        write_options(&document, global_options);
        document_key(&document, "commands");
        document_open_list(&document);
        for (size_t i = 0; (command = command_at(i)); i++)
                if (!only || command == only)
                        write_command(&document, command);
        document_close_list(&document);
        context_end_json(&document);
}

int command_help(struct context *context, const struct arguments *arguments) {
        const struct command *command = NULL;
        size_t n_words;
        int r;

        r = context_check_operands(context, arguments, 0, 2);
        if (r != 0)
                return r;
        if (arguments->n_operands > 0) {
                command = command_find(
                        (char **)(uintptr_t)arguments->operands, arguments->n_operands, &n_words);
                if (!command)
                        return EXIT_CODE_USAGE;
        }
        if (context_is_json(context))
                print_document(context, command);
        else if (command)
                help_print_command(stdout, command);
        else
                help_print_overview(stdout);
        return 0;
}
