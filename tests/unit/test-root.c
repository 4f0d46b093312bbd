/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "gc/memory.h"
#include "gc/root-set.h"
#include "helpers/heap.h"
#include "helpers/suite.h"

struct fixture {
        gca_heap *heap;
        gca_thread *thread;
        gca_region *region;
        gca_root_owner *owner;
        gca_value value, other;
        struct found found;
};

static void fixture_init(struct fixture *fixture) {
        fixture->heap = heap_new_manual();
        fixture->thread = thread_attach(fixture->heap);
        fixture->region = gca_thread_get_region(fixture->thread);
        fixture->owner = gca_root_owner_new(fixture->heap, 7);
        fixture->value = stored_new(fixture->heap, 1);
        fixture->other = stored_new(fixture->heap, 2);
        ck_assert_ptr_nonnull(fixture->owner);
}

static void fixture_deinit(struct fixture *fixture) {
        root_set_verify(fixture->heap);
        fixture->owner = gca_root_owner_free(fixture->thread, fixture->owner);
        root_set_verify(fixture->heap);
        ck_assert_uint_eq(gca_heap_count_roots(fixture->heap), 0);
        gca_thread_detach(fixture->thread);
        gca_heap_free(fixture->heap);
        stored_free(fixture->value);
        stored_free(fixture->other);
}

static gca_root fixture_register(struct fixture *fixture, gca_value value) {
        gca_root root = { 0 };

        ck_assert_int_eq(gca_root_register(fixture->thread, fixture->owner, value, &root), 0);
        ck_assert_uint_gt(root.generation, 0);
        return root;
}

static int fixture_unregister(struct fixture *fixture, gca_root root) {
        return gca_root_unregister(fixture->thread, fixture->heap, root);
}

static bool fixture_is_rooted(struct fixture *fixture, gca_value value) {
        fixture->found.n = 0;
        root_visit_all(fixture->heap, found_add, &fixture->found);
        return found_has(&fixture->found, value);
}

START_TEST(root_keeps_its_value_until_it_is_given_up) {
        struct fixture fixture;
        gca_root root;

        fixture_init(&fixture);
        root = fixture_register(&fixture, fixture.value);
        ck_assert(gca_root_is_registered(fixture.heap, root));
        ck_assert(fixture_is_rooted(&fixture, fixture.value));
        ck_assert_int_eq(fixture_unregister(&fixture, root), 0);
        ck_assert(!gca_root_is_registered(fixture.heap, root));
        ck_assert(!fixture_is_rooted(&fixture, fixture.value));
        fixture_deinit(&fixture);
}
END_TEST

START_TEST(immediate_values_can_be_rooted_and_private_ones_cannot) {
        struct fixture fixture;
        gca_root root;
        gca_value value;

        fixture_init(&fixture);
        root = fixture_register(&fixture, gca_int(fixture.region, 12));
        ck_assert_int_eq(gca_root_get(fixture.region, fixture.heap, root, &value), 0);
        ck_assert_int_eq(gca_get_int(value), 12);
        ck_assert_int_eq(
                gca_root_register(
                        fixture.thread, fixture.owner, gca_bytes(fixture.region, NULL, 100), &root),
                GCA_ROOT_E_NOT_PUBLISHED);
        ck_assert_int_eq(gca_root_register(fixture.thread, fixture.owner, GCA_NO_VALUE, &root),
                         GCA_ROOT_E_NOT_PUBLISHED);
        fixture_deinit(&fixture);
}
END_TEST

START_TEST(stale_root_is_a_named_error_and_changes_nothing) {
        struct fixture fixture;
        gca_root stale, reused;
        gca_value value;

        fixture_init(&fixture);
        stale = fixture_register(&fixture, fixture.value);
        ck_assert_int_eq(fixture_unregister(&fixture, stale), 0);
        ck_assert_int_eq(fixture_unregister(&fixture, stale), GCA_ROOT_E_STALE);
        reused = fixture_register(&fixture, fixture.other);
        ck_assert_uint_eq(reused.slot, stale.slot);
        ck_assert_uint_ne(reused.generation, stale.generation);
        ck_assert_int_eq(fixture_unregister(&fixture, stale), GCA_ROOT_E_STALE);
        ck_assert_int_eq(gca_root_share(fixture.thread, fixture.heap, stale), GCA_ROOT_E_STALE);
        ck_assert_int_eq(gca_root_get(fixture.region, fixture.heap, stale, &value),
                         GCA_ROOT_E_STALE);
        ck_assert_int_eq(gca_root_set(fixture.thread, fixture.heap, stale, gca_nil()),
                         GCA_ROOT_E_STALE);
        ck_assert_int_eq(gca_root_get(fixture.region, fixture.heap, reused, &value), 0);
        ck_assert_uint_eq(value.word, fixture.other.word);
        ck_assert_uint_eq(gca_heap_count_roots(fixture.heap), 1);
        fixture_deinit(&fixture);
}
END_TEST

