/* SPDX-License-Identifier: MIT */

/*
 * Holds graph.h against protobuf-c's code for the same message, both ways, on random graphs: correct ones,
 * written in every encoding that protobuf allows, and ones with an array that was tampered with.
 */

#include <check.h>
#include <string.h>

#include "base/cleanup.h"
#include "gcasync.pb-c.h"
#include "helpers/random.h"
#include "helpers/suite.h"
#include "helpers/wire-bytes.h"
#include "wire/graph.h"

enum {
        N_GRAPHS = 5000,
        N_NODES = 60,
        N_ELEMENTS = 8,
        N_MAX = N_NODES * N_ELEMENTS,
        KEY_SIZE = 2,
};

/* A graph in protobuf-c's form, with room for its arrays. */
struct model {
        Gcasync__ValueGraph message;
        uint8_t types[N_NODES];
        int64_t ints[N_MAX];
        double floats[N_MAX];
        ProtobufCBinaryData chunks[N_MAX];
        uint32_t counts[N_MAX], children[N_MAX];
        uint8_t keys[N_MAX][KEY_SIZE];
};

static const uint8_t payload[] = "some text of which chunks are made, and then some \xff\x00";

static void model_init(struct model *model) {
        gcasync__value_graph__init(&model->message);
        model->message.types.data = model->types;
        model->message.ints = model->ints;
        model->message.floats = model->floats;
        model->message.chunks = model->chunks;
        model->message.counts = model->counts;
        model->message.children = model->children;
}

static void model_add_chunk(struct model *model, const uint8_t *data, size_t size) {
        model->chunks[model->message.n_chunks++] =
                (ProtobufCBinaryData){ .len = size, .data = (uint8_t *)(uintptr_t)data };
}

static void model_add_leaf(struct model *model, struct random *random) {
        static const uint64_t extremes[] = { 0, 1, INT64_MAX, (uint64_t)INT64_MIN, UINT64_MAX };
        uint64_t bits = random_one_in(random, 4) ? extremes[random_below(random, 5)]
                                                 : random_magnitude(random);
        uint8_t type = (uint8_t)random_below(random, GRAPH_LIST);

        model->types[model->message.types.len++] = type;
        if (type == GRAPH_INT)
                model->ints[model->message.n_ints++] = (int64_t)bits;
        if (type == GRAPH_FLOAT)
                memcpy(&model->floats[model->message.n_floats++], &bits, sizeof(bits));
        if (type == GRAPH_STRING)
                model_add_chunk(model, payload, random_below(random, sizeof(payload) - 3));
        if (type == GRAPH_BYTES)
                model_add_chunk(model, payload, random_below(random, sizeof(payload)));
}

/* A list or map of the nodes that nobody uses yet, up to a number, and of some others. */
static void
model_add_branch(struct model *model, struct random *random, bool *used, size_t n_fresh_max) {
        bool is_map = random_one_in(random, 2);
        size_t n_nodes = model->message.types.len, n = 0;

        for (size_t i = 0; i < n_nodes && n < n_fresh_max; i++)
                if (!used[i]) {
                        used[i] = true;
                        model->children[model->message.n_children + n++] = (uint32_t)i;
                }
        while (n < N_ELEMENTS && n_nodes > 0 && random_one_in(random, 3))
                model->children[model->message.n_children + n++] =
                        (uint32_t)random_below(random, n_nodes);
        for (size_t i = 0; is_map && i < n; i++) {
                model->keys[model->message.n_chunks][0] = (uint8_t)('a' + i);
                model_add_chunk(model,
                                model->keys[model->message.n_chunks],
                                1 + random_below(random, KEY_SIZE));
        }
        for (size_t i = 0; i < n; i++)
                used[model->children[model->message.n_children + i]] = true;
        model->message.n_children += n;
        model->counts[model->message.n_counts++] = (uint32_t)n;
        model->types[model->message.types.len++] = is_map ? GRAPH_MAP : GRAPH_LIST;
}

static void model_make(struct model *model, struct random *random) {
        size_t n_nodes = random_below(random, random_one_in(random, 2) ? 6 : N_NODES - 15);
        bool used[N_NODES] = { false };
        size_t n_unused;

        memset(model->keys, 'x', sizeof(model->keys));
        model_init(model);
        while (model->message.types.len < n_nodes)
                if (random_one_in(random, 4))
                        model_add_branch(model, random, used, random_below(random, N_ELEMENTS));
                else
                        model_add_leaf(model, random);
        /* Lists of all that is left, until one node is. */
        do {
                n_unused = 0;
                for (size_t i = 0; i < model->message.types.len; i++)
                        n_unused += !used[i];
                if (n_unused != 1)
                        model_add_branch(model, random, used, N_ELEMENTS);
        } while (n_unused != 1 || !model->message.types.len || used[model->message.types.len - 1]);
}

