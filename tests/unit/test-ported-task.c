/* SPDX-License-Identifier: MIT */
/*
 * Values and tasks, ported by behaviour from rudo's spawn_with_gc!, GcScope::spawn and the tests of its handles across awaits
 * (crates/rudo-gc/tests/handlescope_async.rs): rooted before the task is runnable, unrooted after its last destructor,
 * on every end path; what a task took is good after it was suspended. (Theirs roots at the first poll.)
 */

#include <gcasync/heap.h>

#include "helpers/runtime-host.h"
#include "helpers/suite.h"

enum {
        N_TASKS = 300,
        N_MOVES = 2000,
        N_POLLS = 5,
};

/* What the kinds below share with their test. */
static struct play {
        struct host host;
        gca_heap *heap;
        gca_thread *thread; /* the test's own */
        gca_root_owner *owner;
        gca_root roots[N_TASKS + 1]; /* of each task's argument, by its id */
        _Atomic size_t n_read;
} play;

static void play_begin(bool is_stress) {
        gca_heap_options options = { .size = sizeof(options), .is_stress = is_stress };

        play = (struct play){ .host = { .n_workers = 2 } };
        ck_assert_int_eq(gca_heap_new(&options, &play.heap), 0);
        ck_assert_int_eq(gca_thread_attach(play.heap, &play.thread), 0);
        play.owner = gca_root_owner_new(play.heap, 1);
        ck_assert_ptr_nonnull(play.owner);
}

static void collect(void) {
        assert(gca_heap_collect(play.heap, true) == 0);
        assert(gca_heap_collect(play.heap, true) == 0);
}

static uint64_t count_objects(void) {
        gca_census census;
        uint64_t n = 0;

        gca_thread_end_pass(play.thread);
        collect();
        gca_heap_get_census(play.heap, &census);
        for (size_t i = 0; i < sizeof(census.n_objects) / sizeof(census.n_objects[0]); i++)
                n += census.n_objects[i];
        return n;
}

static void play_end(void) {
        host_end(&play.host);
        play.owner = gca_root_owner_free(play.thread, play.owner);
        ck_assert_uint_eq(count_objects(), 0);
        play.thread = gca_thread_detach(play.thread);
        play.heap = gca_heap_free(play.heap);
}

/* ---- arguments in roots ---- */

/* A list that tells the task's number. */
static gca_value make_list(gca_region *region, uint64_t id) {
        return gca_list(region,
                        (gca_value[]){ gca_int(region, (int64_t)id),
                                       gca_string_format(region, "of task %d", (int)id) },
                        2);
}

static void expect_list(gca_value list, uint64_t id) {
        assert(gca_get_int(gca_get_element(list, 0)) == (int64_t)id);
        assert(atoi(gca_get_string(gca_get_element(list, 1), NULL) + 8) == (int)id);
        /* Relaxed: read when all is quiet. */
        atomic_fetch_add_explicit(&play.n_read, 1, memory_order_relaxed);
}

static void root_value(gca_root *root, gca_value value) {
        ck_assert_int_eq(gca_root_register(play.thread, play.owner, value, root), 0);
        gca_thread_end_pass(play.thread);
}

/* The argument in the task's root. */
static gca_value take_argument(gca_task *task) {
        gca_value value = GCA_NO_VALUE;
        int r;

        r = gca_root_get(
                gca_task_region(task), play.heap, play.roots[gca_task_get_id(task)], &value);
        assert(r == 0);
        return value;
}

/* The root goes when the task has ended, its destructor included. */
static void drop_argument(struct host *host, gca_task *task) {
        (void)host;
        ck_assert_int_eq(
                gca_root_unregister(play.thread, play.heap, play.roots[gca_task_get_id(task)]), 0);
}

/* Rooted before it is runnable. */
static gca_task *submit(const gca_kind_entry *kind) {
        gca_task *task = gca_task_ref(host_make_task(&play.host, kind, 0));
        gca_region *region = gca_thread_get_region(play.thread);
        uint64_t id = gca_task_get_id(task);

        root_value(&play.roots[id], gca_publish(region, make_list(region, id)));
        gca_task_submit(task);
        return task;
}

static void start(void) {
        play.host.heap = play.heap;
        play.host.on_finished = drop_argument;
        host_start(&play.host);
}

/* ---- spawn rooting ---- */

struct reader {
        int n_polls;
        gca_value list;
};

