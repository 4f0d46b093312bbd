/* SPDX-License-Identifier: MIT */

#include "runtime/thread.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "base/fault.h"

static int
thread_create(pthread_t *ret_thread, size_t stack_bytes, void *(*call)(void *data), void *data) {
        pthread_attr_t attributes;
        int r;

        r = pthread_attr_init(&attributes);
        if (r)
                return r;
        if (stack_bytes > 0)
                r = pthread_attr_setstacksize(&attributes, stack_bytes);
        if (r == 0)
                r = pthread_create(ret_thread, &attributes, call, data);
        (void)pthread_attr_destroy(&attributes);
        return r;
}

int thread_start(pthread_t *ret_thread, size_t stack_bytes, void *(*call)(void *data), void *data) {
        sigset_t all, before;
        int r;

        /* The new thread inherits the mask, so no signal can reach it, not even at first. */
        (void)sigfillset(&all);
        r = pthread_sigmask(SIG_SETMASK, &all, &before);
        assert(r == 0);
        r = thread_create(ret_thread, stack_bytes, call, data);
        (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
        return r ? fault_raise(-r) : 0;
}

void thread_set_name(const char *prefix, char letter, unsigned number) {
        char name[THREAD_NAME_SIZE], tail[THREAD_NAME_SIZE];
        size_t n_tail = (size_t)snprintf(tail, sizeof(tail), "-%c%u", letter, number);
        size_t n_prefix = strnlen(prefix, THREAD_NAME_SIZE - 1 - n_tail);

        memcpy(name, prefix, n_prefix);
        memcpy(name + n_prefix, tail, n_tail + 1);
        (void)pthread_setname_np(pthread_self(), name);
}
