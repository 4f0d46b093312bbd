/* SPDX-License-Identifier: MIT */

#include "helpers/daemon.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"

enum {
        N_ARGUMENTS_MAX = 64,
        /* What malloc's arenas and the caches of idle threads may keep. */
        MEMORY_SLACK_BYTES = 16 << 20,
};

static void pause_briefly(void) {
        (void)nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
}

static void closedirp(DIR **directory) {
        if (*directory)
                (void)closedir(*directory);
}

void daemon_find_built(char *path, size_t size, const char *name) {
        const char *top = getenv("GCASYNC_BUILDDIR");

        if (!top)
                ck_abort_msg("GCASYNC_BUILDDIR is not set: run the test by make check");
        ck_assert_int_lt(snprintf(path, size, "%s/%s", top, name), (int)size);
}

/* ---- starting and stopping ---- */

static _Noreturn void
daemon_exec(const struct daemon *daemon, const struct daemon_options *options, int ready_fd) {
        char program[PATH_MAX], modules[PATH_MAX], ready[16];
        char tests[PATH_MAX];
        const char *arguments[N_ARGUMENTS_MAX] = {
                program,        "--user", "--socket",   daemon->socket, "--module-dir", modules,
                "--module-dir", tests,    "--ready-fd", ready,          "--grace",      "0",
        };
        size_t n = 12;

        if (geteuid() == 0 && !options->refuse_root)
                arguments[n++] = "--allow-root";
        daemon_find_built(program, sizeof(program), "src/daemon/gcasyncd");
        daemon_find_built(modules, sizeof(modules), "src/kinds/.libs");
        daemon_find_built(tests, sizeof(tests), "tests/modules/.libs");
        (void)snprintf(ready, sizeof(ready), "%d", ready_fd);
        for (size_t i = 0; options->arguments && options->arguments[i]; i++) {
                ck_assert_uint_lt(n + 1, N_ARGUMENTS_MAX);
                arguments[n++] = options->arguments[i];
        }
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (options->log_fd > 0)
                (void)dup2(options->log_fd, STDERR_FILENO);
        if (options->prepare)
                options->prepare(options->data);
        (void)execv(program, (char *const *)(uintptr_t)arguments);
        perror(program);
        _exit(127);
}

void daemon_spawn(struct daemon *daemon, const struct daemon_options *options) {
        static const struct daemon_options defaults = { 0 };
        int ends[2];

        if (!options)
                options = &defaults;
        *daemon = (struct daemon){ 0 };
        if (options->folder)
                (void)snprintf(daemon->folder, sizeof(daemon->folder), "%s", options->folder);
        else
                scratch_make_folder(daemon->folder);
        (void)snprintf(daemon->socket, sizeof(daemon->socket), "%s/socket", daemon->folder);
        ck_assert_int_eq(pipe(ends), 0);
        daemon->pid = fork();
        ck_assert_int_ge(daemon->pid, 0);
        if (daemon->pid == 0) {
                (void)close(ends[0]);
                daemon_exec(daemon, options, ends[1]);
        }
        (void)close(ends[1]);
        daemon->ready_fd = ends[0];
}

bool daemon_wait_ready(struct daemon *daemon) {
        struct pollfd pollfd = { .fd = daemon->ready_fd, .events = POLLIN };
        char byte;
        ssize_t n;

        if (poll(&pollfd, 1, (int)(DAEMON_PATIENCE_NS / NS_PER_MS)) != 1)
                ck_abort_msg("the daemon neither listens nor ends");
        n = read(daemon->ready_fd, &byte, 1);
        (void)close(daemon->ready_fd);
        daemon->ready_fd = -1;
        return n == 1 && byte == '\n';
}

void daemon_start(struct daemon *daemon, const struct daemon_options *options) {
        daemon_spawn(daemon, options);
        if (!daemon_wait_ready(daemon))
                ck_abort_msg("the daemon does not start: wait status %#x",
                             (unsigned)daemon_wait_end(daemon));
}

void daemon_signal(struct daemon *daemon, int number) {
        ck_assert_int_gt(daemon->pid, 0);
        ck_assert_int_eq(kill(daemon->pid, number), 0);
}

