/* SPDX-License-Identifier: MIT */

#include "document.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/cleanup.h"
#include "base/utf8.h"
#include "memory.h"
#include "text.h"

enum {
        FLOAT_SIZE = 40,
        FLOAT_DIGITS_MIN = 15,
        FLOAT_DIGITS_MAX = 17, /* enough for any double to come back as it was */
};

void document_init(struct document *document, FILE *file, bool is_pretty) {
        *document = (struct document){ .file = file, .is_pretty = is_pretty };
}

void document_end(struct document *document) {
        assert(document->depth == 0);
        (void)fputc('\n', document->file);
        document->has_sibling = false;
}

static void write_line(struct document *document) {
        if (!document->is_pretty)
                return;
        (void)fputc('\n', document->file);
        for (size_t i = 0; i < document->depth; i++)
                (void)fputs("  ", document->file);
}

/* What stands between the value to come and what is before it. */
static void begin_element(struct document *document) {
        if (document->has_key) {
                document->has_key = false;
        } else if (document->depth > 0) {
                if (document->has_sibling)
                        (void)fputs(document->is_pretty ? "," : ", ", document->file);
                write_line(document);
        }
        document->has_sibling = true;
}

static void open_level(struct document *document, char c) {
        begin_element(document);
        (void)fputc(c, document->file);
        document->depth++;
        document->has_sibling = false;
}

static void close_level(struct document *document, char c) {
        assert(document->depth > 0 && !document->has_key);
        document->depth--;
        if (document->has_sibling)
                write_line(document);
        (void)fputc(c, document->file);
        document->has_sibling = true;
}

void document_open_map(struct document *document) {
        open_level(document, '{');
}

void document_close_map(struct document *document) {
        close_level(document, '}');
}

void document_open_list(struct document *document) {
        open_level(document, '[');
}

void document_close_list(struct document *document) {
        close_level(document, ']');
}

/* The short form of a character that must not stand in a string as it is; NULL: it has none. */
static const char *find_escape(uint32_t character) {
        switch (character) {
        case '"':
                return "\\\"";
        case '\\':
                return "\\\\";
        case '\b':
                return "\\b";
        case '\f':
                return "\\f";
        case '\n':
                return "\\n";
        case '\r':
                return "\\r";
        case '\t':
                return "\\t";
        default:
                return NULL;
        }
}

/*
 * UTF-8 in quotes. More is escaped than JSON demands, since the document may end on a terminal: DEL, C1 and
 * what changes the direction of text, too; all of that stands below U+10000.
 */
static void write_quoted(FILE *file, const char *text, size_t size) {
        (void)fputc('"', file);
        while (size > 0) {
                uint32_t character = 0;
                size_t n = utf8_decode(text, size, &character);
                const char *escape = find_escape(character);

                if (escape)
                        (void)fputs(escape, file);
                else if (!text_is_harmless(character))
                        (void)fprintf(file, "\\u%04x", (unsigned)character);
                else
                        (void)fwrite(text, 1, n, file);
                text += n;
                size -= n;
        }
        (void)fputc('"', file);
}

void document_key_n(struct document *document, const char *key, size_t size) {
        assert(!document->has_key && utf8_is_valid(key, size));
        begin_element(document);
        write_quoted(document->file, key, size);
        (void)fputs(": ", document->file);
        document->has_key = true;
}

void document_key(struct document *document, const char *key) {
        document_key_n(document, key, strlen(key));
}

void document_add_null(struct document *document) {
        begin_element(document);
        (void)fputs("null", document->file);
}

void document_add_bool(struct document *document, bool value) {
        begin_element(document);
        (void)fputs(value ? "true" : "false", document->file);
}

void document_add_int(struct document *document, int64_t value) {
        begin_element(document);
        (void)fprintf(document->file, "%" PRId64, value);
}

void document_add_uint(struct document *document, uint64_t value) {
        begin_element(document);
        (void)fprintf(document->file, "%" PRIu64, value);
}

void document_add_float(struct document *document, double value) {
        char text[FLOAT_SIZE];

        if (!isfinite(value)) {
                const char *name = isnan(value) ? "NaN" : value < 0 ? "-Infinity" : "Infinity";

                document_add_text(document, name, strlen(name));
                return;
        }
        /* The fewest digits that give the same number again. */
        for (int digits = FLOAT_DIGITS_MIN; digits <= FLOAT_DIGITS_MAX; digits++) {
                (void)snprintf(text, sizeof(text), "%.*g", digits, value);
                if (strtod(text, NULL) == value)
                        break;
        }
        begin_element(document);
        /* A float stays one for whoever tells 1.0 from 1. */
        (void)fprintf(document->file, "%s%s", text, strpbrk(text, ".e") ? "" : ".0");
}

void document_add_text(struct document *document, const char *text, size_t size) {
        if (!utf8_is_valid(text, size)) {
                document_add_bytes(document, text, size);
                return;
        }
        begin_element(document);
        write_quoted(document->file, text, size);
}

static void write_base64(FILE *file, const uint8_t *data, size_t size) {
        static const char digits[] =
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

        for (size_t i = 0; i < size; i += 3) {
                size_t n = size - i < 3 ? size - i : 3;
                uint32_t bits = (uint32_t)data[i] << 16;

                if (n > 1)
                        bits |= (uint32_t)data[i + 1] << 8;
                if (n > 2)
                        bits |= data[i + 2];
                (void)fputc(digits[bits >> 18], file);
                (void)fputc(digits[bits >> 12 & 63], file);
                (void)fputc(n > 1 ? digits[bits >> 6 & 63] : '=', file);
                (void)fputc(n > 2 ? digits[bits & 63] : '=', file);
        }
}

void document_add_bytes(struct document *document, const void *data, size_t size) {
        document_open_map(document);
        document_key(document, "base64");
        begin_element(document);
        (void)fputc('"', document->file);
        write_base64(document->file, data, size);
        (void)fputc('"', document->file);
        document_close_map(document);
}

void document_set_text(struct document *document, const char *key, const char *text) {
        document_key(document, key);
        document_add_text(document, text, strlen(text));
}

void document_set_format(struct document *document, const char *key, const char *format, ...) {
        cleanup_(freep) char *text = NULL;
        va_list values;

        va_start(values, format);
        text = memory_format_values(format, values);
        va_end(values);
        document_set_text(document, key, text);
}

void document_set_bool(struct document *document, const char *key, bool value) {
        document_key(document, key);
        document_add_bool(document, value);
}

void document_set_int(struct document *document, const char *key, int64_t value) {
        document_key(document, key);
        document_add_int(document, value);
}

void document_set_uint(struct document *document, const char *key, uint64_t value) {
        document_key(document, key);
        document_add_uint(document, value);
}

void document_set_task(struct document *document, const char *key, uint64_t task) {
        document_key(document, key);
        if (task == 0) {
                document_add_null(document);
                return;
        }
        begin_element(document);
        (void)fprintf(document->file, "\"t%" PRIu64 "\"", task);
}

void document_set_time(struct document *document, const char *key, uint64_t at_us) {
        char text[TEXT_TIME_SIZE];

        document_key(document, key);
        if (at_us == 0) {
                document_add_null(document);
                return;
        }
        text_format_time(at_us, text);
        document_add_text(document, text, strlen(text));
}