START_TEST(unknown_root_is_a_named_error) {
        struct fixture fixture;
        gca_root root;

        fixture_init(&fixture);
        root = fixture_register(&fixture, fixture.value);
        for (uint32_t slot = 1; slot != 0; slot <<= 1)
                ck_assert_int_ne(fixture_unregister(&fixture, (gca_root){ slot | root.slot, 99 }),
                                 0);
        ck_assert_int_eq(fixture_unregister(&fixture, (gca_root){ UINT32_MAX, 1 }),
                         GCA_ROOT_E_UNKNOWN);
        ck_assert_int_eq(fixture_unregister(&fixture, (gca_root){ 33, 1 }), GCA_ROOT_E_UNKNOWN);
        ck_assert_int_eq(fixture_unregister(&fixture, (gca_root){ root.slot + 1, 1 }),
                         GCA_ROOT_E_UNKNOWN);
        ck_assert_int_eq(fixture_unregister(&fixture, (gca_root){ 0 }), GCA_ROOT_E_UNKNOWN);
        ck_assert_int_eq(fixture_unregister(&fixture, root), 0);
        fixture_deinit(&fixture);
}
END_TEST

START_TEST(guards_share_a_root_and_the_last_one_gives_it_up) {
        struct fixture fixture;
        gca_root root;

        fixture_init(&fixture);
        root = fixture_register(&fixture, fixture.value);
        for (int i = 0; i < 3; i++)
                ck_assert_int_eq(gca_root_share(fixture.thread, fixture.heap, root), 0);
        ck_assert_uint_eq(gca_heap_count_roots(fixture.heap), 1);
        ck_assert_uint_eq(gca_heap_count_guards(fixture.heap), 4);
        for (int i = 0; i < 4; i++) {
                ck_assert(fixture_is_rooted(&fixture, fixture.value));
                ck_assert_int_eq(fixture_unregister(&fixture, root), 0);
        }
        ck_assert(!fixture_is_rooted(&fixture, fixture.value));
        ck_assert_uint_eq(gca_heap_count_guards(fixture.heap), 0);
        fixture_deinit(&fixture);
}
END_TEST

START_TEST(more_guards_than_a_slot_counts_are_refused) {
        struct fixture fixture;
        struct root_slot *slot;
        gca_root root;

        fixture_init(&fixture);
        root = fixture_register(&fixture, fixture.value);
        slot = root_set_find(fixture.heap->roots, root.slot);
        slot->state = root_make_state(root.generation, ROOT_GUARDS_MAX);
        ck_assert_int_eq(gca_root_share(fixture.thread, fixture.heap, root), GCA_ROOT_E_OVERFLOW);
        ck_assert_int_eq(gca_root_share(NULL, fixture.heap, root), GCA_ROOT_E_OVERFLOW);
        ck_assert(gca_root_is_registered(fixture.heap, root));
        slot->state = root_make_state(root.generation, 1);
        fixture_deinit(&fixture);
}
END_TEST

START_TEST(slot_whose_generation_would_wrap_is_never_used_again) {
        struct fixture fixture;
        gca_root last;

        fixture_init(&fixture);
        last = fixture_register(&fixture, fixture.value);
        ck_assert_int_eq(fixture_unregister(&fixture, last), 0);
        root_set_find(fixture.heap->roots, last.slot)->state = root_make_state(UINT32_MAX - 1, 0);
        ck_assert_uint_eq(fixture_register(&fixture, fixture.value).slot, last.slot);
        last.generation = UINT32_MAX;
        ck_assert_int_eq(fixture_unregister(&fixture, last), 0);
        for (int i = 0; i < 100; i++)
                ck_assert_uint_ne(fixture_register(&fixture, fixture.value).slot, last.slot);
        ck_assert_int_eq(fixture_unregister(&fixture, last), GCA_ROOT_E_STALE);
        fixture_deinit(&fixture);
}
END_TEST

