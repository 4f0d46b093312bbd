/* SPDX-License-Identifier: MIT */

/*
 * Two walks over the structures: one measures, one writes. The size of a message inside another
 * stands before its bytes, so the first walk notes the sizes in the order in which the second needs
 * them. Where there are more than N_SIZES of them, the rest is measured again. Both walks recurse
 * as deep as the schema nests.
 */

#include "wire/message.h"

#include <string.h>

#include "base/buffer.h"
#include "base/check.h"
#include "base/fault.h"
#include "wire/field.h"
#include "wire/frame.h"
#include "wire/schema.h"

enum {
        N_SIZES = 16,
};

struct message_writer {
        uint8_t *at;
        size_t n_inner; /* inner messages met so far in this walk */
        size_t sizes[N_SIZES];
};

/* Goes from field to field of a message, past those that are not set. */
struct message_walk {
        const ProtobufCMessage *message;
        const ProtobufCFieldDescriptor *fields; /* NULL where there are none */
        unsigned next, end;
        const uint8_t *elements; /* of the field that was found: an array of n */
        size_t n;
};

static inline struct message_walk message_walk_begin(const ProtobufCMessage *message) {
        const ProtobufCMessageDescriptor *descriptor = message->descriptor;

        return (struct message_walk){
                .message = message,
                .fields = descriptor->fields,
                .end = descriptor->n_fields,
        };
}

static inline bool message_is_set(ProtobufCType type, const uint8_t *member) {
        switch (type) {
        case PROTOBUF_C_TYPE_BYTES:
                return ((const ProtobufCBinaryData *)member)->len > 0;
        case PROTOBUF_C_TYPE_UINT32:
        case PROTOBUF_C_TYPE_ENUM:
                return *(const uint32_t *)member != 0;
        case PROTOBUF_C_TYPE_BOOL:
                return *(const protobuf_c_boolean *)member != 0;
        case PROTOBUF_C_TYPE_MESSAGE:
                return *(const void *const *)member != NULL;
        default:
                return *(const uint64_t *)member != 0;
        }
}

/* Moves on behind the members of a oneof and returns the one that is chosen, or NULL. */
static inline const ProtobufCFieldDescriptor *
message_walk_choose(struct message_walk *walk, const ProtobufCFieldDescriptor *member) {
        uint32_t which =
                *(const uint32_t *)((const uint8_t *)walk->message + member->quantifier_offset);

        if (schema_is_in_oneof(&walk->fields[walk->end - 1], member))
                walk->next = walk->end; /* a Request or Reply: it has nothing behind the body */
        while (walk->next < walk->end && schema_is_in_oneof(&walk->fields[walk->next], member))
                walk->next++;
        return which ? schema_find(walk->message->descriptor, which) : NULL;
}

/* The next field that is set, or NULL. */
static inline const ProtobufCFieldDescriptor *message_walk_next(struct message_walk *walk) {
        while (walk->next < walk->end) {
                const ProtobufCFieldDescriptor *field = &walk->fields[walk->next++];
                bool is_chosen = schema_is_oneof(field);

                if (is_chosen) {
                        field = message_walk_choose(walk, field);
                        if (!field)
                                continue;
                }
                walk->elements = (const uint8_t *)walk->message + field->offset;
                if (field->label == PROTOBUF_C_LABEL_REPEATED) {
                        walk->n = *(const size_t *)((const uint8_t *)walk->message +
                                                    field->quantifier_offset);
                        walk->elements = *(const uint8_t *const *)walk->elements;
                } else if (is_chosen && field->type != PROTOBUF_C_TYPE_MESSAGE) {
                        walk->n = 1;
                } else {
                        walk->n = message_is_set(field->type, walk->elements);
                }
                if (walk->n > 0)
                        return field;
        }
        return NULL;
}

static inline const ProtobufCMessage *message_walk_get_inner(const struct message_walk *walk,
                                                             size_t i) {
        return ((const ProtobufCMessage *const *)walk->elements)[i];
}

static inline const ProtobufCBinaryData *message_walk_get_bytes(const struct message_walk *walk,
                                                                size_t i) {
        return &((const ProtobufCBinaryData *)walk->elements)[i];
}

static inline uint64_t
message_walk_get_varint(const struct message_walk *walk, ProtobufCType type, size_t i) {
        switch (type) {
        case PROTOBUF_C_TYPE_UINT64:
                return ((const uint64_t *)walk->elements)[i];
        case PROTOBUF_C_TYPE_UINT32:
                return ((const uint32_t *)walk->elements)[i];
        case PROTOBUF_C_TYPE_ENUM:
                return (uint64_t)((const int32_t *)walk->elements)[i];
        case PROTOBUF_C_TYPE_BOOL:
                return ((const protobuf_c_boolean *)walk->elements)[i] != 0;
        default:
                assert(!"a type that the schema does not use");
                return 0;
        }
}

