/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "gc/memory.h"
#include "helpers/heap.h"
#include "helpers/suite.h"

#ifdef GCASYNC_SANITIZE
enum {
        LEVELS = 200000
};
#else
enum {
        LEVELS = 10000000
};
#endif

enum {
        SHARED_LEVELS = 100,
        SEALS = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL,
        BLOB_BYTES = 1 << 20,
};

struct fixture {
        gca_heap *heap;
        gca_thread *thread;
        gca_region *region;
};

static size_t n_finalized;
static int last_payload;

static void finalize(void *payload) {
        memcpy(&last_payload, payload, sizeof(last_payload));
        n_finalized++;
}

static const gca_native_type counted = {
        .size = sizeof(counted),
        .name = "counted",
        .payload_bytes = sizeof(int),
        .n_slots = 2,
        .finalize = finalize,
};

static void fixture_init(struct fixture *fixture) {
        fixture->heap = heap_new_manual();
        fixture->thread = thread_attach(fixture->heap);
        fixture->region = gca_region_new_on(fixture->thread, 0);
        ck_assert_ptr_nonnull(fixture->region);
}

/* What was taken goes, and so does all garbage. */
static void fixture_empty(struct fixture *fixture) {
        gca_region_free(fixture->region);
        for (int i = 0; i < 2; i++)
                gca_heap_collect_now(fixture->heap);
        heap_verify(fixture->heap);
        fixture->region = gca_region_new_on(fixture->thread, 0);
        ck_assert_ptr_nonnull(fixture->region);
}

static size_t fixture_count(struct fixture *fixture, gca_type type) {
        gca_census census;

        gca_heap_get_census(fixture->heap, &census);
        return census.n_objects[type];
}

static void fixture_deinit(struct fixture *fixture) {
        heap_verify(fixture->heap);
        region_verify(fixture->region);
        gca_region_free(fixture->region);
        gca_thread_detach(fixture->thread);
        gca_heap_free(fixture->heap);
}

static void expect_print(gca_value value, const char *printed, const char *json) {
        char text[256];

        gca_print(value, text, sizeof(text));
        ck_assert_str_eq(text, printed);
        gca_write_json(value, text, sizeof(text), NULL);
        ck_assert_str_eq(text, json);
}

/* ---- equality, hash, text ---- */

START_TEST(values_with_identity_equal_themselves_alone) {
        struct fixture fixture;
        gca_value values[8];

        fixture_init(&fixture);
        for (size_t i = 0; i < 8; i += 4) {
                values[i] = gca_cell_new(fixture.region, gca_nil());
                values[i + 1] = gca_weak_new(fixture.region, gca_nil());
                values[i + 2] = gca_native_new(fixture.region, &counted, NULL);
                values[i + 3] = gca_blob_new(fixture.region, "x", 1);
        }
        for (size_t i = 0; i < 8; i++)
                for (size_t j = 0; j < 8; j++) {
                        ck_assert(gca_is_value(values[i]));
                        ck_assert(gca_equal(values[i], values[j]) == (i == j));
                        ck_assert((gca_hash(values[i]) == gca_hash(values[j])) == (i == j));
                }
        fixture_deinit(&fixture);
}
END_TEST

static gca_value make_tree(gca_region *region, gca_value leaf) {
        gca_value keys[20], values[20];

        for (int i = 0; i < 20; i++) {
                keys[i] = gca_string_format(region, "key %d", i);
                values[i] = gca_list(region, (gca_value[]){ leaf, gca_float(region, i) }, 2);
        }
        return gca_map(region, keys, values, 20);
}

