/* SPDX-License-Identifier: MIT */

/* What is registered: weak values, ephemerons, natives and blobs when a cycle closes. */

#include <check.h>
#include <fcntl.h>

#include "helpers/collect.h"
#include "helpers/suite.h"

static int n_finalized;

static void count_finalized(void *payload) {
        n_finalized += *(int *)payload;
}

static const gca_native_type counted_type = {
        .size = sizeof(counted_type),
        .name = "counted",
        .payload_bytes = sizeof(int),
        .n_slots = 1,
        .finalize = count_finalized,
};

static const gca_native_type plain_type = {
        .size = sizeof(plain_type),
        .name = "plain",
        .payload_bytes = 8,
};

/* A rooted weak value whose target nothing else keeps. */
static gca_root weak_root(struct site *site) {
        gca_value weak = gca_weak_new(site->region, site_publish_list(site, 7));
        gca_root root = site_root(site, weak);

        site_forget(site);
        return root;
}

static gca_value weak_target(struct site *site, gca_root root) {
        gca_value weak;

        ck_assert_int_eq(gca_root_get(site->region, site->heap, root, &weak), 0);
        return gca_weak_get(site->region, weak);
}

START_TEST(weak_value_is_nil_once_its_target_is_gone) {
        struct site site;
        gca_root root;

        site_begin(&site);
        root = weak_root(&site);
        gca_heap_collect_now(site.heap);
        ck_assert(gca_is_nil(weak_target(&site, root)));
        ck_assert_uint_eq(site.heap->collector->cycle.info.n_weaks_cleared, 1);
        site_end(&site);
}
END_TEST

START_TEST(target_upgraded_before_the_end_of_marking_survives) {
        for (int state = CYCLE_ARMING; state <= CYCLE_ENDING; state++) {
                struct site site;
                gca_value target;
                gca_root root;

                site_begin(&site);
                root = weak_root(&site);
                site_step_to(&site, (enum cycle_state)state);
                target = weak_target(&site, root);
                ck_assert(!gca_is_nil(target));
                site_finish(&site);
                ck_assert_int_eq(gca_get_int(gca_get_element(target, 0)), 7);
                ck_assert(!gca_is_nil(weak_target(&site, root)));
                site_end(&site);
        }
}
END_TEST

START_TEST(target_is_not_to_be_had_once_weak_values_are_closed) {
        for (int state = CYCLE_CLOSING; state <= CYCLE_SWEEPING; state++) {
                struct site site;
                gca_root root;

                site_begin(&site);
                root = weak_root(&site);
                site_step_to(&site, (enum cycle_state)state);
                ck_assert(gca_is_nil(weak_target(&site, root)));
                site_finish(&site);
                ck_assert_uint_eq(site_count(&site, GCA_TYPE_LIST), 0);
                site_end(&site);
        }
}
END_TEST

START_TEST(upgrade_during_the_last_grace_period_makes_another_round) {
        struct site site;
        gca_root root;

        site_begin(&site);
        root = weak_root(&site);
        site_step_to(&site, CYCLE_ENDING);
        ck_assert(!gca_is_nil(weak_target(&site, root)));
        site_finish(&site);
        ck_assert_uint_eq(site.heap->collector->cycle.info.n_rounds, 2);
        site_end(&site);
}
END_TEST

START_TEST(next_cycle_opens_upgrades_again) {
        struct site site;
        gca_root root;

        site_begin(&site);
        gca_heap_collect_now(site.heap);
        root = weak_root(&site);
        site_step_to(&site, CYCLE_MARKING);
        ck_assert(!gca_is_nil(weak_target(&site, root)));
        site_finish(&site);
        site_end(&site);
}
END_TEST

