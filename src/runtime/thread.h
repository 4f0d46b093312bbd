/* SPDX-License-Identifier: MIT */
#pragma once

/* Threads of the runtime: named, with every signal blocked, so that signals are the host's threads'. */

#include <pthread.h>

enum {
        THREAD_NAME_SIZE = 16, /* the kernel's, NUL included */
};

/* "NAME-w3": the name is cut so that letter and number fit. */
void thread_make_name(char name[THREAD_NAME_SIZE],
                      const char *prefix,
                      char letter,
                      unsigned number);

/* 0 or -errno. */
int thread_start(pthread_t *ret_thread, const char *name, void *(*call)(void *data), void *data);
