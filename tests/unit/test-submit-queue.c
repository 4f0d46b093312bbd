/* SPDX-License-Identifier: MIT */

#include <stdint.h>
#include <stdlib.h>

#include "base/check.h"
#include "helpers/suite.h"
#include "runtime/submit-queue.h"

enum {
        N_ITEMS = 1000,
};

static void items_init(struct fair_item *items, size_t n, uint32_t uid, uint32_t cost) {
        for (size_t i = 0; i < n; i++) {
                items[i] = (struct fair_item){ .uid = uid, .cost = cost };
                list_init(&items[i].link);
        }
}

static void push_all(struct fair *fair, struct fair_item *items, size_t n) {
        for (size_t i = 0; i < n; i++)
                fair_push(fair, &items[i]);
}

START_TEST(items_of_one_uid_keep_their_order) {
        static struct fair_item items[N_ITEMS];
        struct fair fair;

        fair_init(&fair);
        items_init(items, N_ITEMS, 7, 1);
        push_all(&fair, items, N_ITEMS);
        for (size_t i = 0; i < N_ITEMS; i++)
                ck_assert_ptr_eq(fair_pop(&fair), &items[i]);
        ck_assert_ptr_null(fair_pop(&fair));
        fair_deinit(&fair);
}
END_TEST

START_TEST(flood_of_one_uid_delays_another_by_one_turn) {
        static struct fair_item flood[N_ITEMS];
        struct fair_item other;
        struct fair fair;
        size_t n = 0;

        fair_init(&fair);
        items_init(flood, N_ITEMS, 1, 1);
        items_init(&other, 1, 2, 1);
        push_all(&fair, flood, N_ITEMS);
        push_all(&fair, &other, 1);
        while (fair_pop(&fair) != &other)
                n++;
        ck_assert_uint_le(n, FAIR_QUANTUM);
        while (fair_pop(&fair))
                n++;
        ck_assert_uint_eq(n, N_ITEMS);
        fair_deinit(&fair);
}
END_TEST

START_TEST(costly_items_get_as_much_as_cheap_ones) {
        static struct fair_item cheap[N_ITEMS], costly[N_ITEMS];
        uint32_t spent[2] = { 0 };
        struct fair fair;

        fair_init(&fair);
        items_init(cheap, N_ITEMS, 0, 1);
        items_init(costly, N_ITEMS, 1, 20);
        push_all(&fair, cheap, N_ITEMS);
        push_all(&fair, costly, N_ITEMS);
        for (size_t i = 0; i < 500; i++) {
                const struct fair_item *item = fair_pop(&fair);

                spent[item->uid] += item->cost;
                fair_verify(&fair);
        }
        ck_assert_uint_le(spent[0], spent[1] + 20 + FAIR_QUANTUM);
        ck_assert_uint_le(spent[1], spent[0] + 20 + FAIR_QUANTUM);
        while (fair_pop(&fair))
                continue;
        fair_deinit(&fair);
}
END_TEST

START_TEST(idle_line_saves_nothing_up) {
        struct fair_item a[2], b[20];
        struct fair fair;
        size_t n = 0;

        fair_init(&fair);
        items_init(a, 2, 1, 1);
        items_init(b, 20, 2, 1);
        push_all(&fair, a, 1);
        (void)fair_pop(&fair);
        push_all(&fair, b, 20);
        push_all(&fair, a + 1, 1);
        while (fair_pop(&fair) != &a[1])
                n++;
        ck_assert_uint_le(n, FAIR_QUANTUM);
        while (fair_pop(&fair))
                continue;
        fair_deinit(&fair);
}
END_TEST

START_TEST(thousands_of_uids_leave_few_lines_behind) {
        struct fair_item *items = calloc(N_ITEMS, sizeof(*items));
        struct fair fair;

        fair_init(&fair);
        for (size_t i = 0; i < N_ITEMS; i++)
                items_init(&items[i], 1, (uint32_t)i, 1);
        push_all(&fair, items, N_ITEMS);
        for (size_t i = 0; i < N_ITEMS; i++)
                ck_assert_ptr_eq(fair_pop(&fair), &items[i]);
        fair_verify(&fair);
        ck_assert_uint_le(fair.n_idle, FAIR_N_IDLE_MAX);
        fair_deinit(&fair);
        fair_deinit(&fair);
        free(items);
}
END_TEST

