/* SPDX-License-Identifier: MIT */

/*
 * Each array of the message grows in a buffer of its own, encoded as it will stand on the wire
 * (chunks with their keys and lengths, the others without), so that graph_writer_finish() has only
 * to line the buffers up.
 */

#include "wire/graph.h"

#include <string.h>

#include "base/fault.h"
#include "base/utf8.h"
#include "wire/field.h"
#include "wire/graph-keys.h"

enum {
        KEY_TYPES = 1 << 3 | FIELD_BYTES,
        KEY_INTS = 2 << 3 | FIELD_BYTES,
        KEY_FLOATS = 3 << 3 | FIELD_BYTES,
        KEY_CHUNKS = 4 << 3 | FIELD_BYTES,
        KEY_COUNTS = 5 << 3 | FIELD_BYTES,
        KEY_CHILDREN = 6 << 3 | FIELD_BYTES,
        KEY_SIZE = 1,
        ARRAY_HEAD_SIZE_MAX = KEY_SIZE + VARINT_SIZE_MAX,
};

void graph_writer_init(struct graph_writer *writer, size_t n_nodes_max) {
        *writer = (struct graph_writer){
                .n_nodes_max = n_nodes_max < UINT32_MAX ? n_nodes_max : UINT32_MAX,
        };
}

void graph_writer_deinit(struct graph_writer *writer) {
        buffer_deinit(&writer->types);
        buffer_deinit(&writer->ints);
        buffer_deinit(&writer->floats);
        buffer_deinit(&writer->chunks);
        buffer_deinit(&writer->counts);
        buffer_deinit(&writer->children);
        buffer_deinit(&writer->used);
}

static inline void graph_writer_clear(struct buffer *buffer) {
        if (buffer->size_bytes > GRAPH_WRITER_KEEP_BYTES)
                buffer_deinit(buffer);
        buffer->end = 0;
}

void graph_writer_reset(struct graph_writer *writer) {
        graph_writer_clear(&writer->types);
        graph_writer_clear(&writer->ints);
        graph_writer_clear(&writer->floats);
        graph_writer_clear(&writer->chunks);
        graph_writer_clear(&writer->counts);
        graph_writer_clear(&writer->children);
        graph_writer_clear(&writer->used);
        writer->n_nodes = 0;
        writer->n_unused = 0;
        writer->error = 0;
}

static void graph_writer_fail(struct graph_writer *writer, int r) {
        if (!writer->error)
                writer->error = fault_raise(r);
}

static inline uint8_t *
graph_writer_reserve(struct graph_writer *writer, struct buffer *buffer, size_t size) {
        uint8_t *room;

        if (size <= buffer->size_bytes - buffer->end)
                return buffer->data + buffer->end;
        room = buffer_reserve(buffer, size);
        if (!room)
                graph_writer_fail(writer, -ENOMEM);
        return room;
}

static inline void
graph_writer_put_byte(struct graph_writer *writer, struct buffer *buffer, uint8_t byte) {
        uint8_t *room = graph_writer_reserve(writer, buffer, 1);

        if (!room)
                return;
        *room = byte;
        buffer_commit(buffer, 1);
}

static inline void
graph_writer_put_varint(struct graph_writer *writer, struct buffer *buffer, uint64_t value) {
        uint8_t *room = graph_writer_reserve(writer, buffer, VARINT_SIZE_MAX);

        if (!room)
                return;
        buffer_commit(buffer, (size_t)(varint_write(room, value) - room));
}

static void graph_writer_put_chunk(struct graph_writer *writer, const void *data, size_t size) {
        uint8_t *room = NULL, *at;

        if (size <= SIZE_MAX - ARRAY_HEAD_SIZE_MAX)
                room = graph_writer_reserve(writer, &writer->chunks, ARRAY_HEAD_SIZE_MAX + size);
        if (!room) {
                graph_writer_fail(writer, -ENOMEM);
                return;
        }
        at = room;
        *at++ = KEY_CHUNKS;
        at = varint_write(at, size);
        if (size > 0)
                memcpy(at, data, size);
        buffer_commit(&writer->chunks, (size_t)(at - room) + size);
}

/* Adds a node whose elements in the arrays have been put already. */
static uint32_t graph_writer_add(struct graph_writer *writer, enum graph_type type) {
        if (!writer->error && writer->n_nodes >= writer->n_nodes_max)
                graph_writer_fail(writer, -E2BIG);
        if (writer->error)
                return 0;
        graph_writer_put_byte(writer, &writer->types, (uint8_t)type);
        graph_writer_put_byte(writer, &writer->used, false);
        if (writer->error)
                return 0;
        writer->n_unused++;
        return (uint32_t)writer->n_nodes++;
}

uint32_t graph_writer_add_nil(struct graph_writer *writer) {
        return graph_writer_add(writer, GRAPH_NIL);
}

uint32_t graph_writer_add_bool(struct graph_writer *writer, bool value) {
        return graph_writer_add(writer, value ? GRAPH_TRUE : GRAPH_FALSE);
}

uint32_t graph_writer_add_int(struct graph_writer *writer, int64_t value) {
        if (writer->error)
                return 0;
        graph_writer_put_varint(
                writer, &writer->ints, (uint64_t)value << 1 ^ (uint64_t)(value >> 63));
        return graph_writer_add(writer, GRAPH_INT);
}

