/* SPDX-License-Identifier: MIT */

/* gcasyncd, driven through the shipped client library as any program would. */

#include <fcntl.h>
#include <gcasync/client.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "ipc.h"

struct daemon {
        pid_t pid;
        char *socket_path;
        gcasync_client *client;
        int hold_fd;
};

static char *build_path(const char *name) {
        const char *build = getenv("GCASYNC_BENCH_BUILD");
        char *path = NULL;

        if (!build)
                bench_die("GCASYNC_BENCH_BUILD is not set: run bench/ipc");
        if (asprintf(&path, "%s/%s", build, name) < 0)
                bench_die("asprintf");
        return path;
}

struct daemon *daemon_open(bool is_pinned) {
        static unsigned n_daemons;
        struct daemon *daemon = calloc(1, sizeof(*daemon));
        gcasync_client_options options = { .size = sizeof(options) };
        char *program = build_path("src/daemon/gcasyncd"), *kinds = build_path("src/kinds/.libs");
        char *module = build_path("bench/.libs"), name[32];
        char *argv[] = { program,
                         (char *)"--socket",
                         NULL,
                         (char *)"--module-dir",
                         kinds,
                         (char *)"--module-dir",
                         module,
                         (char *)"--workers",
                         (char *)"1",
                         (char *)"--limit",
                         (char *)"queued-bytes=4G",
                         (char *)"--log-level",
                         (char *)"error",
                         (char *)"--output-dir",
                         (char *)(uintptr_t)bench_folder(),
                         (char *)"--allow-root",
                         NULL };
        int r;

        (void)snprintf(name, sizeof(name), "socket-%u", n_daemons++);
        daemon->socket_path = bench_path(name);
        daemon->hold_fd = -1;
        argv[2] = daemon->socket_path;
        daemon->pid = bench_spawn(argv, is_pinned);
        (void)close(
                bench_connect_unix(daemon->socket_path, bench_now_ns() + UINT64_C(10000000000)));
        options.socket_path = daemon->socket_path;
        options.client_name = "bench";
        r = gcasync_client_open(&options, &daemon->client);
        if (r != 0)
                bench_die("cannot open the daemon: %s", gcasync_strerror(r));
        free(program);
        free(kinds);
        free(module);
        return daemon;
}

struct load {
        size_t n_done;
};

static void echo_check(gcasync_result *result) {
        gcasync_view value;
        const void *data;
        size_t size;

        if (gcasync_result_get_value(result, &value) != 0 ||
            gcasync_view_get_bytes(value, &data, &size) != 0 || size != BENCH_PAYLOAD_SIZE ||
            memcmp(data, bench_payload, size) != 0)
                bench_die("wrong reply: %s", gcasync_result_get_failure_message(result));
}

static void echo_done(gcasync_call *call, void *data) {
        struct load *load = data;
        gcasync_result *result;
        int r = gcasync_submit_finish(call, &result);

        if (r != 0)
                bench_die("submit: %s", gcasync_strerror(r));
        echo_check(result);
        gcasync_result_unref(result);
        load->n_done++;
}

/* The arguments are built anew for each job, as a program with different ones would. */
static void echo_build(gcasync_builder *builder) {
        gcasync_builder_reset(builder);
        gcasync_builder_open_map(builder);
        gcasync_builder_key(builder, "value");
        gcasync_builder_bytes(builder, bench_payload, BENCH_PAYLOAD_SIZE);
        gcasync_builder_close_map(builder);
}

static double daemon_run_single(struct daemon *daemon, gcasync_submit_options *options, size_t n) {
        double *latencies = calloc(n, sizeof(*latencies)), p50;

        for (size_t i = 0; i < n; i++) {
                gcasync_result *result;
                uint64_t begin = bench_now_ns();

                echo_build(options->arguments);
                if (gcasync_submit(daemon->client, options, GCASYNC_NO_DEADLINE, &result) != 0)
                        bench_die("submit");
                echo_check(result);
                gcasync_result_unref(result);
                latencies[i] = (double)(bench_now_ns() - begin) / 1e3;
        }
        p50 = bench_quantile(latencies, n, 0.5);
        free(latencies);
        return p50;
}

static void
daemon_run_window(struct daemon *daemon, gcasync_submit_options *options, size_t n, size_t depth) {
        struct load load = { 0 };

        for (size_t n_sent = 0; load.n_done < n;) {
                size_t n_free = depth - (n_sent - load.n_done);

                if (n_free > n - n_sent)
                        n_free = n - n_sent;
                if (n_free > 0 && (2 * n_free >= depth || n_free == n - n_sent))
                        for (; n_free > 0; n_free--, n_sent++) {
                                echo_build(options->arguments);
                                if (gcasync_submit_async(
                                            daemon->client, options, echo_done, &load, NULL) != 0)
                                        bench_die("submit");
                        }
                if (gcasync_client_wait(daemon->client, GCASYNC_NO_DEADLINE) != 0)
                        bench_die("wait");
        }
}

struct bench_sample
daemon_run_echo(struct daemon *daemon, const char *kind, size_t n, size_t depth) {
        gcasync_submit_options options = { .size = sizeof(options), .kind = kind };
        struct bench_sample sample = { 0 };
        uint64_t begin, cpu;

        options.arguments = gcasync_builder_new();
        daemon_run_window(daemon, &options, n / 20 + 1, depth);
        begin = bench_now_ns();
        cpu = bench_cpu_ns(daemon->pid);
        if (depth == 1)
                sample.p50_us = daemon_run_single(daemon, &options, n);
        else
                daemon_run_window(daemon, &options, n, depth);
        sample.rate = (double)n * 1e9 / (double)(bench_now_ns() - begin);
        sample.server_us = (double)(bench_cpu_ns(daemon->pid) - cpu) / 1e3 / (double)n;
        gcasync_builder_free(options.arguments);
        return sample;
}

