/* SPDX-License-Identifier: MIT */

/* Frames that are whole and requests that are not: each is answered, and the session goes on wherever it can. */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "helpers/peer.h"
#include "helpers/work.h"
#include "wire/frame.h"
#include "wire/graph.h"

/* Sends a message as it stands, framed. */
static void send_message(struct peer *peer, const void *message, size_t size) {
        cleanup_(freep) uint8_t *frame = malloc(FRAME_HEADER_SIZE + size);

        ck_assert_ptr_nonnull(frame);
        frame_write_header(frame, size, 0);
        memcpy(frame + FRAME_HEADER_SIZE, message, size);
        peer_send(peer, frame, FRAME_HEADER_SIZE + size);
}

/* A submission with a map of one argument, or none. */
static uint64_t
submit_text(struct peer *peer, const char *kind, const char *key, const char *text) {
        cleanup_(graph_writer_deinit) struct graph_writer writer;
        cleanup_(buffer_deinit) struct buffer arguments = { 0 };
        Gcasync__Request request = GCASYNC__REQUEST__INIT;
        Gcasync__Submit submit = GCASYNC__SUBMIT__INIT;

        graph_writer_init(&writer, 16);
        if (key) {
                struct graph_chunk chunk = { (const uint8_t *)key, strlen(key) };
                uint32_t child = graph_writer_add_string(&writer, text, strlen(text));

                (void)graph_writer_add_map(&writer, &chunk, &child, 1);
                ck_assert_int_eq(graph_writer_finish(&writer, &arguments), 0);
        }
        submit.kind = message_text(kind);
        submit.arguments =
                message_bytes(buffer_get_data(&arguments), buffer_get_length(&arguments));
        request.body_case = GCASYNC__REQUEST__BODY_SUBMIT;
        request.submit = &submit;
        return peer_request(peer, &request);
}

static void expect_failure(struct peer *peer, uint64_t id, const char *code) {
        const Gcasync__Reply *reply = peer_expect(peer, id, GCASYNC__REPLY__BODY_RESULT);
        const Gcasync__Failure *failure = reply->result->failure;

        ck_assert_int_eq(reply->result->state, GCASYNC__TASK_STATE__TASK_FAILED);
        ck_assert_uint_eq(failure->code.len, strlen(code));
        ck_assert_mem_eq(failure->code.data, code, failure->code.len);
        ck_assert_uint_gt(failure->message.len, 0);
}

/* ---- requests ---- */

static void ask_for_unknown_kinds(struct daemon *daemon) {
        struct peer peer;

        peer_connect_greeted(&peer, daemon);
        peer_expect_error(&peer,
                          submit_text(&peer, "core.ehco", NULL, NULL),
                          GCASYNC__ERROR_CODE__ERROR_UNKNOWN_KIND);
        peer_expect_error(&peer,
                          submit_text(&peer, "no such\n\x1b[31mkind", NULL, NULL),
                          GCASYNC__ERROR_CODE__ERROR_UNKNOWN_KIND);
        peer_expect_error(&peer,
                          submit_text(&peer, "", NULL, NULL),
                          GCASYNC__ERROR_CODE__ERROR_INVALID_REQUEST);
        peer_expect_pong(&peer);
        peer_close(&peer);
}

START_TEST(unknown_kinds_are_named_and_the_session_goes_on) {
        expect_harmless(NULL, ask_for_unknown_kinds);
}
END_TEST

static void give_wrong_arguments(struct daemon *daemon) {
        struct peer peer;

        peer_connect_greeted(&peer, daemon);
        expect_failure(&peer, submit_text(&peer, "core.sleep", "mss", "1"), "invalid-argument");
        expect_failure(&peer, submit_text(&peer, "core.sleep", "ms", "1"), "invalid-argument");
        expect_failure(&peer, submit_text(&peer, "exec", NULL, NULL), "invalid-argument");
        peer_expect_pong(&peer);
        peer_close(&peer);
}

START_TEST(unknown_missing_and_mistyped_arguments_fail_their_task) {
        expect_harmless(NULL, give_wrong_arguments);
}
END_TEST

/* Submits core.echo with these bytes for arguments; returns the request's id. */
static uint64_t submit_raw(struct peer *peer, const void *arguments, size_t size) {
        Gcasync__Request request = GCASYNC__REQUEST__INIT;
        Gcasync__Submit submit = GCASYNC__SUBMIT__INIT;

        submit.kind = message_text("core.echo");
        submit.arguments = message_bytes(arguments, size);
        request.body_case = GCASYNC__REQUEST__BODY_SUBMIT;
        request.submit = &submit;
        return peer_request(peer, &request);
}

