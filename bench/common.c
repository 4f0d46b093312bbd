/* SPDX-License-Identifier: MIT */

#include "common.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

const uint8_t bench_payload[BENCH_PAYLOAD_SIZE] =
        "a payload of sixty-four bytes, as the table in the notes asks...";

void bench_die_at(const char *file, int line, const char *format, ...) {
        va_list arguments;
        int error = errno;

        fprintf(stderr, "%s:%d: ", file, line);
        va_start(arguments, format);
        vfprintf(stderr, format, arguments);
        va_end(arguments);
        fprintf(stderr, " (errno: %s)\n", strerror(error));
        exit(1);
}

static uint64_t clock_ns(clockid_t id) {
        struct timespec now;

        if (clock_gettime(id, &now) < 0)
                bench_die("clock_gettime");
        return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t bench_now_ns(void) {
        return clock_ns(CLOCK_MONOTONIC);
}

uint64_t bench_cpu_ns(pid_t pid) {
        clockid_t id;

        if (clock_getcpuclockid(pid, &id) != 0)
                bench_die("no CPU clock for process %d", (int)pid);
        return clock_ns(id);
}

void bench_pin(bool is_pinned) {
        cpu_set_t set;

        CPU_ZERO(&set);
        for (int i = 0; i < (is_pinned ? 1 : CPU_SETSIZE); i++)
                CPU_SET(i, &set);
        if (sched_setaffinity(0, sizeof(set), &set) < 0)
                bench_die("sched_setaffinity");
}

static int compare_figures(const void *a, const void *b) {
        double x = *(const double *)a, y = *(const double *)b;

        return (x > y) - (x < y);
}

double bench_quantile(double *figures, size_t n, double p) {
        if (n == 0)
                bench_die("no figures");
        qsort(figures, n, sizeof(*figures), compare_figures);
        return figures[(size_t)(p * (double)(n - 1) + 0.5)];
}

static void child_setup(pid_t parent, bool is_pinned) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
                _exit(1);
        bench_pin(is_pinned);
}

pid_t bench_spawn(char *const argv[], bool is_pinned) {
        pid_t parent = getpid(), pid = fork();
        int fd;

        if (pid < 0)
                bench_die("fork");
        if (pid > 0)
                return pid;
        child_setup(parent, is_pinned);
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
        (void)dup2(fd, STDIN_FILENO);
        (void)dup2(fd, STDOUT_FILENO);
        execvp(argv[0], argv);
        bench_die("cannot run %s", argv[0]);
}

pid_t bench_fork(void (*run)(void *data), void *data, bool is_pinned) {
        pid_t parent = getpid(), pid = fork();

        if (pid < 0)
                bench_die("fork");
        if (pid > 0)
                return pid;
        child_setup(parent, is_pinned);
        run(data);
        _exit(0);
}

void bench_reap(pid_t pid) {
        uint64_t deadline = bench_now_ns() + UINT64_C(15000000000);

        (void)kill(pid, SIGTERM);
        while (waitpid(pid, NULL, WNOHANG) == 0) {
                struct timespec pause = { .tv_nsec = 5000000 };

                if (bench_now_ns() > deadline)
                        (void)kill(pid, SIGKILL);
                (void)nanosleep(&pause, NULL);
        }
}

void bench_write_all(int fd, const void *data, size_t size) {
        const uint8_t *p = data;

        while (size > 0) {
                ssize_t n = write(fd, p, size);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n <= 0)
                        bench_die("write");
                p += n;
                size -= (size_t)n;
        }
}

static int connect_until(const struct sockaddr *address, socklen_t size, uint64_t deadline_ns) {
        for (;;) {
                int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
                struct timespec pause = { .tv_nsec = 2000000 };

                if (fd < 0)
                        bench_die("socket");
                if (connect(fd, address, size) == 0)
                        return fd;
                (void)close(fd);
                if (bench_now_ns() > deadline_ns)
                        bench_die("cannot connect");
                (void)nanosleep(&pause, NULL);
        }
}

static struct sockaddr_un unix_address(const char *path) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };

        if (strlen(path) >= sizeof(address.sun_path))
                bench_die("path too long: %s", path);
        strcpy(address.sun_path, path);
        return address;
}

int bench_connect_unix(const char *path, uint64_t deadline_ns) {
        struct sockaddr_un address = unix_address(path);

        return connect_until((struct sockaddr *)&address, sizeof(address), deadline_ns);
}

int bench_connect_loopback(int port, uint64_t deadline_ns) {
        struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
        int one = 1, fd;

        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        fd = connect_until((struct sockaddr *)&address, sizeof(address), deadline_ns);
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
        return fd;
}

int bench_listen_unix(const char *path) {
        struct sockaddr_un address = unix_address(path);
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
            listen(fd, 8) < 0)
                bench_die("listen on %s", path);
        return fd;
}

int bench_find_port(void) {
        struct sockaddr_in address = { .sin_family = AF_INET };
        socklen_t size = sizeof(address);
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
            getsockname(fd, (struct sockaddr *)&address, &size) < 0)
                bench_die("no free port");
        (void)close(fd);
        return ntohs(address.sin_port);
}

static char folder[64];
static pid_t folder_owner;

static void folder_remove(void) {
        DIR *directory;
        struct dirent *entry;

        if (getpid() != folder_owner)
                return;
        directory = opendir(folder);
        while (directory && (entry = readdir(directory)))
                (void)unlinkat(dirfd(directory), entry->d_name, 0);
        if (directory)
                (void)closedir(directory);
        (void)rmdir(folder);
}

const char *bench_folder(void) {
        if (folder[0] == '\0') {
                (void)snprintf(folder, sizeof(folder), "%s", "/tmp/gcasync-bench-XXXXXX");
                if (!mkdtemp(folder))
                        bench_die("mkdtemp");
                folder_owner = getpid();
                (void)atexit(folder_remove);
        }
        return folder;
}

char *bench_path(const char *name) {
        char *path = NULL;

        if (asprintf(&path, "%s/%s", bench_folder(), name) < 0)
                bench_die("asprintf");
        return path;
}
