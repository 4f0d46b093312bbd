/* SPDX-License-Identifier: MIT */

#include "outcome.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "context.h"
#include "document.h"
#include "memory.h"
#include "say.h"
#include "value.h"

/* An int of the value that a program's task ends with; -1 where there is none. */
static int64_t find_int(gcasync_result *result, const char *key) {
        gcasync_view value, member;
        int64_t number;

        if (gcasync_result_get_value(result, &value) != GCASYNC_E_OK ||
            gcasync_view_find(value, key, &member) != GCASYNC_E_OK ||
            gcasync_view_get_int(member, &number) != GCASYNC_E_OK)
                return -1;
        return number;
}

static enum exit_code get_program_exit_code(gcasync_result *result) {
        int64_t status = find_int(result, "status"), number = find_int(result, "signal");

        if (status >= 0 && status <= 255)
                return (enum exit_code)status;
        if (number > 0 && number < 128)
                return (enum exit_code)(EXIT_CODE_SIGNAL + number);
        return EXIT_CODE_NOT_STARTED;
}

/* Why a program was not started. */
static enum exit_code get_start_exit_code(gcasync_result *result) {
        const char *code = gcasync_result_get_failure_code(result);

        if (strcmp(code, "exec-not-executable") == 0)
                return EXIT_CODE_NOT_EXECUTABLE;
        if (strcmp(code, "exec-not-found") == 0)
                return EXIT_CODE_NO_PROGRAM;
        return EXIT_CODE_NOT_STARTED;
}

enum exit_code outcome_get_exit_code(gcasync_result *result, bool is_program) {
        switch (gcasync_result_get_state(result)) {
        case GCASYNC_STATE_SUCCEEDED:
                return is_program ? get_program_exit_code(result) : EXIT_CODE_OK;
        case GCASYNC_STATE_FAILED:
                return is_program ? get_start_exit_code(result) : EXIT_CODE_FAILED;
        case GCASYNC_STATE_ABORTED:
                return EXIT_CODE_ABORTED;
        case GCASYNC_STATE_TIMED_OUT:
                return EXIT_CODE_TIMED_OUT;
        case GCASYNC_STATE_WAITING_FOR_ARGUMENTS:
        case GCASYNC_STATE_QUEUED:
        case GCASYNC_STATE_RUNNING:
        case GCASYNC_STATE_SUSPENDED:
                break;
        }
        return EXIT_CODE_NOT_STARTED;
}

/* "SIGKILL", as the value has it. */
static char *describe_signal(gcasync_result *result) {
        gcasync_view value, name;
        const char *text;
        size_t size;

        if (gcasync_result_get_value(result, &value) != GCASYNC_E_OK ||
            gcasync_view_find(value, "signal_name", &name) != GCASYNC_E_OK ||
            gcasync_view_get_string(name, &text, &size) != GCASYNC_E_OK)
                return memory_format("signal %" PRId64, find_int(result, "signal"));
        return memory_format("%.*s", (int)size, text);
}

char *outcome_describe(gcasync_result *result) {
        const char *code = gcasync_result_get_failure_code(result);
        const char *message = gcasync_result_get_failure_message(result);
        cleanup_(freep) char *name = NULL;

        if (gcasync_result_get_state(result) == GCASYNC_STATE_SUCCEEDED) {
                if (find_int(result, "signal") <= 0)
                        return memory_copy_text("");
                name = describe_signal(result);
                return memory_format("ended by %s", name);
        }
        if (*message && *code)
                return memory_format("%s (%s)", message, code);
        return memory_copy_text(*message ? message : code);
}

/* Whether a member of the value is true. */
static bool is_told(gcasync_result *result, const char *key) {
        gcasync_view value, member;
        bool truth = false;

        return gcasync_result_get_value(result, &value) == GCASYNC_E_OK &&
               gcasync_view_find(value, key, &member) == GCASYNC_E_OK &&
               gcasync_view_get_bool(member, &truth) == GCASYNC_E_OK && truth;
}

