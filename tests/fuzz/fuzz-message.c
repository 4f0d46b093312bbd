/* SPDX-License-Identifier: MIT */

#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "fuzz/fuzz-target.h"
#include "wire/frame.h"
#include "wire/hot.h"
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

static bool is_equal(const uint8_t *data, size_t size, const ProtobufCBinaryData *bytes) {
        return size == bytes->len && (size == 0 || memcmp(data, bytes->data, size) == 0);
}

/* What the short way takes, the general way takes too, and finds the same and nothing else in it. */
static void check_hot_submit(struct arena *arena, const uint8_t *data, size_t size) {
        const Gcasync__Request *request;
        Gcasync__Submit rest;
        struct hot_submit_seen seen;
        int r;

        if (size == 0 || !hot_read_submit(data, size, &seen))
                return;
        r = message_unpack_request(arena, data, size, &request);
        assert(r == 0 && request->body_case == GCASYNC__REQUEST__BODY_SUBMIT);
        assert(seen.id == request->id);
        assert(is_equal(seen.kind, seen.kind_size, &request->submit->kind));
        assert(is_equal(seen.arguments, seen.arguments_size, &request->submit->arguments));
        rest = *request->submit;
        rest.kind.len = rest.arguments.len = 0;
        assert(gcasync__submit__get_packed_size(&rest) == 0);
}

static void check_hot_result(struct arena *arena, const uint8_t *data, size_t size) {
        const Gcasync__Reply *reply;
        struct hot_result seen;
        Gcasync__Result rest;
        int r;

        if (size == 0 || !hot_read_result(data, size, &seen))
                return;
        r = message_unpack_reply(arena, data, size, &reply);
        assert(r == 0 && reply->body_case == GCASYNC__REPLY__BODY_RESULT);
        assert(seen.id == reply->id);
        assert(seen.task == reply->result->task);
        assert(reply->result->state == GCASYNC__TASK_STATE__TASK_SUCCEEDED);
        assert(is_equal(seen.value, seen.value_size, &reply->result->value));
        rest = *reply->result;
        rest.task = 0;
        rest.state = GCASYNC__TASK_STATE__TASK_STATE_UNKNOWN;
        rest.value.len = 0;
        assert(gcasync__result__get_packed_size(&rest) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        cleanup_(arena_deinit) struct arena arena;
        int r = arena_init(&arena);

        assert(r == 0);
        check_unpack(unpack_request, &arena, data, size);
        check_unpack(unpack_reply, &arena, data, size);
        check_hot_submit(&arena, data, size);
        check_hot_result(&arena, data, size);
        (void)message_find_request_id(data, size);
        return 0;
}
