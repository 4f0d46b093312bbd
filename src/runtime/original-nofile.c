/* SPDX-License-Identifier: MIT */

#include "runtime/original-nofile.h"

#include <pthread.h>
#include <sys/resource.h>

#include <gcasync/module.h>

/* The limit is the process's, so this is, too. */
static struct rlimit original_nofile;
static pthread_once_t original_nofile_once = PTHREAD_ONCE_INIT;

static void read_original_nofile(void) {
        /* Cannot fail for a limit that the kernel knows. */
        (void)getrlimit(RLIMIT_NOFILE, &original_nofile);
}

void original_nofile_record(void) {
        (void)pthread_once(&original_nofile_once, read_original_nofile);
}

void gca_get_original_nofile(struct rlimit *ret_limit) {
        original_nofile_record();
        *ret_limit = original_nofile;
}