START_TEST(get_holds_the_value_for_the_region) {
        struct fixture fixture;
        gca_root root;
        gca_value value;

        fixture_init(&fixture);
        root = fixture_register(&fixture, fixture.value);
        ck_assert_int_eq(gca_root_get(fixture.region, fixture.heap, root, &value), 0);
        ck_assert_int_eq(fixture_unregister(&fixture, root), 0);
        fixture.found.n = 0;
        entry_visit_all(fixture.heap, found_add, &fixture.found);
        ck_assert(found_has(&fixture.found, fixture.value));
        gca_thread_end_pass(fixture.thread);
        fixture_deinit(&fixture);
}
END_TEST

START_TEST(set_replaces_the_value_and_keeps_the_guards) {
        struct fixture fixture;
        gca_root root;
        gca_value value;

        fixture_init(&fixture);
        root = fixture_register(&fixture, fixture.value);
        ck_assert_int_eq(gca_root_share(fixture.thread, fixture.heap, root), 0);
        ck_assert_int_eq(gca_root_set(fixture.thread, fixture.heap, root, fixture.other), 0);
        ck_assert(!fixture_is_rooted(&fixture, fixture.value));
        ck_assert_int_eq(gca_root_get(fixture.region, fixture.heap, root, &value), 0);
        ck_assert_uint_eq(value.word, fixture.other.word);
        ck_assert_uint_eq(gca_heap_count_guards(fixture.heap), 2);
        ck_assert_int_eq(
                gca_root_set(
                        fixture.thread, fixture.heap, root, gca_bytes(fixture.region, NULL, 64)),
                GCA_ROOT_E_NOT_PUBLISHED);
        fixture_deinit(&fixture);
}
END_TEST

START_TEST(what_is_given_up_or_replaced_is_logged_while_logging_is_on) {
        struct fixture fixture;
        gca_root root;

        fixture_init(&fixture);
        root = fixture_register(&fixture, fixture.value);
        heap_set_word(fixture.heap, word_make(PHASE_MARKING, 1));
        ck_assert_int_eq(gca_root_set(fixture.thread, fixture.heap, root, fixture.other), 0);
        fixture.found.n = 0;
        ck_assert_uint_eq(log_drain(fixture.heap, found_add, &fixture.found), 1);
        ck_assert(found_has(&fixture.found, fixture.value));
        ck_assert_int_eq(fixture_unregister(&fixture, root), 0);
        ck_assert_uint_eq(log_drain(fixture.heap, found_add, &fixture.found), 1);
        ck_assert(found_has(&fixture.found, fixture.other));
        fixture_deinit(&fixture);
}
END_TEST

START_TEST(owners_end_makes_all_its_roots_stale_and_logs_them) {
        struct fixture fixture;
        gca_root roots[100], kept;
        gca_root_owner *ending;

        fixture_init(&fixture);
        kept = fixture_register(&fixture, fixture.other);
        ending = gca_root_owner_new(fixture.heap, 8);
        for (size_t i = 0; i < 100; i++)
                ck_assert_int_eq(
                        gca_root_register(fixture.thread, ending, fixture.value, &roots[i]), 0);
        ck_assert_int_eq(gca_root_share(fixture.thread, fixture.heap, roots[3]), 0);
        heap_set_word(fixture.heap, word_make(PHASE_MARKING, 1));
        ck_assert_ptr_null(gca_root_owner_free(fixture.thread, ending));
        for (size_t i = 0; i < 100; i++)
                ck_assert_int_eq(fixture_unregister(&fixture, roots[i]), GCA_ROOT_E_STALE);
        fixture.found.n = 0;
        ck_assert_uint_eq(log_drain(fixture.heap, found_add, &fixture.found), 100);
        ck_assert(gca_root_is_registered(fixture.heap, kept));
        ck_assert_uint_eq(gca_heap_count_roots(fixture.heap), 1);
        ck_assert_uint_eq(gca_heap_count_guards(fixture.heap), 1);
        fixture_deinit(&fixture);
}
END_TEST