START_TEST(thousand_weak_values_live_and_go_each_for_itself) {
        struct site site;
        gca_value weaks[1000];
        gca_value list, target;

        site_begin(&site);
        target = site_publish_list(&site, 1);
        for (int i = 0; i < 1000; i++)
                weaks[i] = gca_weak_new(site.region, target);
        list = gca_list(site.region, (gca_value[]){ weaks[3], weaks[500], weaks[999] }, 3);
        (void)site_root(&site, gca_publish(site.region, list));
        site_forget(&site);
        gca_heap_collect_now(site.heap);
        ck_assert_uint_eq(site_count(&site, GCA_TYPE_WEAK), 3);
        ck_assert_uint_eq(site.heap->collector->cycle.info.n_weaks_cleared, 3);
        gca_heap_collect_now(site.heap);
        ck_assert_uint_eq(site_count(&site, GCA_TYPE_WEAK), 3);
        site_end(&site);
}
END_TEST

START_TEST(chunks_of_those_that_went_are_merged) {
        struct site site;
        gca_root roots[1000];
        size_t n_chunks = 0;

        site_begin(&site);
        for (int i = 0; i < 1000; i++)
                roots[i] = site_root(&site, gca_weak_new(site.region, gca_nil()));
        site_forget(&site);
        for (int i = 0; i < 1000; i++)
                if (i % 10 != 0)
                        ck_assert_int_eq(gca_root_unregister(site.thread, site.heap, roots[i]), 0);
        gca_heap_collect_now(site.heap);
        for (struct special_chunk *chunk = site.heap->collector->cycle.specials.chunks; chunk;
             chunk = chunk->next)
                n_chunks++;
        ck_assert_uint_le(n_chunks, 4);
        ck_assert_uint_eq(site_count(&site, GCA_TYPE_WEAK), 100);
        site_end(&site);
}
END_TEST

START_TEST(ephemeron_keeps_its_value_for_as_long_as_its_key_lives) {
        struct site site;
        gca_value key, ephemeron;
        gca_root key_root, root;

        site_begin(&site);
        key = site_publish_list(&site, 1);
        key_root = site_root(&site, key);
        root = site_root(&site, gca_ephemeron_new(site.region, key, site_publish_list(&site, 2)));
        site_forget(&site);
        gca_heap_collect_now(site.heap);
        ck_assert_int_eq(gca_root_get(site.region, site.heap, root, &ephemeron), 0);
        ck_assert_int_eq(gca_get_int(gca_get_element(gca_ephemeron_get(site.region, ephemeron), 0)),
                         2);
        ck_assert_int_eq(gca_root_unregister(site.thread, site.heap, key_root), 0);
        site_forget(&site);
        gca_heap_collect_now(site.heap);
        ck_assert_int_eq(gca_root_get(site.region, site.heap, root, &ephemeron), 0);
        ck_assert(gca_is_nil(gca_ephemeron_get(site.region, ephemeron)));
        ck_assert(gca_is_nil(gca_weak_get(site.region, ephemeron)));
        ck_assert_uint_eq(site_count(&site, GCA_TYPE_LIST), 0);
        site_end(&site);
}
END_TEST

/* The value leads to the key: kept by nothing but each other, both go. */
START_TEST(ephemeron_whose_value_has_its_key_goes) {
        struct site site;
        gca_value key;

        site_begin(&site);
        key = site_publish_list(&site, 1);
        (void)site_root(&site, gca_ephemeron_new(site.region, key, gca_cell_new(site.region, key)));
        site_forget(&site);
        gca_heap_collect_now(site.heap);
        ck_assert_uint_eq(site_count(&site, GCA_TYPE_LIST), 0);
        ck_assert_uint_eq(site_count(&site, GCA_TYPE_CELL), 0);
        site_end(&site);
}
END_TEST

static void make_native(struct site *site, int number) {
        ck_assert(gca_is_value(gca_native_new(site->region, &counted_type, &number)));
}

START_TEST(finaliser_comes_due_once_and_after_the_native_is_gone) {
        struct site site;
        gca_finalizer *finalizer;

        site_begin(&site);
        make_native(&site, 5);
        gca_heap_collect_now(site.heap);
        ck_assert_ptr_null(gca_heap_take_finalizer(site.heap));
        site_forget(&site);
        gca_heap_collect_now(site.heap);
        finalizer = gca_heap_take_finalizer(site.heap);
        ck_assert_ptr_nonnull(finalizer);
        ck_assert_ptr_null(gca_heap_take_finalizer(site.heap));
        gca_finalizer_run(finalizer);
        gca_finalizer_free(finalizer);
        ck_assert_int_eq(n_finalized, 5);
        gca_heap_collect_now(site.heap);
        ck_assert_ptr_null(gca_heap_take_finalizer(site.heap));
        site_end(&site);
}
END_TEST

