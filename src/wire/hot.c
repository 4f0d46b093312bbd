/* SPDX-License-Identifier: MIT */

#include "wire/hot.h"

#include <errno.h>
#include <string.h>

#include "base/buffer.h"
#include "base/fault.h"
#include "gcasync.pb-c.h"
#include "wire/field.h"
#include "wire/frame.h"

/* A field's key where its number is below 16: one byte. */
#define HOT_KEY(number, type) ((number) << 3 | (type))

enum {
        KEY_REQUEST_ID = HOT_KEY(1, FIELD_VARINT),
        KEY_REQUEST_SUBMIT = HOT_KEY(3, FIELD_BYTES),
        KEY_SUBMIT_KIND = HOT_KEY(1, FIELD_BYTES),
        KEY_SUBMIT_ARGUMENTS = HOT_KEY(2, FIELD_BYTES),

        KEY_REPLY_ID = HOT_KEY(1, FIELD_VARINT),
        KEY_REPLY_RESULT = HOT_KEY(4, FIELD_BYTES),
        KEY_RESULT_TASK = HOT_KEY(1, FIELD_VARINT),
        KEY_RESULT_STATE = HOT_KEY(2, FIELD_VARINT),
        KEY_RESULT_VALUE = HOT_KEY(3, FIELD_BYTES),

        /* A key and a varint each for id, result, task and value, a key and a byte for the state. */
        SUCCESS_OVERHEAD_MAX = 4 * (1 + VARINT_SIZE_MAX) + 2,
};

static inline bool
hot_read_number(const uint8_t **at, const uint8_t *end, uint8_t key, uint64_t *ret_value) {
        struct varint varint;

        if (*at == end || **at != key)
                return false;
        varint = varint_read(*at + 1, end);
        *at = varint.next;
        *ret_value = varint.value;
        return varint.next;
}

/* Reads the key and the size of a field of bytes that ends inside the message. */
static inline bool
hot_read_size(const uint8_t **at, const uint8_t *end, uint8_t key, size_t *ret_size) {
        uint64_t size;

        if (!hot_read_number(at, end, key, &size) || size > (size_t)(end - *at))
                return false;
        *ret_size = size;
        return true;
}

bool hot_read_submit(const uint8_t *message, size_t size, struct hot_submit_seen *ret_submit) {
        const uint8_t *at = message, *end = message + size;
        struct hot_submit_seen submit;
        size_t submit_size;

        if (!hot_read_number(&at, end, KEY_REQUEST_ID, &submit.id) ||
            !hot_read_size(&at, end, KEY_REQUEST_SUBMIT, &submit_size) ||
            submit_size != (size_t)(end - at) ||
            !hot_read_size(&at, end, KEY_SUBMIT_KIND, &submit.kind_size))
                return false;
        submit.kind = at;
        at += submit.kind_size;
        if (!hot_read_size(&at, end, KEY_SUBMIT_ARGUMENTS, &submit.arguments_size) ||
            submit.arguments_size != (size_t)(end - at))
                return false;
        submit.arguments = at;
        *ret_submit = submit;
        return true;
}

int hot_append_success(struct buffer *buffer,
                       const struct hot_success *success,
                       size_t message_size_max) {
        size_t value_size = success->value_size, result_size;
        uint8_t *room, *begin, *at;

        if (value_size > message_size_max)
                return fault_raise(-EMSGSIZE);
        room = buffer_reserve(buffer, FRAME_HEADER_SIZE + SUCCESS_OVERHEAD_MAX + value_size);
        if (!room)
                return fault_raise(-ENOMEM);
        result_size = 1 + varint_get_size(success->task) + 2;
        if (value_size > 0)
                result_size += 1 + varint_get_size(value_size) + value_size;
        at = begin = room + FRAME_HEADER_SIZE;
        *at++ = KEY_REPLY_ID;
        at = varint_write(at, success->id);
        *at++ = KEY_REPLY_RESULT;
        at = varint_write(at, result_size);
        if ((size_t)(at - begin) + result_size > message_size_max)
                return fault_raise(-EMSGSIZE);
        *at++ = KEY_RESULT_TASK;
        at = varint_write(at, success->task);
        *at++ = KEY_RESULT_STATE;
        *at++ = GCASYNC__TASK_STATE__TASK_SUCCEEDED;
        if (value_size > 0) {
                *at++ = KEY_RESULT_VALUE;
                at = varint_write(at, value_size);
                memcpy(at, success->value, value_size);
                at += value_size;
        }
        frame_write_header(room, (size_t)(at - begin), 0);
        buffer_commit(buffer, (size_t)(at - room));
        return 0;
}
