/* SPDX-License-Identifier: MIT */

/*
 * One walk over the structures makes a list of items, each of which will stand on the wire as it
 * is: a key and a number, or a key, a size and bytes. The size of a message inside another stands
 * before its items, and is filled in when they are all there. Then the list is written in one go.
 * It is on the stack while it is short. The walk recurses as deep as the schema nests.
 */

#include "wire/message.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/check.h"
#include "base/fault.h"
#include "wire/field.h"
#include "wire/frame.h"
#include "wire/schema.h"

enum {
        N_ITEMS_INLINE = 32,
};

struct message_item {
        uint64_t key;
        uint64_t value;      /* the number, or the size of what follows */
        const uint8_t *data; /* bytes, or the array to pack; NULL where items follow, or nothing */
        ProtobufCType packed_as; /* the array's type, PROTOBUF_C_TYPE_BYTES where data is bytes */
};

struct message_writer {
        struct message_item *items;
        size_t n_items, n_items_max;
        struct message_item *memory; /* NULL while the items inline do */
        bool is_exhausted;           /* no memory for the list: it lacks items */
        struct message_item items_inline[N_ITEMS_INLINE];
};

/* ---- the list ---- */

static bool message_writer_grow(struct message_writer *writer) {
        size_t n_items_max = writer->n_items_max * 2;
        struct message_item *memory = NULL;

        if (!writer->is_exhausted)
                memory = malloc(n_items_max * sizeof(*memory));
        if (!memory) {
                writer->is_exhausted = true;
                return false;
        }
        memcpy(memory, writer->items, writer->n_items * sizeof(*memory));
        free(writer->memory);
        writer->memory = memory;
        writer->items = memory;
        writer->n_items_max = n_items_max;
        return true;
}

static inline size_t message_writer_add(struct message_writer *writer, struct message_item item) {
        if (writer->n_items == writer->n_items_max && !message_writer_grow(writer))
                return 0;
        writer->items[writer->n_items] = item;
        return writer->n_items++;
}

static inline uint64_t message_make_key(const ProtobufCFieldDescriptor *field,
                                        enum field_type type) {
        return (uint64_t)field->id << 3 | type;
}

/* Each of these adds what stands for one field or element, and returns its size on the wire. */

static inline size_t message_list_number(struct message_writer *writer,
                                         const ProtobufCFieldDescriptor *field,
                                         uint64_t value) {
        uint64_t key = message_make_key(field, FIELD_VARINT);

        (void)message_writer_add(writer, (struct message_item){ .key = key, .value = value });
        return varint_get_size(key) + varint_get_size(value);
}

static inline size_t message_list_bytes(struct message_writer *writer,
                                        const ProtobufCFieldDescriptor *field,
                                        const ProtobufCBinaryData *bytes) {
        uint64_t key = message_make_key(field, FIELD_BYTES);

        (void)message_writer_add(writer,
                                 (struct message_item){ .key = key,
                                                        .value = bytes->len,
                                                        .data = bytes->len > 0 ? bytes->data : NULL,
                                                        .packed_as = PROTOBUF_C_TYPE_BYTES });
        return varint_get_size(key) + varint_get_size(bytes->len) + bytes->len;
}

/* A number of an array, or of a member, which is an array of one. */
static inline uint64_t message_get_number(ProtobufCType type, const void *numbers, size_t i) {
        switch (type) {
        case PROTOBUF_C_TYPE_UINT64:
                return ((const uint64_t *)numbers)[i];
        case PROTOBUF_C_TYPE_UINT32:
                return ((const uint32_t *)numbers)[i];
        case PROTOBUF_C_TYPE_ENUM:
                return (uint64_t)((const int32_t *)numbers)[i];
        case PROTOBUF_C_TYPE_BOOL:
                return ((const protobuf_c_boolean *)numbers)[i] != 0;
        default:
                assert(!"a type that the schema does not use");
                return 0;
        }
}

static size_t message_list_packed(struct message_writer *writer,
                                  const ProtobufCFieldDescriptor *field,
                                  const void *numbers,
                                  size_t n) {
        uint64_t key = message_make_key(field, FIELD_BYTES);
        size_t size = 0;

        for (size_t i = 0; i < n; i++)
                size += varint_get_size(message_get_number(field->type, numbers, i));
        (void)message_writer_add(
                writer,
                (struct message_item){
                        .key = key, .value = size, .data = numbers, .packed_as = field->type });
        return varint_get_size(key) + varint_get_size(size) + size;
}

static size_t message_list(struct message_writer *writer, const ProtobufCMessage *message);

static size_t message_list_message(struct message_writer *writer,
                                   const ProtobufCFieldDescriptor *field,
                                   const ProtobufCMessage *message) {
        uint64_t key = message_make_key(field, FIELD_BYTES);
        size_t index = message_writer_add(writer, (struct message_item){ .key = key });
        size_t size = message_list(writer, message);

        writer->items[index].value = size;
        return varint_get_size(key) + varint_get_size(size) + size;
}

/* ---- the walk ---- */

