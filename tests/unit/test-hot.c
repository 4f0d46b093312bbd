/* SPDX-License-Identifier: MIT */

/* The hot messages, held against the general way: what one reads and writes, the other does. */

#include "wire/hot.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "wire/frame.h"
#include "wire/graph.h"
#include "wire/message.h"

enum {
        SIZE_MAX_TEST = 1 << 20
};

static struct buffer buffer;

static void setup(void) {
        buffer = (struct buffer){ 0 };
}

static void teardown(void) {
        buffer_deinit(&buffer);
}

/* Packs a Submit in the general way; returns the message without its header. */
static const uint8_t *pack_submit(const Gcasync__Submit *submit, uint64_t id, size_t *ret_size) {
        Gcasync__Request request = GCASYNC__REQUEST__INIT;

        request.id = id;
        request.body_case = GCASYNC__REQUEST__BODY_SUBMIT;
        request.submit = (Gcasync__Submit *)(uintptr_t)submit;
        buffer_consume(&buffer, buffer_get_length(&buffer));
        ck_assert_int_eq(message_append(&buffer, &request.base, SIZE_MAX_TEST), 0);
        *ret_size = buffer_get_length(&buffer) - FRAME_HEADER_SIZE;
        return buffer_get_data(&buffer) + FRAME_HEADER_SIZE;
}

START_TEST(a_plain_submit_is_read_as_it_was_packed) {
        static const uint64_t ids[] = { 1, 127, 128, 1u << 20, UINT64_MAX };
        Gcasync__Submit submit = GCASYNC__SUBMIT__INIT;
        struct hot_submit_seen seen;
        char arguments[300];
        size_t size;

        memset(arguments, 'x', sizeof(arguments));
        submit.kind = message_text("core.echo");
        submit.arguments = message_bytes(arguments,
                                         _i == 0   ? 1
                                         : _i == 1 ? 127
                                                   : sizeof(arguments));
        for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
                const uint8_t *message = pack_submit(&submit, ids[i], &size);

                ck_assert(hot_read_submit(message, size, &seen));
                ck_assert_uint_eq(seen.id, ids[i]);
                ck_assert_uint_eq(seen.kind_size, 9);
                ck_assert_mem_eq(seen.kind, "core.echo", 9);
                ck_assert_uint_eq(seen.arguments_size, submit.arguments.len);
                ck_assert_mem_eq(seen.arguments, arguments, seen.arguments_size);
        }
}
END_TEST

START_TEST(a_submit_that_asks_for_more_goes_the_general_way) {
        Gcasync__Submit submit = GCASYNC__SUBMIT__INIT;
        struct hot_submit_seen seen;
        const uint8_t *message;
        size_t size;

        submit.kind = message_text("core.echo");
        submit.arguments = message_bytes("xyz", 3);
        switch (_i) {
        case 0:
                submit.detached = true;
                break;
        case 1:
                submit.label = message_text("label");
                break;
        case 2:
                submit.timeout_us = 1;
                break;
        case 3:
                submit.arguments = message_bytes(NULL, 0);
                break;
        default:
                submit.kind = message_bytes(NULL, 0);
        }
        message = pack_submit(&submit, 7, &size);
        ck_assert(!hot_read_submit(message, size, &seen));
}
END_TEST

START_TEST(no_cut_message_is_read_and_none_is_read_past_its_end) {
        Gcasync__Submit submit = GCASYNC__SUBMIT__INIT;
        struct hot_submit_seen seen;
        const uint8_t *message;
        size_t size;

        submit.kind = message_text("core.echo");
        submit.arguments = message_bytes("0123456789", 10);
        message = pack_submit(&submit, 300, &size);
        for (size_t cut = 0; cut < size; cut++) {
                uint8_t *copy = malloc(cut + 1);

                ck_assert_ptr_nonnull(copy);
                memcpy(copy, message, cut);
                ck_assert(!hot_read_submit(copy, cut, &seen));
                free(copy);
        }
}
END_TEST

