/* SPDX-License-Identifier: MIT */

/* What peers may send, however they mean it. The arena is poisoned: nothing rests on zeroed memory. */

#include <check.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "helpers/failing-malloc.h"
#include "helpers/suite.h"
#include "helpers/wire-bytes.h"
#include "wire/frame.h"
#include "wire/message.h"

enum {
        N_MANY = 80000,
        /* Field numbers of proto/gcasync.proto. */
        REQUEST_ID = 1,
        REQUEST_HELLO = 2,
        REQUEST_SUBMIT = 3,
        REQUEST_PING = 10,
        REQUEST_GET = 17,
        REQUEST_DROP = 18,
        REQUEST_UNKNOWN = 1000,
        SUBMIT_KIND = 1,
        SUBMIT_TIMEOUT_US = 7,
        SUBMIT_AFTER = 20,
        GET_FROM = 1,
        DROP_HANDLES = 1,
        REPLY_TASKS = 6,
        TASK_LIST_TASKS = 1,
        HELLO_FEATURES = 4,
};

/* A receiving end and the bytes it is about to get. */
struct receiver {
        struct arena arena;
        struct buffer bytes, inner;
        const Gcasync__Request *request;
        const Gcasync__Reply *reply;
};

static void receiver_init(struct receiver *receiver) {
        *receiver = (struct receiver){ 0 };
        ck_assert_int_eq(arena_init(&receiver->arena), 0);
        memset(receiver->arena.first_block, 0xa5, ARENA_FIRST_BLOCK_SIZE);
}

static void receiver_deinit(struct receiver *receiver) {
        arena_deinit(&receiver->arena);
        buffer_deinit(&receiver->bytes);
        buffer_deinit(&receiver->inner);
}

static int receive_request(struct receiver *receiver) {
        return message_unpack_request(&receiver->arena,
                                      buffer_get_data(&receiver->bytes),
                                      buffer_get_length(&receiver->bytes),
                                      &receiver->request);
}

static int receive_reply(struct receiver *receiver) {
        return message_unpack_reply(&receiver->arena,
                                    buffer_get_data(&receiver->bytes),
                                    buffer_get_length(&receiver->bytes),
                                    &receiver->reply);
}

static void expect_text(const ProtobufCBinaryData *text, const char *expected) {
        ck_assert_uint_eq(text->len, strlen(expected));
        ck_assert_mem_eq(text->data, expected, text->len);
}

START_TEST(submit_is_unpacked_with_its_bytes_where_they_stand) {
        cleanup_(receiver_deinit) struct receiver receiver;

        receiver_init(&receiver);
        bytes_put_field(&receiver.inner, SUBMIT_KIND, "core.echo", 9);
        bytes_put_number(&receiver.inner, SUBMIT_TIMEOUT_US, 250000);
        bytes_put_number(&receiver.bytes, REQUEST_ID, 42);
        bytes_put_message(&receiver.bytes, REQUEST_SUBMIT, &receiver.inner);
        ck_assert_int_eq(receive_request(&receiver), 0);
        ck_assert_uint_eq(receiver.request->id, 42);
        ck_assert_int_eq(receiver.request->body_case, GCASYNC__REQUEST__BODY_SUBMIT);
        expect_text(&receiver.request->submit->kind, "core.echo");
        ck_assert(receiver.request->submit->kind.data > buffer_get_data(&receiver.bytes));
        ck_assert_uint_eq(receiver.request->submit->timeout_us, 250000);
        ck_assert_ptr_null(receiver.request->submit->arguments.data);
}
END_TEST

START_TEST(nothing_is_a_request_without_id_and_body) {
        cleanup_(receiver_deinit) struct receiver receiver;

        receiver_init(&receiver);
        ck_assert_int_eq(receive_request(&receiver), 0);
        ck_assert_uint_eq(receiver.request->id, 0);
        ck_assert_int_eq(receiver.request->body_case, GCASYNC__REQUEST__BODY__NOT_SET);
}
END_TEST

