/* SPDX-License-Identifier: MIT */
#pragma once

/* Kinds as the daemon describes them. */

#include <gcasync/client.h>

#include "schema.h"

struct context;
struct document;

/* Whether a word can be a kind's name at all. 0 or EXIT_CODE_USAGE. */
int kind_check_name(const struct context *context, const char *name);

/* Asks for one kind, or with name NULL for all. 0 or an exit code. */
int kind_fetch(struct context *context, const char *name, gcasync_result **ret_result);

/* The schema of the first kind of a result, whose strings it borrows. Its arguments array belongs to the caller. */
int kind_get_schema(struct context *context,
                    gcasync_result *result,
                    struct schema *ret_schema,
                    struct schema_argument **ret_arguments);

/* The members of the innermost map that tell a result's kind, with its arguments. 0 or an exit code. */
int kind_write(struct context *context,
               struct document *document,
               gcasync_result *result,
               size_t index);
