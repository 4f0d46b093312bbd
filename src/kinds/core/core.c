/* SPDX-License-Identifier: MIT */

/* The module "core": small kinds for trying things out, for measuring, and for hashing. */

#include "kinds/core/core.h"

#define TABLE(rows) .arguments = (rows), .n_arguments = sizeof(rows) / sizeof((rows)[0])

static const gca_kind core_kinds[] = {
        {
                .size = sizeof(gca_kind),
                .name = "echo",
                .doc = "Returns its argument.\n"
                       "Runs on the I/O thread while its arguments are small, else on a worker.",
                .result_doc = "the argument \"value\"",
                .mode = GCA_MODE_INLINE,
                .unreachable = GCA_UNREACHABLE_CANCEL,
                TABLE(core_echo_arguments),
                .inline_limit_bytes = 64 * 1024,
                .poll = core_echo_poll,
        },
        {
                .size = sizeof(gca_kind),
                .name = "fail",
                .doc = "Fails with a given code and message.\n"
                       "For trying out what a program does when a task fails.",
                .result_doc = "none: it never succeeds",
                .mode = GCA_MODE_POLL,
                .unreachable = GCA_UNREACHABLE_CANCEL,
                TABLE(core_fail_arguments),
                .poll = core_fail_poll,
        },
        {
                .size = sizeof(gca_kind),
                .name = "hash",
                .doc = "Computes the SHA-256 of bytes or of a file.\n"
                       "Exactly one of \"bytes\" and \"path\" is given. A file is read in pieces, "
                       "as "
                       "the daemon's\n"
                       "user, so \"path\" is for those who may use exec; it must name a regular "
                       "file.\n"
                       "Fails with: denied, file-not-read.",
                .result_doc = "a map: \"algorithm\" (\"sha256\"), \"hex\", \"size\" in bytes",
                .mode = GCA_MODE_BLOCKING,
                .unreachable = GCA_UNREACHABLE_CANCEL,
                TABLE(core_hash_arguments),
                .poll = core_hash_poll,
        },
        {
                .size = sizeof(gca_kind),
                .name = "sleep",
                .doc = "Waits for a time.\n"
                       "Exactly one of \"ms\" and \"seconds\" is given. Any number of sleeping "
                       "tasks "
                       "keep no thread busy.",
                .result_doc = "the milliseconds that it waited, an int",
                .mode = GCA_MODE_POLL,
                .unreachable = GCA_UNREACHABLE_CANCEL,
                TABLE(core_sleep_arguments),
                .state_size = sizeof(struct core_sleep),
                .poll = core_sleep_poll,
        },
        {
                .size = sizeof(gca_kind),
                .name = "spin",
                .doc = "Uses up processor time, giving way five thousand times a second.\n"
                       "For trying out how a daemon under load behaves.",
                .result_doc = "the milliseconds of processor time that it used, an int",
                .mode = GCA_MODE_POLL,
                .unreachable = GCA_UNREACHABLE_CANCEL,
                TABLE(core_spin_arguments),
                .state_size = sizeof(struct core_spin),
                .poll = core_spin_poll,
        },
};

const gca_module gcasync_module = {
        .size = sizeof(gca_module),
        .abi = GCA_MODULE_ABI,
        .name = "core",
        .version = PACKAGE_VERSION,
        .doc = "Small kinds for trying out, measuring and hashing.",
        .kinds = core_kinds,
        .n_kinds = sizeof(core_kinds) / sizeof(core_kinds[0]),
};
