/* SPDX-License-Identifier: MIT */
/*
 * Equality: a list of pairs still to be compared, in any order, since all of them must be equal. Leaves are
 * compared where they are met, so only lists and maps are listed.
 *
 * Once two objects are to be compared they may be taken for equal everywhere else: if they are not, the
 * answer is false anyway. So pairs are entered in a union-find structure of objects taken for equal, and one found
 * in one class already is skipped. There are fewer unions than objects, which bounds the walk by the sizes of
 * both values, also where the same parts are shared in different ways. See the sharing note in object-table.h for
 * those that are not entered.
 *
 * What a region has published is equal to its copy without a look, and compared with anything else by what it
 * holds itself, which stays readable: the copy may be unfinished.
 */
#include <string.h>

#include "gc/map.h"
#include "gc/memory.h"
#include "gc/object-table.h"

enum {
        PAIRS_INLINE = 32,
};

struct pair {
        const struct object *a, *b;
};

struct comparison {
        struct pair *pairs; /* to be compared */
        size_t n, n_max;
        size_t cost;
        size_t n_chain; /* pairs since one was entered; WALK_CHAIN_STEPS after one with siblings */
        struct object_table leaders;
        struct pair pairs_inline[PAIRS_INLINE];
};

static void comparison_deinit(struct comparison *comparison) {
        if (comparison->pairs != comparison->pairs_inline)
                memory_free(comparison->pairs);
        object_table_deinit(&comparison->leaders);
}

/* False when out of memory. */
static bool comparison_push(struct comparison *comparison, struct pair pair) {
        if (comparison->n == comparison->n_max) {
                bool is_inline = comparison->pairs == comparison->pairs_inline;
                size_t size = 2 * comparison->n_max * sizeof(pair);
                struct pair *pairs = memory_reallocate(is_inline ? NULL : comparison->pairs, size);

                if (!pairs)
                        return false;
                if (is_inline)
                        memcpy(pairs, comparison->pairs_inline, sizeof(comparison->pairs_inline));
                comparison->pairs = pairs;
                comparison->n_max *= 2;
        }
        comparison->pairs[comparison->n++] = pair;
        return true;
}

/* What stands for an object's class; halves the way there for the next time. */
static const struct object *comparison_find_leader(const struct comparison *comparison,
                                                   const struct object *object) {
        uint64_t *word = object_table_find(&comparison->leaders, object);

        while (word) {
                uint64_t *above = object_table_find(&comparison->leaders,
                                                    (const struct object *)(uintptr_t)*word);

                object = (const struct object *)(uintptr_t)*word;
                if (above)
                        *word = *above;
                word = above;
        }
        return object;
}

/* Takes both for equal. Outcome: whether that is news; negative when out of memory. */
static int comparison_unite(struct comparison *comparison, struct pair pair) {
        const struct object *a = comparison_find_leader(comparison, pair.a);
        const struct object *b = comparison_find_leader(comparison, pair.b);
        int r;

        if (a == b)
                return 0;
        r = object_table_add(&comparison->leaders, a, (uint64_t)(uintptr_t)b);
        return r != 0 ? r : 1;
}

static bool comparison_compare_text(struct comparison *comparison, struct pair pair) {
        bool is_light = walk_is_light_text(pair.a);
        size_t length = object_get_count(pair.a);

        if (length != object_get_count(pair.b))
                return false;
        if (pair.a == pair.b)
                return true;
        if (!is_light && comparison_find_leader(comparison, pair.a) ==
                                 comparison_find_leader(comparison, pair.b))
                return true;
        if (memcmp(pair.a->bytes, pair.b->bytes, length) != 0)
                return false;
        comparison->cost += walk_get_text_cost(pair.a);
        if (is_light || comparison->cost < WALK_COST_FREE)
                return true;
        return comparison_unite(comparison, pair) >= 0;
}

