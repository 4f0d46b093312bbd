/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gc/memory.h"
#include "helpers/heap-stand.h"
#include "helpers/suite.h"

enum {
#if defined(MEMORY_HAS_ASAN) || defined(SECTION_HAS_TSAN) || defined(GCASYNC_DEBUG_CHECKS)
        DEPTH = 200000,
#else
        DEPTH = 10000000,
#endif
        TEXT_BYTES = 1 << 16,
};

static const char *print(gca_value value) {
        static char texts[2][TEXT_BYTES];
        static unsigned turn;

        turn ^= 1;
        (void)gca_print(value, texts[turn], TEXT_BYTES);
        return texts[turn];
}

/* A bit of everything: {"list": [n, 0.5, "text", b"…"], "big": 2^62, "shared": [x, x]} */
static gca_value make_value(gca_region *region, int n) {
        gca_value list = gca_list(region,
                                  (gca_value[]){ gca_int(region, n),
                                                 gca_float(region, 0.5),
                                                 gca_string_format(region, "text %d", n),
                                                 gca_bytes(region, "\0\1", 2),
                                                 gca_list(region, NULL, 0) },
                                  5);
        gca_builder builder;

        gca_builder_begin_map(&builder, region);
        gca_builder_set(&builder, "list", list);
        gca_builder_set(&builder, "big", gca_int(region, INT64_MAX));
        gca_builder_set(&builder, "shared", gca_list(region, (gca_value[]){ list, list }, 2));
        return gca_builder_end(&builder);
}

static gca_value make_map(gca_region *region, int n) {
        gca_builder builder;
        char key[16];

        gca_builder_begin_map(&builder, region);
        for (int i = 0; i < n; i++) {
                (void)snprintf(key, sizeof(key), "key %d", i);
                gca_builder_set(&builder, key, gca_list(region, (gca_value[]){ gca_nil() }, 1));
        }
        return gca_builder_end(&builder);
}

/* A list of n lists, which is a large object. */
static gca_value make_large(gca_region *region, size_t n) {
        gca_builder builder;

        gca_builder_begin_list(&builder, region);
        for (size_t i = 0; i < n; i++)
                gca_builder_add(&builder, make_value(region, (int)i));
        return gca_builder_end(&builder);
}

START_TEST(copy_is_equal_and_in_the_store) {
        struct stand stand = stand_begin();
        gca_value value = make_value(stand.region, 7);
        gca_value copy = gca_publish(stand.region, value);

        ck_assert(gca_is_published(copy) && !gca_is_published(value));
        ck_assert(copy.word != value.word);
        ck_assert(gca_equal(copy, value));
        ck_assert_uint_eq(gca_hash(copy), gca_hash(value));
        stand_collect(&stand);
        ck_assert_str_eq(print(copy), print(value));
        stand_end(&stand);
}
END_TEST

START_TEST(immediate_values_are_published_by_nature) {
        gca_region *region = gca_region_new(0);

        ck_assert(gca_is_nil(gca_publish(region, gca_nil())));
        ck_assert_int_eq(gca_get_int(gca_publish(region, gca_int(region, 5))), 5);
        ck_assert(gca_is_published(gca_bool(true)));
        ck_assert(!gca_is_published(GCA_NO_VALUE));
        ck_assert(!gca_is_value(gca_publish(region, GCA_NO_VALUE)));
        ck_assert_int_eq(gca_region_get_fault(region), GCA_REGION_OK);
        gca_region_free(region);
}
END_TEST

START_TEST(second_publication_is_the_first) {
        struct stand stand = stand_begin();
        gca_value value = make_value(stand.region, 1);
        gca_value copy = gca_publish(stand.region, value);
        size_t n_entries = stand.region->entries.n;

        for (int i = 0; i < 100; i++)
                ck_assert_uint_eq(gca_publish(stand.region, value).word, copy.word);
        ck_assert_uint_eq(stand.region->entries.n, n_entries);
        ck_assert_uint_eq(gca_publish(stand.region, copy).word, copy.word);
        stand_end(&stand);
}
END_TEST

START_TEST(published_values_stay_readable_where_they_were) {
        struct stand stand = stand_begin();
        gca_value value = make_value(stand.region, 3), map = make_map(stand.region, 40);
        char *before = strdup(print(value));

        (void)gca_publish(stand.region, value);
        (void)gca_publish(stand.region, map);
        ck_assert_str_eq(print(value), before);
        ck_assert_int_eq(gca_get_type(value), GCA_TYPE_MAP);
        ck_assert_uint_eq(gca_get_count(gca_find(value, "list", -1)), 5);
        ck_assert_int_eq(gca_get_int(gca_find(value, "big", -1)), INT64_MAX);
        ck_assert(gca_is_value(gca_find(map, "key 39", -1)));
        region_verify(stand.region);
        free(before);
        stand_end(&stand);
}
END_TEST

