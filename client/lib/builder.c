/* SPDX-License-Identifier: MIT */

/*
 * Values are appended from the outside in, a graph is written from the inside out. So a
 * list or map that is open keeps the numbers of its elements' nodes, and a map their
 * keys, on stacks that all open ones share; what closes it writes its node and takes its
 * part off the stacks. Nothing recurses: depth costs a level's few words.
 *
 * Keys lie on their stack as text, their places beside them, as the text moves when it
 * grows.
 */

#include "lib/builder.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "lib/error.h"
#include "wire/graph.h"

/* A key on the stack. */
struct builder_key {
        size_t begin, size;
};

/* A list or map that is open: what the stacks held when it was opened. */
struct builder_level {
        bool is_map;
        bool has_key; /* map: a key waits for its value */
        size_t children_end, keys_end, key_text_end;
};

struct gcasync_builder {
        struct graph_writer writer;
        struct buffer levels;   /* struct builder_level */
        struct buffer children; /* uint32_t */
        struct buffer keys;     /* struct builder_key */
        struct buffer key_text;
        struct buffer chunks; /* struct graph_chunk: the keys of the map being closed */
        struct buffer encoded;
        bool is_encoded;
        bool has_value; /* the outermost value is complete */
        bool is_map;    /* … and is a map */
        int error;
};

gcasync_builder *gcasync_builder_new(void) {
        gcasync_builder *builder = calloc(1, sizeof(*builder));

        if (builder)
                graph_writer_init(&builder->writer, UINT32_MAX);
        return builder;
}

gcasync_builder *gcasync_builder_free(gcasync_builder *builder) {
        if (!builder)
                return NULL;
        graph_writer_deinit(&builder->writer);
        buffer_deinit(&builder->levels);
        buffer_deinit(&builder->children);
        buffer_deinit(&builder->keys);
        buffer_deinit(&builder->key_text);
        buffer_deinit(&builder->chunks);
        buffer_deinit(&builder->encoded);
        free(builder);
        return NULL;
}

static void builder_cut(struct buffer *buffer, size_t end) {
        buffer->end = end;
}

void gcasync_builder_reset(gcasync_builder *builder) {
        graph_writer_reset(&builder->writer);
        builder_cut(&builder->levels, 0);
        builder_cut(&builder->children, 0);
        builder_cut(&builder->keys, 0);
        builder_cut(&builder->key_text, 0);
        builder_cut(&builder->encoded, 0);
        builder->is_encoded = false;
        builder->has_value = false;
        builder->is_map = false;
        builder->error = 0;
}

static void builder_fail(gcasync_builder *builder, int error) {
        if (!builder->error)
                builder->error = error;
}

/* Adds size bytes to a stack, uninitialised; NULL, and the error sticks, when out of memory. */
static void *builder_push(gcasync_builder *builder, struct buffer *stack, size_t size) {
        /* One byte at least, as an empty buffer has no place that could be returned. */
        uint8_t *room = buffer_reserve(stack, size > 0 ? size : 1);

        if (!room) {
                builder_fail(builder, GCASYNC_E_NO_MEMORY);
                return NULL;
        }
        buffer_commit(stack, size);
        return room;
}

static struct builder_level *builder_level(gcasync_builder *builder) {
        if (builder->levels.end == 0)
                return NULL;
        return (struct builder_level *)(builder->levels.data + builder->levels.end) - 1;
}

/* Whether a value may stand here. */
static bool builder_may_add(gcasync_builder *builder) {
        struct builder_level *level;

        if (builder->error)
                return false;
        level = builder_level(builder);
        if (level ? level->is_map && !level->has_key : builder->has_value) {
                builder_fail(builder, GCASYNC_E_INVALID);
                return false;
        }
        return true;
}

/*
 * A value's node has been written: makes it an element of the open list or map, or the
 * outermost value.
 */
static void builder_added(gcasync_builder *builder, uint32_t node) {
        struct builder_level *level = builder_level(builder);
        uint32_t *child;

        if (builder->writer.error) {
                builder_fail(builder, error_from_fault(builder->writer.error));
                return;
        }
        if (!level) {
                builder->has_value = true;
                return;
        }
        level->has_key = false;
        child = builder_push(builder, &builder->children, sizeof(*child));
        if (child)
                *child = node;
}

void gcasync_builder_key(gcasync_builder *builder, const char *key) {
        gcasync_builder_key_n(builder, key, strlen(key));
}

void gcasync_builder_key_n(gcasync_builder *builder, const void *key, size_t size) {
        struct builder_level *level;
        struct builder_key *place;
        char *text;

        if (builder->error)
                return;
        level = builder_level(builder);
        if (!level || !level->is_map || level->has_key) {
                builder_fail(builder, GCASYNC_E_INVALID);
                return;
        }
        place = builder_push(builder, &builder->keys, sizeof(*place));
        text = builder_push(builder, &builder->key_text, size);
        if (!place || !text)
                return;
        *place = (struct builder_key){ .begin = builder->key_text.end - size, .size = size };
        if (size > 0)
                memcpy(text, key, size);
        level->has_key = true;
}

