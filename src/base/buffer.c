/* SPDX-License-Identifier: MIT */

#include "base/buffer.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/fault.h"

enum {
        SIZE_MIN = 256
};

void buffer_deinit(struct buffer *buffer) {
        free(buffer->data);
        *buffer = (struct buffer){ 0 };
}

uint8_t *buffer_reserve(struct buffer *buffer, size_t size) {
        size_t length = buffer_get_length(buffer);
        size_t size_new = buffer->size_bytes;
        uint8_t *data;

        if (size <= buffer->size_bytes - buffer->end)
                return buffer->data + buffer->end;
        if (size > SIZE_MAX / 2 - length)
                return NULL;
        /* Moving the rest to the front pays for itself only while it is the smaller half. */
        if (length + size <= buffer->size_bytes && length <= buffer->begin) {
                memcpy(buffer->data, buffer->data + buffer->begin, length);
        } else {
                if (size_new < SIZE_MIN)
                        size_new = SIZE_MIN;
                while (size_new < length + size)
                        size_new *= 2;
                data = malloc(size_new);
                if (!data)
                        return NULL;
                if (length > 0)
                        memcpy(data, buffer->data + buffer->begin, length);
                free(buffer->data);
                buffer->data = data;
                buffer->size_bytes = size_new;
        }
        buffer->begin = 0;
        buffer->end = length;
        return buffer->data + buffer->end;
}

int buffer_append(struct buffer *buffer, const void *data, size_t size) {
        uint8_t *room;

        if (size == 0)
                return 0;
        room = buffer_reserve(buffer, size);
        if (!room)
                return fault_raise(-ENOMEM);
        memcpy(room, data, size);
        buffer_commit(buffer, size);
        return 0;
}

void buffer_trim(struct buffer *buffer) {
        size_t length = buffer_get_length(buffer);
        uint8_t *data;

        if (length == 0) {
                buffer_deinit(buffer);
                return;
        }
        if (length > buffer->size_bytes / 4)
                return;
        data = malloc(length);
        if (!data)
                return;
        memcpy(data, buffer->data + buffer->begin, length);
        free(buffer->data);
        *buffer = (struct buffer){ .data = data, .end = length, .size_bytes = length };
}