static size_t message_measure_varints(const struct message_walk *walk, ProtobufCType type) {
        size_t size = 0;

        for (size_t i = 0; i < walk->n; i++)
                size += varint_get_size(message_walk_get_varint(walk, type, i));
        return size;
}

static inline size_t message_measure_bytes(size_t size) {
        return varint_get_size(size) + size;
}

static size_t message_measure(struct message_writer *writer, const ProtobufCMessage *message) {
        struct message_walk walk = message_walk_begin(message);
        const ProtobufCFieldDescriptor *field;
        size_t size = 0;

        while ((field = message_walk_next(&walk))) {
                size_t key_size = varint_get_size((uint64_t)field->id << 3);

                if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
                        for (size_t i = 0; i < walk.n; i++) {
                                size_t slot = writer->n_inner++;
                                size_t inner =
                                        message_measure(writer, message_walk_get_inner(&walk, i));

                                if (slot < N_SIZES)
                                        writer->sizes[slot] = inner;
                                size += key_size + message_measure_bytes(inner);
                        }
                } else if (field->type == PROTOBUF_C_TYPE_BYTES) {
                        for (size_t i = 0; i < walk.n; i++)
                                size += key_size + message_measure_bytes(
                                                           message_walk_get_bytes(&walk, i)->len);
                } else if (field->label == PROTOBUF_C_LABEL_REPEATED) {
                        size += key_size +
                                message_measure_bytes(message_measure_varints(&walk, field->type));
                } else {
                        size += key_size + message_measure_varints(&walk, field->type);
                }
        }
        return size;
}

/* The size of an inner message, noted or measured again. */
static size_t message_get_inner_size(struct message_writer *writer,
                                     const ProtobufCMessage *message) {
        size_t slot = writer->n_inner++;
        size_t n_inner = writer->n_inner;
        size_t size;

        if (slot < N_SIZES)
                return writer->sizes[slot];
        size = message_measure(writer, message);
        writer->n_inner = n_inner;
        return size;
}

static inline void message_put_head(struct message_writer *writer, uint32_t number, size_t size) {
        writer->at = varint_write(writer->at, (uint64_t)number << 3 | FIELD_BYTES);
        writer->at = varint_write(writer->at, size);
}

static inline void message_put_bytes(struct message_writer *writer,
                                     uint32_t number,
                                     const ProtobufCBinaryData *bytes) {
        message_put_head(writer, number, bytes->len);
        if (bytes->len > 0)
                memcpy(writer->at, bytes->data, bytes->len);
        writer->at += bytes->len;
}

static void message_put_varints(struct message_writer *writer,
                                const ProtobufCFieldDescriptor *field,
                                const struct message_walk *walk) {
        if (field->label == PROTOBUF_C_LABEL_REPEATED)
                message_put_head(writer, field->id, message_measure_varints(walk, field->type));
        else
                writer->at = varint_write(writer->at, (uint64_t)field->id << 3 | FIELD_VARINT);
        for (size_t i = 0; i < walk->n; i++)
                writer->at =
                        varint_write(writer->at, message_walk_get_varint(walk, field->type, i));
}

static void message_write(struct message_writer *writer, const ProtobufCMessage *message) {
        struct message_walk walk = message_walk_begin(message);
        const ProtobufCFieldDescriptor *field;

        while ((field = message_walk_next(&walk))) {
                if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
                        for (size_t i = 0; i < walk.n; i++) {
                                const ProtobufCMessage *inner = message_walk_get_inner(&walk, i);

                                message_put_head(
                                        writer, field->id, message_get_inner_size(writer, inner));
                                message_write(writer, inner);
                        }
                } else if (field->type == PROTOBUF_C_TYPE_BYTES) {
                        for (size_t i = 0; i < walk.n; i++)
                                message_put_bytes(
                                        writer, field->id, message_walk_get_bytes(&walk, i));
                } else {
                        message_put_varints(writer, field, &walk);
                }
        }
}

int message_append(struct buffer *buffer,
                   const ProtobufCMessage *message,
                   size_t message_size_max) {
        struct message_writer writer;
        uint8_t *room;
        size_t size;

        writer.n_inner = 0;
        size = message_measure(&writer, message);
        if (size > message_size_max)
                return fault_raise(-EMSGSIZE);
        room = buffer_reserve(buffer, FRAME_HEADER_SIZE + size);
        if (!room)
                return fault_raise(-ENOMEM);

        frame_write_header(room, size, 0);
        writer.at = room + FRAME_HEADER_SIZE;
        writer.n_inner = 0;
        message_write(&writer, message);
        assert(writer.at == room + FRAME_HEADER_SIZE + size);
        buffer_commit(buffer, FRAME_HEADER_SIZE + size);
        return 0;
}
