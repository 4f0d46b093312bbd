/* SPDX-License-Identifier: MIT */

/* How sessions begin, end and go wrong. */

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gcasync/client.h"
#include "helpers/client.h"
#include "helpers/fake-daemon.h"
#include "helpers/suite.h"

static size_t count_fds(void) {
        DIR *directory = opendir("/proc/self/fd");
        size_t n = 0;

        ck_assert_ptr_nonnull(directory);
        while (readdir(directory))
                n++;
        closedir(directory);
        return n;
}

static int try_open(const char *path) {
        gcasync_client_options options = { .size = sizeof(options),
                                           .socket_path = path,
                                           .connect_deadline_ns = soon() };
        gcasync_client *client = NULL;
        int r = gcasync_client_open(&options, &client);

        ck_assert_ptr_null(client);
        return r;
}

static int try_open_at(enum fake_manner manner, uint64_t deadline_ns) {
        struct fake_daemon *fake = fake_daemon_start(manner);
        gcasync_client_options options = options_for(fake);
        gcasync_client *client = NULL;
        size_t n_fds = count_fds();
        int r;

        options.connect_deadline_ns = deadline_ns;
        r = gcasync_client_open(&options, &client);
        ck_assert_ptr_null(client);
        fake_daemon_stop(fake);
        ck_assert_uint_lt(count_fds(), n_fds);
        return r;
}

START_TEST(without_a_daemon_open_says_so) {
        char path[300];
        FILE *file;

        ck_assert_int_eq(try_open("/nonexistent/gcasync/socket"), GCASYNC_E_NO_DAEMON);
        (void)snprintf(path, sizeof(path), "/tmp/gcasync-test-%d", (int)getpid());
        file = fopen(path, "w");
        ck_assert_ptr_nonnull(file);
        fclose(file);
        ck_assert_int_eq(try_open(path), GCASYNC_E_NO_DAEMON);
        unlink(path);
        memset(path, 'x', sizeof(path));
        path[sizeof(path) - 1] = '\0';
        ck_assert_int_eq(try_open(path), GCASYNC_E_INVALID);
}
END_TEST

START_TEST(refusals_at_hello_come_as_what_they_are) {
        ck_assert_int_eq(try_open_at(FAKE_MANNER_BUSY, soon()), GCASYNC_E_BUSY);
        ck_assert_int_eq(try_open_at(FAKE_MANNER_OLD, soon()), GCASYNC_E_VERSION);
        ck_assert_int_eq(try_open_at(FAKE_MANNER_FUTURE, soon()), GCASYNC_E_VERSION);
        ck_assert_int_eq(try_open_at(FAKE_MANNER_CLOSING, soon()), GCASYNC_E_DISCONNECTED);
}
END_TEST

START_TEST(silent_daemon_is_given_up_at_the_deadline) {
        uint64_t deadline_ns = clock_add_ns(clock_monotonic_ns(), 20 * NS_PER_MS);

        ck_assert_int_eq(try_open_at(FAKE_MANNER_MUTE, deadline_ns), GCASYNC_E_TIMED_OUT);
        ck_assert_uint_ge(clock_monotonic_ns(), deadline_ns);
        ck_assert_int_eq(try_open_at(FAKE_MANNER_PLAIN, 1), GCASYNC_E_TIMED_OUT);
}
END_TEST

START_TEST(options_that_are_not_valid_are_refused) {
        gcasync_client_options options = { .size = sizeof(options), .instance = 77 };
        gcasync_client *client = NULL;
        char name[80];

        ck_assert_int_eq(gcasync_client_open(&options, &client), GCASYNC_E_INVALID);
        options = (gcasync_client_options){ .size = 8 };
        ck_assert_int_eq(gcasync_client_open(&options, &client), GCASYNC_E_INVALID);
        memset(name, 'n', sizeof(name));
        name[sizeof(name) - 1] = '\0';
        options = (gcasync_client_options){ .size = sizeof(options),
                                            .socket_path = "/nonexistent",
                                            .client_name = name };
        ck_assert_int_eq(gcasync_client_open(&options, &client), GCASYNC_E_INVALID);
}
END_TEST

