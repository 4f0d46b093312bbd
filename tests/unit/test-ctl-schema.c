/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/schema.h"
#include "helpers/suite.h"

static const struct schema_argument rows[] = {
        { "path", "string", "what to read", true }, { "count", "int", "how many", false },
        { "ratio", "float", "how much", false },    { "deep", "bool", "all the way", false },
        { "names", "list", "some names", false },   { "table", "map", "a table", false },
        { "data", "bytes", "some bytes", false },   { "value", "any", "anything", false },
};
static const struct schema schema = { "test.kind", rows, sizeof(rows) / sizeof(rows[0]) };

static struct text_list faults;

/* Reads up to three words and perhaps --json; NULL with faults. */
static json_t *read_all(const char *json, const char *a, const char *b, const char *c) {
        const char *words[] = { a, b, c };
        struct schema_input input = { words, (a != NULL) + (b != NULL) + (c != NULL), json, 4096 };
        json_t *object = NULL;

        text_list_deinit(&faults);
        schema_read(&schema, &input, &faults, &object);
        ck_assert(object ? faults.n == 0 : faults.n > 0);
        return object;
}

static void assert_read(json_t *object, const char *expected) {
        char *text;

        ck_assert_msg(object != NULL, "%s", faults.n > 0 ? faults.lines[0] : "");
        text = json_dumps(object, JSON_COMPACT);
        ck_assert_str_eq(text, expected);
        free(text);
        json_decref(object);
}

static void assert_fault(json_t *object, const char *expected) {
        ck_assert_ptr_null(object);
        ck_assert_uint_eq(faults.n, 1);
        ck_assert_str_eq(faults.lines[0], expected);
        text_list_deinit(&faults);
}

START_TEST(words_are_converted_by_the_type_of_their_argument) {
        assert_read(read_all(NULL, "path=12", "count=12", "ratio=12"),
                    "{\"path\":\"12\",\"count\":12,\"ratio\":12.0}");
        assert_read(read_all(NULL, "path=a=b", "deep=true", "count=-0x10"),
                    "{\"path\":\"a=b\",\"deep\":true,\"count\":-16}");
        assert_read(read_all(NULL, "path=", "names=[1,\"x\"]", "table={\"k\":null}"),
                    "{\"path\":\"\",\"names\":[1,\"x\"],\"table\":{\"k\":null}}");
        assert_read(read_all(NULL, "path=x", "data=raw", "value=7"),
                    "{\"path\":\"x\",\"data\":\"raw\",\"value\":\"7\"}");
}
END_TEST

START_TEST(json_is_taken_where_it_is_asked_for) {
        assert_read(read_all(NULL, "path:=\"a\"", "value:=[1,{\"a\":2.5}]", NULL),
                    "{\"path\":\"a\",\"value\":[1,{\"a\":2.5}]}");
        assert_read(read_all("{\"path\": \"p\", \"count\": 9223372036854775807}", NULL, NULL, NULL),
                    "{\"path\":\"p\",\"count\":9223372036854775807}");
        assert_read(read_all("{\"path\": \"p\"}", "count=1", NULL, NULL),
                    "{\"path\":\"p\",\"count\":1}");
        assert_read(read_all("{\"path\": \"p\", \"count\": null}", NULL, NULL, NULL),
                    "{\"path\":\"p\",\"count\":null}");
}
END_TEST

START_TEST(unknown_argument_is_told_with_the_nearest) {
        assert_fault(read_all(NULL, "pth=x", NULL, NULL),
                     "test.kind has no argument \"pth\"; did you mean \"path\"?");
        assert_fault(read_all(NULL, "elephant=x", NULL, NULL),
                     "test.kind has no argument \"elephant\"; it has: path, count, ratio, deep, "
                     "names, table, data, value");
        assert_fault(read_all("{\"path\": \"x\", \"cont\": 1}", NULL, NULL, NULL),
                     "test.kind has no argument \"cont\"; did you mean \"count\"?");
}
END_TEST

START_TEST(wrong_type_is_told_with_the_right_one) {
        assert_fault(read_all(NULL, "path=x", "count=many", NULL),
                     "argument \"count\" must be an int, not \"many\"");
        assert_fault(read_all(NULL, "path=x", "count=9223372036854775808", NULL),
                     "argument \"count\" must be an int, not \"9223372036854775808\"");
        assert_fault(read_all(NULL, "path=x", "deep=yes", NULL),
                     "argument \"deep\" must be a bool, not \"yes\"");
        assert_fault(read_all(NULL, "path=x", "names={}", NULL),
                     "argument \"names\" must be a list, not a map");
        assert_fault(read_all("{\"path\": 1}", NULL, NULL, NULL),
                     "argument \"path\" must be a string, not an int");
        assert_fault(read_all("{\"path\": null}", NULL, NULL, NULL),
                     "argument \"path\" must be a string, not nil");
        assert_fault(read_all("{\"path\": \"x\", \"data\": 1}", NULL, NULL, NULL),
                     "argument \"data\" must be bytes, not an int");
}
END_TEST

