/* SPDX-License-Identifier: MIT */

#include "helpers/scratch.h"

#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static int
scratch_remove_entry(const char *path, const struct stat *status, int type, struct FTW *place) {
        (void)status;
        (void)type;
        (void)place;
        return remove(path);
}

static const char *scratch_find_parent(void) {
        const char *parent = getenv("TMPDIR");

        /* A socket's name has 108 bytes: a deep folder is of no use. */
        return parent && strlen(parent) < 24 ? parent : "/tmp";
}

/* Two thousand connections, and the daemon's own limit: all that we may have. */
static void scratch_raise_descriptor_limit(void) {
        struct rlimit limit;

        if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
                return;
        limit.rlim_cur = limit.rlim_max < 65536 ? limit.rlim_max : 65536;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
}

int scratch_run(const char *name, const TTest *const *tests, size_t n_tests) {
        char path[SCRATCH_PATH_SIZE];
        int status;

        scratch_raise_descriptor_limit();
        scratch_make_folder(path);
        if (setenv("TMPDIR", path, 1) != 0)
                return 1;
        status = suite_run(name, tests, n_tests, SUITE_TIMEOUT_E2E_S);
        (void)nftw(path, scratch_remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
        return status;
}

void scratch_make_folder(char path[static SCRATCH_PATH_SIZE]) {
        int n = snprintf(path, SCRATCH_PATH_SIZE, "%s/gcasync-XXXXXX", scratch_find_parent());

        if (n >= SCRATCH_PATH_SIZE || !mkdtemp(path)) {
                perror(path);
                abort();
        }
}