START_TEST(what_was_published_is_not_copied_again) {
        struct stand stand = stand_begin();
        gca_value part = make_value(stand.region, 1);
        gca_value copy = gca_publish(stand.region, part), list;

        list = gca_list(stand.region, (gca_value[]){ part, copy, part }, 3);
        list = gca_publish(stand.region, list);
        for (size_t i = 0; i < 3; i++)
                ck_assert_uint_eq(gca_get_element(list, i).word, copy.word);
        stand_end(&stand);
}
END_TEST

START_TEST(sharing_is_kept) {
        struct stand stand = stand_begin();
        gca_value value = gca_string(stand.region, "shared", -1);

        for (int i = 0; i < 100; i++)
                value = gca_list(stand.region, (gca_value[]){ value, value }, 2);
        value = gca_publish(stand.region, value);
        for (gca_value v = value; gca_get_type(v) == GCA_TYPE_LIST; v = gca_get_element(v, 0))
                ck_assert_uint_eq(gca_get_element(v, 0).word, gca_get_element(v, 1).word);
        ck_assert_uint_eq(stand_count(&stand), 101);
        stand_end(&stand);
}
END_TEST

START_TEST(depth_needs_no_stack) {
        struct stand stand =
                stand_begin_with((gca_heap_options){ .reserve_bytes = (size_t)4 << 30 });
        gca_value value = gca_nil();
        size_t depth = 0;

        for (int i = 0; i < DEPTH; i++)
                value = gca_list(stand.region, &value, 1);
        value = gca_publish(stand.region, value);
        for (; gca_get_type(value) == GCA_TYPE_LIST; depth++) {
                ck_assert(gca_is_published(value));
                value = gca_get_element(value, 0);
        }
        ck_assert_uint_eq(depth, DEPTH);
        stand_end(&stand);
}
END_TEST

START_TEST(large_bytes_change_owner_where_they_lie) {
        struct stand stand = stand_begin();
        gca_value bytes = gca_bytes(stand.region, NULL, 1000000);
        const void *data = gca_get_bytes(bytes, NULL);
        gca_value copy = gca_publish(stand.region, bytes);

        ck_assert_uint_eq(copy.word, bytes.word);
        ck_assert(gca_is_published(copy));
        ck_assert_ptr_eq(gca_get_bytes(copy, NULL), data);
        ck_assert_uint_eq(gca_region_get_bytes(stand.region), 0);
        ck_assert_uint_eq(stand_count(&stand), 1);
        stand_end(&stand);
}
END_TEST

static void expect_published(gca_value value) {
        ck_assert(gca_is_published(value));
        if (gca_get_type(value) != GCA_TYPE_LIST && gca_get_type(value) != GCA_TYPE_MAP)
                return;
        for (size_t i = 0; i < gca_get_count(value); i++)
                expect_published(gca_get_element(value, i));
}

START_TEST(large_list_carries_its_elements_along) {
        struct stand stand = stand_begin();
        gca_value list = make_large(stand.region, 5000);
        gca_value copy = gca_publish(stand.region, gca_list(stand.region, &list, 1));

        expect_published(copy);
        ck_assert_uint_eq(gca_get_element(copy, 0).word, list.word);
        stand_collect(&stand);
        stand_renew_region(&stand);
        stand_end(&stand);
}
END_TEST

START_TEST(publication_survives_its_region) {
        struct stand stand = stand_begin();
        gca_region *other = gca_region_new_on(stand.thread, 0);
        gca_value copy = gca_hold(other, gca_publish(stand.region, make_value(stand.region, 9)));

        stand_renew_region(&stand);
        stand_collect(&stand);
        ck_assert_str_eq(print(copy), print(make_value(stand.region, 9)));
        gca_region_free(other);
        stand_end(&stand);
}
END_TEST

