/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "daemon/options.h"
#include "helpers/suite.h"

enum {
        ARGUMENTS_MAX = 16,
};

static struct options options;
static char told[4096];

/* Parses the words; what was told on standard error is in told. */
static int parse(const char *const *words) {
        char *argv[ARGUMENTS_MAX + 2] = { (char *)(uintptr_t) "gcasyncd" };
        int argc = 1, saved = dup(STDERR_FILENO), ends[2], r;
        ssize_t n;

        for (; words[argc - 1]; argc++)
                argv[argc] = (char *)(uintptr_t)words[argc - 1];
        ck_assert_int_eq(pipe(ends), 0);
        ck_assert_int_eq(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
        log_setup("gcasyncd", LOG_LEVEL_ERROR, LOG_FORMAT_PLAIN);
        r = options_parse(&options, argc, argv);
        ck_assert_int_eq(dup2(saved, STDERR_FILENO), STDERR_FILENO);
        (void)close(ends[1]);
        n = read(ends[0], told, sizeof(told) - 1);
        told[n > 0 ? n : 0] = '\0';
        (void)close(ends[0]);
        (void)close(saved);
        return r;
}

#define PARSE(...) parse((const char *const[]){ __VA_ARGS__, NULL })

START_TEST(no_options_mean_the_defaults) {
        ck_assert_int_eq(parse((const char *const[]){ NULL }), 0);
        ck_assert_int_eq(options.instance, INSTANCE_USER);
        ck_assert_ptr_null(options.socket_path);
        ck_assert_uint_eq(options.n_module_dirs, 1);
        ck_assert_str_eq(options.module_dirs[0], GCASYNC_MODULE_DIR);
        ck_assert_uint_eq(options.grace_ns, 10 * NS_PER_S);
        ck_assert_int_eq(options.ready_fd, -1);
        ck_assert(!options.is_root_allowed);
        options_deinit(&options);
}
END_TEST

START_TEST(every_option_is_taken) {
        ck_assert_int_eq(PARSE("--system",
                               "-s",
                               "/run/x",
                               "--module-dir=/a",
                               "--module-dir=/b",
                               "--inline-kind=words.count",
                               "--workers=3",
                               "--grace=0.5",
                               "--limit=tasks=5",
                               "--output-dir=/o",
                               "--log-level=debug",
                               "--log-format=priority",
                               "--allow-root"),
                         0);
        ck_assert_int_eq(options.instance, INSTANCE_SYSTEM);
        ck_assert_str_eq(options.socket_path, "/run/x");
        ck_assert_uint_eq(options.n_module_dirs, 2);
        ck_assert_str_eq(options.module_dirs[1], "/b");
        ck_assert_str_eq(options.inline_kinds[0], "words.count");
        ck_assert_uint_eq(options.n_workers, 3);
        ck_assert_uint_eq(options.grace_ns, NS_PER_S / 2);
        ck_assert_uint_eq(limits_get(&options.limits, LIMIT_TASKS), 5);
        ck_assert_str_eq(options.output_dir, "/o");
        ck_assert_int_eq(options.log_level, LOG_LEVEL_DEBUG);
        ck_assert_int_eq(options.log_format, LOG_FORMAT_PRIORITY);
        ck_assert(options.is_root_allowed);
        options_deinit(&options);
}
END_TEST

START_TEST(all_faults_are_told_in_one_go) {
        ck_assert_int_eq(PARSE("--nonsense",
                               "--grace=x",
                               "--limit=taks=1",
                               "--workers=-1",
                               "--log-level=loud",
                               "--ready-fd=999",
                               "extra"),
                         OPTIONS_E_USAGE);
        ck_assert_ptr_nonnull(strstr(told, "--nonsense"));
        ck_assert_ptr_nonnull(strstr(told, "--grace"));
        ck_assert_ptr_nonnull(strstr(told, "did you mean \"tasks\""));
        ck_assert_ptr_nonnull(strstr(told, "--workers"));
        ck_assert_ptr_nonnull(strstr(told, "loud"));
        ck_assert_ptr_nonnull(strstr(told, "--ready-fd"));
        ck_assert_ptr_nonnull(strstr(told, "extra"));
        options_deinit(&options);
}
END_TEST

START_TEST(option_without_its_value_is_told) {
        ck_assert_int_eq(PARSE("--socket"), OPTIONS_E_USAGE);
        ck_assert_ptr_nonnull(strstr(told, "--socket needs a value"));
        options_deinit(&options);
        ck_assert_int_eq(PARSE("-x"), OPTIONS_E_USAGE);
        ck_assert_ptr_nonnull(strstr(told, "-x"));
        options_deinit(&options);
        ck_assert_int_eq(PARSE("--user=1"), OPTIONS_E_USAGE);
        ck_assert_ptr_nonnull(strstr(told, "takes no value"));
        options_deinit(&options);
        ck_assert_int_eq(PARSE("--socket="), OPTIONS_E_USAGE);
        options_deinit(&options);
}
END_TEST

START_TEST(ready_descriptor_is_not_inherited) {
        int ends[2];
        char text[32];

        ck_assert_int_eq(pipe(ends), 0);
        (void)snprintf(text, sizeof(text), "--ready-fd=%d", ends[1]);
        ck_assert_int_eq(PARSE(text), 0);
        ck_assert_int_eq(options.ready_fd, ends[1]);
        ck_assert_int_eq(fcntl(ends[1], F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
        options_deinit(&options);
        (void)close(ends[0]);
        (void)close(ends[1]);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                no_options_mean_the_defaults,      every_option_is_taken,
                all_faults_are_told_in_one_go,     option_without_its_value_is_told,
                ready_descriptor_is_not_inherited,
        };

        return suite_run("options", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
