/* SPDX-License-Identifier: MIT */
/*
 * Every call of gcasync/heap.h that can fail, with the n-th request for memory failing, for n = 1, 2, … until there is none left
 * to fail, in each phase of a cycle: the failure is told, the heap is sound, the same call succeeds when there is memory again,
 * and what is left at the end is what was there before.
 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gc/memory.h"
#include "helpers/stage.h"
#include "helpers/suite.h"

enum {
        SEALS = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL,
        N_ROOTS = 5000, /* more than what their set has room for at first */
        N_FAILURES_MAX = 200,
};

/* ---- the calls ---- */

/* Whether it succeeded; the region tells if not. */
static bool stage_check(struct stage *stage, gca_value value) {
        if (!gca_is_value(value))
                ck_assert_int_eq(gca_region_get_fault(stage->site.region), GCA_REGION_NO_MEMORY);
        return gca_is_value(value);
}

static bool check_errno(int r) {
        ck_assert(r >= 0 || r == -ENOMEM);
        return r >= 0;
}

static void prepare_small(struct stage *stage) {
        stage->value = stage_make_list(stage->site.region, 3);
}

static void prepare_large(struct stage *stage) {
        gca_region *region = stage->site.region;
        gca_value elements[6000];

        for (size_t i = 0; i < 6000; i++)
                elements[i] = i % 100 == 0 ? stage_make_list(region, (int64_t)i) : stage->list;
        stage->value = gca_list(
                region,
                (gca_value[]){ gca_list(region, elements, 6000), gca_bytes(region, NULL, 100000) },
                2);
}

static void prepare_deep(struct stage *stage) {
        gca_value value = stage->list;

        for (int i = 0; i < 3000; i++)
                value = gca_list(stage->site.region,
                                 (gca_value[]){ value, gca_bytes(stage->site.region, NULL, 300) },
                                 2);
        stage->value = value;
}

/* Made outside the scope that it is published in, so that it needs entries of its own. */
static void prepare_nested(struct stage *stage) {
        gca_region *region = stage->site.region;
        gca_value outer[100];

        for (int i = 0; i < 100; i++)
                outer[i] = stage_make_list(region, i);
        gca_scope_begin(region, &stage->scope);
        stage->value = gca_list(region, outer, 100);
}

static bool run_publish(struct stage *stage) {
        gca_value copy = gca_publish(stage->site.region, stage->value);

        ck_assert(!gca_is_value(copy) || gca_equal(copy, stage->value));
        return stage_check(stage, copy);
}

static bool run_publication(struct stage *stage) {
        gca_region *region = stage->site.region, *open = gca_publication_begin(region);
        gca_value value = stage->list;

        if (!open)
                return stage_check(stage, GCA_NO_VALUE);
        for (int i = 0; i < 1000; i++)
                value = gca_list(open, (gca_value[]){ value, gca_bytes(open, NULL, 100) }, 2);
        value = gca_list(open, (gca_value[]){ value, gca_bytes(open, NULL, 40000) }, 2);
        return stage_check(stage, gca_publication_end(open, value));
}

/* Private values fail as published ones do; nothing is published of what could not be made. */
static bool run_construct(struct stage *stage) {
        gca_region *region = stage->site.region;
        gca_value bytes = gca_bytes(region, NULL, 40000);
        gca_value list = gca_list(region, (gca_value[]){ stage->list, bytes }, 2);

        ck_assert(gca_is_value(bytes) || !gca_is_value(gca_publish(region, bytes)));
        return stage_check(stage, gca_cell_new(region, list));
}

static bool run_hold(struct stage *stage) {
        return stage_check(stage, gca_hold(stage->site.region, stage->list));
}

static void prepare_scope(struct stage *stage) {
        gca_region *region = stage->site.region;

        gca_scope_begin(region, &stage->scope);
        stage->value = gca_list(region,
                                (gca_value[]){ stage_make_list(region, 1),
                                               gca_cell_get(region, stage->cell),
                                               gca_bytes(region, NULL, 3000) },
                                3);
}

