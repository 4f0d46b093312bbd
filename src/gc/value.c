/* SPDX-License-Identifier: MIT */
#include "gc/object.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "gc/blob.h"
#include "gc/publication.h"
#include "gc/region.h"

enum {
        FORMAT_BYTES = 256, /* formatted text up to this size is formatted once */
};

/* ---- constructors ---- */

gca_value gca_nil(void) {
        return (gca_value){ VALUE_NIL };
}

gca_value gca_bool(bool value) {
        return (gca_value){ value ? VALUE_TRUE : VALUE_FALSE };
}

gca_value gca_int(gca_region *region, int64_t value) {
        struct object *object;

        if (value >= VALUE_SMALL_INT_MIN && value <= VALUE_SMALL_INT_MAX)
                return (gca_value){ (uintptr_t)value << 1 | 1 };
        object = region_new_object_unset(region, GCA_TYPE_INT, 0, sizeof(*object));
        if (object)
                object->integer[0] = value;
        return value_from_object(object);
}

gca_value gca_float(gca_region *region, double value) {
        struct object *object = region_new_object_unset(region, GCA_TYPE_FLOAT, 0, sizeof(*object));

        if (object)
                object->real[0] = value;
        return value_from_object(object);
}

/* Text of this length, still zero; NULL where there is no memory. */
static struct object *value_new_string(gca_region *region, size_t length) {
        if (length > OBJECT_COUNT_MAX)
                return region_refuse(region);
        return region_new_object(region, GCA_TYPE_STRING, length, OBJECT_HEADER_SIZE + length + 1);
}

gca_value gca_string(gca_region *region, const char *text, ptrdiff_t length) {
        size_t size = length < 0 ? strlen(text) : (size_t)length;
        struct object *object;

        if (!utf8_is_valid(text, size))
                return GCA_NO_VALUE;
        object = value_new_string(region, size);
        if (object && size > 0)
                memcpy(object->text, text, size);
        return value_from_object(object);
}

/* Text longer than the caller's buffer, formatted a second time, where it stays. */
static gca_value
value_format_long(gca_region *region, size_t length, const char *format, va_list args) {
        struct object *object = value_new_string(region, length);

        if (!object)
                return GCA_NO_VALUE;
        (void)vsnprintf(object->text, length + 1, format, args);
        if (!utf8_is_valid(object->text, length)) {
                region_discard(region, object);
                return GCA_NO_VALUE;
        }
        return value_from_object(object);
}

gca_value gca_string_format(gca_region *region, const char *format, ...) {
        char text[FORMAT_BYTES];
        gca_value value;
        va_list args;
        int length;

        va_start(args, format);
        length = vsnprintf(text, sizeof(text), format, args);
        va_end(args);
        if (length < 0)
                return GCA_NO_VALUE;
        if ((size_t)length < sizeof(text))
                return gca_string(region, text, length);
        va_start(args, format);
        value = value_format_long(region, (size_t)length, format, args);
        va_end(args);
        return value;
}

gca_value gca_bytes(gca_region *region, const void *data, size_t size) {
        struct object *object;

        if (size > OBJECT_COUNT_MAX)
                return value_from_object(region_refuse(region));
        if (!data) {
                object = region_new_object(region, GCA_TYPE_BYTES, size, OBJECT_HEADER_SIZE + size);
                return value_from_object(object);
        }
        object = region_new_object_unset(region, GCA_TYPE_BYTES, size, OBJECT_HEADER_SIZE + size);
        if (object && size > 0)
                memcpy(object->bytes, data, size);
        return value_from_object(object);
}

void *gca_bytes_get_mutable(gca_value bytes) {
        if (!gca_is_value(bytes))
                return NULL;
        return value_get_object_of(bytes, GCA_TYPE_BYTES)->bytes;
}

gca_value gca_list(gca_region *region, const gca_value *elements, size_t n) {
        struct object *object;

        for (size_t i = 0; i < n; i++) {
                if (!gca_is_value(elements[i]))
                        return GCA_NO_VALUE;
                if (region->is_publication && !publication_may_hold(region, elements[i]))
                        return GCA_NO_VALUE;
                assert_slow(region->is_publication || region_may_hold(region, elements[i]));
        }
        if (n > OBJECT_COUNT_MAX)
                return value_from_object(region_refuse(region));
        object = region_new_object_unset(
                region, GCA_TYPE_LIST, n, OBJECT_HEADER_SIZE + n * sizeof(*elements));
        if (object && n > 0)
                memcpy(object->slots, elements, n * sizeof(*elements));
        return value_from_object(object);
}

