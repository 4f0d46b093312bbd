/* SPDX-License-Identifier: MIT */

/*
 * A walk in depth with a stack of its own. Each list or map on the way is a frame; the indices of the nodes
 * written so far whose parent is still open lie on a second stack, so that a frame's children are on its
 * top, in order, when the frame is complete. The memo tells which node a value that was met before is.
 */

#include "daemon/value-encode.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/fault.h"

enum {
        MEMO_SLOTS_MIN = 64, /* a power of two */
        MEMO_CHUNK_MIN = 64, /* shorter strings and bytes are cheaper to repeat than to look up */
        KEEP_BYTES_MAX = 1 << 20, /* memory of a larger value is given back */
};

struct memo_slot {
        uintptr_t word; /* 0: free */
        uint32_t node;
};

struct encoder_frame {
        gca_value value;
        size_t n_done, n;
};

struct value_encoder {
        struct graph_writer writer;
        struct buffer encoded;
        struct buffer frames;  /* struct encoder_frame */
        struct buffer indices; /* uint32_t */
        struct buffer keys;    /* struct graph_chunk, of one map */
        struct memo_slot *memo;
        size_t n_memo, n_memo_slots;
        size_t size_max;
};

struct value_encoder *value_encoder_new(void) {
        struct value_encoder *encoder = calloc(1, sizeof(*encoder));

        if (encoder)
                graph_writer_init(&encoder->writer, 0);
        return encoder;
}

struct value_encoder *value_encoder_free(struct value_encoder *encoder) {
        if (!encoder)
                return NULL;
        graph_writer_deinit(&encoder->writer);
        buffer_deinit(&encoder->encoded);
        buffer_deinit(&encoder->frames);
        buffer_deinit(&encoder->indices);
        buffer_deinit(&encoder->keys);
        free(encoder->memo);
        free(encoder);
        return NULL;
}

/* ---- one a thread ---- */

static pthread_key_t encoder_key;
static pthread_once_t encoder_once = PTHREAD_ONCE_INIT;
static int encoder_key_error;

static void encoder_free_of_thread(void *data) {
        (void)value_encoder_free(data);
}

static void encoder_make_key(void) {
        encoder_key_error = pthread_key_create(&encoder_key, encoder_free_of_thread);
}

struct value_encoder *value_encoder_for_thread(void) {
        struct value_encoder *encoder;

        (void)pthread_once(&encoder_once, encoder_make_key);
        if (encoder_key_error != 0)
                return NULL;
        encoder = pthread_getspecific(encoder_key);
        if (encoder)
                return encoder;
        encoder = value_encoder_new();
        if (encoder && pthread_setspecific(encoder_key, encoder) != 0)
                encoder = value_encoder_free(encoder);
        return encoder;
}

void value_encoder_release_thread(void) {
        (void)pthread_once(&encoder_once, encoder_make_key);
        if (encoder_key_error != 0)
                return;
        (void)value_encoder_free(pthread_getspecific(encoder_key));
        (void)pthread_setspecific(encoder_key, NULL);
}

/* ---- the memo ---- */

static size_t memo_hash(uintptr_t word) {
        uint64_t hash = (uint64_t)word * UINT64_C(0x9e3779b97f4a7c15);

        return (size_t)(hash >> 32);
}

static struct memo_slot *memo_find_slot(struct memo_slot *slots, size_t n_slots, uintptr_t word) {
        size_t i = memo_hash(word) & (n_slots - 1);

        while (slots[i].word != 0 && slots[i].word != word)
                i = (i + 1) & (n_slots - 1);
        return &slots[i];
}

static int encoder_grow_memo(struct value_encoder *encoder) {
        size_t n_slots = encoder->n_memo_slots ? 2 * encoder->n_memo_slots : MEMO_SLOTS_MIN;
        struct memo_slot *slots = calloc(n_slots, sizeof(*slots));

        if (!slots)
                return fault_raise(-ENOMEM);
        for (size_t i = 0; i < encoder->n_memo_slots; i++)
                if (encoder->memo[i].word != 0)
                        *memo_find_slot(slots, n_slots, encoder->memo[i].word) = encoder->memo[i];
        free(encoder->memo);
        encoder->memo = slots;
        encoder->n_memo_slots = n_slots;
        return 0;
}

