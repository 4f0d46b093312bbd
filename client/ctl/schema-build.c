/* SPDX-License-Identifier: MIT */

/*
 * From JSON to the library's builder. The parser takes no JSON deeper than 2,048 levels, so that walking it by
 * recursion is safe.
 */

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/check.h"
#include "base/cleanup.h"
#include "base/utf8.h"
#include "memory.h"
#include "parse.h"
#include "schema.h"

static int base64_digit(char c) {
        if (c >= 'A' && c <= 'Z')
                return c - 'A';
        if (c >= 'a' && c <= 'z')
                return c - 'a' + 26;
        if (c >= '0' && c <= '9')
                return c - '0' + 52;
        return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Four digits into up to three bytes; how many, or 0 where it is no group. "=" stands in the last one only. */
static size_t base64_decode_group(const char *text, bool is_last, uint8_t *bytes) {
        size_t n_digits = is_last && text[3] == '=' ? (text[2] == '=' ? 2 : 3) : 4;
        uint32_t bits = 0;

        for (size_t i = 0; i < 4; i++) {
                int digit = i < n_digits ? base64_digit(text[i]) : 0;

                if (digit < 0)
                        return 0;
                bits = bits << 6 | (uint32_t)digit;
        }
        bytes[0] = (uint8_t)(bits >> 16);
        bytes[1] = (uint8_t)(bits >> 8);
        bytes[2] = (uint8_t)bits;
        return n_digits - 1;
}

static bool base64_decode(const char *text, size_t size, struct buffer *buffer) {
        if (size % 4 != 0)
                return false;
        for (size_t i = 0; i < size; i += 4) {
                uint8_t bytes[3];
                size_t n = base64_decode_group(text + i, i + 4 == size, bytes);

                if (n == 0)
                        return false;
                if (buffer_append(buffer, bytes, n) < 0)
                        memory_give_up();
        }
        return true;
}

/* {"base64": "…"} as bytes; false where the text is no base64. */
static bool build_base64(gcasync_builder *builder, const json_t *text) {
        cleanup_(buffer_deinit) struct buffer buffer = { 0 };

        if (!base64_decode(json_string_value(text), json_string_length(text), &buffer))
                return false;
        gcasync_builder_bytes(builder,
                              buffer_get_length(&buffer) > 0 ? buffer_get_data(&buffer) : NULL,
                              buffer_get_length(&buffer));
        return true;
}

static bool build_value(gcasync_builder *builder, const json_t *json);

static bool build_list(gcasync_builder *builder, const json_t *json) {
        size_t n = json_array_size(json);

        gcasync_builder_open_list(builder);
        for (size_t i = 0; i < n; i++)
                if (!build_value(builder, json_array_get(json, i)))
                        return false;
        gcasync_builder_close_list(builder);
        return true;
}

static bool build_map(gcasync_builder *builder, const json_t *json) {
        /* The iterator wants a json_t that it could change; it does not. Keys hold no NUL: the parser refuses it. */
        json_t *object = (json_t *)(uintptr_t)json, *value;
        const char *key;

        value = json_object_get(object, "base64");
        if (json_object_size(object) == 1 && json_is_string(value))
                return build_base64(builder, value);
        gcasync_builder_open_map(builder);
        json_object_foreach(object, key, value) {
                gcasync_builder_key(builder, key);
                if (!build_value(builder, value))
                        return false;
        }
        gcasync_builder_close_map(builder);
        return true;
}

static void build_string(gcasync_builder *builder, const json_t *json) {
        const char *text = json_string_value(json);
        size_t size = json_string_length(json);

        if (utf8_is_valid(text, size))
                gcasync_builder_string_n(builder, text, size);
        else
                gcasync_builder_bytes(builder, text, size);
}

static bool build_value(gcasync_builder *builder, const json_t *json) {
        switch (json_typeof(json)) {
        case JSON_OBJECT:
                return build_map(builder, json);
        case JSON_ARRAY:
                return build_list(builder, json);
        case JSON_STRING:
                build_string(builder, json);
                return true;
        case JSON_INTEGER:
                gcasync_builder_int(builder, json_integer_value(json));
                return true;
        case JSON_REAL:
                gcasync_builder_float(builder, json_real_value(json));
                return true;
        case JSON_TRUE:
        case JSON_FALSE:
                gcasync_builder_bool(builder, json_is_true(json));
                return true;
        case JSON_NULL:
                gcasync_builder_nil(builder);
                return true;
        }
        return false;
}

/* The argument's type decides where JSON alone does not: text for bytes, "NaN" for a float. */
static bool build_argument(gcasync_builder *builder,
                           const struct schema_argument *argument,
                           const json_t *json) {
        double real;

        if (strcmp(argument->type, "bytes") == 0 && json_is_string(json)) {
                gcasync_builder_bytes(builder, json_string_value(json), json_string_length(json));
                return true;
        }
        if (strcmp(argument->type, "float") == 0 && json_is_string(json)) {
                if (!parse_float(json_string_value(json), &real))
                        return false;
                gcasync_builder_float(builder, real);
                return true;
        }
        return build_value(builder, json);
}

void schema_build(const struct schema *schema,
                  const json_t *object,
                  gcasync_builder *builder,
                  struct text_list *faults) {
        gcasync_builder_open_map(builder);
        for (size_t i = 0; i < schema->n_arguments; i++) {
                const struct schema_argument *argument = &schema->arguments[i];
                const json_t *value = json_object_get(object, argument->name);

                if (!value)
                        continue;
                gcasync_builder_key(builder, argument->name);
                if (!build_argument(builder, argument, value))
                        text_list_add(
                                faults,
                                "argument \"%s\" holds something that is no base64, or no number",
                                argument->name);
        }
        gcasync_builder_close_map(builder);
}
