/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A kind's arguments as the daemon describes them, and a task's arguments made to fit them.
 *
 * Words: "key=value" is converted by the argument's type (a string as it stands, numbers, true and false,
 * lists and maps as JSON); "key=@FILE" is the contents of a file ("-" for standard input; JSON where the type is a
 * list or a map); "key:=JSON" is JSON whatever the type. A whole set of arguments may come as one JSON object
 * beside them.
 *
 * In JSON, and in what it is converted to, a string that is not UTF-8 (from a file) stands for bytes, and
 * so does an object whose only key is "base64".
 *
 * Every fault that the command line has is told, not only the first: wrong names with the nearest right one,
 * wrong types with the one expected, what is missing, what stands there twice.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gcasync/client.h>
#include <jansson.h>

#include "text.h"

struct schema_argument {
        const char *name, *type, *doc;
        bool is_required;
};

struct schema {
        const char *kind;
        const struct schema_argument *arguments;
        size_t n_arguments;
};

/* What the command line gives for the arguments. */
struct schema_input {
        const char *const *words;
        size_t n_words;
        const char *json;  /* "{…}", "@FILE", or NULL */
        uint64_t size_max; /* of a file that is read */
};

/*
 * Reads the words into one JSON object that fits the schema. What is wrong is added to faults, a line each;
 * with none, *ret_object (one reference) is set.
 */
void schema_read(const struct schema *schema,
                 const struct schema_input *input,
                 struct text_list *faults,
                 json_t **ret_object);

/* Appends the object, whose members fit the schema, as a map. Bytes that are no base64 make a fault. */
void schema_build(const struct schema *schema,
                  const json_t *object,
                  gcasync_builder *builder,
                  struct text_list *faults);
