/* SPDX-License-Identifier: MIT */

#include "kind.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "context.h"
#include "document.h"
#include "memory.h"

int kind_check_name(const struct context *context, const char *name) {
        if (*name == '\0')
                return context_usage(context, "the kind's name is empty");
        return context_check_text(context, "the kind's name", name);
}

int kind_fetch(struct context *context, const char *name, gcasync_result **ret_result) {
        cleanup_(gcasync_call_unrefp) gcasync_call *call = NULL;
        int error, r;

        error = gcasync_kinds_async(context->client, name, NULL, NULL, &call);
        r = context_wait_call(context, name, error, call);
        if (r != 0)
                return r;
        return context_check(context, name, gcasync_kinds_finish(call, ret_result));
}

int kind_get_schema(struct context *context,
                    gcasync_result *result,
                    struct schema *ret_schema,
                    struct schema_argument **ret_arguments) {
        gcasync_kind_info kind = { .size = sizeof(kind) };
        cleanup_(freep) struct schema_argument *arguments = NULL;
        int r;

        r = context_check(context, "kind", gcasync_result_get_kind_info(result, 0, &kind));
        if (r != 0)
                return r;
        arguments = memory_allocate(kind.n_arguments * sizeof(*arguments));
        for (size_t i = 0; i < kind.n_arguments; i++) {
                gcasync_argument_info info = { .size = sizeof(info) };

                r = context_check(
                        context, kind.name, gcasync_result_get_argument_info(result, 0, i, &info));
                if (r != 0)
                        return r;
                arguments[i] = (struct schema_argument){
                        .name = info.name,
                        .type = info.type,
                        .doc = info.doc,
                        .is_required = info.is_required,
                };
        }
        *ret_schema = (struct schema){ kind.name, arguments, kind.n_arguments };
        *ret_arguments = steal(&arguments);
        return 0;
}

static void write_argument(struct document *document, const gcasync_argument_info *info) {
        document_open_map(document);
        document_set_text(document, "name", info->name);
        document_set_text(document, "type", info->type);
        document_set_bool(document, "required", info->is_required);
        document_set_bool(document, "sensitive", info->is_sensitive);
        document_set_text(document, "default", info->default_text);
        document_set_text(document, "doc", info->doc);
        document_close_map(document);
}

static int write_arguments(struct context *context,
                           struct document *document,
                           gcasync_result *result,
                           size_t index,
                           size_t n) {
        int r = 0;

        document_key(document, "arguments");
        document_open_list(document);
        for (size_t i = 0; i < n && r == 0; i++) {
                gcasync_argument_info info = { .size = sizeof(info) };

                r = context_check(
                        context, NULL, gcasync_result_get_argument_info(result, index, i, &info));
                if (r == 0)
                        write_argument(document, &info);
        }
        document_close_list(document);
        return r;
}

int kind_write(struct context *context,
               struct document *document,
               gcasync_result *result,
               size_t index) {
        gcasync_kind_info info = { .size = sizeof(info) };
        int r;

        r = context_check(context, NULL, gcasync_result_get_kind_info(result, index, &info));
        if (r != 0)
                return r;
        document_set_text(document, "kind", info.name);
        document_set_text(document, "mode", info.mode);
        document_set_text(document, "module", info.module);
        document_set_text(document, "module_version", info.module_version);
        document_set_text(document, "unreachable", info.unreachable);
        document_set_uint(document, "inline_limit_bytes", info.inline_limit_bytes);
        document_set_text(document, "doc", info.doc);
        document_set_text(document, "result_doc", info.result_doc);
        return write_arguments(context, document, result, index, info.n_arguments);
}