START_TEST(request_of_ordinary_size_allocates_nothing) {
        cleanup_(receiver_deinit) struct receiver receiver;
        int r;

        receiver_init(&receiver);
        for (size_t i = 0; i < 100; i++)
                bytes_put_field(&receiver.inner, HELLO_FEATURES, "feature", 7);
        bytes_put_message(&receiver.bytes, REQUEST_HELLO, &receiver.inner);
        failing_malloc_arm(1);
        r = receive_request(&receiver);
        ck_assert(!failing_malloc_disarm());
        ck_assert_int_eq(r, 0);
        ck_assert_uint_eq(receiver.request->hello->n_features, 100);
        expect_text(&receiver.request->hello->features[99], "feature");
}
END_TEST

START_TEST(singular_number_sent_80000_times_is_the_last_one_and_costs_nothing) {
        cleanup_(receiver_deinit) struct receiver receiver;

        receiver_init(&receiver);
        for (uint64_t i = 1; i <= N_MANY; i++)
                bytes_put_number(&receiver.bytes, REQUEST_ID, i);
        ck_assert_int_eq(receive_request(&receiver), 0);
        ck_assert_uint_eq(receiver.request->id, N_MANY);
        ck_assert_uint_le(receiver.arena.spent, sizeof(Gcasync__Request) + ARENA_ALIGNMENT);
}
END_TEST

START_TEST(singular_text_sent_80000_times_is_the_last_one_and_costs_nothing) {
        cleanup_(receiver_deinit) struct receiver receiver;

        receiver_init(&receiver);
        for (uint64_t i = 1; i < N_MANY; i++)
                bytes_put_field(&receiver.inner, SUBMIT_KIND, "wrong", 5);
        bytes_put_field(&receiver.inner, SUBMIT_KIND, "core.echo", 9);
        bytes_put_message(&receiver.bytes, REQUEST_SUBMIT, &receiver.inner);
        ck_assert_int_eq(receive_request(&receiver), 0);
        expect_text(&receiver.request->submit->kind, "core.echo");
        ck_assert_uint_lt(receiver.arena.spent, 1000);
}
END_TEST

START_TEST(body_sent_80000_times_is_refused) {
        cleanup_(receiver_deinit) struct receiver receiver;

        receiver_init(&receiver);
        for (size_t i = 0; i < N_MANY; i++)
                bytes_put_field(&receiver.bytes, REQUEST_SUBMIT, NULL, 0);
        ck_assert_int_eq(receive_request(&receiver), MESSAGE_E_MALFORMED);
        ck_assert_uint_lt(receiver.arena.spent, 1000);
}
END_TEST

START_TEST(message_inside_a_body_sent_80000_times_is_refused) {
        cleanup_(receiver_deinit) struct receiver receiver;

        receiver_init(&receiver);
        for (size_t i = 0; i < N_MANY; i++)
                bytes_put_field(&receiver.inner, GET_FROM, "\x10\x01", 2);
        bytes_put_message(&receiver.bytes, REQUEST_GET, &receiver.inner);
        ck_assert_int_eq(receive_request(&receiver), MESSAGE_E_MALFORMED);
        ck_assert_uint_lt(receiver.arena.spent, 1000);
}
END_TEST

START_TEST(two_bodies_are_refused) {
        cleanup_(receiver_deinit) struct receiver receiver;

        receiver_init(&receiver);
        bytes_put_field(&receiver.bytes, REQUEST_PING, NULL, 0);
        ck_assert_int_eq(receive_request(&receiver), 0);
        ck_assert_int_eq(receiver.request->body_case, GCASYNC__REQUEST__BODY_PING);
        bytes_put_field(&receiver.bytes, REQUEST_SUBMIT, NULL, 0);
        ck_assert_int_eq(receive_request(&receiver), MESSAGE_E_MALFORMED);
}
END_TEST

