/* SPDX-License-Identifier: MIT */

/* Holds our packing and unpacking against protobuf-c's, on random messages and on what mutation makes of them. */

#include <check.h>
#include <string.h>

#include "base/cleanup.h"
#include "helpers/random.h"
#include "helpers/suite.h"
#include "helpers/wire-bytes.h"
#include "wire/frame.h"
#include "wire/message.h"

enum {
        N_MESSAGES = 5000,
        N_MUTATIONS = 20,
        BUDGET = 64 << 20,
};

/* Where random messages live: an arena serves as well for making them. */
struct maker {
        struct random random;
        struct arena arena;
};

static void maker_deinit(struct maker *maker) {
        arena_deinit(&maker->arena);
}

static void maker_init(struct maker *maker) {
        maker->random = random_seed();
        ck_assert_int_eq(arena_init(&maker->arena), 0);
}

static void *maker_allocate(struct maker *maker, size_t size) {
        void *memory = arena_allocate(&maker->arena, size);

        ck_assert_ptr_nonnull(memory);
        return memory;
}

static ProtobufCMessage *make_message(struct maker *maker,
                                      const ProtobufCMessageDescriptor *descriptor);

static size_t get_element_size(ProtobufCType type) {
        return type == PROTOBUF_C_TYPE_BYTES ? sizeof(ProtobufCBinaryData)
               : type == PROTOBUF_C_TYPE_UINT64 || type == PROTOBUF_C_TYPE_MESSAGE ? 8
                                                                                   : 4;
}

static void
make_element(struct maker *maker, const ProtobufCFieldDescriptor *field, void *element) {
        uint64_t number = random_one_in(&maker->random, 8) ? 0 : random_magnitude(&maker->random);

        switch (field->type) {
        case PROTOBUF_C_TYPE_MESSAGE:
                *(ProtobufCMessage **)element = make_message(maker, field->descriptor);
                break;
        case PROTOBUF_C_TYPE_BYTES: {
                size_t size = random_below(&maker->random,
                                           random_one_in(&maker->random, 50) ? 20000 : 20);
                uint8_t *data = maker_allocate(maker, size);

                for (size_t i = 0; i < size; i++)
                        data[i] = (uint8_t)random_u64(&maker->random);
                *(ProtobufCBinaryData *)element = message_bytes(size > 0 ? data : NULL, size);
                break;
        }
        case PROTOBUF_C_TYPE_UINT64:
                *(uint64_t *)element = number;
                break;
        case PROTOBUF_C_TYPE_BOOL:
                *(protobuf_c_boolean *)element = number & 1;
                break;
        default:
                *(uint32_t *)element = (uint32_t)number;
        }
}

static void
make_array(struct maker *maker, const ProtobufCFieldDescriptor *field, uint8_t *message) {
        size_t n = random_below(&maker->random, random_one_in(&maker->random, 20) ? 60 : 4);
        uint8_t *array = maker_allocate(maker, n * get_element_size(field->type));

        for (size_t i = 0; i < n; i++)
                make_element(maker, field, array + i * get_element_size(field->type));
        *(size_t *)(message + field->quantifier_offset) = n;
        *(void **)(message + field->offset) = n > 0 ? array : NULL;
}

static ProtobufCMessage *make_message(struct maker *maker,
                                      const ProtobufCMessageDescriptor *descriptor) {
        uint8_t *message = maker_allocate(maker, descriptor->sizeof_message);

        descriptor->message_init((ProtobufCMessage *)message);
        for (unsigned i = 0; i < descriptor->n_fields; i++) {
                const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
                uint32_t *which = (uint32_t *)(message + field->quantifier_offset);

                if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
                        if (*which != 0 || !random_one_in(&maker->random, descriptor->n_fields - i))
                                continue;
                        *which = field->id;
                } else if (random_one_in(&maker->random, 2)) {
                        continue;
                }
                if (field->label == PROTOBUF_C_LABEL_REPEATED)
                        make_array(maker, field, message);
                else
                        make_element(maker, field, message + field->offset);
        }
        return (ProtobufCMessage *)message;
}

/* Either of the two outermost messages. */
static const ProtobufCMessage *make_outermost(struct maker *maker) {
        arena_reset(&maker->arena, BUDGET);
        return make_message(maker,
                            random_one_in(&maker->random, 2) ? &gcasync__request__descriptor
                                                             : &gcasync__reply__descriptor);
}

static int unpack(struct arena *arena,
                  const ProtobufCMessageDescriptor *descriptor,
                  const struct buffer *bytes,
                  const ProtobufCMessage **ret_message) {
        const Gcasync__Request *request;
        const Gcasync__Reply *reply;
        int r;

        if (descriptor == &gcasync__request__descriptor) {
                r = message_unpack_request(
                        arena, buffer_get_data(bytes), buffer_get_length(bytes), &request);
                if (r == 0)
                        *ret_message = &request->base;
                return r;
        }
        r = message_unpack_reply(arena, buffer_get_data(bytes), buffer_get_length(bytes), &reply);
        if (r == 0)
                *ret_message = &reply->base;
        return r;
}

static void pack_theirs(struct buffer *buffer, const ProtobufCMessage *message) {
        size_t size = protobuf_c_message_get_packed_size(message);
        uint8_t *room = buffer_reserve(buffer, size + 1);

        buffer_consume(buffer, buffer_get_length(buffer));
        ck_assert_ptr_nonnull(room);
        ck_assert_uint_eq(protobuf_c_message_pack(message, buffer->data), size);
        buffer_commit(buffer, size);
}

