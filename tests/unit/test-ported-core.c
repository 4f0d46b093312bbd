/* SPDX-License-Identifier: MIT */
/*
 * The collector's core, ported by behaviour from what rudo's suites and issues are about: cycles, weak values, ephemerons,
 * finalisers, lazy sweeping, memory of threads that ended, objects of all sizes that stay where they are. Wherever it
 * may matter, in each phase of a cycle. Barriers and grace periods by themselves are in test-collector.c.
 */

#include <string.h>

#include "helpers/collect.h"
#include "helpers/suite.h"

enum {
        N_RING = 1000,
        N_PHASES = CYCLE_SWEEPING + 1,
        N_MANY = 500,
};

static size_t n_finalized;
static int finalized[N_RING];

static void note_finalized(void *payload) {
        memcpy(&finalized[n_finalized++ % N_RING], payload, sizeof(finalized[0]));
}

static const gca_native_type node_type = {
        .size = sizeof(node_type),
        .name = "node",
        .payload_bytes = sizeof(int),
        .n_slots = 2,
        .finalize = note_finalized,
};

static gca_value make_node(struct site *site, int number) {
        gca_value node = gca_native_new(site->region, &node_type, &number);

        ck_assert(gca_is_value(node));
        return node;
}

static void set(struct site *site, gca_value node, size_t slot, gca_value value) {
        ck_assert_int_eq(gca_native_set_slot(site->region, node, slot, value), 0);
}

static void collect(struct site *site) {
        for (int i = 0; i < 2; i++)
                gca_heap_collect_now(site->heap);
        heap_verify(site->heap);
}

static uint64_t count_all(struct site *site) {
        uint64_t n = 0;

        for (int type = 0; type < 16; type++)
                n += site_count(site, (gca_type)type);
        return n;
}

/* Runs those that are due; how many. */
static size_t run_finalizers(struct site *site) {
        gca_finalizer *finalizer;

        n_finalized = 0;
        while ((finalizer = gca_heap_take_finalizer(site->heap))) {
                gca_finalizer_run(finalizer);
                (void)gca_finalizer_free(finalizer);
        }
        return n_finalized;
}

static gca_value take(struct site *site, gca_root root) {
        gca_value value = GCA_NO_VALUE;

        ck_assert_int_eq(gca_root_get(site->region, site->heap, root, &value), 0);
        return value;
}

static void drop(struct site *site, gca_root root) {
        ck_assert_int_eq(gca_root_unregister(site->thread, site->heap, root), 0);
}

/* ---- cycles ---- */

/* Each node knows the next one and the one before. Returns the first. */
static gca_value make_ring(struct site *site) {
        gca_value first = make_node(site, 0), last = first;

        for (int i = 1; i < N_RING; i++) {
                gca_value node = make_node(site, i);

                set(site, last, 0, node);
                set(site, node, 1, last);
                last = node;
        }
        set(site, last, 0, first);
        set(site, first, 1, last);
        return first;
}

/* rudo: cycles, doubly linked lists. */
START_TEST(doubly_linked_ring_lives_by_any_of_its_nodes_and_goes_with_the_last_way_to_it) {
        struct site site;
        gca_value node;
        gca_root root;

        site_begin(&site);
        node = make_ring(&site);
        for (int i = 0; i < N_RING / 2; i++)
                node = gca_native_get_slot(site.region, node, 0);
        root = site_root(&site, node);
        site_forget(&site);
        collect(&site);
        ck_assert_uint_eq(site_count(&site, GCA_TYPE_NATIVE), N_RING);
        node = take(&site, root);
        for (int i = 0; i < N_RING; i++)
                node = gca_native_get_slot(site.region, node, 1);
        ck_assert_uint_eq(node.word, take(&site, root).word);
        site_forget(&site);
        drop(&site, root);
        collect(&site);
        ck_assert_uint_eq(count_all(&site), 0);
        ck_assert_uint_eq(run_finalizers(&site), N_RING);
        site_end(&site);
}
END_TEST

/* rudo: self-references, new_cyclic_weak, whose strong variant never worked. */
START_TEST(node_that_knows_itself_strongly_or_weakly_goes) {
        struct site site;
        gca_value strong, weak;

        site_begin(&site);
        strong = make_node(&site, 1);
        set(&site, strong, 0, strong);
        weak = make_node(&site, 2);
        set(&site, weak, 0, gca_weak_new(site.region, weak));
        collect(&site);
        weak = gca_native_get_slot(site.region, weak, 0);
        ck_assert_int_eq(*(int *)gca_native_get_payload(gca_weak_get(site.region, weak)), 2);
        site_forget(&site);
        collect(&site);
        ck_assert_uint_eq(count_all(&site), 0);
        ck_assert_uint_eq(run_finalizers(&site), 2);
        site_end(&site);
}
END_TEST

