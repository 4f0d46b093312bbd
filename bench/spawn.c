/* SPDX-License-Identifier: MIT */

/* The limit for exec: posix_spawn and waitpid, two children at a time, kernel placement. */

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipc.h"

extern char **environ;

struct bench_sample spawn_run(size_t n) {
        char *argv[] = { (char *)"/bin/true", NULL };
        struct bench_sample sample = { 0 };
        uint64_t begin = bench_now_ns();
        size_t n_started = 0, n_done = 0;

        while (n_done < n) {
                int status;

                while (n_started < n && n_started - n_done < 2) {
                        pid_t pid;

                        if (posix_spawn(&pid, argv[0], NULL, NULL, argv, environ) != 0)
                                bench_die("posix_spawn");
                        n_started++;
                }
                if (waitpid(-1, &status, __WNOTHREAD) < 0)
                        bench_die("waitpid");
                if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
                        bench_die("/bin/true failed");
                n_done++;
        }
        sample.rate = (double)n * 1e9 / (double)(bench_now_ns() - begin);
        return sample;
}
