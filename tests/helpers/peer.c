/* SPDX-License-Identifier: MIT */

#include "helpers/peer.h"

#include <check.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "wire/frame.h"

enum {
        READ_SIZE = 64 << 10,
        N_DESCRIPTORS_MAX = 64,
};

/* ---- the connection ---- */

void peer_connect(struct peer *peer, const struct daemon *daemon) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };

        *peer = (struct peer){ .fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) };
        ck_assert_int_ge(peer->fd, 0);
        ck_assert_int_eq(arena_init(&peer->arena), 0);
        memcpy(address.sun_path, daemon->socket, sizeof(address.sun_path));
        if (connect(peer->fd, (const struct sockaddr *)&address, sizeof(address)) != 0)
                ck_abort_msg("connect: %s", strerror(errno));
}

void peer_connect_greeted(struct peer *peer, const struct daemon *daemon) {
        peer_connect(peer, daemon);
        (void)peer_expect(peer, peer_hello(peer, 1, 1), GCASYNC__REPLY__BODY_WELCOME);
}

void peer_close(struct peer *peer) {
        if (peer->fd < 0)
                return;
        (void)close(steal_fd(&peer->fd));
        buffer_deinit(&peer->input);
        arena_deinit(&peer->arena);
}

/* ---- sending ---- */

static bool peer_wait(const struct peer *peer, short events, int patience_ms) {
        struct pollfd pollfd = { .fd = peer->fd, .events = events };

        return poll(&pollfd, 1, patience_ms) == 1;
}

size_t peer_send_some(struct peer *peer, const void *data, size_t size, int patience_ms) {
        const uint8_t *bytes = data;
        size_t sent = 0;

        while (sent < size && peer_wait(peer, POLLOUT, patience_ms)) {
                ssize_t n = send(peer->fd, bytes + sent, size - sent, MSG_NOSIGNAL | MSG_DONTWAIT);

                if (n < 0 && errno != EAGAIN)
                        break;
                if (n > 0)
                        sent += (size_t)n;
        }
        return sent;
}

void peer_send(struct peer *peer, const void *data, size_t size) {
        size_t sent = peer_send_some(peer, data, size, (int)(DAEMON_PATIENCE_NS / NS_PER_MS));

        ck_assert_uint_eq(sent, size);
}

void peer_send_descriptors(struct peer *peer,
                           const void *data,
                           size_t size,
                           const int *fds,
                           size_t n_fds) {
        union {
                struct cmsghdr header;
                char bytes[CMSG_SPACE(N_DESCRIPTORS_MAX * sizeof(int))];
        } control = { 0 };
        struct iovec iovec = { .iov_base = (void *)(uintptr_t)data, .iov_len = size };
        struct msghdr message = { .msg_iov = &iovec,
                                  .msg_iovlen = 1,
                                  .msg_control = &control,
                                  .msg_controllen = CMSG_SPACE(n_fds * sizeof(int)) };

        ck_assert_uint_le(n_fds, N_DESCRIPTORS_MAX);
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(n_fds * sizeof(int));
        memcpy(CMSG_DATA(&control.header), fds, n_fds * sizeof(int));
        ck_assert_int_eq(sendmsg(peer->fd, &message, MSG_NOSIGNAL), (ssize_t)size);
}

uint64_t peer_encode(struct peer *peer, struct buffer *buffer, Gcasync__Request *request) {
        if (request->id == 0)
                request->id = ++peer->last_id;
        ck_assert_int_eq(message_append(buffer, &request->base, SIZE_MAX / 4), 0);
        return request->id;
}

uint64_t peer_request(struct peer *peer, Gcasync__Request *request) {
        cleanup_(buffer_deinit) struct buffer buffer = { 0 };

        (void)peer_encode(peer, &buffer, request);
        peer_send(peer, buffer_get_data(&buffer), buffer_get_length(&buffer));
        return request->id;
}

uint64_t peer_hello(struct peer *peer, uint32_t version_min, uint32_t version_max) {
        Gcasync__Request request = GCASYNC__REQUEST__INIT;
        Gcasync__Hello hello = GCASYNC__HELLO__INIT;

        hello.version_min = version_min;
        hello.version_max = version_max;
        hello.client_name = message_text("peer");
        request.body_case = GCASYNC__REQUEST__BODY_HELLO;
        request.hello = &hello;
        return peer_request(peer, &request);
}

