/* SPDX-License-Identifier: MIT */

/* Tasks and the heap: what a task took lives as long as the task needs it, what it published as long as a root does. */

#include <gcasync/heap.h>

#include "helpers/runtime-host.h"
#include "helpers/suite.h"

/* What the kinds below share with their test. */
static struct shared {
        gca_heap *heap;
        gca_thread *thread; /* the test's own */
        gca_root_owner *owner;
        gca_root root;
        _Atomic size_t n_finalized;
} shared;

static void shared_begin(void) {
        gca_heap_options options = { .size = sizeof(options) };

        shared = (struct shared){ 0 };
        ck_assert_int_eq(gca_heap_new(&options, &shared.heap), 0);
        ck_assert_int_eq(gca_thread_attach(shared.heap, &shared.thread), 0);
        shared.owner = gca_root_owner_new(shared.heap, 1);
        ck_assert_ptr_nonnull(shared.owner);
}

static void shared_root(gca_value value) {
        ck_assert_int_eq(gca_root_register(shared.thread, shared.owner, value, &shared.root), 0);
}

static gca_value shared_get(void) {
        gca_value value = GCA_NO_VALUE;

        ck_assert_int_eq(
                gca_root_get(
                        gca_thread_get_region(shared.thread), shared.heap, shared.root, &value),
                0);
        return value;
}

static void shared_collect(void) {
        gca_thread_end_pass(shared.thread);
        ck_assert_int_eq(gca_heap_collect(shared.heap, true), 0);
        ck_assert_int_eq(gca_heap_collect(shared.heap, true), 0);
}

static uint64_t shared_count_objects(void) {
        gca_census census;
        uint64_t n = 0;

        gca_heap_get_census(shared.heap, &census);
        for (size_t i = 0; i < sizeof(census.n_objects) / sizeof(census.n_objects[0]); i++)
                n += census.n_objects[i];
        return n;
}

/* Nothing is left that nobody roots. */
static void shared_end(void) {
        shared.owner = gca_root_owner_free(shared.thread, shared.owner);
        shared_collect();
        ck_assert_uint_eq(shared_count_objects(), 0);
        shared.thread = gca_thread_detach(shared.thread);
        shared.heap = gca_heap_free(shared.heap);
}

static void run_one(struct host *host, const gca_kind_entry *kind, gca_task_state state) {
        gca_task *task;

        host->n_workers = 1;
        host->heap = shared.heap;
        host_start(host);
        task = host_submit_kept(host, kind);
        host_run(host, 1);
        ck_assert_int_eq(gca_task_get_state(task), state);
        if (state == GCA_TASK_FAILED)
                ck_assert_str_eq(gca_task_get_failure_code(task), (const char *)host->data);
        (void)gca_task_unref(task);
        host_end(host);
}

/* ---- results ---- */

static int publish_result(gca_task *task, gca_value result) {
        gca_region *region = gca_task_region(task);
        gca_value published = gca_publish(region, result);

        ck_assert(gca_is_published(published));
        return gca_root_register(
                gca_region_get_thread(region), shared.owner, published, &shared.root);
}

static gca_poll list_poll(gca_task *task, void *state) {
        gca_region *region = gca_task_region(task);
        gca_value text = gca_string(region, "a result", -1);

        (void)state;
        return gca_succeed(task,
                           gca_list(region, (gca_value[]){ text, text, gca_int(region, 7) }, 3));
}

HOST_KIND(list_kind, GCA_MODE_POLL, list_poll, .flags = 0);
HOST_KIND(list_service, GCA_MODE_SERVICE, list_poll, .flags = 0);
HOST_KIND(list_inline, GCA_MODE_INLINE, list_poll, .flags = 0);
HOST_KIND(list_blocking, GCA_MODE_BLOCKING, list_poll, .flags = 0);

static void expect_published_result(const gca_kind_entry *kind) {
        struct host host = { .ops = { .store_result = publish_result } };
        gca_value list;

        shared_begin();
        run_one(&host, kind, GCA_TASK_SUCCEEDED);
        shared_collect();
        list = shared_get();
        ck_assert_str_eq(gca_get_string(gca_get_element(list, 0), NULL), "a result");
        ck_assert(gca_get_element(list, 0).word == gca_get_element(list, 1).word);
        ck_assert_int_eq(gca_get_int(gca_get_element(list, 2)), 7);
        ck_assert_uint_eq(shared_count_objects(), 2);
        shared_end();
}

START_TEST(published_result_outlives_the_task_and_its_runtime) {
        expect_published_result(&list_kind);
        expect_published_result(&list_service);
        expect_published_result(&list_inline);
        expect_published_result(&list_blocking);
}
END_TEST

/* ---- suspension ---- */

struct holder {
        bool is_second;
        gca_value list;
};

/* Takes what the root holds, gives the root up, and looks at it after two collections. */
static gca_poll pass_poll(gca_task *task, void *state) {
        struct holder *holder = state;

        if (holder->is_second)
                return gca_succeed(task, gca_get_element(holder->list, 1));
        holder->is_second = true;
        ck_assert_int_eq(
                gca_root_get(gca_task_region(task), shared.heap, shared.root, &holder->list), 0);
        ck_assert_int_eq(gca_root_unregister(shared.thread, shared.heap, shared.root), 0);
        ck_assert_int_eq(gca_heap_collect(shared.heap, true), 0);
        ck_assert_int_eq(gca_heap_collect(shared.heap, true), 0);
        return GCA_AGAIN;
}

