/* SPDX-License-Identifier: MIT */

#include "daemon/limits.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/nearest.h"

enum {
        /* What the program can work with at all; an administrator's choice lies between. */
        FRAME_BYTES_MIN = 1024,
        FRAME_BYTES_MAX = 1 << 30,
        CAPTURE_TASK_BYTES_MIN = 4096,
        HEAP_BYTES_MIN = 64 << 20,
};

static const struct limit_info limit_infos[LIMIT_COUNT] = {
#define X(name_, text, value, unit_, scope_, is_reloadable_, doc_) \
        [LIMIT_##name_] = { .name = text,                          \
                            .default_value = (value),              \
                            .unit = LIMIT_UNIT_##unit_,            \
                            .scope = LIMIT_SCOPE_##scope_,         \
                            .is_reloadable = (is_reloadable_),     \
                            .doc = (doc_) },
        LIMIT_MAP(X)
#undef X
};

const struct limit_info *limit_get_info(enum limit limit) {
        return &limit_infos[limit];
}

void limits_init(struct limits *limits) {
        memset(limits, 0, sizeof(*limits));
        for (size_t i = 0; i < LIMIT_COUNT; i++)
                limits->values[i] = limit_infos[i].default_value;
}

static void limit_get_range(enum limit limit, uint64_t *ret_minimum, uint64_t *ret_maximum) {
        *ret_minimum = 1;
        *ret_maximum = UINT64_C(1) << 40;
        switch (limit) {
        case LIMIT_FRAME_BYTES:
                *ret_minimum = FRAME_BYTES_MIN;
                *ret_maximum = FRAME_BYTES_MAX;
                break;
        case LIMIT_VALUE_NODES:
        case LIMIT_REQUESTS:
        case LIMIT_SESSIONS:
        case LIMIT_TASKS:
                *ret_maximum = UINT64_C(1) << 28;
                break;
        case LIMIT_CAPTURE_TASK_BYTES:
                *ret_minimum = CAPTURE_TASK_BYTES_MIN;
                break;
        case LIMIT_HEAP_BYTES:
                *ret_minimum = HEAP_BYTES_MIN;
                break;
        case LIMIT_HISTORY_TASKS:
        case LIMIT_HISTORY_BYTES:
        case LIMIT_CAPTURE_BYTES:
        case LIMIT_OUTPUT_BYTES:
        case LIMIT_QUEUED_BYTES:
                *ret_minimum = 0;
                break;
        default:
                break;
        }
}

static uint64_t limit_find_factor(enum limit_unit unit, char suffix) {
        uint64_t base = unit == LIMIT_UNIT_BYTES ? 1024 : 1000;

        if (unit == LIMIT_UNIT_DURATION)
                return 0;
        switch (suffix) {
        case 'K':
                return base;
        case 'M':
                return base * base;
        case 'G':
                return base * base * base;
        default:
                return 0;
        }
}

/* 0 and the number, or LIMITS_E_SYNTAX, or LIMITS_E_RANGE where it does not fit into 64 bits. */
static int limit_parse_value(const char *text, enum limit_unit unit, uint64_t *ret_value) {
        unsigned long long number;
        uint64_t factor = 1, value;
        char *end;

        if (*text < '0' || *text > '9')
                return LIMITS_E_SYNTAX;
        errno = 0;
        number = strtoull(text, &end, 10);
        if (*end != '\0') {
                factor = limit_find_factor(unit, *end);
                if (factor == 0 || end[1] != '\0')
                        return LIMITS_E_SYNTAX;
        }
        if (errno == ERANGE || __builtin_mul_overflow((uint64_t)number, factor, &value))
                return LIMITS_E_RANGE;
        *ret_value = value;
        return 0;
}

static int limit_find(const char *name, size_t length, enum limit *ret_limit) {
        for (size_t i = 0; i < LIMIT_COUNT; i++)
                if (strlen(limit_infos[i].name) == length &&
                    memcmp(limit_infos[i].name, name, length) == 0) {
                        *ret_limit = (enum limit)i;
                        return 0;
                }
        return LIMITS_E_UNKNOWN;
}

static void limit_tell_unknown(const char *name, size_t length, char *message, size_t size) {
        struct nearest nearest;

        nearest_init(&nearest, name, length);
        for (size_t i = 0; i < LIMIT_COUNT; i++)
                nearest_offer(&nearest, limit_infos[i].name);
        (void)snprintf(message,
                       size,
                       "there is no limit \"%.*s\"%s%s%s",
                       (int)(length < 64 ? length : 64),
                       name,
                       nearest.name ? "; did you mean \"" : "",
                       nearest.name ? nearest.name : "",
                       nearest.name ? "\"?" : "");
}

int limits_set(struct limits *limits, const char *text, char *message, size_t message_size) {
        const char *equals = strchr(text, '=');
        uint64_t value = 0, minimum, maximum;
        const struct limit_info *info;
        enum limit limit;
        int r;

        if (!equals) {
                (void)snprintf(message, message_size, "\"%s\" is not NAME=VALUE", text);
                return LIMITS_E_SYNTAX;
        }
        r = limit_find(text, (size_t)(equals - text), &limit);
        if (r != 0) {
                limit_tell_unknown(text, (size_t)(equals - text), message, message_size);
                return r;
        }
        info = limit_get_info(limit);
        limit_get_range(limit, &minimum, &maximum);
        r = limit_parse_value(equals + 1, info->unit, &value);
        if (r == LIMITS_E_SYNTAX) {
                (void)snprintf(message,
                               message_size,
                               "%s: \"%s\" is not a number%s",
                               info->name,
                               equals + 1,
                               info->unit == LIMIT_UNIT_DURATION
                                       ? " of milliseconds"
                                       : " with K, M or G behind it or nothing");
                return r;
        }
        if (r != 0 || value < minimum || value > maximum) {
                (void)snprintf(message,
                               message_size,
                               "%s: %s is not between %llu and %llu",
                               info->name,
                               equals + 1,
                               (unsigned long long)minimum,
                               (unsigned long long)maximum);
                return LIMITS_E_RANGE;
        }
        limits->values[limit] = value;
        return 0;
}
