/* SPDX-License-Identifier: MIT */
#include "contest.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../common.h"

enum {
        NAME_SIZE = 32,
        CHECKS_MAX = 16,
};

/* The sums so far. */
static struct {
        const char *check;
        double sum;
} checks[CHECKS_MAX];

static void check_compare(const struct contest *contest, double sum) {
        size_t i = 0;

        if (!contest->check)
                return;
        while (checks[i].check && strcmp(checks[i].check, contest->check) != 0)
                if (++i == CHECKS_MAX)
                        bench_die("too many checks");
        if (!checks[i].check) {
                checks[i].check = contest->check;
                checks[i].sum = sum;
        }
        if (checks[i].sum != sum)
                bench_die("%s %s computes %.17g, others %.17g",
                          contest->program,
                          contest->arguments[0],
                          sum,
                          checks[i].sum);
}

static void contest_take(const struct contest *contest,
                         const char *name,
                         double value,
                         struct figure *figures) {
        if (strcmp(name, "check") == 0)
                check_compare(contest, value);
        for (size_t i = 0; i < CONTEST_FIGURES_MAX && contest->figures[i].name; i++)
                if (strcmp(contest->figures[i].name, name) == 0)
                        figure_add(&figures[contest->figures[i].figure], value);
}

static _Noreturn void contest_exec(const struct contest *contest, pid_t parent, int out) {
        const char *folder = getenv("GCASYNC_BENCH_BUILD");
        char path[4096];

        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent || dup2(out, STDOUT_FILENO) < 0)
                _exit(1);
        (void)snprintf(
                path, sizeof(path), "%s/bench/heap/%s", folder ? folder : ".", contest->program);
        (void)execl(
                path, contest->program, contest->arguments[0], contest->arguments[1], (char *)NULL);
        bench_die("cannot run %s", path);
}

void contest_run(const struct contest *contest, struct figure *figures) {
        pid_t parent = getpid(), pid;
        char line[256], name[NAME_SIZE];
        int ends[2], status;
        double value;
        FILE *out;

        if (pipe(ends) < 0 || (pid = fork()) < 0)
                bench_die("fork");
        if (pid == 0)
                contest_exec(contest, parent, ends[1]);
        (void)close(ends[1]);
        out = fdopen(ends[0], "r");
        if (!out)
                bench_die("fdopen");
        while (fgets(line, sizeof(line), out))
                if (sscanf(line, "%31s %lf", name, &value) == 2)
                        contest_take(contest, name, value, figures);
        (void)fclose(out);
        if (waitpid(pid, &status, 0) != pid || status != 0)
                bench_die("%s %s failed", contest->program, contest->arguments[0]);
}