START_TEST(empty_nodes_are_held_to_the_budget_exactly) {
        cleanup_(receiver_deinit) struct receiver receiver;
        size_t fixed = sizeof(Gcasync__Reply) + sizeof(Gcasync__TaskList);
        size_t n_ok = 0;

        receiver_init(&receiver);
        for (size_t n = 1; n < 100; n++) {
                size_t spent, budget;

                bytes_put_field(&receiver.inner, TASK_LIST_TASKS, NULL, 0);
                buffer_consume(&receiver.bytes, buffer_get_length(&receiver.bytes));
                bytes_put_message(&receiver.bytes, REPLY_TASKS, &receiver.inner);
                spent = fixed + n * (sizeof(void *) + sizeof(Gcasync__TaskInfo));
                budget = 16 * buffer_get_length(&receiver.bytes) + 4096;
                ck_assert_int_eq(receive_reply(&receiver),
                                 spent <= budget ? 0 : MESSAGE_E_TOO_COMPLEX);
                ck_assert_uint_le(receiver.arena.spent, budget);
                n_ok += spent <= budget;
        }
        ck_assert(n_ok > 0 && n_ok < 50);
}
END_TEST

START_TEST(empty_nodes_by_the_80000_are_too_complex) {
        cleanup_(receiver_deinit) struct receiver receiver;

        receiver_init(&receiver);
        for (size_t i = 0; i < N_MANY; i++)
                bytes_put_field(&receiver.inner, TASK_LIST_TASKS, NULL, 0);
        bytes_put_message(&receiver.bytes, REPLY_TASKS, &receiver.inner);
        ck_assert_int_eq(receive_reply(&receiver), MESSAGE_E_TOO_COMPLEX);
        ck_assert_uint_le(receiver.arena.spent, 16 * buffer_get_length(&receiver.bytes) + 4096);
}
END_TEST

START_TEST(unknown_fields_are_skipped_and_cost_nothing) {
        cleanup_(receiver_deinit) struct receiver receiver;

        receiver_init(&receiver);
        for (size_t i = 0; i < N_MANY; i++) {
                bytes_put_field(&receiver.inner, REQUEST_UNKNOWN + i, "x", i % 2);
                bytes_put_number(&receiver.bytes, REQUEST_UNKNOWN + i, i);
        }
        bytes_put_message(&receiver.bytes, REQUEST_SUBMIT, &receiver.inner);
        ck_assert_int_eq(receive_request(&receiver), 0);
        ck_assert_uint_lt(receiver.arena.spent, 1000);
        ck_assert_uint_eq(receiver.request->base.n_unknown_fields, 0);
        ck_assert_ptr_null(receiver.request->base.unknown_fields);
        ck_assert_ptr_null(receiver.request->submit->base.unknown_fields);
}
END_TEST

START_TEST(body_of_a_later_version_is_no_body) {
        cleanup_(receiver_deinit) struct receiver receiver;

        receiver_init(&receiver);
        bytes_put_number(&receiver.bytes, REQUEST_ID, 7);
        bytes_put_field(&receiver.bytes, REQUEST_UNKNOWN, "\xff\xff\xff", 3);
        ck_assert_int_eq(receive_request(&receiver), 0);
        ck_assert_uint_eq(receiver.request->id, 7);
        ck_assert_int_eq(receiver.request->body_case, GCASYNC__REQUEST__BODY__NOT_SET);
}
END_TEST

START_TEST(packed_varints_inflate_no_further_than_the_budget) {
        cleanup_(receiver_deinit) struct receiver receiver;
        cleanup_(buffer_deinit) struct buffer handles = { 0 };

        receiver_init(&receiver);
        for (uint64_t i = 0; i < N_MANY; i++)
                bytes_put_varint(&handles, i % 100);
        bytes_put_message(&receiver.inner, DROP_HANDLES, &handles);
        bytes_put_message(&receiver.bytes, REQUEST_DROP, &receiver.inner);
        ck_assert_int_eq(receive_request(&receiver), 0);
        ck_assert_uint_eq(receiver.request->drop->n_handles, N_MANY);
        for (uint64_t i = 0; i < N_MANY; i++)
                ck_assert_uint_eq(receiver.request->drop->handles[i], i % 100);
        ck_assert_uint_lt(receiver.arena.spent, 9 * buffer_get_length(&receiver.bytes));
}
END_TEST

