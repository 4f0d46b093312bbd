/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gcasync/runtime.h>

#include "base/cleanup.h"
#include "helpers/suite.h"

enum {
        PATH_SIZE = 512
};

struct told {
        char text[4096];
        size_t n;
};

/* A module directory of its own and what loading it gave. */
static char directory[PATH_SIZE];
static struct told told;
static gca_registry *registry;

static void tell(const char *path, const char *text, void *data) {
        size_t length = strlen(told.text);

        (void)data;
        (void)snprintf(told.text + length, sizeof(told.text) - length, "%s: %s\n", path, text);
        told.n++;
}

static void setup(void) {
        const char *tmp = getenv("TMPDIR");

        (void)snprintf(directory,
                       sizeof(directory),
                       "%s/test-module-load-XXXXXX",
                       tmp != NULL ? tmp : "/tmp");
        ck_assert_ptr_nonnull(mkdtemp(directory));
        registry = gca_registry_new();
        ck_assert_ptr_nonnull(registry);
}

static void teardown(void) {
        DIR *dir = opendir(directory);
        struct dirent *entry;

        while ((entry = readdir(dir)) != NULL)
                (void)unlinkat(dirfd(dir), entry->d_name, 0);
        (void)closedir(dir);
        ck_assert_int_eq(rmdir(directory), 0);
        registry = gca_registry_free(registry);
}

static const char *get_path(const char *name) {
        static char path[PATH_SIZE + 64];

        (void)snprintf(path, sizeof(path), "%s/%s", directory, name);
        return path;
}

