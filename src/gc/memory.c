/* SPDX-License-Identifier: MIT */
#include "gc/memory.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fault.h"

/* The calling thread's own, so that a test disturbs nobody. */
static _Thread_local size_t n_requests;
static _Thread_local size_t n_until_failure;
static _Thread_local bool is_failing_on;

bool memory_must_fail(void) {
        n_requests++;
        if (__builtin_expect(n_until_failure == 0, 1) || --n_until_failure > 0)
                return false;
        n_until_failure = is_failing_on;
        return true;
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
        is_failing_on = false;
        return n_made;
}

size_t memory_fail_from(size_t n) {
        size_t n_made = memory_fail_at(n);

        is_failing_on = true;
        return n_made;
}

bool memory_is_retired(const void *memory, size_t size) {
        const unsigned char *bytes = memory;

        for (size_t i = 0; i < size; i++)
                if (bytes[i] != MEMORY_FREE_BYTE)
                        return false;
        return true;
}

/* ---- mappings ---- */

static size_t page_round(size_t size) {
        size_t page = (size_t)sysconf(_SC_PAGESIZE);

        return (size + page - 1) & ~(page - 1);
}

int memory_map_init(struct memory_map *map, size_t reserve_bytes, size_t alignment) {
        size_t reserved = page_round(reserve_bytes), head;
        char *base;

        if (reserved < reserve_bytes || reserved + alignment < reserved ||
            __builtin_expect(memory_must_fail(), 0))
                return -ENOMEM;
        base = mmap(NULL,
                    reserved + alignment,
                    PROT_NONE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                    -1,
                    0);
        if (base == MAP_FAILED)
                return -ENOMEM;
        head = -(uintptr_t)base & (alignment - 1);
        if (head > 0)
                (void)munmap(base, head);
        (void)munmap(base + head + reserved, alignment - head);
        *map = (struct memory_map){ .base = base + head, .reserved_bytes = reserved };
        return 0;
}

void memory_map_deinit(struct memory_map *map) {
        if (map->base) {
                ASAN_UNPOISON_MEMORY_REGION(map->base, map->mapped_bytes);
                (void)munmap(map->base, map->reserved_bytes);
        }
        *map = (struct memory_map){ 0 };
}

int memory_map_grow(struct memory_map *map, size_t bytes) {
        size_t mapped = page_round(bytes);

        if (mapped <= map->mapped_bytes)
                return 0;
        if (mapped > map->reserved_bytes || __builtin_expect(memory_must_fail(), 0) ||
            mprotect(map->base + map->mapped_bytes,
                     mapped - map->mapped_bytes,
                     PROT_READ | PROT_WRITE) < 0)
                return fault_raise(-ENOMEM);
        map->mapped_bytes = mapped;
        return 0;
}

void memory_give_back(void *memory, size_t size) {
        ASAN_UNPOISON_MEMORY_REGION(memory, size);
        (void)madvise(memory, size, MADV_DONTNEED);
}
