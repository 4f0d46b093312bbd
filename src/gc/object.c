/* SPDX-License-Identifier: MIT */
#include "gc/object.h"

#include "gc/map.h"

size_t object_get_size(const struct object *object) {
        size_t count = object_get_count(object);

        switch (object_get_type(object)) {
        case GCA_TYPE_INT:
        case GCA_TYPE_FLOAT:
                return sizeof(struct object);
        case GCA_TYPE_STRING:
                return OBJECT_HEADER_SIZE + count + 1;
        case GCA_TYPE_BYTES:
        case OBJECT_RAW:
                return OBJECT_HEADER_SIZE + count;
        case GCA_TYPE_LIST:
                return OBJECT_HEADER_SIZE + count * sizeof(gca_value);
        case GCA_TYPE_MAP:
                return map_get_size(count);
        default:
                assert(!"an object of a known type");
                return 0;
        }
}