START_TEST(roots_of_an_ended_owner_stay_stale_when_their_slots_are_reused) {
        struct fixture fixture;
        gca_root_owner *ending;
        gca_root stale;

        fixture_init(&fixture);
        ending = gca_root_owner_new(fixture.heap, 8);
        ck_assert_int_eq(gca_root_register(fixture.thread, ending, fixture.value, &stale), 0);
        gca_root_owner_free(fixture.thread, ending);
        for (int i = 0; i < 100; i++)
                (void)fixture_register(&fixture, fixture.other);
        ck_assert_int_eq(fixture_unregister(&fixture, stale), GCA_ROOT_E_STALE);
        ck_assert_uint_eq(gca_heap_count_roots(fixture.heap), 100);
        fixture_deinit(&fixture);
}
END_TEST

static void *unregister_unattached(void *data) {
        struct fixture *fixture = data;
        gca_root root = { (uint32_t)fixture->found.words[0], (uint32_t)fixture->found.words[1] };

        ck_assert_int_eq(gca_root_share(NULL, fixture->heap, root), 0);
        ck_assert_int_eq(gca_root_unregister(NULL, fixture->heap, root), 0);
        ck_assert_int_eq(gca_root_unregister(NULL, fixture->heap, root), 0);
        ck_assert_int_eq(gca_root_unregister(NULL, fixture->heap, root), GCA_ROOT_E_STALE);
        return NULL;
}

START_TEST(what_an_unattached_thread_gives_up_is_kept_until_the_next_cycle) {
        struct fixture fixture;
        gca_root root;

        fixture_init(&fixture);
        root = fixture_register(&fixture, fixture.value);
        fixture.found.words[0] = root.slot;
        fixture.found.words[1] = root.generation;
        run_on_thread(unregister_unattached, &fixture);
        ck_assert(!gca_root_is_registered(fixture.heap, root));
        ck_assert_uint_eq(gca_heap_count_roots(fixture.heap), 0);
        ck_assert(fixture_is_rooted(&fixture, fixture.value));
        ck_assert_uint_eq(root_take_queued(fixture.heap), 1);
        ck_assert(!fixture_is_rooted(&fixture, fixture.value));
        ck_assert_uint_eq(root_take_queued(fixture.heap), 0);
        fixture_deinit(&fixture);
}
END_TEST

START_TEST(owners_end_takes_what_unattached_threads_have_queued) {
        struct fixture fixture;
        gca_root root;

        fixture_init(&fixture);
        root = fixture_register(&fixture, fixture.value);
        ck_assert_int_eq(gca_root_unregister(NULL, fixture.heap, root), 0);
        fixture.owner = gca_root_owner_free(fixture.thread, fixture.owner);
        ck_assert(!fixture_is_rooted(&fixture, fixture.value));
        ck_assert_uint_eq(root_take_queued(fixture.heap), 0);
        fixture_deinit(&fixture);
}
END_TEST

static bool remember_owner(const gca_root_info *info, void *data) {
        size_t *counts = data;

        counts[info->owner]++;
        ck_assert_int_eq(info->type, info->owner == 7 ? GCA_TYPE_INT : GCA_TYPE_NIL);
        ck_assert_uint_eq(info->n_guards, info->owner == 7 ? 1 : 2);
        return counts[info->owner] < 40;
}

START_TEST(snapshot_tells_each_live_root_and_stops_when_told) {
        struct fixture fixture;
        gca_root_owner *owner;
        size_t counts[9] = { 0 };
        gca_root root;

        fixture_init(&fixture);
        for (int i = 0; i < 35; i++)
                (void)fixture_register(&fixture, fixture.value);
        owner = gca_root_owner_new(fixture.heap, 8);
        for (int i = 0; i < 100; i++) {
                ck_assert_int_eq(gca_root_register(fixture.thread, owner, gca_nil(), &root), 0);
                ck_assert_int_eq(gca_root_share(fixture.thread, fixture.heap, root), 0);
        }
        gca_heap_snapshot(fixture.thread, remember_owner, counts);
        ck_assert_uint_eq(counts[7], 35);
        ck_assert_uint_eq(counts[8], 40);
        gca_root_owner_free(fixture.thread, owner);
        fixture_deinit(&fixture);
}
END_TEST