/* Writes a file of the directory, mode 0644 whatever the umask. */
static void put_file(const char *name, const void *data, size_t size) {
        cleanup_(closep) int fd =
                open(get_path(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(write(fd, data, size), (ssize_t)size);
        ck_assert_int_eq(fchmod(fd, 0644), 0);
}

/* Copies one of the modules that were built for this test. */
static void put_module(const char *sample, const char *name) {
        static char data[4 * 1024 * 1024];
        const char *build = getenv("GCASYNC_BUILDDIR");
        char path[PATH_SIZE];

        (void)snprintf(path,
                       sizeof(path),
                       "%s/tests/unit/modules/.libs/%s.so",
                       build != NULL ? build : ".",
                       sample);
        cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC);
        ck_assert_msg(fd >= 0, "%s: %s", path, strerror(errno));
        ssize_t n = read(fd, data, sizeof(data));
        ck_assert(n > 0 && n < (ssize_t)sizeof(data));
        put_file(name, data, (size_t)n);
}

static int load(void) {
        return gca_registry_load_directory(registry, directory, tell, NULL);
}

static bool has_kind(const char *name) {
        return gca_registry_find(registry, name, strlen(name)) != NULL;
}

static void expect_refused(const char *text) {
        ck_assert_int_eq(load(), -EINVAL);
        ck_assert_msg(strstr(told.text, text) != NULL, "told: %s", told.text);
        ck_assert_msg(told.n == 1, "told: %s", told.text);
}

static int count_fds(void) {
        DIR *dir = opendir("/proc/self/fd");
        int n = 0;

        while (readdir(dir) != NULL)
                n++;
        (void)closedir(dir);
        return n;
}

START_TEST(several_modules_are_loaded) {
        setup();
        put_module("sound", "a.so");
        put_module("other", "b.so");
        put_file("README", "no module", 9);
        put_file(".hidden.so", "no module", 9);
        ck_assert_msg(load() == 0, "told: %s", told.text);
        ck_assert(has_kind("sample.work"));
        ck_assert(has_kind("other"));
        ck_assert(!gca_registry_find(registry, "other", 5)->is_inline_allowed);
        teardown();
}
END_TEST

/* Each file gets the same descriptor number unless the loader minds: the linker would then take the second
 * for the first. */
START_TEST(modules_of_two_directories_are_told_apart) {
        setup();
        put_module("sound", "a.so");
        ck_assert_int_eq(load(), 0);
        ck_assert_int_eq(unlink(get_path("a.so")), 0);
        put_module("other", "a.so");
        ck_assert_int_eq(load(), 0);
        ck_assert(has_kind("sample.work"));
        ck_assert(has_kind("other"));
        teardown();
}
END_TEST

START_TEST(module_loaded_again_takes_no_other_descriptor) {
        gca_registry *second = gca_registry_new();

        setup();
        put_module("sound", "a.so");
        ck_assert_int_eq(load(), 0);
        int n_fds = count_fds();
        ck_assert_int_eq(gca_registry_load_directory(second, directory, tell, NULL), 0);
        ck_assert_int_eq(count_fds(), n_fds);
        ck_assert_ptr_eq(gca_registry_get(second, 0)->kind, gca_registry_get(registry, 0)->kind);
        gca_registry_free(second);
        teardown();
}
END_TEST

START_TEST(modules_outlive_the_registry) {
        setup();
        put_module("sound", "a.so");
        ck_assert_int_eq(load(), 0);
        const gca_kind *kind = gca_registry_get(registry, 0)->kind;
        registry = gca_registry_free(registry);
        ck_assert_str_eq(kind->name, "work");
        teardown();
}
END_TEST

START_TEST(faulty_module_does_not_keep_the_others_out) {
        setup();
        put_file("a.so", "no module", 9);
        put_module("sound", "b.so");
        expect_refused("a.so: not loaded: ");
        ck_assert(has_kind("sample.work"));
        teardown();
}
END_TEST

START_TEST(same_module_under_two_names_is_told) {
        setup();
        put_module("sound", "a.so");
        put_module("sound", "b.so");
        expect_refused("b.so: kind \"sample.work\" is there already, from ");
        ck_assert(has_kind("sample.work"));
        teardown();
}
END_TEST

START_TEST(module_called_core_is_bundled) {
        setup();
        put_module("core", "x.so");
        ck_assert_int_eq(load(), 0);
        ck_assert(has_kind("core.work"));
        teardown();
}
END_TEST

START_TEST(symbolic_link_is_refused) {
        setup();
        put_module("sound", "module");
        ck_assert_int_eq(symlink("module", get_path("a.so")), 0);
        expect_refused("a.so: not loaded: it is a symbolic link");
        teardown();
}
END_TEST

START_TEST(what_is_no_regular_file_is_refused) {
        setup();
        ck_assert_int_eq(mkfifo(get_path("a.so"), 0600), 0);
        expect_refused("a.so: not loaded: it is not a regular file");
        teardown();
}
END_TEST

START_TEST(file_that_others_may_write_is_refused) {
        setup();
        put_module("sound", "a.so");
        ck_assert_int_eq(chmod(get_path("a.so"), 0664), 0);
        expect_refused("(mode 0664); remedy: chmod go-w");
        told = (struct told){ 0 };
        ck_assert_int_eq(chmod(get_path("a.so"), 0646), 0);
        expect_refused("can be written by others than its owner");
        ck_assert(!has_kind("sample.work"));
        teardown();
}
END_TEST

START_TEST(file_that_cannot_be_opened_is_told) {
        setup();
        put_module("sound", "a.so");
        ck_assert_int_eq(chmod(get_path("a.so"), 0), 0);
        if (geteuid() == 0)
                ck_assert_int_eq(load(), 0);
        else
                expect_refused("a.so: not loaded: Permission denied");
        teardown();
}
END_TEST

START_TEST(directory_that_others_may_write_is_refused) {
        setup();
        put_module("sound", "a.so");
        ck_assert_int_eq(chmod(directory, 0777), 0);
        expect_refused("the directory can be written by others");
        ck_assert(!has_kind("sample.work"));
        teardown();
}
END_TEST

START_TEST(file_of_another_user_is_refused) {
        setup();
        put_module("sound", "a.so");
        ck_assert_int_eq(chown(get_path("a.so"), 65534, 65534), 0);
        expect_refused("belongs to uid 65534, neither to root nor to uid 0");
        teardown();
}
END_TEST

START_TEST(directory_of_another_user_is_refused) {
        setup();
        put_module("sound", "a.so");
        ck_assert_int_eq(chown(directory, 65534, 65534), 0);
        expect_refused("the directory belongs to uid 65534");
        ck_assert(!has_kind("sample.work"));
        teardown();
}
END_TEST

START_TEST(directory_that_is_not_there_is_a_fault) {
        registry = gca_registry_new();
        ck_assert_int_eq(gca_registry_load_directory(registry, "/nowhere/at/all", tell, NULL),
                         -ENOENT);
        ck_assert_int_eq(gca_registry_load_directory(registry, "/dev/null", tell, NULL), -ENOTDIR);
        ck_assert_uint_eq(told.n, 0);
        gca_registry_free(registry);
}
END_TEST

START_TEST(what_is_no_module_is_refused) {
        static const struct {
                const char *sample, *text;
        } rows[] = {
                { "none", "does not export gcasync_module" },
                { "small", "not a module's descriptor of the size it says" },
                { "function", "not a module's descriptor of the size it says" },
                { "old", "version 0 of the module interface" },
                { "unresolved", "undefined symbol: sample_that_is_nowhere" },
        };

        for (size_t i = 0; i < SUITE_SIZE(rows); i++) {
                told = (struct told){ 0 };
                setup();
                put_module(rows[i].sample, "a.so");
                expect_refused(rows[i].text);
                ck_assert_ptr_null(gca_registry_get(registry, 0));
                teardown();
        }
}
END_TEST

START_TEST(truncated_module_is_refused) {
        setup();
        put_module("sound", "a.so");
        ck_assert_int_eq(truncate(get_path("a.so"), 100), 0);
        expect_refused("a.so: not loaded: ");
        ck_assert_ptr_null(strstr(told.text, "/proc/self/fd"));
        teardown();
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                several_modules_are_loaded,
                modules_of_two_directories_are_told_apart,
                module_loaded_again_takes_no_other_descriptor,
                modules_outlive_the_registry,
                faulty_module_does_not_keep_the_others_out,
                same_module_under_two_names_is_told,
                module_called_core_is_bundled,
                symbolic_link_is_refused,
                what_is_no_regular_file_is_refused,
                file_that_others_may_write_is_refused,
                file_that_cannot_be_opened_is_told,
                directory_that_others_may_write_is_refused,
                directory_that_is_not_there_is_a_fault,
                what_is_no_module_is_refused,
                truncated_module_is_refused,
                /* for root only, who can give files away */
                file_of_another_user_is_refused,
                directory_of_another_user_is_refused,
        };
        size_t n_tests = SUITE_SIZE(tests);

        for (; geteuid() != 0 && n_tests > SUITE_SIZE(tests) - 2; n_tests--)
                suite_skip(tests[n_tests - 1], "needs root");
        return suite_run("module-load", tests, n_tests, SUITE_TIMEOUT_S);
}