static void reader_drop(gca_task *task, void *state) {
        struct reader *reader = state;

        collect();
        expect_list(reader->list, gca_task_get_id(task));
        expect_list(take_argument(task), gca_task_get_id(task));
}

static gca_poll succeed_poll(gca_task *task, void *state) {
        struct reader *reader = state;

        reader->list = take_argument(task);
        return gca_succeed(task, gca_get_element(reader->list, 0));
}

static gca_poll fail_poll(gca_task *task, void *state) {
        struct reader *reader = state;

        reader->list = take_argument(task);
        return gca_fail(task, "on-purpose", "as told");
}

static gca_poll wait_poll(gca_task *task, void *state) {
        struct reader *reader = state;

        if (reader->n_polls++ == 0)
                reader->list = take_argument(task);
        gca_report_progress(task, 1, 2, NULL);
        return GCA_AGAIN;
}

HOST_KIND(succeed_kind,
          GCA_MODE_POLL,
          succeed_poll,
          .state_size = sizeof(struct reader),
          .drop = reader_drop);
HOST_KIND(fail_kind,
          GCA_MODE_POLL,
          fail_poll,
          .state_size = sizeof(struct reader),
          .drop = reader_drop);
HOST_KIND(wait_kind,
          GCA_MODE_POLL,
          wait_poll,
          .state_size = sizeof(struct reader),
          .drop = reader_drop);

static void kill_on_progress(struct host *host, gca_task *task) {
        (void)host;
        (void)gca_task_abort(task, GCA_ABORT_KILL, "on purpose");
}

/* n_read: by the destructor, if there was one. */
static void
expect_end(const gca_kind_entry *kind, bool is_aborted_first, gca_task_state state, size_t n_read) {
        gca_task *task;

        play_begin(false);
        play.host.on_progress = kill_on_progress;
        start();
        task = submit(kind);
        collect();
        if (is_aborted_first)
                ck_assert(gca_task_abort(task, GCA_ABORT_KILL, "on purpose"));
        host_run(&play.host, 1);
        ck_assert_int_eq(gca_task_get_state(task), state);
        ck_assert_uint_eq(play.n_read, n_read);
        (void)gca_task_unref(task);
        ck_assert_uint_eq(gca_heap_count_roots(play.heap), 0);
        ck_assert_uint_eq(count_objects(), 0);
        play_end();
}

/* Checklist: spawn rooting, "collect between submit and first step; abort before start". rudo: test_spawn_with_gc_macro_*. */
START_TEST(argument_lives_from_submission_to_the_last_destructor_on_every_end_path) {
        expect_end(&succeed_kind, false, GCA_TASK_SUCCEEDED, 2);
        expect_end(&fail_kind, false, GCA_TASK_FAILED, 2);
        expect_end(&wait_kind, false, GCA_TASK_ABORTED, 2);
        expect_end(&wait_kind, true, GCA_TASK_ABORTED, 0);
}
END_TEST

static gca_poll collecting_poll(gca_task *task, void *state) {
        struct reader *reader = state;

        if (reader->n_polls++ == 0)
                reader->list = take_argument(task);
        expect_list(reader->list, gca_task_get_id(task));
        if (reader->n_polls < N_POLLS)
                return GCA_AGAIN;
        return gca_succeed(task, gca_nil());
}

HOST_KIND(collecting_kind, GCA_MODE_POLL, collecting_poll, .state_size = sizeof(struct reader));

/* rudo: T022, a stress of a hundred tasks and more, never done there; test_single_runtime_multiple_threads. */
START_TEST(hundreds_of_tasks_keep_an_argument_each_while_cycles_follow_each_other) {
        gca_task *tasks[N_TASKS];

        play_begin(true);
        start();
        for (size_t i = 0; i < N_TASKS; i++)
                tasks[i] = submit(&collecting_kind);
        host_run(&play.host, N_TASKS);
        for (size_t i = 0; i < N_TASKS; i++) {
                ck_assert_int_eq(gca_task_get_state(tasks[i]), GCA_TASK_SUCCEEDED);
                (void)gca_task_unref(tasks[i]);
        }
        ck_assert_uint_eq(play.n_read, N_TASKS * N_POLLS);
        play_end();
}
END_TEST

/* The submitter goes, with all its roots, while the task runs. */
static gca_poll orphan_poll(gca_task *task, void *state) {
        gca_value list = take_argument(task);

        (void)state;
        play.owner = gca_root_owner_free(gca_region_get_thread(gca_task_region(task)), play.owner);
        assert(!gca_root_is_registered(play.heap, play.roots[gca_task_get_id(task)]));
        collect();
        expect_list(list, gca_task_get_id(task));
        return gca_succeed(task, gca_nil());
}

