/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "gc/memory.h"
#include "helpers/heap-stand.h"
#include "helpers/suite.h"

/* [n, "text n"] */
static gca_value make_pair(gca_region *region, int n) {
        return gca_list(
                region,
                (gca_value[]){ gca_int(region, n), gca_string_format(region, "text %d", n) },
                2);
}

static void expect_pair(gca_value value, int n) {
        char text[32];

        (void)snprintf(text, sizeof(text), "text %d", n);
        ck_assert(gca_is_published(value));
        ck_assert_int_eq(gca_get_int(gca_get_element(value, 0)), n);
        ck_assert_str_eq(gca_get_string(gca_get_element(value, 1), NULL), text);
}

START_TEST(constructors_build_in_the_store) {
        struct stand stand = stand_begin();
        gca_region *publication = gca_publication_begin(stand.region);
        gca_value value = make_pair(publication, 1);

        value = gca_publication_end(publication, value);
        expect_pair(value, 1);
        ck_assert_uint_eq(gca_region_get_bytes(stand.region), 0);
        ck_assert_uint_eq(stand_count(&stand), 2);
        expect_pair(value, 1);
        stand_end(&stand);
}
END_TEST

START_TEST(publications_follow_each_other) {
        struct stand stand = stand_begin();
        gca_value values[100];

        for (int i = 0; i < 100; i++) {
                gca_region *publication = gca_publication_begin(stand.region);

                values[i] = gca_publication_end(publication, make_pair(publication, i));
        }
        stand_collect(&stand);
        for (int i = 0; i < 100; i++)
                expect_pair(values[i], i);
        stand_end(&stand);
}
END_TEST

START_TEST(builders_work_in_the_store) {
        struct stand stand = stand_begin();
        gca_region *publication = gca_publication_begin(stand.region);
        gca_builder list, map;
        gca_value value;

        gca_builder_begin_list(&list, publication);
        for (int i = 0; i < 10000; i++)
                gca_builder_add(&list, make_pair(publication, i));
        gca_builder_begin_map(&map, publication);
        for (int i = 0; i < 100; i++) {
                char key[16];

                (void)snprintf(key, sizeof(key), "key %d", i);
                gca_builder_set(&map, key, gca_int(publication, i));
        }
        gca_builder_set(&map, "list", gca_builder_end(&list));
        value = gca_publication_end(publication, gca_builder_end(&map));
        stand_collect(&stand);
        ck_assert_int_eq(gca_get_int(gca_find(value, "key 99", -1)), 99);
        for (int i = 0; i < 10000; i++)
                expect_pair(gca_get_element(gca_find(value, "list", -1), (size_t)i), i);
        stand_end(&stand);
}
END_TEST

START_TEST(what_is_not_published_is_refused) {
        struct stand stand = stand_begin();
        gca_value mine = make_pair(stand.region, 1), key = gca_string(stand.region, "k", -1);
        gca_region *publication = gca_publication_begin(stand.region);
        gca_builder builder;

        ck_assert(!gca_is_value(gca_list(publication, &mine, 1)));
        ck_assert_int_eq(gca_region_get_fault(publication), GCA_REGION_NOT_PUBLISHED);
        ck_assert(!gca_is_value(gca_map(publication, &key, (gca_value[]){ gca_nil() }, 1)));
        gca_builder_begin_list(&builder, publication);
        gca_builder_add(&builder, mine);
        ck_assert(!gca_is_value(gca_builder_end(&builder)));
        ck_assert(!gca_is_value(gca_publication_end(publication, mine)));
        ck_assert_int_eq(gca_region_get_fault(stand.region), GCA_REGION_NOT_PUBLISHED);
        stand_end(&stand);
}
END_TEST

START_TEST(published_values_are_built_in) {
        struct stand stand = stand_begin();
        gca_value part = gca_publish(stand.region, make_pair(stand.region, 1)), value;
        gca_region *publication = gca_publication_begin(stand.region);

        value = gca_publication_end(publication, gca_list(publication, &part, 1));
        ck_assert_uint_eq(gca_get_element(value, 0).word, part.word);
        ck_assert_uint_eq(stand_count(&stand), 3);
        stand_end(&stand);
}
END_TEST

