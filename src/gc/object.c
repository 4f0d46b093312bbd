/* SPDX-License-Identifier: MIT */
#include "gc/object.h"

#include "gc/map.h"

static_assert((int)GCA_TYPE_BLOB == (int)GCA_TYPE_MAP + 1 &&
                      (int)GCA_TYPE_WEAK == (int)GCA_TYPE_MAP + 4,
              "no type is forgotten below");

size_t header_get_size_slow(uint64_t header) {
        assert(header_get_type(header) == GCA_TYPE_MAP);
        return map_get_size(header_get_count(header));
}

const char *object_get_kind(const struct object *object) {
        gca_type type = (gca_type)object_get_type(object);

        if (type == GCA_TYPE_WEAK && object_get_count(object) == 2)
                return "ephemeron";
        return gca_type_to_string(type);
}
