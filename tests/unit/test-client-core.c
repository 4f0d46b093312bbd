/* SPDX-License-Identifier: MIT */

/* The core and what it is made of, without I/O: bytes in, outcomes out. */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "helpers/suite.h"
#include "lib/core.h"
#include "wire/frame.h"
#include "wire/hot.h"
#include "wire/message.h"

static struct core core;
static struct buffer input;

/* ---- a core to talk to ---- */

static void receive_reply(Gcasync__Reply *reply, uint64_t id) {
        reply->id = id;
        ck_assert_int_eq(message_append(&input, &reply->base, FRAME_SIZE_MAX_DEFAULT), 0);
        ck_assert_uint_eq(core_receive(&core, &input), 0);
}

static void receive_pong(uint64_t id) {
        Gcasync__Reply reply = GCASYNC__REPLY__INIT;
        Gcasync__Pong pong = GCASYNC__PONG__INIT;

        reply.body_case = GCASYNC__REPLY__BODY_PONG;
        reply.pong = &pong;
        receive_reply(&reply, id);
}

static struct gcasync_call *request_ping(gcasync_callback callback) {
        const struct call_options options = { .type = CALL_TYPE_PING, .callback = callback };
        Gcasync__Request request = GCASYNC__REQUEST__INIT;
        Gcasync__Ping ping = GCASYNC__PING__INIT;
        struct gcasync_call *call = NULL;

        request.body_case = GCASYNC__REQUEST__BODY_PING;
        request.ping = &ping;
        ck_assert_int_eq(core_add_request(&core, &options, &request, &call), 0);
        return call;
}

static void begin(void) {
        const struct call_options options = { .type = CALL_TYPE_HELLO };
        Gcasync__Request request = GCASYNC__REQUEST__INIT;
        Gcasync__Hello hello = GCASYNC__HELLO__INIT;
        Gcasync__Reply reply = GCASYNC__REPLY__INIT;
        Gcasync__Welcome welcome = GCASYNC__WELCOME__INIT;

        ck_assert_int_eq(core_init(&core, NULL), 0);
        request.body_case = GCASYNC__REQUEST__BODY_HELLO;
        request.hello = &hello;
        ck_assert_int_eq(core_add_request(&core, &options, &request, NULL), 0);
        welcome.version = 1;
        reply.body_case = GCASYNC__REPLY__BODY_WELCOME;
        reply.welcome = &welcome;
        receive_reply(&reply, 1);
        ck_assert_int_eq(core.state, CORE_OPEN);
}

static void end(void) {
        core_end(&core, GCASYNC_E_DISCONNECTED, NULL);
        ck_assert_ptr_null(core.ready.first);
        core_deinit(&core);
        buffer_deinit(&input);
}

static void never_called(gcasync_call *call, void *data) {
        (void)data;
        ck_abort_msg("the core called back for %p", (void *)call);
}

/* Takes what is ready as the client does, without calling back; returns the call. */
static struct gcasync_call *pop_ready(void) {
        struct ready *ready = ready_queue_pop(&core.ready);
        struct gcasync_call *call;

        if (!ready)
                return NULL;
        call = container_of(ready, struct gcasync_call, ready);
        ck_assert(call_try_running(call));
        call_set_state(call, CALL_DONE);
        core_unref_call(&core, call);
        return call;
}

/* ---- outcomes ---- */

START_TEST(request_becomes_bytes_and_its_reply_an_outcome) {
        const Gcasync__Request *request;
        struct gcasync_call *call;
        struct frame frame;

        begin();
        buffer_consume(&core.output, buffer_get_length(&core.output));
        call = request_ping(NULL);
        ck_assert_int_eq(frame_parse(buffer_get_data(&core.output),
                                     buffer_get_length(&core.output),
                                     FRAME_SIZE_MAX_DEFAULT,
                                     &frame),
                         0);
        ck_assert_int_eq(
                message_unpack_request(&core.arena, frame.message, frame.message_size, &request),
                0);
        ck_assert_uint_eq(request->id, call->id);
        ck_assert_int_eq(request->body_case, GCASYNC__REQUEST__BODY_PING);
        ck_assert_int_eq(call_get_state(call), CALL_PENDING);
        receive_pong(call->id);
        ck_assert_int_eq(call_get_state(call), CALL_DONE);
        ck_assert_int_eq(call->error, 0);
        core_unref_call(&core, call);
        end();
}
END_TEST

