/* SPDX-License-Identifier: MIT */
/*
 * Text for people. Every step writes at least a character, so the buffer bounds the work, however a value is
 * shared, and the stack, however deep it is. Text that does not fit ends with "…" at the last place where that
 * had room, never inside a character or an escape.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <gcasync/heap.h>

#include "gc/blob.h"
#include "gc/map.h"
#include "gc/memory.h"
#include "gc/text.h"

#define PRINT_ELLIPSIS "…"

enum {
        PRINT_FRAMES_INLINE = 64,
        PRINT_ELLIPSIS_LENGTH = sizeof(PRINT_ELLIPSIS) - 1,
};

/* A list or map that is being printed. */
struct print_frame {
        const struct object *object;
        size_t index; /* the next element */
};

struct printer {
        char *buffer;
        size_t length, length_max; /* the NUL does not count */
        size_t length_cut;         /* where "…" can go */
        bool is_cut;
        struct print_frame *frames;
        size_t n, n_max;
        struct print_frame frames_inline[PRINT_FRAMES_INLINE];
};

/* All of text, or nothing and the end of it. */
static void print_text(struct printer *printer, const char *text, size_t length) {
        if (printer->is_cut)
                return;
        if (length > printer->length_max - printer->length) {
                printer->is_cut = true;
                return;
        }
        memcpy(printer->buffer + printer->length, text, length);
        printer->length += length;
        if (printer->length + PRINT_ELLIPSIS_LENGTH <= printer->length_max)
                printer->length_cut = printer->length;
}

static void print_word(struct printer *printer, const char *word) {
        print_text(printer, word, strlen(word));
}

static void print_int(struct printer *printer, int64_t value) {
        char text[TEXT_NUMBER_MAX];
        int length = snprintf(text, sizeof(text), "%" PRId64, value);

        print_text(printer, text, (size_t)length);
}

static void print_float(struct printer *printer, double value) {
        char text[TEXT_NUMBER_MAX];

        text_format_float(text, value);
        print_word(printer, text);
}

static void print_string(struct printer *printer, const struct object *string) {
        const char *text = string->text;
        size_t n = object_get_count(string);

        print_word(printer, "\"");
        while (n > 0 && !printer->is_cut) {
                char escape[TEXT_ESCAPE_MAX];
                size_t n_read, length = text_escape(text, n, escape, &n_read);

                print_text(printer, escape, length);
                text += n_read;
                n -= n_read;
        }
        print_word(printer, "\"");
}

static void print_bytes(struct printer *printer, const struct object *bytes) {
        size_t n = object_get_count(bytes);

        print_word(printer, "b\"");
        for (size_t i = 0; i < n && !printer->is_cut; i++) {
                unsigned char byte = bytes->bytes[i];
                char text[sizeof("\\x00")];

                if (byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\')
                        (void)snprintf(text, sizeof(text), "%c", byte);
                else
                        (void)snprintf(text, sizeof(text), "\\x%02x", byte);
                print_word(printer, text);
        }
        print_word(printer, "\"");
}

static bool printer_grow(struct printer *printer) {
        bool is_inline = printer->frames == printer->frames_inline;
        size_t size = 2 * printer->n_max * sizeof(struct print_frame);
        struct print_frame *frames = memory_reallocate(is_inline ? NULL : printer->frames, size);

        if (!frames)
                return false;
        if (is_inline)
                memcpy(frames, printer->frames_inline, sizeof(printer->frames_inline));
        printer->frames = frames;
        printer->n_max *= 2;
        return true;
}

static void print_begin(struct printer *printer, const struct object *container) {
        if (printer->n == printer->n_max && !printer_grow(printer)) {
                printer->is_cut = true;
                return;
        }
        print_word(printer, object_get_type(container) == GCA_TYPE_MAP ? "{" : "[");
        printer->frames[printer->n++] = (struct print_frame){ container, 0 };
}

/* What it is, not what it holds: that may change, and must be taken to be looked at. */
static void print_identity(struct printer *printer, struct object *object) {
        char text[TEXT_NUMBER_MAX];

        print_word(printer, "<");
        print_word(printer, object_get_kind(object));
        if (object_get_type(object) == GCA_TYPE_NATIVE) {
                print_word(printer, " ");
                print_word(printer, object_get_native_tail(object)->type->name);
        } else if (object_get_type(object) == GCA_TYPE_BLOB) {
                (void)snprintf(text, sizeof(text), " %zu bytes", blob_get_size(object->blob[0]));
                print_word(printer, text);
        }
        print_word(printer, ">");
}

static void print_value(struct printer *printer, gca_value value) {
        switch (gca_get_type(value)) {
        case GCA_TYPE_NONE:
                print_word(printer, "none");
                return;
        case GCA_TYPE_NIL:
                print_word(printer, "null");
                return;
        case GCA_TYPE_BOOL:
                print_word(printer, gca_get_bool(value) ? "true" : "false");
                return;
        case GCA_TYPE_INT:
                print_int(printer, gca_get_int(value));
                return;
        case GCA_TYPE_FLOAT:
                print_float(printer, gca_get_float(value));
                return;
        case GCA_TYPE_STRING:
                print_string(printer, value_get_object(value));
                return;
        case GCA_TYPE_BYTES:
                print_bytes(printer, value_get_object(value));
                return;
        case GCA_TYPE_LIST:
        case GCA_TYPE_MAP:
                print_begin(printer, value_get_object(value));
                return;
        case GCA_TYPE_BLOB:
        case GCA_TYPE_CELL:
        case GCA_TYPE_NATIVE:
        case GCA_TYPE_WEAK:
                print_identity(printer, value_get_object(value));
                return;
        }
}

/* The innermost container's next element, or its end. */
static void print_step(struct printer *printer) {
        struct print_frame *frame = &printer->frames[printer->n - 1];
        bool is_map = object_get_type(frame->object) == GCA_TYPE_MAP;
        size_t index = frame->index++;

        if (index == object_get_count(frame->object)) {
                printer->n--;
                print_word(printer, is_map ? "}" : "]");
                return;
        }
        if (index > 0)
                print_word(printer, ", ");
        if (!is_map) {
                print_value(printer, frame->object->slots[index]);
                return;
        }
        print_string(printer, value_get_object(map_get_key(frame->object, index)));
        print_word(printer, ": ");
        print_value(printer, map_get_value(frame->object, index));
}

size_t gca_print(gca_value value, char *buffer, size_t size) {
        struct printer printer;

        if (size == 0)
                return 0;
        printer.buffer = buffer;
        printer.length = printer.length_cut = 0;
        printer.length_max = size - 1;
        printer.is_cut = false;
        printer.frames = printer.frames_inline;
        printer.n = 0;
        printer.n_max = PRINT_FRAMES_INLINE;
        print_value(&printer, value);
        while (printer.n > 0 && !printer.is_cut)
                print_step(&printer);
        if (printer.frames != printer.frames_inline)
                memory_free(printer.frames);
        if (printer.is_cut) {
                printer.length = printer.length_cut;
                if (printer.length + PRINT_ELLIPSIS_LENGTH <= printer.length_max) {
                        memcpy(buffer + printer.length, PRINT_ELLIPSIS, PRINT_ELLIPSIS_LENGTH);
                        printer.length += PRINT_ELLIPSIS_LENGTH;
                }
        }
        buffer[printer.length] = '\0';
        return printer.length;
}