HOST_KIND(orphan_kind, GCA_MODE_POLL, orphan_poll, .flags = 0);

/* Checklist: spawn rooting, "also when the client is gone"; owner death. */
START_TEST(task_keeps_what_it_took_when_the_owner_of_its_argument_ends) {
        play_begin(false);
        start();
        play.host.on_finished = NULL;
        (void)gca_task_unref(submit(&orphan_kind));
        host_run(&play.host, 1);
        ck_assert_uint_eq(play.n_read, 1);
        play_end();
}
END_TEST

/* ---- across suspensions ---- */

struct holder {
        int n_polls;
        gca_watch watch;
        gca_scope outer, inner;
        gca_region *publication;
        gca_value list, copy, element, made, cell;
};

static void collect_call(void *argument) {
        (void)argument;
        collect();
}

/* Suspended while another thread collects twice. */
static gca_poll await_collection(gca_task *task, struct holder *holder) {
        holder->n_polls++;
        return gca_watch_call(task, &holder->watch, collect_call, NULL);
}

static gca_poll holding_poll(gca_task *task, void *state) {
        gca_region *region = gca_task_region(task);
        struct holder *holder = state;
        uint64_t id = gca_task_get_id(task);

        if (holder->n_polls == 0) {
                holder->copy = holder->list = take_argument(task);
                holder->element = gca_hold(region, gca_get_element(holder->list, 1));
                holder->cell = gca_cell_new(region, holder->list);
                holder->made = gca_list(region, (gca_value[]){ holder->copy, holder->cell }, 2);
                assert(gca_root_unregister(
                               gca_region_get_thread(region), play.heap, play.roots[id]) == 0);
        }
        expect_list(holder->copy, id);
        expect_list(gca_get_element(holder->made, 0), id);
        expect_list(gca_cell_get(region, gca_get_element(holder->made, 1)), id);
        assert(gca_get_element(holder->list, 1).word == holder->element.word);
        if (holder->n_polls < N_POLLS)
                return await_collection(task, holder);
        return gca_succeed(task, gca_nil());
}

HOST_KIND(holding_kind, GCA_MODE_POLL, holding_poll, .state_size = sizeof(struct holder));
HOST_KIND(holding_service, GCA_MODE_SERVICE, holding_poll, .state_size = sizeof(struct holder));

static void run_one(const gca_kind_entry *kind) {
        gca_task *task;

        play_begin(false);
        start();
        play.host.on_finished = NULL;
        task = submit(kind);
        host_run(&play.host, 1);
        ck_assert_int_eq(gca_task_get_state(task), GCA_TASK_SUCCEEDED);
        (void)gca_task_unref(task);
        play_end();
}

/* rudo: test_spawn_with_gc_macro_single_handle, _multiple_handles, _handle_copy_across_await, test_async_handles_across_await_points. */
START_TEST(values_of_any_origin_survive_suspension) {
        run_one(&holding_kind);
        run_one(&holding_service);
}
END_TEST

static gca_poll nesting_poll(gca_task *task, void *state) {
        gca_region *region = gca_task_region(task);
        struct holder *holder = state;
        uint64_t id = gca_task_get_id(task);

        switch (holder->n_polls) {
        case 0:
                gca_scope_begin(region, &holder->outer);
                return await_collection(task, holder);
        case 1:
                gca_scope_begin(region, &holder->inner);
                holder->list = take_argument(task);
                assert(gca_root_unregister(
                               gca_region_get_thread(region), play.heap, play.roots[id]) == 0);
                return await_collection(task, holder);
        case 2:
                holder->made = gca_list(region, &holder->list, 1);
                holder->made = gca_scope_end(region, &holder->inner, holder->made);
                return await_collection(task, holder);
        case 3:
                holder->made = gca_scope_end(region, &holder->outer, holder->made);
                return await_collection(task, holder);
        default:
                expect_list(gca_get_element(holder->made, 0), id);
                return gca_succeed(task, gca_nil());
        }
}

HOST_KIND(nesting_kind, GCA_MODE_POLL, nesting_poll, .state_size = sizeof(struct holder));

/* rudo: test_spawn_with_gc_macro_nested_async_operations. */
START_TEST(scopes_stay_open_across_suspensions) {
        run_one(&nesting_kind);
}
END_TEST

