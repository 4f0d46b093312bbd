/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What wakes a worker when a child ends that another thread has started for it: an epoll set of pidfds within the
 * worker's loop. The thread that starts a child hangs its pidfd up there and leaves the rest as mail, without waking
 * the worker: the child's end will. So a start costs no wake, and a woken worker would often have waited for a
 * core behind the very child it was woken for.
 *
 * EARLY NOTE. The child may end, and ring, before the mail is there; the worker, which cannot know the child yet, would
 * sleep, and the mail lie. So it notes that it expects mail and looks into its inbox before it sleeps; who has sent
 * mail looks for that note, and wakes the worker if it is there. Both write first and look second, sequentially
 * consistent, so one of them sees the other. The note is there until all mail that was expected has come.
 *
 * A pidfd rings by edge: one that can be read but not waited for (its child is traced) does not keep the loop awake.
 * Opened and emptied by its worker; anybody hangs up.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct event;
struct event_base;

struct bell {
        int fd; /* -1: not open */
        struct event *event;
        void (*call)(void *data);
        size_t n_expected;             /* calls */
        _Atomic bool is_mail_expected; /* written by the worker: n_expected > 0 */
};

void bell_init(struct bell *bell);
void bell_deinit(struct bell *bell);

/* call is for what rings, on the worker's thread. 0 or -errno; 0 at once if it is open. */
int bell_open(struct bell *bell, struct event_base *base, void (*call)(void *data));

/* Any thread. 0 or -errno. */
int bell_hang(struct bell *bell, int pidfd, void *data);
/* The worker's, before the pidfd is closed; not inside of call for another. */
void bell_unhang(struct bell *bell, int pidfd);

/* The worker's: a child rang whose mail has not come; and it has come. */
void bell_expect_mail(struct bell *bell);
void bell_end_expectation(struct bell *bell);

/* Mail has been sent: whether to wake the worker for it. */
static inline bool bell_expects_mail(const struct bell *bell) {
        /* Sequentially consistent: behind inbox_push(); see bell_expect_mail(). */
        return atomic_load_explicit(&bell->is_mail_expected, memory_order_seq_cst);
}
