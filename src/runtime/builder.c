/* SPDX-License-Identifier: MIT */

#include "runtime/builder.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gcasync/option.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/fault.h"
#include "runtime/program.h"

struct builder_fault {
        struct list link;
        char *place; /* or NULL */
        char *text;
};

const struct option_row option_rows[OPTION_N_MAX] = {
        [GCA_OPTION_FLAVOR] = { .name = "flavor" },
        [GCA_OPTION_THREAD_NAME] = { .name = "thread_name" },
#define X(option, name_, min_, max_) \
        [GCA_OPTION_##option] = { .name = #name_, .min = min_, .max = max_, .is_number = true },
        GCA_NUMBER_OPTION_MAP(X)
#undef X
};

/* ---- lifecycle ---- */

gca_runtime_builder *gca_runtime_builder_new(void) {
        gca_runtime_builder *builder = calloc(1, sizeof(*builder));

        if (builder)
                list_init(&builder->faults);
        return builder;
}

static void fault_free(struct builder_fault *fault) {
        list_remove(&fault->link);
        free(fault->place);
        free(fault->text);
        free(fault);
}

static void builder_clear_faults(gca_runtime_builder *builder) {
        while (!list_is_empty(&builder->faults))
                fault_free(list_entry(builder->faults.next, struct builder_fault, link));
}

gca_runtime_builder *gca_runtime_builder_free(gca_runtime_builder *builder) {
        if (!builder)
                return NULL;
        builder_clear_faults(builder);
        for (size_t i = 0; i < OPTION_N_MAX; i++) {
                free(builder->settings[i].place);
                free(builder->settings[i].text);
        }
        free(builder->heap_place);
        free(builder);
        return NULL;
}

/* ---- faults ---- */

/* A copy of what may be NULL. */
static char *builder_copy(gca_runtime_builder *builder, const char *text) {
        char *copy = text ? strdup(text) : NULL;

        if (text && !copy)
                builder->is_without_memory = true;
        return copy;
}

void builder_tell(gca_runtime_builder *builder, const char *place, const char *format, ...) {
        struct builder_fault *fault = calloc(1, sizeof(*fault));
        va_list arguments;
        int n;

        if (!fault) {
                builder->is_without_memory = true;
                return;
        }
        va_start(arguments, format);
        n = vasprintf(&fault->text, format, arguments);
        va_end(arguments);
        if (n < 0) {
                fault->text = NULL;
                builder->is_without_memory = true;
        }
        fault->place = builder_copy(builder, place);
        list_push_back(&builder->faults, &fault->link);
}

/* ---- flavours ---- */

const char *gca_flavor_to_string(gca_flavor flavor) {
        switch (flavor) {
        case GCA_FLAVOR_CURRENT_THREAD:
                return "current_thread";
        case GCA_FLAVOR_MULTI_THREAD:
                return "multi_thread";
        case GCA_FLAVOR_LOCAL:
                return "local";
        }
        return "unknown";
}

gca_flavor flavor_from_string(const char *name) {
        for (gca_flavor flavor = GCA_FLAVOR_CURRENT_THREAD; flavor <= GCA_FLAVOR_LOCAL; flavor++)
                if (strcmp(name, gca_flavor_to_string(flavor)) == 0)
                        return flavor;
        return (gca_flavor)0;
}

void builder_tell_flavor(gca_runtime_builder *builder, const char *place, const char *name) {
        static const char *const renamed[][2] = {
#define X(old, now) { #old, #now },
                GCA_RENAMED_FLAVOR_MAP(X)
#undef X
        };

        for (size_t i = 0; i < sizeof(renamed) / sizeof(renamed[0]); i++)
                if (strcmp(name, renamed[i][0]) == 0) {
                        builder_tell(
                                builder, place, GCA_SAYS_RENAMED("%s", "%s"), name, renamed[i][1]);
                        return;
                }
        builder_tell(builder, place, GCA_SAYS_UNKNOWN_FLAVOR("%s"), name);
}

/* ---- setting ---- */

/* The setting to fill in, or NULL where it was filled in before. */
static struct setting *
builder_begin_setting(gca_runtime_builder *builder, gca_option option, const char *place) {
        struct setting *setting = &builder->settings[option];

        if (setting->is_named) {
                builder_tell(builder, place, GCA_SAYS_TWICE("%s"), option_rows[option].name);
                return NULL;
        }
        setting->is_named = true;
        setting->place = builder_copy(builder, place);
        return setting;
}

static bool option_is_known(gca_runtime_builder *builder, gca_option option, const char *place) {
        char number[16];

        if ((size_t)option < OPTION_N_MAX && option_rows[option].name)
                return true;
        (void)snprintf(number, sizeof(number), "%d", (int)option);
        builder_tell(builder, place, GCA_SAYS_UNKNOWN("%s"), number);
        return false;
}

static bool builder_check_number(gca_runtime_builder *builder,
                                 gca_option option,
                                 int64_t number,
                                 const char *place) {
        const struct option_row *row = &option_rows[option];

        if (!row->is_number) {
                builder_tell(builder, place, GCA_SAYS_NOT_TEXT("%s"), row->name);
                return false;
        }
        if (number < row->min) {
                builder_tell(builder,
                             place,
                             GCA_SAYS_TOO_SMALL("%s", "%lld"),
                             row->name,
                             (long long)row->min);
                return false;
        }
        if (number > row->max) {
                builder_tell(builder,
                             place,
                             GCA_SAYS_TOO_LARGE("%s", "%lld"),
                             row->name,
                             (long long)row->max);
                return false;
        }
        return true;
}

static void builder_set_flavor(gca_runtime_builder *builder, int64_t number, const char *place) {
        struct setting *setting = builder_begin_setting(builder, GCA_OPTION_FLAVOR, place);
        char text[32];

        if (!setting)
                return;
        setting->number = number;
        setting->is_valid = number >= GCA_FLAVOR_CURRENT_THREAD && number <= GCA_FLAVOR_LOCAL;
        if (setting->is_valid)
                return;
        (void)snprintf(text, sizeof(text), "%lld", (long long)number);
        builder_tell_flavor(builder, place, text);
}

void gca_runtime_builder_set(gca_runtime_builder *builder,
                             gca_option option,
                             int64_t number,
                             const char *place) {
        struct setting *setting;

        if (!builder || !option_is_known(builder, option, place))
                return;
        if (option == GCA_OPTION_FLAVOR) {
                builder_set_flavor(builder, number, place);
                return;
        }
        setting = builder_begin_setting(builder, option, place);
        if (!setting)
                return;
        setting->number = number;
        setting->is_valid = builder_check_number(builder, option, number, place);
}

/* Blanks alone are no name, and control characters belong on no terminal. */
static bool thread_name_is_valid(const char *name) {
        bool has_character = false;

        for (; *name; name++) {
                if ((unsigned char)*name < ' ' || *name == 0x7f)
                        return false;
                has_character = has_character || *name != ' ';
        }
        return has_character;
}

void gca_runtime_builder_set_text(gca_runtime_builder *builder,
                                  gca_option option,
                                  const char *text,
                                  const char *place) {
        struct setting *setting;

        if (!builder || !option_is_known(builder, option, place))
                return;
        setting = builder_begin_setting(builder, option, place);
        if (!setting)
                return;
        if (option_rows[option].is_number) {
                builder_tell(builder, place, GCA_SAYS_NOT_INTEGER("%s"), option_rows[option].name);
        } else if (option == GCA_OPTION_FLAVOR) {
                setting->number = (int64_t)flavor_from_string(text);
                setting->is_valid = setting->number != 0;
                if (!setting->is_valid)
                        builder_tell_flavor(builder, place, text);
        } else if (thread_name_is_valid(text)) {
                setting->text = builder_copy(builder, text);
                setting->is_valid = true;
        } else {
                builder_tell(builder, place, GCA_SAYS_BLANK_NAME);
        }
}

void gca_runtime_builder_set_heap(gca_runtime_builder *builder, gca_heap *heap, const char *place) {
        if (!builder)
                return;
        builder->heap = heap;
        free(builder->heap_place);
        builder->heap_place = builder_copy(builder, place);
}

void gca_runtime_builder_set_thread_hooks(gca_runtime_builder *builder,
                                          const gca_thread_hooks *hooks) {
        if (!builder)
                return;
        assert(hooks->size == sizeof(*hooks));
        builder->thread_hooks = *hooks;
}

void gca_runtime_builder_set_task_hooks(gca_runtime_builder *builder, const gca_task_hooks *hooks) {
        if (!builder)
                return;
        assert(hooks->size == sizeof(*hooks));
        builder->task_hooks = *hooks;
}

/* ---- building ---- */

/* A number that was set and is right, or 0, which is the default. */
static uint64_t builder_get_number(const gca_runtime_builder *builder, gca_option option) {
        const struct setting *setting = &builder->settings[option];

        return setting->is_valid ? (uint64_t)setting->number : 0;
}

static gca_flavor builder_get_flavor(const gca_runtime_builder *builder) {
        uint64_t number = builder_get_number(builder, GCA_OPTION_FLAVOR);

        return number ? (gca_flavor)number : GCA_FLAVOR_MULTI_THREAD;
}

/* How many workers: what was set, else what the environment says, where a wrong number is a fault like another. */
static unsigned builder_choose_n_workers(gca_runtime_builder *builder) {
        const char *variable = "GCASYNC_WORKER_THREADS", *text = getenv(variable);
        const struct setting *setting = &builder->settings[GCA_OPTION_WORKER_THREADS];
        long long number;
        char *end;

        if (setting->is_named || !text || builder_get_flavor(builder) != GCA_FLAVOR_MULTI_THREAD)
                return (unsigned)builder_get_number(builder, GCA_OPTION_WORKER_THREADS);
        number = strtoll(text, &end, 10);
        if (end == text || *end)
                builder_tell(builder, variable, GCA_SAYS_NOT_INTEGER("%s"), "worker_threads");
        else if (builder_check_number(builder, GCA_OPTION_WORKER_THREADS, number, variable))
                return (unsigned)number;
        return 0;
}

/* What is right alone and wrong together. */
static void builder_check_together(gca_runtime_builder *builder) {
        const struct setting *workers = &builder->settings[GCA_OPTION_WORKER_THREADS];
        const struct setting *heap = &builder->settings[GCA_OPTION_HEAP];

        if (workers->is_named && builder_get_flavor(builder) != GCA_FLAVOR_MULTI_THREAD)
                builder_tell(builder, workers->place, GCA_SAYS_NOT_MULTI("%s"), "worker_threads");
        if (builder_get_number(builder, GCA_OPTION_HEAP) && builder->heap)
                builder_tell(builder,
                             heap->place ? heap->place : builder->heap_place,
                             GCA_SAYS_TWO_HEAPS);
}

/* Tells every fault; those behind `last` came of this build alone, and are forgotten. */
static int builder_tell_all(gca_runtime_builder *builder,
                            struct list *last,
                            gca_fault_callback on_fault,
                            void *data) {
        bool has_faults = !list_is_empty(&builder->faults);
        struct builder_fault *fault;

        list_for_each(fault, &builder->faults, link) {
                if (on_fault && fault->text)
                        on_fault(fault->place, fault->text, data);
        }
        while (builder->faults.prev != last)
                fault_free(list_entry(builder->faults.prev, struct builder_fault, link));
        if (builder->is_without_memory)
                return -ENOMEM;
        return has_faults ? -EINVAL : 0;
}

static void builder_fill_options(const gca_runtime_builder *builder,
                                 unsigned n_workers,
                                 gca_runtime_options *options) {
        *options = (gca_runtime_options){
                .size = sizeof(*options),
                .flavor = builder_get_flavor(builder),
                .n_workers = n_workers,
                .n_blocking_max =
                        (unsigned)builder_get_number(builder, GCA_OPTION_MAX_BLOCKING_THREADS),
                .blocking_keep_alive_ns =
                        builder_get_number(builder, GCA_OPTION_THREAD_KEEP_ALIVE_MS) * NS_PER_MS,
                .task_memory_limit_bytes =
                        (size_t)builder_get_number(builder, GCA_OPTION_TASK_MEMORY_BYTES),
                .hog_threshold_ns =
                        builder_get_number(builder, GCA_OPTION_HOG_THRESHOLD_MS) * NS_PER_MS,
                .event_interval = (unsigned)builder_get_number(builder, GCA_OPTION_EVENT_INTERVAL),
                .thread_stack_bytes =
                        (size_t)builder_get_number(builder, GCA_OPTION_THREAD_STACK_BYTES),
                .body_stack_bytes =
                        (size_t)builder_get_number(builder, GCA_OPTION_BODY_STACK_BYTES),
                .thread_name = builder->settings[GCA_OPTION_THREAD_NAME].text,
                .heap = builder->heap,
                .thread_hooks = builder->thread_hooks.size > 0 ? &builder->thread_hooks : NULL,
        };
}

int gca_runtime_builder_build(gca_runtime_builder *builder,
                              gca_fault_callback on_fault,
                              void *data,
                              gca_runtime **ret_runtime) {
        gca_runtime_options options;
        struct list *last;
        unsigned n_workers;
        int r;

        if (!builder)
                return -ENOMEM;
        last = builder->faults.prev;
        n_workers = builder_choose_n_workers(builder);
        builder_check_together(builder);
        r = builder_tell_all(builder, last, on_fault, data);
        if (r)
                return r;
        builder_fill_options(builder, n_workers, &options);
        return fault_pass(program_new(&options,
                                      &builder->task_hooks,
                                      builder_get_number(builder, GCA_OPTION_HEAP),
                                      ret_runtime));
}
