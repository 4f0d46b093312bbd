/* SPDX-License-Identifier: MIT */

/* The marker on objects laid out by hand: no heap, no threads. */

#include <check.h>
#include <errno.h>
#include <sys/mman.h>

#include "gc/mark.h"
#include "gc/memory.h"
#include "helpers/suite.h"

#ifdef GCASYNC_SANITIZE
enum {
        MANY = 200000
};
#else
enum {
        MANY = 1000000
};
#endif

enum {
        EPOCH = 6,
        WORLD_BYTES = 1 << 26,
        N_STEPS = 1 << 30,
};

#define OLD    epoch_get_colour(EPOCH - 1)
#define MARKED epoch_get_colour(EPOCH)

struct world {
        struct store store;
        struct marker marker;
        char *next;
};

static struct world world;

static void *world_map(size_t size) {
        void *memory = mmap(NULL,
                            size,
                            PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                            -1,
                            0);

        ck_assert_ptr_ne(memory, MAP_FAILED);
        return memory;
}

static void world_begin(void) {
        struct space *space = &world.store.space;

        world = (struct world){ 0 };
        space->size_bytes = WORLD_BYTES;
        space->base = world.next = world_map(WORLD_BYTES);
        space->marks = world_map(WORLD_BYTES / SPACE_GRANULE_BYTES);
        space->blocks = world_map(WORLD_BYTES / SPACE_BLOCK_BYTES * sizeof(*space->blocks));
        ck_assert_int_eq(marker_init(&world.marker, &world.store), 0);
        marker_begin(&world.marker, EPOCH);
}

static void world_end(void) {
        struct space *space = &world.store.space;

        marker_deinit(&world.marker);
        marker_deinit(&world.marker);
        (void)munmap(space->base, WORLD_BYTES);
        (void)munmap((void *)space->marks, WORLD_BYTES / SPACE_GRANULE_BYTES);
        (void)munmap(space->blocks, WORLD_BYTES / SPACE_BLOCK_BYTES * sizeof(*space->blocks));
}

/* All slots nil, of the last cycle's colour. */
static struct object *world_make(gca_type type, size_t count) {
        struct object *object = (struct object *)world.next;

        world.next += space_round(OBJECT_HEADER_SIZE + count * sizeof(gca_value));
        ck_assert(world.next <= world.store.space.base + WORLD_BYTES);
        object->header = object_make_header(type, count, OBJECT_IS_STORED);
        for (size_t i = 0; i < count; i++)
                object->slots[i].word = VALUE_NIL;
        atomic_store(store_get_mark(&world.store, object), OLD);
        atomic_fetch_or(space_get_mark(&world.store.space, world.next - 1), MARK_END);
        return object;
}

static struct object *world_make_list(size_t count) {
        return world_make(GCA_TYPE_LIST, count);
}

static void world_refer(struct object *from, size_t slot, struct object *to) {
        from->slots[slot] = value_from_object(to);
}

static struct object *world_make_ephemeron(struct object *key, struct object *value) {
        struct object *ephemeron = world_make(GCA_TYPE_WEAK, 2);

        world_refer(ephemeron, 0, key);
        world_refer(ephemeron, 1, value);
        return ephemeron;
}

static void world_mark(void) {
        do
                ck_assert(marker_run(&world.marker, N_STEPS));
        while (ephemerons_resolve(&world.marker));
}

static void world_mark_from(struct object *object) {
        marker_push(&world.marker, object);
        world_mark();
}

static bool is_marked(const struct object *object) {
        return marker_is_marked(&world.marker, object);
}