static bool run_scope_end(struct stage *stage) {
        gca_value value = gca_scope_end(stage->site.region, &stage->scope, stage->value);

        if (!gca_is_value(value))
                /* It has ended all the same: the next one is to end another. */
                prepare_scope(stage);
        return stage_check(stage, value);
}

static bool run_cell_new(struct stage *stage) {
        return stage_check(stage, gca_cell_new(stage->site.region, stage->value));
}

static bool run_cell_get(struct stage *stage) {
        return stage_check(stage, gca_cell_get(stage->site.region, stage->cell));
}

static bool stage_check_cell(struct stage *stage, int r) {
        struct object *cell = value_get_object(stage->cell);

        ck_assert((cell->slots[0].word == stage->list.word) == (r <= 0));
        if (r <= 0)
                return false;
        /* As it was, for the census. */
        ck_assert_int_eq(gca_cell_set(stage->kept, stage->cell, stage->list), 0);
        return true;
}

static bool run_cell_set(struct stage *stage) {
        int r = gca_cell_set(stage->site.region, stage->cell, stage->value);

        return stage_check_cell(stage, check_errno(r) ? 1 : r);
}

static bool run_compare_set(struct stage *stage) {
        int r = gca_cell_compare_set(
                stage->site.region, stage->cell, stage->list, stage->value, NULL);

        (void)check_errno(r);
        ck_assert_int_ne(r, 0);
        return stage_check_cell(stage, r);
}

static bool run_compare_set_in_vain(struct stage *stage) {
        gca_value current = GCA_NO_VALUE;
        int r = gca_cell_compare_set(
                stage->site.region, stage->cell, stage->other, stage->value, &current);

        ck_assert(gca_is_value(current) == check_errno(r));
        ck_assert(r < 0 || current.word == stage->list.word);
        return r == 0;
}

static bool run_weak_new(struct stage *stage) {
        return stage_check(stage, gca_weak_new(stage->site.region, stage->value));
}

static bool run_weak_get(struct stage *stage) {
        return stage_check(stage, gca_weak_get(stage->site.region, stage->weak));
}

static bool run_ephemeron_new(struct stage *stage) {
        return stage_check(stage,
                           gca_ephemeron_new(stage->site.region,
                                             gca_is_value(stage->value)
                                                     ? gca_get_element(stage->value, 1)
                                                     : GCA_NO_VALUE,
                                             stage->value));
}

static bool run_ephemeron_get(struct stage *stage) {
        return stage_check(stage, gca_ephemeron_get(stage->site.region, stage->ephemeron));
}

static bool run_native_new(struct stage *stage) {
        return stage_check(stage, gca_native_new(stage->site.region, &stage_native_type, NULL));
}

static bool run_native_get_slot(struct stage *stage) {
        return stage_check(stage, gca_native_get_slot(stage->site.region, stage->native, 1));
}

static bool run_native_set_slot(struct stage *stage) {
        if (!check_errno(gca_native_set_slot(stage->site.region, stage->native, 1, stage->value)))
                return false;
        ck_assert_int_eq(gca_native_set_slot(stage->kept, stage->native, 1, gca_nil()), 0);
        return true;
}

static bool run_blob_new(struct stage *stage) {
        return stage_check(stage, gca_blob_new(stage->site.region, "other bytes", 11));
}

static void prepare_fd(struct stage *stage) {
        stage->fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        ck_assert_int_ge(stage->fd, 0);
        ck_assert_int_eq(write(stage->fd, "bytes", 5), 5);
        ck_assert_int_eq(fcntl(stage->fd, F_ADD_SEALS, SEALS), 0);
}

static bool run_blob_new_from_fd(struct stage *stage) {
        gca_value blob = gca_blob_new_from_fd(stage->site.region, stage->fd);

        /* The descriptor is still the caller's. */
        ck_assert(gca_is_value(blob) || (errno == ENOMEM && fcntl(stage->fd, F_GETFD) >= 0));
        return stage_check(stage, blob);
}

/* The only failure that no region tells of: it is asked for the bytes, not for a value. */
static bool run_blob_bytes(struct stage *stage) {
        size_t size = 99;
        const void *bytes = gca_get_bytes(stage->blob, &size);

        ck_assert_uint_eq(size, bytes ? 5 : 0);
        ck_assert(!bytes || memcmp(bytes, "bytes", 5) == 0);
        return bytes;
}

