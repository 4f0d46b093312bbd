/* SPDX-License-Identifier: MIT */
/*
 * A heap that is full to its hard limit: what would take more is refused with a clear error and changes nothing, what takes
 * nothing goes on, and when there is room again so is everything else.
 */

#include <errno.h>
#include <pthread.h>

#include "gc/memory.h"
#include "helpers/collect.h"
#include "helpers/suite.h"

enum {
        LIMIT_BYTES = 2 << 20,
        BLOB_BYTES = 100000,
};

struct full {
        struct site site;
        gca_region *filling; /* holds what fills the heap */
        gca_region *kept;    /* holds: */
        gca_value list, other, cell, native, weak, ephemeron;
        gca_root root;
};

static const gca_native_type node_type = {
        .size = sizeof(node_type),
        .name = "node",
        .n_slots = 2,
};

static gca_value make_list(gca_region *region) {
        return gca_list(region,
                        (gca_value[]){ gca_string(region, "in a list", -1), gca_float(region, 1) },
                        2);
}

static void full_begin(struct full *full) {
        struct site *site = &full->site;
        gca_region *kept, *filling;

        site_begin_with(site,
                        (gca_heap_options){ .is_manual = true, .hard_limit_bytes = LIMIT_BYTES });
        kept = full->kept = gca_region_new_on(site->thread, 0);
        filling = full->filling = gca_region_new_on(site->thread, 0);
        full->list = gca_publish(kept, make_list(kept));
        full->other = gca_publish(kept, make_list(kept));
        full->cell = gca_cell_new(kept, full->list);
        full->native = gca_native_new(kept, &node_type, NULL);
        full->weak = gca_weak_new(kept, full->list);
        full->ephemeron = gca_ephemeron_new(kept, full->list, full->other);
        full->root = site_root(site, full->list);
        while (gca_is_value(gca_publish(filling, gca_bytes(filling, NULL, 20000))))
                continue;
        while (gca_is_value(gca_cell_new(filling, gca_nil())))
                continue;
        ck_assert_int_eq(gca_region_get_fault(filling), GCA_REGION_HEAP_LIMIT);
}

static uint64_t full_get_used(struct full *full) {
        gca_heap_info info;

        gca_heap_get_info(full->site.heap, &info);
        return info.used_bytes;
}

static void full_end(struct full *full) {
        (void)gca_region_free(full->kept);
        (void)gca_region_free(full->filling);
        site_end(&full->site);
}

/* ---- what takes more ---- */

static bool check(struct full *full, gca_value value) {
        if (!gca_is_value(value))
                ck_assert_int_eq(gca_region_get_fault(full->site.region), GCA_REGION_HEAP_LIMIT);
        return gca_is_value(value);
}

static bool publish_small(struct full *full) {
        return check(full, gca_publish(full->site.region, make_list(full->site.region)));
}

static bool publish_large(struct full *full) {
        gca_region *region = full->site.region;

        return check(full, gca_publish(region, gca_bytes(region, NULL, 100000)));
}

static bool publish_open(struct full *full) {
        gca_region *open = gca_publication_begin(full->site.region);

        return check(full, gca_publication_end(open, make_list(open)));
}

static bool publish_open_large(struct full *full) {
        gca_region *open = gca_publication_begin(full->site.region);

        return check(full, gca_publication_end(open, gca_bytes(open, NULL, 100000)));
}

static bool new_cell(struct full *full) {
        return check(full, gca_cell_new(full->site.region, gca_nil()));
}

static bool new_weak(struct full *full) {
        return check(full, gca_weak_new(full->site.region, full->list));
}

static bool new_ephemeron(struct full *full) {
        return check(full, gca_ephemeron_new(full->site.region, full->list, full->other));
}

static bool new_native(struct full *full) {
        return check(full, gca_native_new(full->site.region, &node_type, NULL));
}

static bool new_blob(struct full *full) {
        static char data[BLOB_BYTES];

        return check(full, gca_blob_new(full->site.region, data, sizeof(data)));
}

/* The cell is as it was. */
static bool check_set(struct full *full, int r) {
        ck_assert(r >= 0 || r == -ENOSPC);
        ck_assert((gca_cell_get(full->kept, full->cell).word == full->list.word) == (r < 0));
        return r >= 0;
}

