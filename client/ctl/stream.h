/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A task's events on their way out, and the loop that waits for them: the connection, the standard streams
 * and signals in one poll().
 *
 *     table   output goes to our stdout and stderr as it comes, progress to a terminal
 *     json    output is kept for the document at the end
 *     jsonl   each event is a line of its own on stdout
 */

#include <stdint.h>

#include <gcasync/client.h>

#include "progress.h"
#include "sink.h"

struct context;
struct document;

struct stream {
        struct context *context;
        struct sink sinks[2]; /* stdout, stderr */
        bool is_single;       /* only one stream was asked for: it goes to stdout whichever it is */
        struct buffer kept[2];
        uint64_t cut_bytes[2]; /* that the daemon had cut, or that were too much to keep */
        struct progress progress;
};

void stream_init(struct stream *stream, struct context *context, bool has_progress);
void stream_deinit(struct stream *stream);

/* Takes one event. */
void stream_take(struct stream *stream, const gcasync_event *event);

enum {
        STREAM_E_SIGNAL = 1, /* signal_fd is readable */
        STREAM_E_TIMED_OUT,  /* the context's deadline passed */
        STREAM_E_BROKEN,     /* stdout cannot be written to */
};

/* Waits until something happened, and does what there is to do. signal_fd: -1 for none. 0 or STREAM_E_…; the
 * end of the connection is no outcome: the calls resolve. */
int stream_step(struct stream *stream, int signal_fd);

/* Writes what is pending, takes the progress away and tells what was cut. 0, or EXIT_CODE_FAILED when stdout
 * could not be written to. */
int stream_finish(struct stream *stream);

/* The kept output as members "stdout", "stderr", "stdout_cut_bytes" and "stderr_cut_bytes". */
void stream_write(const struct stream *stream, struct document *document);