START_TEST(outer_object_published_from_inside_keeps_its_copy) {
        struct stand stand = stand_begin();
        gca_value outer = make_value(stand.region, 2), copy;
        gca_scope scope;

        gca_scope_begin(stand.region, &scope);
        copy = gca_publish(stand.region, gca_list(stand.region, &outer, 1));
        copy = gca_get_element(copy, 0);
        gca_scope_end(stand.region, &scope, GCA_NO_VALUE);
        stand_collect(&stand);
        stand_collect(&stand);
        ck_assert_uint_eq(gca_publish(stand.region, outer).word, copy.word);
        ck_assert_str_eq(print(copy), print(outer));
        stand_end(&stand);
}
END_TEST

START_TEST(many_outer_objects_need_no_entry_each) {
        struct stand stand = stand_begin();
        gca_value outer = make_large(stand.region, 3000);
        gca_scope scope;

        gca_scope_begin(stand.region, &scope);
        (void)gca_publish(stand.region, gca_list(stand.region, &outer, 1));
        ck_assert_uint_le(stand.region->entries.n, 2);
        gca_scope_end(stand.region, &scope, GCA_NO_VALUE);
        stand_collect(&stand);
        expect_published(gca_publish(stand.region, outer));
        stand_end(&stand);
}
END_TEST

START_TEST(region_without_a_heap_publishes_nothing) {
        gca_region *region = gca_region_new(0);

        ck_assert(!gca_is_value(gca_publish(region, gca_string(region, "s", -1))));
        ck_assert_int_eq(gca_region_get_fault(region), GCA_REGION_NO_HEAP);
        ck_assert_str_eq(gca_region_fault_to_string(GCA_REGION_NO_HEAP), "no-heap");
        gca_region_free(region);
}
END_TEST

START_TEST(account_pays_for_what_is_published) {
        struct stand stand = stand_begin();

        gca_region_set_account(stand.region, 42);
        (void)gca_publish(stand.region, gca_bytes(stand.region, NULL, 1000));
        (void)gca_publish(stand.region, gca_bytes(stand.region, NULL, 100000));
        ck_assert_uint_ge(gca_heap_get_account_bytes(stand.heap, 42), 101000);
        ck_assert_uint_le(gca_heap_get_account_bytes(stand.heap, 42), 101100);
        stand_renew_region(&stand);
        (void)stand_count(&stand);
        ck_assert_uint_eq(gca_heap_get_account_bytes(stand.heap, 42), 0);
        stand_end(&stand);
}
END_TEST

/* ---- failures ---- */

/* Small and large, of several slices and of two scopes. */
static gca_value make_graph(gca_region *region, gca_value outer) {
        gca_value large = make_large(region, 4200), deep = outer;

        for (int i = 0; i < 3000; i++)
                deep = gca_list(region, (gca_value[]){ gca_bytes(region, NULL, 100), deep }, 2);
        return gca_list(
                region, (gca_value[]){ large, deep, gca_bytes(region, NULL, 50000), outer }, 4);
}

/* Publishes with the n-th request failing; whether it succeeded. */
static bool publish_failing_at(struct stand *stand, gca_value value, size_t n) {
        gca_value copy;

        memory_fail_at(n);
        copy = gca_publish(stand->region, value);
        memory_fail_at(0);
        if (!gca_is_value(copy)) {
                ck_assert_int_eq(gca_region_get_fault(stand->region), GCA_REGION_NO_MEMORY);
                ck_assert(!gca_is_published(value));
                return false;
        }
        expect_published(copy);
        return true;
}

START_TEST(failed_publication_is_gone_on_with) {
        bool is_done = false;

        for (size_t n = 1; !is_done; n++) {
                struct stand stand = stand_begin();
                gca_value value = make_graph(stand.region, make_value(stand.region, 5)), copy;
                char *before = strdup(print(value));

                is_done = publish_failing_at(&stand, value, n);
                ck_assert_str_eq(print(value), before);
                region_verify(stand.region);
                stand_collect(&stand);
                ck_assert_str_eq(print(value), before);
                copy = gca_publish(stand.region, value);
                expect_published(copy);
                stand_collect(&stand);
                ck_assert(gca_equal(value, copy));
                ck_assert_str_eq(print(copy), before);
                free(before);
                stand_end(&stand);
        }
}
END_TEST

