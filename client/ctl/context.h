/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a command works with: the global options, and the connection once it is open. Functions that return
 * int return 0, or the exit code after they have said why.
 */

#include <stdbool.h>
#include <stdint.h>

#include <gcasync/client.h>

#include "command.h"
#include "exit-code.h"

struct document;

struct context {
        const struct command *command;
        gcasync_instance instance;
        const char *socket_path; /* NULL: by the instance */
        enum format format;
        bool has_legend;
        bool is_quiet;
        bool is_color;
        uint64_t deadline_ns; /* of the whole command */
        gcasync_client *client;
        const char *error_code; /* of the last error that was told, for documents; NULL: none */
        char *error_message;
};

void context_init(struct context *context, const struct command *command);
void context_deinit(struct context *context);

/* Takes the global options. */
int context_apply_options(struct context *context, const struct arguments *arguments);

/* Connects, with a hint how to start a daemon where none answers. */
int context_open(struct context *context);

/* Keeps an error for the document at the end; code is a word that lives for good. */
void context_record(struct context *context, const char *code, const char *message);

/* Tells that "what" (NULL: the command) met an error, with the daemon's words if there are any (NULL, ""). */
int context_tell(struct context *context, const char *what, int error, const char *message);

/*
 * For the start of an _async() function with its result: waits for the call within the deadline. The call is
 * then done; its _finish() cannot fail but for want of memory.
 */
int context_wait_call(struct context *context, const char *what, int error, gcasync_call *call);

/* The same for a function without a call of its own. */
int context_check(struct context *context, const char *what, int error);

/* A mistake in the command line: says it and where to read on. EXIT_CODE_USAGE. */
int context_usage(const struct context *context, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

/* The one operand that is a task's id; every operand as one. *ret_tasks belongs to the caller. */
int context_take_task(const struct context *context,
                      const struct arguments *arguments,
                      uint64_t *ret_task);
int context_take_tasks(const struct context *context,
                       const struct arguments *arguments,
                       uint64_t **ret_tasks);
/* For commands without operands, or with at most n. */
int context_check_operands(const struct context *context,
                           const struct arguments *arguments,
                           size_t n_min,
                           size_t n_max);

/* Whether text (NULL: none) is what the protocol takes for a name, a label or a reason: UTF-8, 128 bytes. */
int context_check_text(const struct context *context, const char *what, const char *text);

bool context_is_json(const struct context *context); /* json or jsonl */

/* A note that -q leaves out. */
void context_note(const struct context *context, const char *format, ...)
        __attribute__((format(printf, 2, 3)));

/* Starts and ends the document on standard output: {"schema": "gcasync.NAME.v1", …}. */
void context_begin_json(const struct context *context,
                        struct document *document,
                        const char *schema);
void context_end_json(struct document *document);