START_TEST(missing_and_double_arguments_are_told) {
        assert_fault(read_all(NULL, "count=1", NULL, NULL),
                     "test.kind needs the argument \"path\" (string): what to read");
        assert_fault(read_all(NULL, "path=x", "path=y", NULL), "argument \"path\" is given twice");
        assert_fault(read_all("{\"path\": \"x\"}", "path=y", NULL, NULL),
                     "argument \"path\" is given twice");
}
END_TEST

START_TEST(words_that_are_no_arguments_are_told) {
        assert_fault(read_all(NULL, "path", NULL, NULL),
                     "\"path\" is no argument; they look like key=value, key=@FILE or key:=JSON");
        assert_fault(read_all(NULL, "=x", NULL, NULL),
                     "\"=x\" is no argument; they look like key=value, key=@FILE or key:=JSON");
        assert_fault(read_all("[1]", NULL, NULL, NULL),
                     "--json must be a map of arguments, not a list");
        ck_assert_ptr_null(read_all("{\"path\": ", NULL, NULL, NULL));
        ck_assert_int_eq(strncmp(faults.lines[0], "--json is not JSON: ", 20), 0);
        ck_assert_ptr_null(read_all("{\"path\": \"a\", \"path\": \"b\"}", NULL, NULL, NULL));
        ck_assert_ptr_nonnull(strstr(faults.lines[0], "duplicate object key"));
}
END_TEST

START_TEST(all_faults_are_told_at_once) {
        ck_assert_ptr_null(read_all(NULL, "count=x", "elephant=1", "deep=2"));
        ck_assert_uint_eq(faults.n, 3);
}
END_TEST

/* A file with this contents, opened as /proc/self/fd/N, and "KEY=@" before its name. */
static int write_file(const void *data, size_t size, const char *key, char word[64]) {
        char path[] = "/tmp/gcasync-test-XXXXXX";
        int fd = mkstemp(path);

        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(unlink(path), 0);
        ck_assert_int_eq(write(fd, data, size), (ssize_t)size);
        (void)snprintf(word, 64, "%s=@/proc/self/fd/%d", key, fd);
        return fd;
}

START_TEST(files_give_strings_bytes_and_json) {
        char word[64];
        int fd = write_file("line\n", 5, "path", word);
        json_t *object;

        assert_read(read_all(NULL, word, NULL, NULL), "{\"path\":\"line\\n\"}");
        (void)close(fd);
        fd = write_file("[1, 2]\n", 7, "names", word);
        assert_read(read_all(NULL, "path=x", word, NULL), "{\"path\":\"x\",\"names\":[1,2]}");
        (void)close(fd);
        fd = write_file("a\0\xff", 3, "data", word);
        object = read_all(NULL, "path=x", word, NULL);
        ck_assert_ptr_nonnull(object);
        ck_assert_uint_eq(json_string_length(json_object_get(object, "data")), 3);
        ck_assert_mem_eq(json_string_value(json_object_get(object, "data")), "a\0\xff", 3);
        json_decref(object);
        (void)close(fd);
}
END_TEST

START_TEST(files_that_cannot_be_taken_are_told) {
        char word[64], large[5000] = { 0 };
        int fd = write_file("\xff", 1, "path", word);

        assert_fault(read_all(NULL, word, NULL, NULL), "argument \"path\" is not UTF-8");
        (void)close(fd);
        assert_fault(read_all(NULL, "path=@/nowhere/at/all", NULL, NULL),
                     "cannot read /nowhere/at/all: No such file or directory");
        fd = write_file(large, sizeof(large), "data", word);
        ck_assert_ptr_null(read_all(NULL, "path=x", word, NULL));
        ck_assert_ptr_nonnull(strstr(faults.lines[0], "is larger than the 4096 bytes"));
        text_list_deinit(&faults);
        (void)close(fd);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                words_are_converted_by_the_type_of_their_argument,
                json_is_taken_where_it_is_asked_for,
                unknown_argument_is_told_with_the_nearest,
                wrong_type_is_told_with_the_right_one,
                missing_and_double_arguments_are_told,
                words_that_are_no_arguments_are_told,
                all_faults_are_told_at_once,
                files_give_strings_bytes_and_json,
                files_that_cannot_be_taken_are_told,
        };

        return suite_run("ctl-schema", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
