/* SPDX-License-Identifier: MIT */

/*
 * core.hash: SHA-256 of bytes or of a file. It runs on a thread of the blocking pool, since a read may wait for
 * a disk; between two reads it looks whether the task is to end.
 */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "kinds/core/core.h"
#include "kinds/kinds.h"

enum {
        CHUNK_SIZE = 256 * 1024
};

enum {
        ARGUMENT_BYTES,
        ARGUMENT_PATH
};

const gca_argument_spec core_hash_arguments[2] = {
        [ARGUMENT_BYTES] = { .name = "bytes", .type = GCA_TYPE_BYTES, .doc = "what to hash" },
        [ARGUMENT_PATH] = { .name = "path",
                            .type = GCA_TYPE_BYTES,
                            .doc = "or: the absolute path of a regular file to hash; for those "
                                   "who may use exec" },
};

/* Looked up once: a look-up by name takes as long as hashing a kilobyte. Never freed, as the module is not. */
static EVP_MD *sha256;
static pthread_once_t sha256_once = PTHREAD_ONCE_INIT;

static void fetch_sha256(void) {
        sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
}

static inline void digest_freep(EVP_MD_CTX **digest) {
        EVP_MD_CTX_free(*digest);
}

static EVP_MD_CTX *digest_new(void) {
        EVP_MD_CTX *digest = EVP_MD_CTX_new();

        (void)pthread_once(&sha256_once, fetch_sha256);
        if (digest != NULL && sha256 != NULL && EVP_DigestInit_ex2(digest, sha256, NULL))
                return digest;
        EVP_MD_CTX_free(digest);
        return NULL;
}

static gca_poll fail_digest(gca_task *task) {
        return gca_fail(
                task, "hash-failed", "the cryptographic library refused to compute SHA-256");
}

static gca_poll succeed(gca_task *task, EVP_MD_CTX *digest, uint64_t size) {
        static const char digits[] = "0123456789abcdef";
        gca_region *region = gca_task_region(task);
        unsigned char sum[EVP_MAX_MD_SIZE];
        char hex[2 * EVP_MAX_MD_SIZE];
        gca_builder result;
        unsigned n;

        if (!EVP_DigestFinal_ex(digest, sum, &n))
                return fail_digest(task);
        for (unsigned i = 0; i < n; i++) {
                hex[2 * i] = digits[sum[i] >> 4];
                hex[2 * i + 1] = digits[sum[i] & 15];
        }
        gca_builder_begin_map(&result, region);
        gca_builder_set(&result, "algorithm", gca_string(region, "sha256", -1));
        gca_builder_set(&result, "hex", gca_string(region, hex, 2 * (ptrdiff_t)n));
        gca_builder_set(&result, "size", gca_int(region, (int64_t)size));
        return gca_succeed(task, gca_builder_end(&result));
}

static gca_poll hash_bytes(gca_task *task, gca_value bytes) {
        cleanup_(digest_freep) EVP_MD_CTX *digest = digest_new();
        size_t size;
        const unsigned char *data = get_octets(bytes, &size);

        if (digest == NULL)
                return fail_digest(task);
        for (size_t done = 0; done < size;) {
                size_t n = size - done < CHUNK_SIZE ? size - done : CHUNK_SIZE;
                if (gca_is_aborting(task))
                        return gca_abort_now(task);
                if (!EVP_DigestUpdate(digest, data + done, n))
                        return fail_digest(task);
                done += n;
        }
        return succeed(task, digest, size);
}

static gca_poll fail_file(gca_task *task, gca_value path, const char *reason) {
        char name[256];

        print_octets(gca_task_region(task), path, name, sizeof(name));
        return gca_fail(task, "file-not-read", "%s: %s", name, reason);
}

/* Hashes what fd is open on; size is what the file says, for the progress. */
static gca_poll hash_stream(gca_task *task, gca_value path, int fd, uint64_t size) {
        cleanup_(digest_freep) EVP_MD_CTX *digest = digest_new();
        /* One byte more than there should be: the end is seen by the second read. */
        size_t buffer_size = size < CHUNK_SIZE ? (size_t)size + 1 : CHUNK_SIZE;
        void *buffer = gca_region_allocate(gca_task_region(task), buffer_size);
        uint64_t done = 0;

        if (digest == NULL)
                return fail_digest(task);
        if (buffer == NULL)
                return gca_succeed(task, GCA_NO_VALUE);
        for (;;) {
                if (gca_is_aborting(task))
                        return gca_abort_now(task);
                ssize_t n = read(fd, buffer, buffer_size);
                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return fail_file(task, path, strerrordesc_np(errno));
                if (n == 0)
                        return succeed(task, digest, done);
                if (!EVP_DigestUpdate(digest, buffer, (size_t)n))
                        return fail_digest(task);
                done += (uint64_t)n;
                if (size > CHUNK_SIZE)
                        gca_report_progress(task, done, size, "bytes");
        }
}

static gca_poll hash_file(gca_task *task, gca_value path) {
        cleanup_(closep) int fd = -1;
        struct stat status;
        size_t length;
        const char *text = get_octets(path, &length);
        char name[4096];

        if (length == 0 || text[0] != '/' || memchr(text, '\0', length) != NULL)
                return gca_fail(task, "invalid-argument", "\"path\" must be an absolute path");
        if (length >= sizeof(name))
                return fail_file(task, path, strerrordesc_np(ENAMETOOLONG));
        if (!gca_task_may_execute(task))
                return gca_fail(task,
                                "denied",
                                "this daemon reads no files for uid %u: use your own "
                                "(gcasyncctl --user)",
                                (unsigned)gca_task_get_uid(task));
        memcpy(name, text, length);
        name[length] = '\0';
        /* Non-blocking: a FIFO must not hold the thread; for a regular file it means nothing. */
        fd = open(name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd < 0 || fstat(fd, &status) < 0)
                return fail_file(task, path, strerrordesc_np(errno));
        if (!S_ISREG(status.st_mode))
                return fail_file(task, path, "not a regular file");
        return hash_stream(task, path, fd, (uint64_t)status.st_size);
}

gca_poll core_hash_poll(gca_task *task, void *state) {
        gca_value bytes = gca_argument(task, ARGUMENT_BYTES);
        gca_value path = gca_argument(task, ARGUMENT_PATH);

        (void)state;
        if (gca_is_nil(bytes) == gca_is_nil(path))
                return gca_fail(
                        task, "invalid-argument", "one of \"bytes\" and \"path\" is needed");
        return gca_is_nil(path) ? hash_bytes(task, bytes) : hash_file(task, path);
}
