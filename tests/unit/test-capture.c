/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/cleanup.h"
#include "daemon/capture.h"
#include "helpers/random.h"
#include "helpers/suite.h"

static struct limits limits;
static struct capture_pool pool;
static uint8_t data[CAPTURE_RECORD_MAX];

/* A pool whose files are where tests may write, with limits of one task and of all. */
static void make_pool(uint64_t task_bytes, uint64_t all_bytes) {
        limits_init(&limits);
        limits.values[LIMIT_CAPTURE_TASK_BYTES] = task_bytes;
        limits.values[LIMIT_CAPTURE_BYTES] = all_bytes;
        ck_assert_int_eq(capture_pool_init(&pool, &limits, NULL, "."), 0);
}

static int write_text(struct capture *capture, int stream, const char *text) {
        return capture_write(capture, stream, text, strlen(text));
}

static void
expect_chunk(struct capture *capture, struct capture_cursor *cursor, int stream, const char *text) {
        struct capture_chunk chunk;

        ck_assert_int_eq(capture_read(capture, cursor, 0, data, &chunk), 0);
        ck_assert_int_eq(chunk.stream, stream);
        ck_assert_uint_eq(chunk.size, strlen(text));
        ck_assert_mem_eq(data, text, chunk.size);
}

START_TEST(both_streams_are_read_in_the_order_of_writing) {
        struct capture_cursor cursor = { .read_max = sizeof(data) };
        struct capture_chunk chunk;
        struct capture *capture;

        make_pool(16 << 20, 1 << 30);
        capture = capture_new(&pool);
        ck_assert_int_eq(write_text(capture, 1, "one "), 0);
        ck_assert_int_eq(write_text(capture, 1, "two"), 0);
        ck_assert_int_eq(write_text(capture, 2, "error"), 0);
        ck_assert_int_eq(write_text(capture, 1, "three"), 0);
        expect_chunk(capture, &cursor, 1, "one two");
        expect_chunk(capture, &cursor, 2, "error");
        expect_chunk(capture, &cursor, 1, "three");
        ck_assert_int_eq(capture_read(capture, &cursor, 0, data, &chunk), CAPTURE_E_END);
        ck_assert_int_eq(write_text(capture, 2, "late"), 0);
        expect_chunk(capture, &cursor, 2, "late");
        capture_free(capture);
        capture_pool_deinit(&pool);
}
END_TEST

START_TEST(one_stream_is_read_without_the_other) {
        struct capture_cursor cursor = { .read_max = sizeof(data) };
        struct capture_chunk chunk;
        struct capture *capture;

        make_pool(16 << 20, 1 << 30);
        capture = capture_new(&pool);
        ck_assert_int_eq(write_text(capture, 1, "out"), 0);
        ck_assert_int_eq(write_text(capture, 2, "err"), 0);
        ck_assert_int_eq(write_text(capture, 1, "put"), 0);
        ck_assert_int_eq(capture_read(capture, &cursor, 1, data, &chunk), 0);
        ck_assert_uint_eq(chunk.size, 6);
        ck_assert_mem_eq(data, "output", 6);
        ck_assert_int_eq(capture_read(capture, &cursor, 1, data, &chunk), CAPTURE_E_END);
        capture_free(capture);
        capture_pool_deinit(&pool);
}
END_TEST

START_TEST(reader_gets_no_more_at_once_than_it_asks_for) {
        struct capture_cursor cursor = { .read_max = 4 };
        struct capture *capture;

        make_pool(16 << 20, 1 << 30);
        capture = capture_new(&pool);
        ck_assert_int_eq(write_text(capture, 1, "0123456789"), 0);
        expect_chunk(capture, &cursor, 1, "0123");
        expect_chunk(capture, &cursor, 1, "4567");
        ck_assert_int_eq(write_text(capture, 1, "ab"), 0);
        expect_chunk(capture, &cursor, 1, "89ab");
        capture_free(capture);
        capture_pool_deinit(&pool);
}
END_TEST

