/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gc/region.h"
#include "helpers/suite.h"

enum {
        TEXT_BYTES = 4096,
        ROUNDS = 20000,
};

/* [n, "text n", [n.5, nil]] and plenty of garbage. */
static gca_value make_value(gca_region *region, int n) {
        gca_value inner =
                gca_list(region, (gca_value[]){ gca_float(region, n + 0.5), gca_nil() }, 2);

        (void)gca_bytes(region, NULL, (size_t)n % 3000);
        return gca_list(
                region,
                (gca_value[]){ gca_int(region, n), gca_string_format(region, "text %d", n), inner },
                3);
}

static void expect_value(gca_value value, int n) {
        ck_assert_int_eq(gca_get_int(gca_get_element(value, 0)), n);
        ck_assert_int_eq(atoi(gca_get_string(gca_get_element(value, 1), NULL) + 5), n);
        ck_assert(gca_get_float(gca_get_element(gca_get_element(value, 2), 0)) == n + 0.5);
}

START_TEST(result_survives_and_the_rest_goes) {
        gca_region *region = gca_region_new(0);
        gca_scope scope;
        gca_value value;

        gca_scope_begin(region, &scope);
        (void)gca_bytes(region, NULL, 100000);
        value = gca_scope_end(region, &scope, make_value(region, 2999));
        region_verify(region);
        expect_value(value, 2999);
        ck_assert_uint_lt(gca_region_get_bytes(region), 200);
        gca_region_free(region);
}
END_TEST

START_TEST(loop_of_scopes_needs_memory_for_results_only) {
        gca_region *region = gca_region_new(0);

        for (int i = 0; i < ROUNDS; i++) {
                gca_value value;
                gca_scope scope;

                gca_scope_begin(region, &scope);
                value = make_value(region, i);
                gca_scope_end(region, &scope, GCA_NO_VALUE);
                gca_scope_begin(region, &scope);
                value = gca_scope_end(region, &scope, make_value(region, i));
                expect_value(value, i);
        }
        ck_assert_uint_le(gca_region_get_bytes(region), ROUNDS * 128);
        region_verify(region);
        gca_region_free(region);
}
END_TEST

static size_t count_chunk_bytes(const gca_region *region) {
        size_t bytes = 0;

        for (const struct region_chunk *chunk = region->top; chunk; chunk = chunk->below)
                bytes += region_chunk_get_size(chunk);
        return bytes;
}

/* Results of every size, each made with as much garbage. */
START_TEST(loop_of_scopes_holds_no_more_than_twice_its_results) {
        for (size_t size = 1000; size < 700000; size = size * 5 / 2) {
                gca_region *region = gca_region_new(0);

                for (int i = 0; i < 30; i++) {
                        gca_value value = gca_nil();
                        gca_scope scope;

                        gca_scope_begin(region, &scope);
                        for (size_t n = 0; n < size; n += 100 + 24) {
                                gca_value part = gca_bytes(region, NULL, 92);

                                (void)gca_bytes(region, NULL, 100);
                                value = gca_list(region, (gca_value[]){ part, value }, 2);
                        }
                        ck_assert(gca_is_value(gca_scope_end(region, &scope, value)));
                }
                region_verify(region);
                ck_assert_uint_le(count_chunk_bytes(region),
                                  2 * gca_region_get_bytes(region) + (256 << 10));
                gca_region_free(region);
        }
}
END_TEST

START_TEST(result_that_was_not_made_inside_is_left_alone) {
        gca_region *region = gca_region_new(0);
        gca_value outer = gca_string(region, "outer", -1), constant;
        size_t bytes = gca_region_get_bytes(region);
        gca_scope scope;

        gca_scope_begin(region, &scope);
        (void)make_value(region, 1);
        ck_assert_uint_eq(gca_scope_end(region, &scope, outer).word, outer.word);
        ck_assert_uint_eq(gca_region_get_bytes(region), bytes);
        gca_scope_begin(region, &scope);
        (void)make_value(region, 1);
        constant = gca_scope_end(region, &scope, gca_bool(true));
        ck_assert(gca_get_bool(constant));
        ck_assert_uint_eq(gca_region_get_bytes(region), bytes);
        gca_region_free(region);
}
END_TEST

START_TEST(objects_of_outer_scopes_are_not_copied) {
        gca_region *region = gca_region_new(0);
        gca_value outer = gca_string(region, "outer", -1), middle, inner;
        gca_scope scopes[2];

        gca_scope_begin(region, &scopes[0]);
        middle = gca_list(region, &outer, 1);
        gca_scope_begin(region, &scopes[1]);
        inner = gca_list(region, (gca_value[]){ outer, middle }, 2);
        inner = gca_scope_end(region, &scopes[1], inner);
        region_verify(region);
        ck_assert_uint_eq(gca_get_element(inner, 0).word, outer.word);
        ck_assert_uint_eq(gca_get_element(inner, 1).word, middle.word);
        inner = gca_scope_end(region, &scopes[0], inner);
        region_verify(region);
        ck_assert_uint_eq(gca_get_element(inner, 0).word, outer.word);
        ck_assert_uint_eq(gca_get_element(gca_get_element(inner, 1), 0).word, outer.word);
        gca_region_free(region);
}
END_TEST