START_TEST(what_a_failed_publication_has_copied_cannot_be_rooted) {
        bool is_done = false;

        for (size_t n = 1; !is_done; n++) {
                struct stand stand = stand_begin();
                gca_value value = make_graph(stand.region, make_value(stand.region, 5));
                gca_value large = gca_get_element(value, 0), copy;
                gca_root_owner *owner = gca_root_owner_new(stand.heap, 1);
                gca_root root;

                copy = gca_publish(stand.region, gca_int(stand.region, INT64_MAX));
                ck_assert_int_eq(gca_root_register(stand.thread, owner, copy, &root), 0);
                is_done = publish_failing_at(&stand, value, n);
                if (!is_done) {
                        gca_root other;

                        ck_assert_int_eq(gca_root_register(stand.thread, owner, value, &other),
                                         GCA_ROOT_E_NOT_PUBLISHED);
                        ck_assert_int_eq(gca_root_register(stand.thread, owner, large, &other),
                                         GCA_ROOT_E_NOT_PUBLISHED);
                        ck_assert_int_eq(gca_root_set(stand.thread, stand.heap, root, large),
                                         GCA_ROOT_E_NOT_PUBLISHED);
                        ck_assert(gca_is_value(gca_publish(stand.region, value)));
                }
                ck_assert_int_eq(gca_root_set(stand.thread, stand.heap, root, value), 0);
                ck_assert_int_eq(gca_root_set(stand.thread, stand.heap, root, large), 0);
                gca_root_owner_free(stand.thread, owner);
                stand_end(&stand);
        }
}
END_TEST

START_TEST(failed_publication_goes_with_its_region) {
        bool is_done = false;

        for (size_t n = 1; !is_done; n++) {
                struct stand stand = stand_begin();
                gca_value value = make_graph(stand.region, make_value(stand.region, 5));

                is_done = publish_failing_at(&stand, value, n);
                if (n % 2)
                        stand_collect(&stand);
                stand_end(&stand);
        }
}
END_TEST

/* Its copies, not all of them filled in, lie in the store until they are swept. */
START_TEST(what_a_failed_publication_leaves_is_sound_at_every_step) {
        bool is_done = false;

        for (size_t n = 1; !is_done; n++) {
                struct stand stand = stand_begin();
                gca_value value = make_graph(stand.region, make_value(stand.region, 5));

                is_done = publish_failing_at(&stand, value, n);
                if (n % 2)
                        stand_renew_region(&stand);
                ck_assert_int_eq(gca_heap_collect(stand.heap, false), 0);
                do
                        heap_verify(stand.heap);
                while (gca_heap_step_once(stand.heap, 0) != GCA_HEAP_IDLE);
                stand_renew_region(&stand);
                ck_assert_uint_eq(stand_count(&stand), 0);
                stand_end(&stand);
        }
}
END_TEST

START_TEST(failed_publication_forgets_what_goes_with_a_scope) {
        bool is_done = false;

        for (size_t n = 1; !is_done; n++) {
                struct stand stand = stand_begin();
                gca_value outer = make_large(stand.region, 4100), value;
                char *before = strdup(print(outer));
                gca_scope scope;

                gca_scope_begin(stand.region, &scope);
                value = make_graph(stand.region, outer);
                is_done = publish_failing_at(&stand, value, n);
                memory_fail_at(1);
                value = gca_scope_end(stand.region, &scope, gca_bool(true));
                memory_fail_at(0);
                ck_assert(gca_get_bool(value));
                stand_collect(&stand);
                ck_assert_str_eq(print(outer), before);
                expect_published(gca_publish(stand.region, outer));
                stand_collect(&stand);
                ck_assert_str_eq(print(outer), before);
                free(before);
                stand_end(&stand);
        }
}
END_TEST

START_TEST(hard_limit_fails_publication_and_nothing_else) {
        struct stand stand =
                stand_begin_with((gca_heap_options){ .hard_limit_bytes = (size_t)1 << 20 });
        gca_value value = gca_nil();
        int n = 0;

        while (gca_is_value(value) && n < 1000) {
                value = gca_publish(stand.region, gca_bytes(stand.region, NULL, 20000));
                n++;
        }
        ck_assert_int_ge(n, 40);
        ck_assert_int_le(n, 53);
        ck_assert_int_eq(gca_region_get_fault(stand.region), GCA_REGION_HEAP_LIMIT);
        stand_renew_region(&stand);
        stand_collect(&stand);
        ck_assert(gca_is_value(gca_publish(stand.region, gca_bytes(stand.region, NULL, 700000))));
        ck_assert(!gca_is_value(gca_publish(stand.region, gca_bytes(stand.region, NULL, 700000))));
        stand_end(&stand);
}
END_TEST

/* ---- beside the collector ---- */