int daemon_wait_end(struct daemon *daemon) {
        uint64_t deadline_ns = clock_monotonic_ns() + DAEMON_PATIENCE_NS;
        int status;
        pid_t pid;

        ck_assert_int_gt(daemon->pid, 0);
        while ((pid = waitpid(daemon->pid, &status, WNOHANG)) == 0) {
                if (clock_monotonic_ns() > deadline_ns)
                        ck_abort_msg("the daemon does not end");
                pause_briefly();
        }
        ck_assert_int_eq(pid, daemon->pid);
        daemon->pid = 0;
        return status;
}

void daemon_stop(struct daemon *daemon) {
        if (daemon->pid == 0)
                return;
        daemon_signal(daemon, SIGTERM);
        ck_assert_int_eq(daemon_wait_end(daemon), 0);
}

/* ---- measuring ---- */

static unsigned count_descriptors(pid_t pid) {
        cleanup_(closedirp) DIR *directory = NULL;
        char path[64];
        unsigned n = 0;

        (void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
        directory = opendir(path);
        ck_assert_ptr_nonnull(directory);
        while (readdir(directory))
                n++;
        return n - 2; /* . and .. */
}

/* A number of /proc/PID/status, 0 where there is none. */
static uint64_t read_status_number(const char *pid, const char *name) {
        char path[64], line[256];
        uint64_t value = 0;
        FILE *file;

        (void)snprintf(path, sizeof(path), "/proc/%s/status", pid);
        file = fopen(path, "re");
        if (!file)
                return 0; /* a process that has just ended */
        while (fgets(line, sizeof(line), file))
                if (strncmp(line, name, strlen(name)) == 0)
                        value = strtoull(line + strlen(name), NULL, 10);
        (void)fclose(file);
        return value;
}

static unsigned count_children(pid_t pid) {
        cleanup_(closedirp) DIR *directory = opendir("/proc");
        const struct dirent *entry;
        unsigned n = 0;

        ck_assert_ptr_nonnull(directory);
        while ((entry = readdir(directory)))
                if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' &&
                    read_status_number(entry->d_name, "PPid:") == (uint64_t)pid)
                        n++;
        return n;
}

void daemon_measure(const struct daemon *daemon, struct daemon_usage *ret_usage) {
        char pid[16];

        ck_assert_int_gt(daemon->pid, 0);
        (void)snprintf(pid, sizeof(pid), "%d", (int)daemon->pid);
        *ret_usage = (struct daemon_usage){
                .n_descriptors = count_descriptors(daemon->pid),
                .n_threads = (unsigned)read_status_number(pid, "Threads:"),
                .n_children = count_children(daemon->pid),
                .memory_bytes = read_status_number(pid, "VmRSS:") * 1024,
        };
}

static bool is_memory_back(const struct daemon_usage *now, const struct daemon_usage *before) {
#ifdef GCASYNC_SANITIZE
        /* Sanitizers keep what was freed. */
        (void)now;
        (void)before;
        return true;
#else
        return now->memory_bytes <= before->memory_bytes + MEMORY_SLACK_BYTES;
#endif
}

void daemon_expect_back(const struct daemon *daemon, const struct daemon_usage *before) {
        uint64_t deadline_ns = clock_monotonic_ns() + DAEMON_PATIENCE_NS;
        struct daemon_usage now;

        for (;;) {
                daemon_measure(daemon, &now);
                if (now.n_descriptors <= before->n_descriptors &&
                    now.n_threads <= before->n_threads && now.n_children <= before->n_children &&
                    is_memory_back(&now, before))
                        return;
                if (clock_monotonic_ns() > deadline_ns)
                        break;
                pause_briefly();
        }
        ck_abort_msg("the daemon keeps more than before: %u descriptors (%u), %u threads (%u), "
                     "%u children (%u), %llu KiB (%llu)",
                     now.n_descriptors,
                     before->n_descriptors,
                     now.n_threads,
                     before->n_threads,
                     now.n_children,
                     before->n_children,
                     (unsigned long long)now.memory_bytes / 1024,
                     (unsigned long long)before->memory_bytes / 1024);
}
