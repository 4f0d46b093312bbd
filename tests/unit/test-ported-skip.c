/* SPDX-License-Identifier: MIT */
/*
 * What the seed's dirty flag was for, ported by behaviour: a cycle that would find nothing is skipped, and none that would find
 * something. One boolean, cleared by the snapshot, was lost in races, and knew of roots alone; here each thread counts what it
 * changed, after the change, and the collector goes by the counters as they were when its last cycle began.
 */

#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "gc/root-set.h"
#include "helpers/collect.h"
#include "helpers/suite.h"

enum {
        N_ROUNDS = 1000000, /* of the race */
        N_LOOKS = 2000,
        N_LIVE = 2048, /* roots at a time */
        N_VALUES = 8192,
        N_TICKS = 1000,
        N_PHASES = CYCLE_SWEEPING + 1,
};

/* ---- the race between changes and their counters ---- */

/* The k-th root holds the list of k % N_VALUES; it is given up when the one N_LIVE later has been registered. */
struct race {
        struct site site;
        gca_value values[N_VALUES];
        gca_root roots[N_LIVE];
        _Atomic uint64_t n_rounds;
        _Atomic bool is_stopping;
        bool is_seen[N_VALUES]; /* by the look under way */
        size_t n_sure;          /* roots that a look must have seen */
};

static void *race_run(void *data) {
        struct race *race = data;
        struct site *site = &race->site;
        gca_thread *thread;

        ck_assert_int_eq(gca_thread_attach(site->heap, &thread), 0);
        for (uint64_t k = 0; !atomic_load(&race->is_stopping); k++) {
                gca_root *root = &race->roots[k % N_LIVE], old = *root;
                int r;

                r = gca_root_register(thread, site->owner, race->values[k % N_VALUES], root);
                if (r == 0 && k >= N_LIVE)
                        r = gca_root_unregister(thread, site->heap, old);
                assert(r == 0);
                atomic_store(&race->n_rounds, k);
        }
        (void)gca_thread_detach(thread);
        return NULL;
}

static void race_see(struct object *object, void *data) {
        struct race *race = data;

        race->is_seen[gca_get_int(gca_get_element(value_from_object(object), 0))] = true;
}

/* The first root from the k-th on that holds the value. */
static uint64_t race_find_root(uint64_t k, uint64_t value) {
        return k + (value + N_VALUES - k % N_VALUES) % N_VALUES;
}

/* As a cycle does: reads the counters, then the roots. By plain assertions: Check notes each of its own in a file. */
static void race_look(struct race *race) {
        struct counter_sums before, after;

        memset(race->is_seen, 0, sizeof(race->is_seen));
        heap_sum_counters(race->site.heap, &before);
        root_visit_all(race->site.heap, race_see, race);
        heap_sum_counters(race->site.heap, &after);
        /* What was counted before, and was there to the end, was seen. One more may be gone than is counted. */
        for (uint64_t k = after.n_roots_dropped + 1; k < before.n_roots_registered; k++) {
                assert(race->is_seen[k % N_VALUES]);
                race->n_sure++;
        }
        /* What was counted as gone was not; one more may be there than is counted. */
        for (uint64_t i = 0; i < N_VALUES; i++)
                assert(!race->is_seen[i] ||
                       race_find_root(before.n_roots_dropped, i) <= after.n_roots_registered);
}

/* Checklist: snapshot, "10^6-round race test: no state clean with an unseen root". rudo: bug142, bug151. */
START_TEST(no_change_that_was_counted_is_unseen_in_a_million_rounds) {
        static struct race race;
        pthread_t thread;

        site_begin(&race.site);
        for (size_t i = 0; i < N_VALUES; i++)
                race.values[i] = site_publish_list(&race.site, (int64_t)i);
        ck_assert_int_eq(pthread_create(&thread, NULL, race_run, &race), 0);
        for (size_t n = 0; n < N_LOOKS || atomic_load(&race.n_rounds) < N_ROUNDS; n++)
                race_look(&race);
        atomic_store(&race.is_stopping, true);
        ck_assert_int_eq(pthread_join(thread, NULL), 0);
        race_look(&race);
        ck_assert_uint_ge(race.n_sure, N_LIVE);
        ck_assert_uint_eq(gca_heap_count_roots(race.site.heap), N_LIVE);
        root_set_verify(race.site.heap);
        site_end(&race.site);
}
END_TEST