static size_t message_list_repeated(struct message_writer *writer,
                                    const ProtobufCFieldDescriptor *field,
                                    const void *array,
                                    size_t n) {
        size_t size = 0;

        if (n == 0)
                return 0;
        switch (field->type) {
        case PROTOBUF_C_TYPE_MESSAGE:
                for (size_t i = 0; i < n; i++)
                        size += message_list_message(
                                writer, field, ((const ProtobufCMessage *const *)array)[i]);
                return size;
        case PROTOBUF_C_TYPE_BYTES:
                for (size_t i = 0; i < n; i++)
                        size += message_list_bytes(
                                writer, field, &((const ProtobufCBinaryData *)array)[i]);
                return size;
        default:
                return message_list_packed(writer, field, array, n);
        }
}

/* A field that is not repeated. What is zero is left out, unless a oneof has chosen it. */
static inline size_t message_list_singular(struct message_writer *writer,
                                           const ProtobufCFieldDescriptor *field,
                                           const uint8_t *member,
                                           bool is_chosen) {
        const ProtobufCMessage *inner;
        uint64_t number;

        switch (field->type) {
        case PROTOBUF_C_TYPE_BYTES:
                if (((const ProtobufCBinaryData *)member)->len == 0 && !is_chosen)
                        return 0;
                return message_list_bytes(writer, field, (const ProtobufCBinaryData *)member);
        case PROTOBUF_C_TYPE_MESSAGE:
                inner = *(void *const *)member;
                return inner ? message_list_message(writer, field, inner) : 0;
        default:
                number = message_get_number(field->type, member, 0);
                return number == 0 && !is_chosen ? 0 : message_list_number(writer, field, number);
        }
}

/*
 * The member that a oneof has chosen. *index, that of its first member, becomes that of its last.
 */
static inline size_t message_list_oneof(struct message_writer *writer,
                                        const ProtobufCMessage *message,
                                        unsigned *index) {
        const ProtobufCMessageDescriptor *descriptor = message->descriptor;
        const ProtobufCFieldDescriptor *fields = descriptor->fields, *first = &fields[*index],
                                       *chosen;
        uint32_t which = *(const uint32_t *)((const uint8_t *)message + first->quantifier_offset);

        if (schema_is_in_oneof(&fields[descriptor->n_fields - 1], first))
                *index = descriptor->n_fields -
                         1; /* a Request or Reply: nothing is behind the body */
        while (*index + 1 < descriptor->n_fields && schema_is_in_oneof(&fields[*index + 1], first))
                ++*index;
        chosen = which ? schema_find(descriptor, which) : NULL;
        if (!chosen)
                return 0;
        return message_list_singular(
                writer, chosen, (const uint8_t *)message + chosen->offset, true);
}

/* Lists the fields of a message, and returns its size. */
static size_t message_list(struct message_writer *writer, const ProtobufCMessage *message) {
        const ProtobufCFieldDescriptor *fields = message->descriptor->fields;
        unsigned n_fields = message->descriptor->n_fields;
        const uint8_t *base = (const uint8_t *)message;
        size_t size = 0;

        for (unsigned i = 0; i < n_fields; i++) {
                const ProtobufCFieldDescriptor *field = &fields[i];

                if (schema_is_oneof(field))
                        size += message_list_oneof(writer, message, &i);
                else if (field->label == PROTOBUF_C_LABEL_REPEATED)
                        size += message_list_repeated(
                                writer,
                                field,
                                *(void *const *)(base + field->offset),
                                *(const size_t *)(base + field->quantifier_offset));
                else
                        size += message_list_singular(writer, field, base + field->offset, false);
        }
        return size;
}

/* ---- the bytes ---- */

static uint8_t *message_write_packed(uint8_t *at, const struct message_item *item) {
        const uint8_t *end = at + item->value;

        for (size_t i = 0; at < end; i++)
                at = varint_write(at, message_get_number(item->packed_as, item->data, i));
        return at;
}

static uint8_t *message_write(const struct message_writer *writer, uint8_t *at) {
        for (size_t i = 0; i < writer->n_items; i++) {
                const struct message_item *item = &writer->items[i];

                at = varint_write(at, item->key);
                at = varint_write(at, item->value);
                if (!item->data)
                        continue;
                if (item->packed_as == PROTOBUF_C_TYPE_BYTES) {
                        memcpy(at, item->data, item->value);
                        at += item->value;
                } else {
                        at = message_write_packed(at, item);
                }
        }
        return at;
}

static int
message_append_list(struct buffer *buffer, const struct message_writer *writer, size_t size) {
        uint8_t *room, *end;

        room = buffer_reserve(buffer, FRAME_HEADER_SIZE + size);
        if (!room)
                return fault_raise(-ENOMEM);
        frame_write_header(room, size, 0);
        end = message_write(writer, room + FRAME_HEADER_SIZE);
        assert(end == room + FRAME_HEADER_SIZE + size);
        buffer_commit(buffer, FRAME_HEADER_SIZE + size);
        return 0;
}

int message_append(struct buffer *buffer,
                   const ProtobufCMessage *message,
                   size_t message_size_max) {
        struct message_writer writer;
        size_t size;
        int r;

        writer.items = writer.items_inline;
        writer.n_items = 0;
        writer.n_items_max = N_ITEMS_INLINE;
        writer.memory = NULL;
        writer.is_exhausted = false;
        size = message_list(&writer, message);
        if (size > message_size_max)
                r = fault_raise(-EMSGSIZE);
        else if (writer.is_exhausted)
                r = fault_raise(-ENOMEM);
        else
                r = message_append_list(buffer, &writer, size);
        free(writer.memory);
        return r;
}