START_TEST(values_equal_whether_published_or_not) {
        struct fixture fixture;
        gca_value cell, region_tree, other_tree, published, mixed;

        fixture_init(&fixture);
        cell = gca_cell_new(fixture.region, gca_nil());
        region_tree = make_tree(fixture.region, cell);
        other_tree = make_tree(fixture.region, cell);
        published = gca_publish(fixture.region, region_tree);
        mixed = gca_list(fixture.region, (gca_value[]){ region_tree, other_tree }, 2);
        ck_assert(published.word != region_tree.word);
        ck_assert(gca_equal(region_tree, published) && gca_equal(published, region_tree));
        ck_assert(gca_equal(other_tree, published) && gca_equal(other_tree, region_tree));
        ck_assert(gca_equal(mixed,
                            gca_list(fixture.region, (gca_value[]){ other_tree, published }, 2)));
        ck_assert(gca_hash(region_tree) == gca_hash(published));
        ck_assert(gca_hash(other_tree) == gca_hash(published));
        ck_assert(gca_get_count(region_tree) == 20);
        ck_assert(gca_is_value(gca_find(region_tree, "key 17", -1)));
        fixture_deinit(&fixture);
}
END_TEST

START_TEST(text_tells_what_a_value_is) {
        struct fixture fixture;
        gca_region *region;

        fixture_init(&fixture);
        region = fixture.region;
        expect_print(gca_cell_new(region, gca_int(region, 1)), "<cell>", "{\"$cell\":null}");
        expect_print(gca_weak_new(region, gca_nil()), "<weak>", "{\"$weak\":null}");
        expect_print(
                gca_ephemeron_new(region, gca_nil(), gca_nil()), "<ephemeron>", "{\"$weak\":null}");
        expect_print(gca_native_new(region, &counted, NULL),
                     "<native counted>",
                     "{\"$native\":\"counted\"}");
        expect_print(gca_blob_new(region, "four", 4), "<blob 4 bytes>", "{\"$blob\":4}");
        fixture_deinit(&fixture);
}
END_TEST

START_TEST(json_is_made_in_an_open_publication_too) {
        struct fixture fixture;
        gca_region *publication;
        gca_value text;

        fixture_init(&fixture);
        publication = gca_publication_begin(fixture.region);
        text = gca_to_json(publication, gca_int(fixture.region, 12), 0, NULL);
        text = gca_publication_end(publication, text);
        ck_assert(gca_is_published(text));
        ck_assert_str_eq(gca_get_string(text, NULL), "12");
        fixture_deinit(&fixture);
}
END_TEST

START_TEST(identities_are_made_in_an_open_publication_too) {
        struct fixture fixture;
        gca_region *publication;
        gca_value values[3], list;

        fixture_init(&fixture);
        publication = gca_publication_begin(fixture.region);
        values[0] = gca_bytes(publication, "x", 1);
        values[1] = gca_weak_new(publication, values[0]);
        values[2] = gca_native_new(publication, &counted, NULL);
        ck_assert_int_eq(gca_native_set_slot(publication, values[2], 0, values[1]), 0);
        list = gca_publication_end(publication, gca_list(publication, values, 3));
        ck_assert(gca_is_published(list));
        gca_heap_collect_now(fixture.heap);
        ck_assert(gca_weak_get(fixture.region, gca_get_element(list, 1)).word == values[0].word);
        fixture_deinit(&fixture);
}
END_TEST

static gca_value make_levels(gca_region *region, int n_levels, gca_value end, size_t n) {
        for (int i = 0; i < n_levels; i++)
                end = gca_list(region, (gca_value[]){ end, end }, n);
        return end;
}

START_TEST(millions_of_published_levels_need_no_stack) {
        struct fixture fixture;
        gca_region *region;
        gca_value one, other, published;
        char text[64];

        fixture_init(&fixture);
        region = gca_region_new_on(fixture.thread, 0);
        one = make_levels(region, LEVELS, gca_int(region, 1), 1);
        other = make_levels(region, LEVELS, gca_int(region, 1), 1);
        published = gca_publish(region, one);
        ck_assert(gca_is_published(published));
        ck_assert(gca_equal(published, other));
        ck_assert(gca_hash(published) == gca_hash(other));
        ck_assert_uint_lt(gca_print(published, text, sizeof(text)), sizeof(text));
        ck_assert_str_eq(text + strlen(text) - strlen("[…"), "[…");
        ck_assert_uint_gt(gca_write_json(published, text, sizeof(text), NULL), 0);
        gca_region_free(region);
        fixture_deinit(&fixture);
}
END_TEST