/* rudo: what is reachable from a dead cycle is not dead, if it is reachable otherwise. */
START_TEST(garbage_ring_does_not_take_along_what_others_hold) {
        struct site site;
        gca_value ring[2], list;
        gca_root root;

        site_begin(&site);
        list = site_publish_list(&site, 5);
        root = site_root(&site, list);
        for (int i = 0; i < 2; i++)
                ring[i] = make_node(&site, i);
        for (size_t i = 0; i < 2; i++) {
                set(&site, ring[i], 0, ring[1 - i]);
                set(&site, ring[i], 1, list);
        }
        site_forget(&site);
        collect(&site);
        ck_assert_uint_eq(count_all(&site), 1);
        ck_assert_int_eq(gca_get_int(gca_get_element(take(&site, root), 0)), 5);
        site_end(&site);
}
END_TEST

/* ---- weak values ---- */

/* rudo: upgrade, try_upgrade, is_alive; a root registered while marking, of what a weak value gave, must be shaded. */
START_TEST(value_had_from_a_weak_one_in_any_phase_is_kept_by_a_root_at_once) {
        for (int i = 0; i < 2 * N_PHASES; i++) {
                int state = i % N_PHASES;
                struct site site;
                gca_value weak, value;
                gca_root of_weak, root;
                bool is_alive;

                site_begin(&site);
                of_weak = site_root(&site, gca_weak_new(site.region, site_publish_list(&site, 9)));
                site_forget(&site);
                if (state != CYCLE_NONE)
                        site_step_to(&site, (enum cycle_state)state);
                weak = take(&site, of_weak);
                value = gca_weak_get(site.region, weak);
                is_alive = !gca_is_nil(value);
                root = site_root(&site, value);
                /* Giving up the entry logs the value, again. */
                if (i < N_PHASES)
                        site_forget(&site);
                site_finish(&site);
                site_forget(&site);
                collect(&site);
                value = gca_weak_get(site.region, take(&site, of_weak));
                ck_assert_uint_eq(value.word, take(&site, root).word);
                ck_assert(gca_is_nil(value) == !is_alive);
                ck_assert(is_alive == (state <= CYCLE_ENDING));
                site_end(&site);
        }
}
END_TEST

/* rudo: weak references to one object are independent of each other, and of the order they go in. */
START_TEST(all_weak_values_of_a_target_let_go_at_once) {
        struct site site;
        gca_value list, weaks[N_MANY];
        gca_root root, target;

        site_begin(&site);
        list = site_publish_list(&site, 1);
        target = site_root(&site, list);
        for (size_t i = 0; i < N_MANY; i++)
                weaks[i] = gca_weak_new(site.region, i % 2 ? weaks[i - 1] : list);
        root = site_root(&site, gca_publish(site.region, gca_list(site.region, weaks, N_MANY)));
        site_forget(&site);
        collect(&site);
        list = take(&site, root);
        for (size_t i = 0; i < N_MANY; i += 2)
                ck_assert(!gca_is_nil(gca_weak_get(site.region, gca_get_element(list, i))));
        site_forget(&site);
        drop(&site, target);
        collect(&site);
        list = take(&site, root);
        for (size_t i = 0; i < N_MANY; i++)
                /* A weak value of a weak one finds that, for it is held. */
                ck_assert(gca_is_nil(gca_weak_get(site.region, gca_get_element(list, i))) ==
                          (i % 2 == 0));
        ck_assert_uint_eq(site_count(&site, GCA_TYPE_LIST), 1);
        site_end(&site);
}
END_TEST

/* ---- ephemerons ---- */

/* rudo: issue 57, the value was always traced; issue 271, the key was never given. */
START_TEST(ephemeron_keeps_its_value_exactly_as_long_as_its_key_lives) {
        struct site site;
        gca_value key, ephemeron;
        gca_root of_key, root;

        site_begin(&site);
        key = gca_cell_new(site.region, gca_nil());
        of_key = site_root(&site, key);
        ephemeron = gca_ephemeron_new(site.region, key, site_publish_list(&site, 3));
        root = site_root(&site, ephemeron);
        site_forget(&site);
        collect(&site);
        ephemeron = take(&site, root);
        ck_assert_uint_eq(gca_weak_get(site.region, ephemeron).word, take(&site, of_key).word);
        ck_assert_int_eq(gca_get_int(gca_get_element(gca_ephemeron_get(site.region, ephemeron), 0)),
                         3);
        site_forget(&site);
        drop(&site, of_key);
        collect(&site);
        ck_assert_uint_eq(site_count(&site, GCA_TYPE_LIST), 0);
        ck_assert_uint_eq(site_count(&site, GCA_TYPE_CELL), 0);
        ck_assert(gca_is_nil(gca_ephemeron_get(site.region, take(&site, root))));
        site_end(&site);
}
END_TEST