static void give_broken_graphs(struct daemon *daemon) {
        /* Not protobuf; a type that is none; a list that is its own child; a map without its key; no node. */
        static const struct graph_chunk graphs[] = {
                { (const uint8_t *)"\xff\xff\xff", 3 },
                { (const uint8_t *)"\x0a\x01\x63", 3 },
                { (const uint8_t *)"\x0a\x01\x07\x2a\x01\x01\x32\x01\x00", 9 },
                { (const uint8_t *)"\x0a\x02\x00\x08\x2a\x01\x01\x32\x01\x00", 10 },
                { (const uint8_t *)"\x0a\x00", 2 },
        };
        struct peer peer;

        peer_connect_greeted(&peer, daemon);
        for (size_t i = 0; i < SUITE_SIZE(graphs); i++)
                expect_failure(&peer,
                               submit_raw(&peer, graphs[i].data, graphs[i].size),
                               "invalid-argument");
        peer_expect_pong(&peer);
        peer_close(&peer);
}

START_TEST(arguments_that_are_no_value_fail_their_task) {
        expect_harmless(NULL, give_broken_graphs);
}
END_TEST

static void ask_for_the_unknown(struct daemon *daemon) {
        struct peer peer;

        peer_connect_greeted(&peer, daemon);
        /* id 5 and field 900, which nobody has heard of; then field 16, Put, designed but not there. */
        send_message(&peer, "\x08\x05\xa2\x38\x00", 5);
        peer_expect_error(&peer, 5, GCASYNC__ERROR_CODE__ERROR_UNIMPLEMENTED);
        send_message(&peer, "\x08\x06\x82\x01\x00", 5);
        peer_expect_error(&peer, 6, GCASYNC__ERROR_CODE__ERROR_UNIMPLEMENTED);
        /* No body at all. */
        send_message(&peer, "\x08\x07", 2);
        peer_expect_error(&peer, 7, GCASYNC__ERROR_CODE__ERROR_UNIMPLEMENTED);
        peer_expect_pong(&peer);
        peer_close(&peer);
}

START_TEST(unknown_requests_are_unimplemented_and_harm_nothing_else) {
        expect_harmless(NULL, ask_for_the_unknown);
}
END_TEST

static void add_unknown_fields(struct daemon *daemon) {
        /* A ping, id 9, with a payload of "x" and, inside and outside, fields of the future. */
        static const char message[] =
                "\x08\x09\x52\x0a\x0a\x01x\xf8\x07\x01\x82\x08\x01y\x80\x7d\x05";
        const Gcasync__Reply *reply;
        struct peer peer;

        peer_connect_greeted(&peer, daemon);
        send_message(&peer, message, sizeof(message) - 1);
        reply = peer_expect(&peer, 9, GCASYNC__REPLY__BODY_PONG);
        ck_assert_uint_eq(reply->pong->payload.len, 1);
        peer_close(&peer);
}

START_TEST(unknown_fields_are_ignored) {
        expect_harmless(NULL, add_unknown_fields);
}
END_TEST

static void reuse_ids(struct daemon *daemon) {
        Gcasync__Request request = GCASYNC__REQUEST__INIT;
        Gcasync__Ping ping = GCASYNC__PING__INIT;
        struct peer peer;

        request.body_case = GCASYNC__REQUEST__BODY_PING;
        request.ping = &ping;
        peer_connect_greeted(&peer, daemon);
        /* Once answered, an id is free again. */
        request.id = 77;
        for (int i = 0; i < 3; i++)
                (void)peer_expect(&peer, peer_request(&peer, &request), GCASYNC__REPLY__BODY_PONG);
        /* 0 is no id. */
        send_message(&peer, "\x52\x00", 2);
        peer_expect_dismissal(&peer, GCASYNC__ERROR_CODE__ERROR_INVALID_REQUEST);
}

START_TEST(a_request_without_an_id_cannot_be_answered) {
        expect_harmless(NULL, reuse_ids);
}
END_TEST

static uint64_t submit_labelled(struct peer *peer, const void *label, size_t size) {
        Gcasync__Request request = GCASYNC__REQUEST__INIT;
        Gcasync__Submit submit = GCASYNC__SUBMIT__INIT;

        submit.kind = message_text("core.echo");
        submit.label = message_bytes(label, size);
        request.body_case = GCASYNC__REQUEST__BODY_SUBMIT;
        request.submit = &submit;
        return peer_request(peer, &request);
}

static void send_bad_text(struct daemon *daemon) {
        struct peer peer;

        peer_connect_greeted(&peer, daemon);
        (void)submit_labelled(&peer, "\xff\xfe", 2);
        peer_expect_dismissal(&peer, GCASYNC__ERROR_CODE__ERROR_MALFORMED);

        peer_connect_greeted(&peer, daemon);
        peer_expect_error(&peer,
                          submit_labelled(&peer, "a\0b", 3),
                          GCASYNC__ERROR_CODE__ERROR_INVALID_REQUEST);
        peer_expect_pong(&peer);
        peer_close(&peer);
}

