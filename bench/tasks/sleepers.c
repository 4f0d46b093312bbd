/* SPDX-License-Identifier: MIT */
#include "sleepers.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gcasync/runtime.h>

#include "../common.h"

enum {
        N_SLEEPERS = 200000
};

#define SLEEP_NS UINT64_C(5000000000)

static struct {
        uint64_t begin_ns, wake_ns;
        double base_bytes, base_page_bytes;
        _Atomic size_t n_begun;
        size_t n_settled;
        struct sleepers result;
} run;

/* A line "name: N kB" of /proc/self/status. */
static double read_status_bytes(const char *name) {
        FILE *file = fopen("/proc/self/status", "r");
        size_t length = strlen(name);
        unsigned long kb = 0;
        char line[256];

        if (!file)
                bench_die("/proc/self/status");
        while (fgets(line, sizeof(line), file))
                if (strncmp(line, name, length) == 0 && line[length] == ':')
                        (void)sscanf(line + length + 1, "%lu", &kb);
        (void)fclose(file);
        return (double)kb * 1024;
}

/* The last one to begin finds the others asleep. */
static void tell_memory(void) {
        run.result.spawn_ms = (double)(bench_now_ns() - run.begin_ns) / 1e6;
        run.result.bytes = (read_status_bytes("VmRSS") - run.base_bytes) / N_SLEEPERS;
        run.result.page_bytes = (read_status_bytes("VmPTE") - run.base_page_bytes) / N_SLEEPERS;
}

static gca_value sleeper_body(gca_task *task, gca_region *region) {
        (void)region;
        /* Relaxed: a count. */
        if (atomic_fetch_add_explicit(&run.n_begun, 1, memory_order_relaxed) == N_SLEEPERS - 1)
                tell_memory();
        if (gca_await_timer(task, run.wake_ns) != 0)
                bench_die("a sleeper was woken");
        return gca_nil();
}

static const gca_kind sleeper_kind = {
        .size = sizeof(gca_kind),
        .name = "sleeper",
        .mode = GCA_MODE_BODY,
        .body = sleeper_body,
};
static const gca_kind_entry sleeper_entry = { .kind = &sleeper_kind, .full_name = "sleeper" };

static void on_settled(gca_task *task) {
        gca_runtime *runtime = gca_task_get_runtime(task);

        (void)gca_task_unref(task);
        if (++run.n_settled == N_SLEEPERS)
                gca_runtime_stop(runtime);
}

static void submit_all(gca_runtime *runtime) {
        gca_task_options options = { .size = sizeof(options), .kind = &sleeper_entry };

        run.base_bytes = read_status_bytes("VmRSS");
        run.base_page_bytes = read_status_bytes("VmPTE");
        run.begin_ns = bench_now_ns();
        run.wake_ns = run.begin_ns + SLEEP_NS;
        for (uint64_t i = 1; i <= N_SLEEPERS; i++) {
                gca_task *task;

                options.id = i;
                task = gca_task_new(runtime, &options);
                if (!task)
                        bench_die("no memory");
                gca_task_submit(task);
        }
}

static void run_all(int out) {
        static const gca_host_ops ops = {
                .size = sizeof(ops),
                .settled = on_settled,
        };
        gca_runtime_options options = { .size = sizeof(options), .n_workers = 1, .host_ops = &ops };
        gca_runtime *runtime;

        if (gca_runtime_new(&options, &runtime) != 0)
                bench_die("no runtime");
        submit_all(runtime);
        if (gca_runtime_run(runtime) != 0)
                bench_die("the runtime fails");
        run.result.lag_ms = (double)(bench_now_ns() - run.wake_ns) / 1e6;
        (void)gca_runtime_free(runtime);
        bench_write_all(out, &run.result, sizeof(run.result));
        _exit(0);
}

void sleepers_measure(struct sleepers *ret_sleepers) {
        int ends[2], status;
        pid_t pid;

        if (pipe(ends) < 0 || (pid = fork()) < 0)
                bench_die("fork");
        if (pid == 0)
                run_all(ends[1]);
        (void)close(ends[1]);
        if (read(ends[0], ret_sleepers, sizeof(*ret_sleepers)) != sizeof(*ret_sleepers))
                bench_die("the sleepers failed");
        (void)close(ends[0]);
        if (waitpid(pid, &status, 0) != pid || status != 0)
                bench_die("the sleepers failed");
}
