/* SPDX-License-Identifier: MIT */

#include "helpers/failing-malloc.h"

#include <errno.h>

void *__real_malloc(size_t size);
void __real_free(void *memory);
void *__real_calloc(size_t n, size_t size);
void *__real_reallocarray(void *memory, size_t n, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_reallocarray(void *memory, size_t n, size_t size);
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

/* Whether the allocation that is asked for now is to fail. */
static bool shall_fail(void) {
        if (n_left == 1) {
                has_failed = true;
                errno = ENOMEM;
                return true;
        }
        if (n_left > 1)
                n_left--;
        return false;
}

static void *count_alive(void *memory) {
        n_alive += memory != NULL;
        return memory;
}

void *__wrap_malloc(size_t size) {
        return shall_fail() ? NULL : count_alive(__real_malloc(size));
}

void *__wrap_calloc(size_t n, size_t size) {
        return shall_fail() ? NULL : count_alive(__real_calloc(n, size));
}

void *__wrap_reallocarray(void *memory, size_t n, size_t size) {
        void *moved = shall_fail() ? NULL : __real_reallocarray(memory, n, size);

        n_alive += memory == NULL && moved != NULL;
        return moved;
}

void __wrap_free(void *memory) {
        n_alive -= memory != NULL;
        __real_free(memory);
}
