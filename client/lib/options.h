/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Structs that begin with their size, so that program and library may be of different
 * ages. One that a caller hands in may be longer than ours if the surplus is zero (it
 * asks for nothing we do not know); one that we fill may be longer too, and its surplus
 * becomes zero.
 */

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Whether we understand the options, which begin with their size; size is that of our struct. */
static inline bool options_are_known(const void *options, size_t size) {
        const unsigned char *bytes = options;
        size_t size_given;

        memcpy(&size_given, options, sizeof(size_given));
        if (size_given == size)
                return true;
        if (size_given < size)
                return false;
        for (size_t i = size; i < size_given; i++)
                if (bytes[i] != 0)
                        return false;
        return true;
}

/* Fills a caller's struct, which begins with its size, from ours. False where it is too small. */
static inline bool options_fill(void *to, const void *from, size_t size) {
        size_t size_given;

        memcpy(&size_given, to, sizeof(size_given));
        if (size_given < size)
                return false;
        memcpy((char *)to + sizeof(size_t),
               (const char *)from + sizeof(size_t),
               size - sizeof(size_t));
        memset((char *)to + size, 0, size_given - size);
        return true;
}
