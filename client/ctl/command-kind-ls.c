/* SPDX-License-Identifier: MIT */

/* gcasyncctl kind ls: the kinds of task that the daemon has. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "context.h"
#include "document.h"
#include "kind.h"
#include "memory.h"
#include "table.h"

const struct option command_kind_ls_options[] = { { 0 } };

static const struct table_column columns[] = { { "KIND", false },
                                               { "MODE", false },
                                               { "SUMMARY", false } };
static const struct table_column columns_wide[] = {
        { "KIND", false },    { "MODE", false },        { "MODULE", false },
        { "VERSION", false }, { "UNREACHABLE", false }, { "SUMMARY", false }
};

static void add_row(struct table *table, const gcasync_kind_info *info, bool is_wide) {
        cleanup_(freep) char *summary =
                memory_format("%.*s", (int)strcspn(info->doc, "\n"), info->doc);

        table_add(table, info->name);
        table_add(table, info->mode);
        if (is_wide) {
                table_add(table, info->module);
                table_add(table, info->module_version);
                table_add(table, info->unreachable);
        }
        table_add(table, summary);
}

static int print_table(struct context *context, gcasync_result *result) {
        bool is_wide = context->format == FORMAT_WIDE;
        struct table_options options = {
                .has_legend = context->has_legend,
                .is_color = context->is_color,
                .width_max = is_wide ? 0 : table_find_terminal_width(stdout),
        };
        cleanup_(table_deinit) struct table table;

        if (is_wide)
                table_init(&table, columns_wide, sizeof(columns_wide) / sizeof(columns_wide[0]));
        else
                table_init(&table, columns, sizeof(columns) / sizeof(columns[0]));
        for (size_t i = 0; i < gcasync_result_get_n_kinds(result); i++) {
                gcasync_kind_info info = { .size = sizeof(info) };
                int r;

                r = context_check(context, NULL, gcasync_result_get_kind_info(result, i, &info));
                if (r != 0)
                        return r;
                add_row(&table, &info, is_wide);
        }
        table_print(&table, stdout, &options);
        return 0;
}

static int print_names(struct context *context, gcasync_result *result) {
        int r = 0;

        for (size_t i = 0; i < gcasync_result_get_n_kinds(result) && r == 0; i++) {
                gcasync_kind_info info = { .size = sizeof(info) };

                r = context_check(context, NULL, gcasync_result_get_kind_info(result, i, &info));
                if (r == 0)
                        (void)puts(info.name);
        }
        return r;
}

static int print_documents(struct context *context, gcasync_result *result) {
        bool is_list = context->format == FORMAT_JSON;
        struct document document;
        int r = 0;

        if (is_list) {
                context_begin_json(context, &document, "kinds");
                document_key(&document, "kinds");
                document_open_list(&document);
        }
        for (size_t i = 0; i < gcasync_result_get_n_kinds(result) && r == 0; i++) {
                if (is_list)
                        document_open_map(&document);
                else
                        context_begin_json(context, &document, "kind");
                r = kind_write(context, &document, result, i);
                document_close_map(&document);
                if (!is_list)
                        document_end(&document);
        }
        if (is_list) {
                document_close_list(&document);
                context_end_json(&document);
        }
        return r;
}

int command_kind_ls(struct context *context, const struct arguments *arguments) {
        cleanup_(gcasync_result_unrefp) gcasync_result *result = NULL;
        int r;

        r = context_check_operands(context, arguments, 0, 0);
        if (r == 0)
                r = context_open(context);
        if (r == 0)
                r = kind_fetch(context, NULL, &result);
        if (r != 0)
                return r;
        if (context_is_json(context))
                return print_documents(context, result);
        return context->format == FORMAT_ID ? print_names(context, result)
                                            : print_table(context, result);
}
