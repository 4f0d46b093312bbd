/* SPDX-License-Identifier: MIT */

#include "runtime/bell.h"

#include <errno.h>
#include <event2/event.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/check.h"
#include "base/fault.h"

enum {
        BELL_N_EVENTS = 32,
};

void bell_init(struct bell *bell) {
        *bell = (struct bell){ .fd = -1 };
}

void bell_deinit(struct bell *bell) {
        if (bell->event)
                event_free(bell->event);
        bell->event = NULL;
        if (bell->fd >= 0)
                (void)close(bell->fd);
        bell->fd = -1;
}

/* What is left comes with the next look of the loop. */
static void bell_on_ring(int fd, short mask, void *data) {
        struct epoll_event events[BELL_N_EVENTS];
        struct bell *bell = data;
        int n = epoll_wait(fd, events, BELL_N_EVENTS, 0);

        (void)mask;
        for (int i = 0; i < n; i++)
                bell->call(events[i].data.ptr);
}

int bell_open(struct bell *bell, struct event_base *base, void (*call)(void *data)) {
        if (bell->fd >= 0)
                return 0;
        bell->fd = epoll_create1(EPOLL_CLOEXEC);
        if (bell->fd < 0)
                return fault_raise(-errno);
        bell->call = call;
        bell->event = event_new(base, bell->fd, EV_READ | EV_PERSIST, bell_on_ring, bell);
        if (!bell->event || event_add(bell->event, NULL) < 0) {
                bell_deinit(bell);
                return fault_raise(-ENOMEM);
        }
        return 0;
}

int bell_hang(struct bell *bell, int pidfd, void *data) {
        struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data = { .ptr = data } };

        return epoll_ctl(bell->fd, EPOLL_CTL_ADD, pidfd, &event) < 0 ? fault_raise(-errno) : 0;
}

void bell_unhang(struct bell *bell, int pidfd) {
        int r = epoll_ctl(bell->fd, EPOLL_CTL_DEL, pidfd, NULL);

        assert(r == 0);
}

void bell_expect_mail(struct bell *bell) {
        bell->n_expected++;
        /* Sequentially consistent: before the worker's look at its inbox when it parks; the other side is
         * inbox_push(), then bell_expects_mail(). */
        atomic_store_explicit(&bell->is_mail_expected, true, memory_order_seq_cst);
}

void bell_end_expectation(struct bell *bell) {
        assert(bell->n_expected > 0);
        /* Relaxed: who sees it late wakes the worker for nothing. */
        if (--bell->n_expected == 0)
                atomic_store_explicit(&bell->is_mail_expected, false, memory_order_relaxed);
}
