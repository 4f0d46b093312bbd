/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The log: one line a call to standard error, prefixed with the kernel's priority ("<6>") when told so
 * (a service manager reads it) and with the time otherwise. Any thread; one write(2) a line, so lines
 * do not mix. Text that came from a client goes through log_escape() first. A program that uses only
 * the libraries and calls none of this sees warnings and errors.
 */

#include <stdbool.h>
#include <stddef.h>

enum log_level {
        LOG_LEVEL_ERROR = 3,
        LOG_LEVEL_WARNING = 4,
        LOG_LEVEL_NOTICE = 5,
        LOG_LEVEL_INFO = 6,
        LOG_LEVEL_DEBUG = 7,
};

enum log_format {
        LOG_FORMAT_PLAIN,    /* "gcasyncd: text" */
        LOG_FORMAT_PRIORITY, /* "<6>text" */
};

/* Sets level and format for the process; ident is borrowed for good. Call before threads start. */
void log_setup(const char *ident, enum log_level max_level, enum log_format format);

bool log_is_enabled(enum log_level level);
void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...)   log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_notice(...)  log_write(LOG_LEVEL_NOTICE, __VA_ARGS__)
#define log_info(...)    log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)                                           \
        do {                                                     \
                if (log_is_enabled(LOG_LEVEL_DEBUG))             \
                        log_write(LOG_LEVEL_DEBUG, __VA_ARGS__); \
        } while (0)

/*
 * Writes text to buffer as a NUL-terminated string in which control characters, DEL, bytes that are not
 * UTF-8 and characters that change a terminal's direction stand as \xHH; cut, with "...", where it does
 * not fit. Returns buffer. size is at least 8.
 */
char *log_escape(char *buffer, size_t size, const void *text, size_t text_length);
