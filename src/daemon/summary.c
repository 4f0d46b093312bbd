/* SPDX-License-Identifier: MIT */

/*
 * The arguments of a task in short, for people: "argv=[\"ls\"] env={HOME,PATH}". Of a sensitive argument the
 * value is left out, of a sensitive map the names are shown.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "daemon/daemon.h"
#include "daemon/job.h"
#include "daemon/value-decode.h"

enum {
        SUMMARY_SIZE = 240,           /* with its NUL */
        VALUE_SIZE = 120,             /* of one argument's value */
        DECODE_BYTES_MAX = 256 << 10, /* more takes too long between two requests */
        DECODE_NODES_MAX = 4096,
};

struct summary {
        char text[SUMMARY_SIZE];
        size_t length;
};

/* Appends text as far as it fits, ending with "…" where it does not, never inside a character. */
static void summary_append(struct summary *summary, const char *text, size_t length) {
        static const char more[] = "…";
        size_t room = sizeof(summary->text) - sizeof(more) - summary->length;

        if (length <= room) {
                memcpy(summary->text + summary->length, text, length);
                summary->length += length;
                return;
        }
        while (room > 0 && ((uint8_t)text[room] & 0xc0) == 0x80)
                room--;
        memcpy(summary->text + summary->length, text, room);
        summary->length += room;
        if (summary->length < 3 ||
            memcmp(summary->text + summary->length - strlen(more), more, strlen(more)) != 0) {
                memcpy(summary->text + summary->length, more, strlen(more));
                summary->length += strlen(more);
        }
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

/* An argument that the schema does not know may be a misspelt secret, so its value is left out, too. */
static void summary_append_argument(struct summary *summary,
                                    const gca_kind *kind,
                                    gca_value arguments,
                                    size_t index) {
        gca_value value = gca_get_element(arguments, index);
        const gca_argument_spec *spec;
        char text[VALUE_SIZE];
        const char *name;
        size_t length;

        name = gca_get_string(gca_get_key(arguments, index), &length);
        spec = kind_find_argument(kind, name, length);
        if (index > 0)
                summary_append_text(summary, " ");
        summary_append(summary, name, length);
        summary_append_text(summary, "=");
        if (spec && !(spec->flags & GCA_ARGUMENT_SENSITIVE))
                summary_append(summary, text, gca_print(value, text, sizeof(text)));
        else if (gca_get_type(value) == GCA_TYPE_MAP)
                summary_append_names(summary, value);
        else
                summary_append_text(summary, "…");
}

static void summary_describe(struct summary *summary, const struct job *job) {
        struct graph_chunk encoded = { .data = job->arguments, .size = job->arguments_size };
        const gca_kind *kind = gca_task_get_kind(job->task)->kind;
        gca_value arguments = GCA_NO_VALUE;
        gca_region *region = NULL;
        const char *reason;

        if (encoded.size <= DECODE_BYTES_MAX)
                region = gca_region_new(0);
        if (!region || value_decode(region, encoded, DECODE_NODES_MAX, &arguments, &reason) != 0 ||
            gca_get_type(arguments) != GCA_TYPE_MAP)
                summary->length = (size_t)snprintf(
                        summary->text, sizeof(summary->text), "(%zu bytes)", encoded.size);
        else
                for (size_t i = 0; i < gca_get_count(arguments); i++)
                        summary_append_argument(summary, kind, arguments, i);
        (void)gca_region_free(region);
}

const char *job_get_summary(struct job *job) {
        struct summary summary = { .length = 0 };

        if (job->summary)
                return job->summary;
        if (job->arguments_size == 0 || !job->arguments)
                return "";
        summary_describe(&summary, job);
        job->summary = strndup(summary.text, summary.length);
        return job->summary ? job->summary : "";
}