static void pack(struct buffer *buffer, const Gcasync__ValueGraph *message) {
        uint8_t *room;

        buffer_consume(buffer, buffer_get_length(buffer));
        room = buffer_reserve(buffer, gcasync__value_graph__get_packed_size(message));
        ck_assert_ptr_nonnull(room);
        buffer_commit(buffer, gcasync__value_graph__pack(message, room));
}

/* ---- the nodes, by graph.h and by the model ---- */

struct position {
        size_t ints, floats, chunks, counts, children;
};

static void expect_chunk(const struct graph_chunk *chunk, const ProtobufCBinaryData *expected) {
        ck_assert_uint_eq(chunk->size, expected->len);
        if (chunk->size > 0)
                ck_assert_mem_eq(chunk->data, expected->data, chunk->size);
}

static void expect_node(const struct graph_node *node,
                        const Gcasync__ValueGraph *message,
                        struct position *at) {
        switch (node->type) {
        case GRAPH_INT:
                ck_assert_int_eq(node->integer, message->ints[at->ints++]);
                break;
        case GRAPH_FLOAT:
                ck_assert_mem_eq(&node->real, &message->floats[at->floats++], sizeof(node->real));
                break;
        case GRAPH_STRING:
        case GRAPH_BYTES:
                expect_chunk(&node->chunk, &message->chunks[at->chunks++]);
                break;
        case GRAPH_LIST:
        case GRAPH_MAP:
                ck_assert_uint_eq(node->count, message->counts[at->counts++]);
                for (size_t i = 0; i < node->count; i++)
                        ck_assert_uint_eq(node->children[i], message->children[at->children++]);
                for (size_t i = 0; node->type == GRAPH_MAP && i < node->count; i++)
                        expect_chunk(&node->keys[i], &message->chunks[at->chunks++]);
                break;
        default:
                break;
        }
}

static void expect_graph(const struct buffer *bytes, const Gcasync__ValueGraph *message) {
        cleanup_(graph_close) struct graph graph;
        struct position at = { 0 };
        const char *reason = "";

        ck_assert_msg(graph_open(&graph,
                                 buffer_get_data(bytes),
                                 buffer_get_length(bytes),
                                 N_NODES,
                                 &reason) == 0,
                      "%s",
                      reason);
        ck_assert_uint_eq(graph.n_nodes, message->types.len);
        for (size_t i = 0; i < graph.n_nodes; i++) {
                ck_assert_int_eq(graph.nodes[i].type, message->types.data[i]);
                expect_node(&graph.nodes[i], message, &at);
        }
}

static void write_node(struct graph_writer *writer,
                       const Gcasync__ValueGraph *message,
                       unsigned type,
                       struct position *at) {
        struct graph_chunk keys[N_ELEMENTS];
        const ProtobufCBinaryData *chunk = &message->chunks[at->chunks];
        const uint32_t *children = &message->children[at->children];
        size_t n = at->counts < message->n_counts ? message->counts[at->counts] : 0;

        if (type == GRAPH_NIL)
                graph_writer_add_nil(writer);
        else if (type == GRAPH_FALSE || type == GRAPH_TRUE)
                graph_writer_add_bool(writer, type == GRAPH_TRUE);
        else if (type == GRAPH_INT)
                graph_writer_add_int(writer, message->ints[at->ints++]);
        else if (type == GRAPH_FLOAT)
                graph_writer_add_float(writer, message->floats[at->floats++]);
        else if (type == GRAPH_STRING)
                graph_writer_add_string(writer, chunk->data, chunk->len);
        else if (type == GRAPH_BYTES)
                graph_writer_add_bytes(writer, chunk->data, chunk->len);
        else if (type == GRAPH_LIST)
                graph_writer_add_list(writer, children, n);
        for (size_t i = 0; type == GRAPH_MAP && i < n; i++)
                keys[i] = (struct graph_chunk){ chunk[i].data, chunk[i].len };
        if (type == GRAPH_MAP)
                graph_writer_add_map(writer, keys, children, n);
        at->chunks += type == GRAPH_MAP ? n : type == GRAPH_STRING || type == GRAPH_BYTES;
        at->children += type == GRAPH_MAP || type == GRAPH_LIST ? n : 0;
        at->counts += type == GRAPH_MAP || type == GRAPH_LIST;
}