START_TEST(large_objects_are_built_in) {
        static gca_value elements[8000];
        struct stand stand = stand_begin();
        gca_region *publication = gca_publication_begin(stand.region);
        gca_value bytes = gca_bytes(publication, NULL, 100000), list;

        memset(gca_bytes_get_mutable(bytes), 'x', 100000);
        for (int i = 0; i < 8000; i++)
                elements[i] = i % 2 ? bytes : make_pair(publication, i);
        list = gca_publication_end(publication, gca_list(publication, elements, 8000));
        stand_collect(&stand);
        stand_collect(&stand);
        ck_assert_uint_eq(gca_get_element(list, 1).word, bytes.word);
        ck_assert_int_eq(((const char *)gca_get_bytes(bytes, NULL))[99999], 'x');
        for (int i = 0; i < 8000; i += 2)
                expect_pair(gca_get_element(list, (size_t)i), i);
        stand_end(&stand);
}
END_TEST

/* Open over many cycles, in any of their phases. */
START_TEST(cycles_keep_what_an_open_publication_made) {
        struct stand stand = stand_begin();
        gca_region *publication = gca_publication_begin(stand.region);
        gca_value value = gca_nil();

        for (int i = 0; i < 20000; i++) {
                value = gca_list(publication, (gca_value[]){ make_pair(publication, i), value }, 2);
                if (i % 100 == 0)
                        (void)gca_heap_collect(stand.heap, false);
                (void)gca_heap_step_once(stand.heap, 1000);
                if (i % 1000 == 0)
                        publication_settle(stand.thread);
        }
        value = gca_publication_end(publication, value);
        stand_collect(&stand);
        for (int i = 19999; i >= 0; i--) {
                expect_pair(gca_get_element(value, 0), i);
                value = gca_get_element(value, 1);
        }
        stand_end(&stand);
}
END_TEST

START_TEST(value_outlives_the_entry_that_it_was_built_in_with) {
        struct stand stand = stand_begin();
        gca_region *publication = gca_publication_begin(stand.region);
        gca_value value = gca_nil();

        for (int i = 0; i < 100; i++) {
                gca_value part;
                gca_scope scope;

                gca_scope_begin(stand.region, &scope);
                part = gca_publish(stand.region, make_pair(stand.region, i));
                value = gca_list(publication, (gca_value[]){ part, value }, 2);
                gca_scope_end(stand.region, &scope, GCA_NO_VALUE);
                if (i % 10 == 0)
                        stand_collect(&stand);
        }
        value = gca_publication_end(publication, value);
        stand_collect(&stand);
        for (int i = 99; i >= 0; i--, value = gca_get_element(value, 1))
                expect_pair(gca_get_element(value, 0), i);
        stand_end(&stand);
}
END_TEST

START_TEST(open_publication_goes_with_its_region) {
        struct stand stand = stand_begin();

        for (int n = 1; n < 100000; n *= 10) {
                gca_region *publication = gca_publication_begin(stand.region);

                for (int i = 0; i < n; i++)
                        (void)make_pair(publication, i);
                (void)gca_bytes(publication, NULL, 100000);
                stand_renew_region(&stand);
        }
        stand_end(&stand);
}
END_TEST

START_TEST(two_regions_publish_in_turns) {
        struct stand stand = stand_begin();
        gca_region *other = gca_region_new_on(stand.thread, 0);
        gca_region *publications[] = { gca_publication_begin(stand.region),
                                       gca_publication_begin(other) };
        gca_value values[] = { gca_nil(), gca_nil() };

        for (int i = 0; i < 3000; i++) {
                gca_region *publication = publications[i % 2];

                values[i % 2] = gca_list(
                        publication, (gca_value[]){ make_pair(publication, i), values[i % 2] }, 2);
                if (i % 500 == 0)
                        stand_collect(&stand);
        }
        values[1] = gca_publication_end(publications[1], values[1]);
        values[0] = gca_publication_end(publications[0], values[0]);
        stand_collect(&stand);
        for (int i = 2999; i >= 0; i--) {
                expect_pair(gca_get_element(values[i % 2], 0), i);
                values[i % 2] = gca_get_element(values[i % 2], 1);
        }
        gca_region_free(other);
        stand_end(&stand);
}
END_TEST

START_TEST(plain_memory_comes_from_the_region) {
        struct stand stand = stand_begin();
        gca_region *publication = gca_publication_begin(stand.region);
        char *memory = gca_region_allocate(publication, 100);

        memset(memory, 1, 100);
        ck_assert_uint_ge(gca_region_get_bytes(stand.region), 100);
        (void)gca_publication_end(publication, GCA_NO_VALUE);
        ck_assert_int_eq(memory[99], 1);
        stand_end(&stand);
}
END_TEST

