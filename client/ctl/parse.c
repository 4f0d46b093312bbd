/* SPDX-License-Identifier: MIT */

#include "parse.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

bool parse_task_id(const char *word, uint64_t *ret_task) {
        unsigned long long value;

        if (*word == 't')
                word++;
        if (*word < '1' || *word > '9' || word[strspn(word, "0123456789")] != '\0')
                return false;
        errno = 0;
        value = strtoull(word, NULL, 10);
        if (errno != 0)
                return false;
        *ret_task = value;
        return true;
}

/* strtod() and its kin skip leading blanks, which no word here may have. */
static bool is_number_start(const char *word) {
        return *word != '\0' && !isspace((unsigned char)*word);
}

bool parse_duration(const char *word, uint64_t *ret_duration_ns) {
        static const struct {
                const char *name;
                uint64_t ns;
        } units[] = {
                { "", NS_PER_S },         { "s", NS_PER_S },         { "ms", NS_PER_MS },
                { "us", NS_PER_US },      { "m", 60 * NS_PER_S },    { "min", 60 * NS_PER_S },
                { "h", 3600 * NS_PER_S }, { "d", 86400 * NS_PER_S },
        };
        double value, duration_ns;
        char *end;

        if (!isdigit((unsigned char)*word))
                return false;
        value = strtod(word, &end);
        /* Digits and a point only: no exponent, nothing hexadecimal. */
        for (const char *p = word; p < end; p++)
                if (!isdigit((unsigned char)*p) && *p != '.')
                        return false;
        for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
                if (strcmp(end, units[i].name) != 0)
                        continue;
                duration_ns = value * (double)units[i].ns;
                if (duration_ns < 1 || duration_ns >= (double)INT64_MAX)
                        return false;
                *ret_duration_ns = (uint64_t)duration_ns;
                return true;
        }
        return false;
}

bool parse_int(const char *word, int64_t *ret_value) {
        const char *digits = word + (*word == '-' || *word == '+');
        bool is_hexadecimal = digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X');
        long long value;
        char *end;

        if (!isdigit((unsigned char)*digits))
                return false;
        errno = 0;
        value = strtoll(word, &end, is_hexadecimal ? 16 : 10);
        if (errno != 0 || *end != '\0')
                return false;
        *ret_value = value;
        return true;
}

bool parse_float(const char *word, double *ret_value) {
        double value;
        char *end;

        if (!is_number_start(word))
                return false;
        errno = 0;
        value = strtod(word, &end);
        /* ERANGE is told for denormals too, which are good numbers. */
        if (*end != '\0' || (errno == ERANGE && isinf(value)))
                return false;
        *ret_value = value;
        return true;
}

bool parse_umask(const char *word, uint32_t *ret_mask) {
        size_t n = strlen(word);

        if (n == 0 || n > 4 || strspn(word, "01234567") != n)
                return false;
        *ret_mask = (uint32_t)strtoul(word, NULL, 8);
        return *ret_mask <= 0777;
}
