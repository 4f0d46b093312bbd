/* SPDX-License-Identifier: MIT */

#include "daemon/summary.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "daemon/value-decode.h"

enum {
        VALUE_SIZE = 120,            /* of one argument's value */
        DECODE_BYTES_MAX = 16 << 10, /* more takes too long between two requests */
        DECODE_NODES_MAX = 4096,
};

/* Appends text as far as it fits. Where it does not the last character is "…", and nothing follows. */
static void summary_append(struct summary *summary, const char *text, size_t length) {
        static const char more[] = "…";
        size_t room;

        if (summary->is_cut)
                return;
        room = sizeof(summary->text) - sizeof(more) - summary->length;
        summary->is_cut = length > room;
        if (summary->is_cut)
                for (length = room; length > 0 && ((uint8_t)text[length] & 0xc0) == 0x80; length--)
                        ;
        memcpy(summary->text + summary->length, text, length);
        summary->length += length;
        if (!summary->is_cut)
                return;
        memcpy(summary->text + summary->length, more, strlen(more));
        summary->length += strlen(more);
}

static void summary_append_text(struct summary *summary, const char *text) {
        summary_append(summary, text, strlen(text));
}

static void summary_append_names(struct summary *summary, gca_value map) {
        summary_append_text(summary, "{");
        for (size_t i = 0; i < gca_get_count(map); i++) {
                size_t length;
                const char *name = gca_get_string(gca_get_key(map, i), &length);

                if (i > 0)
                        summary_append_text(summary, ",");
                summary_append(summary, name, length);
        }
        summary_append_text(summary, "}");
}

static const gca_argument_spec *
kind_find_argument(const gca_kind *kind, const char *name, size_t length) {
        for (size_t i = 0; i < kind->n_arguments; i++)
                if (strlen(kind->arguments[i].name) == length &&
                    memcmp(kind->arguments[i].name, name, length) == 0)
                        return &kind->arguments[i];
        return NULL;
}

static void
summary_append_value(struct summary *summary, const gca_argument_spec *spec, gca_value value) {
        char text[VALUE_SIZE];

        /* What is no int is refused when the task starts; what is negative is no mode. */
        if ((spec->flags & GCA_ARGUMENT_OCTAL) && gca_get_type(value) == GCA_TYPE_INT &&
            gca_get_int(value) >= 0) {
                (void)snprintf(text, sizeof(text), "%#llo", (unsigned long long)gca_get_int(value));
                summary_append_text(summary, text);
                return;
        }
        summary_append(summary, text, gca_print(value, text, sizeof(text)));
}

/* An argument that the schema does not know may be a misspelt secret, so its value is left out, too. */
static void summary_append_argument(struct summary *summary,
                                    const gca_kind *kind,
                                    gca_value arguments,
                                    size_t index) {
        gca_value value = gca_get_element(arguments, index);
        const gca_argument_spec *spec;
        const char *name;
        size_t length;

        name = gca_get_string(gca_get_key(arguments, index), &length);
        spec = kind_find_argument(kind, name, length);
        if (index > 0)
                summary_append_text(summary, " ");
        summary_append(summary, name, length);
        summary_append_text(summary, "=");
        if (spec && !(spec->flags & GCA_ARGUMENT_SENSITIVE))
                summary_append_value(summary, spec, value);
        else if (gca_get_type(value) == GCA_TYPE_MAP)
                summary_append_names(summary, value);
        else
                summary_append_text(summary, "…");
}

/* false where the arguments are no map, or too many to decode between two requests. */
static bool
summary_decode(gca_region *region, struct graph_chunk encoded, gca_value *ret_arguments) {
        const char *reason;

        return encoded.size <= DECODE_BYTES_MAX &&
               value_decode(region, encoded, DECODE_NODES_MAX, ret_arguments, &reason) == 0 &&
               gca_get_type(*ret_arguments) == GCA_TYPE_MAP;
}

void summary_make(struct summary *summary, const gca_kind *kind, struct graph_chunk encoded) {
        gca_region *region = NULL;
        gca_value arguments;

        summary->length = 0;
        summary->is_cut = false;
        if (encoded.size > 0)
                region = gca_region_new(0);
        if (region && summary_decode(region, encoded, &arguments))
                for (size_t i = 0; i < gca_get_count(arguments); i++)
                        summary_append_argument(summary, kind, arguments, i);
        else if (encoded.size > 0)
                summary->length = (size_t)snprintf(
                        summary->text, sizeof(summary->text), "(%zu bytes)", encoded.size);
        summary->text[summary->length] = '\0';
        (void)gca_region_free(region);
}
