/* SPDX-License-Identifier: MIT */

#include "stream.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "context.h"
#include "document.h"
#include "memory.h"
#include "say.h"

enum {
        POLL_CLIENT,
        POLL_SIGNAL,
        POLL_SINKS,
        POLL_MAX = POLL_SINKS + 2,
};

static const char *const stream_names[] = { "stdout", "stderr" };

void stream_init(struct stream *stream, struct context *context, bool has_progress) {
        *stream = (struct stream){ .context = context };
        sink_init(&stream->sinks[0], STDOUT_FILENO);
        sink_init(&stream->sinks[1], STDERR_FILENO);
        progress_init(&stream->progress,
                      has_progress && !context->is_quiet && !context_is_json(context));
}

void stream_deinit(struct stream *stream) {
        progress_deinit(&stream->progress);
        for (size_t i = 0; i < 2; i++) {
                sink_deinit(&stream->sinks[i]);
                buffer_deinit(&stream->kept[i]);
        }
}

static void keep_output(struct stream *stream, size_t index, const gcasync_event *event) {
        struct buffer *kept = &stream->kept[index];
        size_t room = SINK_KEEP_MAX - buffer_get_length(kept);
        size_t size = event->data_size < room ? event->data_size : room;

        stream->cut_bytes[index] += event->data_size - size;
        if (buffer_append(kept, event->data, size) < 0)
                memory_give_up();
}

static const char *event_type_to_string(gcasync_event_type type) {
        switch (type) {
        case GCASYNC_EVENT_ACCEPTED:
                return "accepted";
        case GCASYNC_EVENT_PROGRESS:
                return "progress";
        case GCASYNC_EVENT_OUTPUT:
                return "output";
        }
        return "unknown";
}

static void write_event(struct document *document, const gcasync_event *event) {
        document_open_map(document);
        document_set_text(document, "schema", "gcasync.event.v1");
        document_set_text(document, "type", event_type_to_string(event->type));
        document_set_task(document, "task", event->task);
        if (event->type == GCASYNC_EVENT_PROGRESS) {
                document_set_uint(document, "done", event->done);
                document_set_uint(document, "total", event->total);
                document_key(document, "text");
                document_add_text(document, event->text, event->text_size);
        } else if (event->type == GCASYNC_EVENT_OUTPUT) {
                document_set_text(document, "stream", stream_names[event->stream == 2]);
                document_set_uint(document, "offset", event->offset);
                document_set_uint(document, "cut_bytes", event->cut_bytes);
                document_key(document, "data");
                document_add_text(document, event->data, event->data_size);
        }
        document_close_map(document);
        document_end(document);
}

static void push_event(struct stream *stream, const gcasync_event *event) {
        cleanup_(freep) char *text = NULL;
        struct document document;
        size_t size = 0;
        FILE *file = open_memstream(&text, &size);

        if (!file)
                memory_give_up();
        document_init(&document, file, false);
        write_event(&document, event);
        if (fclose(file) != 0)
                memory_give_up();
        sink_push(&stream->sinks[0], text, size);
}

static void push_output(struct stream *stream, const gcasync_event *event) {
        size_t index = event->stream == 2;

        stream->cut_bytes[index] += event->cut_bytes;
        if (stream->context->format == FORMAT_JSON) {
                keep_output(stream, index, event);
                return;
        }
        progress_hide(&stream->progress);
        sink_push(&stream->sinks[stream->is_single ? 0 : index], event->data, event->data_size);
}

void stream_take(struct stream *stream, const gcasync_event *event) {
        if (stream->context->format == FORMAT_JSONL) {
                push_event(stream, event);
                return;
        }
        switch (event->type) {
        case GCASYNC_EVENT_ACCEPTED:
                break;
        case GCASYNC_EVENT_PROGRESS:
                progress_take(&stream->progress, event);
                break;
        case GCASYNC_EVENT_OUTPUT:
                push_output(stream, event);
                break;
        }
}

static uint64_t time_min(uint64_t a_ns, uint64_t b_ns) {
        return a_ns < b_ns ? a_ns : b_ns;
}

