/* SPDX-License-Identifier: MIT */
#include "gc/blob.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include "base/check.h"
#include "base/cleanup.h"
#include "base/fault.h"
#include "gc/memory.h"

enum {
        BLOB_SEALS = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL,
};

#ifndef MFD_NOEXEC_SEAL
#        define MFD_NOEXEC_SEAL 0x0008U /* Linux 6.3 */
#endif

#define BLOB_NAME "gcasync-blob"

/* A memfd that may be sealed, in *ret_fd. */
static int blob_create_fd(int *ret_fd) {
        int fd = memfd_create(BLOB_NAME, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);

        /* A kernel that does not know the flag. */
        if (fd < 0 && errno == EINVAL)
                fd = memfd_create(BLOB_NAME, MFD_CLOEXEC | MFD_ALLOW_SEALING);
        if (fd < 0)
                return fault_raise(-errno);
        *ret_fd = fd;
        return 0;
}

/* By write(2), which answers where there is no memory; a store to a mapping would end in SIGBUS. */
static int blob_write(int fd, const char *data, size_t size) {
        while (size > 0) {
                ssize_t n = write(fd, data, size);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return fault_raise(errno == ENOSPC || errno == EFBIG ? -ENOMEM : -errno);
                data += n;
                size -= (size_t)n;
        }
        return 0;
}

int blob_new(const void *data, size_t size, struct blob **ret_blob) {
        cleanup_(blob_freep) struct blob *blob = memory_allocate(sizeof(*blob));
        int r;

        if (!blob)
                return fault_raise(-ENOMEM);
        blob->fd = -1;
        if (memory_must_fail())
                return fault_raise(-ENOMEM);
        r = blob_create_fd(&blob->fd);
        if (r != 0)
                return fault_pass(r);
        r = blob_write(blob->fd, data, size);
        if (r != 0)
                return fault_pass(r);
        if (fcntl(blob->fd, F_ADD_SEALS, BLOB_SEALS) < 0)
                return fault_raise(-errno);
        blob->size = size;
        *ret_blob = steal(&blob);
        return 0;
}

/* Whether it is a memfd, of ordinary pages, that can be read and that nobody can change any more. */
static bool blob_is_sealed(int fd) {
        struct statfs filesystem;
        int seals = fcntl(fd, F_GET_SEALS), flags = fcntl(fd, F_GETFL);

        return seals >= 0 && (seals & BLOB_SEALS) == BLOB_SEALS && flags >= 0 &&
               (flags & O_ACCMODE) != O_WRONLY && fstatfs(fd, &filesystem) == 0 &&
               filesystem.f_type == TMPFS_MAGIC;
}

/* Reading a page that was never written takes memory, and ends in SIGBUS where there is none: all are to be had now. */
static int blob_fill_holes(int fd, const struct stat *status) {
        if ((uint64_t)status->st_blocks * 512 >= (uint64_t)status->st_size)
                return 0;
        if (fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, status->st_size) < 0)
                /* A descriptor for reading only cannot do it. */
                return fault_raise(errno == EBADF ? -EINVAL : -ENOMEM);
        return 0;
}

int blob_new_from_fd(int fd, struct blob **ret_blob) {
        struct blob *blob;
        struct stat status;
        int r;

        if (!blob_is_sealed(fd) || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))
                return fault_raise(-EINVAL);
        r = blob_fill_holes(fd, &status);
        if (r != 0)
                return fault_pass(r);
        if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
                return fault_raise(-errno);
        blob = memory_allocate(sizeof(*blob));
        if (!blob)
                return fault_raise(-ENOMEM);
        blob->size = (size_t)status.st_size;
        blob->fd = fd;
        *ret_blob = blob;
        return 0;
}

struct blob *blob_free(struct blob *blob) {
        void *mapping;

        if (!blob)
                return NULL;
        /* Relaxed: nobody else holds it; that was made known by what told the caller so. */
        mapping = atomic_load_explicit(&blob->mapping, memory_order_relaxed);
        if (mapping)
                (void)munmap(mapping, blob->size);
        if (blob->fd >= 0)
                (void)close(blob->fd);
        memory_free(blob);
        return NULL;
}

/* NULL: no memory for it. */
static void *blob_map_now(struct blob *blob) {
        void *mapping, *known = NULL;

        if (memory_must_fail())
                return NULL;
        /* Private: shared ones of a sealed memfd are refused by kernels before 6.7. Nothing is ever written. */
        mapping = mmap(NULL, blob->size, PROT_READ, MAP_PRIVATE, blob->fd, 0);
        if (mapping == MAP_FAILED)
                return NULL;
        /* Relaxed: what matters is that one of us wins; the pages' contents are the kernel's to show. */
        if (atomic_compare_exchange_strong_explicit(
                    &blob->mapping, &known, mapping, memory_order_relaxed, memory_order_relaxed))
                return mapping;
        (void)munmap(mapping, blob->size);
        return known;
}

const void *blob_map(struct blob *blob, size_t *ret_size) {
        /* Relaxed: as in blob_map_now(). */
        const void *mapping = atomic_load_explicit(&blob->mapping, memory_order_relaxed);

        if (blob->size == 0)
                mapping = "";
        else if (!mapping)
                mapping = blob_map_now(blob);
        if (ret_size)
                *ret_size = mapping ? blob->size : 0;
        return mapping;
}