void gcasync_builder_nil(gcasync_builder *builder) {
        if (builder_may_add(builder))
                builder_added(builder, graph_writer_add_nil(&builder->writer));
}

void gcasync_builder_bool(gcasync_builder *builder, bool value) {
        if (builder_may_add(builder))
                builder_added(builder, graph_writer_add_bool(&builder->writer, value));
}

void gcasync_builder_int(gcasync_builder *builder, int64_t value) {
        if (builder_may_add(builder))
                builder_added(builder, graph_writer_add_int(&builder->writer, value));
}

void gcasync_builder_float(gcasync_builder *builder, double value) {
        if (builder_may_add(builder))
                builder_added(builder, graph_writer_add_float(&builder->writer, value));
}

void gcasync_builder_string(gcasync_builder *builder, const char *text) {
        gcasync_builder_string_n(builder, text, strlen(text));
}

void gcasync_builder_string_n(gcasync_builder *builder, const void *text, size_t size) {
        if (builder_may_add(builder))
                builder_added(builder, graph_writer_add_string(&builder->writer, text, size));
}

void gcasync_builder_bytes(gcasync_builder *builder, const void *data, size_t size) {
        if (builder_may_add(builder))
                builder_added(builder, graph_writer_add_bytes(&builder->writer, data, size));
}

static void builder_open(gcasync_builder *builder, bool is_map) {
        struct builder_level *level;

        if (!builder_may_add(builder))
                return;
        level = builder_push(builder, &builder->levels, sizeof(*level));
        if (level)
                *level = (struct builder_level){ .is_map = is_map,
                                                 .children_end = builder->children.end,
                                                 .keys_end = builder->keys.end,
                                                 .key_text_end = builder->key_text.end };
}

void gcasync_builder_open_list(gcasync_builder *builder) {
        builder_open(builder, false);
}

void gcasync_builder_open_map(gcasync_builder *builder) {
        builder_open(builder, true);
}

static uint32_t
builder_add_map(gcasync_builder *builder, const uint32_t *children, size_t n, size_t keys_begin) {
        const struct builder_key *keys;
        struct graph_chunk *chunks;

        builder_cut(&builder->chunks, 0);
        chunks = builder_push(builder, &builder->chunks, n * sizeof(*chunks));
        if (!chunks)
                return 0;
        keys = (const struct builder_key *)(builder->keys.data + keys_begin);
        for (size_t i = 0; i < n; i++)
                chunks[i] = (struct graph_chunk){ .data = builder->key_text.data + keys[i].begin,
                                                  .size = keys[i].size };
        return graph_writer_add_map(&builder->writer, chunks, children, n);
}

/* Whether the innermost open list or map is what is to be closed, with no key left over. */
static bool builder_may_close(gcasync_builder *builder, bool is_map) {
        const struct builder_level *level;

        if (builder->error)
                return false;
        level = builder_level(builder);
        if (!level || level->is_map != is_map || level->has_key) {
                builder_fail(builder, GCASYNC_E_INVALID);
                return false;
        }
        return true;
}

static void builder_close(gcasync_builder *builder, bool is_map) {
        struct builder_level level;
        const uint32_t *children;
        uint32_t node;
        size_t n;

        if (!builder_may_close(builder, is_map))
                return;
        level = *builder_level(builder);
        n = (builder->children.end - level.children_end) / sizeof(*children);
        children = n > 0 ? (const uint32_t *)(builder->children.data + level.children_end) : NULL;
        if (is_map)
                node = builder_add_map(builder, children, n, level.keys_end);
        else
                node = graph_writer_add_list(&builder->writer, children, n);
        builder_cut(&builder->children, level.children_end);
        builder_cut(&builder->keys, level.keys_end);
        builder_cut(&builder->key_text, level.key_text_end);
        builder_cut(&builder->levels, builder->levels.end - sizeof(level));
        if (builder->error)
                return;
        builder->is_map = is_map;
        builder_added(builder, node);
}

void gcasync_builder_close_list(gcasync_builder *builder) {
        builder_close(builder, false);
}

void gcasync_builder_close_map(gcasync_builder *builder) {
        builder_close(builder, true);
}

int gcasync_builder_get_error(const gcasync_builder *builder) {
        return builder->error;
}

static int builder_encode(gcasync_builder *builder) {
        if (builder->error)
                return builder->error;
        if (builder->levels.end > 0 || !builder->has_value)
                return GCASYNC_E_INVALID;
        return error_from_fault(graph_writer_finish(&builder->writer, &builder->encoded));
}

int gcasync_builder_finish(gcasync_builder *builder, const void **ret_data, size_t *ret_size) {
        int r;

        if (!builder->is_encoded) {
                r = builder_encode(builder);
                if (r)
                        return r;
                builder->is_encoded = true;
        }
        *ret_data = buffer_get_data(&builder->encoded);
        *ret_size = buffer_get_length(&builder->encoded);
        return 0;
}

int builder_finish_map(gcasync_builder *builder, const void **ret_data, size_t *ret_size) {
        int r;

        r = gcasync_builder_finish(builder, ret_data, ret_size);
        if (r)
                return r;
        return builder->is_map ? 0 : GCASYNC_E_INVALID;
}