START_TEST(random_pushes_pops_and_removals_lose_nothing) {
        static struct fair_item items[N_ITEMS];
        struct fair fair;
        size_t n_queued = 0;

        srand(2);
        fair_init(&fair);
        for (size_t i = 0; i < N_ITEMS; i++)
                items_init(&items[i], 1, (uint32_t)rand() % 10, 1 + (uint32_t)rand() % 64);
        for (size_t step = 0; step < 20000; step++) {
                struct fair_item *item = &items[(size_t)rand() % N_ITEMS];

                if (rand() % 2 == 0) {
                        n_queued -= fair_pop(&fair) != NULL;
                } else if (item->line) {
                        n_queued -= fair_remove(&fair, item);
                } else {
                        fair_push(&fair, item);
                        n_queued++;
                }
                assert(fair.n == n_queued);
        }
        fair_verify(&fair);
        while (fair_pop(&fair))
                continue;
        ck_assert(!fair_remove(&fair, &items[0]));
        fair_deinit(&fair);
}
END_TEST

/* ---- the shared queue ---- */

struct office {
        struct submit_queue queue;
        struct park parks[2];
        struct park *park_pointers[2];
        struct fair_item items[100];
        size_t n_taken;
};

static void office_open(struct office *office) {
        submit_queue_init(&office->queue);
        office->queue.parks = office->park_pointers;
        office->queue.n_parks = 2;
        for (size_t i = 0; i < 2; i++) {
                ck_assert_int_eq(park_init(&office->parks[i]), 0);
                office->park_pointers[i] = &office->parks[i];
        }
        items_init(office->items, 100, 1, 1);
        office->n_taken = 0;
}

static void office_push(struct office *office, size_t first, size_t n) {
        struct list items = LIST_INIT(items);

        for (size_t i = first; i < first + n; i++)
                list_push_back(&items, &office->items[i].link);
        submit_queue_push(&office->queue, &items);
        ck_assert(list_is_empty(&items));
}

static void take_item(struct fair_item *item, size_t index, void *data) {
        struct office *office = data;

        (void)index;
        ck_assert_ptr_eq(item, &office->items[office->n_taken++]);
}

static size_t office_pull(struct office *office, size_t n_max) {
        return submit_queue_pull(&office->queue, n_max, take_item, office);
}

static void office_close(struct office *office) {
        while (office_pull(office, 100) > 0)
                continue;
        for (size_t i = 0; i < 2; i++)
                park_deinit(&office->parks[i]);
        submit_queue_deinit(&office->queue);
}

START_TEST(push_wakes_one_worker_and_the_token_keeps_it_at_one) {
        struct office office;

        office_open(&office);
        park_prepare(&office.parks[0], false);
        park_prepare(&office.parks[1], false);
        office_push(&office, 0, 10);
        ck_assert(!park_is_parked(&office.parks[0]));
        ck_assert(park_is_parked(&office.parks[1]));
        office_push(&office, 10, 10);
        ck_assert(park_is_parked(&office.parks[1]));

        /* The woken one gives the token back, pulls, and leaves some behind: another is sought. */
        ck_assert(park_end(&office.parks[0]));
        submit_queue_give_token(&office.queue);
        ck_assert_uint_eq(office_pull(&office, 5), 5);
        ck_assert(submit_queue_seek(&office.queue));
        ck_assert(!park_is_parked(&office.parks[1]));
        office_close(&office);
}
END_TEST

START_TEST(nobody_is_sought_when_all_are_awake) {
        struct office office;

        office_open(&office);
        office_push(&office, 0, 10);
        ck_assert_uint_eq(office.queue.n_seeks, 0);
        ck_assert(!submit_queue_seek(&office.queue));
        /* The token was given back: the next one to park can be sought. */
        park_prepare(&office.parks[1], false);
        ck_assert(submit_queue_seek(&office.queue));
        office_close(&office);
}
END_TEST

START_TEST(worker_pulls_its_share_at_most) {
        struct office office;

        office_open(&office);
        office_push(&office, 0, 20);
        ck_assert_uint_eq(office_pull(&office, 32), 11);
        ck_assert_uint_eq(office_pull(&office, 3), 3);
        ck_assert_uint_eq(submit_queue_get_length(&office.queue), 6);
        office_close(&office);
}
END_TEST

START_TEST(item_that_was_not_pulled_can_be_taken_back) {
        struct office office;

        office_open(&office);
        office_push(&office, 0, 2);
        ck_assert(submit_queue_remove(&office.queue, &office.items[1]));
        ck_assert(!submit_queue_remove(&office.queue, &office.items[1]));
        ck_assert_uint_eq(office_pull(&office, 32), 1);
        ck_assert(!submit_queue_remove(&office.queue, &office.items[0]));
        office_close(&office);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                items_of_one_uid_keep_their_order,
                flood_of_one_uid_delays_another_by_one_turn,
                costly_items_get_as_much_as_cheap_ones,
                idle_line_saves_nothing_up,
                thousands_of_uids_leave_few_lines_behind,
                random_pushes_pops_and_removals_lose_nothing,
                push_wakes_one_worker_and_the_token_keeps_it_at_one,
                nobody_is_sought_when_all_are_awake,
                worker_pulls_its_share_at_most,
                item_that_was_not_pulled_can_be_taken_back,
        };

        return suite_run("submit-queue", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