static bool set_cell(struct full *full) {
        return check_set(full,
                         gca_cell_set(full->site.region, full->cell, make_list(full->site.region)));
}

static bool compare_set_cell(struct full *full) {
        return check_set(full,
                         gca_cell_compare_set(full->site.region,
                                              full->cell,
                                              full->list,
                                              make_list(full->site.region),
                                              NULL));
}

static bool set_slot(struct full *full) {
        gca_region *region = full->site.region;
        int r = gca_native_set_slot(region, full->native, 0, make_list(region));

        ck_assert(r == 0 || r == -ENOSPC);
        ck_assert(gca_is_nil(gca_native_get_slot(full->kept, full->native, 0)) == (r < 0));
        return r == 0;
}

static bool (*const calls[])(struct full *) = {
        publish_small, publish_large, publish_open, publish_open_large, new_cell,         new_weak,
        new_ephemeron, new_native,    new_blob,     set_cell,           compare_set_cell, set_slot,
};

START_TEST(full_heap_refuses_what_takes_more_until_there_is_room) {
        for (size_t i = 0; i < SUITE_SIZE(calls); i++) {
                struct full full;
                uint64_t used;

                full_begin(&full);
                used = full_get_used(&full);
                ck_assert_msg(!calls[i](&full), "call %zu", i);
                ck_assert_uint_le(full_get_used(&full), used);
                heap_verify(full.site.heap);
                /* Nothing is garbage: a cycle does not help. */
                gca_heap_collect_now(full.site.heap);
                ck_assert_msg(!calls[i](&full), "call %zu", i);
                full.filling = gca_region_free(full.filling);
                gca_heap_collect_now(full.site.heap);
                ck_assert_msg(calls[i](&full), "call %zu", i);
                heap_verify(full.site.heap);
                region_verify(full.site.region);
                full_end(&full);
        }
}
END_TEST

/* ---- what takes nothing ---- */

START_TEST(full_heap_goes_on_with_what_it_has) {
        struct full full;
        gca_region *region;
        gca_value value;

        full_begin(&full);
        region = full.site.region;
        ck_assert_uint_eq(gca_hold(region, full.list).word, full.list.word);
        ck_assert_uint_eq(gca_publish(region, full.other).word, full.other.word);
        ck_assert_int_eq(gca_root_get(region, full.site.heap, full.root, &value), 0);
        ck_assert_uint_eq(gca_cell_get(region, full.cell).word, full.list.word);
        ck_assert_int_eq(gca_cell_set(region, full.cell, full.other), 0);
        ck_assert_int_eq(gca_cell_compare_set(region, full.cell, full.other, gca_nil(), NULL), 1);
        ck_assert_int_eq(gca_native_set_slot(region, full.native, 1, full.cell), 0);
        ck_assert_uint_eq(gca_weak_get(region, full.weak).word, full.list.word);
        ck_assert_uint_eq(gca_ephemeron_get(region, full.ephemeron).word, full.other.word);
        (void)site_root(&full.site, full.other);
        ck_assert(gca_is_value(make_list(region)));
        ck_assert_int_eq(gca_region_get_fault(region), GCA_REGION_OK);
        heap_verify(full.site.heap);
        full_end(&full);
}
END_TEST

/* Garbage is no reason to refuse anything once a cycle has found it: who publishes sweeps for itself. */
START_TEST(full_heap_is_swept_before_anything_is_refused) {
        struct full full;

        full_begin(&full);
        full.filling = gca_region_free(full.filling);
        site_step_to(&full.site, CYCLE_SWEEPING);
        ck_assert(publish_large(&full));
        for (int i = 0; i < 10; i++)
                ck_assert(publish_small(&full));
        site_finish(&full.site);
        heap_verify(full.site.heap);
        full_end(&full);
}
END_TEST

/* Garbage below the soft limit, of which no cycle has been asked for. */
START_TEST(full_heap_with_a_collector_refuses_nothing_because_of_garbage) {
        struct site site;

        site_begin_with(&site, (gca_heap_options){ .hard_limit_bytes = LIMIT_BYTES });
        for (int i = 0; i < 10; i++) {
                gca_region *region = gca_region_new_on(site.thread, 0);

                ck_assert(gca_is_published(gca_publish(region, gca_bytes(region, NULL, 1500000))));
                for (int n = 0; n < 20; n++)
                        ck_assert(
                                gca_is_value(gca_publish(region, gca_bytes(region, NULL, 10000))));
                (void)gca_region_free(region);
        }
        site_end(&site);
}
END_TEST

