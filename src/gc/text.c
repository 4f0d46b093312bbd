/* SPDX-License-Identifier: MIT */
#include "gc/text.h"

#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/utf8.h"

static void text_format_finite(char text[TEXT_NUMBER_MAX], double value) {
        locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0), old;

        old = c ? uselocale(c) : (locale_t)0;
        for (int digits = 15; digits <= 17; digits++) {
                (void)snprintf(text, TEXT_NUMBER_MAX - 2, "%.*g", digits, value);
                if (strtod(text, NULL) == value)
                        break;
        }
        if (c) {
                (void)uselocale(old);
                freelocale(c);
        }
        if (text[strspn(text, "-0123456789")] == '\0')
                strcat(text, ".0");
}

void text_format_float(char text[TEXT_NUMBER_MAX], double value) {
        if (isnan(value))
                strcpy(text, "NaN");
        else if (isinf(value))
                strcpy(text, value < 0 ? "-Infinity" : "Infinity");
        else
                text_format_finite(text, value);
}

size_t text_escape(const char *text, size_t n, char escape[TEXT_ESCAPE_MAX], size_t *ret_n_read) {
        static const char names[] = {
                ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n',  ['\r'] = 'r',
                ['\t'] = 't', ['"'] = '"',  ['\\'] = '\\',
        };
        uint32_t c = 0;
        size_t length = utf8_decode(text, n, &c);

        assert(length > 0);
        *ret_n_read = length;
        if (c < sizeof(names) && names[c]) {
                escape[0] = '\\';
                escape[1] = names[c];
                return 2;
        }
        if (c < 0x20 || (c >= 0x7f && c < 0xa0))
                return (size_t)snprintf(escape, TEXT_ESCAPE_MAX, "\\u%04x", (unsigned)c & 0xffff);
        memcpy(escape, text, length);
        return length;
}