START_TEST(small_capture_takes_no_file) {
        struct capture *capture;

        make_pool(16 << 20, 1 << 30);
        capture = capture_new(&pool);
        ck_assert_int_eq(write_text(capture, 1, "small"), 0);
        ck_assert_int_eq(capture->fd, -1);
        ck_assert_int_eq(capture_write(capture, 1, data, CAPTURE_MEMORY_MAX), 0);
        ck_assert_int_ge(capture->fd, 0);
        ck_assert_ptr_null(capture->memory);
        capture_free(capture);
        capture_pool_deinit(&pool);
}
END_TEST

/* The byte of a stream at an offset: what is read is known by where it stood. */
static uint8_t byte_at(int stream, uint64_t offset) {
        return (uint8_t)(offset * 7 + offset / 251 + (uint64_t)stream * 101);
}

static void write_pattern(struct capture *capture, int stream, uint64_t *offset, size_t size) {
        for (size_t i = 0; i < size; i++)
                data[i] = byte_at(stream, *offset + i);
        ck_assert_int_eq(capture_write(capture, stream, data, size), 0);
        *offset += size;
}

/* Reads what is left; checks each byte, that nothing comes twice, and that what is cut is told. */
static uint64_t
read_pattern(struct capture *capture, struct capture_cursor *cursor, uint64_t *ret_cut) {
        uint64_t n_read = 0;
        struct capture_chunk chunk;

        while (capture_read(capture, cursor, 0, data, &chunk) == 0) {
                for (size_t i = 0; i < chunk.size; i++)
                        ck_assert_uint_eq(data[i], byte_at(chunk.stream, chunk.offset + i));
                *ret_cut += chunk.cut_bytes;
                n_read += chunk.size;
        }
        return n_read;
}

START_TEST(head_and_tail_are_kept_and_the_cut_is_told) {
        struct capture_cursor cursor = { .read_max = sizeof(data) };
        uint64_t offset = 0, cut = 0, n_read;
        struct capture_size size;
        struct capture *capture;
        struct capture_chunk chunk;

        make_pool(256 << 10, 1 << 30);
        capture = capture_new(&pool);
        while (offset < 3 << 20)
                write_pattern(capture, 1, &offset, 10000);
        ck_assert_int_eq(capture_read(capture, &cursor, 0, data, &chunk), 0);
        ck_assert_uint_eq(chunk.offset, 0);
        ck_assert_uint_eq(chunk.cut_bytes, 0);
        n_read = chunk.size + read_pattern(capture, &cursor, &cut);
        ck_assert_uint_eq(n_read + cut, offset);
        ck_assert_uint_gt(n_read, 200 << 10);
        ck_assert_uint_eq(cursor.offsets[0], offset);
        capture_get_size(capture, &size);
        ck_assert_uint_eq(size.stream_bytes[0], offset);
        ck_assert_uint_eq(size.stored_bytes, 256 << 10);
        ck_assert_uint_eq(limits.n_reached[LIMIT_CAPTURE_TASK_BYTES], 1);
        capture_free(capture);
        capture_pool_deinit(&pool);
}
END_TEST

/* Writers and a reader that lags at random: whatever it gets is right, and nothing is missing untold. */
static void run_random(struct random *random, uint64_t task_bytes) {
        struct capture_cursor cursor = { .read_max = 1 + random_below(random, 5000) };
        uint64_t offsets[2] = { 0, 0 }, n_read = 0, cut = 0;
        struct capture *capture;
        int stream = 1;

        make_pool(task_bytes, 1 << 30);
        capture = capture_new(&pool);
        for (int i = 0; i < 400; i++) {
                stream = 1 + (int)random_below(random, 2);
                write_pattern(
                        capture, stream, &offsets[stream - 1], 1 + random_below(random, 3000));
                if (random_below(random, 50) == 0)
                        n_read += read_pattern(capture, &cursor, &cut);
        }
        n_read += read_pattern(capture, &cursor, &cut);
        ck_assert_uint_eq(n_read + cut, cursor.offsets[0] + cursor.offsets[1]);
        ck_assert_uint_eq(cursor.offsets[stream - 1], offsets[stream - 1]);
        /* The other stream may have nothing left in the tail: what it lacks at its end is no chunk's to tell. */
        ck_assert_uint_le(cursor.offsets[2 - stream], offsets[2 - stream]);
        capture_free(capture);
        capture_pool_deinit(&pool);
}

