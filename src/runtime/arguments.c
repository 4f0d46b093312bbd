/* SPDX-License-Identifier: MIT */

#include "runtime/arguments.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/log.h"
#include "runtime/default-text.h"
#include "runtime/task.h"

enum {
        NAME_LENGTH_MAX = 64, /* of a valid name; see gca_argument_spec */
        MESSAGE_SIZE = 2560,
        N_FAULTS_MAX = 8, /* told in words; the others are counted */
        DISTANCE_MAX = 2, /* how far a name may be from the one meant */
};

/* The message as it grows. */
struct faults {
        size_t n;
        size_t length;
        char text[MESSAGE_SIZE];
};

static void faults_append(struct faults *faults, const char *format, va_list arguments) {
        size_t room = sizeof(faults->text) - faults->length;
        int n = vsnprintf(faults->text + faults->length, room, format, arguments);

        if (n > 0)
                faults->length += (size_t)n < room ? (size_t)n : room - 1;
}

static void __attribute__((format(printf, 2, 3)))
faults_write(struct faults *faults, const char *format, ...) {
        va_list arguments;

        va_start(arguments, format);
        faults_append(faults, format, arguments);
        va_end(arguments);
}

static void __attribute__((format(printf, 2, 3)))
faults_add(struct faults *faults, const char *format, ...) {
        va_list arguments;

        if (++faults->n > N_FAULTS_MAX)
                return;
        if (faults->n > 1)
                faults_write(faults, "; ");
        va_start(arguments, format);
        faults_append(faults, format, arguments);
        va_end(arguments);
}

static void faults_tell(struct faults *faults, gca_task *task) {
        if (faults->n > N_FAULTS_MAX)
                faults_write(faults, "; and %zu more", faults->n - N_FAULTS_MAX);
        task_set_failure(task, "invalid-argument", faults->text);
}

/* ---- the nearest name ---- */

/* How many characters must be put in, taken out or changed to make one name of the other, both at most
 * NAME_LENGTH_MAX long. */
static size_t name_get_distance(const char *a, size_t a_length, const char *b, size_t b_length) {
        size_t row[NAME_LENGTH_MAX + 1];

        for (size_t j = 0; j <= b_length; j++)
                row[j] = j;
        for (size_t i = 1; i <= a_length; i++) {
                size_t diagonal = row[0];

                row[0] = i;
                for (size_t j = 1; j <= b_length; j++) {
                        size_t changed = diagonal + (a[i - 1] != b[j - 1]);
                        size_t best = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;

                        diagonal = row[j];
                        row[j] = changed < best ? changed : best;
                }
        }
        return row[b_length];
}

/* NULL: none is near. */
static const char *kind_find_nearest(const gca_kind *kind, const char *name, size_t length) {
        const char *nearest = NULL;
        size_t best = DISTANCE_MAX + 1;

        if (length > NAME_LENGTH_MAX)
                return NULL;
        for (size_t i = 0; i < kind->n_arguments; i++) {
                const char *valid = kind->arguments[i].name;
                size_t distance = name_get_distance(name, length, valid, strlen(valid));

                /* Changing every letter makes no name like another. */
                if (distance < best && distance < length) {
                        best = distance;
                        nearest = valid;
                }
        }
        return nearest;
}

static const gca_argument_spec *
kind_find_argument(const gca_kind *kind, const char *name, size_t length) {
        for (size_t i = 0; i < kind->n_arguments; i++) {
                const gca_argument_spec *spec = &kind->arguments[i];

                if (strlen(spec->name) == length && memcmp(spec->name, name, length) == 0)
                        return spec;
        }
        return NULL;
}

/* ---- checks ---- */