START_TEST(array_in_pieces_is_one_array) {
        cleanup_(receiver_deinit) struct receiver receiver;

        receiver_init(&receiver);
        bytes_put_field(&receiver.inner, SUBMIT_AFTER, NULL, 0);
        bytes_put_number(&receiver.inner, SUBMIT_AFTER, 1);
        bytes_put_field(&receiver.inner, SUBMIT_KIND, "k", 1);
        bytes_put_field(&receiver.inner, SUBMIT_AFTER, "\x02\x83\x00\x04", 4);
        bytes_put_field(&receiver.inner, SUBMIT_AFTER, NULL, 0);
        bytes_put_number(&receiver.inner, SUBMIT_AFTER, 5);
        bytes_put_message(&receiver.bytes, REQUEST_SUBMIT, &receiver.inner);
        ck_assert_int_eq(receive_request(&receiver), 0);
        ck_assert_uint_eq(receiver.request->submit->n_after, 5);
        for (uint64_t i = 0; i < 5; i++)
                ck_assert_uint_eq(receiver.request->submit->after[i], i + 1);
}
END_TEST

/* Would take hours if each empty piece looked for the rest of its array. */
START_TEST(million_empty_pieces_of_an_array_are_no_work) {
        cleanup_(receiver_deinit) struct receiver receiver;

        receiver_init(&receiver);
        for (size_t i = 0; i < 1000000; i++)
                bytes_put_field(&receiver.inner, DROP_HANDLES, NULL, 0);
        bytes_put_number(&receiver.inner, DROP_HANDLES, 1);
        bytes_put_message(&receiver.bytes, REQUEST_DROP, &receiver.inner);
        ck_assert_int_eq(receive_request(&receiver), 0);
        ck_assert_uint_eq(receiver.request->drop->n_handles, 1);
}
END_TEST

START_TEST(array_whose_later_piece_is_broken_is_refused) {
        static const char *const pieces[] = { "\x02\x80",
                                              "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00" };

        for (size_t i = 0; i < SUITE_SIZE(pieces); i++) {
                cleanup_(receiver_deinit) struct receiver receiver;

                receiver_init(&receiver);
                bytes_put_number(&receiver.inner, DROP_HANDLES, 1);
                bytes_put_field(&receiver.inner, DROP_HANDLES, pieces[i], i == 0 ? 2 : 11);
                bytes_put_message(&receiver.bytes, REQUEST_DROP, &receiver.inner);
                ck_assert_int_eq(receive_request(&receiver), MESSAGE_E_MALFORMED);
        }
}
END_TEST

START_TEST(known_field_in_another_encoding_is_refused) {
        static const struct {
                const char *bytes;
                size_t size;
        } wrong[] = {
                { "\x0a\x00", 2 },                 /* id as bytes */
                { "\x0d\1\0\0\0", 5 },             /* id as four bytes */
                { "\x18\x00", 2 },                 /* submit as a number */
                { "\x1a\x02\x08\x00", 4 },         /* submit.kind as a number */
                { "\x1a\x02\x1a\x00", 4 },         /* submit.detached as bytes */
                { "\x1a\x06\xa5\x01\0\0\0\0", 8 }, /* submit.after as four bytes */
                { "\x12\x02\x20\x01", 4 },         /* hello.features as a number */
        };

        for (size_t i = 0; i < SUITE_SIZE(wrong); i++) {
                cleanup_(receiver_deinit) struct receiver receiver;

                receiver_init(&receiver);
                bytes_put(&receiver.bytes, wrong[i].bytes, wrong[i].size);
                ck_assert_int_eq(receive_request(&receiver), MESSAGE_E_MALFORMED);
        }
}
END_TEST

