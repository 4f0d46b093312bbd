/* SPDX-License-Identifier: MIT */

#include "say.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "memory.h"

static void say_line(const char *prefix, const char *format, va_list values) {
        cleanup_(freep) char *text = memory_format_values(format, values);
        cleanup_(freep) char *escaped = text_escape_string(text);

        /* What was written to stdout before stands above it on a terminal. */
        (void)fflush(stdout);
        (void)fprintf(stderr, "%s%s\n", prefix, escaped);
}

void say(const char *format, ...) {
        va_list values;

        va_start(values, format);
        say_line("gcasyncctl: ", format, values);
        va_end(values);
}

void say_hint(const char *format, ...) {
        va_list values;

        va_start(values, format);
        say_line("  ", format, values);
        va_end(values);
}

void say_lines(const struct text_list *lines) {
        for (size_t i = 0; i < lines->n; i++)
                say("%s", lines->lines[i]);
}