/* ---- what moves, and what does not ---- */

/* A heap at whose every step it is time to ask whether a cycle is worth its while. */
static void site_begin_idle(struct site *site) {
        site_begin_with(site, (gca_heap_options){ .is_manual = true, .idle_ns = 1 });
}

static gca_heap_info get_info(struct site *site) {
        gca_heap_info info;

        gca_heap_get_info(site->heap, &info);
        return info;
}

/* Nobody asks for anything. The first ticks find that something was published, and let it pass. */
static void tick(struct site *site, size_t n) {
        for (; n > 0; n--)
                (void)gca_heap_step_once(site->heap, NS_PER_S);
}

static void become_quiet(struct site *site) {
        uint64_t n_cycles;

        do {
                n_cycles = get_info(site).n_cycles;
                tick(site, 10);
        } while (get_info(site).n_cycles != n_cycles);
}

struct change {
        struct site site;
        gca_value cell, native; /* rooted; hold a list each */
        gca_root root;          /* of a list */
        gca_root_owner *owner;  /* of another */
        gca_region *region;     /* holds another */
};

static void drop_root(struct change *change) {
        ck_assert_int_eq(gca_root_unregister(change->site.thread, change->site.heap, change->root),
                         0);
}

static void drop_root_unattached(struct change *change) {
        ck_assert_int_eq(gca_root_unregister(NULL, change->site.heap, change->root), 0);
}

static void replace_root(struct change *change) {
        ck_assert_int_eq(
                gca_root_set(change->site.thread, change->site.heap, change->root, gca_nil()), 0);
}

static void free_owner(struct change *change) {
        change->owner = gca_root_owner_free(change->site.thread, change->owner);
}

static void drop_entry(struct change *change) {
        change->region = gca_region_free(change->region);
}

static void cut_cell(struct change *change) {
        ck_assert_int_eq(gca_cell_set(change->site.region, change->cell, gca_nil()), 0);
}

static void cut_cell_by_comparing(struct change *change) {
        gca_value current = gca_cell_get(change->site.region, change->cell);

        ck_assert_int_eq(
                gca_cell_compare_set(change->site.region, change->cell, current, gca_nil(), NULL),
                1);
        site_forget(&change->site);
}

static void cut_native(struct change *change) {
        ck_assert_int_eq(gca_native_set_slot(change->site.region, change->native, 0, gca_nil()), 0);
}

static void (*const changes[])(struct change *) = {
        drop_root, drop_root_unattached,  replace_root, free_owner, drop_entry,
        cut_cell,  cut_cell_by_comparing, cut_native,
};

enum {
        N_LISTS = 5,
};

static void change_begin(struct change *change) {
        static const gca_native_type type = { .size = sizeof(type), .name = "one", .n_slots = 1 };
        struct site *site = &change->site;
        gca_value list;
        gca_root root;

        site_begin_idle(site);
        change->cell = gca_cell_new(site->region, site_publish_list(site, 1));
        (void)site_root(site, change->cell);
        change->native = gca_native_new(site->region, &type, NULL);
        (void)site_root(site, change->native);
        list = site_publish_list(site, 2);
        ck_assert_int_eq(gca_native_set_slot(site->region, change->native, 0, list), 0);
        change->root = site_root(site, site_publish_list(site, 3));
        change->owner = gca_root_owner_new(site->heap, 2);
        list = site_publish_list(site, 4);
        ck_assert_int_eq(gca_root_register(site->thread, change->owner, list, &root), 0);
        change->region = gca_region_new_on(site->thread, 0);
        (void)gca_hold(change->region, site_publish_list(site, 5));
        site_forget(site);
        become_quiet(site);
        ck_assert_uint_eq(site_count(site, GCA_TYPE_LIST), N_LISTS);
}