START_TEST(huge_tags_are_refused_wherever_they_stand) {
        static const uint64_t numbers[] = { 0, UINT64_C(1) << 29, UINT64_C(1) << 32 };

        for (size_t i = 0; i < SUITE_SIZE(numbers); i++) {
                cleanup_(receiver_deinit) struct receiver receiver;

                receiver_init(&receiver);
                bytes_put_number(&receiver.inner, numbers[i], 1);
                bytes_put_message(&receiver.bytes, REQUEST_SUBMIT, &receiver.inner);
                ck_assert_int_eq(receive_request(&receiver), MESSAGE_E_MALFORMED);
                buffer_consume(&receiver.bytes, buffer_get_length(&receiver.bytes));
                bytes_put_number(&receiver.bytes, numbers[i], 1);
                ck_assert_int_eq(receive_request(&receiver), MESSAGE_E_MALFORMED);
        }
}
END_TEST

START_TEST(unknown_groups_however_deep_are_refused) {
        cleanup_(receiver_deinit) struct receiver receiver;

        receiver_init(&receiver);
        for (size_t i = 0; i < 1000000; i++)
                bytes_put_key(&receiver.bytes, REQUEST_UNKNOWN, 3);
        for (size_t i = 0; i < 1000000; i++)
                bytes_put_key(&receiver.bytes, REQUEST_UNKNOWN, 4);
        ck_assert_int_eq(receive_request(&receiver), MESSAGE_E_MALFORMED);
}
END_TEST

START_TEST(length_beyond_the_message_it_stands_in_is_refused) {
        cleanup_(receiver_deinit) struct receiver receiver;

        receiver_init(&receiver);
        /* Inside submit, kind claims one byte more than submit has; the request has it. */
        bytes_put_field(&receiver.bytes, REQUEST_SUBMIT, "\x0a\x04kin", 5);
        bytes_put_number(&receiver.bytes, REQUEST_ID, 1);
        ck_assert_int_eq(receive_request(&receiver), MESSAGE_E_MALFORMED);
}
END_TEST

START_TEST(message_cut_anywhere_is_refused_or_whole_in_itself) {
        cleanup_(receiver_deinit) struct receiver receiver;
        size_t size;

        receiver_init(&receiver);
        bytes_put_field(&receiver.inner, SUBMIT_KIND, "core.echo", 9);
        bytes_put_number(&receiver.bytes, REQUEST_ID, 300);
        bytes_put_message(&receiver.bytes, REQUEST_SUBMIT, &receiver.inner);
        size = buffer_get_length(&receiver.bytes);
        for (size_t cut = 0; cut < size; cut++) {
                int r = message_unpack_request(
                        &receiver.arena, buffer_get_data(&receiver.bytes), cut, &receiver.request);

                ck_assert_int_eq(r, cut == 0 || cut == 3 ? 0 : MESSAGE_E_MALFORMED);
        }
}
END_TEST

START_TEST(failed_malloc_is_a_fault_and_leaves_nothing_behind) {
        cleanup_(receiver_deinit) struct receiver receiver;
        size_t n_before, n_after;
        int r_without, r_with;

        receiver_init(&receiver);
        for (uint64_t i = 0; i < N_MANY; i++)
                bytes_put_number(&receiver.inner, DROP_HANDLES, i);
        bytes_put_message(&receiver.bytes, REQUEST_DROP, &receiver.inner);
        n_before = failing_malloc_count();
        failing_malloc_arm(1);
        r_without = receive_request(&receiver);
        failing_malloc_disarm();
        r_with = receive_request(&receiver);
        arena_reset(&receiver.arena, 0);
        n_after = failing_malloc_count();
        ck_assert_int_eq(r_without, -ENOMEM);
        ck_assert_int_eq(r_with, 0);
        ck_assert_uint_eq(n_after, n_before);
}
END_TEST

