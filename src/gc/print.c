/* SPDX-License-Identifier: MIT */
/*
 * Text for people. Every step writes at least a character, so the buffer bounds the work, however a value is
 * shared, and the stack, however deep it is. Text that does not fit ends with "…" at the last place where that
 * had room, never inside a character or an escape.
 */
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "gc/map.h"
#include "gc/memory.h"

#define PRINT_ELLIPSIS "…"

enum {
        PRINT_FRAMES_INLINE = 64,
        PRINT_ELLIPSIS_LENGTH = sizeof(PRINT_ELLIPSIS) - 1,
        PRINT_NUMBER_MAX = 32,
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
        char text[PRINT_NUMBER_MAX];
        int length = snprintf(text, sizeof(text), "%" PRId64, value);

        print_text(printer, text, (size_t)length);
}

/* The fewest digits that read back as the same number, with a sign of being no integer. */
static void print_finite(struct printer *printer, double value) {
        locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0), old;
        char text[PRINT_NUMBER_MAX];

        old = c ? uselocale(c) : (locale_t)0;
        for (int digits = 15; digits <= 17; digits++) {
                (void)snprintf(text, sizeof(text) - 2, "%.*g", digits, value);
                if (strtod(text, NULL) == value)
                        break;
        }
        if (c) {
                (void)uselocale(old);
                freelocale(c);
        }
        if (text[strspn(text, "-0123456789")] == '\0')
                strcat(text, ".0");
        print_word(printer, text);
}

static void print_float(struct printer *printer, double value) {
        if (isnan(value))
                print_word(printer, "NaN");
        else if (isinf(value))
                print_word(printer, value < 0 ? "-Infinity" : "Infinity");
        else
                print_finite(printer, value);
}

/* One character, as JSON has it; what could move a terminal's cursor is escaped. */
static void print_character(struct printer *printer, const char *text, size_t length, uint32_t c) {
        static const char *const names[] = {
                ['\b'] = "\\b", ['\f'] = "\\f", ['\n'] = "\\n",  ['\r'] = "\\r",
                ['\t'] = "\\t", ['"'] = "\\\"", ['\\'] = "\\\\",
        };
        char escape[sizeof("\\u0000")];

        if (c < sizeof(names) / sizeof(names[0]) && names[c]) {
                print_word(printer, names[c]);
        } else if (c < 0x20 || (c >= 0x7f && c < 0xa0)) {
                (void)snprintf(escape, sizeof(escape), "\\u%04x", (unsigned)c & 0xffff);
                print_word(printer, escape);
        } else {
                print_text(printer, text, length);
        }
}

static void print_string(struct printer *printer, const struct object *string) {
        const char *text = string->text;
        size_t n = object_get_count(string);

        print_word(printer, "\"");
        while (n > 0 && !printer->is_cut) {
                uint32_t character = 0;
                size_t length = utf8_decode(text, n, &character);

                assert(length > 0);
                print_character(printer, text, length, character);
                text += length;
                n -= length;
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
