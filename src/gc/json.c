/* SPDX-License-Identifier: MIT */
/*
 * JSON. An element is written whole or taken back, and for each open list and map as many bytes are kept free as saying
 * what was left out and closing it can take: so the text is JSON wherever the limit cuts it. A stack of our own.
 *
 * SHARED PARTS. cost counts what was written, cost_new what was written for the first time: elements, and 64 bytes
 * of text as one. Past a free cost each list, map or long text is looked for in a table of those written before
 * (but for light ones: see the sharing note in object-table.h); one that is found there is cut when cost has
 * grown beyond eight times cost_new. So text and time are bounded by the value's parts, not by its paths.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <gcasync/heap.h>

#include "gc/blob.h"
#include "gc/map.h"
#include "gc/memory.h"
#include "gc/object-table.h"
#include "gc/raw.h"
#include "gc/region.h"
#include "gc/text.h"

enum {
        JSON_FRAMES_INLINE = 32,
        JSON_COST_FREE = 65536,
        JSON_COST_FACTOR = 8,
        JSON_CLOSE_MAX = sizeof(",{\"$cut\":1099511627776}]") - 1,
        JSON_BYTES_MIN = 256, /* the first buffer in a region */
};

#define JSON_CUT_ROOT "{\"$cut\":1}"

/* A list or map that is being written. */
struct json_frame {
        const struct object *object;
        size_t index; /* the next element */
        bool is_branching;
};

struct json {
        gca_region
                *region; /* whose memory the buffer is, and grows in; NULL: the caller's buffer */
        struct object *raw; /* the buffer's object in the region */
        char *buffer;
        size_t size;               /* of the buffer */
        size_t length, length_max; /* the NUL does not count */
        size_t n_reserved;         /* bytes kept free for closing what is open */
        bool is_cut, has_failed;   /* failed: no memory */
        bool is_in_new;            /* what was last looked for was not found */
        uint64_t cost, cost_new;
        struct object_table written;
        struct json_frame *frames;
        size_t n, n_max;
        struct json_frame frames_inline[JSON_FRAMES_INLINE];
};

/* ---- the buffer ---- */

static bool json_grow(struct json *json, size_t length) {
        size_t size = 2 * (length + 1);
        struct object *raw;

        if (!json->region)
                return false;
        size = size > JSON_BYTES_MIN ? size : JSON_BYTES_MIN;
        raw = raw_grow(json->region, json->raw, OBJECT_HEADER_SIZE + size);
        if (!raw) {
                json->has_failed = true;
                return false;
        }
        json->raw = raw;
        json->buffer = raw->text;
        json->size = size;
        return true;
}

/* All of text, or nothing and false. */
static bool json_put(struct json *json, const char *text, size_t length) {
        if (length > json->length_max - json->n_reserved - json->length)
                return false;
        if (json->length + length >= json->size && !json_grow(json, json->length + length))
                return false;
        memcpy(json->buffer + json->length, text, length);
        json->length += length;
        return true;
}

static bool json_put_word(struct json *json, const char *word) {
        return json_put(json, word, strlen(word));
}

/* ---- what was written before ---- */

/* Counts what is about to be written; false where it was before and is to be cut. */
static bool
json_charge(struct json *json, const struct object *object, size_t cost, bool is_light) {
        if (json->cost >= JSON_COST_FREE && !is_light) {
                json->is_in_new = !object_table_find(&json->written, object);
                if (!json->is_in_new &&
                    json->cost > JSON_COST_FREE + JSON_COST_FACTOR * json->cost_new)
                        return false;
                if (json->is_in_new && object_table_add(&json->written, object, 0) != 0) {
                        json->has_failed = true;
                        return false;
                }
        }
        json->cost += cost;
        json->cost_new += json->is_in_new ? cost : 0;
        return true;
}

/* ---- leaves ---- */

/* How many bytes from here on stand for themselves. */
static size_t json_count_plain(const char *text, size_t n) {
        size_t i = 0;

        /* 0xc2 leads the characters of U+0080 to U+009f, which are escaped. */
        while (i < n && (unsigned char)text[i] >= 0x20 && text[i] != '"' && text[i] != '\\' &&
               text[i] != 0x7f && (unsigned char)text[i] != 0xc2)
                i++;
        return i;
}

static bool json_put_text(struct json *json, const char *text, size_t n) {
        if (!json_put(json, "\"", 1))
                return false;
        while (n > 0) {
                size_t n_read = json_count_plain(text, n), length;
                char escape[TEXT_ESCAPE_MAX];

                if (n_read > 0) {
                        if (!json_put(json, text, n_read))
                                return false;
                } else {
                        length = text_escape(text, n, escape, &n_read);
                        if (!json_put(json, escape, length))
                                return false;
                }
                text += n_read;
                n -= n_read;
        }
        return json_put(json, "\"", 1);
}