START_TEST(what_can_be_reached_is_marked_and_nothing_else) {
        world_begin();
        struct object *list = world_make_list(3), *cell = world_make(GCA_TYPE_CELL, 1);
        struct object *text = world_make(GCA_TYPE_INT, 0), *other = world_make_list(1);

        world_refer(list, 0, cell);
        world_refer(list, 2, text);
        world_refer(cell, 0, list);
        world_refer(other, 0, list);
        world_mark_from(list);
        ck_assert(is_marked(list) && is_marked(cell) && is_marked(text) && !is_marked(other));
        ck_assert(marker_is_dead(&world.marker, other));
        ck_assert_uint_eq(world.marker.n_marked, 3);
        ck_assert_uint_eq(world.marker.marked_bytes, 32 + 16 + 16);
        world_end();
}
END_TEST

START_TEST(mark_keeps_the_end_of_an_object_where_it_is) {
        world_begin();
        struct object *cell = world_make(GCA_TYPE_CELL, 1);

        world_mark_from(cell);
        ck_assert_uint_eq(atomic_load(store_get_mark(&world.store, cell)), MARKED | MARK_END);
        world_end();
}
END_TEST

START_TEST(levels_need_no_larger_stack) {
        world_begin();
        struct object *list = NULL;

        for (int i = 0; i < MANY; i++) {
                struct object *outer = world_make_list(1);

                if (list)
                        world_refer(outer, 0, list);
                list = outer;
        }
        world_mark_from(list);
        ck_assert_uint_eq(world.marker.n_marked, MANY);
        ck_assert_uint_eq(world.marker.n_max, MARK_STACK_WORDS);
        world_end();
}
END_TEST

START_TEST(elements_need_no_larger_stack) {
        world_begin();
        struct object *list = world_make_list(MANY);

        for (int i = 0; i < MANY; i += 2)
                world_refer(list, (size_t)i, world_make(GCA_TYPE_CELL, 1));
        world_mark_from(list);
        ck_assert_uint_eq(world.marker.n_marked, MANY / 2 + 1);
        ck_assert_uint_eq(world.marker.n_max, MARK_STACK_WORDS);
        world_end();
}
END_TEST

START_TEST(steps_are_bounded_and_go_on_where_they_stopped) {
        world_begin();
        struct object *list = world_make_list(1000);
        size_t n_steps = 0;

        for (size_t i = 0; i < 1000; i++)
                world_refer(list, i, world_make_list(0));
        marker_push(&world.marker, list);
        while (!marker_run(&world.marker, 10))
                n_steps++;
        ck_assert_uint_eq(world.marker.n_marked, 1001);
        ck_assert_uint_gt(n_steps, 90);
        world_end();
}
END_TEST

/* Levels of 60 lists each. */
static struct object *make_bush(size_t n_levels) {
        struct object *list = world_make_list(60);

        for (size_t i = 0; i < 60; i++)
                world_refer(list, i, n_levels > 0 ? make_bush(n_levels - 1) : world_make_list(0));
        return list;
}

/* As store_take_grey() does, for all blocks. */
static size_t push_grey(void) {
        size_t n = 0;

        for (char *at = world.store.space.base; at < world.next; at += SPACE_GRANULE_BYTES) {
                uint8_t mark = atomic_load(space_get_mark(&world.store.space, at));

                if ((mark & MARK_STATE_MASK) != MARK_GREY)
                        continue;
                ck_assert(atomic_load(&space_get_block(&world.store.space, at)->is_flagged));
                marker_push(&world.marker, (struct object *)at);
                n++;
        }
        return n;
}

START_TEST(stack_that_cannot_grow_forgets_nothing) {
        world_begin();
        struct object *bush = make_bush(2);
        size_t n_rounds = 0;

        marker_push(&world.marker, bush);
        do {
                do
                        (void)memory_fail_at(1);
                while (!marker_run(&world.marker, 1));
                n_rounds++;
                (void)memory_fail_at(1);
        } while (push_grey() > 0);
        (void)memory_fail_at(0);
        ck_assert_uint_eq(world.marker.n_marked, 1 + 60 + 3600 + 216000);
        ck_assert_uint_eq(world.marker.n_max, MARK_STACK_WORDS);
        ck_assert_uint_ge(n_rounds, 1);
        world_end();
}
END_TEST