static int encoder_remember(struct value_encoder *encoder, gca_value value, uint32_t node) {
        int r;

        if (2 * (encoder->n_memo + 1) > encoder->n_memo_slots) {
                r = encoder_grow_memo(encoder);
                if (r < 0)
                        return fault_pass(r);
        }
        *memo_find_slot(encoder->memo, encoder->n_memo_slots, value.word) =
                (struct memo_slot){ .word = value.word, .node = node };
        encoder->n_memo++;
        return 0;
}

static bool encoder_recall(struct value_encoder *encoder, gca_value value, uint32_t *ret_node) {
        const struct memo_slot *slot;

        if (encoder->n_memo == 0)
                return false;
        slot = memo_find_slot(encoder->memo, encoder->n_memo_slots, value.word);
        if (slot->word == 0)
                return false;
        *ret_node = slot->node;
        return true;
}

/* ---- the walk ---- */

static int encoder_check_size(const struct value_encoder *encoder) {
        const struct graph_writer *writer = &encoder->writer;

        if (writer->error == -E2BIG || graph_writer_get_size(writer) > encoder->size_max)
                return VALUE_ENCODE_E_TOO_LARGE;
        return fault_pass(writer->error);
}

static int encoder_push_index(struct value_encoder *encoder, uint32_t node) {
        return buffer_append(&encoder->indices, &node, sizeof(node));
}

static int encoder_push_frame(struct value_encoder *encoder, gca_value value) {
        struct encoder_frame frame = { .value = value, .n = gca_get_count(value) };

        return buffer_append(&encoder->frames, &frame, sizeof(frame));
}

static int encoder_write_chunk(struct value_encoder *encoder, gca_value value, gca_type type) {
        const void *data;
        uint32_t node = 0;
        size_t size;
        int r;

        if (type == GCA_TYPE_STRING)
                data = gca_get_string(value, &size);
        else
                data = gca_get_bytes(value, &size);
        if (size >= MEMO_CHUNK_MIN && encoder_recall(encoder, value, &node))
                return encoder_push_index(encoder, node);
        if (size > encoder->size_max)
                return VALUE_ENCODE_E_TOO_LARGE;
        node = type == GCA_TYPE_STRING ? graph_writer_add_string(&encoder->writer, data, size)
                                       : graph_writer_add_bytes(&encoder->writer, data, size);
        r = encoder_check_size(encoder);
        if (r == 0 && size >= MEMO_CHUNK_MIN)
                r = encoder_remember(encoder, value, node);
        return r == 0 ? encoder_push_index(encoder, node) : fault_pass(r);
}

/* Writes a value without children, or opens a frame for one that has them. */
static int encoder_visit(struct value_encoder *encoder, gca_value value) {
        struct graph_writer *writer = &encoder->writer;
        gca_type type = gca_get_type(value);
        uint32_t node = 0;

        switch (type) {
        case GCA_TYPE_NIL:
                return encoder_push_index(encoder, graph_writer_add_nil(writer));
        case GCA_TYPE_BOOL:
                return encoder_push_index(encoder,
                                          graph_writer_add_bool(writer, gca_get_bool(value)));
        case GCA_TYPE_INT:
                return encoder_push_index(encoder,
                                          graph_writer_add_int(writer, gca_get_int(value)));
        case GCA_TYPE_FLOAT:
                return encoder_push_index(encoder,
                                          graph_writer_add_float(writer, gca_get_float(value)));
        case GCA_TYPE_STRING:
        case GCA_TYPE_BYTES:
        case GCA_TYPE_BLOB:
                return encoder_write_chunk(encoder, value, type);
        case GCA_TYPE_LIST:
        case GCA_TYPE_MAP:
                if (encoder_recall(encoder, value, &node))
                        return encoder_push_index(encoder, node);
                return encoder_push_frame(encoder, value);
        case GCA_TYPE_CELL:
        case GCA_TYPE_NATIVE:
        case GCA_TYPE_WEAK:
                return VALUE_ENCODE_E_IDENTITY;
        case GCA_TYPE_NONE:
                break;
        }
        return fault_raise(-EINVAL);
}

static int encoder_add_map(struct value_encoder *encoder,
                           const struct encoder_frame *frame,
                           const uint32_t *children,
                           uint32_t *ret_node) {
        struct graph_chunk *keys;

        encoder->keys.begin = encoder->keys.end = 0;
        keys = (struct graph_chunk *)(void *)buffer_reserve(&encoder->keys,
                                                            (frame->n + 1) * sizeof(*keys));
        if (!keys)
                return fault_raise(-ENOMEM);
        for (size_t i = 0; i < frame->n; i++)
                keys[i].data = (const uint8_t *)gca_get_string(gca_get_key(frame->value, i),
                                                               &keys[i].size);
        *ret_node = graph_writer_add_map(&encoder->writer, keys, children, frame->n);
        return 0;
}

