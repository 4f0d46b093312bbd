/* SPDX-License-Identifier: MIT */
#pragma once

/* How much of the store an object takes: what marking and births ask of every object. */

#include <stddef.h>
#include <stdint.h>

#include "gc/map.h"
#include "gc/object.h"
#include "gc/space.h"

/* An object's bytes, rounded to granules, without a look at more than its header. */
static inline size_t header_get_rounded_size(uint64_t header) {
        static const struct {
                uint8_t unit, extra;
        } sizes[16] = {
                [GCA_TYPE_INT] = { 0, 8 },
                [GCA_TYPE_FLOAT] = { 0, 8 },
                [GCA_TYPE_STRING] = { 1, 1 },
                [GCA_TYPE_BYTES] = { 1, 0 },
                [GCA_TYPE_LIST] = { 8, 0 },
                [GCA_TYPE_MAP] = { 16, 0 },
                [GCA_TYPE_BLOB] = { 0, 8 },
                [GCA_TYPE_CELL] = { 8, 0 },
                [GCA_TYPE_NATIVE] = { 8, sizeof(struct object_native_tail) },
                [GCA_TYPE_WEAK] = { 8, 0 },
                [OBJECT_RAW] = { 1, 0 },
        };
        unsigned type = header_get_type(header);
        size_t count = header_get_count(header);

        if (__builtin_expect(header & OBJECT_HAS_INDEX, 0))
                return space_round(map_get_size(count));
        return space_round(OBJECT_HEADER_SIZE + count * sizes[type].unit + sizes[type].extra);
}
