/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Text for people: escaped so that it cannot steer a terminal, measured in columns, and numbers, sizes and
 * times in the forms people read. What returns char * belongs to the caller.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Not: control characters, bidirectional controls, line separators, the byte order mark. */
bool text_is_harmless(uint32_t character);

/* Control characters, what turns the direction of text, and what is not UTF-8, as \xHH. */
char *text_escape(const void *text, size_t size);
char *text_escape_string(const char *text);

/* Columns that UTF-8 text takes on a terminal. Needs text_setup(). */
size_t text_width(const char *text);

/* The text cut to at most width columns, its last one then being "…". */
char *text_cut(const char *text, size_t width);

/* Makes character widths those of UTF-8, whatever the user's locale is. Once, at the start. */
void text_setup(void);

/* "1.5 MiB"; "340 B". */
char *text_format_bytes(uint64_t bytes);

/* A duration in its one or two largest units: "3.2s", "5m 12s", "2h 3m", "4d 1h". */
char *text_format_duration(uint64_t duration_us);

/* RFC 3339 in UTC: "2024-05-01T12:30:00.000123Z". Takes microseconds since 1970. */
enum {
        TEXT_TIME_SIZE = 40
};
void text_format_time(uint64_t at_us, char *buffer);

/* A list of lines, which it owns; grows at its end. */
struct text_list {
        char **lines;
        size_t n, n_max;
};
void text_list_deinit(struct text_list *list);
void text_list_add(struct text_list *list, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
