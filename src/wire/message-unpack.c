/* SPDX-License-Identifier: MIT */

/*
 * One walk over the bytes, which goes down into each message where it stands and on behind it
 * afterwards. The way back up is a list of SCHEMA_DEPTH_MAX levels.
 *
 * The elements of a repeated field are counted when its first one is met, over the rest of the
 * message that it stands in, and get one array. So a message is walked once more for each of its
 * repeated fields, of which it has a handful; an occurrence without elements does not begin a
 * count, or a long row of them would take quadratic time.
 */

#include "wire/message.h"

#include "base/check.h"
#include "base/fault.h"
#include "wire/field.h"
#include "wire/schema.h"

/* A message that is being filled in. */
struct message_level {
        const ProtobufCMessageDescriptor *descriptor;
        uint8_t *message;
        const uint8_t *end; /* of its bytes */
};

struct message_reader {
        struct arena *arena;
        struct message_level levels[SCHEMA_DEPTH_MAX]; /* the outermost first */
};

static int message_refuse_memory(const struct arena *arena) {
        return arena->is_exhausted ? fault_raise(-ENOMEM) : MESSAGE_E_TOO_COMPLEX;
}

/* Makes the message of a level. */
static int message_enter(struct message_reader *reader,
                         struct message_level *level,
                         const ProtobufCMessageDescriptor *descriptor,
                         const uint8_t *end) {
        void *message;

        assert(level < reader->levels + SCHEMA_DEPTH_MAX);
        message = arena_allocate(reader->arena, descriptor->sizeof_message);
        if (!message)
                return message_refuse_memory(reader->arena);
        descriptor->message_init(message);
        *level = (struct message_level){ descriptor, message, end };
        return 0;
}

/* Stores anything but a message; false where it is encoded as something else. */
static inline bool message_store(ProtobufCType type, const struct field *field, void *member) {
        if (type == PROTOBUF_C_TYPE_BYTES) {
                *(ProtobufCBinaryData *)member =
                        message_bytes(field->size > 0 ? field->data : NULL, field->size);
                return field->type == FIELD_BYTES;
        }
        if (field->type != FIELD_VARINT)
                return false;
        switch (type) {
        case PROTOBUF_C_TYPE_UINT64:
                *(uint64_t *)member = field->varint;
                return true;
        case PROTOBUF_C_TYPE_UINT32:
        case PROTOBUF_C_TYPE_ENUM:
                *(uint32_t *)member = (uint32_t)field->varint;
                return true;
        case PROTOBUF_C_TYPE_BOOL:
                *(protobuf_c_boolean *)member = field->varint != 0;
                return true;
        default:
                assert(!"a type that the schema does not use");
                return false;
        }
}

static inline int message_read_singular(struct message_reader *reader,
                                        struct message_level *level,
                                        const ProtobufCFieldDescriptor *known,
                                        const struct field *field) {
        uint8_t *member = level->message + known->offset;
        uint32_t *which = NULL;
        int r;

        if (schema_is_oneof(known))
                which = (uint32_t *)(level->message + known->quantifier_offset);
        if (known->type != PROTOBUF_C_TYPE_MESSAGE) {
                if (!message_store(known->type, field, member))
                        return MESSAGE_E_MALFORMED;
        } else {
                if (field->type != FIELD_BYTES || (which ? *which != 0 : *(void **)member != NULL))
                        return MESSAGE_E_MALFORMED;
                r = message_enter(reader, level + 1, known->descriptor, field->data + field->size);
                if (r)
                        return r;
                *(void **)member = level[1].message;
        }
        if (which)
                *which = known->id;
        return 0;
}

static bool message_is_array(const ProtobufCFieldDescriptor *known) {
        return known->type != PROTOBUF_C_TYPE_BYTES && known->type != PROTOBUF_C_TYPE_MESSAGE;
}

/* How many elements an occurrence of a repeated field has; false where it is encoded otherwise. */
static bool
message_count(const ProtobufCFieldDescriptor *known, const struct field *field, size_t *ret_n) {
        if (message_is_array(known))
                return field_count_varints(field, ret_n);
        *ret_n = 1;
        return field->type == FIELD_BYTES;
}

static size_t message_get_element_size(ProtobufCType type) {
        switch (type) {
        case PROTOBUF_C_TYPE_BYTES:
                return sizeof(ProtobufCBinaryData);
        case PROTOBUF_C_TYPE_UINT32:
        case PROTOBUF_C_TYPE_ENUM:
                return sizeof(uint32_t);
        case PROTOBUF_C_TYPE_BOOL:
                return sizeof(protobuf_c_boolean);
        case PROTOBUF_C_TYPE_MESSAGE:
                return sizeof(void *);
        default:
                return sizeof(uint64_t);
        }
}

/*
 * Makes the array of a repeated field. field is its first occurrence, and n the elements of that;
 * the others stand between it and the message's end.
 */
