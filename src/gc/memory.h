/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Where all memory of this layer comes from, so that a test can make the n-th request fail, and the two
 * marks that free space inside a chunk carries:
 *
 *   - its contents. Zero, so that handing it out costs nothing; with GCASYNC_DEBUG_CHECKS a pattern that is
 *     neither a value nor an object's header, checked when the space is handed out again: whoever writes
 *     through a stale pointer is noticed there, and whoever reads through one fails an assertion;
 *   - with AddressSanitizer, poison: it tells at once.
 *
 * Any thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/check.h"

#if defined(__SANITIZE_ADDRESS__)
#        define MEMORY_HAS_ASAN 1
#elif defined(__has_feature)
#        if __has_feature(address_sanitizer)
#                define MEMORY_HAS_ASAN 1
#        endif
#endif

#ifdef MEMORY_HAS_ASAN
#        include <sanitizer/asan_interface.h>
#else
#        define ASAN_POISON_MEMORY_REGION(memory, size)   ((void)(memory), (void)(size))
#        define ASAN_UNPOISON_MEMORY_REGION(memory, size) ((void)(memory), (void)(size))
#endif

#ifdef GCASYNC_DEBUG_CHECKS
enum {
        MEMORY_FREE_BYTE = 0xd6
};
#else
enum {
        MEMORY_FREE_BYTE = 0
};
#endif

/* Zeroed memory, aligned for any type; NULL when there is none. */
void *memory_allocate(size_t size);

/* As realloc(): what is new is not zeroed; on NULL the old memory stays. */
void *memory_reallocate(void *memory, size_t size);

/* Accepts NULL. */
void memory_free(void *memory);

/*
 * A reservation of address space of which a beginning is memory: all zero, taken from the system page by page as it is first
 * touched. It grows, and never moves.
 */
struct memory_map {
        char *base;            /* NULL: none */
        size_t reserved_bytes; /* whole pages */
        size_t mapped_bytes;   /* usable, from base on */
};

/* Reserves; alignment is a power of two, at least a page. 0 or -ENOMEM. */
int memory_map_init(struct memory_map *map, size_t reserve_bytes, size_t alignment);

/* May be called twice. */
void memory_map_deinit(struct memory_map *map);

/* At least that many bytes are usable. 0 or -ENOMEM: as it was. */
int memory_map_grow(struct memory_map *map, size_t bytes);

/* Whole pages go back to the system: they read as zero when they are touched again. */
void memory_give_back(void *memory, size_t size);

/* For tests: the calling thread's n-th request from now fails (1: the next one), the others do not; 0: none.
 * Returns how many requests were made since the last call. */
size_t memory_fail_at(size_t n);

/* The same, and all after that one fail too. */
size_t memory_fail_from(size_t n);

/* Whether a request for memory of another kind (a mapping, a file in memory), about to be made, is the one that fails. */
bool memory_must_fail(void);

/* Whether free space still is as memory_retire() left it. */
bool memory_is_retired(const void *memory, size_t size);

/* Whether free space has contents that are checked, or is poisoned: it is retired when it becomes free. Else it may as
 * well be cleared when it is handed out. */
#if defined(GCASYNC_DEBUG_CHECKS) || defined(MEMORY_HAS_ASAN)
#        define MEMORY_IS_CHECKED true
#else
#        define MEMORY_IS_CHECKED false
#endif

/* Space becomes free. */
static inline void memory_retire(void *memory, size_t size) {
        ASAN_UNPOISON_MEMORY_REGION(memory, size);
        memset(memory, MEMORY_FREE_BYTE, size);
        ASAN_POISON_MEMORY_REGION(memory, size);
}

/* Free space is handed out: zero from here on, where it was left zero. */
static inline void memory_hand_out(void *memory, size_t size) {
        ASAN_UNPOISON_MEMORY_REGION(memory, size);
#ifdef GCASYNC_DEBUG_CHECKS
        assert(memory_is_retired(memory, size));
        memset(memory, 0, size);
#endif
}

/* The same for free space that is left as it is (the store's, see store.h). */
static inline void memory_hand_out_cleared(void *memory, size_t size) {
        memory_hand_out(memory, size);
        if (!MEMORY_IS_CHECKED)
                memset(memory, 0, size);
}