START_TEST(sharing_is_kept) {
        gca_region *region = gca_region_new(0);
        gca_value value;
        gca_scope scope;

        gca_scope_begin(region, &scope);
        value = gca_string(region, "shared", -1);
        for (int i = 0; i < 100; i++)
                value = gca_list(region, (gca_value[]){ value, value }, 2);
        value = gca_scope_end(region, &scope, value);
        region_verify(region);
        ck_assert_uint_eq(gca_region_get_bytes(region), 100 * 24 + 16);
        ck_assert_uint_eq(gca_get_element(value, 0).word, gca_get_element(value, 1).word);
        gca_region_free(region);
}
END_TEST

START_TEST(large_object_changes_owner_where_it_lies) {
        gca_region *region = gca_region_new(0);
        gca_value bytes, list;
        gca_scope scope;
        const void *data;

        gca_scope_begin(region, &scope);
        bytes = gca_bytes(region, NULL, 1000000);
        data = gca_get_bytes(bytes, NULL);
        (void)gca_bytes(region, NULL, 2000000);
        list = gca_scope_end(region, &scope, gca_list(region, &bytes, 1));
        region_verify(region);
        ck_assert_ptr_eq(gca_get_bytes(gca_get_element(list, 0), NULL), data);
        ck_assert_uint_lt(gca_region_get_bytes(region), 1001000);
        gca_region_free(region);
}
END_TEST

START_TEST(large_list_carries_its_elements_along) {
        static gca_value elements[10000];
        gca_region *region = gca_region_new(0);
        gca_value list;
        gca_scope scope;

        for (int round = 0; round < 3; round++) {
                gca_scope_begin(region, &scope);
                for (int i = 0; i < 10000; i++)
                        elements[i] = i > 100 && round == 0 ? elements[0] : make_value(region, i);
                list = gca_scope_end(region, &scope, gca_list(region, elements, 10000));
                region_verify(region);
                for (int i = 0; i < 100; i++)
                        expect_value(gca_get_element(list, (size_t)i), i);
        }
        gca_region_free(region);
}
END_TEST

START_TEST(maps_keep_their_index) {
        gca_region *region = gca_region_new(0);
        gca_builder builder;
        gca_scope scope;
        gca_value map;
        char key[16];

        gca_scope_begin(region, &scope);
        gca_builder_begin_map(&builder, region);
        for (int i = 0; i < 100; i++) {
                (void)snprintf(key, sizeof(key), "key %d", i);
                gca_builder_set(&builder, key, make_value(region, i));
        }
        map = gca_scope_end(region, &scope, gca_builder_end(&builder));
        region_verify(region);
        for (int i = 0; i < 100; i++) {
                (void)snprintf(key, sizeof(key), "key %d", i);
                expect_value(gca_find(map, key, -1), i);
        }
        gca_region_free(region);
}
END_TEST

START_TEST(result_may_be_larger_than_what_was_there_before) {
        gca_region *region = gca_region_new(0);
        gca_value value = gca_nil();

        for (int round = 0; round < 20; round++) {
                gca_scope scope;
                int depth = 0;

                gca_scope_begin(region, &scope);
                for (int i = 0; i < 3000; i++)
                        value = gca_list(region, &value, 1);
                value = gca_scope_end(region, &scope, value);
                region_verify(region);
                for (gca_value v = value; gca_get_type(v) == GCA_TYPE_LIST; depth++)
                        v = gca_get_element(v, 0);
                ck_assert_int_eq(depth, 3000 * (round + 1));
                ck_assert_uint_eq(gca_region_get_bytes(region), (size_t)depth * 16);
        }
        gca_region_free(region);
}
END_TEST

START_TEST(scopes_deeper_than_headers_can_tell_still_nest) {
        enum {
                DEPTH = OBJECT_DEPTH_MAX + 10
        };
        gca_scope *scopes = calloc(DEPTH, sizeof(*scopes));
        gca_region *region = gca_region_new(0);
        gca_value value = gca_nil();

        for (int i = 0; i < DEPTH; i++) {
                gca_scope_begin(region, &scopes[i]);
                if (i % 1000 == 0 || i > OBJECT_DEPTH_MAX - 10)
                        value = gca_list(region, &value, 1);
        }
        region_verify(region);
        for (int i = DEPTH - 1; i >= 0; i--)
                value = gca_scope_end(region, &scopes[i], value);
        region_verify(region);
        for (int i = 0; i < 60; i++)
                value = gca_get_element(value, 0);
        ck_assert_int_eq(gca_get_type(value), GCA_TYPE_LIST);
        gca_region_free(region);
        free(scopes);
}
END_TEST