/* ---- queries ---- */

gca_type gca_get_type(gca_value value) {
        if (value_is_small_int(value))
                return GCA_TYPE_INT;
        if (value_is_object(value))
                return (gca_type)object_get_type(value_get_object(value));
        switch (value.word) {
        case 0:
                return GCA_TYPE_NONE;
        case VALUE_NIL:
                return GCA_TYPE_NIL;
        default:
                assert(value.word == VALUE_FALSE || value.word == VALUE_TRUE);
                return GCA_TYPE_BOOL;
        }
}

const char *gca_type_to_string(gca_type type) {
        static const char *const names[] = {
                [GCA_TYPE_NONE] = "none",   [GCA_TYPE_NIL] = "nil",
                [GCA_TYPE_BOOL] = "bool",   [GCA_TYPE_INT] = "int",
                [GCA_TYPE_FLOAT] = "float", [GCA_TYPE_STRING] = "string",
                [GCA_TYPE_BYTES] = "bytes", [GCA_TYPE_LIST] = "list",
                [GCA_TYPE_MAP] = "map",     [GCA_TYPE_BLOB] = "blob",
                [GCA_TYPE_CELL] = "cell",   [GCA_TYPE_NATIVE] = "native",
                [GCA_TYPE_WEAK] = "weak",
        };

        return (size_t)type < sizeof(names) / sizeof(names[0]) ? names[type] : "unknown";
}

bool gca_is_nil(gca_value value) {
        return value.word == VALUE_NIL;
}

bool gca_get_bool(gca_value value) {
        assert(value.word == VALUE_TRUE || value.word == VALUE_FALSE);
        return value.word == VALUE_TRUE;
}

int64_t gca_get_int(gca_value value) {
        if (value_is_small_int(value))
                return (int64_t)value.word >> 1;
        return value_get_object_of(value, GCA_TYPE_INT)->integer[0];
}

double gca_get_float(gca_value value) {
        if (gca_get_type(value) == GCA_TYPE_INT)
                return (double)gca_get_int(value);
        return value_get_object_of(value, GCA_TYPE_FLOAT)->real[0];
}

const char *gca_get_string(gca_value value, size_t *ret_length) {
        const struct object *object = value_get_object_of(value, GCA_TYPE_STRING);

        if (ret_length)
                *ret_length = object_get_count(object);
        return object->text;
}

const void *gca_get_bytes(gca_value value, size_t *ret_size) {
        const struct object *object;
        unsigned type;

        assert(value_is_object(value));
        object = value_get_object(value);
        type = object_get_type(object);
        if (type == GCA_TYPE_BLOB)
                return blob_map(object->blob[0], ret_size);
        assert(type == GCA_TYPE_BYTES || type == GCA_TYPE_STRING);
        if (ret_size)
                *ret_size = object_get_count(object);
        return object->bytes;
}

static const struct object *value_get_container(gca_value value) {
        const struct object *object;
        unsigned type;

        assert(value_is_object(value));
        object = value_get_object(value);
        type = object_get_type(object);
        assert(type == GCA_TYPE_LIST || type == GCA_TYPE_MAP);
        return object;
}

size_t gca_get_count(gca_value value) {
        return object_get_count(value_get_container(value));
}

gca_value gca_get_element(gca_value value, size_t index) {
        const struct object *object = value_get_container(value);
        size_t count = object_get_count(object);

        assert(index < count);
        return object_get_type(object) == GCA_TYPE_MAP ? object->slots[count + index]
                                                       : object->slots[index];
}

const gca_value *gca_get_elements(gca_value list, size_t *ret_n) {
        const struct object *object = value_get_object_of(list, GCA_TYPE_LIST);

        if (ret_n)
                *ret_n = object_get_count(object);
        return object->slots;
}

bool gca_next(gca_value value, size_t *index, gca_value *ret_key, gca_value *ret_element) {
        const struct object *object = value_get_container(value);
        size_t count = object_get_count(object), i = *index;
        bool is_map = object_get_type(object) == GCA_TYPE_MAP;

        if (i >= count)
                return false;
        *index = i + 1;
        if (ret_key)
                *ret_key = is_map ? object->slots[i] : GCA_NO_VALUE;
        *ret_element = object->slots[is_map ? count + i : i];
        return true;
}