START_TEST(bytes_may_come_one_by_one) {
        struct buffer bytes = { 0 };
        struct gcasync_call *call;
        Gcasync__Reply reply = GCASYNC__REPLY__INIT;
        Gcasync__Pong pong = GCASYNC__PONG__INIT;

        begin();
        call = request_ping(NULL);
        reply.id = call->id;
        reply.body_case = GCASYNC__REPLY__BODY_PONG;
        reply.pong = &pong;
        ck_assert_int_eq(message_append(&bytes, &reply.base, FRAME_SIZE_MAX_DEFAULT), 0);
        for (size_t i = 0; i < bytes.end; i++) {
                size_t wanted = i >= FRAME_HEADER_SIZE ? bytes.end : 0;

                ck_assert_int_eq(call_get_state(call), CALL_PENDING);
                ck_assert_uint_eq(core_receive(&core, &input), wanted);
                ck_assert_int_eq(buffer_append(&input, &bytes.data[i], 1), 0);
        }
        ck_assert_uint_eq(core_receive(&core, &input), 0);
        ck_assert_int_eq(call_get_state(call), CALL_DONE);
        core_unref_call(&core, call);
        buffer_deinit(&bytes);
        end();
}
END_TEST

START_TEST(calls_with_callbacks_wait_for_them_in_the_order_of_replies) {
        struct gcasync_call *a, *b;

        begin();
        a = request_ping(never_called);
        b = request_ping(never_called);
        receive_pong(b->id);
        receive_pong(a->id);
        ck_assert_int_eq(call_get_state(a), CALL_READY);
        ck_assert_ptr_eq(pop_ready(), b);
        ck_assert_ptr_eq(pop_ready(), a);
        ck_assert_ptr_null(pop_ready());
        core_unref_call(&core, a);
        core_unref_call(&core, b);
        end();
}
END_TEST

START_TEST(expired_calls_resolve_in_the_order_of_their_deadlines) {
        struct gcasync_call *calls[3];

        begin();
        for (size_t i = 0; i < 3; i++)
                calls[i] = request_ping(never_called);
        core_set_deadline(&core, calls[0], 30);
        core_set_deadline(&core, calls[1], 10);
        core_set_deadline(&core, calls[2], 20);
        ck_assert_uint_eq(core_get_deadline(&core), 10);
        core_expire(&core, 9);
        ck_assert_ptr_null(core.ready.first);
        core_expire(&core, 20);
        ck_assert_ptr_eq(pop_ready(), calls[1]);
        ck_assert_ptr_eq(pop_ready(), calls[2]);
        ck_assert_int_eq(calls[2]->error, GCASYNC_E_TIMED_OUT);
        ck_assert_uint_eq(core.n_pending, 1);
        receive_pong(calls[1]->id);
        receive_pong(calls[0]->id);
        ck_assert_ptr_eq(pop_ready(), calls[0]);
        ck_assert_uint_eq(core_get_deadline(&core), GCASYNC_NO_DEADLINE);
        for (size_t i = 0; i < 3; i++)
                core_unref_call(&core, calls[i]);
        end();
}
END_TEST

START_TEST(id_of_a_dropped_call_is_not_used_again_before_its_reply) {
        struct gcasync_call *dropped, *other;
        uint64_t id;

        begin();
        dropped = request_ping(NULL);
        id = dropped->id;
        core_drop(&core, dropped, GCASYNC_E_CANCELLED);
        core_unref_call(&core, dropped);
        ck_assert_ptr_eq(window_find(&core.window, id), dropped);
        for (size_t i = 0; i < 1000; i++) {
                other = request_ping(NULL);
                ck_assert_uint_ne(other->id, id);
                receive_pong(other->id);
                core_unref_call(&core, other);
        }
        receive_pong(id);
        ck_assert_ptr_null(window_find(&core.window, id));
        ck_assert_int_eq(core.state, CORE_OPEN);
        end();
}
END_TEST

START_TEST(descriptors_that_nobody_asked_for_end_the_session) {
        uint8_t frame[FRAME_HEADER_SIZE + 2] = { 0 };

        begin();
        frame_write_header(frame, 2, 1);
        ck_assert_int_eq(buffer_append(&input, frame, sizeof(frame)), 0);
        (void)core_receive(&core, &input);
        ck_assert_int_eq(core.state, CORE_ENDED);
        ck_assert_int_eq(core.error, GCASYNC_E_PROTOCOL);
        end();
}
END_TEST

