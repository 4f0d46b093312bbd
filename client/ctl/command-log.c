/* SPDX-License-Identifier: MIT */

/* gcasyncctl log: a task's captured output, its stdout to ours and its stderr to ours. */

#include <string.h>

#include "base/cleanup.h"
#include "context.h"
#include "document.h"
#include "stream.h"

enum {
        OPTION_FOLLOW = 1,
        OPTION_STREAM,
};

const struct option command_log_options[] = {
        { OPTION_FOLLOW, 'f', "follow", NULL, "go on until the task has ended" },
        { OPTION_STREAM, '\0', "stream", "stdout|stderr", "only this one, and that to stdout" },
        { 0 },
};

struct log {
        struct context *context;
        gcasync_log_options options;
        struct stream stream;
        const char *name;
        gcasync_call *call;
        gcasync_log_end end;
};

static void on_event(gcasync_call *call, const gcasync_event *event, void *data) {
        struct log *log = data;

        (void)call;
        stream_take(&log->stream, event);
}

/* Until everything is here. 0 or an exit code. */
static int follow(struct log *log) {
        const char *message = NULL;
        int error = GCASYNC_E_OK;

        while (!gcasync_call_is_done(log->call)) {
                switch (stream_step(&log->stream, -1)) {
                case STREAM_E_TIMED_OUT:
                        return context_tell(log->context, log->name, GCASYNC_E_TIMED_OUT, NULL);
                case STREAM_E_BROKEN:
                        return EXIT_CODE_FAILED;
                }
        }
        error = gcasync_call_get_error(log->call, &message);
        if (error == GCASYNC_E_OK)
                error = gcasync_log_finish(log->call, &log->end);
        return error == GCASYNC_E_OK ? 0 : context_tell(log->context, log->name, error, message);
}

static void write_end(const struct log *log) {
        struct document document;

        context_begin_json(log->context, &document, "log");
        document_set_task(&document, "task", log->options.task);
        document_set_uint(&document, "stdout_bytes", log->end.stdout_bytes);
        document_set_uint(&document, "stderr_bytes", log->end.stderr_bytes);
        document_set_uint(&document, "cut_bytes", log->end.cut_bytes);
        if (log->context->format == FORMAT_JSON)
                stream_write(&log->stream, &document);
        context_end_json(&document);
}

static int print_log(struct log *log) {
        int error, r, failed;

        error = gcasync_log_async(log->context->client, &log->options, NULL, log, &log->call);
        if (error != GCASYNC_E_OK)
                return context_check(log->context, log->name, error);
        r = follow(log);
        failed = stream_finish(&log->stream);
        if (r == 0 && failed == 0 && context_is_json(log->context))
                write_end(log);
        return r != 0 ? r : failed;
}

static int
take_stream(const struct context *context, const struct arguments *arguments, int *ret_stream) {
        const char *word = arguments_get(arguments, command_log_options, OPTION_STREAM, NULL);

        *ret_stream = 0;
        if (!word)
                return 0;
        if (strcmp(word, "stdout") == 0)
                *ret_stream = 1;
        else if (strcmp(word, "stderr") == 0)
                *ret_stream = 2;
        else
                return context_usage(context, "--stream takes stdout or stderr, not \"%s\"", word);
        return 0;
}

int command_log(struct context *context, const struct arguments *arguments) {
        struct log log = {
                .context = context,
                .options = { .size = sizeof(log.options), .on_event = on_event },
        };
        int r;

        r = context_take_task(context, arguments, &log.options.task);
        if (r == 0)
                r = take_stream(context, arguments, &log.options.stream);
        if (r == 0)
                r = context_open(context);
        if (r != 0)
                return r;
        log.name = arguments->operands[0];
        log.options.follow = arguments_has(arguments, command_log_options, OPTION_FOLLOW);
        stream_init(&log.stream, context, false);
        log.stream.is_single = log.options.stream != 0;
        r = print_log(&log);
        gcasync_call_unref(log.call);
        stream_deinit(&log.stream);
        return r;
}