START_TEST(socket_is_found_by_variable_then_user_then_system) {
        gcasync_client_options options = { .size = sizeof(options) };
        char path[200], folder[] = "/tmp/gcasync-test-XXXXXX", user[100];

        ck_assert_ptr_nonnull(mkdtemp(folder));
        setenv("XDG_RUNTIME_DIR", folder, 1);
        setenv("GCASYNC_SOCKET", "/x/y", 1);
        ck_assert_int_eq(gcasync_client_find_socket(NULL, path, sizeof(path)), 0);
        ck_assert_str_eq(path, "/x/y");
        unsetenv("GCASYNC_SOCKET");
        ck_assert_int_eq(gcasync_client_find_socket(&options, path, sizeof(path)), 0);
        ck_assert_str_eq(path, "/run/gcasync/socket");
        (void)snprintf(user, sizeof(user), "%s/gcasync", folder);
        ck_assert_int_eq(mkdir(user, 0700), 0);
        (void)snprintf(user, sizeof(user), "%s/gcasync/socket", folder);
        fclose(fopen(user, "w"));
        ck_assert_int_eq(gcasync_client_find_socket(&options, path, sizeof(path)), 0);
        ck_assert_str_eq(path, user);
        ck_assert_int_eq(gcasync_client_find_socket(&options, path, 10), GCASYNC_E_INVALID);
        unlink(user);
        *strrchr(user, '/') = '\0';
        rmdir(user);
        rmdir(folder);
}
END_TEST

START_TEST(instances_have_their_paths) {
        gcasync_client_options options = { .size = sizeof(options),
                                           .instance = GCASYNC_INSTANCE_SYSTEM };
        char path[200];

        setenv("GCASYNC_SOCKET", "/x/y", 1);
        ck_assert_int_eq(gcasync_client_find_socket(&options, path, sizeof(path)), 0);
        ck_assert_str_eq(path, "/run/gcasync/socket");
        options.instance = GCASYNC_INSTANCE_USER;
        setenv("XDG_RUNTIME_DIR", "/run/user/5", 1);
        ck_assert_int_eq(gcasync_client_find_socket(&options, path, sizeof(path)), 0);
        ck_assert_str_eq(path, "/run/user/5/gcasync/socket");
        setenv("XDG_RUNTIME_DIR", "relative", 1);
        ck_assert_int_eq(gcasync_client_find_socket(&options, path, sizeof(path)),
                         GCASYNC_E_INVALID);
        options.socket_path = "/z";
        ck_assert_int_eq(gcasync_client_find_socket(&options, path, sizeof(path)), 0);
        ck_assert_str_eq(path, "/z");
}
END_TEST

START_TEST(welcome_tells_version_limits_and_session) {
        struct fake_daemon *fake = fake_daemon_start(FAKE_MANNER_PLAIN);
        gcasync_client *client = open_client(fake);
        char name[80];

        ck_assert(gcasync_client_is_connected(client));
        ck_assert_int_eq(gcasync_client_get_error(client, NULL), 0);
        ck_assert_str_eq(gcasync_client_get_daemon_version(client), "0.1.0-fake");
        ck_assert_uint_eq(gcasync_client_get_limit(client, "frame-bytes"), 16 << 20);
        ck_assert_uint_eq(gcasync_client_get_limit(client, "no-such-limit"), 0);
        ck_assert_uint_eq(gcasync_client_get_session(client), 42);
        fake_daemon_get_client_name(fake, name, sizeof(name));
        ck_assert_ptr_nonnull(strstr(name, "test-client-session"));
        gcasync_client_unref(client);
        fake_daemon_stop(fake);
}
END_TEST

