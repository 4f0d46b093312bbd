/* SPDX-License-Identifier: MIT */

#include "wire/field.h"

struct varint varint_read_long(const uint8_t *at, const uint8_t *end) {
        size_t size_max =
                (size_t)(end - at) < VARINT_SIZE_MAX ? (size_t)(end - at) : VARINT_SIZE_MAX;
        uint64_t value = 0;

        for (size_t i = 0; i < size_max; i++) {
                value |= (uint64_t)(at[i] & 0x7f) << (7 * i);
                if (at[i] >= 0x80)
                        continue;
                if (i == VARINT_SIZE_MAX - 1 && at[i] > 1)
                        break;
                return (struct varint){ .next = at + i + 1, .value = value };
        }
        return (struct varint){ 0 };
}
