/* SPDX-License-Identifier: MIT */

#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/utf8.h"

enum {
        LINE_SIZE = 2048
};

static const char *log_ident = "gcasync";
static enum log_format log_format_used = LOG_FORMAT_PLAIN;
/* Relaxed everywhere: a filter; no decision but "print or not" rests on it. */
static _Atomic int log_max_level = LOG_LEVEL_WARNING;

void log_setup(const char *ident, enum log_level max_level, enum log_format format) {
        log_ident = ident;
        log_format_used = format;
        atomic_store_explicit(&log_max_level, max_level, memory_order_relaxed);
}

bool log_is_enabled(enum log_level level) {
        return (int)level <= atomic_load_explicit(&log_max_level, memory_order_relaxed);
}

void log_write(enum log_level level, const char *format, ...) {
        int saved_errno = errno;
        char line[LINE_SIZE];
        va_list arguments;
        size_t length;
        int n;

        if (!log_is_enabled(level))
                return;
        if (log_format_used == LOG_FORMAT_PRIORITY)
                n = snprintf(line, sizeof(line), "<%d>", (int)level);
        else
                n = snprintf(line, sizeof(line), "%s: ", log_ident);
        length = (size_t)n;
        va_start(arguments, format);
        n = vsnprintf(line + length, sizeof(line) - length - 1, format, arguments);
        va_end(arguments);
        if (n > 0)
                length += (size_t)n < sizeof(line) - length - 1 ? (size_t)n
                                                                : sizeof(line) - length - 2;
        line[length++] = '\n';
        /* Whoever closed standard error does not want to hear of it. */
        if (write(STDERR_FILENO, line, length) < 0)
                errno = saved_errno;
        errno = saved_errno;
}

static bool log_is_plain(uint32_t character) {
        if (character < 0x20 || (character >= 0x7f && character < 0xa0) || character == '\\')
                return false;
        /* Bidirectional controls, line separators, byte order mark. */
        return !(character >= 0x200e && character <= 0x200f) &&
               !(character >= 0x2028 && character <= 0x202e) &&
               !(character >= 0x2066 && character <= 0x2069) && character != 0xfeff;
}

char *log_escape(char *buffer, size_t size, const void *text, size_t text_length) {
        const uint8_t *p = text;
        size_t at = 0;

        assert(size >= 8);
        while (text_length > 0) {
                uint32_t character;
                size_t length = utf8_decode(p, text_length, &character);
                bool is_plain = length > 0 && log_is_plain(character);
                size_t n_in = length > 0 ? length : 1;
                size_t n_out = is_plain ? n_in : 4 * n_in;

                if (at + n_out + sizeof("...") > size) {
                        memcpy(buffer + at, "...", 3);
                        at += 3;
                        break;
                }
                if (is_plain)
                        memcpy(buffer + at, p, n_in);
                else
                        for (size_t i = 0; i < n_in; i++)
                                (void)snprintf(buffer + at + 4 * i, 5, "\\x%02x", p[i]);
                at += n_out;
                p += n_in;
                text_length -= n_in;
        }
        buffer[at] = '\0';
        return buffer;
}