/* Something that is not zero lies where the next publications will. */
static void soil(struct stand *stand) {
        gca_region *publication = gca_publication_begin(stand->region);
        char text[2000];

        memset(text, 'x', sizeof(text));
        for (int i = 0; i < 500; i++)
                ck_assert(gca_is_value(gca_bytes(publication, text, sizeof(text))));
        (void)gca_publication_end(publication, gca_nil());
        stand_collect(stand);
        stand_collect(stand);
}

static void expect_zeros(gca_value bytes) {
        size_t size;
        const char *data = gca_get_bytes(bytes, &size);

        for (size_t i = 0; i < size; i++)
                ck_assert_int_eq(data[i], 0);
}

START_TEST(what_is_promised_to_be_zero_is_so_where_something_lay) {
        struct stand stand = stand_begin();
        gca_region *publication;
        gca_builder map;
        gca_value value;
        char key[16];

        soil(&stand);
        publication = gca_publication_begin(stand.region);
        for (size_t size = 0; size < 300; size++)
                expect_zeros(gca_bytes(publication, NULL, size));
        expect_zeros(gca_bytes(publication, NULL, 20000));
        ck_assert_str_eq(gca_get_string(gca_string(publication, "text", 4), NULL), "text");
        gca_builder_begin_map(&map, publication);
        for (int i = 0; i < 100; i++) {
                (void)snprintf(key, sizeof(key), "key %d", i);
                gca_builder_set(&map, key, gca_int(publication, i));
        }
        value = gca_publication_end(publication, gca_builder_end(&map));
        for (int i = 0; i < 100; i++) {
                (void)snprintf(key, sizeof(key), "key %d", i);
                ck_assert_int_eq(gca_get_int(gca_find(value, key, -1)), i);
        }
        stand_end(&stand);
}
END_TEST

static void count_visited(struct object *object, void *data) {
        (void)object;
        ++*(size_t *)data;
}

START_TEST(record_leaves_out_what_was_born_in_the_epoch_that_marks) {
        struct stand stand = stand_begin();
        gca_region *publication = gca_publication_begin(stand.region);
        uint64_t epoch = word_get_epoch(stand.heap->word);
        size_t n_all = 0, n_older = 0;

        for (int i = 0; i < 10; i++)
                ck_assert(gca_is_value(make_pair(publication, i)));
        publication_settle(stand.thread);
        publication_visit_all(stand.heap, PUBLICATION_NO_EPOCH, count_visited, &n_all);
        publication_visit_all(stand.heap, epoch, count_visited, &n_older);
        ck_assert_uint_eq(n_all, 20);
        ck_assert_uint_eq(n_older, 0);
        publication_visit_all(stand.heap, epoch + 1, count_visited, &n_older);
        ck_assert_uint_eq(n_older, 20);
        (void)gca_publication_end(publication, gca_nil());
        stand_end(&stand);
}
END_TEST

START_TEST(region_without_a_heap_opens_none) {
        gca_region *region = gca_region_new(0);

        ck_assert_ptr_null(gca_publication_begin(region));
        ck_assert_int_eq(gca_region_get_fault(region), GCA_REGION_NO_HEAP);
        gca_region_free(region);
}
END_TEST

START_TEST(failures_leave_the_heap_valid) {
        bool is_done = false;

        for (size_t n = 1; !is_done; n++) {
                struct stand stand = stand_begin();
                gca_region *publication;
                gca_value value = gca_nil();

                memory_fail_at(n);
                publication = gca_publication_begin(stand.region);
                for (int i = 0; publication && i < 3000; i++)
                        value = gca_list(
                                publication,
                                (gca_value[]){
                                        value,
                                        make_pair(publication, i),
                                        gca_bytes(publication, NULL, i % 1000 == 0 ? 40000 : 100) },
                                3);
                if (publication)
                        value = gca_publication_end(publication, value);
                is_done = publication && gca_is_value(value);
                memory_fail_at(0);
                ck_assert(is_done || gca_region_get_fault(stand.region) == GCA_REGION_NO_MEMORY);
                stand_collect(&stand);
                stand_end(&stand);
        }
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                constructors_build_in_the_store,
                publications_follow_each_other,
                builders_work_in_the_store,
                what_is_not_published_is_refused,
                published_values_are_built_in,
                large_objects_are_built_in,
                cycles_keep_what_an_open_publication_made,
                value_outlives_the_entry_that_it_was_built_in_with,
                open_publication_goes_with_its_region,
                two_regions_publish_in_turns,
                plain_memory_comes_from_the_region,
                what_is_promised_to_be_zero_is_so_where_something_lay,
                record_leaves_out_what_was_born_in_the_epoch_that_marks,
                region_without_a_heap_opens_none,
                failures_leave_the_heap_valid,
        };

        return suite_run("publication", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