/* poll()'s timeout for the earliest of the deadlines: rounded up, so that it has passed afterwards. */
static int find_timeout_ms(const struct stream *stream) {
        uint64_t now_ns = clock_monotonic_ns();
        uint64_t deadline_ns = time_min(gcasync_client_get_timeout_ns(stream->context->client),
                                        stream->context->deadline_ns);
        uint64_t wait_ms;

        deadline_ns = time_min(deadline_ns, progress_get_deadline_ns(&stream->progress));
        if (deadline_ns == CLOCK_NEVER)
                return -1;
        if (deadline_ns <= now_ns)
                return 0;
        wait_ms = (deadline_ns - now_ns - 1) / NS_PER_MS + 1;
        return wait_ms > INT_MAX ? INT_MAX : (int)wait_ms;
}

static void wait_for_news(struct stream *stream, int signal_fd, struct pollfd *pollfds) {
        gcasync_client *client = stream->context->client;

        pollfds[POLL_CLIENT].fd = gcasync_client_get_fd(client);
        pollfds[POLL_CLIENT].events = gcasync_client_get_events(client);
        pollfds[POLL_SIGNAL].fd = signal_fd;
        pollfds[POLL_SIGNAL].events = POLLIN;
        for (int i = 0; i < 2; i++) {
                const struct sink *sink = &stream->sinks[i];

                pollfds[POLL_SINKS + i].fd = sink_is_pending(sink) ? sink->fd : -1;
                pollfds[POLL_SINKS + i].events = POLLOUT;
        }
        if (poll(pollfds, POLL_MAX, find_timeout_ms(stream)) < 0)
                for (int i = 0; i < POLL_MAX; i++)
                        pollfds[i].revents = 0;
}

int stream_step(struct stream *stream, int signal_fd) {
        struct pollfd pollfds[POLL_MAX];

        wait_for_news(stream, signal_fd, pollfds);
        for (int i = 0; i < 2; i++)
                if (pollfds[POLL_SINKS + i].revents)
                        sink_write(&stream->sinks[i]);
        (void)gcasync_client_process(stream->context->client);
        progress_show(&stream->progress);
        if (stream->sinks[0].error != 0)
                return STREAM_E_BROKEN;
        if (pollfds[POLL_SIGNAL].revents)
                return STREAM_E_SIGNAL;
        if (clock_monotonic_ns() >= stream->context->deadline_ns)
                return STREAM_E_TIMED_OUT;
        return 0;
}

int stream_finish(struct stream *stream) {
        progress_hide(&stream->progress);
        for (size_t i = 0; i < 2; i++) {
                uint64_t n = stream->cut_bytes[i];

                sink_flush(&stream->sinks[i]);
                if (n > 0)
                        context_note(stream->context,
                                     "%" PRIu64 " bytes of %s were cut by the daemon's limit",
                                     n,
                                     stream_names[i]);
                n = stream->sinks[i].cut_bytes;
                if (n > 0)
                        context_note(stream->context,
                                     "%" PRIu64 " bytes of %s were cut: its reader is too slow",
                                     n,
                                     stream_names[i]);
        }
        if (stream->sinks[0].error == 0)
                return 0;
        /* Whoever closed the pipe does not want to hear of it. */
        if (stream->sinks[0].error != EPIPE)
                say("cannot write to stdout: %s", strerror(stream->sinks[0].error));
        return EXIT_CODE_FAILED;
}

void stream_write(const struct stream *stream, struct document *document) {
        static const char *const cut_names[] = { "stdout_cut_bytes", "stderr_cut_bytes" };

        for (size_t i = 0; i < 2; i++) {
                const struct buffer *kept = &stream->kept[i];
                size_t size = buffer_get_length(kept);

                document_key(document, stream_names[i]);
                document_add_text(
                        document, size > 0 ? (const char *)buffer_get_data(kept) : "", size);
                document_set_uint(document, cut_names[i], stream->cut_bytes[i]);
        }
}