START_TEST(full_stack_makes_objects_grey_where_they_lie) {
        world_begin();
        struct object *cells[MARK_STACK_WORDS + 100];

        (void)memory_fail_at(1);
        for (size_t i = 0; i < MARK_STACK_WORDS; i++)
                marker_push(&world.marker, cells[i] = world_make(GCA_TYPE_CELL, 1));
        for (size_t i = MARK_STACK_WORDS; i < MARK_STACK_WORDS + 100; i++) {
                (void)memory_fail_at(1);
                marker_push(&world.marker, cells[i] = world_make(GCA_TYPE_CELL, 1));
        }
        (void)memory_fail_at(0);
        ck_assert_uint_eq(world.marker.n_overflowed, 100);
        ck_assert(marker_run(&world.marker, N_STEPS));
        ck_assert_uint_eq(world.marker.n_marked, MARK_STACK_WORDS);
        ck_assert_uint_eq(push_grey(), 100);
        ck_assert(marker_run(&world.marker, N_STEPS));
        ck_assert_uint_eq(world.marker.n_marked, MARK_STACK_WORDS + 100);
        world_end();
}
END_TEST

START_TEST(object_that_is_not_born_is_left_alone) {
        world_begin();
        struct object *list = world_make_list(1), *unborn = world_make_list(1);

        atomic_store(store_get_mark(&world.store, unborn), MARK_NONE);
        world_refer(list, 0, unborn);
        world_mark_from(list);
        ck_assert_uint_eq(atomic_load(store_get_mark(&world.store, unborn)), MARK_NONE);
        ck_assert(!marker_push_unmarked(&world.marker, unborn));
        ck_assert(!marker_is_dead(&world.marker, unborn));
        world_end();
}
END_TEST

START_TEST(unfinished_copies_and_large_objects_are_marked_and_not_traced) {
        world_begin();
        struct object *copy = world_make_list(2), *child = world_make_list(0);
        struct store_large *large = memory_allocate(sizeof(*large) + 80);
        gca_value *slots = copy->slots;

        slots[0].word = (uintptr_t)child | 4;
        slots[1].word = 0;
        atomic_init(&large->mark, OLD);
        large->object.header =
                object_make_header(GCA_TYPE_LIST, 1, OBJECT_IS_STORED | OBJECT_IS_LARGE);
        large->object.slots[0] = value_from_object(child);
        world_mark_from(&large->object);
        world_mark_from(copy);
        ck_assert(is_marked(copy) && is_marked(&large->object) && !is_marked(child));
        memory_free(large);
        world_end();
}
END_TEST

START_TEST(weak_value_keeps_no_target) {
        world_begin();
        struct object *weak = world_make(GCA_TYPE_WEAK, 1), *target = world_make_list(0);

        world_refer(weak, 0, target);
        world_mark_from(weak);
        ck_assert(is_marked(weak) && !is_marked(target));
        world_end();
}
END_TEST

START_TEST(ephemeron_keeps_its_value_while_it_and_its_key_live) {
        world_begin();
        struct object *key = world_make_list(0), *value = world_make_list(0);
        struct object *ephemeron = world_make_ephemeron(key, value);

        world_mark_from(ephemeron);
        ck_assert(!is_marked(key) && !is_marked(value));
        world_mark_from(key);
        ck_assert(is_marked(key) && is_marked(value));
        world_end();
}
END_TEST

START_TEST(ephemeron_that_is_gone_keeps_nothing) {
        world_begin();
        struct object *key = world_make_list(0), *value = world_make_list(0);
        struct object *ephemeron = world_make_ephemeron(key, value);

        world_mark_from(key);
        ck_assert(!is_marked(value) && !is_marked(ephemeron));
        world_end();
}
END_TEST

/* Each ephemeron's value is the key of the one before it in the list. */
static struct object *make_chain(size_t n, struct object **ret_first_key) {
        struct object *list = world_make_list(n), *key = world_make_list(0);