START_TEST(written_bytes_are_those_of_protobuf_c) {
        cleanup_(buffer_deinit) struct buffer theirs = { 0 }, ours = { 0 };
        cleanup_(graph_writer_deinit) struct graph_writer writer;
        struct random random = random_seed();
        static struct model model;

        graph_writer_init(&writer, N_NODES);
        for (size_t i = 0; i < N_GRAPHS; i++) {
                struct position at = { 0 };

                model_make(&model, &random);
                pack(&theirs, &model.message);
                buffer_consume(&ours, buffer_get_length(&ours));
                graph_writer_reset(&writer);
                for (size_t k = 0; k < model.message.types.len; k++)
                        write_node(&writer, &model.message, model.types[k], &at);
                ck_assert_int_eq(graph_writer_finish(&writer, &ours), 0);
                ck_assert_uint_eq(buffer_get_length(&ours), buffer_get_length(&theirs));
                ck_assert_mem_eq(
                        buffer_get_data(&ours), buffer_get_data(&theirs), buffer_get_length(&ours));
        }
}
END_TEST

START_TEST(graph_that_protobuf_c_packed_is_read) {
        cleanup_(buffer_deinit) struct buffer bytes = { 0 };
        struct random random = random_seed();
        static struct model model;

        for (size_t i = 0; i < N_GRAPHS; i++) {
                model_make(&model, &random);
                pack(&bytes, &model.message);
                expect_graph(&bytes, &model.message);
        }
}
END_TEST

/* ---- every encoding ---- */

/* One of the arrays of which at least one element is still to be sent; 0: none. */
static unsigned
choose_array(const Gcasync__ValueGraph *message, const struct position *at, struct random *random) {
        size_t left[] = {
                message->n_ints - at->ints,         message->n_floats - at->floats,
                message->n_chunks - at->chunks,     message->n_counts - at->counts,
                message->n_children - at->children,
        };
        unsigned chosen = 0;

        for (unsigned i = 0, n = 0; i < SUITE_SIZE(left); i++)
                if (left[i] > 0 && random_one_in(random, ++n))
                        chosen = i + 2;
        return chosen;
}

/* The encoding of the next element of an array; false at its end. */
static bool put_element(struct buffer *run,
                        const Gcasync__ValueGraph *message,
                        unsigned number,
                        struct position *at) {
        int64_t integer;

        switch (number) {
        case 2:
                if (at->ints == message->n_ints)
                        return false;
                integer = message->ints[at->ints++];
                bytes_put_varint(run, (uint64_t)integer << 1 ^ (uint64_t)(integer >> 63));
                return true;
        case 3:
                if (at->floats == message->n_floats)
                        return false;
                bytes_put(run, &message->floats[at->floats++], sizeof(double));
                return true;
        case 5:
                if (at->counts == message->n_counts)
                        return false;
                bytes_put_varint(run, message->counts[at->counts++]);
                return true;
        default:
                if (at->children == message->n_children)
                        return false;
                bytes_put_varint(run, message->children[at->children++]);
                return true;
        }
}

/* Sends some elements of an array: packed, or one as a field of its own. */
static void put_piece(struct buffer *bytes,
                      const Gcasync__ValueGraph *message,
                      unsigned number,
                      struct position *at,
                      struct random *random) {
        cleanup_(buffer_deinit) struct buffer run = { 0 };

        if (number == 4) {
                const ProtobufCBinaryData *chunk = &message->chunks[at->chunks++];

                bytes_put_field(bytes, number, chunk->data, chunk->len);
                return;
        }
        if (random_one_in(random, 3)) {
                ck_assert(put_element(&run, message, number, at));
                bytes_put_key(bytes, number, number == 3 ? FIELD_FIXED64 : FIELD_VARINT);
                bytes_put(bytes, buffer_get_data(&run), buffer_get_length(&run));
                return;
        }
        while (!random_one_in(random, 6) && put_element(&run, message, number, at))
                ;
        bytes_put_message(bytes, number, &run);
}

START_TEST(graph_is_read_in_any_order_and_any_pieces) {
        cleanup_(buffer_deinit) struct buffer bytes = { 0 };
        struct random random = random_seed();
        static struct model model;

        for (size_t i = 0; i < N_GRAPHS; i++) {
                struct position at = { 0 };
                unsigned number;

                model_make(&model, &random);
                buffer_consume(&bytes, buffer_get_length(&bytes));
                bytes_put_field(&bytes, 1, "\3\3", random_below(&random, 3));
                if (random_one_in(&random, 2))
                        bytes_put_number(
                                &bytes, 8 + random_below(&random, 100), random_magnitude(&random));
                while ((number = choose_array(&model.message, &at, &random)) != 0)
                        put_piece(&bytes, &model.message, number, &at, &random);
                bytes_put_field(&bytes, 1, model.types, model.message.types.len);
                expect_graph(&bytes, &model.message);
        }
}
END_TEST

