/* SPDX-License-Identifier: MIT */

/* The kinds that bench/ipc brings along: the least that a worker can run, and one that never lets go of it. */

#include <fcntl.h>
#include <gcasync/module.h>
#include <unistd.h>

enum {
        ECHO_VALUE
};

static gca_poll echo_poll(gca_task *task, void *state) {
        (void)state;
        return gca_succeed(task, gca_argument(task, ECHO_VALUE));
}

static const gca_argument_spec echo_arguments[] = {
        [ECHO_VALUE] = { .name = "value", .doc = "what is returned" },
};

enum {
        HOLD_PATH
};

/* Blocks its worker, against all rules, until the other end of a FIFO is closed. */
static gca_poll hold_poll(gca_task *task, void *state) {
        size_t length;
        const char *path = gca_get_string(gca_argument(task, HOLD_PATH), &length);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        char byte;

        (void)state;
        if (fd < 0)
                return gca_fail(task, "cannot-open", "cannot open %s", path);
        while (read(fd, &byte, 1) > 0)
                continue;
        (void)close(fd);
        return gca_succeed(task, gca_nil());
}

static const gca_argument_spec hold_arguments[] = {
        [HOLD_PATH] = { .name = "path",
                        .type = GCA_TYPE_STRING,
                        .flags = GCA_ARGUMENT_REQUIRED,
                        .doc = "a FIFO" },
};

static const gca_kind kinds[] = {
        { .size = sizeof(gca_kind),
          .name = "echo",
          .doc = "Return the argument, from a worker.",
          .result_doc = "the argument",
          .mode = GCA_MODE_POLL,
          .unreachable = GCA_UNREACHABLE_CANCEL,
          .arguments = echo_arguments,
          .n_arguments = 1,
          .poll = echo_poll },
        { .size = sizeof(gca_kind),
          .name = "hold",
          .doc = "Block a worker until a FIFO is closed.",
          .result_doc = "nil",
          .mode = GCA_MODE_POLL,
          .unreachable = GCA_UNREACHABLE_CANCEL,
          .arguments = hold_arguments,
          .n_arguments = 1,
          .poll = hold_poll },
};

const gca_module gcasync_module = {
        .size = sizeof(gca_module),
        .abi = GCA_MODULE_ABI,
        .name = "bench",
        .version = "1",
        .doc = "Kinds for measuring the daemon.",
        .kinds = kinds,
        .n_kinds = 2,
};