static void exec_done(gcasync_call *call, void *data) {
        struct load *load = data;
        gcasync_result *result;
        gcasync_view value, status;
        int64_t code;

        if (gcasync_submit_finish(call, &result) != 0 ||
            gcasync_result_get_value(result, &value) != 0 ||
            gcasync_view_find(value, "status", &status) != 0 ||
            gcasync_view_get_int(status, &code) != 0 || code != 0)
                bench_die("/bin/true failed");
        gcasync_result_unref(result);
        load->n_done++;
}

struct bench_sample daemon_run_exec(struct daemon *daemon, size_t n, size_t depth) {
        gcasync_submit_options options = { .size = sizeof(options), .kind = "exec" };
        struct bench_sample sample = { 0 };
        struct load load = { 0 };
        uint64_t begin;

        options.arguments = gcasync_builder_new();
        gcasync_builder_open_map(options.arguments);
        gcasync_builder_key(options.arguments, "argv");
        gcasync_builder_open_list(options.arguments);
        gcasync_builder_string(options.arguments, "/bin/true");
        gcasync_builder_close_list(options.arguments);
        gcasync_builder_close_map(options.arguments);
        begin = bench_now_ns();
        for (size_t n_sent = 0; load.n_done < n;) {
                for (; n_sent < n && n_sent - load.n_done < depth; n_sent++)
                        if (gcasync_submit_async(
                                    daemon->client, &options, exec_done, &load, NULL) != 0)
                                bench_die("submit");
                if (gcasync_client_wait(daemon->client, GCASYNC_NO_DEADLINE) != 0)
                        bench_die("wait");
        }
        sample.rate = (double)n * 1e9 / (double)(bench_now_ns() - begin);
        gcasync_builder_free(options.arguments);
        return sample;
}

/* The total of strace's summary table: "100.00  0.1  3  3000  total". */
static double calls_parse(const char *path) {
        FILE *file = fopen(path, "re");
        char line[256];
        double total = -1;

        if (!file)
                bench_die("strace wrote nothing");
        while (fgets(line, sizeof(line), file)) {
                double share, seconds;
                unsigned long per_call, n;

                if (strstr(line, " total") &&
                    sscanf(line, "%lf %lf %lu %lu", &share, &seconds, &per_call, &n) == 4)
                        total = (double)n;
        }
        (void)fclose(file);
        (void)unlink(path);
        if (total < 0)
                bench_die("strace counted nothing");
        return total;
}

double daemon_count_calls(struct daemon *daemon, size_t n, size_t depth) {
        gcasync_submit_options options = { .size = sizeof(options), .kind = "core.echo" };
        char pid[16], *path = bench_path("strace");
        struct timespec settle = { .tv_nsec = 500000000 };
        pid_t tracer;
        double n_calls;

        options.arguments = gcasync_builder_new();
        (void)snprintf(pid, sizeof(pid), "%d", (int)daemon->pid);
        tracer = bench_spawn((char *[]){ (char *)"strace",
                                         (char *)"-f",
                                         (char *)"-qq",
                                         (char *)"-c",
                                         (char *)"-o",
                                         path,
                                         (char *)"-p",
                                         pid,
                                         NULL },
                             false);
        (void)nanosleep(&settle, NULL);
        daemon_run_window(daemon, &options, n, depth);
        (void)kill(tracer, SIGINT);
        (void)waitpid(tracer, NULL, 0);
        n_calls = calls_parse(path);
        gcasync_builder_free(options.arguments);
        free(path);
        return n_calls / (double)n;
}

/* One task blocks the only worker; behind it large echoes wait, arguments and all. */
void daemon_hold(struct daemon *daemon, size_t size) {
        enum {
                ARGUMENT_SIZE = 8 << 20
        };
        gcasync_submit_options options = { .size = sizeof(options),
                                           .kind = "bench.hold",
                                           .detached = true };
        char *fifo = bench_path("hold");
        uint8_t *data = malloc(ARGUMENT_SIZE);
        gcasync_result *result;

        memset(data, 'x', ARGUMENT_SIZE);
        if (mkfifo(fifo, 0600) < 0)
                bench_die("mkfifo");
        options.arguments = gcasync_builder_new();
        gcasync_builder_open_map(options.arguments);
        gcasync_builder_key(options.arguments, "path");
        gcasync_builder_string(options.arguments, fifo);
        gcasync_builder_close_map(options.arguments);
        if (gcasync_submit(daemon->client, &options, GCASYNC_NO_DEADLINE, &result) != 0)
                bench_die("submit");
        gcasync_result_unref(result);
        daemon->hold_fd = open(fifo, O_WRONLY | O_CLOEXEC); /* waits for the task to have started */
        options.kind = "bench.echo";
        for (size_t held = 0; held < size; held += ARGUMENT_SIZE) {
                gcasync_builder_reset(options.arguments);
                gcasync_builder_open_map(options.arguments);
                gcasync_builder_key(options.arguments, "value");
                gcasync_builder_bytes(options.arguments, data, ARGUMENT_SIZE);
                gcasync_builder_close_map(options.arguments);
                if (gcasync_submit(daemon->client, &options, GCASYNC_NO_DEADLINE, &result) != 0)
                        bench_die("submit");
                gcasync_result_unref(result);
        }
        gcasync_builder_free(options.arguments);
        free(fifo);
        free(data);
}

void daemon_close(struct daemon *daemon) {
        gcasync_client_unref(daemon->client);
        if (daemon->hold_fd >= 0)
                (void)close(daemon->hold_fd);
        bench_reap(daemon->pid);
        free(daemon->socket_path);
        free(daemon);
}
