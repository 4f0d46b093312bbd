/* SPDX-License-Identifier: MIT */

#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "fuzz/fuzz-target.h"
#include "wire/frame.h"
#include "wire/message.h"

enum {
        LIMIT = 1 << 30,
};

typedef int unpack_fn(struct arena *, const uint8_t *, size_t, const ProtobufCMessage **);

static int unpack_request(struct arena *arena,
                          const uint8_t *data,
                          size_t size,
                          const ProtobufCMessage **ret_message) {
        const Gcasync__Request *request;
        int r = message_unpack_request(arena, data, size, &request);

        if (r == 0)
                *ret_message = &request->base;
        return r;
}

static int unpack_reply(struct arena *arena,
                        const uint8_t *data,
                        size_t size,
                        const ProtobufCMessage **ret_message) {
        const Gcasync__Reply *reply;
        int r = message_unpack_reply(arena, data, size, &reply);

        if (r == 0)
                *ret_message = &reply->base;
        return r;
}

static void check_text(const ProtobufCMessage *message) {
        const Gcasync__Request *request = (const Gcasync__Request *)message;

        if (message->descriptor == &gcasync__request__descriptor &&
            request->body_case == GCASYNC__REQUEST__BODY_SUBMIT)
                (void)message_check_text(&request->submit->kind, 64);
}

/*
 * What is taken stays inside its budget, and packed again it is a fixed point: unpacked and packed once
 * more it is the same. It may not be unpacked once more where it shrank (unknown fields, superfluous
 * zeros) and its budget with it.
 */
static void check_unpack(unpack_fn *unpack, struct arena *arena, const uint8_t *data, size_t size) {
        cleanup_(buffer_deinit) struct buffer once = { 0 }, twice = { 0 };
        const ProtobufCMessage *message;
        int r = unpack(arena, data, size, &message);

        assert(r >= 0);
        assert(arena->spent <= size * MESSAGE_BUDGET_FACTOR + MESSAGE_BUDGET_BASE);
        if (r != 0)
                return;
        assert(protobuf_c_message_check(message));
        check_text(message);
        if (protobuf_c_message_get_packed_size(message) == 0)
                return;
        r = message_append(&once, message, LIMIT);
        assert(r == 0);
        assert(buffer_get_length(&once) ==
               FRAME_HEADER_SIZE + protobuf_c_message_get_packed_size(message));
        r = unpack(arena,
                   buffer_get_data(&once) + FRAME_HEADER_SIZE,
                   buffer_get_length(&once) - FRAME_HEADER_SIZE,
                   &message);
        assert(r == 0 || r == MESSAGE_E_TOO_COMPLEX);
        if (r != 0)
                return;
        r = message_append(&twice, message, LIMIT);
        assert(r == 0);
        assert(buffer_get_length(&once) == buffer_get_length(&twice));
        assert(memcmp(once.data, twice.data, once.end) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        cleanup_(arena_deinit) struct arena arena;
        int r = arena_init(&arena);

        assert(r == 0);
        check_unpack(unpack_request, &arena, data, size);
        check_unpack(unpack_reply, &arena, data, size);
        (void)message_find_request_id(data, size);
        return 0;
}