uint32_t graph_writer_add_float(struct graph_writer *writer, double value) {
        uint8_t *room;
        uint64_t bits;

        if (writer->error)
                return 0;
        room = graph_writer_reserve(writer, &writer->floats, sizeof(bits));
        if (!room)
                return 0;
        memcpy(&bits, &value, sizeof(bits));
        for (unsigned i = 0; i < sizeof(bits); i++)
                room[i] = (uint8_t)(bits >> (8 * i));
        buffer_commit(&writer->floats, sizeof(bits));
        return graph_writer_add(writer, GRAPH_FLOAT);
}

uint32_t graph_writer_add_string(struct graph_writer *writer, const void *text, size_t size) {
        if (writer->error)
                return 0;
        if (!utf8_is_valid(text, size)) {
                graph_writer_fail(writer, -EILSEQ);
                return 0;
        }
        graph_writer_put_chunk(writer, text, size);
        return graph_writer_add(writer, GRAPH_STRING);
}

uint32_t graph_writer_add_bytes(struct graph_writer *writer, const void *data, size_t size) {
        if (writer->error)
                return 0;
        graph_writer_put_chunk(writer, data, size);
        return graph_writer_add(writer, GRAPH_BYTES);
}

static void
graph_writer_put_children(struct graph_writer *writer, const uint32_t *children, size_t n) {
        graph_writer_put_varint(writer, &writer->counts, n);
        for (size_t i = 0; i < n && !writer->error; i++) {
                uint8_t *used;

                if (children[i] >= writer->n_nodes) {
                        graph_writer_fail(writer, -EINVAL);
                        return;
                }
                graph_writer_put_varint(writer, &writer->children, children[i]);
                used = &writer->used.data[children[i]];
                writer->n_unused -= !*used;
                *used = true;
        }
}

static void
graph_writer_put_keys(struct graph_writer *writer, const struct graph_chunk *keys, size_t n) {
        int r;

        for (size_t i = 0; i < n && !writer->error; i++) {
                if (utf8_is_valid(keys[i].data, keys[i].size))
                        graph_writer_put_chunk(writer, keys[i].data, keys[i].size);
                else
                        graph_writer_fail(writer, -EILSEQ);
        }
        if (writer->error)
                return;
        r = graph_keys_differ(keys, n);
        if (r <= 0)
                graph_writer_fail(writer, r < 0 ? r : -EINVAL);
}

uint32_t graph_writer_add_list(struct graph_writer *writer, const uint32_t *children, size_t n) {
        if (writer->error)
                return 0;
        graph_writer_put_children(writer, children, n);
        return graph_writer_add(writer, GRAPH_LIST);
}

uint32_t graph_writer_add_map(struct graph_writer *writer,
                              const struct graph_chunk *keys,
                              const uint32_t *children,
                              size_t n) {
        if (writer->error)
                return 0;
        graph_writer_put_children(writer, children, n);
        graph_writer_put_keys(writer, keys, n);
        return graph_writer_add(writer, GRAPH_MAP);
}

static inline uint8_t *
graph_writer_copy_array(uint8_t *at, uint8_t key, const struct buffer *array) {
        size_t size = array->end;

        if (size == 0)
                return at;
        *at++ = key;
        at = varint_write(at, size);
        memcpy(at, array->data, size);
        return at + size;
}

int graph_writer_finish(struct graph_writer *writer, struct buffer *buffer) {
        size_t size = graph_writer_get_size(writer);
        uint8_t *room, *at;

        if (!writer->error && writer->n_unused != 1)
                graph_writer_fail(writer, -EINVAL);
        if (writer->error)
                return fault_pass(writer->error);
        room = buffer_reserve(buffer, size + 5 * ARRAY_HEAD_SIZE_MAX);
        if (!room)
                return fault_raise(-ENOMEM);
        at = graph_writer_copy_array(room, KEY_TYPES, &writer->types);
        at = graph_writer_copy_array(at, KEY_INTS, &writer->ints);
        at = graph_writer_copy_array(at, KEY_FLOATS, &writer->floats);
        if (writer->chunks.end > 0) {
                memcpy(at, writer->chunks.data, writer->chunks.end);
                at += writer->chunks.end;
        }
        at = graph_writer_copy_array(at, KEY_COUNTS, &writer->counts);
        at = graph_writer_copy_array(at, KEY_CHILDREN, &writer->children);
        buffer_commit(buffer, (size_t)(at - room));
        return 0;
}

int graph_append_chunk(struct buffer *buffer, enum graph_type type, const void *data, size_t size) {
        uint8_t *room = buffer_reserve(buffer, 3 + 1 + VARINT_SIZE_MAX + size), *at = room;

        if (!room)
                return fault_raise(-ENOMEM);
        *at++ = KEY_TYPES;
        *at++ = 1;
        *at++ = (uint8_t)type;
        *at++ = KEY_CHUNKS;
        at = varint_write(at, size);
        if (size > 0)
                memcpy(at, data, size);
        buffer_commit(buffer, (size_t)(at - room) + size);
        return 0;
}
