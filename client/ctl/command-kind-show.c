/* SPDX-License-Identifier: MIT */

/* gcasyncctl kind show: one kind, its documentation and the table of its arguments. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "context.h"
#include "document.h"
#include "kind.h"
#include "memory.h"
#include "table.h"
#include "text.h"

const struct option command_kind_show_options[] = { { 0 } };

static void print_line(const char *name, const char *text) {
        cleanup_(freep) char *escaped = text_escape_string(text);

        if (*text)
                printf("%-12s %s\n", name, escaped);
}

/* The documentation, whose lines stay lines. */
static void print_doc(const char *doc) {
        while (*doc) {
                size_t n = 0;
                cleanup_(freep) char *escaped = NULL;

                while (doc[n] != '\0' && doc[n] != '\n')
                        n++;
                escaped = text_escape(doc, n);
                printf("%s\n", escaped);
                doc += n + (doc[n] == '\n');
        }
        (void)putchar('\n');
}

static void print_kind(const gcasync_kind_info *info) {
        cleanup_(freep) char *module = memory_format("%s %s", info->module, info->module_version);
        cleanup_(freep) char *limit = text_format_bytes(info->inline_limit_bytes);

        print_line("kind", info->name);
        print_line("module", module);
        print_line("mode", info->mode);
        if (info->inline_limit_bytes > 0)
                print_line("inline up to", limit);
        print_line("unreachable", info->unreachable);
        print_line("result", info->result_doc);
        (void)putchar('\n');
        print_doc(info->doc);
}

static int print_arguments(struct context *context, gcasync_result *result, size_t n) {
        static const struct table_column columns[] = {
                { "ARGUMENT", false }, { "TYPE", false }, { "DEFAULT", false }, { "MEANING", false }
        };
        struct table_options options = { context->has_legend, context->is_color, 0 };
        cleanup_(table_deinit) struct table table;

        table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
        for (size_t i = 0; i < n; i++) {
                gcasync_argument_info info = { .size = sizeof(info) };
                int r;

                r = context_check(
                        context, NULL, gcasync_result_get_argument_info(result, 0, i, &info));
                if (r != 0)
                        return r;
                table_add(&table, info.name);
                table_add(&table, info.type);
                table_add(&table, info.is_required ? "required" : info.default_text);
                table_add(&table, info.doc);
        }
        if (n > 0)
                table_print(&table, stdout, &options);
        else
                (void)puts("It takes no arguments.");
        return 0;
}

static int print_names(struct context *context, gcasync_result *result, size_t n) {
        int r = 0;

        for (size_t i = 0; i < n && r == 0; i++) {
                gcasync_argument_info info = { .size = sizeof(info) };

                r = context_check(
                        context, NULL, gcasync_result_get_argument_info(result, 0, i, &info));
                if (r == 0)
                        (void)puts(info.name);
        }
        return r;
}

static int print(struct context *context, gcasync_result *result) {
        gcasync_kind_info info = { .size = sizeof(info) };
        struct document document;
        int r;

        if (context_is_json(context)) {
                context_begin_json(context, &document, "kind");
                r = kind_write(context, &document, result, 0);
                context_end_json(&document);
                return r;
        }
        r = context_check(context, NULL, gcasync_result_get_kind_info(result, 0, &info));
        if (r != 0)
                return r;
        if (context->format == FORMAT_ID)
                return print_names(context, result, info.n_arguments);
        print_kind(&info);
        return print_arguments(context, result, info.n_arguments);
}

int command_kind_show(struct context *context, const struct arguments *arguments) {
        cleanup_(gcasync_result_unrefp) gcasync_result *result = NULL;
        int r;

        r = context_check_operands(context, arguments, 1, 1);
        if (r == 0)
                r = kind_check_name(context, arguments->operands[0]);
        if (r == 0)
                r = context_open(context);
        if (r == 0)
                r = kind_fetch(context, arguments->operands[0], &result);
        return r != 0 ? r : print(context, result);
}
