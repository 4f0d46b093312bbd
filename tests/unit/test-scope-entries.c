/* SPDX-License-Identifier: MIT */
/* What scopes do about entries, and about what was published in them. */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "gc/memory.h"
#include "helpers/heap-stand.h"
#include "helpers/suite.h"

enum {
        TEXT_BYTES = 4096,
};

static gca_value make_text(gca_region *region, int n) {
        return gca_string_format(region, "text %d", n);
}

START_TEST(entries_go_with_their_scope) {
        struct stand stand = stand_begin();
        gca_scope scope;

        gca_scope_begin(stand.region, &scope);
        for (int i = 0; i < 1000; i++)
                (void)gca_publish(stand.region, make_text(stand.region, i));
        ck_assert_uint_eq(stand.region->entries.n, 1000);
        gca_scope_end(stand.region, &scope, GCA_NO_VALUE);
        ck_assert_uint_eq(stand.region->entries.n, 0);
        ck_assert_uint_eq(stand_count(&stand), 0);
        stand_end(&stand);
}
END_TEST

START_TEST(entries_of_outer_scopes_stay) {
        struct stand stand = stand_begin();
        gca_value outer = gca_publish(stand.region, make_text(stand.region, 1));
        gca_scope scope;

        gca_scope_begin(stand.region, &scope);
        (void)gca_publish(stand.region, make_text(stand.region, 2));
        gca_scope_end(stand.region, &scope, GCA_NO_VALUE);
        ck_assert_uint_eq(stand_count(&stand), 1);
        ck_assert_str_eq(gca_get_string(outer, NULL), "text 1");
        stand_end(&stand);
}
END_TEST

START_TEST(result_keeps_what_it_refers_to_in_the_store) {
        struct stand stand = stand_begin();
        gca_value elements[100], value;
        gca_scope scope;

        gca_scope_begin(stand.region, &scope);
        for (int i = 0; i < 100; i++)
                elements[i] = gca_publish(stand.region, make_text(stand.region, i));
        value = gca_scope_end(stand.region, &scope, gca_list(stand.region, elements, 50));
        ck_assert(!gca_is_published(value));
        ck_assert_uint_eq(stand.region->entries.n, 50);
        ck_assert_uint_eq(stand_count(&stand), 50);
        for (int i = 0; i < 50; i++)
                ck_assert_uint_eq(gca_get_element(value, (size_t)i).word, elements[i].word);
        stand_end(&stand);
}
END_TEST

START_TEST(stored_result_is_kept) {
        struct stand stand = stand_begin();
        gca_value value;
        gca_scope scopes[2];

        gca_scope_begin(stand.region, &scopes[0]);
        gca_scope_begin(stand.region, &scopes[1]);
        value = gca_publish(stand.region, make_text(stand.region, 1));
        value = gca_scope_end(stand.region, &scopes[1], value);
        value = gca_scope_end(stand.region, &scopes[0], value);
        ck_assert_uint_eq(stand_count(&stand), 1);
        ck_assert_str_eq(gca_get_string(value, NULL), "text 1");
        stand_end(&stand);
}
END_TEST

/* What is borrowed has no entry of its own; as a result it gets one. */
START_TEST(borrowed_result_is_kept_when_its_holder_goes) {
        struct stand stand = stand_begin();
        gca_value value;
        gca_scope scope;

        gca_scope_begin(stand.region, &scope);
        value = make_text(stand.region, 3);
        value = gca_publish(stand.region, gca_list(stand.region, (gca_value[]){ value, value }, 2));
        value = gca_scope_end(stand.region, &scope, gca_get_element(value, 1));
        ck_assert_uint_eq(stand_count(&stand), 1);
        ck_assert_str_eq(gca_get_string(value, NULL), "text 3");
        stand_end(&stand);
}
END_TEST

START_TEST(million_references_to_one_object_need_one_entry) {
        enum {
                N = 1000000,
        };
        struct stand stand = stand_begin();
        gca_value *elements = calloc(N, sizeof(*elements)), parts[20], value;
        gca_scope scope;

        gca_scope_begin(stand.region, &scope);
        for (int i = 0; i < 20; i++)
                parts[i] = gca_publish(stand.region, make_text(stand.region, i));
        for (int i = 0; i < N; i++)
                elements[i] = parts[i % 20];
        value = gca_scope_end(stand.region, &scope, gca_list(stand.region, elements, N));
        ck_assert_uint_eq(gca_get_count(value), N);
        ck_assert_uint_eq(stand.region->entries.n, 20);
        free(elements);
        stand_end(&stand);
}
END_TEST

START_TEST(published_object_is_replaced_by_its_copy) {
        struct stand stand = stand_begin();
        gca_value part, copy, value;
        gca_scope scope;

        gca_scope_begin(stand.region, &scope);
        part = gca_list(stand.region, (gca_value[]){ make_text(stand.region, 1), gca_nil() }, 2);
        copy = gca_publish(stand.region, part);
        value = gca_list(stand.region, (gca_value[]){ part, gca_nil(), part }, 3);
        value = gca_scope_end(stand.region, &scope, value);
        ck_assert_uint_eq(gca_get_element(value, 0).word, copy.word);
        ck_assert_uint_eq(gca_get_element(value, 2).word, copy.word);
        ck_assert_uint_eq(gca_region_get_bytes(stand.region), 32);
        ck_assert_uint_eq(stand_count(&stand), 2);
        stand_end(&stand);
}
END_TEST

