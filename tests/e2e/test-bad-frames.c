/* SPDX-License-Identifier: MIT */

/* Bytes that are no session, or not for long: the daemon says why, closes, and nobody else notices. */

#include <check.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "helpers/peer.h"
#include "helpers/work.h"
#include "wire/frame.h"

/* Connects, sends, and expects to be dismissed for it. */
static void
expect_dismissal(struct daemon *daemon, const void *data, size_t size, Gcasync__ErrorCode code) {
        struct peer peer;

        peer_connect(&peer, daemon);
        peer_send(&peer, data, size);
        peer_expect_dismissal(&peer, code);
}

/* As a session that was in order so far. */
static void expect_dismissal_later(struct daemon *daemon,
                                   const void *data,
                                   size_t size,
                                   Gcasync__ErrorCode code) {
        struct peer peer;

        peer_connect_greeted(&peer, daemon);
        peer_send(&peer, data, size);
        peer_expect_dismissal(&peer, code);
}

static void send_garbage(struct daemon *daemon) {
        uint8_t bytes[4096];
        uint32_t state = 12345;

        /* A frame of a length that is allowed, full of noise. */
        for (size_t i = 0; i < sizeof(bytes); i++)
                bytes[i] = (uint8_t)((state = state * 1664525 + 1013904223) >> 24);
        frame_write_header(bytes, sizeof(bytes) - FRAME_HEADER_SIZE, 0);
        expect_dismissal(daemon, bytes, sizeof(bytes), GCASYNC__ERROR_CODE__ERROR_MALFORMED);
        expect_dismissal_later(daemon, bytes, sizeof(bytes), GCASYNC__ERROR_CODE__ERROR_MALFORMED);
        /* And noise that is not even a header. */
        memset(bytes, 0xff, sizeof(bytes));
        expect_dismissal(daemon, bytes, sizeof(bytes), GCASYNC__ERROR_CODE__ERROR_FRAME_TOO_LARGE);
}

START_TEST(garbage_is_refused) {
        expect_harmless(NULL, send_garbage);
}
END_TEST

static void send_truncated(struct daemon *daemon) {
        cleanup_(buffer_deinit) struct buffer frame = { 0 };
        Gcasync__Request request = GCASYNC__REQUEST__INIT;
        Gcasync__Ping ping = GCASYNC__PING__INIT;
        struct peer peer;

        ping.payload = message_text("payload");
        request.body_case = GCASYNC__REQUEST__BODY_PING;
        request.ping = &ping;
        request.id = 7;
        peer_connect_greeted(&peer, daemon);
        (void)peer_encode(&peer, &frame, &request);
        peer_close(&peer);
        /* Cut at every byte, then hung up. */
        for (size_t n = 1; n < buffer_get_length(&frame); n++) {
                peer_connect_greeted(&peer, daemon);
                peer_send(&peer, buffer_get_data(&frame), n);
                ck_assert_int_eq(shutdown(peer.fd, SHUT_WR), 0);
                peer_expect_closed(&peer);
        }
}

START_TEST(truncated_frames_end_their_session_only) {
        expect_harmless(NULL, send_truncated);
}
END_TEST

static void send_oversized(struct daemon *daemon) {
        uint8_t header[FRAME_HEADER_SIZE];

        /* One byte too much is as bad as 4 GiB, and is refused before it has arrived. */
        frame_write_header(header, FRAME_SIZE_MAX_DEFAULT + 1, 0);
        expect_dismissal(
                daemon, header, sizeof(header), GCASYNC__ERROR_CODE__ERROR_FRAME_TOO_LARGE);
        frame_write_header(header, UINT32_MAX, 0);
        expect_dismissal_later(
                daemon, header, sizeof(header), GCASYNC__ERROR_CODE__ERROR_FRAME_TOO_LARGE);
}

START_TEST(oversized_frames_are_refused_by_their_header) {
        expect_harmless(NULL, send_oversized);
}
END_TEST

