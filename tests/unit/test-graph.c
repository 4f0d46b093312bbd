/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "helpers/failing-malloc.h"
#include "helpers/suite.h"
#include "helpers/wire-bytes.h"
#include "wire/graph.h"

enum {
        N_NODES_MAX = 1 << 20,
        /* Field numbers of ValueGraph. */
        TYPES = 1,
        INTS,
        FLOATS,
        CHUNKS,
        COUNTS,
        CHILDREN,
        REFERENCES,
};

/* Arrays of a graph that a peer sends, and what becomes of it. */
struct peer {
        struct buffer bytes;
        struct graph graph;
        const char *reason;
};

static void peer_init(struct peer *peer) {
        *peer = (struct peer){ 0 };
}

static void peer_deinit(struct peer *peer) {
        graph_close(&peer->graph);
        buffer_deinit(&peer->bytes);
}

/* A literal without NUL at its end. */
#define peer_put(peer, number, text) \
        bytes_put_field(&(peer)->bytes, (number), "" text, sizeof(text) - 1)

static int peer_open_up_to(struct peer *peer, size_t n_nodes_max) {
        graph_close(&peer->graph);
        peer->reason = NULL;
        return graph_open(&peer->graph,
                          buffer_get_data(&peer->bytes),
                          buffer_get_length(&peer->bytes),
                          n_nodes_max,
                          &peer->reason);
}

static int peer_open(struct peer *peer) {
        return peer_open_up_to(peer, N_NODES_MAX);
}

static void expect_malformed(struct peer *peer, const char *reason) {
        ck_assert_int_eq(peer_open(peer), GRAPH_E_MALFORMED);
        ck_assert_str_eq(peer->reason, reason);
        ck_assert_ptr_null(peer->graph.memory);
}

static const struct graph_node *get_value(const struct peer *peer) {
        return &peer->graph.nodes[peer->graph.n_nodes - 1];
}

static struct graph_chunk chunk(const char *text) {
        return (struct graph_chunk){ (const uint8_t *)text, strlen(text) };
}

static void expect_chunk(const struct graph_chunk *found, const char *text) {
        ck_assert_uint_eq(found->size, strlen(text));
        ck_assert_mem_eq(found->data, text, found->size);
}

/* ---- reading ---- */

START_TEST(each_type_is_read) {
        cleanup_(peer_deinit) struct peer peer;
        const struct graph_node *nodes;

        peer_init(&peer);
        peer_put(&peer, TYPES, "\0\1\2\3\4\5\6\7\x08");
        peer_put(&peer, INTS, "\x03");
        peer_put(&peer, FLOATS, "\0\0\0\0\0\0\xf8\x3f");
        peer_put(&peer, CHUNKS, "text");
        peer_put(&peer, CHUNKS, "\xff\0");
        peer_put(&peer, CHUNKS, "a");
        peer_put(&peer, CHUNKS, "b");
        peer_put(&peer, COUNTS, "\6\2");
        peer_put(&peer, CHILDREN, "\0\1\2\3\4\5\6\7");
        ck_assert_int_eq(peer_open(&peer), 0);
        ck_assert_uint_eq(peer.graph.n_nodes, 9);
        nodes = peer.graph.nodes;
        for (unsigned i = 0; i < 9; i++)
                ck_assert_int_eq(nodes[i].type, i);
        ck_assert_int_eq(nodes[3].integer, -2);
        ck_assert(nodes[4].real == 1.5);
        expect_chunk(&nodes[5].chunk, "text");
        ck_assert_uint_eq(nodes[6].chunk.size, 2);
        ck_assert(nodes[7].count == 6 && nodes[7].children[5] == 5);
        ck_assert(nodes[8].count == 2 && nodes[8].children[0] == 6 && nodes[8].children[1] == 7);
        expect_chunk(&nodes[8].keys[1], "b");
}
END_TEST

START_TEST(small_graph_allocates_nothing) {
        cleanup_(peer_deinit) struct peer peer;
        int r;

        peer_init(&peer);
        peer_put(&peer, TYPES, "\6\x08");
        peer_put(&peer, CHUNKS, "sixty-four bytes of payload");
        peer_put(&peer, CHUNKS, "data");
        peer_put(&peer, COUNTS, "\1");
        peer_put(&peer, CHILDREN, "\0");
        failing_malloc_arm(1);
        r = peer_open(&peer);
        ck_assert(!failing_malloc_disarm());
        ck_assert_int_eq(r, 0);
        expect_chunk(&get_value(&peer)->keys[0], "data");
}
END_TEST

