/* SPDX-License-Identifier: MIT */

#include "schema.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/cleanup.h"
#include "base/utf8.h"
#include "file.h"
#include "memory.h"
#include "nearest.h"
#include "parse.h"

enum {
        JSON_FLAGS = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL,
};

/* One run of schema_read(). */
struct reader {
        const struct schema *schema;
        uint64_t size_max;
        json_t *object; /* what was read so far */
        struct text_list *faults;
};

static const struct schema_argument *schema_find(const struct schema *schema, const char *name) {
        for (size_t i = 0; i < schema->n_arguments; i++)
                if (strcmp(schema->arguments[i].name, name) == 0)
                        return &schema->arguments[i];
        return NULL;
}

static bool type_is(const struct schema_argument *argument, const char *type) {
        return strcmp(argument->type, type) == 0;
}

static void add_unknown_fault(struct reader *reader, const char *name) {
        cleanup_(freep) char *names = memory_copy_text("");
        struct nearest nearest;

        nearest_init(&nearest, name);
        for (size_t i = 0; i < reader->schema->n_arguments; i++) {
                char *longer = memory_format(
                        "%s%s%s", names, i > 0 ? ", " : "", reader->schema->arguments[i].name);

                free(names);
                names = longer;
                nearest_offer(&nearest, reader->schema->arguments[i].name);
        }
        if (nearest.name)
                text_list_add(reader->faults,
                              "%s has no argument \"%s\"; did you mean \"%s\"?",
                              reader->schema->kind,
                              name,
                              nearest.name);
        else if (*names)
                text_list_add(reader->faults,
                              "%s has no argument \"%s\"; it has: %s",
                              reader->schema->kind,
                              name,
                              names);
        else
                text_list_add(reader->faults,
                              "%s takes no arguments, but was given \"%s\"",
                              reader->schema->kind,
                              name);
}

/* Whether JSON is of an argument's type. */
static bool json_fits(const json_t *json, const struct schema_argument *argument) {
        if (type_is(argument, "bool"))
                return json_is_boolean(json);
        if (type_is(argument, "int"))
                return json_is_integer(json);
        if (type_is(argument, "float"))
                return json_is_number(json) || json_is_string(json);
        if (type_is(argument, "string"))
                return json_is_string(json);
        if (type_is(argument, "bytes"))
                return json_is_string(json) ||
                       (json_is_object(json) && json_object_size(json) == 1 &&
                        json_object_get(json, "base64"));
        if (type_is(argument, "list"))
                return json_is_array(json);
        if (type_is(argument, "map"))
                return json_is_object(json);
        /* "any", or a type that this program does not know yet: the daemon decides. */
        return true;
}

static const char *json_type_to_string(const json_t *json) {
        static const char *const names[] = {
                [JSON_OBJECT] = "a map",   [JSON_ARRAY] = "a list", [JSON_STRING] = "a string",
                [JSON_INTEGER] = "an int", [JSON_REAL] = "a float", [JSON_TRUE] = "a bool",
                [JSON_FALSE] = "a bool",   [JSON_NULL] = "nil",
        };

        return names[json_typeof(json)];
}

/* "an " int, "a " list, bytes. */
static const char *type_article(const char *type) {
        if (strcmp(type, "bytes") == 0)
                return "";
        return strcmp(type, "int") == 0 ? "an " : "a ";
}

/* Puts the argument into the object, takes the reference; a fault if it stands there already. */
static void add_member(struct reader *reader, const char *name, json_t *value) {
        if (json_object_get(reader->object, name)) {
                text_list_add(reader->faults, "argument \"%s\" is given twice", name);
                json_decref(value);
                return;
        }
        if (json_object_set_new_nocheck(reader->object, name, value) != 0)
                memory_give_up();
}

/* Nil is "not given" to every kind, so it fits any argument that is not required. */
static void add_json(struct reader *reader, const char *name, json_t *value) {
        const struct schema_argument *argument = schema_find(reader->schema, name);
        cleanup_(json_decrefp) json_t *owned = value;

        if (!argument) {
                add_unknown_fault(reader, name);
                return;
        }
        if (!json_fits(value, argument) && !(json_is_null(value) && !argument->is_required)) {
                text_list_add(reader->faults,
                              "argument \"%s\" must be %s%s, not %s",
                              name,
                              type_article(argument->type),
                              argument->type,
                              json_type_to_string(value));
                return;
        }
        add_member(reader, name, steal(&owned));
}

/* Parses JSON; NULL after a fault that says where it is wrong. */
static json_t *parse_json(struct reader *reader, const char *what, const char *text, size_t size) {
        json_error_t error;
        json_t *json = json_loadb(text, size, JSON_FLAGS, &error);

        if (!json)
                text_list_add(reader->faults,
                              "%s is not JSON: %s (line %d, column %d)",
                              what,
                              error.text,
                              error.line,
                              error.column);
        return json;
}

static json_t *make_string(const void *text, size_t size) {
        json_t *json = json_stringn_nocheck(text, size);

        if (!json)
                memory_give_up();
        return json;
}

static void
add_type_fault(struct reader *reader, const struct schema_argument *argument, const char *text) {
        text_list_add(reader->faults,
                      "argument \"%s\" must be %s%s, not \"%s\"",
                      argument->name,
                      type_article(argument->type),
                      argument->type,
                      text);
}

