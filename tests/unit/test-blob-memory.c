/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "gc/blob.h"
#include "gc/memory.h"
#include "helpers/suite.h"

enum {
        SEALS = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL,
        LARGE = 3 << 20,
};

static size_t count_descriptors(void) {
        DIR *directory = opendir("/proc/self/fd");
        size_t n = 0;

        ck_assert(directory);
        while (readdir(directory))
                n++;
        closedir(directory);
        return n;
}

/* A memfd of this size, never written to, with these seals. */
static int make_fd(off_t size, int seals) {
        int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);

        ck_assert(fd >= 0 && ftruncate(fd, size) == 0);
        ck_assert(fcntl(fd, F_ADD_SEALS, seals) == 0);
        return fd;
}

static bool holds_zeros(const char *bytes, size_t size) {
        for (size_t i = 0; i < size; i++)
                if (bytes[i] != 0)
                        return false;
        return true;
}

START_TEST(bytes_are_copied_sealed_and_mapped_once) {
        static char data[LARGE];
        struct blob *blob = NULL;
        const void *bytes;
        size_t size;

        memset(data, 'x', sizeof(data));
        ck_assert(blob_new(data, sizeof(data), &blob) == 0);
        ck_assert((fcntl(blob->fd, F_GET_SEALS) & SEALS) == SEALS);
        ck_assert(fcntl(blob->fd, F_GETFD) == FD_CLOEXEC);
        bytes = blob_map(blob, &size);
        ck_assert(size == LARGE && memcmp(bytes, data, size) == 0);
        ck_assert(blob_map(blob, NULL) == bytes);
        ck_assert(ftruncate(blob->fd, 0) < 0 && pwrite(blob->fd, "y", 1, 0) < 0);
        blob_free(blob);
}
END_TEST

START_TEST(an_empty_blob_has_bytes_too) {
        struct blob *blob = NULL;
        size_t size = 1;

        ck_assert(blob_new(NULL, 0, &blob) == 0);
        ck_assert(blob_map(blob, &size) && size == 0);
        blob_free(blob);
}
END_TEST

START_TEST(a_sealed_memfd_becomes_a_blob) {
        int fd = make_fd(LARGE, SEALS);
        struct blob *blob = NULL;
        const char *bytes;
        size_t size;

        ck_assert(fcntl(fd, F_SETFD, 0) == 0);
        ck_assert(blob_new_from_fd(fd, &blob) == 0);
        ck_assert(blob->fd == fd && fcntl(fd, F_GETFD) == FD_CLOEXEC);
        bytes = blob_map(blob, &size);
        ck_assert(size == LARGE && holds_zeros(bytes, size));
        blob_free(blob);
        ck_assert(fcntl(fd, F_GETFD) < 0 && errno == EBADF);
}
END_TEST

START_TEST(a_memfd_with_a_seal_missing_is_refused) {
        struct blob *blob = NULL;

        for (int seal = 1; seal < 16; seal <<= 1) {
                int fd = make_fd(100, SEALS & ~seal);

                ck_assert(blob_new_from_fd(fd, &blob) == -EINVAL);
                ck_assert(close(fd) == 0);
        }
}
END_TEST

START_TEST(what_is_no_memfd_is_refused) {
        struct blob *blob = NULL;
        int pipes[2], file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

        ck_assert(pipe2(pipes, O_CLOEXEC) == 0 && file >= 0);
        ck_assert(blob_new_from_fd(pipes[0], &blob) == -EINVAL);
        ck_assert(blob_new_from_fd(file, &blob) == -EINVAL);
        ck_assert(blob_new_from_fd(-1, &blob) == -EINVAL);
        ck_assert(close(pipes[0]) == 0 && close(pipes[1]) == 0 && close(file) == 0);
}
END_TEST

/* A hole's page would have to be found at a load, which cannot fail but by SIGBUS. */
START_TEST(holes_are_filled_or_refused) {
        int fd = make_fd(LARGE, SEALS), reader;
        struct blob *blob = NULL;
        char path[64];

        (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
        reader = open(path, O_RDONLY | O_CLOEXEC);
        ck_assert(reader >= 0);
        ck_assert(blob_new_from_fd(reader, &blob) == -EINVAL);
        ck_assert(blob_new_from_fd(fd, &blob) == 0);
        blob_free(blob);
        ck_assert(blob_new_from_fd(reader, &blob) == 0);
        blob_free(blob);
}
END_TEST

START_TEST(no_descriptor_left_is_told) {
        struct rlimit limit, none;
        struct blob *blob = NULL;

        ck_assert(getrlimit(RLIMIT_NOFILE, &limit) == 0);
        none = limit;
        none.rlim_cur = 0;
        ck_assert(setrlimit(RLIMIT_NOFILE, &none) == 0);
        ck_assert(blob_new("x", 1, &blob) == -EMFILE);
        ck_assert(setrlimit(RLIMIT_NOFILE, &limit) == 0);
}
END_TEST

START_TEST(every_request_may_fail) {
        size_t n_before = count_descriptors();
        struct blob *blob = NULL;
        int r = -ENOMEM;

        for (size_t n = 1; r != 0; n++) {
                (void)memory_fail_at(n);
                r = blob_new("text", 4, &blob);
                ck_assert(r == 0 || r == -ENOMEM);
                ck_assert_uint_lt(n, 10);
        }
        (void)memory_fail_at(1);
        ck_assert(blob_map(blob, NULL) == NULL);
        (void)memory_fail_at(0);
        ck_assert(blob_map(blob, NULL) != NULL);
        blob_free(blob);
        ck_assert(count_descriptors() == n_before);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                bytes_are_copied_sealed_and_mapped_once,
                an_empty_blob_has_bytes_too,
                a_sealed_memfd_becomes_a_blob,
                a_memfd_with_a_seal_missing_is_refused,
                what_is_no_memfd_is_refused,
                holes_are_filled_or_refused,
                no_descriptor_left_is_told,
                every_request_may_fail,
        };

        return suite_run("blob-memory", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