START_TEST(slots_are_reused_in_whatever_order_roots_go) {
        struct fixture fixture;
        gca_root roots[3000];
        uint32_t n_chunks;

        fixture_init(&fixture);
        for (size_t i = 0; i < 3000; i++)
                roots[i] = fixture_register(&fixture, fixture.value);
        n_chunks = (fixture.heap->roots->n_slots >> ROOT_CHUNK_SHIFT);
        ck_assert_uint_eq(n_chunks, (3000 + ROOT_CHUNK_SLOTS - 1) / ROOT_CHUNK_SLOTS);
        for (size_t round = 1; round < 8; round++) {
                for (size_t i = 0; i < 3000; i += round)
                        ck_assert_int_eq(fixture_unregister(&fixture, roots[i]), 0);
                for (size_t i = 0; i < 3000; i += round)
                        roots[i] = fixture_register(&fixture, fixture.value);
                root_set_verify(fixture.heap);
        }
        ck_assert_uint_le((fixture.heap->roots->n_slots >> ROOT_CHUNK_SHIFT), 2 * n_chunks);
        fixture_deinit(&fixture);
}
END_TEST

START_TEST(roots_go_by_the_library_while_an_owner_ends) {
        struct fixture fixture;
        struct root_set *set;
        gca_root root;

        fixture_init(&fixture);
        set = fixture.heap->roots;
        root = fixture_register(&fixture, fixture.value);
        root_set_begin_end(set);
        ck_assert_uint_eq(*set->n_direct, 0);
        ck_assert_int_eq(fixture_unregister(&fixture, root), 0);
        ck_assert_uint_eq(fixture_register(&fixture, fixture.value).slot, root.slot);
        ck_assert_int_eq(fixture_unregister(&fixture, root), GCA_ROOT_E_STALE);
        root_set_end_end(set, NULL);
        ck_assert_uint_eq(*set->n_direct, set->has_direct ? set->n_slots : 0);
        fixture_deinit(&fixture);
}
END_TEST

START_TEST(slot_that_another_owner_freed_is_not_taken) {
        struct fixture fixture;
        gca_root_owner *other;
        gca_root root, next;

        fixture_init(&fixture);
        other = gca_root_owner_new(fixture.heap, 8);
        root = fixture_register(&fixture, fixture.value);
        ck_assert_int_eq(fixture_unregister(&fixture, root), 0);
        ck_assert_int_eq(gca_root_register(fixture.thread, other, fixture.value, &next), 0);
        ck_assert_uint_ne(next.slot, root.slot);
        ck_assert_uint_eq(fixture_register(&fixture, fixture.value).slot, root.slot);
        gca_root_owner_free(fixture.thread, other);
        fixture_deinit(&fixture);
}
END_TEST

START_TEST(chunks_of_ended_owners_serve_others) {
        struct fixture fixture;
        gca_root root;

        fixture_init(&fixture);
        for (int i = 0; i < 500; i++) {
                gca_root_owner *owner = gca_root_owner_new(fixture.heap, 1);

                for (int j = 0; j < 50; j++)
                        ck_assert_int_eq(
                                gca_root_register(fixture.thread, owner, fixture.value, &root), 0);
                gca_root_owner_free(fixture.thread, owner);
        }
        ck_assert_uint_le((fixture.heap->roots->n_slots >> ROOT_CHUNK_SHIFT), 4);
        fixture_deinit(&fixture);
}
END_TEST

START_TEST(active_guard_takes_at_most_32_bytes) {
        struct fixture fixture;

        fixture_init(&fixture);
        for (int i = 0; i < 100000; i++)
                (void)fixture_register(&fixture, fixture.value);
        ck_assert_uint_le((fixture.heap->roots->n_slots >> ROOT_CHUNK_SHIFT) *
                                  sizeof(struct root_chunk) / 100000,
                          32);
        fixture_deinit(&fixture);
}
END_TEST