/* ---- several threads ---- */

enum {
        N_THREADS = 4,
        N_ROUNDS = 10,
};

struct filler {
        gca_heap *heap;
        pthread_barrier_t *barrier;
        bool makes_blobs;
        uint64_t used_max;
};

static gca_value filler_make(const struct filler *filler, gca_region *region) {
        static char bytes[BLOB_BYTES];

        if (filler->makes_blobs)
                return gca_blob_new(region, bytes, sizeof(bytes));
        return gca_publish(region, gca_bytes(region, NULL, BLOB_BYTES));
}

/* Makes objects until none is granted, at the same time as the others. */
static void *filler_run(void *data) {
        struct filler *filler = data;
        gca_thread *thread = NULL;

        ck_assert_int_eq(gca_thread_attach(filler->heap, &thread), 0);
        for (int round = 0; round < N_ROUNDS; round++) {
                gca_region *region = gca_region_new_on(thread, 0);
                uint64_t used = 0;

                (void)pthread_barrier_wait(filler->barrier);
                while (gca_is_value(filler_make(filler, region)))
                        continue;
                ck_assert_int_eq(gca_region_get_fault(region), GCA_REGION_HEAP_LIMIT);
                (void)pthread_barrier_wait(filler->barrier);
                used = store_get_used_bytes(&filler->heap->store);
                filler->used_max = used > filler->used_max ? used : filler->used_max;
                (void)pthread_barrier_wait(filler->barrier);
                (void)gca_region_free(region);
        }
        (void)gca_thread_detach(thread);
        return NULL;
}

/* Each counts what it is about to make before it makes it. */
START_TEST(threads_do_not_pass_the_hard_limit_together) {
        gca_heap_options options = { .size = sizeof(options), .hard_limit_bytes = LIMIT_BYTES };
        struct filler fillers[N_THREADS];
        pthread_t threads[N_THREADS];
        pthread_barrier_t barrier;
        gca_heap *heap = NULL;

        ck_assert_int_eq(gca_heap_new(&options, &heap), 0);
        ck_assert_int_eq(pthread_barrier_init(&barrier, NULL, N_THREADS), 0);
        for (int i = 0; i < N_THREADS; i++) {
                fillers[i] = (struct filler){ heap, &barrier, i % 2 == 0, 0 };
                ck_assert_int_eq(pthread_create(&threads[i], NULL, filler_run, &fillers[i]), 0);
        }
        for (int i = 0; i < N_THREADS; i++) {
                ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
                ck_assert_uint_le(fillers[i].used_max, LIMIT_BYTES);
                ck_assert_uint_gt(fillers[i].used_max, LIMIT_BYTES - 2 * BLOB_BYTES);
        }
        ck_assert_int_eq(pthread_barrier_destroy(&barrier), 0);
        ck_assert_ptr_null(gca_heap_free(heap));
}
END_TEST

START_TEST(refused_blob_leaves_nothing_behind) {
        struct full full;
        gca_region *region;
        uint64_t used;

        full_begin(&full);
        used = full_get_used(&full);
        region = gca_region_new_on(full.site.thread, 0);
        (void)memory_fail_at(1);
        /* Not even memory for it is asked for. */
        ck_assert(!gca_is_value(gca_blob_new(region, &full, BLOB_BYTES * 100)));
        ck_assert_uint_eq(memory_fail_at(0), 0);
        ck_assert_int_eq(gca_region_get_fault(region), GCA_REGION_HEAP_LIMIT);
        ck_assert_uint_eq(full_get_used(&full), used);
        (void)gca_region_free(region);
        full_end(&full);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                full_heap_refuses_what_takes_more_until_there_is_room,
                full_heap_goes_on_with_what_it_has,
                full_heap_is_swept_before_anything_is_refused,
                full_heap_with_a_collector_refuses_nothing_because_of_garbage,
                threads_do_not_pass_the_hard_limit_together,
                refused_blob_leaves_nothing_behind,
        };

        return suite_run("heap-limit", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