START_TEST(random_writes_are_read_or_told_as_cut) {
        struct random random = random_seed();

        for (int i = 0; i < 20; i++)
                run_random(&random, 4096 + random_below(&random, 100000));
}
END_TEST

START_TEST(output_beyond_the_bound_of_all_is_dropped_and_told) {
        struct capture_cursor cursor = { .read_max = sizeof(data) };
        struct capture *first, *second;
        struct capture_size size;
        struct capture_chunk chunk;

        make_pool(1 << 20, 20000);
        first = capture_new(&pool);
        second = capture_new(&pool);
        ck_assert_int_eq(capture_write(first, 1, data, 15000), 0);
        ck_assert_int_eq(capture_write(second, 1, data, 15000), -ENOSPC);
        ck_assert_int_eq(write_text(second, 1, "end"), 0);
        ck_assert_int_eq(capture_read(second, &cursor, 0, data, &chunk), 0);
        ck_assert_uint_eq(chunk.size, 3);
        ck_assert_uint_eq(chunk.cut_bytes, 15000);
        capture_get_size(second, &size);
        ck_assert_uint_eq(size.stream_bytes[0], 15003);
        ck_assert_uint_eq(limits.n_reached[LIMIT_CAPTURE_BYTES], 1);
        capture_free(first);
        ck_assert_int_eq(capture_write(second, 1, data, 15000), 0);
        capture_free(second);
        capture_pool_deinit(&pool);
}
END_TEST

/* A file that may not grow stands for a disk that is full. */
static void set_file_limit(rlim_t size) {
        struct rlimit limit = { .rlim_cur = size, .rlim_max = RLIM_INFINITY };

        ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

START_TEST(what_a_full_disk_swallows_is_told_and_the_rest_is_kept) {
        struct capture_cursor cursor = { .read_max = sizeof(data) };
        uint64_t offset = 0, cut = 0, n_read;
        struct capture *capture;

        (void)signal(SIGXFSZ, SIG_IGN);
        make_pool(1 << 20, 1 << 30);
        capture = capture_new(&pool);
        write_pattern(capture, 1, &offset, 20000);
        set_file_limit(30000);
        memset(data, 0, 20000);
        ck_assert_int_lt(capture_write(capture, 1, data, 20000), 0);
        offset += 20000;
        set_file_limit(RLIM_INFINITY);
        write_pattern(capture, 1, &offset, 20000);
        n_read = read_pattern(capture, &cursor, &cut);
        ck_assert_uint_eq(n_read, 40000);
        ck_assert_uint_eq(cut, 20000);
        capture_free(capture);
        capture_pool_deinit(&pool);
}
END_TEST

START_TEST(directory_that_takes_no_file_is_refused) {
        limits_init(&limits);
        ck_assert_int_eq(capture_pool_init(&pool, &limits, "/nonexistent", NULL), -ENOENT);
        capture_pool_deinit(&pool);
}
END_TEST

START_TEST(second_choice_of_a_directory_is_taken) {
        limits_init(&limits);
        ck_assert_int_eq(unsetenv("TMPDIR"), 0);
        ck_assert_int_eq(capture_pool_init(&pool, &limits, NULL, "/nonexistent"), 0);
        ck_assert_str_eq(pool.directory, "/tmp");
        capture_pool_deinit(&pool);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                both_streams_are_read_in_the_order_of_writing,
                one_stream_is_read_without_the_other,
                reader_gets_no_more_at_once_than_it_asks_for,
                small_capture_takes_no_file,
                head_and_tail_are_kept_and_the_cut_is_told,
                random_writes_are_read_or_told_as_cut,
                output_beyond_the_bound_of_all_is_dropped_and_told,
                what_a_full_disk_swallows_is_told_and_the_rest_is_kept,
                directory_that_takes_no_file_is_refused,
                second_choice_of_a_directory_is_taken,
        };

        return suite_run("capture", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