HOST_KIND(pass_kind, GCA_MODE_SERVICE, pass_poll, .state_size = sizeof(struct holder));

START_TEST(task_keeps_what_it_took_across_its_polls) {
        struct host host = { .n_workers = 1 };
        gca_region *region;
        gca_value list;
        gca_task *task;

        shared_begin();
        region = gca_thread_get_region(shared.thread);
        list = gca_list(region, (gca_value[]){ gca_nil(), gca_int(region, INT64_MAX) }, 2);
        shared_root(gca_publish(region, list));
        gca_thread_end_pass(shared.thread);
        host.heap = shared.heap;
        host_start(&host);
        task = host_submit_kept(&host, &pass_kind);
        host_run(&host, 1);
        ck_assert(host_task_of(task)->result == INT64_MAX);
        (void)gca_task_unref(task);
        host_end(&host);
        shared_end();
}
END_TEST

/* ---- finalisers ---- */

static void count_finalized(void *payload) {
        size_t number;

        memcpy(&number, payload, sizeof(number));
        (void)atomic_fetch_add(&shared.n_finalized, number);
}

static const gca_native_type native_type = { .size = sizeof(native_type),
                                             .name = "number",
                                             .payload_bytes = sizeof(size_t),
                                             .finalize = count_finalized };

/* Makes natives that nobody keeps; once they are gone, waits for their finalisers. */
static gca_poll native_poll(gca_task *task, void *state) {
        bool *is_made = state;
        gca_region *region = gca_task_region(task);

        for (size_t i = 1; i <= 100 && !*is_made; i++) {
                gca_scope scope;

                gca_scope_begin(region, &scope);
                ck_assert(gca_is_value(gca_native_new(region, &native_type, &i)));
                (void)gca_scope_end(region, &scope, GCA_NO_VALUE);
        }
        *is_made = true;
        if (atomic_load(&shared.n_finalized) == 100 * 101 / 2)
                return gca_succeed(task, gca_nil());
        ck_assert_int_eq(gca_heap_collect(shared.heap, true), 0);
        return GCA_AGAIN;
}

HOST_KIND(native_kind, GCA_MODE_POLL, native_poll, .state_size = sizeof(bool));

START_TEST(finalizers_run_while_their_runtime_does) {
        struct host host = { .n_workers = 1 };

        shared_begin();
        run_one(&host, &native_kind, GCA_TASK_SUCCEEDED);
        shared_end();
}
END_TEST

/* ---- ends ---- */

static gca_poll litter_poll(gca_task *task, void *state) {
        gca_region *region = gca_task_region(task);
        gca_region *publication = gca_publication_begin(region);
        gca_value cell = gca_cell_new(region, gca_string(region, "kept by nobody", -1));

        (void)state;
        ck_assert(gca_is_value(cell));
        ck_assert_ptr_nonnull(publication);
        for (int i = 0; i < 1000; i++)
                ck_assert(gca_is_value(gca_bytes(publication, "left over", 9)));
        return gca_fail(task, "gave-up", "with an open publication");
}

HOST_KIND(litter_kind, GCA_MODE_POLL, litter_poll, .flags = 0);

START_TEST(what_a_failed_task_left_behind_goes) {
        struct host host = { .data = (void *)"gave-up" };

        shared_begin();
        run_one(&host, &litter_kind, GCA_TASK_FAILED);
        shared_end();
}
END_TEST

static gca_poll greedy_poll(gca_task *task, void *state) {
        (void)state;
        return gca_succeed(task, gca_bytes(gca_task_region(task), NULL, 2 << 20));
}

HOST_KIND(greedy_kind, GCA_MODE_POLL, greedy_poll, .flags = 0);

static gca_poll publishing_poll(gca_task *task, void *state) {
        (void)state;
        return gca_succeed(task, gca_cell_new(gca_task_region(task), gca_nil()));
}

HOST_KIND(publishing_kind, GCA_MODE_POLL, publishing_poll, .flags = 0);

START_TEST(task_past_its_memory_limit_is_told_of_scopes) {
        struct host host = { .n_workers = 1 };
        gca_task *task;

        host_start(&host);
        task = host_submit_kept(&host, &greedy_kind);
        host_run(&host, 1);
        ck_assert_str_eq(gca_task_get_failure_code(task), "memory-limit");
        ck_assert_ptr_nonnull(strstr(gca_task_get_failure_message(task), "scopes"));
        (void)gca_task_unref(task);
        host_end(&host);
}
END_TEST

START_TEST(task_of_a_runtime_without_a_heap_publishes_nothing) {
        struct host host = { .data = (void *)"no-heap" };

        shared = (struct shared){ 0 };
        run_one(&host, &publishing_kind, GCA_TASK_FAILED);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                published_result_outlives_the_task_and_its_runtime,
                task_keeps_what_it_took_across_its_polls,
                finalizers_run_while_their_runtime_does,
                what_a_failed_task_left_behind_goes,
                task_past_its_memory_limit_is_told_of_scopes,
                task_of_a_runtime_without_a_heap_publishes_nothing,
        };

        return suite_run("runtime-heap", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