static bool run_owner_new(struct stage *stage) {
        stage->owner = gca_root_owner_new(stage->site.heap, 2);
        if (!stage->owner)
                return false;
        (void)gca_root_owner_free(stage->site.thread, stage->owner);
        return true;
}

/* An owner whose roots need memory; the others go with it. */
static void prepare_owner(struct stage *stage) {
        stage->owner = gca_root_owner_new(stage->site.heap, 2);
        ck_assert_ptr_nonnull(stage->owner);
}

static bool run_register(struct stage *stage) {
        gca_root root;

        for (int i = 0; i < N_ROOTS; i++)
                if (!check_errno(gca_root_register(
                            stage->site.thread, stage->owner, stage->other, &root)))
                        return false;
        (void)gca_root_owner_free(stage->site.thread, stage->owner);
        return true;
}

static bool run_guard_init(struct stage *stage) {
        for (int i = 0; i < N_ROOTS; i++) {
                gca_guard guard = { 0 };
                int r = gca_guard_init(&guard, stage->site.thread, stage->owner, stage->other);

                ck_assert((guard.thread != NULL) == (r == 0));
                if (!check_errno(r))
                        return false;
        }
        (void)gca_root_owner_free(stage->site.thread, stage->owner);
        return true;
}

static bool run_root_get(struct stage *stage) {
        gca_value value = GCA_NO_VALUE;
        int r = gca_root_get(stage->site.region, stage->site.heap, stage->root, &value);

        ck_assert(check_errno(r) == gca_is_value(value));
        return r == 0;
}

static bool run_region_new(struct stage *stage) {
        stage->region = gca_region_new_on(stage->site.thread, 0);
        if (!stage->region)
                return false;
        (void)gca_region_free(stage->region);
        return true;
}

static bool run_attach(struct stage *stage) {
        stage->thread = NULL;
        if (!check_errno(gca_thread_attach(stage->site.heap, &stage->thread))) {
                ck_assert_ptr_null(stage->thread);
                return false;
        }
        (void)gca_thread_detach(stage->thread);
        return true;
}

static bool run_heap_new(struct stage *stage) {
        stage->heap = NULL;
        if (!check_errno(gca_heap_new(NULL, &stage->heap))) {
                ck_assert_ptr_null(stage->heap);
                return false;
        }
        stage->heap = gca_heap_free(stage->heap);
        return true;
}

/* These do not fail: what they give up is kept in another way where there is no memory to log it. */
static bool run_unfailing(struct stage *stage) {
        gca_thread *thread = stage->site.thread;
        gca_heap *heap = stage->site.heap;

        ck_assert_int_eq(gca_root_share(thread, heap, stage->root), 0);
        ck_assert_int_eq(gca_root_unregister(thread, heap, stage->root), 0);
        ck_assert_int_eq(gca_root_set(thread, heap, stage->root, stage->other), 0);
        ck_assert_int_eq(gca_root_set(thread, heap, stage->root, stage->list), 0);
        ck_assert_int_eq(gca_heap_collect(heap, false), 0);
        gca_thread_end_pass(thread);
        return true;
}

