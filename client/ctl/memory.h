/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Memory for a short-lived program: these never return NULL. Where there is none left the program says so
 * and ends with status 1; the daemon then aborts what was attached to the session.
 */

#include <stdarg.h>
#include <stddef.h>

/* Zeroed. */
void *memory_allocate(size_t size);
char *memory_copy_text(const char *text);
char *memory_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *memory_format_values(const char *format, va_list values)
        __attribute__((format(printf, 1, 0)));

/* array, with room for n_needed elements; *n_max is how many it has room for. */
void *memory_grow(void *array, size_t *n_max, size_t n_needed, size_t element_size);

/* The end of the line: says that memory is out and exits. */
_Noreturn void memory_give_up(void);