START_TEST(exponentially_many_published_paths_are_bounded) {
        struct fixture fixture;
        gca_value one, other, published, mixed, text;
        bool is_cut = false;

        fixture_init(&fixture);
        one = make_levels(fixture.region, SHARED_LEVELS, gca_int(fixture.region, 1), 2);
        other = make_levels(fixture.region, SHARED_LEVELS, gca_int(fixture.region, 1), 2);
        published = gca_publish(fixture.region, one);
        mixed = make_levels(fixture.region, SHARED_LEVELS, published, 2);
        other = make_levels(fixture.region, SHARED_LEVELS, other, 2);
        ck_assert_uint_le(fixture_count(&fixture, GCA_TYPE_LIST), 2 * SHARED_LEVELS);
        ck_assert(gca_equal(mixed, other) && gca_hash(mixed) == gca_hash(other));
        ck_assert(gca_equal(gca_publish(fixture.region, mixed), other));
        text = gca_to_json(fixture.region, mixed, 0, &is_cut);
        ck_assert(gca_is_value(text) && is_cut);
        fixture_deinit(&fixture);
}
END_TEST

/* ---- natives ---- */

START_TEST(a_native_has_a_payload_and_slots) {
        struct fixture fixture;
        int payload = 7;
        gca_value native, list;

        fixture_init(&fixture);
        native = gca_native_new(fixture.region, &counted, &payload);
        ck_assert_ptr_eq(gca_native_get_type(native), &counted);
        ck_assert_int_eq(*(int *)gca_native_get_payload(native), 7);
        ck_assert(gca_is_nil(gca_native_get_slot(fixture.region, native, 1)));
        list = gca_list(fixture.region, &native, 1);
        ck_assert_int_eq(gca_native_set_slot(fixture.region, native, 1, list), 0);
        ck_assert(gca_equal(gca_native_get_slot(fixture.region, native, 1), list));
        ck_assert(gca_is_nil(gca_native_get_slot(fixture.region, native, 0)));
        heap_verify(fixture.heap);
        fixture_deinit(&fixture);
}
END_TEST

START_TEST(a_native_in_a_cycle_of_its_own_is_finalized_once) {
        struct fixture fixture;
        gca_finalizer *finalizer;
        int payload = 11;
        gca_value native;

        fixture_init(&fixture);
        native = gca_native_new(fixture.region, &counted, &payload);
        ck_assert_int_eq(gca_native_set_slot(fixture.region, native, 0, native), 0);
        gca_heap_collect_now(fixture.heap);
        ck_assert_ptr_null(gca_heap_take_finalizer(fixture.heap));
        fixture_empty(&fixture);
        ck_assert_uint_eq(fixture_count(&fixture, GCA_TYPE_NATIVE), 0);
        finalizer = gca_heap_take_finalizer(fixture.heap);
        ck_assert_ptr_nonnull(finalizer);
        n_finalized = 0;
        gca_finalizer_run(finalizer);
        ck_assert(n_finalized == 1 && last_payload == 11);
        gca_finalizer_free(finalizer);
        ck_assert_ptr_null(gca_heap_take_finalizer(fixture.heap));
        fixture_deinit(&fixture);
}
END_TEST

/* ---- weak values ---- */

START_TEST(a_weak_value_lets_go) {
        struct fixture fixture;
        gca_region *outer;
        gca_value weak, target;

        fixture_init(&fixture);
        outer = gca_region_new_on(fixture.thread, 0);
        target = gca_publish(fixture.region, gca_bytes(fixture.region, "target", 6));
        weak = gca_weak_new(outer, target);
        /* The weak value's making holds what it publishes; this one was published before. */
        ck_assert(gca_equal(gca_weak_get(fixture.region, weak), target));
        gca_heap_collect_now(fixture.heap);
        ck_assert(gca_weak_get(fixture.region, weak).word == target.word);
        fixture_empty(&fixture);
        ck_assert_uint_eq(fixture_count(&fixture, GCA_TYPE_WEAK), 1);
        gca_region_free(outer);
        fixture_deinit(&fixture);
}
END_TEST

