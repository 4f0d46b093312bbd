/* SPDX-License-Identifier: MIT */

/* Frames that are whole and requests that are not: each is answered, and the session goes on wherever it can. */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "helpers/peer.h"
#include "helpers/wire-bytes.h"
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

enum {
        N_MANY = 80000
};

/* A message that stands in a buffer, framed. */
static void send_buffer(struct peer *peer, const struct buffer *message) {
        send_message(peer, buffer_get_data(message), buffer_get_length(message));
}

static void send_body_many_times(struct daemon *daemon) {
        cleanup_(buffer_deinit) struct buffer message = { 0 };
        struct peer peer;

        bytes_put_number(&message, 1, 3);
        for (size_t i = 0; i < N_MANY; i++)
                bytes_put_field(&message, GCASYNC__REQUEST__BODY_PING, NULL, 0);
        peer_connect_greeted(&peer, daemon);
        send_buffer(&peer, &message);
        peer_expect_dismissal(&peer, GCASYNC__ERROR_CODE__ERROR_MALFORMED);
}

START_TEST(a_body_repeated_80000_times_does_not_eat_memory) {
        expect_harmless(NULL, send_body_many_times);
}
END_TEST

static void send_fields_many_times(struct daemon *daemon) {
        cleanup_(buffer_deinit) struct buffer message = { 0 }, ping = { 0 };
        const Gcasync__Reply *reply;
        struct peer peer;

        /* A number and a text; of a field that is not repeated the last one counts. */
        for (size_t i = 1; i <= N_MANY; i++) {
                bytes_put_number(&message, 1, i);
                bytes_put_field(&ping, 1, i < N_MANY ? "wrong" : "right", 5);
        }
        bytes_put_message(&message, GCASYNC__REQUEST__BODY_PING, &ping);
        peer_connect_greeted(&peer, daemon);
        send_buffer(&peer, &message);
        reply = peer_expect(&peer, N_MANY, GCASYNC__REPLY__BODY_PONG);
        ck_assert_uint_eq(reply->pong->payload.len, 5);
        ck_assert_mem_eq(reply->pong->payload.data, "right", 5);
        peer_close(&peer);
}

START_TEST(a_singular_field_repeated_80000_times_is_the_last_one) {
        expect_harmless(NULL, send_fields_many_times);
}
END_TEST

static void add_many_unknown_fields(struct daemon *daemon) {
        cleanup_(buffer_deinit) struct buffer message = { 0 }, ping = { 0 };
        struct peer peer;

        for (size_t i = 0; i < N_MANY; i++) {
                bytes_put_number(&message, 1000 + i, i);
                bytes_put_field(&ping, 1000 + i, "x", i % 2);
        }
        bytes_put_number(&message, 1, 3);
        bytes_put_message(&message, GCASYNC__REQUEST__BODY_PING, &ping);
        peer_connect_greeted(&peer, daemon);
        send_buffer(&peer, &message);
        (void)peer_expect(&peer, 3, GCASYNC__REPLY__BODY_PONG);
        peer_close(&peer);
}

START_TEST(unknown_fields_by_the_80000_are_ignored_too) {
        expect_harmless(NULL, add_many_unknown_fields);
}
END_TEST

/* Empty elements are two bytes each on the wire and much more in memory. */
static void send_empty_nodes(struct daemon *daemon) {
        cleanup_(buffer_deinit) struct buffer message = { 0 }, hello = { 0 }, graph = { 0 };
        struct peer peer;

        bytes_put_number(&hello, 1, 1);
        bytes_put_number(&hello, 2, 1);
        for (size_t i = 0; i < N_MANY; i++) {
                bytes_put_field(&hello, 4, NULL, 0);
                bytes_put_field(&graph, 4, NULL, 0);
        }
        bytes_put_number(&message, 1, 1);
        bytes_put_message(&message, GCASYNC__REQUEST__BODY_HELLO, &hello);
        peer_connect(&peer, daemon);
        send_buffer(&peer, &message);
        (void)peer_expect(&peer, 1, GCASYNC__REPLY__BODY_WELCOME);
        /* In a value: keys and strings that no node uses. */
        peer.last_id = 1;
        expect_failure(&peer,
                       submit_raw(&peer, buffer_get_data(&graph), buffer_get_length(&graph)),
                       "invalid-argument");
        peer_expect_pong(&peer);
        peer_close(&peer);
}

START_TEST(empty_nodes_by_the_80000_harm_nobody) {
        expect_harmless(NULL, send_empty_nodes);
}
END_TEST