static void check_names(struct faults *faults, const gca_kind *kind, gca_value map) {
        size_t n = gca_get_count(map);

        for (size_t i = 0; i < n; i++) {
                size_t length;
                const char *name = gca_get_string(gca_get_key(map, i), &length);
                char shown[2 * NAME_LENGTH_MAX];
                const char *nearest;

                if (kind_find_argument(kind, name, length))
                        continue;
                (void)log_escape(shown, sizeof(shown), name, length);
                nearest = kind_find_nearest(kind, name, length);
                if (nearest)
                        faults_add(faults,
                                   "unknown argument \"%s\" (is \"%s\" meant?)",
                                   shown,
                                   nearest);
                else
                        faults_add(faults, "unknown argument \"%s\"", shown);
        }
}

static bool is_given(const gca_argument_spec *spec, gca_value value) {
        if (!gca_is_value(value))
                return false;
        return (spec->flags & GCA_ARGUMENT_REQUIRED) || !gca_is_nil(value);
}

/* As the declared type; GCA_NO_VALUE: no memory. */
static gca_value convert(gca_region *region, gca_type type, gca_value value) {
        gca_type given = gca_get_type(value);

        if (type == GCA_TYPE_FLOAT && given == GCA_TYPE_INT)
                return gca_float(region, gca_get_float(value));
        if (type == GCA_TYPE_BYTES && given == GCA_TYPE_STRING) {
                size_t length;
                const char *text = gca_get_string(value, &length);

                return gca_bytes(region, text, length);
        }
        return value;
}

static gca_value take_default(gca_region *region, const gca_argument_spec *spec) {
        gca_value value = GCA_NO_VALUE;

        if (!spec->default_text)
                return gca_nil();
        /* The registry has parsed it before: only memory can be missing. */
        if (default_text_parse(region, spec->default_text, spec->type, &value))
                return GCA_NO_VALUE;
        return convert(region, spec->type, value);
}

/* An argument's value; a fault is added where there is none to be had (then the answer is nil). */
static gca_value check_argument(struct faults *faults,
                                gca_region *region,
                                const gca_argument_spec *spec,
                                gca_value map) {
        gca_value value = GCA_NO_VALUE;

        if (gca_is_value(map))
                value = gca_find(map, spec->name, -1);
        if (!is_given(spec, value)) {
                if (!(spec->flags & GCA_ARGUMENT_REQUIRED))
                        return take_default(region, spec);
                faults_add(faults, "argument \"%s\" is missing", spec->name);
                return gca_nil();
        }
        if (!default_text_accepts(spec->type, gca_get_type(value))) {
                faults_add(faults,
                           "argument \"%s\" must be of type %s, not %s",
                           spec->name,
                           gca_type_to_string(spec->type),
                           gca_type_to_string(gca_get_type(value)));
                return gca_nil();
        }
        return convert(region, spec->type, value);
}

/* What the kind finds; false: no memory. */
static bool check_all(struct faults *faults, gca_task *task, gca_value map, gca_value *arguments) {
        const gca_kind *kind = task->kind;

        if (gca_is_value(map))
                check_names(faults, kind, map);
        for (size_t i = 0; i < kind->n_arguments; i++) {
                arguments[i] = check_argument(faults, &task->region, &kind->arguments[i], map);
                if (!gca_is_value(arguments[i]))
                        return false;
        }
        return true;
}

int arguments_check(gca_task *task, gca_value map, gca_value **ret_arguments) {
        size_t n = task->kind->n_arguments;
        gca_value *arguments = NULL;
        struct faults faults;

        if (gca_is_value(map) && gca_get_type(map) != GCA_TYPE_MAP) {
                task_set_failure(task, "invalid-argument", "the arguments are not a map");
                return -EINVAL;
        }
        if (n == 0 && (!gca_is_value(map) || gca_get_count(map) == 0))
                return 0;
        faults.n = faults.length = 0;
        if (n > 0)
                arguments = gca_region_allocate(&task->region, n * sizeof(*arguments));
        if ((n > 0 && !arguments) || !check_all(&faults, task, map, arguments)) {
                task_set_static_failure(task, &task_failure_memory_limit);
                return -ENOMEM;
        }
        if (faults.n > 0) {
                faults_tell(&faults, task);
                return -EINVAL;
        }
        *ret_arguments = arguments;
        return 0;
}