START_TEST(nothing_is_queued_before_welcome_or_after_the_end) {
        const struct call_options options = { .type = CALL_TYPE_SUBMIT };
        const struct hot_submit submit = { .kind = "k", .kind_size = 1 };

        ck_assert_int_eq(core_init(&core, NULL), 0);
        ck_assert_int_eq(core_add_submit(&core, &options, &submit, NULL), GCASYNC_E_DISCONNECTED);
        core_end(&core, GCASYNC_E_PROTOCOL, "words");
        core_end(&core, GCASYNC_E_SYSTEM, "other words");
        ck_assert_int_eq(core.error, GCASYNC_E_PROTOCOL);
        ck_assert_str_eq(core_get_message(&core), "words");
        ck_assert_int_eq(core_add_submit(&core, &options, &submit, NULL), GCASYNC_E_DISCONNECTED);
        end();
}
END_TEST

/* ---- the window ---- */

START_TEST(window_holds_stragglers_while_ids_go_on) {
        struct gcasync_call stragglers[100], passing;
        struct window window;

        ck_assert_int_eq(window_init(&window), 0);
        for (size_t i = 0; i < 100; i++)
                ck_assert_int_eq(window_add(&window, &stragglers[i]), 0);
        for (size_t i = 0; i < 100000; i++) {
                ck_assert_int_eq(window_add(&window, &passing), 0);
                ck_assert_ptr_eq(window_find(&window, passing.id), &passing);
                window_remove(&window, &passing);
        }
        ck_assert_uint_eq(window.n_slots, 256);
        ck_assert_uint_gt(passing.id, 100000);
        for (size_t i = 0; i < 100; i++)
                ck_assert_ptr_eq(window_find(&window, stragglers[i].id), &stragglers[i]);
        window_deinit(&window);
}
END_TEST

START_TEST(window_grows_and_keeps_every_call_apart) {
        enum {
                N = 10000
        };
        struct gcasync_call *calls = calloc(N, sizeof(*calls));
        struct window window;

        ck_assert_int_eq(window_init(&window), 0);
        for (size_t i = 0; i < N; i++) {
                ck_assert_int_eq(window_add(&window, &calls[i]), 0);
                if (i % 3 == 0)
                        window_remove(&window, &calls[i]);
        }
        for (size_t i = 0; i < N; i++)
                ck_assert_ptr_eq(window_find(&window, calls[i].id), i % 3 ? &calls[i] : NULL);
        ck_assert_ptr_null(window_find(&window, 0));
        ck_assert_ptr_null(window_find(&window, UINT64_MAX));
        window_deinit(&window);
        free(calls);
}
END_TEST

/* ---- deadlines ---- */

START_TEST(deadlines_come_out_in_order_whatever_goes_in_and_out) {
        enum {
                N = 500
        };
        struct deadline nodes[N] = { 0 };
        struct deadlines deadlines = { 0 };
        uint64_t last = 0;
        uint32_t seed = 1;
        size_t n = 0;

        for (size_t i = 0; i < 5000; i++) {
                struct deadline *node;

                seed = seed * 1664525 + 1013904223;
                node = &nodes[(seed >> 16) % N];
                if (seed & 0x100)
                        deadlines_remove(&deadlines, node);
                else
                        deadlines_set(&deadlines, node, seed >> 12);
        }
        for (size_t i = 0; i < N; i++)
                n += deadline_is_set(&nodes[i]);
        while (deadlines.first) {
                ck_assert_uint_ge(deadlines.first->time_ns, last);
                last = deadlines.first->time_ns;
                deadlines_remove(&deadlines, deadlines.first);
                n--;
        }
        ck_assert_uint_eq(n, 0);
}
END_TEST

/* ---- the messages done by hand ---- */

/* The same by the general way. */
static void append_generally(struct buffer *buffer, uint64_t id, const struct hot_submit *hot) {
        Gcasync__Request request = GCASYNC__REQUEST__INIT;
        Gcasync__Submit submit = GCASYNC__SUBMIT__INIT;

        submit.kind = message_bytes(hot->kind, hot->kind_size);
        submit.label = message_bytes(hot->label, hot->label_size);
        submit.arguments = message_bytes(hot->arguments, hot->arguments_size);
        submit.detached = hot->is_detached;
        submit.want_accepted = hot->want_accepted;
        submit.want_progress = hot->want_progress;
        submit.want_output = hot->want_output;
        submit.timeout_us = hot->timeout_us;
        request.id = id;
        request.body_case = GCASYNC__REQUEST__BODY_SUBMIT;
        request.submit = &submit;
        ck_assert_int_eq(message_append(buffer, &request.base, FRAME_SIZE_MAX_DEFAULT), 0);
}