static gca_poll building_poll(gca_task *task, void *state) {
        gca_region *region = gca_task_region(task);
        struct holder *holder = state;
        uint64_t id = gca_task_get_id(task);

        if (holder->n_polls == 0) {
                holder->publication = gca_publication_begin(region);
                assert(holder->publication);
                holder->made = gca_publish(region, make_list(region, id));
        }
        for (int i = 0; i < 1000; i++)
                holder->made = gca_list(holder->publication, &holder->made, 1);
        if (holder->n_polls < N_POLLS)
                return await_collection(task, holder);
        holder->made = gca_publication_end(holder->publication, holder->made);
        for (int i = 0; i < 1000 * (N_POLLS + 1); i++)
                holder->made = gca_get_element(holder->made, 0);
        expect_list(holder->made, id);
        assert(gca_root_unregister(gca_region_get_thread(region), play.heap, play.roots[id]) == 0);
        return gca_succeed(task, gca_nil());
}

HOST_KIND(building_kind, GCA_MODE_POLL, building_poll, .state_size = sizeof(struct holder));

/* rudo: test_spawn_with_gc_macro_complex_expression. */
START_TEST(publication_stays_open_across_suspensions) {
        run_one(&building_kind);
}
END_TEST

/* ---- moving ---- */

static gca_root desk; /* a cell, where the baton [number, text] lies or does not */

/* Takes the baton off the desk, so that the task alone has it; lays the next one there, around the same text. */
static bool move_baton(gca_region *region, uint64_t id) {
        gca_value cell = GCA_NO_VALUE, baton, next;
        int r = gca_root_get(region, play.heap, desk, &cell);
        int64_t n;

        assert(r == 0);
        baton = gca_cell_get(region, cell);
        if (gca_is_nil(baton))
                return false;
        n = gca_get_int(gca_get_element(baton, 0));
        if (n == N_MOVES)
                return true;
        if (n % 2 != (int64_t)id % 2)
                return false;
        r = gca_cell_compare_set(region, cell, baton, gca_nil(), NULL);
        assert(r == 1);
        next = gca_list(
                region, (gca_value[]){ gca_int(region, n + 1), gca_get_element(baton, 1) }, 2);
        r = gca_cell_set(region, cell, next);
        assert(r == 0);
        return false;
}

static gca_poll moving_poll(gca_task *task, void *state) {
        gca_region *region = gca_task_region(task);
        bool is_done = false;

        (void)state;
        for (int i = 0; i < 100 && !is_done; i++) {
                gca_scope scope;

                gca_scope_begin(region, &scope);
                is_done = move_baton(region, gca_task_get_id(task));
                (void)gca_scope_end(region, &scope, gca_nil());
        }
        return is_done ? gca_succeed(task, gca_nil()) : GCA_AGAIN;
}

HOST_KIND(moving_kind, GCA_MODE_POLL, moving_poll, .flags = 0);

/* Checklist: nested guards and moves, "hand over between tasks while collecting". */
START_TEST(value_handed_from_task_to_task_while_cycles_follow_each_other_is_never_lost) {
        gca_value cell, baton, text;
        gca_region *region;

        play_begin(true);
        region = gca_thread_get_region(play.thread);
        text = gca_publish(region, gca_string(region, "handed over", -1));
        baton = gca_list(region, (gca_value[]){ gca_int(region, 0), text }, 2);
        root_value(&desk, gca_cell_new(region, baton));
        start();
        for (int i = 0; i < 2; i++)
                (void)gca_task_unref(submit(&moving_kind));
        host_run(&play.host, 2);
        ck_assert_int_eq(gca_root_get(region, play.heap, desk, &cell), 0);
        baton = gca_cell_get(region, cell);
        ck_assert_int_eq(gca_get_int(gca_get_element(baton, 0)), N_MOVES);
        ck_assert_uint_eq(gca_get_element(baton, 1).word, text.word);
        ck_assert_str_eq(gca_get_string(gca_get_element(baton, 1), NULL), "handed over");
        play_end();
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                argument_lives_from_submission_to_the_last_destructor_on_every_end_path,
                hundreds_of_tasks_keep_an_argument_each_while_cycles_follow_each_other,
                task_keeps_what_it_took_when_the_owner_of_its_argument_ends,
                values_of_any_origin_survive_suspension,
                scopes_stay_open_across_suspensions,
                publication_stays_open_across_suspensions,
                value_handed_from_task_to_task_while_cycles_follow_each_other_is_never_lost,
        };

        return suite_run("ported-task", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
