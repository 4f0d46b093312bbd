/* SPDX-License-Identifier: MIT */

/* spawn_run() where the system has nothing left to give. test-exec has what succeeds. */

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "helpers/suite.h"
#include "kinds/exec/spawn.h"

enum {
        N_DESCRIPTORS = 1000, /* the limit, but where a test wants another */
};

static char *true_argv[] = { "true", NULL };
static char *no_env[] = { NULL };
static const char *true_paths[] = { "/nonexistent/true", "/bin/true", NULL };
static const char *wrong_paths[] = { "/nonexistent/true", "/etc/passwd/true", NULL };

static struct spawn make_spawn(void) {
        struct spawn spawn;

        spawn_init(&spawn);
        spawn.plan = (struct spawn_plan){
                .argv = true_argv,
                .envp = no_env,
                .paths = true_paths,
                .cwd = "/",
                .umask = 022,
                .stdin_data = "input",
                .stdin_size = 5,
                .is_captured = true,
        };
        return spawn;
}

/* The lowest descriptor that is free. */
static int find_free_fd(void) {
        int fd = dup(0);

        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(close(fd), 0);
        return fd;
}

/* The lowest descriptor that is free, when all above it are: gaps between those that came with the process are filled. */
static int fill_gaps(void) {
        int highest = 0, fd;

        for (fd = 0; fd < N_DESCRIPTORS; fd++)
                if (fcntl(fd, F_GETFD) >= 0)
                        highest = fd;
        do
                fd = dup(0);
        while (fd >= 0 && fd < highest);
        ck_assert_int_gt(fd, highest);
        ck_assert_int_eq(close(fd), 0);
        return fd;
}

static void set_descriptor_limit(rlim_t n) {
        struct rlimit limit;

        ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
        limit.rlim_cur = n;
        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void expect_no_children(void) {
        siginfo_t info;

        ck_assert_int_eq(waitid(P_ALL, 0, &info, WEXITED | WNOHANG), -1);
        ck_assert_int_eq(errno, ECHILD);
}

static void expect_end(struct spawn *spawn, int status) {
        siginfo_t info;

        ck_assert_msg(spawn->pidfd >= 0,
                      "cannot %s: %s",
                      spawn_step_to_text(spawn->failed_step),
                      strerror(spawn->error));
        ck_assert_int_eq(waitid(P_PIDFD, (id_t)spawn->pidfd, &info, WEXITED), 0);
        ck_assert_int_eq(info.si_code, CLD_EXITED);
        ck_assert_int_eq(info.si_status, status);
        spawn_release(spawn);
        ck_assert_ptr_null(spawn->child);
        spawn_deinit(spawn);
        spawn_deinit(spawn);
}

static void expect_started(struct spawn *spawn) {
        expect_end(spawn, 0);
        ck_assert_int_eq(spawn->failed_step, SPAWN_STEP_NONE);
}

/* With one descriptor more each time another step fails, until there are enough. */
START_TEST(each_step_that_finds_no_descriptor_is_told) {
        const enum spawn_step steps[] = {
                SPAWN_STEP_INPUT,  SPAWN_STEP_OUTPUT, SPAWN_STEP_OUTPUT,
                SPAWN_STEP_OUTPUT, SPAWN_STEP_OUTPUT, SPAWN_STEP_CLONE,
        };
        int n = fill_gaps();
        struct spawn spawn;

        for (size_t i = 0; i < SUITE_SIZE(steps); i++) {
                set_descriptor_limit((rlim_t)n + i);
                spawn = make_spawn();
                ck_assert_int_eq(spawn_run(&spawn), -1);
                set_descriptor_limit(N_DESCRIPTORS);
                ck_assert_int_eq(spawn.failed_step, steps[i]);
                ck_assert_int_eq(spawn.error, EMFILE);
                ck_assert_int_eq(spawn.pidfd, -1);
                ck_assert_int_eq(find_free_fd(), n);
                expect_no_children();
        }
        set_descriptor_limit((rlim_t)n + SUITE_SIZE(steps));
        spawn = make_spawn();
        (void)spawn_run(&spawn);
        set_descriptor_limit(N_DESCRIPTORS);
        expect_started(&spawn);
        ck_assert_int_eq(find_free_fd(), n);
}
END_TEST

START_TEST(program_that_is_in_none_of_its_places_is_told) {
        struct spawn spawn = make_spawn();
        int n = find_free_fd();

        spawn.plan.paths = wrong_paths;
        ck_assert_int_eq(spawn_run(&spawn), spawn.pidfd);
        expect_end(&spawn, 127);
        ck_assert_int_eq(spawn.failed_step, SPAWN_STEP_EXECUTE);
        ck_assert_int_eq(spawn.error, ENOTDIR);
        ck_assert_int_eq(find_free_fd(), n);
        expect_no_children();
}
END_TEST

START_TEST(signal_mask_of_the_caller_is_left_as_it_was) {
        struct spawn spawn = make_spawn();
        sigset_t before, after;

        ck_assert_int_eq(sigemptyset(&before), 0);
        ck_assert_int_eq(sigaddset(&before, SIGUSR1), 0);
        ck_assert_int_eq(pthread_sigmask(SIG_SETMASK, &before, NULL), 0);
        (void)spawn_run(&spawn);
        ck_assert_int_eq(pthread_sigmask(SIG_SETMASK, NULL, &after), 0);
        for (int number = 1; number < NSIG; number++)
                ck_assert_int_eq(sigismember(&after, number), number == SIGUSR1);
        expect_started(&spawn);
}
END_TEST

START_TEST(steps_have_texts) {
        for (int step = SPAWN_STEP_INPUT; step <= SPAWN_STEP_EXECUTE; step++)
                ck_assert_uint_gt(strlen(spawn_step_to_text((enum spawn_step)step)), 0);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                each_step_that_finds_no_descriptor_is_told,
                program_that_is_in_none_of_its_places_is_told,
                signal_mask_of_the_caller_is_left_as_it_was,
                steps_have_texts,
        };

        return suite_run("spawn", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
