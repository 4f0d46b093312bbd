/* SPDX-License-Identifier: MIT */

#include "wire/scan.h"

#include "base/check.h"
#include "wire/field.h"

/* A message that is being walked. */
struct scan_level {
        const ProtobufCMessageDescriptor *descriptor;
        const uint8_t *end;
};

/* The descriptor of a field by its number. The ranges of numbers are few, and the first one holds the common fields. */
static inline const ProtobufCFieldDescriptor *
scan_find(const ProtobufCMessageDescriptor *descriptor, uint32_t number) {
        const ProtobufCIntRange *range = descriptor->field_ranges;

        for (unsigned i = 0; i < descriptor->n_field_ranges; i++, range++) {
                uint32_t index = number - (uint32_t)range->start_value;

                /* A range ends where the next one's fields begin; there is one more entry than ranges. */
                if (index < range[1].orig_index - range->orig_index)
                        return &descriptor->fields[range->orig_index + index];
        }
        return NULL;
}

bool scan_message(const ProtobufCMessageDescriptor *descriptor, const uint8_t *data, size_t size) {
        struct scan_level levels[SCAN_DEPTH_MAX] = { { descriptor,
                                                       size > 0 ? data + size : data } };
        struct scan_level *level = levels;
        const uint8_t *at = data;
        size_t n_bodies = 0;
        struct field field;

        for (;;) {
                const ProtobufCFieldDescriptor *known;

                if (at == level->end) {
                        if (level == levels)
                                return true;
                        level--;
                        continue;
                }
                if (!field_read(&at, level->end, &field))
                        return false;
                if (field.type != FIELD_BYTES)
                        continue;
                known = scan_find(level->descriptor, field.number);
                if (!known || known->type != PROTOBUF_C_TYPE_MESSAGE)
                        continue;
                if (level == levels && (known->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) &&
                    n_bodies++ > 0)
                        return false;

                /* Enter it; afterwards the walk goes on behind it, in the message it stands in. */
                assert(level < levels + SCAN_DEPTH_MAX - 1);
                *++level = (struct scan_level){ known->descriptor, at };
                at = field.data;
        }
}
