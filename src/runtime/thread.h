/* SPDX-License-Identifier: MIT */
#pragma once

/* Threads of the runtime: named, with every signal blocked, so that signals are the host's threads'. */

#include <pthread.h>
#include <stddef.h>

enum {
        THREAD_NAME_SIZE = 16, /* the kernel's, NUL included */
};

/* stack_bytes: 0 for the system's, else at least PTHREAD_STACK_MIN. 0 or -errno. */
int thread_start(pthread_t *ret_thread, size_t stack_bytes, void *(*call)(void *data), void *data);

/* Names the calling thread "PREFIX-w3": the prefix is cut so that letter and number fit. */
void thread_set_name(const char *prefix, char letter, unsigned number);