/* ---- graphs that are wrong ---- */

static bool takes(size_t *n_left, size_t n) {
        if (*n_left < n)
                return false;
        *n_left -= n;
        return true;
}

/* The rules of proto/gcasync.proto, as plainly as they can be put. Text is always right here. */
static bool is_right(const Gcasync__ValueGraph *message) {
        size_t n_ints = message->n_ints, n_floats = message->n_floats, n_chunks = message->n_chunks;
        size_t counts = 0, children = 0;
        bool used[N_NODES + 1] = { false };

        for (size_t i = 0; i < message->types.len; i++) {
                unsigned type = message->types.data[i];
                size_t count;

                if (type > GRAPH_MAP || !takes(&n_ints, type == GRAPH_INT) ||
                    !takes(&n_floats, type == GRAPH_FLOAT) ||
                    !takes(&n_chunks, type == GRAPH_STRING || type == GRAPH_BYTES))
                        return false;
                if (type < GRAPH_LIST)
                        continue;
                if (counts == message->n_counts)
                        return false;
                count = message->counts[counts++];
                if (count > message->n_children - children ||
                    !takes(&n_chunks, type == GRAPH_MAP ? count : 0))
                        return false;
                for (; count > 0; count--, children++) {
                        if (message->children[children] >= i)
                                return false;
                        used[message->children[children]] = true;
                }
        }
        for (size_t i = 0; i + 1 < message->types.len; i++)
                if (!used[i])
                        return false;
        return message->types.len > 0 && n_ints + n_floats + n_chunks == 0 &&
               counts == message->n_counts && children == message->n_children;
}

static void tamper(struct model *model, struct random *random) {
        Gcasync__ValueGraph *message = &model->message;
        size_t *lengths[] = {
                &message->n_ints,   &message->n_floats,   &message->n_chunks,
                &message->n_counts, &message->n_children, &message->types.len,
        };
        size_t *length = lengths[random_below(random, SUITE_SIZE(lengths))];

        switch (random_below(random, 4)) {
        case 0:
                *length -= *length > 0;
                break;
        case 1:
                model->types[random_below(random, message->types.len)] =
                        (uint8_t)random_below(random, 11);
                break;
        case 2:
                model->counts[random_below(random, message->n_counts)] =
                        (uint32_t)random_below(random, 4);
                break;
        default:
                model->children[random_below(random, message->n_children)] =
                        (uint32_t)random_below(random, message->types.len + 1);
        }
}

START_TEST(tampered_graph_is_refused_unless_it_is_right_again) {
        cleanup_(buffer_deinit) struct buffer bytes = { 0 };
        struct random random = random_seed();
        static struct model model;
        size_t n_right = 0;

        for (size_t i = 0; i < 20 * N_GRAPHS; i++) {
                struct graph graph;
                const char *reason;
                int r;

                model_make(&model, &random);
                for (size_t k = 0; k < model.message.n_chunks; k++) {
                        /* All text is right and no two keys are equal, whichever node takes which chunk. */
                        model.keys[k][0] = (uint8_t)(k % 128);
                        model.keys[k][1] = (uint8_t)(k / 128);
                        model.chunks[k] =
                                (ProtobufCBinaryData){ .len = KEY_SIZE, .data = model.keys[k] };
                }
                tamper(&model, &random);
                pack(&bytes, &model.message);
                r = graph_open(&graph,
                               buffer_get_data(&bytes),
                               buffer_get_length(&bytes),
                               N_NODES,
                               &reason);
                graph_close(&graph);
                n_right += is_right(&model.message);
                ck_assert_int_eq(r == 0, is_right(&model.message));
        }
        printf("# %zu were right\n", n_right);
        ck_assert_uint_gt(n_right, 100);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                written_bytes_are_those_of_protobuf_c,
                graph_that_protobuf_c_packed_is_read,
                graph_is_read_in_any_order_and_any_pieces,
                tampered_graph_is_refused_unless_it_is_right_again,
        };

        return suite_run("graph-protobuf", tests, SUITE_SIZE(tests), 6 * SUITE_TIMEOUT_S);
}
