/* SPDX-License-Identifier: MIT */
#include "gc/notice.h"

#include <errno.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/fault.h"

void notice_init(struct notice *notice, void (*call)(void *data), void *data) {
        *notice = (struct notice){ .call = call, .data = data };
        lock_init(&notice->lock, LOCK_RANK_NOTICE);
        lock_condition_init(&notice->returned);
}

void notice_deinit(struct notice *notice) {
        assert(notice->n_calling == 0);
        (void)pthread_cond_destroy(&notice->returned);
        lock_deinit(&notice->lock);
}

int notice_set(struct notice *notice, void (*call)(void *data), void *data) {
        LOCK_SCOPE(&notice->lock);

        if (notice->call && (call || notice->data != data))
                return fault_raise(-EBUSY);
        notice->call = call;
        notice->data = data;
        while (notice->n_calling > 0)
                (void)lock_wait(&notice->lock, &notice->returned, CLOCK_NEVER);
        return 0;
}

void notice_give(struct notice *notice) {
        void (*call)(void *data);
        void *data;

        {
                LOCK_SCOPE(&notice->lock);

                call = notice->call;
                data = notice->data;
                notice->n_calling += call != NULL;
        }
        if (!call)
                return;
        call(data);

        LOCK_SCOPE(&notice->lock);
        if (--notice->n_calling == 0)
                (void)pthread_cond_broadcast(&notice->returned);
}
