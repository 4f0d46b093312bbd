/* SPDX-License-Identifier: MIT */

#include "memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exit-code.h"

enum {
        ELEMENTS_MIN = 16
};

void memory_give_up(void) {
        (void)fputs("gcasyncctl: out of memory\n", stderr);
        exit(EXIT_CODE_FAILED);
}

void *memory_allocate(size_t size) {
        void *memory = calloc(1, size ? size : 1);

        if (!memory)
                memory_give_up();
        return memory;
}

char *memory_copy_text(const char *text) {
        char *copy = strdup(text);

        if (!copy)
                memory_give_up();
        return copy;
}

char *memory_format_values(const char *format, va_list values) {
        char *text;

        if (vasprintf(&text, format, values) < 0)
                memory_give_up();
        return text;
}

char *memory_format(const char *format, ...) {
        va_list values;
        char *text;

        va_start(values, format);
        text = memory_format_values(format, values);
        va_end(values);
        return text;
}

void *memory_grow(void *array, size_t *n_max, size_t n_needed, size_t element_size) {
        size_t n = *n_max ? *n_max : ELEMENTS_MIN;

        if (n_needed <= *n_max)
                return array;
        while (n < n_needed) {
                if (n > SIZE_MAX / 2)
                        memory_give_up();
                n *= 2;
        }
        array = reallocarray(array, n, element_size);
        if (!array)
                memory_give_up();
        *n_max = n;
        return array;
}
