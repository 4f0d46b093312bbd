/* SPDX-License-Identifier: MIT */

#include "wire/message.h"

#include <string.h>

#include "base/utf8.h"
#include "wire/field.h"

uint64_t message_find_request_id(const uint8_t *data, size_t size) {
        const uint8_t *at = data, *end = size > 0 ? data + size : data;
        struct field field;
        uint64_t id = 0;

        while (at && at != end) {
                at = field_read(at, end, &field);
                /* The last one counts, as it does when the whole is unpacked. */
                if (at && field.number == 1 && field.type == FIELD_VARINT)
                        id = field.varint;
        }
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