/* A scalar that is not a string; NULL after a fault. */
static json_t *
convert_scalar(struct reader *reader, const struct schema_argument *argument, const char *text) {
        json_t *json = NULL;
        int64_t integer;
        double real;

        if (type_is(argument, "bool") && strcmp(text, "true") == 0)
                json = json_true();
        else if (type_is(argument, "bool") && strcmp(text, "false") == 0)
                json = json_false();
        else if (type_is(argument, "int") && parse_int(text, &integer))
                json = json_integer(integer);
        else if (type_is(argument, "float") && parse_float(text, &real))
                /* JSON's reals are finite: the others travel as text and are built from that. */
                json = json_real(real) ?: json_string(text);
        else
                add_type_fault(reader, argument, text);
        return json;
}

/* A value by its type, from a word or a file; NULL after a fault. */
static json_t *convert_text(struct reader *reader,
                            const struct schema_argument *argument,
                            const char *text,
                            size_t size) {
        if (type_is(argument, "bool") || type_is(argument, "int") || type_is(argument, "float"))
                return convert_scalar(reader, argument, text);
        if (type_is(argument, "list") || type_is(argument, "map"))
                return parse_json(reader, argument->name, text, size);
        if (type_is(argument, "string") && !utf8_is_valid(text, size)) {
                text_list_add(reader->faults, "argument \"%s\" is not UTF-8", argument->name);
                return NULL;
        }
        return make_string(text, size);
}

/* A file's contents with a NUL behind them. False after a fault. */
static bool read_file(struct reader *reader, const char *path, struct buffer *buffer) {
        int r = file_read(path, reader->size_max, buffer);

        if (r == -EFBIG)
                text_list_add(reader->faults,
                              "%s is larger than the %llu bytes that a request may have",
                              path,
                              (unsigned long long)reader->size_max);
        else if (r < 0)
                text_list_add(reader->faults, "cannot read %s: %s", path, strerror(-r));
        if (r == 0 && buffer_append(buffer, "", 1) < 0)
                memory_give_up();
        return r == 0;
}

/* "key=value" and "key=@FILE". */
static void read_plain(struct reader *reader, const char *name, const char *text) {
        const struct schema_argument *argument = schema_find(reader->schema, name);
        cleanup_(buffer_deinit) struct buffer buffer = { 0 };
        size_t size = strlen(text);
        json_t *value;

        if (!argument) {
                add_unknown_fault(reader, name);
                return;
        }
        if (text[0] == '@') {
                if (!read_file(reader, text + 1, &buffer))
                        return;
                text = (const char *)buffer_get_data(&buffer);
                size = buffer_get_length(&buffer) - 1;
        }
        value = convert_text(reader, argument, text, size);
        if (value)
                add_json(reader, name, value);
}

static void read_word(struct reader *reader, const char *word) {
        const char *equals = strchr(word, '=');
        bool is_json = equals && equals > word && equals[-1] == ':';
        cleanup_(freep) char *name = NULL;
        json_t *value;

        if (!equals || equals == word) {
                text_list_add(
                        reader->faults,
                        "\"%s\" is no argument; they look like key=value, key=@FILE or key:=JSON",
                        word);
                return;
        }
        name = memory_format("%.*s", (int)(equals - word) - (is_json ? 1 : 0), word);
        if (!is_json) {
                read_plain(reader, name, equals + 1);
                return;
        }
        value = parse_json(reader, name, equals + 1, strlen(equals + 1));
        if (value)
                add_json(reader, name, value);
}

/* --json: "{…}" or "@FILE". */
static void read_object(struct reader *reader, const char *text) {
        cleanup_(buffer_deinit) struct buffer buffer = { 0 };
        cleanup_(json_decrefp) json_t *object = NULL;
        size_t size = strlen(text);
        const char *name;
        json_t *value;

        if (text[0] == '@') {
                if (!read_file(reader, text + 1, &buffer))
                        return;
                text = (const char *)buffer_get_data(&buffer);
                size = buffer_get_length(&buffer) - 1;
        }
        object = parse_json(reader, "--json", text, size);
        if (!object)
                return;
        if (!json_is_object(object)) {
                text_list_add(reader->faults,
                              "--json must be a map of arguments, not %s",
                              json_type_to_string(object));
                return;
        }
        json_object_foreach(object, name, value) {
                add_json(reader, name, json_incref(value));
        }
}

static void check_required(struct reader *reader) {
        for (size_t i = 0; i < reader->schema->n_arguments; i++) {
                const struct schema_argument *argument = &reader->schema->arguments[i];

                if (argument->is_required && !json_object_get(reader->object, argument->name))
                        text_list_add(reader->faults,
                                      "%s needs the argument \"%s\" (%s): %s",
                                      reader->schema->kind,
                                      argument->name,
                                      argument->type,
                                      argument->doc);
        }
}

void schema_read(const struct schema *schema,
                 const struct schema_input *input,
                 struct text_list *faults,
                 json_t **ret_object) {
        cleanup_(json_decrefp) json_t *object = json_object();
        struct reader reader = { schema, input->size_max, object, faults };
        size_t n_before = faults->n;

        if (!object)
                memory_give_up();
        if (input->json)
                read_object(&reader, input->json);
        for (size_t i = 0; i < input->n_words; i++)
                read_word(&reader, input->words[i]);
        /* What was given wrongly is not missing too. */
        if (faults->n == n_before)
                check_required(&reader);
        if (faults->n == n_before)
                *ret_object = steal(&object);
}
