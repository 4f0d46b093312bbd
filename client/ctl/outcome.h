/* SPDX-License-Identifier: MIT */
#pragma once

/* How a task ended: what that is as an exit code, as a sentence, and as JSON. */

#include <stdbool.h>

#include <gcasync/client.h>

#include "exit-code.h"

struct context;
struct document;

/* What `run` exits with for a result. is_program: the kind is exec. */
enum exit_code outcome_get_exit_code(gcasync_result *result, bool is_program);

/* Tells on standard error that the task did not succeed, or that a signal ended the program. */
void outcome_tell(const struct context *context, gcasync_result *result);

/* Tells there too, of a program's result, that a process outlives the program and has its output open. */
void outcome_tell_left_open(const struct context *context, gcasync_result *result);

/* In words: "", or the failure and its code, or the signal. Belongs to the caller. */
char *outcome_describe(gcasync_result *result);

/*
 * Members of the innermost map: "task", "state", "exit", "failure", "causes" and, if wanted, "value". Of a
 * task whose result is not known (NULL) only the ids and nulls.
 */
void outcome_write(struct document *document,
                   gcasync_result *result,
                   uint64_t task,
                   enum exit_code code,
                   bool has_value);

/* The member "error": what the context last told, or null. */
void outcome_write_error(struct document *document, const struct context *context);
