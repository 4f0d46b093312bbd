/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What protobuf-c's tables say about a message, for the code that packs and unpacks by them. It
 * relies on what a test holds proto/gcasync.proto to: of the scalar types bytes, bool, enum, uint32
 * and uint64 only (ValueGraph aside, which travels as bytes); proto3 without `optional`; the
 * members of a oneof side by side; messages that nest no deeper than SCHEMA_DEPTH_MAX, so that none
 * contains itself.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

enum {
        SCHEMA_DEPTH_MAX = 8, /* the outermost message counts */
};

/*
 * The field of that number, or NULL. A message has few ranges of numbers, and the first holds the
 * common ones.
 */
static inline const ProtobufCFieldDescriptor *
schema_find(const ProtobufCMessageDescriptor *descriptor, uint32_t number) {
        const ProtobufCIntRange *range = descriptor->field_ranges;

        /*
         * A range's fields end where the next one's begin; behind the last range stands one more.
         */
        for (unsigned i = 0; i < descriptor->n_field_ranges; i++, range++) {
                uint32_t offset = number - (uint32_t)range->start_value;

                if (offset < range[1].orig_index - range[0].orig_index)
                        return &descriptor->fields[range->orig_index + offset];
        }
        return NULL;
}

static inline bool schema_is_oneof(const ProtobufCFieldDescriptor *field) {
        return field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF;
}

/* Whether field belongs to the oneof that member is of. */
static inline bool schema_is_in_oneof(const ProtobufCFieldDescriptor *field,
                                      const ProtobufCFieldDescriptor *member) {
        return schema_is_oneof(field) && field->quantifier_offset == member->quantifier_offset;
}
