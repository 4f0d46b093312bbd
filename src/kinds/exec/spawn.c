/* SPDX-License-Identifier: MIT */

/*
 * Child note. Between clone and exec the child runs in the daemon's memory, with the thread pointer of the
 * thread that waits for it: it may touch that thread's stack, errno and the struct spawn, and nothing else. So it
 * makes system calls only, by syscall(), which the sanitizers do not intercept; its functions are not
 * instrumented; and all signals are blocked until every handler has been reset, so that no handler of the daemon
 * ever runs in it.
 */

#include "kinds/exec/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kinds/kinds.h"

#if defined(__clang__)
#        define UNINSTRUMENTED __attribute__((noinline, disable_sanitizer_instrumentation))
#else
#        define UNINSTRUMENTED \
                __attribute__((noinline, no_sanitize("address", "thread", "undefined")))
#endif

enum {
        CHILD_STACK_SIZE = 16 * 1024,
        KERNEL_N_SIGNALS = 64,
        KERNEL_SIGSET_SIZE = KERNEL_N_SIGNALS / 8,
        KERNEL_SIGACTION_SIZE = 64, /* or less */
        LIBC_SIGNAL_FIRST =
                32, /* the C library's own two, whose actions it sets when it first needs them */
        LIBC_SIGNAL_LAST = 33,
};

/* The signals that may have another action than the default, one bit each. A daemon changes some six; to set all 64
 * for each program takes 13 us, more than all else that the child does. Written once, before the first program:
 * the daemon's actions stand by then, and modules change none, see module.h. */
static uint64_t changed_signals;
static pthread_once_t changed_signals_once = PTHREAD_ONCE_INIT;

/* What only the child needs. */
struct child {
        struct spawn *spawn;
        int stdin_fd;      /* or -1 */
        int output_fds[2]; /* or -1 */
};

/* The C library's clone() by its other name: ThreadSanitizer wraps the first and takes every clone for a
 * fork(), which unlocks its locks twice when memory is shared. */
extern int __clone(int (*function)(void *), void *stack, int flags, void *argument, ...);

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

void spawn_deinit(struct spawn *spawn) {
        close_fd(&spawn->pidfd);
        close_fd(&spawn->output_fds[0]);
        close_fd(&spawn->output_fds[1]);
}

static void spawn_fail(struct spawn *spawn, enum spawn_step step) {
        spawn->failed_step = step;
        spawn->error = errno;
}

/* ---- in the child: see child note ---- */

static UNINSTRUMENTED void child_exit(struct child *child, enum spawn_step step, int error) {
        child->spawn->failed_step = step;
        child->spawn->error = error;
        for (;;)
                (void)syscall(SYS_exit_group, 127);
}

static UNINSTRUMENTED void child_check(struct child *child, long result, enum spawn_step step) {
        if (result < 0)
                child_exit(child, step, errno);
}

static UNINSTRUMENTED void child_reset_signals(void) {
        /* All zero is the default action, no flags and an empty mask, wherever the fields lie. */
        unsigned char action[KERNEL_SIGACTION_SIZE];

        for (size_t i = 0; i < sizeof(action); i++)
                ((volatile unsigned char *)action)[i] = 0;
        for (uint64_t rest = changed_signals; rest != 0; rest &= rest - 1)
                (void)syscall(SYS_rt_sigaction,
                              __builtin_ctzll(rest) + 1,
                              action,
                              NULL,
                              KERNEL_SIGSET_SIZE);
}

static UNINSTRUMENTED void child_set_stream(struct child *child, int fd, int to) {
        if (fd != to)
                child_check(child, syscall(SYS_dup3, fd, to, 0), SPAWN_STEP_STREAMS);
}

static UNINSTRUMENTED void child_set_streams(struct child *child) {
        int null_fd = -1;

        if (child->stdin_fd < 0 || child->output_fds[0] < 0) {
                null_fd = (int)syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR);
                child_check(child, null_fd, SPAWN_STEP_STREAMS);
        }
        child_set_stream(child, child->stdin_fd >= 0 ? child->stdin_fd : null_fd, 0);
        for (int i = 0; i < 2; i++)
                child_set_stream(
                        child, child->output_fds[i] >= 0 ? child->output_fds[i] : null_fd, i + 1);
        child_check(child, syscall(SYS_close_range, 3, ~0U, 0), SPAWN_STEP_CLOSE);
}

static UNINSTRUMENTED void child_set_limits(struct child *child) {
        const struct spawn_plan *plan = &child->spawn->plan;

        for (size_t i = 0; i < plan->n_limits; i++) {
                child->spawn->failed_limit = i;
                child_check(child,
                            syscall(SYS_prlimit64,
                                    0,
                                    plan->limits[i].resource,
                                    &plan->limits[i].value,
                                    NULL),
                            SPAWN_STEP_LIMIT);
        }
}

