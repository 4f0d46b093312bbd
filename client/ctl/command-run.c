/* SPDX-License-Identifier: MIT */

/*
 * gcasyncctl run: submits a task and stays with it.
 *
 * Attached, the task belongs to the session: its events come with the submission's call, and when we leave
 * it is aborted. With --on-interrupt=detach it is submitted detached and followed: its output by Log, its
 * end by Await, and leaving does nothing to it.
 *
 * SIGINT or SIGTERM: the first aborts the task, which may still clean up and write; the second kills it; the
 * third leaves. Detached: the first leaves.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "context.h"
#include "document.h"
#include "interrupt.h"
#include "outcome.h"
#include "say.h"
#include "stream.h"
#include "task-request.h"
#include "value.h"

enum {
        OPTION_ON_INTERRUPT = TASK_OPTION_OWN,
};

const struct option command_run_options[] = {
        TASK_OPTION_MAP(TASK_OPTION_ROW){ OPTION_ON_INTERRUPT,
                                          '\0',
                                          "on-interrupt",
                                          "abort|detach",
                                          "what ^C does to the task" },
        { 0 },
};

struct run {
        struct context *context;
        struct task_request request;
        struct stream stream;
        bool is_detached;
        uint64_t task; /* 0: not accepted yet */
        unsigned n_interrupts;
        int signal_fd;
        gcasync_call *end; /* the call that brings the result */
        gcasync_call *log; /* detached: the output */
        gcasync_result *result;
        int left_with; /* the exit code, if we left before the end; else 0 */
};

/* Told once more it is killed. Before it has an id, the accepted event does this. */
static void request_abort(struct run *run) {
        bool is_second = run->n_interrupts > 1;

        if (run->task == 0)
                return;
        (void)gcasync_abort_async(
                run->context->client, run->task, is_second, "interrupted", NULL, NULL, NULL);
}

static void on_event(gcasync_call *call, const gcasync_event *event, void *data) {
        struct run *run = data;
        bool is_first = run->task == 0;

        (void)call;
        run->task = event->task;
        if (is_first && run->n_interrupts > 0)
                request_abort(run);
        stream_take(&run->stream, event);
}

static int start_attached(struct run *run) {
        gcasync_submit_options options = run->request.options;

        options.want_accepted = true;
        options.want_output = true;
        options.want_progress = !run->request.is_program;
        options.on_event = on_event;
        return context_check(
                run->context,
                run->request.kind,
                gcasync_submit_async(run->context->client, &options, NULL, run, &run->end));
}

static int submit_detached(struct run *run) {
        cleanup_(gcasync_result_unrefp) gcasync_result *result = NULL;
        cleanup_(gcasync_call_unrefp) gcasync_call *call = NULL;
        gcasync_submit_options options = run->request.options;
        int error, r;

        options.detached = true;
        error = gcasync_submit_async(run->context->client, &options, NULL, NULL, &call);
        r = context_wait_call(run->context, run->request.kind, error, call);
        if (r != 0)
                return r;
        r = context_check(run->context, run->request.kind, gcasync_submit_finish(call, &result));
        if (r == 0)
                run->task = gcasync_result_get_task(result);
        return r;
}

static int start_detached(struct run *run) {
        gcasync_log_options options = {
                .size = sizeof(options),
                .follow = true,
                .on_event = on_event,
        };
        gcasync_client *client = run->context->client;
        int r;

        r = submit_detached(run);
        if (r != 0)
                return r;
        options.task = run->task;
        r = context_check(run->context,
                          run->request.kind,
                          gcasync_log_async(client, &options, NULL, run, &run->log));
        if (r != 0)
                return r;
        return context_check(run->context,
                             run->request.kind,
                             gcasync_await_async(client, run->task, 0, NULL, NULL, &run->end));
}

static bool is_over(const struct run *run) {
        return gcasync_call_is_done(run->end) && (!run->log || gcasync_call_is_done(run->log));
}

static void leave_detached(struct run *run) {
        context_note(run->context,
                     "t%" PRIu64 " goes on; come back with: gcasyncctl wait t%" PRIu64,
                     run->task,
                     run->task);
        run->left_with = EXIT_CODE_ABORTED;
}

/* One signal. */
static void interrupt(struct run *run) {
        run->n_interrupts++;
        progress_hide(&run->stream.progress);
        if (run->is_detached) {
                leave_detached(run);
                return;
        }
        if (run->n_interrupts > 2) {
                run->left_with = EXIT_CODE_ABORTED;
                return;
        }
        context_note(run->context,
                     run->n_interrupts == 1 ? "aborting the task; once more kills it"
                                            : "killing the task; once more leaves it");
        request_abort(run);
}

static void time_out(struct run *run) {
        progress_hide(&run->stream.progress);
        run->left_with = context_tell(run->context,
                                      run->request.kind,
                                      GCASYNC_E_TIMED_OUT,
                                      run->is_detached ? "--timeout passed; the task goes on"
                                                       : "--timeout passed; the task is aborted");
}