/* All children of the top frame are written: the frame becomes a node. */
static int encoder_close_frame(struct value_encoder *encoder, struct encoder_frame frame) {
        size_t size = frame.n * sizeof(uint32_t);
        const uint32_t *children = (const uint32_t *)(const void *)(encoder->indices.data +
                                                                    encoder->indices.end - size);
        uint32_t node = 0;
        int r = 0;

        /* A list without elements, first of all, finds no stack at all. */
        if (size == 0)
                children = NULL;
        encoder->frames.end -= sizeof(frame);
        if (gca_get_type(frame.value) == GCA_TYPE_MAP)
                r = encoder_add_map(encoder, &frame, children, &node);
        else
                node = graph_writer_add_list(&encoder->writer, children, frame.n);
        encoder->indices.end -= size;
        if (r == 0)
                r = encoder_check_size(encoder);
        if (r == 0)
                r = encoder_remember(encoder, frame.value, node);
        return r == 0 ? encoder_push_index(encoder, node) : fault_pass(r);
}

static int encoder_walk(struct value_encoder *encoder, gca_value value) {
        int r;

        r = encoder_visit(encoder, value);
        while (r == 0 && encoder->frames.end > 0) {
                struct encoder_frame *top =
                        (struct encoder_frame *)(void *)(encoder->frames.data +
                                                         encoder->frames.end - sizeof(*top));

                if (top->n_done < top->n)
                        r = encoder_visit(encoder, gca_get_element(top->value, top->n_done++));
                else
                        r = encoder_close_frame(encoder, *top);
        }
        return r == 0 ? encoder_check_size(encoder) : fault_pass(r);
}

static void buffer_clear(struct buffer *buffer) {
        if (buffer->size_bytes > KEEP_BYTES_MAX)
                buffer_deinit(buffer);
        buffer->begin = buffer->end = 0;
}

/* Forgets the last value, and gives the memory of a large one back. */
void value_encoder_reset(struct value_encoder *encoder) {
        graph_writer_reset(&encoder->writer);
        buffer_clear(&encoder->encoded);
        buffer_clear(&encoder->frames);
        buffer_clear(&encoder->indices);
        buffer_clear(&encoder->keys);
        if (encoder->n_memo_slots > MEMO_SLOTS_MIN) {
                free(encoder->memo);
                encoder->memo = NULL;
                encoder->n_memo_slots = 0;
        } else if (encoder->n_memo > 0) {
                memset(encoder->memo, 0, encoder->n_memo_slots * sizeof(*encoder->memo));
        }
        encoder->n_memo = 0;
}

/* A value that is one piece of text or bytes, which many results are. */
static int encoder_write_piece(struct value_encoder *encoder, gca_value value, gca_type type) {
        enum graph_type node = type == GCA_TYPE_STRING ? GRAPH_STRING : GRAPH_BYTES;
        size_t size;
        const void *data = gca_get_bytes(value, &size);

        if (size > encoder->size_max)
                return VALUE_ENCODE_E_TOO_LARGE;
        return graph_append_chunk(&encoder->encoded, node, data, size);
}

static int encoder_write_graph(struct value_encoder *encoder, gca_value value) {
        int r = encoder_walk(encoder, value);

        return r != 0 ? fault_pass(r) : graph_writer_finish(&encoder->writer, &encoder->encoded);
}

int value_encoder_write(struct value_encoder *encoder,
                        gca_value value,
                        size_t n_nodes_max,
                        size_t size_max,
                        struct graph_chunk *ret_encoded) {
        gca_type type;
        int r;

        value_encoder_reset(encoder);
        encoder->size_max = size_max;
        encoder->writer.n_nodes_max = n_nodes_max < UINT32_MAX ? n_nodes_max : UINT32_MAX;
        type = gca_get_type(value);
        if (type == GCA_TYPE_STRING || type == GCA_TYPE_BYTES)
                r = encoder_write_piece(encoder, value, type);
        else
                r = encoder_write_graph(encoder, value);
        if (r != 0)
                return fault_pass(r);
        if (buffer_get_length(&encoder->encoded) > size_max)
                return VALUE_ENCODE_E_TOO_LARGE;
        *ret_encoded = (struct graph_chunk){ .data = buffer_get_data(&encoder->encoded),
                                             .size = buffer_get_length(&encoder->encoded) };
        return 0;
}
