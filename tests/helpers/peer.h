/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A client that sends whatever bytes a test likes, and says what it expects to come back: it plays the
 * broken clients. What does not come within DAEMON_PATIENCE_NS fails the test.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "helpers/daemon.h"
#include "wire/message.h"

struct peer {
        int fd;
        uint64_t last_id;
        struct buffer input;
        size_t consumed; /* of input, by the reply that the last peer_receive() returned */
        struct arena arena;
};

void peer_connect(struct peer *peer, const struct daemon *daemon);
/* Connects, says Hello and takes the Welcome. */
void peer_connect_greeted(struct peer *peer, const struct daemon *daemon);
/* May be called twice. */
void peer_close(struct peer *peer);

/* Writes all of it. */
void peer_send(struct peer *peer, const void *data, size_t size);
/* Writes all of it, descriptors going with the first byte. */
void peer_send_descriptors(struct peer *peer,
                           const void *data,
                           size_t size,
                           const int *fds,
                           size_t n_fds);
/* Writes what the daemon takes within so many milliseconds; returns how much that was. */
size_t peer_send_some(struct peer *peer, const void *data, size_t size, int patience_ms);

/* A request as the bytes of its frame, appended; id 0 is replaced by the peer's next. Returns the id. */
uint64_t peer_encode(struct peer *peer, struct buffer *buffer, Gcasync__Request *request);
uint64_t peer_request(struct peer *peer, Gcasync__Request *request);
uint64_t peer_hello(struct peer *peer, uint32_t version_min, uint32_t version_max);
uint64_t peer_ping(struct peer *peer);

/* The next reply, borrowed until the next call. NULL: the daemon closed the connection. */
const Gcasync__Reply *peer_receive(struct peer *peer);
/* The next reply to that request; events and what belongs to others are passed over. */
const Gcasync__Reply *peer_expect(struct peer *peer, uint64_t id, Gcasync__Reply__BodyCase body);
void peer_expect_error(struct peer *peer, uint64_t id, Gcasync__ErrorCode code);
void peer_expect_pong(struct peer *peer);
/* The session ends: an error, about the session or the request that was its last, then end of file. */
void peer_expect_dismissal(struct peer *peer, Gcasync__ErrorCode code);
void peer_expect_closed(struct peer *peer);