/* As the shells do it: what is not there is skipped, what may not be executed too, but remembered. */
static UNINSTRUMENTED void child_execute(struct child *child) {
        const struct spawn_plan *plan = &child->spawn->plan;
        int error = ENOENT;

        for (const char **path = plan->paths; *path != NULL; path++) {
                (void)syscall(SYS_execve, *path, plan->argv, plan->envp);
                if (errno != ENOENT && errno != ENOTDIR && errno != EACCES)
                        child_exit(child, SPAWN_STEP_EXECUTE, errno);
                if (error != EACCES)
                        error = errno;
        }
        child_exit(child, SPAWN_STEP_EXECUTE, error);
}

static UNINSTRUMENTED int child_main(void *argument) {
        struct child *child = argument;
        const struct spawn_plan *plan = &child->spawn->plan;
        uint64_t no_signals = 0;

        child_reset_signals();
        child_check(child, syscall(SYS_setpgid, 0, 0), SPAWN_STEP_GROUP);
        child_set_streams(child);
        (void)syscall(SYS_umask, plan->umask);
        child_check(child, syscall(SYS_chdir, plan->cwd), SPAWN_STEP_DIRECTORY);
        child_set_limits(child);
        child_check(child,
                    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &no_signals, NULL, KERNEL_SIGSET_SIZE),
                    SPAWN_STEP_SIGNALS);
        child_execute(child);
        return 127;
}

/* ---- in the daemon ---- */

/* Asks the kernel: the C library does not tell of its own signals, nor the sanitizers of theirs. */
static void find_changed_signals(void) {
        for (int number = 1; number <= KERNEL_N_SIGNALS; number++) {
                unsigned char action[KERNEL_SIGACTION_SIZE] = { 0 };
                bool is_changed = number >= LIBC_SIGNAL_FIRST && number <= LIBC_SIGNAL_LAST;

                (void)syscall(SYS_rt_sigaction, number, NULL, action, KERNEL_SIGSET_SIZE);
                for (size_t i = 0; i < sizeof(action); i++)
                        is_changed |= action[i] != 0;
                if (is_changed)
                        changed_signals |= UINT64_C(1) << (number - 1);
        }
}

/* Returns when the child has executed the program or ended. The child's stack is a part of this
 * function's frame, which lies still meanwhile. */
static UNINSTRUMENTED pid_t clone_child(struct child *child, int *ret_pidfd) {
        unsigned char stack[CHILD_STACK_SIZE] __attribute__((aligned(16)));
        uint64_t all_signals = UINT64_MAX, old_signals;

        (void)syscall(
                SYS_rt_sigprocmask, SIG_SETMASK, &all_signals, &old_signals, KERNEL_SIGSET_SIZE);
        pid_t pid = __clone(child_main,
                            stack + sizeof(stack),
                            CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD,
                            child,
                            ret_pidfd);
        int saved_errno = errno;
        (void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &old_signals, NULL, KERNEL_SIGSET_SIZE);
        errno = saved_errno;
        return pid;
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

/* Whether a program is there that the kernel did not find: then its interpreter is missing. */
static bool is_any_there(const char **paths) {
        for (const char **path = paths; *path != NULL; path++)
                if (**path == '/' && access(*path, F_OK) == 0)
                        return true;
        return false;
}

static void clone_and_check(struct spawn *spawn, struct child *child) {
        siginfo_t info;

        spawn->started_ns = spawn_now_ns();
        spawn->pid = clone_child(child, &spawn->pidfd);
        if (spawn->pid < 0) {
                spawn_fail(spawn, SPAWN_STEP_CLONE);
                return;
        }
        if (spawn->failed_step == SPAWN_STEP_NONE)
                return;
        while (waitid(P_PIDFD, (id_t)spawn->pidfd, &info, WEXITED) < 0 && errno == EINTR)
                ;
        if (spawn->failed_step == SPAWN_STEP_EXECUTE && spawn->error == ENOENT)
                spawn->is_interpreter_missing = is_any_there(spawn->plan.paths);
}

static void close_child_fds(struct child *child) {
        close_fd(&child->stdin_fd);
        close_fd(&child->output_fds[0]);
        close_fd(&child->output_fds[1]);
}

static int open_streams(struct spawn *spawn, struct child *child) {
        if (spawn->plan.stdin_data != NULL && open_input(&spawn->plan, &child->stdin_fd) < 0) {
                spawn_fail(spawn, SPAWN_STEP_INPUT);
                return -1;
        }
        for (int i = 0; i < 2 && spawn->plan.is_captured; i++)
                if (open_output(&spawn->output_fds[i], &child->output_fds[i]) < 0) {
                        spawn_fail(spawn, SPAWN_STEP_OUTPUT);
                        return -1;
                }
        return 0;
}

void spawn_run(void *argument) {
        struct spawn *spawn = argument;
        cleanup_(close_child_fds) struct child child = { spawn, -1, { -1, -1 } };

        (void)pthread_once(&changed_signals_once, find_changed_signals);
        if (open_streams(spawn, &child) == 0)
                clone_and_check(spawn, &child);
        if (spawn->failed_step != SPAWN_STEP_NONE)
                spawn_deinit(spawn);
}
