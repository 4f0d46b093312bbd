/* SPDX-License-Identifier: MIT */

#include "text.h"

#include <inttypes.h>
#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

#include "base/utf8.h"
#include "memory.h"

enum {
        ESCAPE_FACTOR = 4, /* one byte becomes "\xHH" */
};

static const char ellipsis[] = "\xe2\x80\xa6";

#define US_PER_S UINT64_C(1000000)

bool text_is_harmless(uint32_t character) {
        if (character < 0x20 || (character >= 0x7f && character < 0xa0))
                return false;
        return !(character >= 0x200e && character <= 0x200f) &&
               !(character >= 0x2028 && character <= 0x202e) &&
               !(character >= 0x2066 && character <= 0x2069) && character != 0xfeff;
}

char *text_escape(const void *text, size_t size) {
        char *escaped = memory_allocate(size * ESCAPE_FACTOR + 1), *out = escaped;
        const uint8_t *p = text;

        while (size > 0) {
                uint32_t character = 0;
                size_t n = utf8_decode(p, size, &character);

                if (n > 0 && text_is_harmless(character)) {
                        memcpy(out, p, n);
                        out += n;
                } else {
                        n = n > 0 ? n : 1;
                        for (size_t i = 0; i < n; i++)
                                out += sprintf(out, "\\x%02x", p[i]);
                }
                p += n;
                size -= n;
        }
        return escaped;
}

char *text_escape_string(const char *text) {
        return text_escape(text, strlen(text));
}

void text_setup(void) {
        if (setlocale(LC_CTYPE, "") && strcmp(nl_langinfo(CODESET), "UTF-8") == 0)
                return;
        (void)setlocale(LC_CTYPE, "C.UTF-8");
}

static size_t character_width(uint32_t character) {
        int n = wcwidth((wchar_t)character);

        return n < 0 ? 1 : (size_t)n;
}

/* The bytes of the character that text begins with, and its columns; a stray byte counts as a character. */
static size_t character_next(const char *text, size_t *ret_width) {
        uint32_t character = 0;
        size_t n = utf8_decode(text, strlen(text), &character);

        *ret_width = n > 0 ? character_width(character) : 1;
        return n > 0 ? n : 1;
}

size_t text_width(const char *text) {
        size_t width = 0, n;

        while (*text) {
                text += character_next(text, &n);
                width += n;
        }
        return width;
}

char *text_cut(const char *text, size_t width) {
        size_t used = 0, at = 0, n, n_columns;

        if (text_width(text) <= width)
                return memory_copy_text(text);
        if (width == 0)
                return memory_copy_text("");
        for (;;) {
                n = character_next(text + at, &n_columns);
                if (used + n_columns > width - 1)
                        break;
                used += n_columns;
                at += n;
        }
        return memory_format("%.*s%s", (int)at, text, ellipsis);
}

char *text_format_bytes(uint64_t bytes) {
        static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
        double value = (double)bytes;
        size_t unit = 0;

        if (bytes < 1024)
                return memory_format("%" PRIu64 " B", bytes);
        for (value /= 1024; value >= 1024 && unit < 5; unit++)
                value /= 1024;
        return memory_format("%.1f %s", value, units[unit]);
}

char *text_format_duration(uint64_t duration_us) {
        static const struct {
                uint64_t seconds;
                char name;
        } units[] = { { 86400, 'd' }, { 3600, 'h' }, { 60, 'm' }, { 1, 's' } };
        uint64_t seconds = duration_us / US_PER_S;

        if (duration_us < US_PER_S)
                return memory_format("%" PRIu64 "ms", duration_us / 1000);
        if (seconds < 60)
                return memory_format("%" PRIu64 ".%" PRIu64 "s",
                                     seconds,
                                     duration_us % US_PER_S / (US_PER_S / 10));
        for (size_t i = 0;; i++) {
                uint64_t n = seconds / units[i].seconds;
                uint64_t rest = seconds % units[i].seconds / units[i + 1].seconds;

                if (n == 0)
                        continue;
                if (rest == 0)
                        return memory_format("%" PRIu64 "%c", n, units[i].name);
                return memory_format(
                        "%" PRIu64 "%c %" PRIu64 "%c", n, units[i].name, rest, units[i + 1].name);
        }
}

void text_format_time(uint64_t at_us, char *buffer) {
        time_t seconds = (time_t)(at_us / US_PER_S);
        struct tm parts;
        size_t n;

        if (!gmtime_r(&seconds, &parts)) {
                (void)snprintf(buffer, TEXT_TIME_SIZE, "%" PRIu64 "us", at_us);
                return;
        }
        n = strftime(buffer, TEXT_TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &parts);
        (void)snprintf(buffer + n, TEXT_TIME_SIZE - n, ".%06uZ", (unsigned)(at_us % US_PER_S));
}

void text_list_deinit(struct text_list *list) {
        for (size_t i = 0; i < list->n; i++)
                free(list->lines[i]);
        free(list->lines);
        *list = (struct text_list){ 0 };
}

void text_list_add(struct text_list *list, const char *format, ...) {
        va_list values;
        char *line;

        va_start(values, format);
        line = memory_format_values(format, values);
        va_end(values);
        list->lines = memory_grow(list->lines, &list->n_max, list->n + 1, sizeof(*list->lines));
        list->lines[list->n++] = line;
}