START_TEST(empty_message_is_no_graph) {
        cleanup_(peer_deinit) struct peer peer;

        peer_init(&peer);
        expect_malformed(&peer, "the value has no nodes");
        peer_put(&peer, TYPES, "");
        expect_malformed(&peer, "the value has no nodes");
}
END_TEST

START_TEST(empty_list_and_map_are_values) {
        cleanup_(peer_deinit) struct peer peer;

        peer_init(&peer);
        peer_put(&peer, TYPES, "\7\x08\7");
        peer_put(&peer, COUNTS, "\0\0\2");
        peer_put(&peer, CHILDREN, "\0\1");
        ck_assert_int_eq(peer_open(&peer), 0);
        ck_assert_uint_eq(peer.graph.nodes[0].count, 0);
        ck_assert_uint_eq(peer.graph.nodes[1].count, 0);
}
END_TEST

START_TEST(types_given_twice_are_the_last_ones) {
        cleanup_(peer_deinit) struct peer peer;

        peer_init(&peer);
        peer_put(&peer, TYPES, "\3\3\3");
        peer_put(&peer, TYPES, "\1");
        ck_assert_int_eq(peer_open(&peer), 0);
        ck_assert_uint_eq(peer.graph.n_nodes, 1);
        ck_assert_int_eq(get_value(&peer)->type, GRAPH_FALSE);
}
END_TEST

START_TEST(arrays_come_in_pieces_packed_or_not_with_anything_between) {
        cleanup_(peer_deinit) struct peer peer;

        peer_init(&peer);
        peer_put(&peer, CHILDREN, "");
        bytes_put_number(&peer.bytes, CHILDREN, 0);
        peer_put(&peer, INTS, "\2\4");
        bytes_put_number(&peer.bytes, 1000, 5);
        peer_put(&peer, CHILDREN, "\1\2");
        bytes_put_number(&peer.bytes, INTS, 6);
        peer_put(&peer, COUNTS, "\3");
        peer_put(&peer, INTS, "");
        peer_put(&peer, TYPES, "\3\3\3\7");
        ck_assert_int_eq(peer_open(&peer), 0);
        for (unsigned i = 0; i < 3; i++) {
                ck_assert_int_eq(peer.graph.nodes[i].integer, i + 1);
                ck_assert_uint_eq(get_value(&peer)->children[i], i);
        }
}
END_TEST

START_TEST(floats_come_unpacked_too) {
        cleanup_(peer_deinit) struct peer peer;

        peer_init(&peer);
        peer_put(&peer, TYPES, "\4\4\7");
        bytes_put_key(&peer.bytes, FLOATS, FIELD_FIXED64);
        bytes_put(&peer.bytes, "\0\0\0\0\0\0\xf0\x3f", 8);
        peer_put(&peer, FLOATS, "\0\0\0\0\0\0\0\x40");
        peer_put(&peer, COUNTS, "\2");
        peer_put(&peer, CHILDREN, "\0\1");
        ck_assert_int_eq(peer_open(&peer), 0);
        ck_assert(peer.graph.nodes[0].real == 1.0 && peer.graph.nodes[1].real == 2.0);
}
END_TEST

START_TEST(arrays_that_do_not_add_up_are_refused) {
        static const struct {
                const char *types, *reason;
        } wanting[] = {
                { "\3", "the value has fewer ints than its nodes need" },
                { "\4", "the value has fewer floats than its nodes need" },
                { "\5", "the value has fewer chunks than its nodes need" },
                { "\6", "the value has fewer chunks than its nodes need" },
                { "\7", "the value has fewer counts than its nodes need" },
                { "\x08", "the value has fewer counts than its nodes need" },
        };

        for (size_t i = 0; i < SUITE_SIZE(wanting); i++) {
                cleanup_(peer_deinit) struct peer peer;

                peer_init(&peer);
                bytes_put_field(&peer.bytes, TYPES, wanting[i].types, 1);
                expect_malformed(&peer, wanting[i].reason);
        }
        for (unsigned number = INTS; number <= REFERENCES; number++) {
                cleanup_(peer_deinit) struct peer peer;

                peer_init(&peer);
                peer_put(&peer, TYPES, "\1");
                bytes_put_field(&peer.bytes, number, "\0\0\0\0\0\0\0\0", 8);
                expect_malformed(&peer, "an array of the value has elements that no node uses");
        }
}
END_TEST

