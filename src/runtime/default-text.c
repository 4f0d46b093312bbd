/* SPDX-License-Identifier: MIT */

#include "runtime/default-text.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fault.h"
#include "base/utf8.h"

bool default_text_accepts(gca_type type, gca_type given) {
        if (type == GCA_TYPE_NONE || type == given)
                return true;
        return (type == GCA_TYPE_FLOAT && given == GCA_TYPE_INT) ||
               (type == GCA_TYPE_BYTES && given == GCA_TYPE_STRING);
}

static const char *skip_digits(const char *p) {
        while (*p >= '0' && *p <= '9')
                p++;
        return p;
}

/* The end of the number that text begins with, by JSON's grammar, or NULL. */
static const char *scan_number(const char *text, bool *ret_is_int) {
        const char *p = text + (*text == '-');
        const char *digits = p;
        bool is_int = true;

        p = skip_digits(p);
        if (p == digits || (*digits == '0' && p > digits + 1))
                return NULL;
        if (*p == '.') {
                is_int = false;
                digits = ++p;
                p = skip_digits(p);
                if (p == digits)
                        return NULL;
        }
        if (*p == 'e' || *p == 'E') {
                is_int = false;
                p++;
                p += *p == '+' || *p == '-';
                digits = p;
                p = skip_digits(p);
                if (p == digits)
                        return NULL;
        }
        *ret_is_int = is_int;
        return p;
}

/* strtod(), whatever the program's locale takes for a decimal point. */
static int parse_float(const char *text, double *ret_number) {
        locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);

        if (c_locale == (locale_t)0)
                return fault_raise(-ENOMEM);
        *ret_number = strtod_l(text, NULL, c_locale);
        freelocale(c_locale);
        return 0;
}

static int parse_number(gca_region *region, const char *text, gca_value *ret_value) {
        bool is_int;
        double number;
        int r;

        const char *end = scan_number(text, &is_int);
        if (end == NULL || *end != '\0')
                return DEFAULT_TEXT_E_MALFORMED;
        if (is_int) {
                errno = 0;
                long long integer = strtoll(text, NULL, 10);
                if (errno == 0) {
                        *ret_value = gca_int(region, integer);
                        return 0;
                }
        }

        r = parse_float(text, &number);
        if (r < 0)
                return fault_pass(r);
        if (!isfinite(number))
                return DEFAULT_TEXT_E_MALFORMED;
        *ret_value = gca_float(region, number);
        return 0;
}

static int hex_digit(char c) {
        if (c >= '0' && c <= '9')
                return c - '0';
        if (c >= 'a' && c <= 'f')
                return c - 'a' + 10;
        if (c >= 'A' && c <= 'F')
                return c - 'A' + 10;
        return -1;
}

/* The four digits of \uXXXX; -1 where they are not there. */
static int32_t scan_hex4(const char *p) {
        int32_t unit = 0;

        for (int i = 0; i < 4; i++) {
                int digit = hex_digit(p[i]);
                if (digit < 0)
                        return -1;
                unit = unit * 16 + digit;
        }
        return unit;
}

static size_t put_utf8(char *to, uint32_t c) {
        if (c < 0x80) {
                to[0] = (char)c;
                return 1;
        }
        if (c < 0x800) {
                to[0] = (char)(0xc0 | c >> 6);
                to[1] = (char)(0x80 | (c & 0x3f));
                return 2;
        }
        if (c < 0x10000) {
                to[0] = (char)(0xe0 | c >> 12);
                to[1] = (char)(0x80 | (c >> 6 & 0x3f));
                to[2] = (char)(0x80 | (c & 0x3f));
                return 3;
        }
        to[0] = (char)(0xf0 | c >> 18);
        to[1] = (char)(0x80 | (c >> 12 & 0x3f));
        to[2] = (char)(0x80 | (c >> 6 & 0x3f));
        to[3] = (char)(0x80 | (c & 0x3f));
        return 4;
}

/* Decodes what follows "\u" to *to; returns what follows it, or NULL. */
static const char *decode_unicode(const char *p, char **to) {
        int32_t unit = scan_hex4(p);

        if (unit < 0)
                return NULL;
        p += 4;
        if (unit < 0xd800 || unit > 0xdfff) {
                *to += put_utf8(*to, (uint32_t)unit);
                return p;
        }
        if (unit > 0xdbff || p[0] != '\\' || p[1] != 'u')
                return NULL;

        int32_t low = scan_hex4(p + 2);
        if (low < 0xdc00 || low > 0xdfff)
                return NULL;
        *to += put_utf8(*to,
                        0x10000 + ((uint32_t)(unit - 0xd800) << 10) + (uint32_t)(low - 0xdc00));
        return p + 6;
}

/* Decodes what follows a backslash to *to; returns what follows it, or NULL. */
static const char *decode_escape(const char *p, char **to) {
        static const char from[] = "\"\\/bfnrt";
        static const char into[] = "\"\\/\b\f\n\r\t";

        if (*p == 'u')
                return decode_unicode(p + 1, to);

        const char *found = *p != '\0' ? strchr(from, *p) : NULL;
        if (found == NULL)
                return NULL;
        *(*to)++ = into[found - from];
        return p + 1;
}

/* text begins behind the opening quote. */
static int parse_string(gca_region *region, const char *text, gca_value *ret_value) {
        /* No escape is shorter than what it stands for. */
        cleanup_(freep) char *decoded = malloc(strlen(text) + 1);
        char *to = decoded;

        if (decoded == NULL)
                return fault_raise(-ENOMEM);
        while (*text != '"') {
                if ((unsigned char)*text < ' ')
                        return DEFAULT_TEXT_E_MALFORMED;
                if (*text != '\\') {
                        *to++ = *text++;
                        continue;
                }
                text = decode_escape(text + 1, &to);
                if (text == NULL)
                        return DEFAULT_TEXT_E_MALFORMED;
        }
        if (text[1] != '\0' || !utf8_is_valid(decoded, (size_t)(to - decoded)))
                return DEFAULT_TEXT_E_MALFORMED;
        *ret_value = gca_string(region, decoded, to - decoded);
        return 0;
}

static int parse_any(gca_region *region, const char *text, gca_value *ret_value) {
        if (text[0] == '"')
                return parse_string(region, text + 1, ret_value);
        if (strcmp(text, "null") == 0)
                *ret_value = gca_nil();
        else if (strcmp(text, "true") == 0)
                *ret_value = gca_bool(true);
        else if (strcmp(text, "false") == 0)
                *ret_value = gca_bool(false);
        else if (strcmp(text, "[]") == 0)
                *ret_value = gca_list(region, NULL, 0);
        else if (strcmp(text, "{}") == 0)
                *ret_value = gca_map(region, NULL, NULL, 0);
        else
                return parse_number(region, text, ret_value);
        return 0;
}

int default_text_parse(gca_region *region, const char *text, gca_type type, gca_value *ret_value) {
        gca_value value = GCA_NO_VALUE;
        int r;

        r = parse_any(region, text, &value);
        if (r != 0)
                return fault_pass(r);
        if (!gca_is_value(value))
                return fault_raise(-ENOMEM);
        if (!default_text_accepts(type, gca_get_type(value)))
                return DEFAULT_TEXT_E_TYPE;
        *ret_value = value;
        return 0;
}
