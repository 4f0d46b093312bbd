/* SPDX-License-Identifier: MIT */

#include "helpers/failing-malloc.h"

#include <errno.h>

void *__real_malloc(size_t size);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void __wrap_free(void *memory);

static size_t n_left; /* 0: not armed; 1: the next one fails */
static size_t n_alive;
static bool has_failed;

void failing_malloc_arm(size_t n) {
        n_left = n;
        has_failed = false;
}

bool failing_malloc_disarm(void) {
        n_left = 0;
        return has_failed;
}

size_t failing_malloc_count(void) {
        return n_alive;
}

void *__wrap_malloc(size_t size) {
        void *memory;

        if (n_left == 1) {
                has_failed = true;
                errno = ENOMEM;
                return NULL;
        }
        if (n_left > 1)
                n_left--;
        memory = __real_malloc(size);
        n_alive += memory != NULL;
        return memory;
}

void __wrap_free(void *memory) {
        n_alive -= memory != NULL;
        __real_free(memory);
}