START_TEST(count_past_the_children_is_refused_before_it_is_walked) {
        cleanup_(peer_deinit) struct peer peer;

        peer_init(&peer);
        peer_put(&peer, TYPES, "\1\7");
        peer_put(&peer, COUNTS, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
        peer_put(&peer, CHILDREN, "\0");
        expect_malformed(&peer, "the value has fewer children than its nodes need");
}
END_TEST

START_TEST(map_needs_a_key_for_each_element) {
        cleanup_(peer_deinit) struct peer peer;

        peer_init(&peer);
        peer_put(&peer, TYPES, "\1\x08");
        peer_put(&peer, COUNTS, "\1");
        peer_put(&peer, CHILDREN, "\0");
        expect_malformed(&peer, "the value has fewer chunks than its nodes need");
}
END_TEST

START_TEST(child_that_is_not_before_its_parent_is_refused) {
        static const char *const children[] = {
                "\1", "\2", "\xff\xff\xff\xff\x0f", "\x80\x80\x80\x80\x10"
        };

        for (size_t i = 0; i < SUITE_SIZE(children); i++) {
                cleanup_(peer_deinit) struct peer peer;

                peer_init(&peer);
                peer_put(&peer, TYPES, "\1\7");
                peer_put(&peer, COUNTS, "\1");
                bytes_put_field(&peer.bytes, CHILDREN, children[i], strlen(children[i]));
                expect_malformed(&peer, "a child in the value does not stand before its parent");
        }
}
END_TEST

START_TEST(million_nodes_that_nobody_can_use_take_no_memory) {
        cleanup_(peer_deinit) struct peer peer;
        static uint8_t types[N_NODES_MAX];
        int r;

        peer_init(&peer);
        bytes_put_field(&peer.bytes, TYPES, types, sizeof(types));
        failing_malloc_arm(1);
        r = peer_open(&peer);
        ck_assert(!failing_malloc_disarm());
        ck_assert_int_eq(r, GRAPH_E_MALFORMED);
        ck_assert_str_eq(peer.reason, "a node of the value is not used");
}
END_TEST

START_TEST(node_that_nobody_uses_is_refused) {
        cleanup_(peer_deinit) struct peer peer;

        peer_init(&peer);
        peer_put(&peer, TYPES, "\1\1\7");
        peer_put(&peer, COUNTS, "\2");
        peer_put(&peer, CHILDREN, "\1\1");
        expect_malformed(&peer, "a node of the value is not used");
}
END_TEST

START_TEST(key_twice_is_refused_among_few_and_among_many) {
        static const size_t sizes[] = { 2, 8, 9, 1000 };

        for (size_t i = 0; i < SUITE_SIZE(sizes); i++) {
                cleanup_(peer_deinit) struct peer peer;

                peer_init(&peer);
                peer_put(&peer, TYPES, "\1\x08");
                bytes_put_number(&peer.bytes, COUNTS, sizes[i]);
                for (size_t k = 0; k < sizes[i]; k++) {
                        size_t key = k == sizes[i] - 1 ? k / 2 : k;

                        bytes_put_field(&peer.bytes,
                                        CHUNKS,
                                        (const char[]){ (char)(key / 100), (char)(key % 100) },
                                        2);
                        bytes_put_number(&peer.bytes, CHILDREN, 0);
                }
                expect_malformed(&peer, "a map of the value has a key twice");
        }
}
END_TEST

/* Comparing each with each would take minutes, and so would a hash that the keys were chosen against. */
START_TEST(map_of_100000_keys_is_read_at_once) {
        enum {
                N = 100000,
                SIZE = 100
        };
        cleanup_(peer_deinit) struct peer peer;
        char key[SIZE + 1];

        peer_init(&peer);
        peer_put(&peer, TYPES, "\1\x08");
        bytes_put_number(&peer.bytes, COUNTS, N);
        for (unsigned i = 0; i < N; i++) {
                ck_assert_int_eq(snprintf(key, sizeof(key), "%0*u", SIZE, N - i), SIZE);
                bytes_put_field(&peer.bytes, CHUNKS, key, SIZE);
                bytes_put_number(&peer.bytes, CHILDREN, 0);
        }
        ck_assert_int_eq(peer_open(&peer), 0);
        ck_assert_uint_eq(get_value(&peer)->count, N);
}
END_TEST

START_TEST(strings_and_keys_are_utf8_and_may_hold_nul) {
        cleanup_(peer_deinit) struct peer good, bad_text, bad_key;

        peer_init(&good);
        peer_init(&bad_text);
        peer_init(&bad_key);
        peer_put(&good, TYPES, "\5");
        peer_put(&good, CHUNKS, "a\0b");
        ck_assert_int_eq(peer_open(&good), 0);
        ck_assert_uint_eq(get_value(&good)->chunk.size, 3);
        peer_put(&bad_text, TYPES, "\5");
        peer_put(&bad_text, CHUNKS, "caf\xe9");
        expect_malformed(&bad_text, "a string of the value is not UTF-8");
        peer_put(&bad_key, TYPES, "\1\x08");
        peer_put(&bad_key, COUNTS, "\1");
        peer_put(&bad_key, CHILDREN, "\0");
        peer_put(&bad_key, CHUNKS, "\xc0\x80");
        expect_malformed(&bad_key, "a key of the value is not UTF-8");
}
END_TEST

START_TEST(reference_is_an_outcome_of_its_own) {
        cleanup_(peer_deinit) struct peer peer;

        peer_init(&peer);
        peer_put(&peer, TYPES, "\x09");
        peer_put(&peer, REFERENCES, "\x08\x01");
        ck_assert_int_eq(peer_open(&peer), GRAPH_E_REFERENCE);
        ck_assert_ptr_nonnull(peer.reason);
}
END_TEST

START_TEST(unknown_type_is_refused) {
        cleanup_(peer_deinit) struct peer peer;

        peer_init(&peer);
        peer_put(&peer, TYPES, "\x0a");
        expect_malformed(&peer, "a node of the value has an unknown type");
}
END_TEST

START_TEST(nodes_are_held_to_the_limit_exactly) {
        enum {
                N = 1000
        };
        cleanup_(peer_deinit) struct peer peer;
        uint8_t types[N] = { 0 };

        peer_init(&peer);
        types[N - 1] = GRAPH_LIST;
        bytes_put_field(&peer.bytes, TYPES, types, N);
        bytes_put_number(&peer.bytes, COUNTS, N - 1);
        for (size_t i = 0; i < N - 1; i++)
                bytes_put_number(&peer.bytes, CHILDREN, i);
        ck_assert_int_eq(peer_open_up_to(&peer, N), 0);
        ck_assert_int_eq(peer_open_up_to(&peer, N - 1), GRAPH_E_TOO_LARGE);
        ck_assert_ptr_nonnull(peer.reason);
}
END_TEST

START_TEST(million_levels_of_lists_are_read) {
        enum {
                N = 1000000
        };
        cleanup_(peer_deinit) struct peer peer;
        cleanup_(freep) uint8_t *types = malloc(N);

        peer_init(&peer);
        ck_assert_ptr_nonnull(types);
        memset(types, GRAPH_LIST, N);
        types[0] = GRAPH_NIL;
        bytes_put_field(&peer.bytes, TYPES, types, N);
        for (size_t i = 1; i < N; i++) {
                bytes_put_number(&peer.bytes, COUNTS, 1);
                bytes_put_number(&peer.bytes, CHILDREN, i - 1);
        }
        ck_assert_int_eq(peer_open(&peer), 0);
        ck_assert_uint_eq(get_value(&peer)->children[0], N - 2);
}
END_TEST

/* Would take hours if the search for an element's piece began at the front each time. */
START_TEST(million_empty_pieces_are_no_work) {
        cleanup_(peer_deinit) struct peer peer;

        peer_init(&peer);
        peer_put(&peer, TYPES, "\3\3\7");
        bytes_put_number(&peer.bytes, INTS, 2);
        for (size_t i = 0; i < 1000000; i++)
                peer_put(&peer, INTS, "");
        bytes_put_number(&peer.bytes, INTS, 4);
        peer_put(&peer, COUNTS, "\2");
        peer_put(&peer, CHILDREN, "\0\1");
        ck_assert_int_eq(peer_open(&peer), 0);
        ck_assert_int_eq(peer.graph.nodes[1].integer, 2);
}
END_TEST

START_TEST(array_in_another_encoding_is_refused) {
        static const char *const fields[] = {
                "\x08\x01",             /* types as a number */
                "\x15\1\1\1\1",         /* ints as four bytes */
                "\x19\1\1\1\1\1\1\1\1", /* floats as they may be, but there are none to be */
                "\x18\x01",             /* floats as a number */
                "\x1a\x07\1\1\1\1\1\1\1",
                "\x20\x01",     /* chunks as a number */
                "\x2a\x01\x80", /* counts cut short */
                "\x31\1\1\1\1\1\1\1\1",
                "\x3d\1\1\1\1",
        };

        for (size_t i = 0; i < SUITE_SIZE(fields); i++) {
                cleanup_(peer_deinit) struct peer peer;

                peer_init(&peer);
                peer_put(&peer, TYPES, "\1");
                bytes_put(&peer.bytes, fields[i], strlen(fields[i]));
                ck_assert_int_eq(peer_open(&peer), GRAPH_E_MALFORMED);
        }
}
END_TEST

START_TEST(varint_of_more_than_64_bits_is_refused) {
        cleanup_(peer_deinit) struct peer peer;

        peer_init(&peer);
        peer_put(&peer, TYPES, "\3");
        peer_put(&peer, INTS, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f");
        expect_malformed(&peer, "the value has fewer ints than its nodes need");
}
END_TEST

START_TEST(broken_bytes_and_groups_are_refused) {
        static const char *const tails[] = {
                "\x0b", "\x0f", "\x0a\x05x", "\x80", "\xfb\xff\xff\xff\x7f", "\x01"
        };

        for (size_t i = 0; i < SUITE_SIZE(tails); i++) {
                cleanup_(peer_deinit) struct peer peer;

                peer_init(&peer);
                peer_put(&peer, TYPES, "\1");
                bytes_put(&peer.bytes, tails[i], strlen(tails[i]));
                expect_malformed(&peer, "the value is not an encoded ValueGraph");
        }
}
END_TEST

START_TEST(graph_that_finds_no_memory_is_a_fault_and_leaves_nothing_behind) {
        cleanup_(peer_deinit) struct peer peer;
        bool has_failed = true;
        size_t n_before;
        int r = 0;

        peer_init(&peer);
        peer_put(&peer, TYPES, "\1\x08");
        bytes_put_number(&peer.bytes, COUNTS, 50);
        for (uint8_t i = 0; i < 50; i++) {
                bytes_put_field(&peer.bytes, CHUNKS, &i, 1);
                bytes_put_number(&peer.bytes, CHILDREN, 0);
        }
        n_before = failing_malloc_count();
        for (size_t n = 1; has_failed && (r == 0 || r == -ENOMEM); n++) {
                failing_malloc_arm(n);
                r = peer_open(&peer);
                has_failed = failing_malloc_disarm();
                if (has_failed && (r != -ENOMEM || failing_malloc_count() != n_before))
                        r = 1;
        }
        ck_assert_int_eq(r, 0);
}
END_TEST

/* ---- writing ---- */

struct author {
        struct graph_writer writer;
        struct peer peer;
};

static void author_init(struct author *author, size_t n_nodes_max) {
        graph_writer_init(&author->writer, n_nodes_max);
        peer_init(&author->peer);
}

static void author_deinit(struct author *author) {
        graph_writer_deinit(&author->writer);
        peer_deinit(&author->peer);
}

static int author_finish(struct author *author) {
        return graph_writer_finish(&author->writer, &author->peer.bytes);
}

START_TEST(written_graph_is_read_back) {
        cleanup_(author_deinit) struct author author;
        uint32_t elements[7], list;
        const struct graph_node *nodes;

        author_init(&author, N_NODES_MAX);
        elements[0] = graph_writer_add_nil(&author.writer);
        elements[1] = graph_writer_add_bool(&author.writer, true);
        elements[2] = graph_writer_add_int(&author.writer, INT64_MIN);
        elements[3] = graph_writer_add_float(&author.writer, -INFINITY);
        elements[4] = graph_writer_add_string(&author.writer, "größer", 8);
        elements[5] = graph_writer_add_bytes(&author.writer, NULL, 0);
        elements[6] = elements[4];
        list = graph_writer_add_list(&author.writer, elements, 7);
        graph_writer_add_map(&author.writer,
                             (struct graph_chunk[]){ chunk("one"), chunk("two") },
                             (uint32_t[]){ list, list },
                             2);
        ck_assert_int_eq(author_finish(&author), 0);
        ck_assert_int_eq(peer_open(&author.peer), 0);
        nodes = author.peer.graph.nodes;
        ck_assert_int_eq(nodes[2].integer, INT64_MIN);
        ck_assert(nodes[3].real == (double)-INFINITY);
        expect_chunk(&nodes[4].chunk, "größer");
        ck_assert_uint_eq(nodes[5].chunk.size, 0);
        ck_assert_uint_eq(nodes[6].children[6], elements[4]);
        expect_chunk(&nodes[7].keys[0], "one");
}
END_TEST

START_TEST(writer_is_used_again_after_reset) {
        cleanup_(author_deinit) struct author author;

        author_init(&author, N_NODES_MAX);
        for (int64_t i = 0; i < 3; i++) {
                graph_writer_reset(&author.writer);
                buffer_consume(&author.peer.bytes, buffer_get_length(&author.peer.bytes));
                graph_writer_add_int(&author.writer, i);
                ck_assert_int_eq(author_finish(&author), 0);
                ck_assert_int_eq(peer_open(&author.peer), 0);
                ck_assert_int_eq(get_value(&author.peer)->integer, i);
        }
}
END_TEST

START_TEST(writer_gives_the_memory_of_a_large_value_back) {
        cleanup_(author_deinit) struct author author;
        static uint8_t large[GRAPH_WRITER_KEEP_BYTES + 1];

        author_init(&author, N_NODES_MAX);
        graph_writer_add_bytes(&author.writer, large, sizeof(large));
        ck_assert_uint_gt(graph_writer_get_size(&author.writer), sizeof(large));
        graph_writer_reset(&author.writer);
        ck_assert_ptr_null(author.writer.chunks.data);
        ck_assert_ptr_nonnull(author.writer.types.data);
        ck_assert_uint_eq(graph_writer_get_size(&author.writer), 0);
}
END_TEST

START_TEST(value_is_appended_behind_what_stood_there) {
        cleanup_(author_deinit) struct author author;

        author_init(&author, N_NODES_MAX);
        bytes_put(&author.peer.bytes, "before", 6);
        graph_writer_add_nil(&author.writer);
        ck_assert_int_eq(author_finish(&author), 0);
        ck_assert_mem_eq(buffer_get_data(&author.peer.bytes), "before\x0a\x01\x00", 9);
}
END_TEST

START_TEST(nothing_is_no_graph) {
        cleanup_(author_deinit) struct author author;

        author_init(&author, N_NODES_MAX);
        ck_assert_int_eq(author_finish(&author), -EINVAL);
}
END_TEST

START_TEST(writer_refuses_nodes_that_nobody_uses) {
        cleanup_(author_deinit) struct author author;

        author_init(&author, N_NODES_MAX);
        graph_writer_add_nil(&author.writer);
        graph_writer_add_nil(&author.writer);
        ck_assert_int_eq(author_finish(&author), -EINVAL);
        ck_assert_uint_eq(buffer_get_length(&author.peer.bytes), 0);
}
END_TEST

START_TEST(writer_refuses_what_a_reader_would) {
        cleanup_(author_deinit) struct author author;
        struct graph_chunk twice[] = { chunk("k"), chunk("k") };
        struct graph_chunk broken = chunk("\xff");

        author_init(&author, N_NODES_MAX);
        graph_writer_add_list(&author.writer, (uint32_t[]){ 0 }, 1);
        ck_assert_int_eq(author.writer.error, -EINVAL);
        graph_writer_reset(&author.writer);
        graph_writer_add_nil(&author.writer);
        graph_writer_add_map(&author.writer, twice, (uint32_t[]){ 0, 0 }, 2);
        ck_assert_int_eq(author.writer.error, -EINVAL);
        graph_writer_reset(&author.writer);
        graph_writer_add_nil(&author.writer);
        graph_writer_add_map(&author.writer, &broken, (uint32_t[]){ 0 }, 1);
        ck_assert_int_eq(author.writer.error, -EILSEQ);
        graph_writer_reset(&author.writer);
        graph_writer_add_string(&author.writer, "\xed\xa0\x80", 3);
        ck_assert_int_eq(author.writer.error, -EILSEQ);
}
END_TEST

START_TEST(first_error_sticks_until_finish) {
        cleanup_(author_deinit) struct author author;

        author_init(&author, 2);
        graph_writer_add_string(&author.writer, "\xff", 1);
        for (size_t i = 0; i < 5; i++)
                ck_assert_uint_eq(graph_writer_add_nil(&author.writer), 0);
        ck_assert_uint_eq(graph_writer_add_float(&author.writer, 1), 0);
        ck_assert_uint_eq(graph_writer_add_bytes(&author.writer, "x", 1), 0);
        ck_assert_uint_eq(graph_writer_add_list(&author.writer, NULL, 0), 0);
        ck_assert_int_eq(author_finish(&author), -EILSEQ);
}
END_TEST

START_TEST(writer_is_held_to_its_limit_exactly) {
        cleanup_(author_deinit) struct author author;
        uint32_t child;

        author_init(&author, 2);
        child = graph_writer_add_nil(&author.writer);
        child = graph_writer_add_list(&author.writer, &child, 1);
        ck_assert_int_eq(author.writer.error, 0);
        graph_writer_add_list(&author.writer, &child, 1);
        ck_assert_int_eq(author_finish(&author), -E2BIG);
}
END_TEST

static int write_some(struct author *author) {
        uint32_t elements[3];

        graph_writer_reset(&author->writer);
        elements[0] = graph_writer_add_int(&author->writer, 1);
        elements[1] = graph_writer_add_float(&author->writer, 2);
        elements[2] = graph_writer_add_string(&author->writer, "three", 5);
        graph_writer_add_map(&author->writer,
                             (struct graph_chunk[]){ chunk("a"), chunk("b"), chunk("c") },
                             elements,
                             3);
        return author_finish(author);
}

START_TEST(each_allocation_of_a_writer_may_fail) {
        bool has_failed = true, is_as_expected = true;

        for (size_t n = 1; has_failed; n++) {
                cleanup_(author_deinit) struct author author;
                int r;

                author_init(&author, N_NODES_MAX);
                failing_malloc_arm(n);
                r = write_some(&author);
                has_failed = failing_malloc_disarm();
                is_as_expected &= r == (has_failed ? -ENOMEM : 0);
                is_as_expected &= write_some(&author) == 0;
        }
        ck_assert(is_as_expected);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                each_type_is_read,
                small_graph_allocates_nothing,
                empty_message_is_no_graph,
                empty_list_and_map_are_values,
                types_given_twice_are_the_last_ones,
                arrays_come_in_pieces_packed_or_not_with_anything_between,
                floats_come_unpacked_too,
                arrays_that_do_not_add_up_are_refused,
                count_past_the_children_is_refused_before_it_is_walked,
                map_needs_a_key_for_each_element,
                child_that_is_not_before_its_parent_is_refused,
                million_nodes_that_nobody_can_use_take_no_memory,
                node_that_nobody_uses_is_refused,
                key_twice_is_refused_among_few_and_among_many,
                map_of_100000_keys_is_read_at_once,
                strings_and_keys_are_utf8_and_may_hold_nul,
                reference_is_an_outcome_of_its_own,
                unknown_type_is_refused,
                nodes_are_held_to_the_limit_exactly,
                million_levels_of_lists_are_read,
                million_empty_pieces_are_no_work,
                array_in_another_encoding_is_refused,
                varint_of_more_than_64_bits_is_refused,
                broken_bytes_and_groups_are_refused,
                graph_that_finds_no_memory_is_a_fault_and_leaves_nothing_behind,
                written_graph_is_read_back,
                writer_is_used_again_after_reset,
                writer_gives_the_memory_of_a_large_value_back,
                value_is_appended_behind_what_stood_there,
                nothing_is_no_graph,
                writer_refuses_nodes_that_nobody_uses,
                writer_refuses_what_a_reader_would,
                first_error_sticks_until_finish,
                writer_is_held_to_its_limit_exactly,
                each_allocation_of_a_writer_may_fail,
        };

        return suite_run("graph", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