static void send_large_but_allowed(struct daemon *daemon) {
        struct peer peer;

        peer_connect_greeted(&peer, daemon);
        for (size_t size = 1; size <= FRAME_SIZE_MAX_DEFAULT; size *= 64) {
                cleanup_(freep) uint8_t *payload = calloc(1, size);
                Gcasync__Request request = GCASYNC__REQUEST__INIT;
                Gcasync__Ping ping = GCASYNC__PING__INIT;
                uint64_t id;

                /* A ping's payload has 64 bytes at most. */
                ck_assert_ptr_nonnull(payload);
                ping.payload = message_bytes(payload, size - (size > 64 ? 64 : 0));
                request.body_case = GCASYNC__REQUEST__BODY_PING;
                request.ping = &ping;
                id = peer_request(&peer, &request);
                if (size <= 64)
                        (void)peer_expect(&peer, id, GCASYNC__REPLY__BODY_PONG);
                else
                        peer_expect_error(&peer, id, GCASYNC__ERROR_CODE__ERROR_INVALID_REQUEST);
        }
        peer_close(&peer);
}

START_TEST(frames_up_to_the_limit_are_read) {
        expect_harmless(NULL, send_large_but_allowed);
}
END_TEST

static void send_zero_length(struct daemon *daemon) {
        static const uint8_t header[FRAME_HEADER_SIZE];

        expect_dismissal(daemon, header, sizeof(header), GCASYNC__ERROR_CODE__ERROR_MALFORMED);
        expect_dismissal_later(
                daemon, header, sizeof(header), GCASYNC__ERROR_CODE__ERROR_MALFORMED);
}

START_TEST(zero_length_frames_are_refused) {
        expect_harmless(NULL, send_zero_length);
}
END_TEST

static void send_flags(struct daemon *daemon) {
        static const uint8_t frame[] = { 1, 0, 0, 0, 0, 0, 1, 0, 0 };

        expect_dismissal(daemon, frame, sizeof(frame), GCASYNC__ERROR_CODE__ERROR_MALFORMED);
}

START_TEST(unknown_flags_are_refused) {
        expect_harmless(NULL, send_flags);
}
END_TEST

static void send_slowly(struct daemon *daemon) {
        static const uint8_t beginning[] = { 100, 0, 0, 0, 0, 0, 0, 0, 8 };
        struct peer peer;

        /* A frame that has begun and does not go on; before and after the header is complete. */
        for (size_t size = 1; size <= sizeof(beginning); size += 4) {
                peer_connect_greeted(&peer, daemon);
                peer_send(&peer, beginning, size);
                peer_expect_dismissal(&peer, GCASYNC__ERROR_CODE__ERROR_IDLE);
        }
}

START_TEST(frames_that_do_not_arrive_in_time_end_the_session) {
        static const char *const arguments[] = { "--limit", "frame-ms=200", NULL };

        expect_harmless(&(struct daemon_options){ .arguments = arguments }, send_slowly);
}
END_TEST

static void trickle(struct daemon *daemon) {
        struct peer peer;

        /* A byte now and then does not help: the whole frame has to be there in time. */
        peer_connect_greeted(&peer, daemon);
        peer_send(&peer, (const uint8_t[]){ 255, 255, 0, 0, 0, 0, 0, 0 }, 8);
        while (peer_send_some(&peer, "x", 1, 1000) == 1) {
                struct pollfd pollfd = { .fd = peer.fd, .events = POLLIN };

                if (poll(&pollfd, 1, 20) == 1)
                        break;
        }
        peer_expect_dismissal(&peer, GCASYNC__ERROR_CODE__ERROR_IDLE);
}

START_TEST(trickling_bytes_do_not_buy_a_frame_more_time) {
        static const char *const arguments[] = { "--limit", "frame-ms=300", NULL };

        expect_harmless(&(struct daemon_options){ .arguments = arguments }, trickle);
}
END_TEST

