/* SPDX-License-Identifier: MIT */
/*
 * A heap does not survive fork(): the child has none of the other threads, and locks may be held for ever. The child
 * counts its fork, and every entry point that finds a heap of before answers that; nothing is touched.
 */
#include <pthread.h>

#include "gc/heap.h"

_Atomic unsigned heap_n_forks;

static int install_error;

static void fork_count(void) {
        /* Relaxed: the child has one thread. */
        atomic_fetch_add_explicit(&heap_n_forks, 1, memory_order_relaxed);
}

static void fork_install(void) {
        install_error = pthread_atfork(NULL, NULL, fork_count);
}

int heap_watch_forks(void) {
        static pthread_once_t once = PTHREAD_ONCE_INIT;

        (void)pthread_once(&once, fork_install);
        return -install_error;
}