        *ret_first_key = key;
        for (size_t i = 0; i < n; i++) {
                struct object *next = world_make_list(0);

                world_refer(list, i, world_make_ephemeron(key, next));
                key = next;
        }
        return list;
}

START_TEST(chain_of_ephemerons_is_looked_up_and_not_searched) {
        world_begin();
        struct object *key, *list = make_chain(50000, &key);

        world_mark_from(list);
        ck_assert_uint_eq(world.marker.n_marked, 50001);
        world_mark_from(key);
        ck_assert_uint_eq(world.marker.n_marked, 100002);
        ck_assert_ptr_nonnull(world.marker.ephemerons.table);
        world_end();
}
END_TEST

START_TEST(chain_is_followed_without_memory_for_a_table) {
        world_begin();
        struct object *key, *list = make_chain(500, &key);

        world_mark_from(list);
        marker_push(&world.marker, key);
        do {
                ck_assert(marker_run(&world.marker, N_STEPS));
                (void)memory_fail_at(1);
        } while (ephemerons_resolve(&world.marker));
        (void)memory_fail_at(0);
        ck_assert_uint_eq(world.marker.n_marked, 1002);
        ck_assert_ptr_null(world.marker.ephemerons.table);
        world_end();
}
END_TEST

START_TEST(table_that_cannot_grow_loses_none_that_wait) {
        for (size_t n = 1; n < 8; n++) {
                world_begin();
                struct object *first_key, *first = make_chain(40, &first_key);
                struct object *second_key, *second = make_chain(200, &second_key);

                world_mark_from(first);
                world_mark_from(first_key);
                ck_assert_uint_eq(world.marker.n_marked, 82);
                ck_assert_ptr_nonnull(world.marker.ephemerons.table);
                (void)memory_fail_at(n);
                world_mark_from(second);
                (void)memory_fail_at(0);
                world_mark_from(second_key);
                if (!world.marker.ephemerons.is_incomplete)
                        ck_assert_uint_eq(world.marker.n_marked, 82 + 402);
                world_end();
        }
}
END_TEST

START_TEST(ephemeron_that_could_not_be_kept_aside_is_told) {
        world_begin();
        struct object *key, *list = make_chain(1, &key);

        (void)memory_fail_at(1);
        world_mark_from(list);
        (void)memory_fail_at(0);
        ck_assert(world.marker.ephemerons.is_incomplete);
        world_mark_from(key);
        ck_assert(ephemeron_push_value(&world.marker, value_get_object(list->slots[0])));
        world_end();
}
END_TEST

START_TEST(marker_without_memory_is_none) {
        world_begin();
        struct marker marker;

        (void)memory_fail_at(1);
        ck_assert_int_eq(marker_init(&marker, &world.store), -ENOMEM);
        (void)memory_fail_at(0);
        marker_deinit(&marker);
        world_end();
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                what_can_be_reached_is_marked_and_nothing_else,
                mark_keeps_the_end_of_an_object_where_it_is,
                levels_need_no_larger_stack,
                elements_need_no_larger_stack,
                steps_are_bounded_and_go_on_where_they_stopped,
                stack_that_cannot_grow_forgets_nothing,
                full_stack_makes_objects_grey_where_they_lie,
                object_that_is_not_born_is_left_alone,
                unfinished_copies_and_large_objects_are_marked_and_not_traced,
                weak_value_keeps_no_target,
                ephemeron_keeps_its_value_while_it_and_its_key_live,
                ephemeron_that_is_gone_keeps_nothing,
                chain_of_ephemerons_is_looked_up_and_not_searched,
                chain_is_followed_without_memory_for_a_table,
                table_that_cannot_grow_loses_none_that_wait,
                ephemeron_that_could_not_be_kept_aside_is_told,
                marker_without_memory_is_none,
        };

        return suite_run("mark", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