/* In a region of its own, so that nothing else holds the target. */
static gca_value make_weak(struct fixture *fixture, gca_region *outer, bool is_ephemeron) {
        gca_region *inner = gca_region_new_on(fixture->thread, 0);
        gca_value key = gca_publish(inner, gca_bytes(inner, "key", 3));
        gca_value value = gca_publish(inner, gca_list(inner, &key, 1));
        gca_value weak =
                is_ephemeron ? gca_ephemeron_new(inner, key, value) : gca_weak_new(inner, value);

        ck_assert(gca_is_value(gca_hold(outer, weak)));
        gca_region_free(inner);
        return weak;
}

START_TEST(a_dead_target_reads_as_nil) {
        struct fixture fixture;
        gca_region *outer;
        gca_value weak, ephemeron;

        fixture_init(&fixture);
        outer = gca_region_new_on(fixture.thread, 0);
        weak = make_weak(&fixture, outer, false);
        /* Its value holds its key, which alone keeps nothing. */
        ephemeron = make_weak(&fixture, outer, true);
        fixture_empty(&fixture);
        ck_assert(gca_is_nil(gca_weak_get(fixture.region, weak)));
        ck_assert(gca_is_nil(gca_weak_get(fixture.region, ephemeron)));
        ck_assert(gca_is_nil(gca_ephemeron_get(fixture.region, ephemeron)));
        ck_assert_uint_eq(fixture_count(&fixture, GCA_TYPE_LIST), 0);
        gca_region_free(outer);
        fixture_deinit(&fixture);
}
END_TEST

START_TEST(an_ephemerons_key_keeps_its_value) {
        struct fixture fixture;
        gca_region *outer;
        gca_value ephemeron, key;

        fixture_init(&fixture);
        outer = gca_region_new_on(fixture.thread, 0);
        ephemeron = make_weak(&fixture, outer, true);
        key = gca_weak_get(outer, ephemeron);
        ck_assert(gca_get_type(key) == GCA_TYPE_BYTES);
        fixture_empty(&fixture);
        ck_assert_uint_eq(fixture_count(&fixture, GCA_TYPE_LIST), 1);
        ck_assert(gca_get_element(gca_ephemeron_get(fixture.region, ephemeron), 0).word ==
                  key.word);
        gca_region_free(outer);
        fixture_deinit(&fixture);
}
END_TEST

/* ---- blobs ---- */

static uint64_t get_blob_bytes(struct fixture *fixture) {
        gca_heap_info info;

        gca_heap_get_info(fixture->heap, &info);
        ck_assert(info.used_bytes >= info.blob_bytes);
        return info.blob_bytes;
}

START_TEST(blobs_are_accounted_until_they_go) {
        static char data[BLOB_BYTES];
        struct fixture fixture;
        gca_value blob;
        size_t size;
        int fd;

        fixture_init(&fixture);
        blob = gca_blob_new(fixture.region, data, sizeof(data));
        ck_assert(gca_get_bytes(blob, &size) && size == BLOB_BYTES);
        ck_assert_uint_eq(get_blob_bytes(&fixture), BLOB_BYTES);
        fd = gca_blob_get_fd(blob);
        ck_assert(fcntl(fd, F_GETFD) == FD_CLOEXEC);
        gca_heap_collect_now(fixture.heap);
        ck_assert_uint_eq(get_blob_bytes(&fixture), BLOB_BYTES);
        fixture_empty(&fixture);
        ck_assert_uint_eq(get_blob_bytes(&fixture), 0);
        ck_assert(fcntl(fd, F_GETFD) < 0 && errno == EBADF);
        fixture_deinit(&fixture);
}
END_TEST