/* Each ephemeron's value is a list with the next one's key; the last one's has the first key. */
static void make_chain(struct site *site, gca_value *keys, gca_value *ephemerons) {
        for (size_t i = 0; i < N_MANY; i++)
                keys[i] = gca_cell_new(site->region, gca_nil());
        for (size_t i = 0; i < N_MANY; i++)
                ephemerons[i] = gca_ephemeron_new(
                        site->region, keys[i], gca_list(site->region, &keys[(i + 1) % N_MANY], 1));
}

/* Hayes 1997: chains, in any order, and keys that only values reach. */
START_TEST(ephemerons_in_a_ring_live_by_any_key_and_go_with_the_last) {
        struct site site;
        gca_value keys[N_MANY], ephemerons[N_MANY];
        gca_root key;

        site_begin(&site);
        make_chain(&site, keys, ephemerons);
        (void)site_root(&site, gca_publish(site.region, gca_list(site.region, ephemerons, N_MANY)));
        key = site_root(&site, keys[N_MANY / 2]);
        site_forget(&site);
        collect(&site);
        ck_assert_uint_eq(site_count(&site, GCA_TYPE_CELL), N_MANY);
        drop(&site, key);
        collect(&site);
        ck_assert_uint_eq(site_count(&site, GCA_TYPE_CELL), 0);
        ck_assert_uint_eq(site_count(&site, GCA_TYPE_LIST), 1);
        ck_assert_uint_eq(site_count(&site, GCA_TYPE_WEAK), N_MANY);
        site_end(&site);
}
END_TEST

/* ---- finalisers ---- */

/* rudo: the destructor runs once, before memory is reused, and may not resurrect: here it gets the payload, not the value. */
START_TEST(finalizer_gets_the_payload_once_and_finds_weak_values_cleared) {
        struct site site;
        gca_value node, weak;
        gca_root root;

        site_begin(&site);
        node = make_node(&site, 77);
        weak = gca_weak_new(site.region, node);
        root = site_root(&site, weak);
        site_forget(&site);
        gca_heap_collect_now(site.heap);
        ck_assert(gca_is_nil(gca_weak_get(site.region, take(&site, root))));
        for (int i = 0; i < N_MANY; i++)
                (void)make_node(&site, i);
        ck_assert_uint_eq(run_finalizers(&site), 1);
        ck_assert_int_eq(finalized[0], 77);
        collect(&site);
        ck_assert_uint_eq(run_finalizers(&site), 0);
        site_end(&site);
}
END_TEST

/* rudo: nested garbage: what only a dead one holds is dead in the same cycle. */
START_TEST(chain_of_dead_natives_is_due_in_one_cycle) {
        struct site site;
        gca_value last = gca_nil();
        bool is_seen[N_MANY] = { false };

        site_begin(&site);
        for (int i = 0; i < N_MANY; i++) {
                gca_value node = make_node(&site, i);

                set(&site, node, 0, last);
                last = node;
        }
        site_forget(&site);
        gca_heap_collect_now(site.heap);
        ck_assert_uint_eq(run_finalizers(&site), N_MANY);
        for (size_t i = 0; i < N_MANY; i++)
                is_seen[finalized[i]] = true;
        for (size_t i = 0; i < N_MANY; i++)
                ck_assert(is_seen[i]);
        site_end(&site);
}
END_TEST

/* ---- memory ---- */

/* Sizes around each size class of rudo's, and large ones. */
static size_t get_size(size_t i) {
        static const size_t sizes[] = { 0,   1,    15,   16,   17,    31,    64,    127,   128,
                                        250, 1000, 2047, 2048, 10000, 32000, 32768, 40000, 200000 };

        return sizes[i % SUITE_SIZE(sizes)];
}

static bool is_filled(gca_value bytes, size_t i) {
        size_t size;
        const unsigned char *data = gca_get_bytes(bytes, &size);

        for (size_t j = 0; j < size; j++)
                if (data[j] != (unsigned char)i)
                        return false;
        return size == get_size(i);
}

static gca_value make_filled(struct site *site, size_t i) {
        static unsigned char data[200000];

        memset(data, (int)(unsigned char)i, get_size(i));
        return gca_publish(site->region, gca_bytes(site->region, data, get_size(i)));
}