START_TEST(root_without_memory_is_not_registered_at_every_allocation) {
        struct fixture fixture;
        size_t n_failed = 0;
        gca_root root;

        fixture_init(&fixture);
        for (int i = 0; i < 5000; i++) {
                int r;

                (void)memory_fail_at(1);
                r = gca_root_register(fixture.thread, fixture.owner, fixture.value, &root);
                (void)memory_fail_at(0);
                ck_assert(r == 0 || r == -ENOMEM);
                n_failed += r != 0;
                if (r != 0)
                        (void)fixture_register(&fixture, fixture.value);
        }
        ck_assert_uint_gt(n_failed, 0);
        (void)memory_fail_at(1);
        for (int i = 0; i < 2000 && gca_root_owner_new(fixture.heap, 1); i++)
                continue;
        (void)memory_fail_at(0);
        ck_assert_uint_eq(gca_heap_count_roots(fixture.heap), 5000);
        fixture_deinit(&fixture);
}
END_TEST

static void guard_in_a_block(struct fixture *fixture) {
        gca_guard_ gca_guard outer = { 0 };

        ck_assert_int_eq(gca_guard_init(&outer, fixture->thread, fixture->owner, fixture->value),
                         0);
        {
                gca_guard_ gca_guard inner = { 0 };

                ck_assert_int_eq(
                        gca_guard_init(&inner, fixture->thread, fixture->owner, fixture->value), 0);
                ck_assert_uint_eq(gca_heap_count_guards(fixture->heap), 2);
        }
        ck_assert_uint_eq(gca_heap_count_guards(fixture->heap), 1);
        ck_assert(fixture_is_rooted(fixture, fixture->value));
}

START_TEST(guard_gives_its_root_up_when_it_leaves_its_block) {
        struct fixture fixture;
        gca_guard guard = { 0 };

        fixture_init(&fixture);
        guard_in_a_block(&fixture);
        ck_assert(!fixture_is_rooted(&fixture, fixture.value));
        gca_guard_deinit(&guard);
        ck_assert_int_eq(gca_guard_init(&guard, fixture.thread, fixture.owner, fixture.value), 0);
        gca_guard_deinit(&guard);
        gca_guard_deinit(&guard);
        ck_assert_uint_eq(gca_heap_count_guards(fixture.heap), 0);
        fixture_deinit(&fixture);
}
END_TEST

/* ---- threads ---- */

enum {
        RACE_ROOTS = 4000,
        RACE_THREADS = 3,
};

struct race {
        struct fixture fixture;
        gca_root roots[RACE_ROOTS];
        _Atomic uint32_t n_given; /* registered, to be given up by who claims them */
        _Atomic uint32_t n_unregistered, n_set;
};

/* Every thread tries to give up every root: each is given up once. */
static void *unregister_all(void *data) {
        struct race *race = data;
        gca_heap *heap = race->fixture.heap;
        gca_thread *thread = thread_attach(heap);

        for (uint32_t i = 0; i < RACE_ROOTS; i++) {
                while (race->n_given <= i)
                        sched_yield();
                if (i % 7 == 0 &&
                    gca_root_set(thread, heap, race->roots[i], race->fixture.other) == 0)
                        race->n_set++;
                race->n_unregistered += gca_root_unregister(thread, heap, race->roots[i]) == 0;
        }
        gca_thread_detach(thread);
        return NULL;
}

START_TEST(foreign_threads_give_up_each_root_once_while_its_owner_registers) {
        static struct race race;
        pthread_t threads[RACE_THREADS];

        fixture_init(&race.fixture);
        for (size_t i = 0; i < RACE_THREADS; i++)
                ck_assert_int_eq(pthread_create(&threads[i], NULL, unregister_all, &race), 0);
        for (uint32_t i = 0; i < RACE_ROOTS; i++) {
                race.roots[i] = fixture_register(&race.fixture, race.fixture.value);
                race.n_given++;
                heap_set_word(race.fixture.heap,
                              word_make(i % 2 ? PHASE_IDLE : PHASE_MARKING, 1 + i % 2));
        }
        for (size_t i = 0; i < RACE_THREADS; i++)
                ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        ck_assert_uint_eq(race.n_unregistered, RACE_ROOTS);
        ck_assert_uint_eq(gca_heap_count_roots(race.fixture.heap), 0);
        fixture_deinit(&race.fixture);
}
END_TEST

