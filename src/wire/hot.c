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
        KEY_ENVELOPE_ID = HOT_KEY(1, FIELD_VARINT), /* of a Request and of a Reply */

        KEY_REQUEST_SUBMIT = HOT_KEY(3, FIELD_BYTES),

        KEY_SUBMIT_KIND = HOT_KEY(1, FIELD_BYTES),
        KEY_SUBMIT_ARGUMENTS = HOT_KEY(2, FIELD_BYTES),
        KEY_SUBMIT_DETACHED = HOT_KEY(3, FIELD_VARINT),
        KEY_SUBMIT_WANT_ACCEPTED = HOT_KEY(4, FIELD_VARINT),
        KEY_SUBMIT_WANT_PROGRESS = HOT_KEY(5, FIELD_VARINT),
        KEY_SUBMIT_WANT_OUTPUT = HOT_KEY(6, FIELD_VARINT),
        KEY_SUBMIT_TIMEOUT_US = HOT_KEY(7, FIELD_VARINT),
        KEY_SUBMIT_LABEL = HOT_KEY(8, FIELD_BYTES),

        KEY_REPLY_RESULT = HOT_KEY(4, FIELD_BYTES),
        KEY_RESULT_TASK = HOT_KEY(1, FIELD_VARINT),
        KEY_RESULT_STATE = HOT_KEY(2, FIELD_VARINT),
        KEY_RESULT_VALUE = HOT_KEY(3, FIELD_BYTES),
};

/* ---- writing ---- */

/* A field that is absent where it is empty, as proto3 has it. */
static size_t hot_bytes_size(size_t size) {
        return size > 0 ? 1 + varint_get_size(size) + size : 0;
}

static size_t hot_number_size(uint64_t value) {
        return value != 0 ? 1 + varint_get_size(value) : 0;
}

static uint8_t *hot_write_bytes(uint8_t *at, uint8_t key, const void *data, size_t size) {
        if (size == 0)
                return at;
        *at++ = key;
        at = varint_write(at, size);
        memcpy(at, data, size);
        return at + size;
}

static uint8_t *hot_write_number(uint8_t *at, uint8_t key, uint64_t value) {
        if (value == 0)
                return at;
        *at++ = key;
        return varint_write(at, value);
}

/* Both messages: an id, and one body. */
struct hot_envelope {
        uint64_t id;
        uint8_t body_key;
        size_t body_size;
};

/* Takes room for the message, framed, and writes all but the body; *ret_body is where that goes. */
static int hot_append_envelope(struct buffer *buffer,
                               const struct hot_envelope *envelope,
                               size_t message_size_max,
                               uint8_t **ret_body) {
        size_t size;
        uint8_t *at;

        if (envelope->body_size > message_size_max)
                return fault_raise(-EMSGSIZE);
        size = hot_number_size(envelope->id) + 1 + varint_get_size(envelope->body_size) +
               envelope->body_size;
        if (size > message_size_max)
                return fault_raise(-EMSGSIZE);
        at = buffer_reserve(buffer, FRAME_HEADER_SIZE + size);
        if (!at)
                return fault_raise(-ENOMEM);
        buffer_commit(buffer, FRAME_HEADER_SIZE + size);
        frame_write_header(at, size, 0);
        at = hot_write_number(at + FRAME_HEADER_SIZE, KEY_ENVELOPE_ID, envelope->id);
        *at++ = envelope->body_key;
        *ret_body = varint_write(at, envelope->body_size);
        return 0;
}

static size_t hot_submit_size(const struct hot_submit *submit) {
        return hot_bytes_size(submit->kind_size) + hot_bytes_size(submit->arguments_size) +
               hot_number_size(submit->is_detached) + hot_number_size(submit->want_accepted) +
               hot_number_size(submit->want_progress) + hot_number_size(submit->want_output) +
               hot_number_size(submit->timeout_us) + hot_bytes_size(submit->label_size);
}