/* rudo: size classes, large objects, zero-size singletons; non-moving. Half of them go, others take their place. */
START_TEST(objects_of_all_sizes_stay_where_they_are_while_others_come_and_go) {
        static gca_root roots[N_MANY];
        static uintptr_t words[N_MANY];
        struct site site;

        site_begin(&site);
        for (size_t round = 0; round < 6; round++) {
                for (size_t i = round % 2; i < N_MANY; i += 1 + (round > 0)) {
                        gca_value value = make_filled(&site, i);

                        if (round > 0)
                                drop(&site, roots[i]);
                        roots[i] = site_root(&site, value);
                        words[i] = value.word;
                        if (i % 50 == 0)
                                site_forget(&site);
                        /* Beside a cycle: sweeping is lazy, and done by who publishes. */
                        (void)gca_heap_collect(site.heap, false);
                        (void)gca_heap_step_once(site.heap, 0);
                }
                site_finish(&site);
                heap_verify(site.heap);
                for (size_t i = 0; i < N_MANY; i++) {
                        ck_assert_uint_eq(take(&site, roots[i]).word, words[i]);
                        ck_assert(is_filled(take(&site, roots[i]), i));
                }
        }
        site_forget(&site);
        collect(&site);
        ck_assert_uint_eq(count_all(&site), N_MANY);
        site_end(&site);
}
END_TEST

/* rudo: lazy sweep against allocation: an endless loop (77), leaked slots (424). Memory comes back while the sweep is on. */
START_TEST(what_is_garbage_serves_who_publishes_before_the_sweep_is_complete) {
        struct site site;
        gca_heap_info info;
        uint64_t committed;

        site_begin(&site);
        for (int i = 0; i < 4000; i++)
                (void)gca_publish(site.region, gca_bytes(site.region, NULL, 1000));
        site_forget(&site);
        gca_heap_get_info(site.heap, &info);
        committed = info.committed_bytes;
        for (int round = 0; round < 10; round++) {
                site_step_to(&site, CYCLE_SWEEPING);
                for (int i = 0; i < 3000; i++)
                        ck_assert(gca_is_value(
                                gca_publish(site.region, gca_bytes(site.region, NULL, 1000))));
                site_forget(&site);
                heap_verify(site.heap);
                site_finish(&site);
        }
        gca_heap_get_info(site.heap, &info);
        ck_assert_uint_le(info.committed_bytes, 2 * committed);
        site_end(&site);
}
END_TEST

/* rudo: pages of a thread that ended are orphans, swept for all that. */
START_TEST(memory_of_a_thread_that_ended_is_swept_and_used_again) {
        struct site site;
        gca_heap_info info;
        gca_root kept;

        site_begin(&site);
        for (int i = 0; i < 100; i++) {
                gca_thread *thread;
                gca_region *region;
                gca_value value;

                ck_assert_int_eq(gca_thread_attach(site.heap, &thread), 0);
                region = gca_thread_get_region(thread);
                for (int j = 0; j < 300; j++)
                        value = gca_publish(region, gca_bytes(region, NULL, 1000));
                if (i == 0)
                        ck_assert_int_eq(gca_root_register(thread, site.owner, value, &kept), 0);
                (void)gca_thread_detach(thread);
                gca_heap_collect_now(site.heap);
        }
        collect(&site);
        ck_assert_uint_eq(count_all(&site), 1);
        ck_assert_uint_eq(gca_get_type(take(&site, kept)), GCA_TYPE_BYTES);
        gca_heap_get_info(site.heap, &info);
        ck_assert_uint_le(info.committed_bytes, 8 << 20);
        site_end(&site);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                doubly_linked_ring_lives_by_any_of_its_nodes_and_goes_with_the_last_way_to_it,
                node_that_knows_itself_strongly_or_weakly_goes,
                garbage_ring_does_not_take_along_what_others_hold,
                value_had_from_a_weak_one_in_any_phase_is_kept_by_a_root_at_once,
                all_weak_values_of_a_target_let_go_at_once,
                ephemeron_keeps_its_value_exactly_as_long_as_its_key_lives,
                ephemerons_in_a_ring_live_by_any_key_and_go_with_the_last,
                finalizer_gets_the_payload_once_and_finds_weak_values_cleared,
                chain_of_dead_natives_is_due_in_one_cycle,
                objects_of_all_sizes_stay_where_they_are_while_others_come_and_go,
                what_is_garbage_serves_who_publishes_before_the_sweep_is_complete,
                memory_of_a_thread_that_ended_is_swept_and_used_again,
        };

        return suite_run("ported-core", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