START_TEST(every_phase_of_a_cycle_sees_publications_right) {
        struct stand stand = stand_begin();
        gca_region *keeper = gca_region_new_on(stand.thread, 0);
        gca_value kept[64];

        for (int round = 0; round < 200; round++) {
                gca_value value = gca_publish(stand.region, make_value(stand.region, round));

                kept[round % 64] = gca_hold(keeper, gca_find(value, "shared", -1));
                if (round % 3 == 0)
                        stand_renew_region(&stand);
                (void)gca_heap_collect(stand.heap, false);
                (void)gca_heap_step_once(stand.heap, 1000);
                for (int i = 0; i <= round && i < 64; i++)
                        ck_assert_uint_eq(gca_get_count(kept[i]), 2);
        }
        for (int i = 0; i < 64; i++)
                expect_published(kept[i]);
        gca_region_free(keeper);
        stand_end(&stand);
}
END_TEST

/* ---- beside a collector that never rests ---- */

static gca_value make_chain(gca_region *publication, gca_value part) {
        for (int i = 0; i < 500; i++)
                part = gca_list(publication,
                                (gca_value[]){ part, gca_string_format(publication, "link %d", i) },
                                2);
        return part;
}

static void publish_round(gca_region *region, gca_value shared, int round) {
        gca_value graph = gca_publish(region, make_value(region, round)), chain;
        gca_region *publication;
        gca_scope scope;

        gca_scope_begin(region, &scope);
        publication = gca_publication_begin(region);
        chain = make_chain(publication, gca_find(graph, "shared", -1));
        chain = gca_publication_end(publication, chain);
        ck_assert_int_eq(gca_cell_set(region, shared, chain), 0);
        chain = gca_scope_end(region, &scope, gca_get_element(gca_cell_get(region, shared), 0));
        ck_assert_int_eq(gca_get_type(chain), GCA_TYPE_LIST);
        for (; gca_get_type(gca_get_element(chain, 1)) == GCA_TYPE_STRING;
             chain = gca_get_element(chain, 0))
                ck_assert_int_eq(
                        strncmp(gca_get_string(gca_get_element(chain, 1), NULL), "link ", 5), 0);
        ck_assert_uint_eq(gca_get_count(gca_get_element(chain, 0)), 5);
}

struct racer {
        gca_heap *heap;
        gca_value shared; /* a cell that another region holds */
        int n_rounds;
};

static void *race(void *data) {
        struct racer *racer = data;
        gca_thread *thread;

        ck_assert_int_eq(gca_thread_attach(racer->heap, &thread), 0);
        for (int i = 0; i < racer->n_rounds; i++) {
                gca_region *region = gca_region_new_on(thread, 0);

                publish_round(region, racer->shared, i);
                region_verify(region);
                gca_region_free(region);
        }
        gca_thread_detach(thread);
        return NULL;
}

START_TEST(threads_publish_beside_a_collector_that_never_rests) {
        gca_heap_options options = { .size = sizeof(options), .is_stress = true };
        struct racer racer = { .n_rounds = 400 };
        gca_thread *thread;
        gca_region *region;
        pthread_t threads[2];

        ck_assert_int_eq(gca_heap_new(&options, &racer.heap), 0);
        ck_assert_int_eq(gca_thread_attach(racer.heap, &thread), 0);
        region = gca_region_new_on(thread, 0);
        racer.shared = gca_cell_new(region, gca_nil());
        for (int i = 0; i < 2; i++)
                ck_assert_int_eq(pthread_create(&threads[i], NULL, race, &racer), 0);
        for (int i = 0; i < 2; i++)
                ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        gca_region_free(region);
        gca_thread_detach(thread);
        gca_heap_free(racer.heap);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                copy_is_equal_and_in_the_store,
                immediate_values_are_published_by_nature,
                second_publication_is_the_first,
                published_values_stay_readable_where_they_were,
                what_was_published_is_not_copied_again,
                sharing_is_kept,
                depth_needs_no_stack,
                large_bytes_change_owner_where_they_lie,
                large_list_carries_its_elements_along,
                publication_survives_its_region,
                outer_object_published_from_inside_keeps_its_copy,
                many_outer_objects_need_no_entry_each,
                region_without_a_heap_publishes_nothing,
                account_pays_for_what_is_published,
                failed_publication_is_gone_on_with,
                what_a_failed_publication_has_copied_cannot_be_rooted,
                failed_publication_goes_with_its_region,
                what_a_failed_publication_leaves_is_sound_at_every_step,
                failed_publication_forgets_what_goes_with_a_scope,
                hard_limit_fails_publication_and_nothing_else,
                every_phase_of_a_cycle_sees_publications_right,
                threads_publish_beside_a_collector_that_never_rests,
        };

        return suite_run("publish", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
