/* SPDX-License-Identifier: MIT */

#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "memory.h"
#include "table.h"
#include "text.h"

enum {
        FIRST_S = 1,
        BETWEEN_MS = 100, /* two lines are at least so far apart */
};

void progress_init(struct progress *progress, bool is_enabled) {
        *progress = (struct progress){
                .is_enabled = is_enabled && isatty(STDERR_FILENO),
                .show_at_ns = clock_add_ns(clock_monotonic_ns(), FIRST_S * NS_PER_S),
        };
}

void progress_deinit(struct progress *progress) {
        progress_hide(progress);
        free(progress->text);
        progress->text = NULL;
}

void progress_take(struct progress *progress, const gcasync_event *event) {
        cleanup_(freep) char *words = NULL;

        if (!progress->is_enabled)
                return;
        words = text_escape(event->text, event->text_size);
        free(progress->text);
        if (event->total > 0)
                progress->text =
                        memory_format("t%" PRIu64 ": %3.0f%%  %" PRIu64 " of %" PRIu64 "  %s",
                                      event->task,
                                      100.0 * (double)event->done / (double)event->total,
                                      event->done,
                                      event->total,
                                      words);
        else
                progress->text = memory_format(
                        "t%" PRIu64 ": %" PRIu64 "  %s", event->task, event->done, words);
        progress->is_dirty = true;
}

void progress_show(struct progress *progress) {
        cleanup_(freep) char *line = NULL;
        size_t width = table_find_terminal_width(stderr);
        uint64_t now_ns = clock_monotonic_ns();

        if (!progress->is_dirty || now_ns < progress->show_at_ns)
                return;
        line = text_cut(progress->text, width > 1 ? width - 1 : 79);
        (void)fprintf(stderr, "\r\x1b[K%s", line);
        (void)fflush(stderr);
        progress->is_shown = true;
        progress->is_dirty = false;
        progress->show_at_ns = clock_add_ns(now_ns, BETWEEN_MS * NS_PER_MS);
}

void progress_hide(struct progress *progress) {
        if (!progress->is_shown)
                return;
        (void)fputs("\r\x1b[K", stderr);
        (void)fflush(stderr);
        progress->is_shown = false;
        /* It comes back after what is about to be written. */
        progress->is_dirty = progress->text != NULL;
}

uint64_t progress_get_deadline_ns(const struct progress *progress) {
        return progress->is_dirty ? progress->show_at_ns : CLOCK_NEVER;
}
