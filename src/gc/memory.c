/* SPDX-License-Identifier: MIT */
#include "gc/memory.h"

#include <stdlib.h>

/* The calling thread's own, so that a test disturbs nobody. */
static _Thread_local size_t n_requests;
static _Thread_local size_t n_until_failure;

static bool memory_must_fail(void) {
        n_requests++;
        return n_until_failure > 0 && --n_until_failure == 0;
}

void *memory_allocate(size_t size) {
        if (__builtin_expect(memory_must_fail(), 0))
                return NULL;
        return calloc(1, size);
}

void *memory_reallocate(void *memory, size_t size) {
        if (__builtin_expect(memory_must_fail(), 0))
                return NULL;
        return realloc(memory, size);
}

void memory_free(void *memory) {
        free(memory);
}

size_t memory_fail_at(size_t n) {
        size_t n_made = n_requests;

        n_requests = 0;
        n_until_failure = n;
        return n_made;
}

bool memory_is_retired(const void *memory, size_t size) {
        const unsigned char *bytes = memory;

        for (size_t i = 0; i < size; i++)
                if (bytes[i] != MEMORY_FREE_BYTE)
                        return false;
        return true;
}