#define CALL_MAP(X)                                                       \
        X(publish_small, prepare_small, run_publish, 4)                   \
        X(publish_large, prepare_large, run_publish, 4)                   \
        X(publish_deep, prepare_deep, run_publish, 4)                     \
        X(publish_nested, prepare_nested, run_publish, 4)                 \
        X(publication, NULL, run_publication, 5)                          \
        X(construct, NULL, run_construct, 5)                              \
        X(hold, NULL, run_hold, 1)                                        \
        X(scope_end, prepare_scope, run_scope_end, 1)                     \
        X(cell_new, prepare_small, run_cell_new, 4)                       \
        X(cell_get, NULL, run_cell_get, 1)                                \
        X(cell_set, prepare_small, run_cell_set, 4)                       \
        X(compare_set, prepare_small, run_compare_set, 4)                 \
        X(compare_set_in_vain, prepare_small, run_compare_set_in_vain, 4) \
        X(weak_new, prepare_small, run_weak_new, 4)                       \
        X(weak_get, NULL, run_weak_get, 1)                                \
        X(ephemeron_new, prepare_small, run_ephemeron_new, 4)             \
        X(ephemeron_get, NULL, run_ephemeron_get, 1)                      \
        X(native_new, NULL, run_native_new, 2)                            \
        X(native_get_slot, NULL, run_native_get_slot, 1)                  \
        X(native_set_slot, prepare_small, run_native_set_slot, 4)         \
        X(blob_new, NULL, run_blob_new, 2)                                \
        X(blob_new_from_fd, prepare_fd, run_blob_new_from_fd, 2)          \
        X(blob_bytes, NULL, run_blob_bytes, 1)                            \
        X(owner_new, NULL, run_owner_new, 1)                              \
        X(register, prepare_owner, run_register, 1)                       \
        X(guard_init, prepare_owner, run_guard_init, 1)                   \
        X(root_get, NULL, run_root_get, 1)                                \
        X(region_new, NULL, run_region_new, 1)                            \
        X(attach, NULL, run_attach, 2)                                    \
        X(heap_new, NULL, run_heap_new, 5)                                \
        X(unfailing, NULL, run_unfailing, 0)

static const struct call {
        const char *name;
        void (*prepare)(struct stage *stage);
        bool (*run)(struct stage *stage);
        size_t n_failures_min;
} calls[] = {
#define X(name, prepare, run, n_failures_min) { #name, prepare, run, n_failures_min },
        CALL_MAP(X)
#undef X
};

/* ---- the play ---- */

/* Whether the n-th request failed, alone or with all that followed; there may have been fewer. */
static bool play(const struct call *call, enum cycle_state state, size_t n, bool is_failing_on) {
        struct stage stage;
        bool is_done;
        size_t n_requests;

        stage_begin(&stage);
        if (call->prepare)
                call->prepare(&stage);
        if (state != CYCLE_NONE)
                site_step_to(&stage.site, state);
        stage_drain(&stage);
        (void)(is_failing_on ? memory_fail_from(n) : memory_fail_at(n));
        is_done = call->run(&stage);
        n_requests = memory_fail_at(0);
        publication_settle(stage.site.thread);
        heap_verify(stage.site.heap);
        region_verify(stage.site.region);
        ck_assert_msg(is_done || n_requests >= n, "%s at %zu in phase %d", call->name, n, state);
        if (n % 2 == 0)
                gca_heap_collect_now(stage.site.heap);
        if (!is_done)
                ck_assert_msg(call->run(&stage), "%s at %zu in phase %d", call->name, n, state);
        stage_end(&stage);
        return n_requests >= n;
}

START_TEST(call_survives_each_failing_allocation_in_each_phase) {
        const enum cycle_state states[] = {
                CYCLE_NONE,   CYCLE_ARMING,  CYCLE_OPENING,  CYCLE_MARKING,
                CYCLE_ENDING, CYCLE_LEAVING, CYCLE_SWEEPING,
        };
        const struct call *call = &calls[_i];

        for (size_t i = 0; i < SUITE_SIZE(states); i++) {
                size_t n = 1;

                while (play(call, states[i], n, false))
                        ck_assert_uint_lt(++n, N_FAILURES_MAX);
                for (size_t from = 1; from < n; from++)
                        ck_assert(play(call, states[i], from, true));
                ck_assert_msg(n > call->n_failures_min, "%s failed at %zu", call->name, n - 1);
        }
}
END_TEST

int main(void) {
        Suite *suite = suite_create("heap-failure");
        TCase *tcase = tcase_create("heap-failure");
        SRunner *runner = srunner_create(suite);
        int n_failed;

        suite_add_tcase(suite, tcase);
        tcase_set_timeout(tcase, SUITE_TIMEOUT_S);
        tcase_add_loop_test(
                tcase, call_survives_each_failing_allocation_in_each_phase, 0, SUITE_SIZE(calls));
        srunner_run_all(runner, CK_ENV);
        n_failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return n_failed > 0;
}
