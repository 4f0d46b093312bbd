/* SPDX-License-Identifier: MIT */
#pragma once

/* A command that does one thing to each of its operands, task ids, and goes on after an error. */

#include <stdbool.h>
#include <stdint.h>

struct context;
struct arguments;

struct each_task {
        const char *schema;
        /* Does it to one task, called name. 0 and whether that changed anything; or an exit code after saying why. */
        int (*act)(struct context *context,
                   uint64_t task,
                   const char *name,
                   void *data,
                   bool *ret_is_changed);
        void *data;
};

/*
 * Takes the ids, connects, acts. Prints the ids that changed (-o id) or a document; tables have nothing to say.
 * Returns 0, or the exit code of the first error.
 */
int each_task_run(struct context *context,
                  const struct arguments *arguments,
                  const struct each_task *each);