/* Until the task has ended, or we leave before that. */
static void follow(struct run *run) {
        while (!is_over(run) && run->left_with == 0) {
                switch (stream_step(&run->stream, run->signal_fd)) {
                case STREAM_E_SIGNAL:
                        for (unsigned n = interrupt_take(run->signal_fd); n > 0; n--)
                                interrupt(run);
                        break;
                case STREAM_E_TIMED_OUT:
                        time_out(run);
                        break;
                case STREAM_E_BROKEN:
                        run->left_with = EXIT_CODE_FAILED;
                        break;
                }
        }
}

/* Detached, the output comes by a call of its own, which may fail while the result arrives. */
static void check_log(struct run *run) {
        const char *message = NULL;
        int error;

        if (!run->log)
                return;
        error = gcasync_call_get_error(run->log, &message);
        if (error != GCASYNC_E_OK)
                (void)context_tell(run->context, "output", error, message);
}

/* Takes the result. 0, or the exit code of the error that stands in its place. */
static int take_result(struct run *run) {
        const char *message = NULL;
        int error = gcasync_call_get_error(run->end, &message);

        if (error != GCASYNC_E_OK)
                return context_tell(run->context, run->request.kind, error, message);
        error = run->is_detached ? gcasync_await_finish(run->end, &run->result)
                                 : gcasync_submit_finish(run->end, &run->result);
        if (error == GCASYNC_E_OK)
                run->task = gcasync_result_get_task(run->result);
        return context_check(run->context, run->request.kind, error);
}

/* The result for people: the value of what is no program, the failure. 0 or EXIT_CODE_FAILED. */
static int print_result(struct run *run) {
        gcasync_view value;

        outcome_tell(run->context, run->result);
        if (run->request.is_program)
                outcome_tell_left_open(run->context, run->result);
        if (run->request.is_program ||
            gcasync_result_get_value(run->result, &value) != GCASYNC_E_OK ||
            gcasync_view_get_type(value) == GCASYNC_TYPE_NIL ||
            value_print(stdout, value, isatty(STDOUT_FILENO)) == 0)
                return 0;
        say("the result is bytes, which are not for a terminal");
        say_hint("send standard output to a file, or use -o json");
        return EXIT_CODE_FAILED;
}

static void write_document(struct run *run, int code) {
        struct document document;

        context_begin_json(run->context, &document, "run");
        document_set_text(&document, "kind", run->request.kind);
        outcome_write(&document, run->result, run->task, (enum exit_code)code, true);
        outcome_write_error(&document, run->context);
        if (run->context->format == FORMAT_JSON)
                stream_write(&run->stream, &document);
        context_end_json(&document);
}

/* 0, also where we left before the end; or the exit code of what kept us from the result. */
static int run_task(struct run *run, const struct arguments *arguments) {
        int r;

        r = context_open(run->context);
        if (r != 0)
                return r;
        r = task_request_make(&run->request, run->context, arguments);
        if (r != 0)
                return r;
        /* Until here nothing is lost when a signal simply ends us. From here on there may be a task, so a signal waits
         * until its id is known: the daemon answers a submission at once. */
        run->signal_fd = interrupt_open();
        r = run->is_detached ? start_detached(run) : start_attached(run);
        if (r != 0)
                return r;
        follow(run);
        if (run->left_with != 0)
                return 0;
        check_log(run);
        return take_result(run);
}

/* Runs it, shows what came of it. The exit code. */
static int run_to_end(struct run *run, const struct arguments *arguments) {
        int r, failed;

        r = run_task(run, arguments);
        failed = stream_finish(&run->stream);
        if (run->left_with != 0)
                r = run->left_with;
        else if (run->result)
                r = (int)outcome_get_exit_code(run->result, run->request.is_program);
        else
                r = (int)exit_code_from_task_error((enum exit_code)r);
        if (failed != 0)
                return failed;
        if (context_is_json(run->context))
                write_document(run, r);
        else if (run->result && print_result(run) != 0)
                return EXIT_CODE_FAILED;
        return r;
}

static int take_on_interrupt(const struct context *context,
                             const struct arguments *arguments,
                             bool *ret_is_detached) {
        const char *word =
                arguments_get(arguments, command_run_options, OPTION_ON_INTERRUPT, "abort");

        if (strcmp(word, "abort") != 0 && strcmp(word, "detach") != 0)
                return context_usage(
                        context, "--on-interrupt takes abort or detach, not \"%s\"", word);
        *ret_is_detached = strcmp(word, "detach") == 0;
        return 0;
}

static void run_deinit(struct run *run) {
        run->end = gcasync_call_unref(run->end);
        run->log = gcasync_call_unref(run->log);
        run->result = gcasync_result_unref(run->result);
        stream_deinit(&run->stream);
        task_request_deinit(&run->request);
        closep(&run->signal_fd);
}

int command_run(struct context *context, const struct arguments *arguments) {
        struct run run = { .context = context, .signal_fd = -1 };
        int r;

        r = task_request_parse(&run.request, context, arguments);
        if (r == 0)
                r = take_on_interrupt(context, arguments, &run.is_detached);
        if (r != 0)
                return r;
        stream_init(&run.stream, context, true);
        r = run_to_end(&run, arguments);
        run_deinit(&run);
        return r;
}
