/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A builder: what was set, where, and the faults so far. A fault is a fault of the builder's user, not of this
 * process, so none of them is traced; each is told once, by the build.
 */

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include <gcasync/program.h>

#include "base/list.h"

enum {
        OPTION_N_MAX = GCA_OPTION_HEAP + 1, /* options are numbered from 1 */
};

static_assert((int)GCA_OPTION_THREAD_NAME == 2, "the numbers follow");

struct setting {
        bool is_named; /* set, be it to something wrong */
        bool is_valid; /* and right */
        char *place;   /* or NULL */
        int64_t number;
        char *text;
};

struct gca_runtime_builder {
        struct setting settings[OPTION_N_MAX]; /* by gca_option */
        struct list faults;
        bool is_without_memory;
        gca_heap *heap;
        char *heap_place;
        gca_thread_hooks thread_hooks;
        gca_task_hooks task_hooks;
};

/* What an option is; row 0 is none. */
struct option_row {
        const char *name;
        int64_t min, max; /* numbers only */
        bool is_number;
};
extern const struct option_row option_rows[OPTION_N_MAX];

/* A fault at a place, which is copied. */
void builder_tell(gca_runtime_builder *builder, const char *place, const char *format, ...)
        __attribute__((format(printf, 3, 4)));

/* A flavour by its name; 0: unknown. */
gca_flavor flavor_from_string(const char *name);
/* What is said of a flavour that there is not. */
void builder_tell_flavor(gca_runtime_builder *builder, const char *place, const char *name);