START_TEST(a_blob_takes_a_sealed_descriptor_only) {
        struct fixture fixture;
        int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        gca_value blob;

        fixture_init(&fixture);
        ck_assert(fd >= 0 && ftruncate(fd, 100) == 0);
        blob = gca_blob_new_from_fd(fixture.region, fd);
        ck_assert(!gca_is_value(blob) && errno == EINVAL);
        ck_assert(gca_region_get_fault(fixture.region) == GCA_REGION_OK);
        ck_assert(fcntl(fd, F_ADD_SEALS, SEALS) == 0);
        blob = gca_blob_new_from_fd(fixture.region, fd);
        ck_assert(gca_is_value(blob) && gca_blob_get_fd(blob) == fd);
        fixture_deinit(&fixture);
}
END_TEST

START_TEST(descriptors_that_ran_out_are_a_fault_of_their_own) {
        struct fixture fixture;
        struct rlimit limit, none;

        fixture_init(&fixture);
        ck_assert(getrlimit(RLIMIT_NOFILE, &limit) == 0);
        none = limit;
        none.rlim_cur = 0;
        ck_assert(setrlimit(RLIMIT_NOFILE, &none) == 0);
        ck_assert(!gca_is_value(gca_blob_new(fixture.region, "x", 1)));
        ck_assert(setrlimit(RLIMIT_NOFILE, &limit) == 0);
        ck_assert(gca_region_get_fault(fixture.region) == GCA_REGION_NO_DESCRIPTORS);
        ck_assert_str_eq(gca_region_fault_to_string(GCA_REGION_NO_DESCRIPTORS), "no-descriptors");
        fixture_deinit(&fixture);
}
END_TEST

/* ---- failure ---- */

static gca_value make_one_of_each(gca_region *region, size_t which) {
        gca_value list;

        switch (which) {
        case 0:
                list = gca_list(region, (gca_value[]){ gca_nil() }, 1);
                return gca_is_value(list) ? gca_cell_new(region, list) : list;
        case 1:
                return gca_weak_new(region, gca_nil());
        case 2:
                return gca_ephemeron_new(region, gca_nil(), gca_nil());
        case 3:
                return gca_native_new(region, &counted, NULL);
        default:
                return gca_blob_new(region, "x", 1);
        }
}

START_TEST(every_allocation_may_fail) {
        for (size_t which = 0; which < 5; which++) {
                struct fixture fixture;
                gca_value value = GCA_NO_VALUE;

                fixture_init(&fixture);
                for (size_t n = 1; !gca_is_value(value); n++) {
                        (void)memory_fail_at(n);
                        value = make_one_of_each(fixture.region, which);
                        (void)memory_fail_at(0);
                        heap_verify(fixture.heap);
                        ck_assert_uint_lt(n, 100);
                }
                fixture_empty(&fixture);
                ck_assert_uint_eq(get_blob_bytes(&fixture), 0);
                fixture_deinit(&fixture);
        }
}
END_TEST

START_TEST(without_a_heap_there_are_none) {
        gca_region *region = gca_region_new(0);

        for (size_t which = 0; which < 5; which++)
                ck_assert(!gca_is_value(make_one_of_each(region, which)));
        ck_assert(gca_region_get_fault(region) == GCA_REGION_NO_HEAP);
        gca_region_free(region);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                values_with_identity_equal_themselves_alone,
                values_equal_whether_published_or_not,
                text_tells_what_a_value_is,
                json_is_made_in_an_open_publication_too,
                identities_are_made_in_an_open_publication_too,
                millions_of_published_levels_need_no_stack,
                exponentially_many_published_paths_are_bounded,
                a_native_has_a_payload_and_slots,
                a_native_in_a_cycle_of_its_own_is_finalized_once,
                a_weak_value_lets_go,
                a_dead_target_reads_as_nil,
                an_ephemerons_key_keeps_its_value,
                blobs_are_accounted_until_they_go,
                a_blob_takes_a_sealed_descriptor_only,
                descriptors_that_ran_out_are_a_fault_of_their_own,
                every_allocation_may_fail,
                without_a_heap_there_are_none,
        };

        return suite_run("identity", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