static int message_place_array(struct message_reader *reader,
                               const struct message_level *level,
                               const ProtobufCFieldDescriptor *known,
                               const struct field *field,
                               size_t n) {
        const uint8_t *at = field->data + field->size;
        struct field other;
        size_t n_more;
        void *array;

        while (at != level->end) {
                at = field_read(at, level->end, &other);
                if (!at)
                        return MESSAGE_E_MALFORMED;
                if (other.number != known->id)
                        continue;
                if (!message_count(known, &other, &n_more))
                        return MESSAGE_E_MALFORMED;
                n += n_more;
        }
        /* An element is a byte of the message at least, and 16 bytes here at most: no overflow. */
        array = arena_allocate(reader->arena, n * message_get_element_size(known->type));
        if (!array)
                return message_refuse_memory(reader->arena);
        *(void **)(level->message + known->offset) = array;
        return 0;
}

static int message_store_packed(const ProtobufCFieldDescriptor *known,
                                const struct field *packed,
                                uint8_t *element) {
        const uint8_t *at = packed->data, *end = packed->data + packed->size;
        struct field field = { .type = FIELD_VARINT };

        while (at != end) {
                struct varint varint = varint_read(at, end);

                field.varint = varint.value;
                if (!varint.next || !message_store(known->type, &field, element))
                        return MESSAGE_E_MALFORMED;
                at = varint.next;
                element += message_get_element_size(known->type);
        }
        return 0;
}

static int message_read_repeated(struct message_reader *reader,
                                 struct message_level *level,
                                 const ProtobufCFieldDescriptor *known,
                                 const struct field *field) {
        void *const *array = (void **)(level->message + known->offset);
        size_t *n = (size_t *)(level->message + known->quantifier_offset);
        uint8_t *element;
        size_t n_here;
        int r;

        if (!message_count(known, field, &n_here))
                return MESSAGE_E_MALFORMED;
        if (n_here == 0)
                return 0;
        if (!*array) {
                r = message_place_array(reader, level, known, field, n_here);
                if (r)
                        return r;
        }
        element = (uint8_t *)*array + *n * message_get_element_size(known->type);
        *n += n_here;
        if (known->type == PROTOBUF_C_TYPE_MESSAGE) {
                r = message_enter(reader, level + 1, known->descriptor, field->data + field->size);
                if (r)
                        return r;
                *(void **)element = level[1].message;
                return 0;
        }
        if (message_is_array(known) && field->type == FIELD_BYTES)
                return message_store_packed(known, field, element);
        return message_store(known->type, field, element) ? 0 : MESSAGE_E_MALFORMED;
}

/* Fills in the message of the outermost level and all in it. */
static int message_read_levels(struct message_reader *reader, const uint8_t *at) {
        struct message_level *level = reader->levels;
        const ProtobufCFieldDescriptor *known;
        struct field field;
        int r;

        for (;;) {
                while (at == level->end) {
                        if (level == reader->levels)
                                return 0;
                        level--;
                }
                at = field_read(at, level->end, &field);
                if (!at)
                        return MESSAGE_E_MALFORMED;
                known = schema_find(level->descriptor, field.number);
                if (!known)
                        continue;
                if (known->label == PROTOBUF_C_LABEL_REPEATED)
                        r = message_read_repeated(reader, level, known, &field);
                else
                        r = message_read_singular(reader, level, known, &field);
                if (r)
                        return r;
                if (known->type == PROTOBUF_C_TYPE_MESSAGE) {
                        level++;
                        at = field.data;
                }
        }
}

static int message_unpack(struct arena *arena,
                          const ProtobufCMessageDescriptor *descriptor,
                          const uint8_t *data,
                          size_t size,
                          const void **ret_message) {
        struct message_reader reader;
        int r;

        arena_reset(arena, size * MESSAGE_BUDGET_FACTOR + MESSAGE_BUDGET_BASE);
        reader.arena = arena;
        r = message_enter(&reader, reader.levels, descriptor, size > 0 ? data + size : data);
        if (r)
                return r;

        r = message_read_levels(&reader, data);
        if (r)
                return r;

        *ret_message = reader.levels[0].message;
        return 0;
}

int message_unpack_request(struct arena *arena,
                           const uint8_t *data,
                           size_t size,
                           const Gcasync__Request **ret_request) {
        const void *message;
        int r;

        r = message_unpack(arena, &gcasync__request__descriptor, data, size, &message);
        if (r)
                return fault_pass(r);

        *ret_request = message;
        return 0;
}

int message_unpack_reply(struct arena *arena,
                         const uint8_t *data,
                         size_t size,
                         const Gcasync__Reply **ret_reply) {
        const void *message;
        int r;

        r = message_unpack(arena, &gcasync__reply__descriptor, data, size, &message);
        if (r)
                return fault_pass(r);

        *ret_reply = message;
        return 0;
}
