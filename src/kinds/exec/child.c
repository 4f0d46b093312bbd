/* SPDX-License-Identifier: MIT */

/*
 * Child note. Between clone and exec the child runs in the daemon's memory, with the thread pointer of the
 * thread that started it, which runs on meanwhile: it may touch its struct child and its struct spawn, and nothing
 * else, errno least of all. So it makes system calls only, without the C library; its functions are not
 * instrumented; and all signals are blocked until every handler has been reset, so that no handler of the daemon
 * ever runs in it.
 *
 * The kernel clears child.tid when the child leaves this memory, by exec or by its end, and an end is told (by the
 * pidfd) only after that. So who has seen the end has the memory back, and reads what the child wrote there.
 */

#include "kinds/exec/child.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__clang__)
#        define UNINSTRUMENTED __attribute__((noinline, disable_sanitizer_instrumentation))
#else
#        define UNINSTRUMENTED \
                __attribute__((noinline, no_sanitize("address", "thread", "undefined")))
#endif

enum {
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

/* The C library's clone() by its other name: ThreadSanitizer wraps the first and takes every clone for a
 * fork(), which unlocks its locks twice when memory is shared. */
extern int __clone(int (*function)(void *), void *stack, int flags, void *argument, ...);

/* ---- in the child: see child note ---- */

/* A system call: its result, or -errno. */
static UNINSTRUMENTED long call_kernel(long number, long a, long b, long c, long d) {
#if defined(__x86_64__)
        register long r10 __asm__("r10") = d;
        long result;

        __asm__ volatile("syscall"
                         : "=a"(result)
                         : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10)
                         : "rcx", "r11", "memory");
        return result;
#        define WAITS_FOR_CHILD 0
#elif defined(__aarch64__)
        register long x8 __asm__("x8") = number;
        register long x0 __asm__("x0") = a;
        register long x1 __asm__("x1") = b;
        register long x2 __asm__("x2") = c;
        register long x3 __asm__("x3") = d;

        __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
        return x0;
#        define WAITS_FOR_CHILD 0
#else
        long result = syscall(number, a, b, c, d);

        return result < 0 ? -errno : result;
        /* The errno was that of the calling thread, which sleeps meanwhile. */
#        define WAITS_FOR_CHILD CLONE_VFORK
#endif
}

static UNINSTRUMENTED void child_exit(struct child *child, enum spawn_step step, long result) {
        child->spawn->failed_step = step;
        child->spawn->error = (int)-result;
        for (;;)
                (void)call_kernel(SYS_exit_group, 127, 0, 0, 0);
}

static UNINSTRUMENTED void child_check(struct child *child, long result, enum spawn_step step) {
        if (result < 0)
                child_exit(child, step, result);
}

static UNINSTRUMENTED void child_reset_signals(void) {
        /* All zero is the default action, no flags and an empty mask, wherever the fields lie. */
        unsigned char action[KERNEL_SIGACTION_SIZE];

        for (size_t i = 0; i < sizeof(action); i++)
                ((volatile unsigned char *)action)[i] = 0;
        for (uint64_t rest = changed_signals; rest != 0; rest &= rest - 1)
                (void)call_kernel(SYS_rt_sigaction,
                                  __builtin_ctzll(rest) + 1,
                                  (long)action,
                                  0,
                                  KERNEL_SIGSET_SIZE);
}

static UNINSTRUMENTED void child_set_stream(struct child *child, int fd, int to) {
        if (fd != to)
                child_check(child, call_kernel(SYS_dup3, fd, to, 0, 0), SPAWN_STEP_STREAMS);
}

static UNINSTRUMENTED void child_set_streams(struct child *child) {
        const struct streams *streams = &child->streams;
        int null_fd = -1;

        if (streams->stdin_fd < 0 || streams->output_fds[0] < 0) {
                null_fd = (int)call_kernel(SYS_openat, AT_FDCWD, (long)"/dev/null", O_RDWR, 0);
                child_check(child, null_fd, SPAWN_STEP_STREAMS);
        }
        child_set_stream(child, streams->stdin_fd >= 0 ? streams->stdin_fd : null_fd, 0);
        for (int i = 0; i < 2; i++)
                child_set_stream(child,
                                 streams->output_fds[i] >= 0 ? streams->output_fds[i] : null_fd,
                                 i + 1);
        child_check(child, call_kernel(SYS_close_range, 3, ~0U, 0, 0), SPAWN_STEP_CLOSE);
}

