/* SPDX-License-Identifier: MIT */

#include "wire/field.h"

bool varint_read_long(const uint8_t **at, const uint8_t *end, uint64_t *ret_value) {
        size_t size_max =
                (size_t)(end - *at) < VARINT_SIZE_MAX ? (size_t)(end - *at) : VARINT_SIZE_MAX;
        uint64_t value = 0;

        for (size_t i = 0; i < size_max; i++) {
                uint8_t byte = (*at)[i];

                value |= (uint64_t)(byte & 0x7f) << (7 * i);
                if (byte >= 0x80)
                        continue;
                if (i == VARINT_SIZE_MAX - 1 && byte > 1)
                        return false;
                *at += i + 1;
                *ret_value = value;
                return true;
        }
        return false;
}
