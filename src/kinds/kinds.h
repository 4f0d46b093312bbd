/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What the bundled modules share. They are built as anybody's module is: with the installed headers
 * and libgcasync-runtime only, so the little they need besides stands here.
 */

#include <stddef.h>
#include <unistd.h>

#include <gcasync/value.h>

/* Runs fn(&variable) when the variable goes out of scope. */
#define cleanup_(fn) __attribute__((__cleanup__(fn)))

static inline void closep(int *fd) {
        if (*fd >= 0)
                (void)close(*fd);
}

static inline int steal_fd(int *fd) {
        int value = *fd;

        *fd = -1;
        return value;
}

/* Closes what is open and says so. */
static inline void close_fd(int *fd) {
        closep(fd);
        *fd = -1;
}

/* The contents of a string or of bytes: what an argument of type GCA_TYPE_BYTES may be. */
static inline const void *get_octets(gca_value value, size_t *ret_size) {
        if (gca_get_type(value) == GCA_TYPE_STRING)
                return gca_get_string(value, ret_size);
        return gca_get_bytes(value, ret_size);
}

/* What such an argument names, for people: quoted, and as text where it is text. */
static inline void
print_octets(gca_region *region, gca_value value, char *buffer, size_t buffer_size) {
        size_t size;
        const void *data = get_octets(value, &size);
        gca_value text = gca_string(region, data, (ptrdiff_t)size);

        (void)gca_print(gca_is_value(text) ? text : value, buffer, buffer_size);
}