static bool json_put_string(struct json *json, const struct object *string) {
        size_t n = object_get_count(string);

        return json_charge(json, string, walk_get_text_cost(string), walk_is_light_text(string)) &&
               json_put_text(json, string->text, n);
}

/* Three bytes as four characters; n: how many of the three there are. */
static void base64_encode(const unsigned char *bytes, size_t n, char text[4]) {
        static const char digits[] =
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        uint32_t word = (uint32_t)bytes[0] << 16 | (n > 1 ? (uint32_t)bytes[1] << 8 : 0) |
                        (n > 2 ? bytes[2] : 0);

        for (size_t i = 0; i < 4; i++)
                text[i] = i <= n ? digits[word >> (18 - 6 * i) & 63] : '=';
}

static bool json_put_bytes(struct json *json, const struct object *bytes) {
        size_t n = object_get_count(bytes);

        if (!json_charge(json, bytes, walk_get_text_cost(bytes), walk_is_light_text(bytes)) ||
            !json_put_word(json, "{\"base64\":\""))
                return false;
        for (size_t i = 0; i < n; i += 3) {
                char text[4];

                base64_encode(bytes->bytes + i, n - i < 3 ? n - i : 3, text);
                if (!json_put(json, text, sizeof(text)))
                        return false;
        }
        return json_put_word(json, "\"}");
}

static bool json_put_int(struct json *json, int64_t value) {
        char text[TEXT_NUMBER_MAX];
        int length = snprintf(text, sizeof(text), "%" PRId64, value);

        return json_put(json, text, (size_t)length);
}

static bool json_put_float(struct json *json, double value) {
        char text[TEXT_NUMBER_MAX];

        text_format_float(text, value);
        /* Not finite: a name. */
        if (!strpbrk(text, "0123456789"))
                return json_put_text(json, text, strlen(text));
        return json_put_word(json, text);
}

static bool json_put_identity(struct json *json, struct object *object) {
        gca_type type = (gca_type)object_get_type(object);
        bool is_put = json_put_word(json, "{\"$") &&
                      json_put_word(json, gca_type_to_string(type)) && json_put_word(json, "\":");
        const char *name;

        if (type == GCA_TYPE_BLOB) {
                is_put = is_put && json_put_int(json, (int64_t)blob_get_size(object->blob[0]));
        } else if (type == GCA_TYPE_NATIVE) {
                name = object_get_native_tail(object)->type->name;
                is_put = is_put && json_put_text(json, name, strlen(name));
        } else {
                is_put = is_put && json_put_word(json, "null");
        }
        return is_put && json_put(json, "}", 1);
}

/* ---- lists and maps ---- */

static bool json_grow_frames(struct json *json) {
        bool is_inline = json->frames == json->frames_inline;
        size_t size = 2 * json->n_max * sizeof(struct json_frame);
        struct json_frame *frames = memory_reallocate(is_inline ? NULL : json->frames, size);

        if (!frames) {
                json->has_failed = true;
                return false;
        }
        if (is_inline)
                memcpy(frames, json->frames_inline, sizeof(json->frames_inline));
        json->frames = frames;
        json->n_max *= 2;
        return true;
}

/* Says how many elements of the innermost list or map are left out, those from index on, and closes it. */
static void json_close(struct json *json) {
        struct json_frame frame = json->frames[--json->n];
        size_t n_cut = object_get_count(frame.object) - frame.index;
        bool is_map = object_get_type(frame.object) == GCA_TYPE_MAP;
        char text[JSON_CLOSE_MAX + 1];
        int length = 0;

        json->n_reserved -= JSON_CLOSE_MAX;
        if (n_cut > 0) {
                json->is_cut = true;
                length = snprintf(text,
                                  sizeof(text),
                                  is_map ? "%s\"$cut\":%zu" : "%s{\"$cut\":%zu}",
                                  frame.index > 0 ? "," : "",
                                  n_cut);
        }
        text[length++] = is_map ? '}' : ']';
        if (!json_put(json, text, (size_t)length))
                assert(json->has_failed);
}

