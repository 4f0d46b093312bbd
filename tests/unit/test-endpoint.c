/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/endpoint.h"
#include "helpers/suite.h"

enum {
        STARTS = 100,
};

static char directory[64], path[96];

/* A directory of its own; what is told is not shown. */
static void make_directory(void) {
        log_setup("test", (enum log_level)0, LOG_FORMAT_PLAIN);
        (void)snprintf(directory, sizeof(directory), "/tmp/gcasync-test-XXXXXX");
        ck_assert_ptr_nonnull(mkdtemp(directory));
        (void)snprintf(path, sizeof(path), "%s/socket", directory);
}

static void remove_directory(void) {
        char lock[128];

        (void)snprintf(lock, sizeof(lock), "%s.lock", path);
        (void)unlink(lock);
        (void)unlink(path);
        ck_assert_int_eq(rmdir(directory), 0);
}

static int connect_to(const char *socket_path) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", socket_path);
        if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
                (void)close(fd);
                return -1;
        }
        return fd;
}

/* A socket that listens without a lock, as another program's would. */
static int listen_at(const char *socket_path) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

        (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", socket_path);
        ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
        ck_assert_int_eq(listen(fd, 1), 0);
        return fd;
}

START_TEST(open_endpoint_is_connected_to_and_gone_when_closed) {
        struct endpoint endpoint;
        struct stat st;
        int fd;

        make_directory();
        ck_assert_int_eq(endpoint_open(&endpoint, INSTANCE_USER, path), 0);
        fd = connect_to(path);
        ck_assert_int_ge(fd, 0);
        (void)close(fd);
        ck_assert_int_eq(stat(path, &st), 0);
        ck_assert_uint_eq(st.st_mode & 0777, 0600);
        endpoint_close(&endpoint);
        endpoint_close(&endpoint);
        ck_assert_int_lt(stat(path, &st), 0);
        remove_directory();
}
END_TEST

START_TEST(system_endpoint_is_for_everybody) {
        struct endpoint endpoint;
        struct stat st;

        make_directory();
        ck_assert_int_eq(endpoint_open(&endpoint, INSTANCE_SYSTEM, path), 0);
        ck_assert_int_eq(stat(path, &st), 0);
        ck_assert_uint_eq(st.st_mode & 0777, 0666);
        endpoint_close(&endpoint);
        remove_directory();
}
END_TEST

START_TEST(user_endpoint_makes_a_directory_of_its_own) {
        char lock[160], made[128];
        struct endpoint endpoint;
        struct stat st;

        make_directory();
        ck_assert_int_eq(setenv("XDG_RUNTIME_DIR", directory, 1), 0);
        ck_assert_int_eq(endpoint_open(&endpoint, INSTANCE_USER, NULL), 0);
        (void)snprintf(made, sizeof(made), "%s/gcasync", directory);
        ck_assert_int_eq(stat(made, &st), 0);
        ck_assert_uint_eq(st.st_mode & 0777, 0700);
        (void)snprintf(lock, sizeof(lock), "%s.lock", endpoint.path);
        endpoint_close(&endpoint);
        ck_assert_int_eq(unlink(lock), 0);
        ck_assert_int_eq(rmdir(made), 0);
        remove_directory();
}
END_TEST

START_TEST(second_endpoint_is_refused_while_the_first_lives) {
        struct endpoint first, second;

        make_directory();
        ck_assert_int_eq(endpoint_open(&first, INSTANCE_USER, path), 0);
        ck_assert_int_eq(endpoint_open(&second, INSTANCE_USER, path), ENDPOINT_E_REFUSED);
        ck_assert_int_eq(access(path, F_OK), 0);
        /* Also when it listens no more, but is not gone yet. */
        endpoint_stop(&first);
        ck_assert_int_eq(endpoint_open(&second, INSTANCE_USER, path), ENDPOINT_E_REFUSED);
        endpoint_close(&first);
        ck_assert_int_eq(endpoint_open(&second, INSTANCE_USER, path), 0);
        endpoint_close(&second);
        remove_directory();
}
END_TEST

START_TEST(stale_socket_is_replaced) {
        struct endpoint endpoint;

        make_directory();
        (void)close(listen_at(path));
        ck_assert_int_eq(endpoint_open(&endpoint, INSTANCE_USER, path), 0);
        endpoint_close(&endpoint);
        remove_directory();
}
END_TEST

