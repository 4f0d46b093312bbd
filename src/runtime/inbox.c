/* SPDX-License-Identifier: MIT */

#include "runtime/inbox.h"

#include <stddef.h>

gca_post *inbox_take(struct inbox *inbox) {
        gca_post *oldest = NULL;
        gca_post *post;

        /* Relaxed: spares the exchange when there is nothing; a post missed here is found by the next
         * look, at the latest by inbox_is_empty() before the owner parks. */
        if (!atomic_load_explicit(&inbox->newest, memory_order_relaxed))
                return NULL;
        /* Acquire: pairs with the release in inbox_push(); the posts' contents come along. */
        post = atomic_exchange_explicit(&inbox->newest, NULL, memory_order_acquire);
        while (post) {
                gca_post *next = post->next;

                post->next = oldest;
                oldest = post;
                post = next;
        }
        return oldest;
}