START_TEST(submit_by_hand_is_what_protobuf_writes) {
        static const char text[400] = { 'x' };
        struct buffer by_hand = { 0 }, generally = { 0 };

        for (uint32_t i = 0; i < 2048; i++) {
                struct hot_submit submit = {
                        .kind = text,
                        .kind_size = i & 1 ? 9 : 200,
                        .label = text,
                        .label_size = i & 2 ? 0 : 128,
                        .arguments = text,
                        .arguments_size = i & 4 ? 0 : i % 400,
                        .is_detached = i & 8,
                        .want_accepted = i & 16,
                        .want_progress = i & 32,
                        .want_output = i & 64,
                        .timeout_us = UINT64_C(1) << (i % 64),
                };
                uint64_t id = UINT64_MAX >> (i % 64);

                ck_assert_int_eq(hot_append_submit(&by_hand, id, &submit, 1 << 20), 0);
                append_generally(&generally, id, &submit);
        }
        ck_assert_uint_eq(by_hand.end, generally.end);
        ck_assert_int_eq(memcmp(by_hand.data, generally.data, by_hand.end), 0);
        buffer_deinit(&by_hand);
        buffer_deinit(&generally);
}
END_TEST

static Gcasync__Reply *make_result(Gcasync__Result *result, uint64_t id, size_t value_size) {
        static Gcasync__Reply reply;
        static uint8_t value[1000];

        gcasync__reply__init(&reply);
        gcasync__result__init(result);
        result->task = id * 3;
        result->state = GCASYNC__TASK_STATE__TASK_SUCCEEDED;
        result->value = message_bytes(value, value_size);
        reply.id = id;
        reply.body_case = GCASYNC__REPLY__BODY_RESULT;
        reply.result = result;
        return &reply;
}

static bool read_by_hand(const Gcasync__Reply *reply, struct hot_result *ret_result) {
        bool is_read;

        buffer_deinit(&input);
        ck_assert_int_eq(message_append(&input, &reply->base, FRAME_SIZE_MAX_DEFAULT), 0);
        is_read = hot_read_result(
                input.data + FRAME_HEADER_SIZE, input.end - FRAME_HEADER_SIZE, ret_result);
        return is_read;
}

START_TEST(result_read_by_hand_is_what_protobuf_wrote) {
        struct hot_result hot;
        Gcasync__Result result;

        for (uint64_t i = 1; i < 500; i++) {
                uint64_t id = UINT64_MAX / 3 >> (i % 62);

                ck_assert(read_by_hand(make_result(&result, id, i), &hot));
                ck_assert_uint_eq(hot.id, id);
                ck_assert_uint_eq(hot.task, id * 3);
                ck_assert_uint_eq(hot.value_size, i);
                ck_assert_ptr_eq(hot.value + i, input.data + input.end);
        }
        buffer_deinit(&input);
}
END_TEST

START_TEST(results_of_other_shapes_are_left_to_the_general_way) {
        Gcasync__Failure failure = GCASYNC__FAILURE__INIT;
        struct hot_result hot;
        Gcasync__Result result;
        Gcasync__Reply *reply;

        reply = make_result(&result, 5, 0);
        ck_assert(!read_by_hand(reply, &hot));
        reply = make_result(&result, 5, 10);
        result.state = GCASYNC__TASK_STATE__TASK_FAILED;
        ck_assert(!read_by_hand(reply, &hot));
        reply = make_result(&result, 5, 10);
        result.failure = &failure;
        ck_assert(!read_by_hand(reply, &hot));
        reply = make_result(&result, 0, 10);
        ck_assert(!read_by_hand(reply, &hot));
        buffer_deinit(&input);
}
END_TEST

START_TEST(cut_result_is_not_read_by_hand) {
        Gcasync__Result result;
        struct hot_result hot;

        ck_assert(read_by_hand(make_result(&result, 1000, 20), &hot));
        for (size_t size = 0; size < input.end - FRAME_HEADER_SIZE; size++)
                ck_assert(!hot_read_result(input.data + FRAME_HEADER_SIZE, size, &hot));
        buffer_deinit(&input);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                request_becomes_bytes_and_its_reply_an_outcome,
                bytes_may_come_one_by_one,
                calls_with_callbacks_wait_for_them_in_the_order_of_replies,
                expired_calls_resolve_in_the_order_of_their_deadlines,
                id_of_a_dropped_call_is_not_used_again_before_its_reply,
                descriptors_that_nobody_asked_for_end_the_session,
                nothing_is_queued_before_welcome_or_after_the_end,
                window_holds_stragglers_while_ids_go_on,
                window_grows_and_keeps_every_call_apart,
                deadlines_come_out_in_order_whatever_goes_in_and_out,
                submit_by_hand_is_what_protobuf_writes,
                result_read_by_hand_is_what_protobuf_wrote,
                results_of_other_shapes_are_left_to_the_general_way,
                cut_result_is_not_read_by_hand,
        };

        return suite_run("client-core", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