/* Not attached. */
static void *unregister_all_unattached(void *data) {
        struct race *race = data;

        for (uint32_t i = 0; i < RACE_ROOTS; i++) {
                while (race->n_given <= i)
                        sched_yield();
                race->n_unregistered +=
                        gca_root_unregister(NULL, race->fixture.heap, race->roots[i]) == 0;
        }
        return NULL;
}

START_TEST(unattached_threads_race_with_the_owners_end_and_the_collector) {
        static struct race race;
        pthread_t threads[2];

        fixture_init(&race.fixture);
        for (size_t i = 0; i < 2; i++)
                ck_assert_int_eq(
                        pthread_create(&threads[i], NULL, unregister_all_unattached, &race), 0);
        for (uint32_t i = 0; i < RACE_ROOTS; i++) {
                race.roots[i] = fixture_register(&race.fixture, race.fixture.value);
                race.n_given++;
                if (i % 500 == 499) {
                        gca_root_owner_free(race.fixture.thread, race.fixture.owner);
                        race.fixture.owner = gca_root_owner_new(race.fixture.heap, 1);
                }
                if (i % 100 == 99)
                        (void)root_take_queued(race.fixture.heap);
        }
        for (size_t i = 0; i < 2; i++)
                ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        ck_assert_uint_le(race.n_unregistered, RACE_ROOTS);
        fixture_deinit(&race.fixture);
}
END_TEST

static void *get_all(void *data) {
        struct race *race = data;
        gca_thread *thread = thread_attach(race->fixture.heap);
        gca_region *region = gca_thread_get_region(thread);

        for (uint32_t i = 0; i < RACE_ROOTS; i++) {
                gca_value value;

                while (race->n_given <= i)
                        sched_yield();
                if (gca_root_get(region, race->fixture.heap, race->roots[i], &value) != 0)
                        continue;
                ck_assert_uint_eq(value.word,
                                  i % 2 ? race->fixture.value.word : race->fixture.other.word);
                gca_thread_end_pass(thread);
        }
        gca_thread_detach(thread);
        return NULL;
}

START_TEST(reader_never_gets_the_value_of_who_reused_the_slot) {
        static struct race race;
        pthread_t threads[2];

        fixture_init(&race.fixture);
        for (size_t i = 0; i < 2; i++)
                ck_assert_int_eq(pthread_create(&threads[i], NULL, get_all, &race), 0);
        for (uint32_t i = 0; i < RACE_ROOTS; i++) {
                race.roots[i] = fixture_register(&race.fixture,
                                                 i % 2 ? race.fixture.value : race.fixture.other);
                race.n_given++;
                if (i % 3 != 0)
                        ck_assert_int_eq(fixture_unregister(&race.fixture, race.roots[i]), 0);
        }
        for (size_t i = 0; i < 2; i++)
                ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
        fixture_deinit(&race.fixture);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                root_keeps_its_value_until_it_is_given_up,
                immediate_values_can_be_rooted_and_private_ones_cannot,
                stale_root_is_a_named_error_and_changes_nothing,
                unknown_root_is_a_named_error,
                guards_share_a_root_and_the_last_one_gives_it_up,
                more_guards_than_a_slot_counts_are_refused,
                slot_whose_generation_would_wrap_is_never_used_again,
                get_holds_the_value_for_the_region,
                set_replaces_the_value_and_keeps_the_guards,
                what_is_given_up_or_replaced_is_logged_while_logging_is_on,
                owners_end_makes_all_its_roots_stale_and_logs_them,
                roots_of_an_ended_owner_stay_stale_when_their_slots_are_reused,
                what_an_unattached_thread_gives_up_is_kept_until_the_next_cycle,
                owners_end_takes_what_unattached_threads_have_queued,
                snapshot_tells_each_live_root_and_stops_when_told,
                slots_are_reused_in_whatever_order_roots_go,
                roots_go_by_the_library_while_an_owner_ends,
                slot_that_another_owner_freed_is_not_taken,
                chunks_of_ended_owners_serve_others,
                active_guard_takes_at_most_32_bytes,
                root_without_memory_is_not_registered_at_every_allocation,
                guard_gives_its_root_up_when_it_leaves_its_block,
                foreign_threads_give_up_each_root_once_while_its_owner_registers,
                unattached_threads_race_with_the_owners_end_and_the_collector,
                reader_never_gets_the_value_of_who_reused_the_slot,
        };

        return suite_run("root", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