/* What a program's result says about its output. */
static void note_output(const struct context *context, gcasync_result *result) {
        uint64_t task = gcasync_result_get_task(result);

        if (is_told(result, "output_lost"))
                context_note(context, "t%" PRIu64 ": some of its output is lost", task);
        if (is_told(result, "output_left_open"))
                context_note(context,
                             "t%" PRIu64
                             ": a process that it left behind still has its output open",
                             task);
}

void outcome_tell(const struct context *context, gcasync_result *result) {
        gcasync_state state = gcasync_result_get_state(result);
        cleanup_(freep) char *words = outcome_describe(result);
        uint64_t task = gcasync_result_get_task(result);

        if (state == GCASYNC_STATE_SUCCEEDED) {
                if (*words)
                        context_note(context, "t%" PRIu64 ": %s", task, words);
                note_output(context, result);
                return;
        }
        say("t%" PRIu64 ": %s%s%s",
            task,
            gcasync_state_to_string(state),
            *words ? ": " : "",
            words);
        for (size_t i = 0; i < gcasync_result_get_n_causes(result); i++) {
                const char *code, *message;
                uint64_t cause;

                if (gcasync_result_get_cause(result, i, &cause, &code, &message) == GCASYNC_E_OK)
                        say_hint("because of t%" PRIu64 ": %s (%s)", cause, message, code);
        }
}

void outcome_tell_left_open(const struct context *context, gcasync_result *result) {
        gcasync_view value, member;
        bool is_left_open = false;

        if (gcasync_result_get_value(result, &value) != GCASYNC_E_OK ||
            gcasync_view_find(value, "output_left_open", &member) != GCASYNC_E_OK ||
            gcasync_view_get_bool(member, &is_left_open) != GCASYNC_E_OK || !is_left_open)
                return;
        context_note(context,
                     "t%" PRIu64 ": a process that it left behind still has its output open; what "
                     "that writes is lost",
                     gcasync_result_get_task(result));
}

static void write_failure(struct document *document, const char *code, const char *message) {
        document_set_text(document, "code", code);
        document_set_text(document, "message", message);
}

static void write_causes(struct document *document, gcasync_result *result) {
        document_key(document, "causes");
        document_open_list(document);
        for (size_t i = 0; i < gcasync_result_get_n_causes(result); i++) {
                const char *code, *message;
                uint64_t cause;

                if (gcasync_result_get_cause(result, i, &cause, &code, &message) != GCASYNC_E_OK)
                        continue;
                document_open_map(document);
                document_set_task(document, "task", cause);
                write_failure(document, code, message);
                document_close_map(document);
        }
        document_close_list(document);
}

static void write_value(struct document *document, gcasync_result *result) {
        gcasync_view value;

        document_key(document, "value");
        if (result && gcasync_result_get_value(result, &value) == GCASYNC_E_OK)
                value_write(document, value);
        else
                document_add_null(document);
}

void outcome_write(struct document *document,
                   gcasync_result *result,
                   uint64_t task,
                   enum exit_code code,
                   bool has_value) {
        document_set_task(document, "task", task);
        document_key(document, "state");
        if (result) {
                const char *state = gcasync_state_to_string(gcasync_result_get_state(result));

                document_add_text(document, state, strlen(state));
        } else {
                document_add_null(document);
        }
        document_set_int(document, "exit", code);
        document_key(document, "failure");
        if (result && *gcasync_result_get_failure_code(result)) {
                document_open_map(document);
                write_failure(document,
                              gcasync_result_get_failure_code(result),
                              gcasync_result_get_failure_message(result));
                document_close_map(document);
        } else {
                document_add_null(document);
        }
        if (result && gcasync_result_get_n_causes(result) > 0)
                write_causes(document, result);
        if (has_value)
                write_value(document, result);
}

void outcome_write_error(struct document *document, const struct context *context) {
        document_key(document, "error");
        if (!context->error_code) {
                document_add_null(document);
                return;
        }
        document_open_map(document);
        write_failure(document, context->error_code, context->error_message);
        document_close_map(document);
}