static void pack_ours(struct buffer *buffer, const ProtobufCMessage *message) {
        buffer_consume(buffer, buffer_get_length(buffer));
        ck_assert_int_eq(message_append(buffer, message, BUDGET), 0);
        buffer_consume(buffer, FRAME_HEADER_SIZE);
}

static void expect_equal(const struct buffer *a, const struct buffer *b) {
        ck_assert_uint_eq(buffer_get_length(a), buffer_get_length(b));
        if (buffer_get_length(a) > 0)
                ck_assert_mem_eq(buffer_get_data(a), buffer_get_data(b), buffer_get_length(a));
}

START_TEST(packed_bytes_are_those_of_protobuf_c) {
        cleanup_(maker_deinit) struct maker maker;
        cleanup_(buffer_deinit) struct buffer theirs = { 0 }, ours = { 0 };

        maker_init(&maker);
        for (size_t i = 0; i < N_MESSAGES; i++) {
                const ProtobufCMessage *message = make_outermost(&maker);

                pack_theirs(&theirs, message);
                if (buffer_get_length(&theirs) == 0)
                        continue; /* no frame is empty */
                pack_ours(&ours, message);
                expect_equal(&theirs, &ours);
        }
}
END_TEST

START_TEST(unpacked_message_is_the_one_that_protobuf_c_packed) {
        cleanup_(maker_deinit) struct maker maker;
        cleanup_(arena_deinit) struct arena arena;
        cleanup_(buffer_deinit) struct buffer packed = { 0 }, again = { 0 };

        maker_init(&maker);
        ck_assert_int_eq(arena_init(&arena), 0);
        for (size_t i = 0; i < N_MESSAGES; i++) {
                const ProtobufCMessage *message = make_outermost(&maker), *back;
                int r;

                pack_theirs(&packed, message);
                r = unpack(&arena, message->descriptor, &packed, &back);
                if (r == MESSAGE_E_TOO_COMPLEX)
                        continue; /* nearly empty tasks by the dozen */
                ck_assert_int_eq(r, 0);
                ck_assert(protobuf_c_message_check(back));
                pack_theirs(&again, back);
                expect_equal(&packed, &again);
        }
}
END_TEST

static void mutate(struct random *random, struct buffer *bytes) {
        size_t size = buffer_get_length(bytes);
        uint8_t *data = bytes->data + bytes->begin, stretch[64];

        if (size == 0)
                return;
        switch (random_below(random, 4)) {
        case 0:
                bytes->end -= random_below(random, size);
                break;
        case 1:
                data[random_below(random, size)] ^= (uint8_t)(1 << random_below(random, 8));
                break;
        case 2: /* its beginning once more */
                size = random_below(random, size < sizeof(stretch) ? size : sizeof(stretch));
                memcpy(stretch, data, size);
                bytes_put(bytes, stretch, size);
                break;
        default:
                data[random_below(random, size)] = (uint8_t)random_magnitude(random);
        }
}

/* What we unpack, protobuf-c unpacks to the same, unknown fields aside. (It unpacks more: what is sent twice.) */
static bool expect_same_or_refused(struct arena *arena,
                                   const ProtobufCMessageDescriptor *descriptor,
                                   const struct buffer *bytes) {
        cleanup_(buffer_deinit) struct buffer theirs = { 0 }, ours = { 0 };
        const ProtobufCMessage *message;
        ProtobufCMessage *reference;

        if (unpack(arena, descriptor, bytes, &message) != 0)
                return false;
        reference = protobuf_c_message_unpack(
                descriptor, NULL, buffer_get_length(bytes), buffer_get_data(bytes));
        ck_assert_ptr_nonnull(reference);
        if (protobuf_c_message_get_packed_size(message) > 0) {
                pack_ours(&ours, message);
                pack_ours(&theirs, reference);
        }
        protobuf_c_message_free_unpacked(reference, NULL);
        expect_equal(&theirs, &ours);
        return true;
}

START_TEST(mutated_message_is_refused_or_means_what_it_means_to_protobuf_c) {
        cleanup_(maker_deinit) struct maker maker;
        cleanup_(arena_deinit) struct arena arena;
        cleanup_(buffer_deinit) struct buffer packed = { 0 }, bytes = { 0 };
        size_t n_same = 0;

        maker_init(&maker);
        ck_assert_int_eq(arena_init(&arena), 0);
        for (size_t i = 0; i < N_MESSAGES; i++) {
                const ProtobufCMessage *message = make_outermost(&maker);

                pack_theirs(&packed, message);
                for (size_t k = 0; k < N_MUTATIONS && buffer_get_length(&packed) < 5000; k++) {
                        buffer_consume(&bytes, buffer_get_length(&bytes));
                        bytes_put(&bytes, buffer_get_data(&packed), buffer_get_length(&packed));
                        for (size_t n = random_below(&maker.random, 3); n < 3; n++)
                                mutate(&maker.random, &bytes);
                        n_same += expect_same_or_refused(&arena, message->descriptor, &bytes);
                }
        }
        printf("# %zu mutations were taken\n", n_same);
        ck_assert_uint_gt(n_same, N_MESSAGES);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                packed_bytes_are_those_of_protobuf_c,
                unpacked_message_is_the_one_that_protobuf_c_packed,
                mutated_message_is_refused_or_means_what_it_means_to_protobuf_c,
        };

        return suite_run("message-protobuf", tests, SUITE_SIZE(tests), 6 * SUITE_TIMEOUT_S);
}