/* Two values of one slot; lists and maps that may be equal are only noted. */
static bool comparison_add(struct comparison *comparison, gca_value a, gca_value b) {
        struct pair pair;

        comparison->cost++;
        if (a.word == b.word)
                return true;
        if (!value_is_object(a) || !value_is_object(b))
                return false;
        pair = (struct pair){ value_get_object(a), value_get_object(b) };
        if (object_resolve(pair.a) == object_resolve(pair.b))
                return true;
        if (object_get_type(pair.a) != object_get_type(pair.b))
                return false;
        switch (object_get_type(pair.a)) {
        case GCA_TYPE_INT:
        case GCA_TYPE_FLOAT:
                return pair.a->integer[0] == pair.b->integer[0];
        case GCA_TYPE_STRING:
        case GCA_TYPE_BYTES:
                return comparison_compare_text(comparison, pair);
        case GCA_TYPE_BLOB:
        case GCA_TYPE_CELL:
        case GCA_TYPE_NATIVE:
        case GCA_TYPE_WEAK:
                /* They never move and never are forwarded: two of them are two. */
                return false;
        default:
                if (object_get_count(pair.a) != object_get_count(pair.b))
                        return false;
                return object_get_count(pair.a) == 0 || comparison_push(comparison, pair);
        }
}

/* The value in map b for the key at an index of map a. Most equal maps have their keys in the same order. */
static gca_value
comparison_find_partner(struct comparison *comparison, struct pair maps, size_t index) {
        struct pair keys = {
                value_get_object(map_get_key(maps.a, index)),
                value_get_object(map_get_key(maps.b, index)),
        };

        if (!comparison_compare_text(comparison, keys)) {
                index = map_find(maps.b, keys.a->text, object_get_count(keys.a));
                if (index == MAP_NOT_FOUND)
                        return GCA_NO_VALUE;
        }
        return map_get_value(maps.b, index);
}

static bool comparison_expand(struct comparison *comparison, struct pair pair) {
        size_t count = object_get_count(pair.a);
        bool is_map = object_get_type(pair.a) == GCA_TYPE_MAP;

        for (size_t i = 0; i < count; i++) {
                gca_value a = is_map ? map_get_value(pair.a, i) : pair.a->slots[i];
                gca_value b =
                        is_map ? comparison_find_partner(comparison, pair, i) : pair.b->slots[i];

                if (!comparison_add(comparison, a, b))
                        return false;
        }
        return true;
}

/* Whether a pair must be compared; negative when out of memory. */
static int comparison_enter(struct comparison *comparison, struct pair pair) {
        int r;

        if (comparison->cost < WALK_COST_FREE ||
            (comparison->n_chain < WALK_CHAIN_STEPS && walk_is_light_container(pair.a)))
                return 1;
        r = comparison_unite(comparison, pair);
        if (r > 0)
                comparison->n_chain = 0;
        return r;
}

static bool comparison_run(struct comparison *comparison) {
        while (comparison->n > 0) {
                struct pair pair = comparison->pairs[--comparison->n];
                size_t n_before = comparison->n;
                int r = comparison_enter(comparison, pair);

                if (r < 0)
                        return false;
                if (r == 0)
                        continue;
                if (!comparison_expand(comparison, pair))
                        return false;
                comparison->n_chain =
                        comparison->n == n_before + 1 ? comparison->n_chain + 1 : WALK_CHAIN_STEPS;
        }
        return true;
}

bool gca_equal(gca_value a, gca_value b) {
        struct comparison comparison;
        bool is_equal;

        comparison.pairs = comparison.pairs_inline;
        comparison.n = 0;
        comparison.n_max = PAIRS_INLINE;
        comparison.cost = 0;
        comparison.n_chain = WALK_CHAIN_STEPS;
        comparison.leaders = (struct object_table){ 0 };
        is_equal = comparison_add(&comparison, a, b) && comparison_run(&comparison);
        comparison_deinit(&comparison);
        return is_equal;
}
