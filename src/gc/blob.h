/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a blob's object leads to: large bytes in a memfd(2) that is sealed against writing, shrinking, growing and
 * unsealing, so that whoever has a descriptor of it, of whatever process, sees the same bytes for ever, and so that
 * reading the mapped bytes never ends in SIGBUS: all pages are there before a blob is made of them.
 *
 * Mapped at the first look, read-only, by whoever looks first. The descriptor is close-on-exec. Any thread that holds the
 * value; blob_free() when nobody does.
 */

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

struct blob {
        struct blob *next; /* once it is gone: whose list it is in sees to that */
        size_t size;
        int fd;
        uint16_t account;        /* who pays, once it is published */
        _Atomic(void *) mapping; /* NULL: not yet mapped, or empty */
};

/* A copy of data, in a memfd of its own. 0; -ENOMEM; -EMFILE or -ENFILE: out of descriptors. */
int blob_new(const void *data, size_t size, struct blob **ret_blob);

/* Around a memfd that is sealed, whose descriptor is taken on success. 0; -EINVAL: it is not such a one; -ENOMEM: as
 * above, or its pages cannot all be had. */
int blob_new_from_fd(int fd, struct blob **ret_blob);

/* Unmaps, closes and frees. Accepts NULL and returns it. */
struct blob *blob_free(struct blob *blob);

static inline size_t blob_get_size(const struct blob *blob) {
        return blob->size;
}

/* The bytes and how many; NULL and none where there is no room to map them. */
const void *blob_map(struct blob *blob, size_t *ret_size);

DEFINE_CLEANUP(struct blob *, blob_free);
