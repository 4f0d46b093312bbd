/* SPDX-License-Identifier: MIT */

#include "runtime/wait-list.h"

#include <stdlib.h>

#include "base/check.h"

void wait_list_init(struct wait_list *list) {
        lock_init(&list->lock, LOCK_RANK_LEAF);
        list_init(&list->waits);
}

void wait_list_deinit(struct wait_list *list) {
        assert(list_is_empty(&list->waits));
        lock_deinit(&list->lock);
}

struct wait *wait_new(struct wait_list *list,
                      void *owner,
                      void (*unref_owner)(void *owner),
                      void (*call)(void *data),
                      void *data) {
        struct wait *wait = calloc(1, sizeof(*wait));

        if (!wait)
                return NULL;
        list_init(&wait->link);
        wait->list = list;
        wait->owner = owner;
        wait->unref_owner = unref_owner;
        wait->call = call;
        wait->data = data;
        /* Relaxed: the lock hands the wait over. */
        atomic_store_explicit(&wait->n_refs, 2, memory_order_relaxed);
        return wait;
}

void wait_unref(struct wait *wait) {
        /* Acquire and release: who frees it sees that the other is done with it. */
        if (atomic_fetch_sub_explicit(&wait->n_refs, 1, memory_order_acq_rel) > 1)
                return;
        wait->unref_owner(wait->owner);
        free(wait);
}

void wait_list_add_locked(struct wait_list *list, struct wait *wait) {
        lock_assert_held(&list->lock);
        list_push_back(&list->waits, &wait->link);
}

void wait_list_take_locked(struct wait_list *list, struct list *waits) {
        struct wait *wait;

        lock_assert_held(&list->lock);
        list_for_each(wait, &list->waits, link) {
                list_remove(&wait->link);
                list_push_back(waits, &wait->link);
                wait->is_taken = true;
        }
}

void wait_list_call(struct list *waits) {
        struct list *link;

        while ((link = list_pop_front(waits))) {
                struct wait *wait = list_entry(link, struct wait, link);

                wait->call(wait->data);
                wait_unref(wait);
        }
}

bool wait_cancel(struct wait *wait) {
        bool is_mine;

        lock_take(&wait->list->lock);
        is_mine = !wait->is_taken;
        if (is_mine) {
                wait->is_taken = true;
                list_remove(&wait->link);
        }
        lock_give(&wait->list->lock);
        if (is_mine)
                wait_unref(wait);
        wait_unref(wait);
        return is_mine;
}
