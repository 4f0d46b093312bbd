/* SPDX-License-Identifier: MIT */

/*
 * Captured output between the task's thread, which writes, and the I/O thread, which follows.
 *
 * NOTICE NOTE. A writer must not wake the I/O thread for nothing, and a follower must not miss what was
 * written. The follower first says that it is there, then reads; the writer first writes, then asks whether
 * anybody is there. Both use sequentially consistent operations on the two sides, so at least one of them sees
 * the other. A notice is posted once and holds a reference to the task until it was delivered.
 */

#include <errno.h>

#include "base/fault.h"
#include "daemon/capture.h"
#include "daemon/daemon.h"
#include "daemon/follower.h"
#include "daemon/job.h"

struct capture *job_get_capture(const struct job *job) {
        /* Seq_cst: behind the store of has_followers; see the notice note. It also acquires what the
         * task's thread wrote into a new capture. */
        return atomic_load_explicit(&job->capture, memory_order_seq_cst);
}

static void job_on_notice(gca_post *post) {
        struct job *job = container_of(post, struct job, notice);
        gca_task *task = job->task;

        /* Seq_cst: before the reads that follow; a writer that still saw it set wrote before them. */
        atomic_store_explicit(&job->is_notice_pending, false, memory_order_seq_cst);
        job_pump_followers(job);
        (void)gca_task_unref(task);
}

static void job_notify_followers(struct job *job) {
        /* Seq_cst: behind the write into the capture; see the notice note. */
        if (!atomic_load_explicit(&job->has_followers, memory_order_seq_cst))
                return;
        /* Seq_cst: behind the write, too; pairs with the store in job_on_notice(). */
        if (atomic_exchange_explicit(&job->is_notice_pending, true, memory_order_seq_cst))
                return;
        (void)gca_task_ref(job->task);
        job->notice.call = job_on_notice;
        gca_runtime_post(job->daemon->runtime, &job->notice);
}

int job_write_output(struct job *job, int stream, const void *data, size_t size) {
        /* Relaxed: only this thread stores it. */
        struct capture *capture = atomic_load_explicit(&job->capture, memory_order_relaxed);
        int r;

        if (!capture) {
                capture = capture_new(&job->daemon->capture_pool);
                if (!capture)
                        return fault_raise(-ENOMEM);
                /* Seq_cst: before the load of has_followers; publishes the capture to job_get_capture(). */
                atomic_store_explicit(&job->capture, capture, memory_order_seq_cst);
        }
        r = capture_write(capture, stream, data, size);
        job_notify_followers(job);
        return fault_pass(r);
}