START_TEST(disconnect_resolves_every_pending_call_once_in_order) {
        struct fake_daemon *fake = fake_daemon_start(FAKE_MANNER_PLAIN);
        gcasync_client *client = open_client(fake);
        struct record record = { .n = 0 };
        gcasync_call *calls[5];
        const char *message = NULL;

        for (size_t i = 0; i < 4; i++)
                calls[i] = submit_recorded(client, "hold", &record);
        calls[4] = submit_recorded(client, "hang-up", &record);
        ck_assert_uint_eq(gcasync_client_get_pending(client), 5);
        while (gcasync_client_wait(client, soon()) == 0)
                ;
        ck_assert_uint_eq(record.n, 5);
        for (size_t i = 0; i < 5; i++) {
                ck_assert_ptr_eq(record.calls[i], calls[i]);
                ck_assert_int_eq(record.errors[i], GCASYNC_E_DISCONNECTED);
                gcasync_call_unref(calls[i]);
        }
        ck_assert_int_eq(gcasync_client_get_error(client, &message), GCASYNC_E_DISCONNECTED);
        ck_assert_str_eq(message, "the daemon closed the connection");
        ck_assert_uint_eq(gcasync_client_get_pending(client), 0);
        ck_assert_int_eq(gcasync_client_process(client), GCASYNC_E_DISCONNECTED);
        ck_assert_int_eq(gcasync_ping(client, soon()), GCASYNC_E_DISCONNECTED);
        gcasync_client_unref(client);
        fake_daemon_stop(fake);
}
END_TEST

/* What the client says after the daemon did as the kind says. */
static void expect_end(const char *name, int error, const char *words) {
        struct fake_daemon *fake = fake_daemon_start(FAKE_MANNER_PLAIN);
        gcasync_client *client = open_client(fake);
        gcasync_call *call = submit(client, name), *other = submit(client, "hold");
        const char *message = NULL;

        ck_assert_int_eq(gcasync_call_wait(other, soon()), error);
        ck_assert_int_eq(gcasync_call_get_error(other, &message), GCASYNC_E_DISCONNECTED);
        ck_assert_str_eq(message, words);
        ck_assert_int_eq(gcasync_client_get_error(client, &message), error);
        ck_assert_str_eq(message, words);
        ck_assert_int_eq(gcasync_client_wait(client, soon()), error);
        ck_assert(!gcasync_client_is_connected(client));
        gcasync_call_unref(call);
        gcasync_call_unref(other);
        gcasync_client_unref(client);
        fake_daemon_stop(fake);
}

START_TEST(end_of_a_session_is_told_with_its_reason) {
        expect_end("fire", GCASYNC_E_SLOW_READER, "you read too slowly");
        expect_end("hang-up", GCASYNC_E_DISCONNECTED, "the daemon closed the connection");
        expect_end("cut",
                   GCASYNC_E_DISCONNECTED,
                   "the daemon closed the connection in the middle of a reply");
}
END_TEST

START_TEST(daemon_that_does_not_speak_the_protocol_is_left) {
        expect_end("garbage", GCASYNC_E_PROTOCOL, "the daemon sent something that is not a frame");
        expect_end(
                "wrong-id", GCASYNC_E_PROTOCOL, "the daemon answered a request that was not made");
        expect_end("twice", GCASYNC_E_PROTOCOL, "the daemon answered a request that was not made");
        expect_end("wrong-body",
                   GCASYNC_E_PROTOCOL,
                   "the daemon answered with the reply to another request");
}
END_TEST

START_TEST(what_a_later_daemon_adds_harms_nothing_else) {
        struct fake_daemon *fake = fake_daemon_start(FAKE_MANNER_PLAIN);
        gcasync_client *client = open_client(fake);
        gcasync_submit_options options = kind("odd-event");
        gcasync_result *result = NULL;

        ck_assert_int_eq(gcasync_submit(client, &options, soon(), &result), 0);
        result = gcasync_result_unref(result);
        options = kind("odd-reply");
        ck_assert_int_eq(gcasync_submit(client, &options, soon(), &result), GCASYNC_E_PROTOCOL);
        ck_assert_int_eq(gcasync_ping(client, soon()), 0);
        gcasync_client_unref(client);
        fake_daemon_stop(fake);
}
END_TEST

