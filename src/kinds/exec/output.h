/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a program writes to one of its descriptors 1 and 2: read from a pipe, handed to the task's captured
 * output. What cannot be kept is read all the same, so that the program is never held up by it.
 */

#include <stdbool.h>
#include <stdint.h>

#include <gcasync/module.h>

/* As much as a pipe holds unless its program asks for more. */
enum {
        OUTPUT_READ_SIZE = 64 * 1024
};

struct output {
        gca_watch watch;
        int *fd;          /* the pipe's read end, the spawn's; -1: at its end, or never there */
        int stream;       /* 1 or 2 */
        uint64_t n_bytes; /* read */
        bool is_lost;     /* not all of it was kept */
};

enum output_status {
        OUTPUT_OPEN = 1, /* nothing more is there now */
        OUTPUT_MORE,     /* more is there, or may be */
        OUTPUT_CLOSED,
};

/* Reads at most OUTPUT_READ_SIZE bytes; at the end closes the pipe. */
enum output_status output_read(struct output *output, gca_task *task);

/* Has the task polled when there is something to read. */
void output_watch(struct output *output, gca_task *task);