START_TEST(text_must_be_utf8_and_names_hold_no_nul) {
        expect_harmless(NULL, send_bad_text);
}
END_TEST

static void ask_for_other_tasks(struct daemon *daemon) {
        cleanup_(gcasync_client_unrefp) gcasync_client *client = client_connect(daemon);
        gcasync_result *result = NULL;

        ck_assert_int_eq(gcasync_await(client, 999999, 0, client_deadline(), &result),
                         GCASYNC_E_NOT_FOUND);
        ck_assert_int_eq(gcasync_abort(client, 999999, false, NULL, client_deadline(), NULL),
                         GCASYNC_E_NOT_FOUND);
        ck_assert_int_eq(gcasync_remove(client, 999999, client_deadline()), GCASYNC_E_NOT_FOUND);
        ck_assert_int_eq(gcasync_await(client, 0, 0, client_deadline(), &result),
                         GCASYNC_E_NOT_FOUND);
}

START_TEST(tasks_that_never_were_are_not_found) {
        expect_harmless(NULL, ask_for_other_tasks);
}
END_TEST

/* ---- the traps of protobuf ---- */

/* A ping whose submessage stands in the message n times. */
static void send_repeated(struct daemon *daemon) {
        enum {
                N = 80000,
                ENTRY = 2
        };
        cleanup_(freep) uint8_t *message = malloc(2 + N * ENTRY);
        struct peer peer;

        ck_assert_ptr_nonnull(message);
        memcpy(message, "\x08\x03", 2);
        for (size_t i = 0; i < N; i++)
                memcpy(message + 2 + i * ENTRY, "\x52\x00", ENTRY);
        peer_connect_greeted(&peer, daemon);
        send_message(&peer, message, 2 + N * ENTRY);
        /* More than one body: whether it is taken for malformed or for too complex, the session is over. */
        peer_expect_closed(&peer);
}

START_TEST(a_body_repeated_80000_times_does_not_eat_memory) {
        expect_harmless(NULL, send_repeated);
}
END_TEST

static void send_groups(struct daemon *daemon) {
        enum {
                N = 1 << 20
        };
        cleanup_(freep) uint8_t *message = malloc(N);
        struct peer peer;

        /* Nothing but group starts: a recursive parser would need a million stack frames. */
        ck_assert_ptr_nonnull(message);
        memset(message, 0x0b, N);
        peer_connect_greeted(&peer, daemon);
        send_message(&peer, message, N);
        peer_expect_dismissal(&peer, GCASYNC__ERROR_CODE__ERROR_MALFORMED);
}

START_TEST(deeply_nested_groups_are_malformed) {
        expect_harmless(NULL, send_groups);
}
END_TEST

/* ---- results ---- */

static void ask_for_too_much(struct daemon *daemon) {
        cleanup_(gcasync_client_unrefp) gcasync_client *client = client_connect(daemon);
        cleanup_(gcasync_result_unrefp) gcasync_result *result = NULL;
        struct work large = { .kind = "unruly.large", .key = "n", .number = 200 << 10 };

        work_expect_state(client, &large, GCASYNC_STATE_SUCCEEDED);
        large.number = 256 << 10;
        result = work_run(client, &large);
        ck_assert_int_eq(gcasync_result_get_state(result), GCASYNC_STATE_FAILED);
        ck_assert_str_eq(gcasync_result_get_failure_code(result), "result-too-large");
        work_expect_state(client, &WORK_ECHO(1), GCASYNC_STATE_SUCCEEDED);
}

START_TEST(results_that_do_not_fit_into_a_frame_fail_their_task) {
        static const char *const arguments[] = { "--limit", "frame-bytes=256K", NULL };

        expect_harmless(&(struct daemon_options){ .arguments = arguments }, ask_for_too_much);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                unknown_kinds_are_named_and_the_session_goes_on,
                unknown_missing_and_mistyped_arguments_fail_their_task,
                arguments_that_are_no_value_fail_their_task,
                unknown_requests_are_unimplemented_and_harm_nothing_else,
                unknown_fields_are_ignored,
                a_request_without_an_id_cannot_be_answered,
                text_must_be_utf8_and_names_hold_no_nul,
                tasks_that_never_were_are_not_found,
                a_body_repeated_80000_times_does_not_eat_memory,
                deeply_nested_groups_are_malformed,
                results_that_do_not_fit_into_a_frame_fail_their_task,
        };

        return scratch_run("bad-requests", tests, SUITE_SIZE(tests));
}