START_TEST(full_region_goes_on_after_the_end_of_a_scope) {
        gca_region *region = gca_region_new(50000);
        gca_value value = gca_nil();
        gca_scope scope;

        gca_scope_begin(region, &scope);
        for (gca_value next = value; gca_is_value(next); next = gca_list(region, &value, 1))
                value = next;
        ck_assert(gca_region_is_exhausted(region));
        value = gca_scope_end(region, &scope, value);
        ck_assert(gca_is_value(value));
        region_verify(region);
        gca_scope_begin(region, &scope);
        ck_assert(!gca_is_value(gca_bytes(region, NULL, 10000)));
        gca_scope_end(region, &scope, GCA_NO_VALUE);
        gca_region_free(region);

        region = gca_region_new(50000);
        gca_scope_begin(region, &scope);
        while (gca_is_value(gca_bytes(region, NULL, 1000)))
                continue;
        gca_scope_end(region, &scope, GCA_NO_VALUE);
        ck_assert_uint_eq(gca_region_get_bytes(region), 0);
        ck_assert(gca_is_value(gca_bytes(region, NULL, 49000)));
        gca_region_free(region);
}
END_TEST

START_TEST(ended_region_forgets_open_scopes) {
        struct gca_region region;
        gca_scope scope;

        region_init(&region, NULL, 0);
        gca_scope_begin(&region, &scope);
        (void)make_value(&region, 1);
        region_deinit(&region);
        region_verify(&region);
        ck_assert(gca_is_value(make_value(&region, 2)));
        region_verify(&region);
        region_deinit(&region);
}
END_TEST

/* ---- random nests of scopes, compared by what the results print as ---- */

struct game {
        gca_region *region;
        unsigned seed;
        gca_value kept[8]; /* of the scopes that are open, at most as deep as their index */
};

static unsigned game_draw(struct game *game, unsigned n) {
        game->seed = game->seed * 1103515245 + 12345;
        return (game->seed >> 16) % n;
}

static gca_value game_make(struct game *game, int depth) {
        gca_value parts[5];
        size_t n = game_draw(game, 5) + 1;

        parts[0] = game->kept[game_draw(game, (unsigned)depth + 1)];
        for (size_t i = 1; i < n; i++) {
                switch (game_draw(game, 5)) {
                case 0:
                        parts[i] = parts[i - 1];
                        break;
                case 1:
                        parts[i] = gca_string_format(game->region, "%u", game_draw(game, 1000));
                        break;
                case 2:
                        parts[i] = gca_bytes(
                                game->region, NULL, game_draw(game, 30) == 0 ? 40000 : 20);
                        break;
                case 3:
                        parts[i] = gca_list(game->region, parts, i);
                        break;
                default:
                        parts[i] = gca_int(game->region, (int64_t)game_draw(game, 99) << 56);
                }
        }
        return gca_list(game->region, parts, n);
}

static gca_value game_play(struct game *game, int depth) {
        static char before[TEXT_BYTES], after[TEXT_BYTES];
        gca_scope scope;
        gca_value value;

        gca_scope_begin(game->region, &scope);
        game->kept[depth] = game->kept[depth - 1];
        for (unsigned n = game_draw(game, 8); n > 0; n--)
                game->kept[depth] = depth < 7 && game_draw(game, 3) == 0
                                            ? game_play(game, depth + 1)
                                            : game_make(game, depth);
        value = game->kept[depth];
        (void)gca_print(value, before, sizeof(before));
        value = gca_scope_end(game->region, &scope, value);
        (void)gca_print(value, after, sizeof(after));
        ck_assert_str_eq(before, after);
        region_verify(game->region);
        return value;
}

START_TEST(random_nests_keep_their_results) {
        for (unsigned seed = 1; seed <= 60; seed++) {
                struct game game = { .region = gca_region_new(0), .seed = seed };

                game.kept[0] = gca_string(game.region, "root", -1);
                for (int i = 0; i < 5; i++)
                        game.kept[0] = game_play(&game, 1);
                gca_region_free(game.region);
        }
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                result_survives_and_the_rest_goes,
                loop_of_scopes_needs_memory_for_results_only,
                loop_of_scopes_holds_no_more_than_twice_its_results,
                result_that_was_not_made_inside_is_left_alone,
                objects_of_outer_scopes_are_not_copied,
                sharing_is_kept,
                large_object_changes_owner_where_it_lies,
                large_list_carries_its_elements_along,
                maps_keep_their_index,
                result_may_be_larger_than_what_was_there_before,
                scopes_deeper_than_headers_can_tell_still_nest,
                full_region_goes_on_after_the_end_of_a_scope,
                ended_region_forgets_open_scopes,
                random_nests_keep_their_results,
        };

        return suite_run("scope", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