static void change_end(struct change *change) {
        (void)gca_root_owner_free(change->site.thread, change->owner);
        (void)gca_region_free(change->region);
        site_end(&change->site);
}

/* Checklist: collection skip, "internal edge cut, no root change: garbage still reclaimed". */
START_TEST(change_of_any_kind_is_found_though_nobody_asks) {
        for (size_t i = 0; i < SUITE_SIZE(changes); i++) {
                struct change change;

                change_begin(&change);
                changes[i](&change);
                become_quiet(&change.site);
                ck_assert_msg(
                        site_count(&change.site, GCA_TYPE_LIST) == N_LISTS - 1, "change %zu", i);
                change_end(&change);
        }
}
END_TEST

/* Checklist: snapshot, "seen is committed when the cycle completes". rudo: cleared at the snapshot. */
START_TEST(change_in_any_phase_of_a_cycle_is_found_by_the_next_one) {
        for (size_t i = 0; i < SUITE_SIZE(changes) * N_PHASES; i++) {
                enum cycle_state state = (enum cycle_state)(i % N_PHASES);
                struct change change;

                change_begin(&change);
                if (state != CYCLE_NONE)
                        site_step_to(&change.site, state);
                changes[i / N_PHASES](&change);
                become_quiet(&change.site);
                ck_assert_msg(site_count(&change.site, GCA_TYPE_LIST) == N_LISTS - 1,
                              "change %zu in phase %d",
                              i / N_PHASES,
                              state);
                change_end(&change);
        }
}
END_TEST

START_TEST(what_was_published_and_let_go_is_found_though_nobody_asks) {
        struct site site;

        site_begin_idle(&site);
        become_quiet(&site);
        (void)site_publish_list(&site, 1);
        site_forget(&site);
        become_quiet(&site);
        ck_assert_uint_eq(site_count(&site, GCA_TYPE_LIST), 0);
        site_end(&site);
}
END_TEST

/* What a log kept through a cycle that nothing has moved since the start of. Here it is an entry as young as the cycle. */
START_TEST(garbage_that_a_weak_value_gave_while_marking_is_found_by_the_next_cycle) {
        struct site site;
        gca_value value;
        gca_root weak, root;

        site_begin_idle(&site);
        value = site_publish_list(&site, 1);
        root = site_root(&site, value);
        weak = site_root(&site, gca_weak_new(site.region, value));
        site_forget(&site);
        become_quiet(&site);
        ck_assert_int_eq(gca_root_unregister(site.thread, site.heap, root), 0);
        site_step_to(&site, CYCLE_MARKING);
        ck_assert_int_eq(gca_root_get(site.region, site.heap, weak, &value), 0);
        ck_assert(!gca_is_nil(gca_weak_get(site.region, value)));
        site_forget(&site);
        site_finish(&site);
        ck_assert_uint_eq(site_count(&site, GCA_TYPE_LIST), 1);
        become_quiet(&site);
        ck_assert_uint_eq(site_count(&site, GCA_TYPE_LIST), 0);
        site_end(&site);
}
END_TEST

/* ---- skipping ---- */

/* Checklist: collection skip, "idle: >= 90 % skipped" (rudo's SC-006). */
START_TEST(idle_heap_skips_its_cycles) {
        gca_heap_info before, after;
        struct change change;

        change_begin(&change);
        before = get_info(&change.site);
        tick(&change.site, N_TICKS);
        after = get_info(&change.site);
        ck_assert_uint_eq(after.n_cycles, before.n_cycles);
        ck_assert_uint_eq(after.n_skipped_idle - before.n_skipped_idle, N_TICKS);
        change_end(&change);
}
END_TEST

