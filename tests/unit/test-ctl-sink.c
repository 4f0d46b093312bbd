/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/sink.h"
#include "helpers/suite.h"

enum {
        PIPE_SIZE = 4096,
        LARGE = 3 * PIPE_SIZE + 17,
};

static int ends[2]; /* of a pipe that takes PIPE_SIZE bytes */
static struct sink sink;
static char large[LARGE];

static void open_pipe(void) {
        ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
        ck_assert_int_ge(fcntl(ends[1], F_SETPIPE_SZ, PIPE_SIZE), PIPE_SIZE);
        for (size_t i = 0; i < sizeof(large); i++)
                large[i] = (char)(i % 251);
        sink_init(&sink, ends[1]);
}

static void close_pipe(void) {
        sink_deinit(&sink);
        (void)close(ends[0]);
        (void)close(ends[1]);
}

/* Reads size bytes, letting the sink write whenever there is room. */
static void read_all(char *data, size_t size) {
        while (size > 0) {
                ssize_t n = read(ends[0], data, size);

                ck_assert_int_gt(n, 0);
                data += n;
                size -= (size_t)n;
                sink_write(&sink);
        }
}

START_TEST(what_fits_is_written_at_once) {
        char text[3];

        open_pipe();
        sink_push(&sink, "abc", 3);
        ck_assert(!sink_is_pending(&sink));
        ck_assert_int_eq(read(ends[0], text, 3), 3);
        ck_assert_mem_eq(text, "abc", 3);
        close_pipe();
}
END_TEST

START_TEST(push_to_a_full_pipe_does_not_wait_and_loses_nothing) {
        static char copy[LARGE + 3];

        open_pipe();
        sink_push(&sink, large, sizeof(large));
        ck_assert(sink_is_pending(&sink));
        sink_push(&sink, "end", 3);
        read_all(copy, sizeof(copy));
        ck_assert_mem_eq(copy, large, sizeof(large));
        ck_assert_mem_eq(copy + sizeof(large), "end", 3);
        ck_assert(!sink_is_pending(&sink));
        close_pipe();
}
END_TEST

START_TEST(what_is_too_much_to_keep_is_cut_and_counted) {
        size_t size = 1 << 20, n_pushed = 0;
        char *data = calloc(1, size);

        open_pipe();
        ck_assert_ptr_nonnull(data);
        while (sink.cut_bytes == 0) {
                sink_push(&sink, data, size);
                n_pushed += size;
                ck_assert_uint_le(n_pushed, 2 * (size_t)SINK_KEEP_MAX);
        }
        ck_assert_uint_eq(buffer_get_length(&sink.pending), SINK_KEEP_MAX);
        ck_assert_uint_ge(n_pushed, SINK_KEEP_MAX + sink.cut_bytes);
        free(data);
        close_pipe();
}
END_TEST

START_TEST(broken_pipe_is_an_error_that_sticks) {
        (void)signal(SIGPIPE, SIG_IGN);
        open_pipe();
        (void)close(ends[0]);
        sink_push(&sink, "abc", 3);
        ck_assert_int_eq(sink.error, EPIPE);
        ck_assert(!sink_is_pending(&sink));
        sink_push(&sink, "abc", 3);
        sink_flush(&sink);
        ck_assert_int_eq(sink.error, EPIPE);
        close_pipe();
}
END_TEST

START_TEST(file_takes_everything_at_once) {
        char path[] = "/tmp/gcasync-test-XXXXXX";
        int fd = mkstemp(path);

        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(unlink(path), 0);
        sink_init(&sink, fd);
        sink_push(&sink, large, sizeof(large));
        ck_assert(!sink_is_pending(&sink));
        ck_assert_int_eq(lseek(fd, 0, SEEK_CUR), (off_t)sizeof(large));
        sink_deinit(&sink);
        (void)close(fd);
}
END_TEST

START_TEST(full_disk_is_an_error) {
        int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

        ck_assert_int_ge(fd, 0);
        sink_init(&sink, fd);
        sink_push(&sink, "abc", 3);
        ck_assert_int_eq(sink.error, ENOSPC);
        sink_deinit(&sink);
        (void)close(fd);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                what_fits_is_written_at_once,
                push_to_a_full_pipe_does_not_wait_and_loses_nothing,
                what_is_too_much_to_keep_is_cut_and_counted,
                broken_pipe_is_an_error_that_sticks,
                file_takes_everything_at_once,
                full_disk_is_an_error,
        };

        return suite_run("ctl-sink", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
