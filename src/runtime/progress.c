/* SPDX-License-Identifier: MIT */

#include "runtime/progress.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/lock.h"
#include "base/utf8.h"
#include "runtime/runtime.h"
#include "runtime/task.h"

/* A task may report ten thousand times a second. Each report told wakes the I/O thread, so one is told at once
 * and the next after a while, with what is newest then; meanwhile reports are posted no more. */
#define PERIOD_NS (50 * NS_PER_MS)

struct progress {
        struct lock lock;
        /* lock: */
        uint64_t done, total;
        char text[sizeof((gca_task_info){ 0 }.progress_text)];
        bool is_posted;
        /* with the post: */
        gca_post post;
        gca_task *task; /* a reference while posted */
        /* I/O thread: */
        struct timer timer; /* posted, and waits until it may be told */
        uint64_t told_ns;   /* 0: never */
};

static struct progress *task_get_progress(const gca_task *task) {
        /* Acquire: pairs with the release in task_provide_progress(); the lock in it is ready. */
        return atomic_load_explicit(&task->progress, memory_order_acquire);
}

static struct progress *task_provide_progress(gca_task *task) {
        struct progress *progress = task_get_progress(task);

        if (progress)
                return progress;
        progress = calloc(1, sizeof(*progress));
        if (!progress)
                return NULL;
        lock_init(&progress->lock, LOCK_RANK_TASK_PROGRESS);
        progress->task = task;
        /* Release: pairs with the acquire in task_get_progress(). */
        atomic_store_explicit(&task->progress, progress, memory_order_release);
        return progress;
}

void progress_free(struct progress *progress) {
        if (!progress)
                return;
        assert(!timer_is_started(&progress->timer));
        lock_deinit(&progress->lock);
        free(progress);
}

/* ---- on the I/O thread ---- */

static void progress_tell(struct progress *progress) {
        gca_task *task = progress->task;

        progress->told_ns = worker_get_now(&task->runtime->io);
        lock_take(&progress->lock);
        progress->is_posted = false;
        lock_give(&progress->lock);
        if (!task->is_told && task->runtime->ops.progressed)
                task->runtime->ops.progressed(task);
        (void)gca_task_unref(task);
}

static void progress_on_timer(struct timer *timer) {
        progress_tell(container_of(timer, struct progress, timer));
}

static void progress_on_post(gca_post *post) {
        struct progress *progress = container_of(post, struct progress, post);
        struct worker *io = &progress->task->runtime->io;
        uint64_t due_ns = clock_add_ns(progress->told_ns, PERIOD_NS);

        progress->timer.call = progress_on_timer;
        /* A task that was settled needs no timer; and without memory for one the report is told now. */
        if (gca_task_is_settled(progress->task) || progress->told_ns == 0 ||
            due_ns <= worker_get_now(io) || timer_heap_add(&io->timers, &progress->timer, due_ns))
                progress_tell(progress);
}

void progress_settle(gca_task *task) {
        struct progress *progress = task_get_progress(task);

        if (!progress || !timer_is_started(&progress->timer))
                return;
        timer_heap_remove(&task->runtime->io.timers, &progress->timer);
        (void)gca_task_unref(task);
}

/* ---- on the task's thread ---- */

/* Copies as much of the text as fits, ending between two characters. */
static void progress_copy_text(char *buffer, size_t size, const char *text) {
        size_t length = strlen(text);

        if (length >= size) {
                length = size - 1;
                while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
                        length--;
        }
        if (!utf8_is_valid(text, length))
                length = 0;
        memcpy(buffer, text, length);
        buffer[length] = '\0';
}

void gca_report_progress(gca_task *task, uint64_t done, uint64_t total, const char *text) {
        struct progress *progress = task_provide_progress(task);
        bool was_posted;

        /* Without memory the report is skipped, as any but the newest may be. */
        if (!progress)
                return;
        lock_take(&progress->lock);
        progress->done = done;
        progress->total = total;
        progress_copy_text(progress->text, sizeof(progress->text), text ? text : "");
        was_posted = progress->is_posted;
        progress->is_posted = true;
        lock_give(&progress->lock);
        if (was_posted)
                return;
        (void)gca_task_ref(task);
        progress->post.call = progress_on_post;
        worker_post(&task->runtime->io, &progress->post);
}

void progress_get(const gca_task *task, gca_task_info *info) {
        struct progress *progress = task_get_progress(task);

        if (!progress)
                return;
        LOCK_SCOPE(&progress->lock);
        info->progress_done = progress->done;
        info->progress_total = progress->total;
        memcpy(info->progress_text, progress->text, sizeof(info->progress_text));
}
