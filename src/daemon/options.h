/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The command line. Every fault of it is told, in one go, before the program gives up. Strings are
 * borrowed from argv.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "daemon/limits.h"

enum instance {
        INSTANCE_USER,   /* $XDG_RUNTIME_DIR/gcasync/socket, for its user only */
        INSTANCE_SYSTEM, /* /run/gcasync/socket, for everybody */
};

enum {
        OPTIONS_E_DONE = 1, /* --help or --version was asked for, and printed */
        OPTIONS_E_USAGE,    /* faults were told on standard error */
};

struct options {
        enum instance instance;
        const char *socket_path; /* NULL: the instance's own */
        const char **module_dirs;
        size_t n_module_dirs; /* at least 1 */
        const char **inline_kinds;
        size_t n_inline_kinds;
        unsigned n_workers; /* 0: one a core */
        uint64_t grace_ns;
        struct limits limits;
        const char *output_dir; /* NULL: the socket's directory */
        enum log_level log_level;
        enum log_format log_format;
        int ready_fd; /* -1: none */
        bool is_root_allowed;
};

/* 0, OPTIONS_E_…, or -ENOMEM. options_deinit() is due after every return. */
int options_parse(struct options *options, int argc, char **argv);
void options_deinit(struct options *options);