/* A byte on the wire, eight in memory, a million times; in a request that is known and in one that is not. */
static void send_packed_varints(struct daemon *daemon) {
        enum {
                N = 1 << 20
        };
        cleanup_(buffer_deinit) struct buffer submit = { 0 }, drop = { 0 }, body = { 0 };
        cleanup_(freep) uint8_t *varints = calloc(1, N);
        struct peer peer;

        ck_assert_ptr_nonnull(varints);
        bytes_put_field(&body, 20, varints, N);
        bytes_put_number(&submit, 1, 3);
        bytes_put_message(&submit, GCASYNC__REQUEST__BODY_SUBMIT, &body);
        buffer_consume(&body, buffer_get_length(&body));
        bytes_put_field(&body, 1, varints, N);
        bytes_put_number(&drop, 1, 4);
        bytes_put_message(&drop, GCASYNC__REQUEST__BODY_DROP, &body);
        peer_connect_greeted(&peer, daemon);
        send_buffer(&peer, &submit);
        peer_expect_error(&peer, 3, GCASYNC__ERROR_CODE__ERROR_UNIMPLEMENTED);
        send_buffer(&peer, &drop);
        peer_expect_error(&peer, 4, GCASYNC__ERROR_CODE__ERROR_UNIMPLEMENTED);
        peer_expect_pong(&peer);
        peer_close(&peer);
}

START_TEST(packed_varints_by_the_million_harm_nobody) {
        expect_harmless(NULL, send_packed_varints);
}
END_TEST

static void send_huge_tags(struct daemon *daemon) {
        /* Field 2^29, one above the largest; and a tag of 64 bits; beside the id and within the body. */
        static const struct graph_chunk messages[] = {
                { (const uint8_t *)"\x08\x03\x80\x80\x80\x80\x10\x00", 8 },
                { (const uint8_t *)"\x08\x03\xf8\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00", 13 },
                { (const uint8_t *)"\x08\x03\x52\x06\x80\x80\x80\x80\x10\x00", 10 },
        };

        for (size_t i = 0; i < SUITE_SIZE(messages); i++) {
                struct peer peer;

                peer_connect_greeted(&peer, daemon);
                send_message(&peer, messages[i].data, messages[i].size);
                peer_expect_dismissal(&peer, GCASYNC__ERROR_CODE__ERROR_MALFORMED);
        }
}

START_TEST(huge_tags_are_malformed) {
        expect_harmless(NULL, send_huge_tags);
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

/* How many tasks the daemon lists whose state is among a million of one, and of another. */
static size_t count_among_states(struct peer *peer, int many, int one) {
        enum {
                N = 1 << 20
        };
        cleanup_(freep) Gcasync__TaskState *states = calloc(N + 1, sizeof(*states));
        Gcasync__Request request = GCASYNC__REQUEST__INIT;
        Gcasync__Inspect inspect = GCASYNC__INSPECT__INIT;
        uint64_t id;

        ck_assert_ptr_nonnull(states);
        for (size_t i = 0; i < N; i++)
                states[i] = (Gcasync__TaskState)many;
        states[N] = (Gcasync__TaskState)one;
        inspect.n_states = N + 1;
        inspect.states = states;
        request.body_case = GCASYNC__REQUEST__BODY_INSPECT;
        request.inspect = &inspect;
        id = peer_request(peer, &request);
        return peer_expect(peer, id, GCASYNC__REPLY__BODY_TASKS)->tasks->n_tasks;
}

static void ask_for_a_million_states(struct daemon *daemon) {
        cleanup_(gcasync_client_unrefp) gcasync_client *client = client_connect(daemon);
        uint64_t task = work_detach(client, &WORK_ECHO(1));
        struct peer peer;

        task_wait_state(client, task, GCASYNC_STATE_SUCCEEDED);
        peer_connect_greeted(&peer, daemon);
        ck_assert_uint_eq(count_among_states(&peer,
                                             GCASYNC__TASK_STATE__TASK_QUEUED,
                                             GCASYNC__TASK_STATE__TASK_SUCCEEDED),
                          1);
        ck_assert_uint_eq(count_among_states(&peer, GCASYNC__TASK_STATE__TASK_QUEUED, 64 + 5), 0);
        peer_close(&peer);
        ck_assert_int_eq(gcasync_remove(client, task, client_deadline()), 0);
}

START_TEST(states_by_the_million_are_a_filter_all_the_same) {
        expect_harmless(NULL, ask_for_a_million_states);
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
                a_singular_field_repeated_80000_times_is_the_last_one,
                unknown_fields_by_the_80000_are_ignored_too,
                empty_nodes_by_the_80000_harm_nobody,
                packed_varints_by_the_million_harm_nobody,
                huge_tags_are_malformed,
                deeply_nested_groups_are_malformed,
                states_by_the_million_are_a_filter_all_the_same,
                results_that_do_not_fit_into_a_frame_fail_their_task,
        };

        return scratch_run("bad-requests", tests, SUITE_SIZE(tests));
}