START_TEST(request_id_is_found_in_what_cannot_be_unpacked) {
        cleanup_(buffer_deinit) struct buffer buffer = { 0 };

        ck_assert_uint_eq(message_find_request_id(NULL, 0), 0);
        bytes_put_field(&buffer, REQUEST_SUBMIT, "\xff", 1);
        bytes_put_number(&buffer, REQUEST_ID, 7);
        ck_assert_uint_eq(
                message_find_request_id(buffer_get_data(&buffer), buffer_get_length(&buffer)), 7);
        bytes_put_number(&buffer, REQUEST_ID, 8);
        bytes_put(&buffer, "\xff", 1);
        ck_assert_uint_eq(
                message_find_request_id(buffer_get_data(&buffer), buffer_get_length(&buffer)), 8);
}
END_TEST

START_TEST(text_is_utf8_without_nul_and_of_limited_length) {
        ProtobufCBinaryData nul = message_bytes("a\0b", 3), invalid = message_text("caf\xe9");
        ProtobufCBinaryData good = message_text("café"), none = message_text(NULL);

        ck_assert(message_check_text(&good, 5));
        ck_assert(!message_check_text(&good, 4));
        ck_assert(!message_check_text(&nul, 100));
        ck_assert(!message_check_text(&invalid, 100));
        ck_assert(message_check_text(&none, 0));
        ck_assert_uint_eq(none.len, 0);
}
END_TEST

START_TEST(appended_message_is_a_frame_behind_what_stood_there) {
        cleanup_(receiver_deinit) struct receiver receiver;
        Gcasync__Reply reply = GCASYNC__REPLY__INIT;
        Gcasync__Done done = GCASYNC__DONE__INIT;
        struct frame frame;

        receiver_init(&receiver);
        reply.id = 9;
        reply.body_case = GCASYNC__REPLY__BODY_DONE;
        reply.done = &done;
        bytes_put(&receiver.bytes, "before", 6);
        ck_assert_int_eq(message_append(&receiver.bytes, &reply.base, 100), 0);
        buffer_consume(&receiver.bytes, 6);
        ck_assert_int_eq(frame_parse(buffer_get_data(&receiver.bytes),
                                     buffer_get_length(&receiver.bytes),
                                     100,
                                     &frame),
                         0);
        ck_assert_uint_eq(frame.size, buffer_get_length(&receiver.bytes));
        ck_assert_int_eq(
                message_unpack_reply(
                        &receiver.arena, frame.message, frame.message_size, &receiver.reply),
                0);
        ck_assert_uint_eq(receiver.reply->id, 9);
        ck_assert_int_eq(receiver.reply->body_case, GCASYNC__REPLY__BODY_DONE);
}
END_TEST

START_TEST(message_that_is_too_large_or_finds_no_memory_changes_nothing) {
        cleanup_(buffer_deinit) struct buffer buffer = { 0 };
        Gcasync__Reply reply = GCASYNC__REPLY__INIT;
        Gcasync__Pong pong = GCASYNC__PONG__INIT;
        static uint8_t payload[1000];
        int r;

        reply.id = 1;
        reply.body_case = GCASYNC__REPLY__BODY_PONG;
        reply.pong = &pong;
        pong.payload = message_bytes(payload, sizeof(payload));
        ck_assert_int_eq(message_append(&buffer, &reply.base, 1007), -EMSGSIZE);
        failing_malloc_arm(1);
        r = message_append(&buffer, &reply.base, 1008);
        ck_assert(failing_malloc_disarm());
        ck_assert_int_eq(r, -ENOMEM);
        ck_assert_uint_eq(buffer_get_length(&buffer), 0);
        ck_assert_int_eq(message_append(&buffer, &reply.base, 1008), 0);
        ck_assert_uint_eq(buffer_get_length(&buffer), FRAME_HEADER_SIZE + 1008);
}
END_TEST