uint64_t peer_ping(struct peer *peer) {
        Gcasync__Request request = GCASYNC__REQUEST__INIT;
        Gcasync__Ping ping = GCASYNC__PING__INIT;

        ping.payload = message_text("echo this");
        request.body_case = GCASYNC__REQUEST__BODY_PING;
        request.ping = &ping;
        return peer_request(peer, &request);
}

/* ---- receiving ---- */

/* Reads more input; false at the end. */
static bool peer_read(struct peer *peer) {
        uint8_t *room = buffer_reserve(&peer->input, READ_SIZE);
        ssize_t n;

        ck_assert_ptr_nonnull(room);
        if (!peer_wait(peer, POLLIN, (int)(DAEMON_PATIENCE_NS / NS_PER_MS)))
                ck_abort_msg("the daemon sends nothing");
        n = recv(peer->fd, room, READ_SIZE, 0);
        /* A daemon that leaves without having read all we sent resets the connection. */
        if (n == 0 || (n < 0 && errno == ECONNRESET))
                return false;
        ck_assert_int_gt(n, 0);
        buffer_commit(&peer->input, (size_t)n);
        return true;
}

const Gcasync__Reply *peer_receive(struct peer *peer) {
        const Gcasync__Reply *reply;
        struct frame frame;
        int r;

        buffer_consume(&peer->input, peer->consumed);
        peer->consumed = 0;
        while ((r = frame_parse(buffer_get_data(&peer->input),
                                buffer_get_length(&peer->input),
                                SIZE_MAX / 4,
                                &frame)) == FRAME_E_MORE)
                if (!peer_read(peer)) {
                        ck_assert_uint_eq(buffer_get_length(&peer->input), 0);
                        return NULL;
                }
        ck_assert_int_eq(r, 0);
        ck_assert_uint_eq(frame.n_descriptors, 0);
        r = message_unpack_reply(&peer->arena, frame.message, frame.message_size, &reply);
        ck_assert_int_eq(r, 0);
        peer->consumed = frame.size;
        return reply;
}

const Gcasync__Reply *peer_expect(struct peer *peer, uint64_t id, Gcasync__Reply__BodyCase body) {
        const Gcasync__Reply *reply;

        for (;;) {
                reply = peer_receive(peer);
                if (!reply)
                        ck_abort_msg("the daemon closed the connection");
                if (reply->body_case == GCASYNC__REPLY__BODY_ERROR && reply->id == id &&
                    body != GCASYNC__REPLY__BODY_ERROR)
                        ck_abort_msg("error %s: %.*s",
                                     error_code_to_name(reply->error->code),
                                     (int)reply->error->message.len,
                                     (const char *)reply->error->message.data);
                if (reply->id == id && reply->body_case == body)
                        return reply;
                ck_assert_uint_ne(reply->id, 0);
        }
}

static void expect_code(const Gcasync__Reply *reply, Gcasync__ErrorCode code) {
        ck_assert_str_eq(error_code_to_name(reply->error->code), error_code_to_name(code));
        /* Every error is said in words too. */
        ck_assert_uint_gt(reply->error->message.len, 0);
}

void peer_expect_error(struct peer *peer, uint64_t id, Gcasync__ErrorCode code) {
        expect_code(peer_expect(peer, id, GCASYNC__REPLY__BODY_ERROR), code);
}

void peer_expect_pong(struct peer *peer) {
        (void)peer_expect(peer, peer_ping(peer), GCASYNC__REPLY__BODY_PONG);
}

void peer_expect_dismissal(struct peer *peer, Gcasync__ErrorCode code) {
        const Gcasync__Reply *reply;
        const char *last = "nothing";

        do {
                reply = peer_receive(peer);
                if (!reply)
                        ck_abort_msg("the daemon closed the connection; its last error: %s", last);
                if (reply->body_case == GCASYNC__REPLY__BODY_ERROR)
                        last = error_code_to_name(reply->error->code);
        } while (reply->body_case != GCASYNC__REPLY__BODY_ERROR || reply->error->code != code);
        expect_code(reply, code);
        peer_expect_closed(peer);
}

void peer_expect_closed(struct peer *peer) {
        while (peer_receive(peer))
                ;
        peer_close(peer);
}