START_TEST(value_that_is_no_graph_is_told_when_it_is_looked_at) {
        struct fake_daemon *fake = fake_daemon_start(FAKE_MANNER_PLAIN);
        gcasync_client *client = open_client(fake);
        gcasync_submit_options options = kind("wrong-value");
        gcasync_result *result = NULL;
        gcasync_view value;

        ck_assert_int_eq(gcasync_submit(client, &options, soon(), &result), 0);
        ck_assert_int_eq(gcasync_result_get_value(result, &value), GCASYNC_E_PROTOCOL);
        ck_assert_int_eq(gcasync_result_get_value(result, &value), GCASYNC_E_PROTOCOL);
        gcasync_result_unref(result);
        gcasync_client_unref(client);
        fake_daemon_stop(fake);
}
END_TEST

START_TEST(request_above_the_frame_limit_is_refused_here) {
        struct fake_daemon *fake = fake_daemon_start(FAKE_MANNER_SMALL);
        gcasync_client *client = open_client(fake);
        gcasync_submit_options options = kind("echo");
        char label[100], bytes[1024] = { 0 };

        memset(label, 'x', sizeof(label));
        label[99] = '\0';
        options.arguments_data = bytes;
        options.arguments_size = sizeof(bytes);
        options.label = label;
        ck_assert_int_eq(gcasync_submit_async(client, &options, NULL, NULL, NULL),
                         GCASYNC_E_FRAME_TOO_LARGE);
        options.arguments_size = 950;
        ck_assert_int_eq(gcasync_submit_async(client, &options, NULL, NULL, NULL),
                         GCASYNC_E_FRAME_TOO_LARGE);
        ck_assert_uint_eq(gcasync_client_get_pending(client), 0);
        ck_assert_int_eq(gcasync_ping(client, soon()), 0);
        gcasync_client_unref(client);
        fake_daemon_stop(fake);
}
END_TEST

START_TEST(last_unref_resolves_what_is_pending_and_closes_all) {
        struct fake_daemon *fake = fake_daemon_start(FAKE_MANNER_PLAIN);
        size_t n_fds = count_fds();
        gcasync_client *client = open_client(fake);
        struct record record = { .n = 0 };
        gcasync_call *call;

        ck_assert_int_ge(gcasync_client_get_fd(client), 0);
        call = submit_recorded(client, "hold", &record);
        gcasync_client_ref(client);
        gcasync_client_unref(client);
        ck_assert_uint_eq(record.n, 0);
        gcasync_client_unref(client);
        ck_assert_uint_eq(record.n, 1);
        ck_assert_int_eq(gcasync_call_get_error(call, NULL), GCASYNC_E_DISCONNECTED);
        ck_assert_ptr_eq(gcasync_call_get_client(call), client);
        gcasync_call_unref(call);
        fake_daemon_stop(fake);
        ck_assert_uint_le(count_fds(), n_fds);
}
END_TEST

/* In the child: each answer; returns the first that is wrong, by number, or 0. */
static int check_forked(gcasync_client *client, gcasync_call *call) {
        gcasync_submit_options options = kind("echo");
        gcasync_result *result = NULL;
        const struct {
                int answer, expected;
        } answers[] = {
                { gcasync_ping(client, soon()), GCASYNC_E_FORKED },
                { gcasync_submit_async(client, &options, NULL, NULL, NULL), GCASYNC_E_FORKED },
                { gcasync_client_process(client), GCASYNC_E_FORKED },
                { gcasync_client_flush(client), GCASYNC_E_FORKED },
                { gcasync_client_wait(client, soon()), GCASYNC_E_FORKED },
                { gcasync_client_wake(client), GCASYNC_E_FORKED },
                { gcasync_client_get_error(client, NULL), GCASYNC_E_FORKED },
                { gcasync_client_is_connected(client), false },
                { gcasync_client_get_fd(client), -1 },
                { (int)gcasync_client_get_pending(client), 0 },
                { gcasync_client_get_events(client), 0 },
                { gcasync_client_get_session(client) == 0, true },
                { gcasync_client_get_limit(client, "frame-bytes") == 0, true },
                { *gcasync_client_get_daemon_version(client), '\0' },
                { gcasync_client_get_timeout_ns(client) == GCASYNC_NO_DEADLINE, true },
                { gcasync_call_get_error(call, NULL), GCASYNC_E_FORKED },
                { gcasync_call_wait(call, soon()), GCASYNC_E_FORKED },
                { gcasync_call_is_done(call), true },
                { gcasync_submit_finish(call, &result), GCASYNC_E_FORKED },
        };

        gcasync_call_cancel(call);
        gcasync_call_set_deadline(call, 1);
        for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++)
                if (answers[i].answer != answers[i].expected)
                        return (int)i + 1;
        gcasync_call_unref(call);
        gcasync_client_unref(client);
        return 0;
}