START_TEST(published_result_is_its_copy) {
        struct stand stand = stand_begin();
        gca_value value, copy;
        gca_scope scope;

        gca_scope_begin(stand.region, &scope);
        value = make_text(stand.region, 1);
        copy = gca_publish(stand.region, value);
        ck_assert_uint_eq(gca_scope_end(stand.region, &scope, value).word, copy.word);
        ck_assert_uint_eq(stand_count(&stand), 1);
        stand_end(&stand);
}
END_TEST

START_TEST(scope_without_memory_gives_no_value_and_its_entries_up) {
        bool is_done = false;

        for (size_t n = 1; !is_done; n++) {
                struct stand stand = stand_begin();
                gca_value elements[200], value;
                gca_scope scope;

                gca_scope_begin(stand.region, &scope);
                for (int i = 0; i < 200; i++)
                        elements[i] = gca_publish(stand.region, make_text(stand.region, i));
                value = gca_list(stand.region, elements, 200);
                memory_fail_at(n);
                value = gca_scope_end(stand.region, &scope, value);
                memory_fail_at(0);
                is_done = gca_is_value(value);
                if (!is_done)
                        ck_assert_int_eq(gca_region_get_fault(stand.region), GCA_REGION_NO_MEMORY);
                ck_assert_uint_eq(stand.region->entries.n, is_done ? 200 : 0);
                ck_assert_uint_eq(stand_count(&stand), is_done ? 200 : 0);
                stand_end(&stand);
        }
}
END_TEST

/* ---- random nests of scopes and publications, compared by what the results print as ---- */

struct game {
        struct stand stand;
        unsigned seed;
        gca_value kept[8]; /* of the scopes that are open, at most as deep as their index */
};

static unsigned game_draw(struct game *game, unsigned n) {
        game->seed = game->seed * 1103515245 + 12345;
        return (game->seed >> 16) % n;
}

static gca_value game_make_part(struct game *game, gca_value *parts, size_t n) {
        gca_region *region = game->stand.region;

        switch (game_draw(game, 7)) {
        case 0:
                return parts[n - 1];
        case 1:
                return make_text(region, (int)game_draw(game, 1000));
        case 2:
                return gca_bytes(region, NULL, game_draw(game, 30) == 0 ? 40000 : 20);
        case 3:
                return gca_list(region, parts, n);
        case 4:
                return gca_publish(region, parts[game_draw(game, (unsigned)n)]);
        case 5:
                return gca_publish(region, gca_list(region, parts, n));
        default:
                return gca_int(region, (int64_t)game_draw(game, 99) << 56);
        }
}

static gca_value game_make(struct game *game, int depth) {
        gca_value parts[5];
        size_t n = game_draw(game, 5) + 1;

        parts[0] = game->kept[game_draw(game, (unsigned)depth + 1)];
        for (size_t i = 1; i < n; i++)
                parts[i] = game_make_part(game, parts, i);
        return gca_list(game->stand.region, parts, n);
}

static void game_step_collector(struct game *game) {
        if (game_draw(game, 10) == 0)
                (void)gca_heap_collect(game->stand.heap, false);
        (void)gca_heap_step_once(game->stand.heap, 1000);
}

static gca_value game_play(struct game *game, int depth) {
        static char before[TEXT_BYTES], after[TEXT_BYTES];
        gca_scope scope;
        gca_value value;

        gca_scope_begin(game->stand.region, &scope);
        game->kept[depth] = game->kept[depth - 1];
        for (unsigned n = game_draw(game, 8); n > 0; n--) {
                game->kept[depth] = depth < 7 && game_draw(game, 3) == 0
                                            ? game_play(game, depth + 1)
                                            : game_make(game, depth);
                game_step_collector(game);
        }
        value = game->kept[depth];
        (void)gca_print(value, before, sizeof(before));
        value = gca_scope_end(game->stand.region, &scope, value);
        (void)gca_print(value, after, sizeof(after));
        ck_assert_str_eq(before, after);
        region_verify(game->stand.region);
        return value;
}

START_TEST(random_nests_keep_their_results) {
        for (unsigned seed = 1; seed <= 60; seed++) {
                struct game game = { .stand = stand_begin(), .seed = seed };

                game.kept[0] = gca_string(game.stand.region, "root", -1);
                for (int i = 0; i < 5; i++)
                        game.kept[0] = game_play(&game, 1);
                stand_collect(&game.stand);
                stand_end(&game.stand);
        }
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                entries_go_with_their_scope,
                entries_of_outer_scopes_stay,
                result_keeps_what_it_refers_to_in_the_store,
                stored_result_is_kept,
                borrowed_result_is_kept_when_its_holder_goes,
                million_references_to_one_object_need_one_entry,
                published_object_is_replaced_by_its_copy,
                published_result_is_its_copy,
                scope_without_memory_gives_no_value_and_its_entries_up,
                random_nests_keep_their_results,
        };

        return suite_run("scope-entries", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
