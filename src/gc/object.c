/* SPDX-License-Identifier: MIT */
#include "gc/object.h"

#include "gc/map.h"

static_assert((int)GCA_TYPE_BLOB == (int)GCA_TYPE_MAP + 1 &&
                      (int)GCA_TYPE_WEAK == (int)GCA_TYPE_MAP + 4,
              "no type is forgotten below");

size_t object_get_size(const struct object *object) {
        uint64_t header = object_get_header(object);
        size_t count = header_get_count(header);

        switch (header_get_type(header)) {
        case GCA_TYPE_INT:
        case GCA_TYPE_FLOAT:
                return sizeof(struct object);
        case GCA_TYPE_STRING:
                return OBJECT_HEADER_SIZE + count + 1;
        case GCA_TYPE_BYTES:
        case OBJECT_RAW:
                return OBJECT_HEADER_SIZE + count;
        case GCA_TYPE_LIST:
        case GCA_TYPE_CELL:
        case GCA_TYPE_WEAK:
                return OBJECT_HEADER_SIZE + count * sizeof(gca_value);
        case GCA_TYPE_MAP:
                return map_get_size(count);
        case GCA_TYPE_NATIVE:
                return object_get_native_size(count);
        case GCA_TYPE_BLOB:
                return OBJECT_HEADER_SIZE + sizeof(struct blob *);
        default:
                assert(!"an object of a known type");
                return 0;
        }
}

const char *object_get_kind(const struct object *object) {
        gca_type type = (gca_type)object_get_type(object);

        if (type == GCA_TYPE_WEAK && object_get_count(object) == 2)
                return "ephemeron";
        return gca_type_to_string(type);
}