START_TEST(each_allocation_of_a_long_message_may_fail) {
        static ProtobufCBinaryData features[1000];
        Gcasync__Request request = GCASYNC__REQUEST__INIT;
        Gcasync__Hello hello = GCASYNC__HELLO__INIT;
        bool has_failed = true, is_as_expected = true;

        request.body_case = GCASYNC__REQUEST__BODY_HELLO;
        request.hello = &hello;
        hello.n_features = SUITE_SIZE(features);
        hello.features = features;
        for (size_t n = 1; has_failed; n++) {
                cleanup_(buffer_deinit) struct buffer buffer = { 0 };
                int r;

                failing_malloc_arm(n);
                r = message_append(&buffer, &request.base, FRAME_SIZE_MAX_DEFAULT);
                has_failed = failing_malloc_disarm();
                is_as_expected &= r == (has_failed ? -ENOMEM : 0);
                is_as_expected &= (buffer_get_length(&buffer) > 0) == !has_failed;
        }
        ck_assert(is_as_expected);
}
END_TEST

/* The poorest entries that a daemon lists: they have to fit into the budget by the thousand. */
START_TEST(full_page_of_tasks_fits_into_the_budget) {
        enum {
                N = 1000
        };
        cleanup_(receiver_deinit) struct receiver receiver;
        static Gcasync__TaskInfo infos[N];
        Gcasync__TaskInfo *pointers[N];
        Gcasync__TaskList list = GCASYNC__TASK_LIST__INIT;
        Gcasync__Reply reply = GCASYNC__REPLY__INIT;

        receiver_init(&receiver);
        for (size_t i = 0; i < N; i++) {
                gcasync__task_info__init(&infos[i]);
                infos[i].task = i + 1;
                infos[i].kind = message_text("core.echo");
                infos[i].state = GCASYNC__TASK_STATE__TASK_QUEUED;
                infos[i].submitted_at_us = UINT64_C(1700000000000000);
                pointers[i] = &infos[i];
        }
        list.n_tasks = N;
        list.tasks = pointers;
        reply.body_case = GCASYNC__REPLY__BODY_TASKS;
        reply.tasks = &list;
        ck_assert_int_eq(message_append(&receiver.bytes, &reply.base, FRAME_SIZE_MAX_DEFAULT), 0);
        buffer_consume(&receiver.bytes, FRAME_HEADER_SIZE);
        ck_assert_int_eq(receive_reply(&receiver), 0);
        ck_assert_uint_eq(receiver.reply->tasks->n_tasks, N);
        ck_assert_uint_eq(receiver.reply->tasks->tasks[N - 1]->task, N);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                submit_is_unpacked_with_its_bytes_where_they_stand,
                nothing_is_a_request_without_id_and_body,
                request_of_ordinary_size_allocates_nothing,
                singular_number_sent_80000_times_is_the_last_one_and_costs_nothing,
                singular_text_sent_80000_times_is_the_last_one_and_costs_nothing,
                body_sent_80000_times_is_refused,
                message_inside_a_body_sent_80000_times_is_refused,
                two_bodies_are_refused,
                empty_nodes_are_held_to_the_budget_exactly,
                empty_nodes_by_the_80000_are_too_complex,
                unknown_fields_are_skipped_and_cost_nothing,
                body_of_a_later_version_is_no_body,
                packed_varints_inflate_no_further_than_the_budget,
                array_in_pieces_is_one_array,
                million_empty_pieces_of_an_array_are_no_work,
                array_whose_later_piece_is_broken_is_refused,
                known_field_in_another_encoding_is_refused,
                huge_tags_are_refused_wherever_they_stand,
                unknown_groups_however_deep_are_refused,
                length_beyond_the_message_it_stands_in_is_refused,
                message_cut_anywhere_is_refused_or_whole_in_itself,
                failed_malloc_is_a_fault_and_leaves_nothing_behind,
                request_id_is_found_in_what_cannot_be_unpacked,
                text_is_utf8_without_nul_and_of_limited_length,
                appended_message_is_a_frame_behind_what_stood_there,
                message_that_is_too_large_or_finds_no_memory_changes_nothing,
                each_allocation_of_a_long_message_may_fail,
                full_page_of_tasks_fits_into_the_budget,
        };

        return suite_run("message", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