static uint8_t *hot_write_submit(uint8_t *at, const struct hot_submit *submit) {
        at = hot_write_bytes(at, KEY_SUBMIT_KIND, submit->kind, submit->kind_size);
        at = hot_write_bytes(at, KEY_SUBMIT_ARGUMENTS, submit->arguments, submit->arguments_size);
        at = hot_write_number(at, KEY_SUBMIT_DETACHED, submit->is_detached);
        at = hot_write_number(at, KEY_SUBMIT_WANT_ACCEPTED, submit->want_accepted);
        at = hot_write_number(at, KEY_SUBMIT_WANT_PROGRESS, submit->want_progress);
        at = hot_write_number(at, KEY_SUBMIT_WANT_OUTPUT, submit->want_output);
        at = hot_write_number(at, KEY_SUBMIT_TIMEOUT_US, submit->timeout_us);
        return hot_write_bytes(at, KEY_SUBMIT_LABEL, submit->label, submit->label_size);
}

int hot_append_submit(struct buffer *buffer,
                      uint64_t id,
                      const struct hot_submit *submit,
                      size_t message_size_max) {
        const struct hot_envelope envelope = {
                .id = id,
                .body_key = KEY_REQUEST_SUBMIT,
                .body_size = hot_submit_size(submit),
        };
        uint8_t *body;
        int r;

        if (submit->arguments_size > message_size_max)
                return fault_raise(-EMSGSIZE); /* the sum may have wrapped around */
        r = hot_append_envelope(buffer, &envelope, message_size_max, &body);
        if (r < 0)
                return fault_pass(r);
        (void)hot_write_submit(body, submit);
        return 0;
}

static size_t hot_result_size(const struct hot_result *result) {
        return hot_number_size(result->task) +
               hot_number_size(GCASYNC__TASK_STATE__TASK_SUCCEEDED) +
               hot_bytes_size(result->value_size);
}

static uint8_t *hot_write_result(uint8_t *at, const struct hot_result *result) {
        at = hot_write_number(at, KEY_RESULT_TASK, result->task);
        at = hot_write_number(at, KEY_RESULT_STATE, GCASYNC__TASK_STATE__TASK_SUCCEEDED);
        return hot_write_bytes(at, KEY_RESULT_VALUE, result->value, result->value_size);
}

int hot_append_result(struct buffer *buffer,
                      const struct hot_result *result,
                      size_t message_size_max) {
        const struct hot_envelope envelope = {
                .id = result->id,
                .body_key = KEY_REPLY_RESULT,
                .body_size = hot_result_size(result),
        };
        uint8_t *body;
        int r;

        if (result->value_size > message_size_max)
                return fault_raise(-EMSGSIZE); /* the sum may have wrapped around */
        r = hot_append_envelope(buffer, &envelope, message_size_max, &body);
        if (r < 0)
                return fault_pass(r);
        (void)hot_write_result(body, result);
        return 0;
}

/* ---- reading ---- */

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

/* Reads the key and the size of a field of bytes that is all the rest. */
static inline bool hot_read_last(const uint8_t **at, const uint8_t *end, uint8_t key) {
        size_t size;

        return hot_read_size(at, end, key, &size) && size == (size_t)(end - *at);
}

bool hot_read_submit(const uint8_t *message, size_t size, struct hot_submit_seen *ret_submit) {
        const uint8_t *at = message, *end = message + size;
        struct hot_submit_seen submit;

        if (!hot_read_number(&at, end, KEY_ENVELOPE_ID, &submit.id) ||
            !hot_read_last(&at, end, KEY_REQUEST_SUBMIT) ||
            !hot_read_size(&at, end, KEY_SUBMIT_KIND, &submit.kind_size))
                return false;
        submit.kind = at;
        at += submit.kind_size;
        if (!hot_read_last(&at, end, KEY_SUBMIT_ARGUMENTS))
                return false;
        submit.arguments = at;
        submit.arguments_size = (size_t)(end - at);
        *ret_submit = submit;
        return true;
}

bool hot_read_result(const uint8_t *message, size_t size, struct hot_result *ret_result) {
        const uint8_t *at = message, *end = message + size;
        struct hot_result result;
        uint64_t state;

        if (!hot_read_number(&at, end, KEY_ENVELOPE_ID, &result.id) ||
            !hot_read_last(&at, end, KEY_REPLY_RESULT) ||
            !hot_read_number(&at, end, KEY_RESULT_TASK, &result.task) ||
            !hot_read_number(&at, end, KEY_RESULT_STATE, &state) ||
            state != GCASYNC__TASK_STATE__TASK_SUCCEEDED ||
            !hot_read_last(&at, end, KEY_RESULT_VALUE))
                return false;
        result.value = at;
        result.value_size = (size_t)(end - at);
        *ret_result = result;
        return true;
}
