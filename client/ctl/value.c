/* SPDX-License-Identifier: MIT */

#include "value.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "document.h"
#include "memory.h"
#include "text.h"

/* The lists and maps that are open, outermost first, each with the element to come. */
struct level {
        gcasync_view container;
        size_t next, n;
        bool is_map;
};

struct walk {
        struct level *levels;
        size_t n, n_max;
};

static void walk_push(struct walk *walk, gcasync_view container, bool is_map) {
        walk->levels = memory_grow(walk->levels, &walk->n_max, walk->n + 1, sizeof(*walk->levels));
        walk->levels[walk->n++] = (struct level){
                .container = container,
                .n = gcasync_view_get_count(container),
                .is_map = is_map,
        };
}

static void write_text(struct document *document, gcasync_view value) {
        const char *text = "";
        size_t size = 0;

        (void)gcasync_view_get_string(value, &text, &size);
        document_add_text(document, text, size);
}

static void write_bytes(struct document *document, gcasync_view value) {
        const void *data = "";
        size_t size = 0;

        (void)gcasync_view_get_bytes(value, &data, &size);
        document_add_bytes(document, data, size);
}

static void write_scalar(struct document *document, gcasync_view value, gcasync_type type) {
        bool truth = false;
        int64_t integer = 0;
        double real = 0;

        if (type == GCASYNC_TYPE_BOOL && gcasync_view_get_bool(value, &truth) == 0)
                document_add_bool(document, truth);
        else if (type == GCASYNC_TYPE_INT && gcasync_view_get_int(value, &integer) == 0)
                document_add_int(document, integer);
        else if (type == GCASYNC_TYPE_FLOAT && gcasync_view_get_float(value, &real) == 0)
                document_add_float(document, real);
        else if (type == GCASYNC_TYPE_STRING)
                write_text(document, value);
        else if (type == GCASYNC_TYPE_BYTES)
                write_bytes(document, value);
        else
                document_add_null(document);
}

/* Writes a scalar, or opens a container and puts it on top of the walk. */
static void write_node(struct document *document, struct walk *walk, gcasync_view value) {
        gcasync_type type = gcasync_view_get_type(value);

        if (type == GCASYNC_TYPE_LIST) {
                document_open_list(document);
                walk_push(walk, value, false);
        } else if (type == GCASYNC_TYPE_MAP) {
                document_open_map(document);
                walk_push(walk, value, true);
        } else {
                write_scalar(document, value, type);
        }
}

void value_write(struct document *document, gcasync_view value) {
        struct walk walk = { 0 };

        write_node(document, &walk, value);
        while (walk.n > 0) {
                struct level *level = &walk.levels[walk.n - 1];
                gcasync_view element;
                const char *key;
                size_t size;

                if (level->next == level->n) {
                        walk.n--;
                        if (level->is_map)
                                document_close_map(document);
                        else
                                document_close_list(document);
                        continue;
                }
                if (level->is_map &&
                    gcasync_view_get_key(level->container, level->next, &key, &size) == 0)
                        document_key_n(document, key, size);
                if (gcasync_view_get_element(level->container, level->next++, &element) == 0)
                        write_node(document, &walk, element);
                else
                        document_add_null(document);
        }
        free(walk.levels);
}

/* Line by line, so that newlines and tabs, which harm no terminal, stay. */
static void print_escaped(FILE *file, const char *text, size_t size) {
        while (size > 0) {
                size_t n = 0;
                cleanup_(freep) char *escaped = NULL;

                while (n < size && text[n] != '\n' && text[n] != '\t')
                        n++;
                escaped = text_escape(text, n);
                (void)fputs(escaped, file);
                if (n < size)
                        (void)fputc(text[n++], file);
                text += n;
                size -= n;
        }
}

int value_print(FILE *file, gcasync_view value, bool is_terminal) {
        struct document document;
        const void *data = NULL;
        const char *text = NULL;
        size_t size = 0;

        if (gcasync_view_get_bytes(value, &data, &size) == 0) {
                if (is_terminal)
                        return VALUE_E_BYTES;
                (void)fwrite(data, 1, size, file);
                return 0;
        }
        if (gcasync_view_get_string(value, &text, &size) == 0) {
                if (is_terminal)
                        print_escaped(file, text, size);
                else
                        (void)fwrite(text, 1, size, file);
                (void)fputc('\n', file);
                return 0;
        }
        document_init(&document, file, true);
        value_write(&document, value);
        document_end(&document);
        return 0;
}