START_TEST(finalisers_that_nobody_takes_do_not_run) {
        struct site site;

        site_begin(&site);
        make_native(&site, 1);
        site_forget(&site);
        gca_heap_collect_now(site.heap);
        make_native(&site, 1);
        site_end(&site);
        ck_assert_int_eq(n_finalized, 0);
}
END_TEST

START_TEST(native_without_finaliser_just_goes) {
        struct site site;

        site_begin(&site);
        (void)gca_native_new(site.region, &plain_type, NULL);
        site_forget(&site);
        gca_heap_collect_now(site.heap);
        ck_assert_ptr_null(gca_heap_take_finalizer(site.heap));
        ck_assert_uint_eq(site_count(&site, GCA_TYPE_NATIVE), 0);
        site_end(&site);
}
END_TEST

static void note_finalizers(void *data) {
        ++*(int *)data;
}

START_TEST(program_is_told_that_finalisers_are_due) {
        struct site site;
        int n_told = 0;

        site_begin_with(&site,
                        (gca_heap_options){ .is_manual = true,
                                            .on_finalizers = note_finalizers,
                                            .data = &n_told });
        make_native(&site, 1);
        make_native(&site, 2);
        gca_heap_collect_now(site.heap);
        ck_assert_int_eq(n_told, 0);
        site_forget(&site);
        gca_heap_collect_now(site.heap);
        ck_assert_int_eq(n_told, 1);
        site_end(&site);
}
END_TEST

START_TEST(blob_is_closed_and_its_bytes_are_given_back) {
        struct site site;
        gca_heap_info info;
        gca_value blob;
        int fd;

        site_begin(&site);
        blob = gca_blob_new(site.region, "some bytes", 10);
        fd = gca_blob_get_fd(blob);
        gca_heap_collect_now(site.heap);
        ck_assert_int_ge(fcntl(fd, F_GETFD), 0);
        site_forget(&site);
        gca_heap_collect_now(site.heap);
        ck_assert_int_lt(fcntl(fd, F_GETFD), 0);
        gca_heap_get_info(site.heap, &info);
        ck_assert_uint_eq(info.blob_bytes, 0);
        site_end(&site);
}
END_TEST

START_TEST(what_a_thread_registered_stays_registered_when_it_goes) {
        struct site site;
        gca_thread *other;
        gca_root root;

        site_begin(&site);
        ck_assert_int_eq(gca_thread_attach(site.heap, &other), 0);
        root = site_root(&site,
                         gca_weak_new(gca_thread_get_region(other), site_publish_list(&site, 1)));
        gca_thread_detach(other);
        site_forget(&site);
        gca_heap_collect_now(site.heap);
        ck_assert(gca_is_nil(weak_target(&site, root)));
        site_end(&site);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                weak_value_is_nil_once_its_target_is_gone,
                target_upgraded_before_the_end_of_marking_survives,
                target_is_not_to_be_had_once_weak_values_are_closed,
                upgrade_during_the_last_grace_period_makes_another_round,
                next_cycle_opens_upgrades_again,
                thousand_weak_values_live_and_go_each_for_itself,
                chunks_of_those_that_went_are_merged,
                ephemeron_keeps_its_value_for_as_long_as_its_key_lives,
                ephemeron_whose_value_has_its_key_goes,
                finaliser_comes_due_once_and_after_the_native_is_gone,
                finalisers_that_nobody_takes_do_not_run,
                native_without_finaliser_just_goes,
                program_is_told_that_finalisers_are_due,
                blob_is_closed_and_its_bytes_are_given_back,
                what_a_thread_registered_stays_registered_when_it_goes,
        };

        return suite_run("weak-close", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