static void stay_quiet(struct daemon *daemon) {
        struct peer peer;

        peer_connect_greeted(&peer, daemon);
        /* Longer than the two limits below: silence after Hello, between frames, is nobody's business. */
        for (int i = 0; i < 3; i++) {
                struct pollfd pollfd = { .fd = peer.fd, .events = POLLIN };

                ck_assert_int_eq(poll(&pollfd, 1, 150), 0);
                peer_expect_pong(&peer);
        }
        peer_close(&peer);
}

START_TEST(silence_between_frames_is_fine) {
        static const char *const arguments[] = {
                "--limit", "frame-ms=100", "--limit", "hello-ms=100", NULL
        };

        expect_harmless(&(struct daemon_options){ .arguments = arguments }, stay_quiet);
}
END_TEST

/* ---- other protocols ---- */

static void send_preambles(struct daemon *daemon) {
        static const char http[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
        static const char http2[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
        static const uint8_t tls[] = { 0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc };
        static const char dbus[] = "\0AUTH EXTERNAL 30\r\n";
        static const char ssh[] = "SSH-2.0-OpenSSH_9.2\r\n";

        expect_dismissal(daemon, http, sizeof(http) - 1, GCASYNC__ERROR_CODE__ERROR_MALFORMED);
        expect_dismissal(daemon, http2, sizeof(http2) - 1, GCASYNC__ERROR_CODE__ERROR_MALFORMED);
        expect_dismissal(daemon, tls, sizeof(tls), GCASYNC__ERROR_CODE__ERROR_MALFORMED);
        expect_dismissal(daemon, dbus, sizeof(dbus) - 1, GCASYNC__ERROR_CODE__ERROR_MALFORMED);
        expect_dismissal(daemon, ssh, sizeof(ssh) - 1, GCASYNC__ERROR_CODE__ERROR_MALFORMED);
}

START_TEST(speakers_of_other_protocols_are_told_at_once) {
        expect_harmless(NULL, send_preambles);
}
END_TEST

/* ---- hello ---- */

static void offer_wrong_versions(struct daemon *daemon) {
        struct peer peer;

        peer_connect(&peer, daemon);
        (void)peer_hello(&peer, 2, 9);
        peer_expect_dismissal(&peer, GCASYNC__ERROR_CODE__ERROR_VERSION);
}

START_TEST(versions_that_the_daemon_does_not_speak_are_refused) {
        expect_harmless(NULL, offer_wrong_versions);
}
END_TEST

START_TEST(a_range_of_versions_is_settled_on_the_common_one) {
        const Gcasync__Reply *reply;
        struct daemon daemon;
        struct peer peer;

        daemon_start(&daemon, NULL);
        peer_connect(&peer, &daemon);
        reply = peer_expect(&peer, peer_hello(&peer, 1, 9), GCASYNC__REPLY__BODY_WELCOME);
        ck_assert_uint_eq(reply->welcome->version, 1);
        ck_assert_uint_eq(reply->welcome->uid, geteuid());
        ck_assert_uint_gt(reply->welcome->n_limits, 10);
        peer_close(&peer);
        daemon_stop(&daemon);
}
END_TEST

static void stay_silent(struct daemon *daemon) {
        struct peer peer;

        peer_connect(&peer, daemon);
        peer_expect_dismissal(&peer, GCASYNC__ERROR_CODE__ERROR_IDLE);
}

START_TEST(silence_before_hello_ends_the_session) {
        static const char *const arguments[] = { "--limit", "hello-ms=200", NULL };

        expect_harmless(&(struct daemon_options){ .arguments = arguments }, stay_silent);
}
END_TEST

static void skip_hello(struct daemon *daemon) {
        struct peer peer;

        peer_connect(&peer, daemon);
        (void)peer_ping(&peer);
        peer_expect_dismissal(&peer, GCASYNC__ERROR_CODE__ERROR_HELLO_EXPECTED);
}

START_TEST(a_session_that_does_not_begin_with_hello_is_refused) {
        expect_harmless(NULL, skip_hello);
}
END_TEST

static void greet_twice(struct daemon *daemon) {
        struct peer peer;

        peer_connect_greeted(&peer, daemon);
        (void)peer_hello(&peer, 1, 1);
        peer_expect_dismissal(&peer, GCASYNC__ERROR_CODE__ERROR_HELLO_EXPECTED);
}

START_TEST(a_second_hello_is_refused) {
        expect_harmless(NULL, greet_twice);
}
END_TEST

/* ---- descriptors ---- */

static void send_surplus_descriptors(struct daemon *daemon) {
        static const uint8_t frame[] = { 2, 0, 0, 0, 0, 0, 0, 0, 8, 1 };
        cleanup_(closep) int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        int fds[] = { fd, fd, fd };
        struct peer peer;

        ck_assert_int_ge(fd, 0);
        peer_connect_greeted(&peer, daemon);
        peer_send_descriptors(&peer, frame, sizeof(frame), fds, 3);
        peer_expect_dismissal(&peer, GCASYNC__ERROR_CODE__ERROR_DESCRIPTORS);
        /* Also where the header is not whole yet. */
        peer_connect_greeted(&peer, daemon);
        peer_send_descriptors(&peer, frame, 1, fds, 1);
        peer_send(&peer, frame + 1, sizeof(frame) - 1);
        peer_expect_dismissal(&peer, GCASYNC__ERROR_CODE__ERROR_DESCRIPTORS);
}

START_TEST(surplus_descriptors_end_the_session_and_are_closed) {
        expect_harmless(NULL, send_surplus_descriptors);
}
END_TEST

static void send_many_descriptors(struct daemon *daemon) {
        static const uint8_t frame[] = { 2, 0, 0, 0, 60, 0, 0, 0, 8, 1 };
        cleanup_(closep) int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        struct peer peer;
        int fds[60];

        ck_assert_int_ge(fd, 0);
        for (size_t i = 0; i < 60; i++)
                fds[i] = fd;
        peer_connect_greeted(&peer, daemon);
        peer_send_descriptors(&peer, frame, sizeof(frame), fds, 60);
        peer_expect_dismissal(&peer, GCASYNC__ERROR_CODE__ERROR_DESCRIPTORS);
}

START_TEST(more_descriptors_than_a_frame_may_have_are_refused_and_closed) {
        expect_harmless(NULL, send_many_descriptors);
}
END_TEST

static void promise_descriptors(struct daemon *daemon) {
        static const uint8_t frame[] = { 2, 0, 0, 0, 1, 0, 0, 0, 8, 1 };

        expect_dismissal_later(
                daemon, frame, sizeof(frame), GCASYNC__ERROR_CODE__ERROR_DESCRIPTORS);
}

START_TEST(missing_descriptors_end_the_session) {
        expect_harmless(NULL, promise_descriptors);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                garbage_is_refused,
                truncated_frames_end_their_session_only,
                oversized_frames_are_refused_by_their_header,
                frames_up_to_the_limit_are_read,
                zero_length_frames_are_refused,
                unknown_flags_are_refused,
                frames_that_do_not_arrive_in_time_end_the_session,
                trickling_bytes_do_not_buy_a_frame_more_time,
                silence_between_frames_is_fine,
                speakers_of_other_protocols_are_told_at_once,
                versions_that_the_daemon_does_not_speak_are_refused,
                a_range_of_versions_is_settled_on_the_common_one,
                silence_before_hello_ends_the_session,
                a_session_that_does_not_begin_with_hello_is_refused,
                a_second_hello_is_refused,
                surplus_descriptors_end_the_session_and_are_closed,
                more_descriptors_than_a_frame_may_have_are_refused_and_closed,
                missing_descriptors_end_the_session,
        };

        return scratch_run("bad-frames", tests, SUITE_SIZE(tests));
}