/* Opens a list or map; one that was written before may be closed again at once. */
static bool json_open(struct json *json, const struct object *object) {
        const struct json_frame *above;
        size_t count = object_get_count(object);
        bool is_map = object_get_type(object) == GCA_TYPE_MAP, is_light, is_whole;

        if (count == 0)
                return json_put_word(json, is_map ? "{}" : "[]");
        if (json->n == json->n_max && !json_grow_frames(json))
                return false;
        above = json->n > 0 ? &json->frames[json->n - 1] : NULL;
        is_light = !(above && above->is_branching) && json->n % WALK_CHAIN_STEPS != 0 &&
                   walk_is_light_container(object);
        if (JSON_CLOSE_MAX + 1 > json->length_max - json->n_reserved - json->length)
                return false;
        is_whole = json_charge(json, object, count, is_light);
        if (json->has_failed || !json_put(json, is_map ? "{" : "[", 1))
                return false;
        json->n_reserved += JSON_CLOSE_MAX;
        json->frames[json->n++] = (struct json_frame){ object, 0, walk_is_branching(object) };
        if (!is_whole)
                json_close(json);
        return true;
}

static bool json_put_value(struct json *json, gca_value value) {
        switch (gca_get_type(value)) {
        case GCA_TYPE_NONE:
                return false;
        case GCA_TYPE_NIL:
                return json_put_word(json, "null");
        case GCA_TYPE_BOOL:
                return json_put_word(json, gca_get_bool(value) ? "true" : "false");
        case GCA_TYPE_INT:
                return json_put_int(json, gca_get_int(value));
        case GCA_TYPE_FLOAT:
                return json_put_float(json, gca_get_float(value));
        case GCA_TYPE_STRING:
                return json_put_string(json, value_get_object(value));
        case GCA_TYPE_BYTES:
                return json_put_bytes(json, value_get_object(value));
        case GCA_TYPE_LIST:
        case GCA_TYPE_MAP:
                return json_open(json, value_get_object(value));
        case GCA_TYPE_BLOB:
        case GCA_TYPE_CELL:
        case GCA_TYPE_NATIVE:
        case GCA_TYPE_WEAK:
                return json_put_identity(json, value_get_object(value));
        }
        return false;
}

/* The innermost one's next element, or its end: where there is none, or no room for it. */
static void json_step(struct json *json) {
        struct json_frame *frame = &json->frames[json->n - 1];
        size_t number = json->n - 1, length = json->length, index = frame->index;
        const struct object *object = frame->object;
        bool is_map = object_get_type(object) == GCA_TYPE_MAP, is_put;

        if (index == object_get_count(object)) {
                json_close(json);
                return;
        }
        is_put = index == 0 || json_put(json, ",", 1);
        if (is_map)
                is_put = is_put &&
                         json_put_string(json, value_get_object(map_get_key(object, index))) &&
                         json_put(json, ":", 1);
        is_put = is_put &&
                 json_put_value(json, is_map ? map_get_value(object, index) : object->slots[index]);
        if (is_put) {
                json->frames[number].index++;
                return;
        }
        json->length = length;
        json_close(json);
}

/* False: no text at all. */
static bool json_write(struct json *json, gca_value value) {
        json->frames = json->frames_inline;
        json->n_max = JSON_FRAMES_INLINE;
        json->is_in_new = true;
        if (!json_put_value(json, value)) {
                json->length = 0;
                json->is_cut = true;
                if (!gca_is_value(value) || json->has_failed || !json_put_word(json, JSON_CUT_ROOT))
                        json->has_failed = true;
        }
        while (json->n > 0 && !json->has_failed)
                json_step(json);
        if (json->frames != json->frames_inline)
                memory_free(json->frames);
        object_table_deinit(&json->written);
        return !json->has_failed;
}

size_t gca_write_json(gca_value value, char *buffer, size_t size, bool *ret_is_cut) {
        struct json json = { .buffer = buffer, .size = size, .length_max = size - 1 };

        if (size == 0)
                return 0;
        if (!json_write(&json, value))
                json.length = 0;
        buffer[json.length] = '\0';
        if (ret_is_cut)
                *ret_is_cut = json.is_cut;
        return json.length;
}

gca_value gca_to_json(gca_region *region, gca_value value, size_t length_max, bool *ret_is_cut) {
        struct json json = {
                .region = region,
                .length_max = length_max > 0 && length_max < OBJECT_COUNT_MAX ? length_max
                                                                              : OBJECT_COUNT_MAX,
        };
        struct object *string;

        if (!json_write(&json, value)) {
                raw_discard(region, json.raw);
                return GCA_NO_VALUE;
        }
        json.buffer[json.length] = '\0';
        string = raw_end(region,
                         json.raw,
                         GCA_TYPE_STRING,
                         json.length,
                         OBJECT_HEADER_SIZE + json.length + 1);
        if (!string) {
                raw_discard(region, json.raw);
                return GCA_NO_VALUE;
        }
        if (ret_is_cut)
                *ret_is_cut = json.is_cut;
        return value_from_object(string);
}
