/* SPDX-License-Identifier: MIT */

#include "kinds/exec/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "kinds/exec/child.h"
#include "kinds/kinds.h"

const char *spawn_step_to_text(enum spawn_step step) {
        static const char *const texts[] = {
#define X(name, text) [SPAWN_STEP_##name] = text,
                SPAWN_STEP_MAP(X)
#undef X
        };

        return texts[step];
}

uint64_t spawn_now_ns(void) {
        struct timespec now;

        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

void spawn_init(struct spawn *spawn) {
        *spawn = (struct spawn){ .pidfd = -1, .output_fds = { -1, -1 } };
}

void spawn_release(struct spawn *spawn) {
        if (spawn->child == NULL || child_is_borrowing(spawn->child))
                return;
        free(spawn->child);
        spawn->child = NULL;
}

void spawn_deinit(struct spawn *spawn) {
        close_fd(&spawn->pidfd);
        close_fd(&spawn->output_fds[0]);
        close_fd(&spawn->output_fds[1]);
        spawn_release(spawn);
}

static void spawn_fail(struct spawn *spawn, enum spawn_step step) {
        spawn->failed_step = step;
        spawn->error = errno;
}

/* Moves a descriptor above those that the child sets up. */
static int raise_fd(int *fd) {
        if (*fd > 2)
                return 0;
        int raised = fcntl(*fd, F_DUPFD_CLOEXEC, 3);
        if (raised < 0)
                return -1;
        (void)close(*fd);
        *fd = raised;
        return 0;
}

/* A file in memory needs nobody to feed it, as a pipe would. */
static int open_input(const struct spawn_plan *plan, int *ret_fd) {
        cleanup_(closep) int fd = memfd_create("stdin", MFD_CLOEXEC);

        if (fd < 0 || raise_fd(&fd) < 0)
                return -1;
        for (size_t done = 0; done < plan->stdin_size;) {
                ssize_t n = pwrite(fd,
                                   (const char *)plan->stdin_data + done,
                                   plan->stdin_size - done,
                                   (off_t)done);
                if (n < 0 && errno != EINTR)
                        return -1;
                done += n > 0 ? (size_t)n : 0;
        }
        *ret_fd = steal_fd(&fd);
        return 0;
}

static int open_output(int *ret_read_fd, int *ret_write_fd) {
        int fds[2];

        if (pipe2(fds, O_CLOEXEC) < 0)
                return -1;
        *ret_read_fd = fds[0];
        *ret_write_fd = fds[1];
        /* Not by pipe2(): the program's end shall block. */
        if (fcntl(fds[0], F_SETFL, O_NONBLOCK) < 0)
                return -1;
        return raise_fd(ret_write_fd);
}

static void streams_close(struct streams *streams) {
        close_fd(&streams->stdin_fd);
        close_fd(&streams->output_fds[0]);
        close_fd(&streams->output_fds[1]);
}

static int open_streams(struct spawn *spawn, struct streams *streams) {
        if (spawn->plan.stdin_data != NULL && open_input(&spawn->plan, &streams->stdin_fd) < 0) {
                spawn_fail(spawn, SPAWN_STEP_INPUT);
                return -1;
        }
        for (int i = 0; i < 2 && spawn->plan.is_captured; i++)
                if (open_output(&spawn->output_fds[i], &streams->output_fds[i]) < 0) {
                        spawn_fail(spawn, SPAWN_STEP_OUTPUT);
                        return -1;
                }
        return 0;
}

static void start_child(struct spawn *spawn, const struct streams *streams) {
        spawn->child = child_new(spawn, streams);
        if (spawn->child == NULL) {
                spawn_fail(spawn, SPAWN_STEP_CLONE);
                return;
        }
        spawn->started_ns = spawn_now_ns();
        spawn->pid = child_clone(spawn->child, &spawn->pidfd);
        if (spawn->pid < 0)
                spawn_fail(spawn, SPAWN_STEP_CLONE);
}

int spawn_run(void *argument) {
        struct spawn *spawn = argument;
        /* The child has copies of its own as soon as it is there. */
        cleanup_(streams_close) struct streams streams = { -1, { -1, -1 } };

        if (open_streams(spawn, &streams) == 0)
                start_child(spawn, &streams);
        if (spawn->pid <= 0)
                spawn_deinit(spawn);
        return spawn->pidfd;
}