static UNINSTRUMENTED void child_set_limits(struct child *child) {
        const struct spawn_plan *plan = &child->spawn->plan;

        for (size_t i = 0; i < plan->n_limits; i++) {
                child->spawn->failed_limit = i;
                child_check(child,
                            call_kernel(SYS_prlimit64,
                                        0,
                                        plan->limits[i].resource,
                                        (long)&plan->limits[i].value,
                                        0),
                            SPAWN_STEP_LIMIT);
        }
}

/* Whether a program is there that the kernel did not find: then its interpreter is missing. */
static UNINSTRUMENTED bool child_finds_any(const char **paths) {
        for (const char **path = paths; *path != NULL; path++)
                if (call_kernel(SYS_faccessat, AT_FDCWD, (long)*path, F_OK, 0) == 0)
                        return true;
        return false;
}

/* As the shells do it: what is not there is skipped, what may not be executed too, but remembered. */
static UNINSTRUMENTED void child_execute(struct child *child) {
        const struct spawn_plan *plan = &child->spawn->plan;
        long result = -ENOENT;

        for (const char **path = plan->paths; *path != NULL; path++) {
                long r =
                        call_kernel(SYS_execve, (long)*path, (long)plan->argv, (long)plan->envp, 0);

                if (r != -ENOENT && r != -ENOTDIR && r != -EACCES)
                        child_exit(child, SPAWN_STEP_EXECUTE, r);
                if (result != -EACCES)
                        result = r;
        }
        child->spawn->is_interpreter_missing = result == -ENOENT && child_finds_any(plan->paths);
        child_exit(child, SPAWN_STEP_EXECUTE, result);
}

static UNINSTRUMENTED int child_main(void *argument) {
        struct child *child = argument;
        const struct spawn_plan *plan = &child->spawn->plan;
        uint64_t no_signals = 0;

        child_reset_signals();
        child_check(child, call_kernel(SYS_setpgid, 0, 0, 0, 0), SPAWN_STEP_GROUP);
        child_set_streams(child);
        (void)call_kernel(SYS_umask, plan->umask, 0, 0, 0);
        child_check(child, call_kernel(SYS_chdir, (long)plan->cwd, 0, 0, 0), SPAWN_STEP_DIRECTORY);
        child_set_limits(child);
        child_check(
                child,
                call_kernel(
                        SYS_rt_sigprocmask, SIG_SETMASK, (long)&no_signals, 0, KERNEL_SIGSET_SIZE),
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

struct child *child_new(struct spawn *spawn, const struct streams *streams) {
        struct child *child = malloc(sizeof(*child));

        if (child == NULL)
                return NULL;
        child->spawn = spawn;
        child->streams = *streams;
        atomic_init(&child->tid, 0);
        return child;
}

UNINSTRUMENTED pid_t child_clone(struct child *child, int *ret_pidfd) {
        uint64_t all_signals = UINT64_MAX, old_signals;

        (void)pthread_once(&changed_signals_once, find_changed_signals);
        /* Relaxed: the child, which does not exist yet, and the kernel are the only others to touch it. */
        atomic_store_explicit(&child->tid, 1, memory_order_relaxed);
        (void)syscall(
                SYS_rt_sigprocmask, SIG_SETMASK, &all_signals, &old_signals, KERNEL_SIGSET_SIZE);
        pid_t pid =
                __clone(child_main,
                        child->stack + sizeof(child->stack),
                        CLONE_VM | CLONE_PIDFD | CLONE_CHILD_CLEARTID | WAITS_FOR_CHILD | SIGCHLD,
                        child,
                        ret_pidfd,
                        NULL,
                        &child->tid);
        int saved_errno = errno;
        (void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &old_signals, NULL, KERNEL_SIGSET_SIZE);
        errno = saved_errno;
        /* Relaxed, as above: there is no child to clear it. */
        if (pid < 0)
                atomic_store_explicit(&child->tid, 0, memory_order_relaxed);
        return pid;
}

bool child_is_borrowing(const struct child *child) {
        /* Acquire: what the child wrote before the kernel cleared the word is seen, and what is freed after
         * this look is not used by it any more. */
        return atomic_load_explicit(&child->tid, memory_order_acquire) != 0;
}