/* rudo's SC-006, for who reads and keeps nothing. */
START_TEST(heap_that_is_only_read_skips_nine_cycles_in_ten_at_least) {
        gca_heap_info before, after;
        struct change change;
        gca_value value;

        change_begin(&change);
        before = get_info(&change.site);
        for (int i = 0; i < N_TICKS; i++) {
                struct site *site = &change.site;

                ck_assert_int_eq(gca_root_get(site->region, site->heap, change.root, &value), 0);
                (void)gca_cell_get(site->region, change.cell);
                (void)gca_native_get_slot(site->region, change.native, 0);
                site_forget(site);
                tick(site, 1);
        }
        after = get_info(&change.site);
        ck_assert_uint_le(after.n_cycles - before.n_cycles, N_TICKS / 10);
        ck_assert_uint_ge(after.n_skipped_idle - before.n_skipped_idle, N_TICKS * 9 / 10);
        change_end(&change);
}
END_TEST

/* Checklist: collection skip, "explicit and pressure never skip". */
START_TEST(asking_and_pressure_are_never_skipped) {
        struct site site;
        gca_cycle_info cycle;

        site_begin_with(
                &site,
                (gca_heap_options){ .is_manual = true, .idle_ns = 1, .soft_limit_bytes = 4 << 20 });
        become_quiet(&site);
        for (uint64_t i = 0; i < 10; i++) {
                uint64_t n_cycles = get_info(&site).n_cycles;

                gca_heap_collect_now(site.heap);
                ck_assert_uint_eq(get_info(&site).n_cycles, n_cycles + 1);
        }
        while (get_info(&site).used_bytes < 5 << 20)
                (void)gca_publish(site.region, gca_bytes(site.region, NULL, 20000));
        tick(&site, 2);
        ck_assert_uint_eq(gca_heap_get_cycles(site.heap, &cycle, 1), 1);
        ck_assert_int_eq(cycle.trigger, GCA_TRIGGER_LIMIT);
        site_end(&site);
}
END_TEST

/* Checklist: collection skip, "skips counted by reason". */
START_TEST(skips_are_counted_by_reason) {
        struct site site;
        gca_heap_info before, after;

        site_begin_idle(&site);
        /* Over an empty heap the collector rests, and counts nothing. */
        (void)site_publish_list(&site, 0);
        become_quiet(&site);
        before = get_info(&site);
        (void)site_publish_list(&site, 1);
        tick(&site, 1);
        after = get_info(&site);
        ck_assert_uint_eq(after.n_skipped_small, before.n_skipped_small + 1);
        ck_assert_uint_eq(after.n_cycles, before.n_cycles);
        site_step_to(&site, CYCLE_ARMING);
        (void)gca_heap_collect(site.heap, false);
        before = get_info(&site);
        (void)gca_heap_collect(site.heap, false);
        after = get_info(&site);
        ck_assert_uint_eq(after.n_skipped_busy, before.n_skipped_busy + 1);
        site_finish(&site);
        become_quiet(&site);
        before = get_info(&site);
        tick(&site, 1);
        ck_assert_uint_eq(get_info(&site).n_skipped_idle, before.n_skipped_idle + 1);
        site_end(&site);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                no_change_that_was_counted_is_unseen_in_a_million_rounds,
                change_of_any_kind_is_found_though_nobody_asks,
                change_in_any_phase_of_a_cycle_is_found_by_the_next_one,
                what_was_published_and_let_go_is_found_though_nobody_asks,
                garbage_that_a_weak_value_gave_while_marking_is_found_by_the_next_cycle,
                idle_heap_skips_its_cycles,
                heap_that_is_only_read_skips_nine_cycles_in_ten_at_least,
                asking_and_pressure_are_never_skipped,
                skips_are_counted_by_reason,
        };

        return suite_run("ported-skip", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