START_TEST(child_of_a_fork_is_answered_forked_and_harms_nothing) {
        struct fake_daemon *fake = fake_daemon_start(FAKE_MANNER_PLAIN);
        gcasync_client *client = open_client(fake);
        gcasync_call *call = submit(client, "hold"), *release;
        int status;
        pid_t pid;

        pid = fork();
        ck_assert_int_ge(pid, 0);
        if (pid == 0)
                _exit(check_forked(client, call));
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert_int_eq(status, 0);
        release = submit(client, "release");
        ck_assert_int_eq(gcasync_call_wait(call, soon()), 0);
        ck_assert_int_eq(gcasync_call_get_error(call, NULL), 0);
        gcasync_call_unref(call);
        gcasync_call_unref(release);
        gcasync_client_unref(client);
        fake_daemon_stop(fake);
}
END_TEST

/* Leaves room for n more descriptors. */
static void limit_fds(rlim_t n) {
        struct rlimit limit;
        int lowest;

        ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
        limit.rlim_cur = limit.rlim_max;
        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
        lowest = dup(STDERR_FILENO);
        close(lowest);
        limit.rlim_cur = (rlim_t)lowest + n;
        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

START_TEST(no_descriptor_left_is_told_with_errno) {
        struct fake_daemon *fake = fake_daemon_start(FAKE_MANNER_PLAIN);
        gcasync_client *client = open_client(fake), *other = NULL;
        gcasync_client_options options = options_for(fake);

        for (rlim_t n = 0; n < 2; n++) {
                limit_fds(n);
                errno = 0;
                ck_assert_int_eq(gcasync_client_open(&options, &other), GCASYNC_E_SYSTEM);
                ck_assert_int_eq(errno, EMFILE);
                errno = 0;
                ck_assert_int_eq(gcasync_client_get_fd(client), -1);
                ck_assert_int_eq(errno, EMFILE);
        }
        limit_fds(8);
        ck_assert_int_ge(gcasync_client_get_fd(client), 0);
        ck_assert_int_eq(gcasync_ping(client, soon()), 0);
        gcasync_client_unref(client);
        fake_daemon_stop(fake);
}
END_TEST

START_TEST(codes_have_names_and_sentences) {
        ck_assert_str_eq(gcasync_error_name(GCASYNC_E_NOT_FOUND), "not-found");
        ck_assert_str_eq(gcasync_strerror(GCASYNC_E_OK), "success");
        ck_assert_str_eq(gcasync_error_name(31), "unknown");
        ck_assert_str_eq(gcasync_strerror(-1), "unknown");
        ck_assert_str_eq(gcasync_state_to_string(GCASYNC_STATE_TIMED_OUT), "timed-out");
        ck_assert_str_eq(gcasync_state_to_string((gcasync_state)0), "unknown");
        ck_assert_str_eq(gcasync_state_to_string((gcasync_state)99), "unknown");
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                without_a_daemon_open_says_so,
                refusals_at_hello_come_as_what_they_are,
                silent_daemon_is_given_up_at_the_deadline,
                options_that_are_not_valid_are_refused,
                socket_is_found_by_variable_then_user_then_system,
                instances_have_their_paths,
                welcome_tells_version_limits_and_session,
                disconnect_resolves_every_pending_call_once_in_order,
                end_of_a_session_is_told_with_its_reason,
                daemon_that_does_not_speak_the_protocol_is_left,
                what_a_later_daemon_adds_harms_nothing_else,
                value_that_is_no_graph_is_told_when_it_is_looked_at,
                request_above_the_frame_limit_is_refused_here,
                last_unref_resolves_what_is_pending_and_closes_all,
                child_of_a_fork_is_answered_forked_and_harms_nothing,
                no_descriptor_left_is_told_with_errno,
                codes_have_names_and_sentences,
        };

        return suite_run("client-session", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
