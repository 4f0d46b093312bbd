/* SPDX-License-Identifier: MIT */

/* Holds proto/gcasync.proto to what src/wire/schema.h relies on. */

#include <check.h>

#include "gcasync.pb-c.h"
#include "helpers/suite.h"
#include "wire/schema.h"

enum {
        N_MESSAGES_MAX = 100,
};

static const ProtobufCMessageDescriptor *const outermost[] = {
        &gcasync__request__descriptor,
        &gcasync__reply__descriptor,
};

/* Every message that a Request or Reply can hold, each once; returns how many. */
static size_t list_messages(const ProtobufCMessageDescriptor **messages) {
        size_t n = 0;

        for (; n < SUITE_SIZE(outermost); n++)
                messages[n] = outermost[n];
        for (size_t i = 0; i < n; i++)
                for (unsigned k = 0; k < messages[i]->n_fields; k++) {
                        const void *inner = messages[i]->fields[k].descriptor;
                        size_t at = 0;

                        if (messages[i]->fields[k].type != PROTOBUF_C_TYPE_MESSAGE)
                                continue;
                        while (at < n && messages[at] != inner)
                                at++;
                        ck_assert_uint_lt(n, N_MESSAGES_MAX);
                        if (at == n)
                                messages[n++] = inner;
                }
        return n;
}

static bool is_supported(const ProtobufCFieldDescriptor *field) {
        switch (field->type) {
        case PROTOBUF_C_TYPE_BYTES:
        case PROTOBUF_C_TYPE_BOOL:
        case PROTOBUF_C_TYPE_ENUM:
        case PROTOBUF_C_TYPE_UINT32:
        case PROTOBUF_C_TYPE_UINT64:
        case PROTOBUF_C_TYPE_MESSAGE:
                return true;
        default:
                return false;
        }
}

/* How deep messages nest, up to a depth that none may reach. */
static size_t get_depth(const ProtobufCMessageDescriptor *descriptor, size_t depth) {
        size_t deepest = depth;

        if (depth > SCHEMA_DEPTH_MAX)
                return depth;
        for (unsigned i = 0; i < descriptor->n_fields; i++) {
                size_t inner = depth;

                if (descriptor->fields[i].type == PROTOBUF_C_TYPE_MESSAGE)
                        inner = get_depth(descriptor->fields[i].descriptor, depth + 1);
                if (inner > deepest)
                        deepest = inner;
        }
        return deepest;
}

START_TEST(no_message_contains_itself_or_nests_too_deep) {
        for (size_t i = 0; i < SUITE_SIZE(outermost); i++)
                ck_assert_uint_le(get_depth(outermost[i], 1), SCHEMA_DEPTH_MAX);
}
END_TEST

START_TEST(only_types_that_are_packed_and_unpacked_are_used) {
        const ProtobufCMessageDescriptor *messages[N_MESSAGES_MAX];
        size_t n = list_messages(messages);

        ck_assert_uint_gt(n, 30);
        for (size_t i = 0; i < n; i++)
                for (unsigned k = 0; k < messages[i]->n_fields; k++)
                        ck_assert_msg(is_supported(&messages[i]->fields[k]),
                                      "%s.%s",
                                      messages[i]->name,
                                      messages[i]->fields[k].name);
}
END_TEST

START_TEST(no_field_is_required_or_optional_but_in_a_oneof) {
        const ProtobufCMessageDescriptor *messages[N_MESSAGES_MAX];
        size_t n = list_messages(messages);

        for (size_t i = 0; i < n; i++)
                for (unsigned k = 0; k < messages[i]->n_fields; k++) {
                        const ProtobufCFieldDescriptor *field = &messages[i]->fields[k];
                        bool is_packed = field->flags & PROTOBUF_C_FIELD_FLAG_PACKED;
                        bool is_array = field->label == PROTOBUF_C_LABEL_REPEATED &&
                                        field->type != PROTOBUF_C_TYPE_BYTES &&
                                        field->type != PROTOBUF_C_TYPE_MESSAGE;

                        ck_assert(field->label == PROTOBUF_C_LABEL_NONE ||
                                  field->label == PROTOBUF_C_LABEL_REPEATED ||
                                  schema_is_oneof(field));
                        ck_assert(is_packed == is_array);
                        ck_assert(!field->default_value || field->type == PROTOBUF_C_TYPE_ENUM);
                }
}
END_TEST

START_TEST(members_of_a_oneof_stand_side_by_side) {
        const ProtobufCMessageDescriptor *messages[N_MESSAGES_MAX];
        size_t n = list_messages(messages);

        for (size_t i = 0; i < n; i++) {
                const ProtobufCFieldDescriptor *fields = messages[i]->fields;

                for (unsigned first = 0; first < messages[i]->n_fields; first++)
                        for (unsigned k = first + 2; k < messages[i]->n_fields; k++)
                                if (schema_is_oneof(&fields[first]) &&
                                    schema_is_in_oneof(&fields[k], &fields[first]))
                                        ck_assert(
                                                schema_is_in_oneof(&fields[k - 1], &fields[first]));
        }
}
END_TEST

START_TEST(every_field_is_found_by_its_number_and_no_other) {
        const ProtobufCMessageDescriptor *messages[N_MESSAGES_MAX];
        size_t n = list_messages(messages);

        for (size_t i = 0; i < n; i++) {
                for (uint32_t number = 0; number < 100; number++)
                        ck_assert_ptr_eq(
                                schema_find(messages[i], number),
                                protobuf_c_message_descriptor_get_field(messages[i], number));
                ck_assert_ptr_null(schema_find(messages[i], UINT32_MAX));
                ck_assert_ptr_null(schema_find(messages[i], (1 << 29) - 1));
        }
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                no_message_contains_itself_or_nests_too_deep,
                only_types_that_are_packed_and_unpacked_are_used,
                no_field_is_required_or_optional_but_in_a_oneof,
                members_of_a_oneof_stand_side_by_side,
                every_field_is_found_by_its_number_and_no_other,
        };

        return suite_run("schema", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