START_TEST(a_success_is_unpacked_as_it_was_appended) {
        static const size_t sizes[] = { 0, 1, 60, 127, 128, 20000 };
        struct hot_result success = { .id = UINT64_MAX, .task = 1u << 30 };
        const Gcasync__Reply *reply;
        uint8_t *value = calloc(1, 20000);
        struct arena arena;

        ck_assert_int_eq(arena_init(&arena), 0);
        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
                struct frame frame;

                success.value = value;
                success.value_size = sizes[i];
                buffer_consume(&buffer, buffer_get_length(&buffer));
                ck_assert_int_eq(hot_append_result(&buffer, &success, SIZE_MAX_TEST), 0);
                ck_assert_int_eq(frame_parse(buffer_get_data(&buffer),
                                             buffer_get_length(&buffer),
                                             SIZE_MAX_TEST,
                                             &frame),
                                 0);
                ck_assert_uint_eq(frame.size, buffer_get_length(&buffer));
                ck_assert_int_eq(
                        message_unpack_reply(&arena, frame.message, frame.message_size, &reply), 0);
                ck_assert_uint_eq(reply->id, UINT64_MAX);
                ck_assert_int_eq(reply->body_case, GCASYNC__REPLY__BODY_RESULT);
                ck_assert_uint_eq(reply->result->task, 1u << 30);
                ck_assert_int_eq(reply->result->state, GCASYNC__TASK_STATE__TASK_SUCCEEDED);
                ck_assert_uint_eq(reply->result->value.len, sizes[i]);
        }
        arena_deinit(&arena);
        free(value);
}
END_TEST

START_TEST(a_success_above_the_limit_is_refused_and_leaves_the_buffer) {
        struct hot_result success = { .id = 1, .task = 1, .value_size = 100 };
        uint8_t value[100] = { 0 };

        success.value = value;
        ck_assert_int_eq(buffer_append(&buffer, "before", 6), 0);
        ck_assert_int_eq(hot_append_result(&buffer, &success, 99), -EMSGSIZE);
        ck_assert_int_eq(hot_append_result(&buffer, &success, 105), -EMSGSIZE);
        ck_assert_uint_eq(buffer_get_length(&buffer), 6);
        ck_assert_int_eq(hot_append_result(&buffer, &success, 200), 0);
}
END_TEST

START_TEST(a_chunk_appended_alone_is_the_graph_that_the_writer_makes) {
        static const char text[] = "the same bytes";
        struct graph_writer writer;
        struct buffer alone = { 0 };

        graph_writer_init(&writer, 10);
        if (_i == 0)
                (void)graph_writer_add_string(&writer, text, sizeof(text) - 1);
        else
                (void)graph_writer_add_bytes(&writer, text, _i == 1 ? sizeof(text) : 0);
        ck_assert_int_eq(graph_writer_finish(&writer, &buffer), 0);
        ck_assert_int_eq(graph_append_chunk(&alone,
                                            _i == 0 ? GRAPH_STRING : GRAPH_BYTES,
                                            text,
                                            _i == 0   ? sizeof(text) - 1
                                            : _i == 1 ? sizeof(text)
                                                      : 0),
                         0);
        ck_assert_uint_eq(buffer_get_length(&alone), buffer_get_length(&buffer));
        ck_assert_mem_eq(
                buffer_get_data(&alone), buffer_get_data(&buffer), buffer_get_length(&buffer));
        buffer_deinit(&alone);
        graph_writer_deinit(&writer);
}
END_TEST

int main(void) {
        Suite *suite = suite_create("hot");
        TCase *tcase = tcase_create("hot");
        SRunner *runner;
        int n_failed;

        tcase_add_checked_fixture(tcase, setup, teardown);
        tcase_add_loop_test(tcase, a_plain_submit_is_read_as_it_was_packed, 0, 3);
        tcase_add_loop_test(tcase, a_submit_that_asks_for_more_goes_the_general_way, 0, 5);
        tcase_add_test(tcase, no_cut_message_is_read_and_none_is_read_past_its_end);
        tcase_add_test(tcase, a_success_is_unpacked_as_it_was_appended);
        tcase_add_test(tcase, a_success_above_the_limit_is_refused_and_leaves_the_buffer);
        tcase_add_loop_test(tcase, a_chunk_appended_alone_is_the_graph_that_the_writer_makes, 0, 3);
        suite_add_tcase(suite, tcase);
        runner = srunner_create(suite);
        srunner_run_all(runner, CK_NORMAL);
        n_failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return n_failed == 0 ? 0 : 1;
}
