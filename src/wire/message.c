/* SPDX-License-Identifier: MIT */

#include "wire/message.h"

#include <string.h>

#include "base/buffer.h"
#include "base/fault.h"
#include "base/utf8.h"
#include "wire/field.h"
#include "wire/frame.h"
#include "wire/scan.h"

static int message_unpack(struct arena *arena,
                          const ProtobufCMessageDescriptor *descriptor,
                          const uint8_t *data,
                          size_t size,
                          const ProtobufCMessage **ret_message) {
        const ProtobufCMessage *message;

        arena_reset(arena, size * MESSAGE_BUDGET_FACTOR + MESSAGE_BUDGET_BASE);
        if (!scan_message(descriptor, data, size))
                return MESSAGE_E_MALFORMED;
        message = protobuf_c_message_unpack(descriptor, &arena->allocator, size, data);
        if (message) {
                *ret_message = message;
                return 0;
        }
        if (arena->is_exhausted)
                return fault_raise(-ENOMEM);
        return arena->is_over_budget ? MESSAGE_E_TOO_COMPLEX : MESSAGE_E_MALFORMED;
}

int message_unpack_request(struct arena *arena,
                           const uint8_t *data,
                           size_t size,
                           const Gcasync__Request **ret_request) {
        const ProtobufCMessage *message;
        int r;

        r = message_unpack(arena, &gcasync__request__descriptor, data, size, &message);
        if (r)
                return fault_pass(r);

        *ret_request = (const Gcasync__Request *)message;
        return 0;
}

int message_unpack_reply(struct arena *arena,
                         const uint8_t *data,
                         size_t size,
                         const Gcasync__Reply **ret_reply) {
        const ProtobufCMessage *message;
        int r;

        r = message_unpack(arena, &gcasync__reply__descriptor, data, size, &message);
        if (r)
                return fault_pass(r);

        *ret_reply = (const Gcasync__Reply *)message;
        return 0;
}

uint64_t message_find_request_id(const uint8_t *data, size_t size) {
        const uint8_t *at = data, *end = size > 0 ? data + size : data;
        struct field field;
        uint64_t id = 0;

        /* The last one counts, as it does for protobuf-c. */
        while (at < end && field_read(&at, end, &field))
                if (field.number == 1 && field.type == FIELD_VARINT)
                        (void)varint_read(&field.data, at, &id);
        return id;
}

bool message_check_text(const ProtobufCBinaryData *text, size_t size_max) {
        if (text->len == 0)
                return true;
        return text->len <= size_max && !memchr(text->data, '\0', text->len) &&
               utf8_is_valid(text->data, text->len);
}

ProtobufCBinaryData message_text(const char *text) {
        return message_bytes(text, text ? strlen(text) : 0);
}

int message_append(struct buffer *buffer,
                   const ProtobufCMessage *message,
                   size_t message_size_max) {
        size_t size = protobuf_c_message_get_packed_size(message);
        uint8_t *room;

        if (size > message_size_max)
                return fault_raise(-EMSGSIZE);
        room = buffer_reserve(buffer, FRAME_HEADER_SIZE + size);
        if (!room)
                return fault_raise(-ENOMEM);
        frame_write_header(room, size, 0);
        (void)protobuf_c_message_pack(message, room + FRAME_HEADER_SIZE);
        buffer_commit(buffer, FRAME_HEADER_SIZE + size);
        return 0;
}