START_TEST(socket_that_another_program_listens_at_is_left_alone) {
        struct endpoint endpoint;
        int listening, fd;

        make_directory();
        listening = listen_at(path);
        ck_assert_int_eq(endpoint_open(&endpoint, INSTANCE_USER, path), ENDPOINT_E_REFUSED);
        fd = connect_to(path);
        ck_assert_int_ge(fd, 0);
        (void)close(fd);
        (void)close(listening);
        remove_directory();
}
END_TEST

START_TEST(file_that_is_no_socket_is_left_alone) {
        struct endpoint endpoint;
        int fd;

        make_directory();
        fd = open(path, O_CREAT | O_WRONLY, 0600);
        ck_assert_int_ge(fd, 0);
        (void)close(fd);
        ck_assert_int_eq(endpoint_open(&endpoint, INSTANCE_USER, path), ENDPOINT_E_REFUSED);
        ck_assert_int_eq(access(path, F_OK), 0);
        remove_directory();
}
END_TEST

START_TEST(socket_of_a_successor_is_not_removed) {
        struct endpoint endpoint;
        int listening;

        make_directory();
        ck_assert_int_eq(endpoint_open(&endpoint, INSTANCE_USER, path), 0);
        ck_assert_int_eq(unlink(path), 0);
        listening = listen_at(path);
        endpoint_close(&endpoint);
        ck_assert_int_eq(access(path, F_OK), 0);
        (void)close(listening);
        remove_directory();
}
END_TEST

START_TEST(path_that_is_too_long_is_refused) {
        char long_path[200];
        struct endpoint endpoint;

        log_setup("test", (enum log_level)0, LOG_FORMAT_PLAIN);
        memset(long_path, 'a', sizeof(long_path) - 1);
        long_path[0] = '/';
        long_path[sizeof(long_path) - 1] = '\0';
        ck_assert_int_eq(endpoint_open(&endpoint, INSTANCE_USER, long_path), ENDPOINT_E_REFUSED);
        ck_assert_int_eq(endpoint_open(&endpoint, INSTANCE_USER, "/nonexistent/s"),
                         ENDPOINT_E_REFUSED);
}
END_TEST

/* One of many starts: reports how it went, and holds what it got until the gate opens. */
static void start_one(int reports, int gate) {
        struct endpoint endpoint;
        char byte;

        byte = endpoint_open(&endpoint, INSTANCE_USER, path) == 0 ? 'w' : 'l';
        ck_assert_int_eq(write(reports, &byte, 1), 1);
        (void)!read(gate, &byte, 1);
        _exit(0);
}

static int count_winners(int reports) {
        int n_won = 0;
        char byte;

        for (int i = 0; i < STARTS; i++) {
                ck_assert_int_eq(read(reports, &byte, 1), 1);
                n_won += byte == 'w';
        }
        return n_won;
}

START_TEST(exactly_one_of_many_starts_wins) {
        int reports[2], gate[2];
        pid_t pids[STARTS];

        make_directory();
        (void)close(listen_at(path));
        ck_assert_int_eq(pipe(reports), 0);
        ck_assert_int_eq(pipe(gate), 0);
        for (int i = 0; i < STARTS; i++) {
                pids[i] = fork();
                if (pids[i] == 0) {
                        (void)close(gate[1]);
                        start_one(reports[1], gate[0]);
                }
        }
        ck_assert_int_eq(count_winners(reports[0]), 1);
        (void)close(gate[1]);
        for (int i = 0; i < STARTS; i++)
                ck_assert_int_eq(waitpid(pids[i], NULL, 0), pids[i]);
        remove_directory();
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                open_endpoint_is_connected_to_and_gone_when_closed,
                system_endpoint_is_for_everybody,
                user_endpoint_makes_a_directory_of_its_own,
                second_endpoint_is_refused_while_the_first_lives,
                stale_socket_is_replaced,
                socket_that_another_program_listens_at_is_left_alone,
                file_that_is_no_socket_is_left_alone,
                socket_of_a_successor_is_not_removed,
                path_that_is_too_long_is_refused,
                exactly_one_of_many_starts_wins,
        };

        return suite_run("endpoint", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
