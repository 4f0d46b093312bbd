/* SPDX-License-Identifier: MIT */

#include "stress/heap-operations.h"

#include <string.h>

#include "base/check.h"
#include "gc/memory.h"
#include "gc/object.h"
#include "stress/heap-mutator.h"
#include "stress/heap-node.h"

enum {
        LARGE_ELEMENTS = 5000,
};

struct operations_tally operations_tally;

/* ---- building; each operation has a region of its own, with nothing left in it ---- */

static gca_value build(struct mutator *mutator, gca_region *region, size_t depth) {
        struct random *random = &mutator->random;
        gca_value children[4] = { 0 };
        size_t n = depth > 0 ? random_below(random, 4) : 0;
        gca_scope scope;
        gca_value node;
        bool is_scoped = random_one_in(random, 4);

        if (is_scoped)
                gca_scope_begin(region, &scope);
        for (size_t i = 0; i < n; i++)
                children[i] = random_one_in(random, 5) ? mutator_pick_kept(mutator)
                                                       : build(mutator, region, depth - 1);
        /* Sharing. */
        if (n > 0 && random_one_in(random, 3))
                children[n++] = children[0];
        node = node_make(region, mutator_make_id(mutator), children, n);
        return is_scoped ? gca_scope_end(region, &scope, node) : node;
}

static void do_build(struct mutator *mutator, gca_region *region) {
        gca_value value = build(mutator, region, 4);

        if (!gca_is_value(value))
                return;
        value = gca_publish(region, value);
        mutator_check(mutator, value);
        mutator_place(mutator, region, value);
}

/* Twice published is published once; and parts of it, later on. */
static void do_publish_again(struct mutator *mutator, gca_region *region) {
        gca_value value = build(mutator, region, 3), first, again;

        if (!gca_is_value(value) || gca_get_count(value) == NODE_N_FIELDS)
                return;
        first = gca_publish(region, gca_get_element(value, NODE_N_FIELDS));
        again = gca_publish(region, value);
        if (!gca_is_value(first) || !gca_is_value(again))
                return;
        assert(gca_publish(region, value).word == again.word);
        assert(gca_get_element(again, NODE_N_FIELDS).word == first.word);
        mutator_check(mutator, again);
        mutator_place(mutator, region, again);
}

static void do_build_large(struct mutator *mutator, gca_region *region) {
        gca_builder builder;
        gca_value list;

        node_begin(&builder, region, 0);
        for (size_t i = 0; i < LARGE_ELEMENTS; i++)
                gca_builder_add(&builder, i % 500 == 0 ? build(mutator, region, 1) : gca_nil());
        list = gca_builder_end(&builder);
        if (!gca_is_value(list))
                return;
        list = gca_publish(region, list);
        mutator_check(mutator, list);
        mutator_place(mutator, region, list);
}

static void do_build_in_publication(struct mutator *mutator, gca_region *region) {
        gca_region *publication = gca_publication_begin(region);
        gca_value value;

        if (!publication)
                return;
        value = gca_nil();
        for (size_t i = 0, n = random_below(&mutator->random, 200); i < n; i++) {
                gca_value children[2] = { value, mutator_pick_kept(mutator) };

                value = node_make(publication, mutator_make_id(mutator), children, 2);
                if (!gca_is_value(value))
                        break;
                /* A drop on the same thread, while the run is open. */
                if (random_one_in(&mutator->random, 100))
                        keeper_drop(mutator_pick_keeper(mutator));
        }
        value = gca_publication_end(publication, value);
        mutator_check(mutator, value);
        mutator_place(mutator, region, value);
}

/* ---- cells ---- */

static void do_swap(struct mutator *mutator, gca_region *region) {
        gca_value a = mutator_pick_cell(mutator), b = mutator_pick_cell(mutator);
        gca_value value = gca_cell_get(region, a), current = GCA_NO_VALUE;

        if (!gca_is_value(value))
                return;
        mutator_check(mutator, value);
        if (random_one_in(&mutator->random, 2)) {
                (void)gca_cell_set(region, b, value);
        } else if (gca_cell_compare_set(region, b, mutator_pick_kept(mutator), value, &current) ==
                   0) {
                mutator_check(mutator, current);
                if (random_one_in(&mutator->random, 2))
                        (void)gca_cell_compare_set(region, b, current, gca_nil(), NULL);
        }
}

/* Takes a list, keeps a part only, drops the list. */
static void do_smuggle(struct mutator *mutator, gca_region *region) {
        gca_value cell = mutator_pick_cell(mutator), list = gca_cell_get(region, cell);

        if (!gca_is_value(list))
                return;
        mutator_keep(mutator, node_walk_down(&mutator->random, list));
        if (random_one_in(&mutator->random, 2))
                (void)gca_cell_set(region, cell, gca_nil());
}

/* By the keeper's own entry, which is not given up: nothing but the cell's overwriting tells of it. */
static void do_steal(struct mutator *mutator, gca_region *region) {
        gca_value cell = mutator_pick_cell(mutator);
        struct keeper *keeper = mutator_make_room(mutator);

        if (!keeper)
                return;
        keeper_add(keeper, gca_cell_get(keeper->region, cell));
        (void)gca_cell_set(region, cell, gca_nil());
}

/* ---- weak values ---- */

static void do_weak(struct mutator *mutator, gca_region *region) {
        gca_value value = build(mutator, region, 2), weak, children[2];

        if (!gca_is_value(value))
                return;
        weak = random_one_in(&mutator->random, 2)
                       ? gca_weak_new(region, value)
                       : gca_ephemeron_new(region, mutator_pick_kept(mutator), value);
        if (!gca_is_value(weak))
                return;
        children[0] = weak;
        children[1] = random_one_in(&mutator->random, 2) ? value : gca_nil();
        mutator_place(
                mutator,
                region,
                gca_publish(region, node_make(region, mutator_make_id(mutator), children, 2)));
        mutator_place(mutator, region, weak);
}

static void upgrade(struct mutator *mutator, gca_region *region, gca_value weak) {
        bool is_ephemeron = object_get_count(value_get_object(weak)) == 2;
        struct keeper *keeper =
                random_one_in(&mutator->random, 2) ? mutator_make_room(mutator) : NULL;
        gca_region *holder = keeper ? keeper->region : region;
        gca_value value = is_ephemeron && random_one_in(&mutator->random, 2)
                                  ? gca_ephemeron_get(holder, weak)
                                  : gca_weak_get(holder, weak);

        if (!gca_is_value(value))
                return;
        (void)atomic_fetch_add(gca_is_nil(value) ? &operations_tally.n_upgrades_failed
                                                 : &operations_tally.n_upgrades,
                               1);
        mutator_check(mutator, value);
        if (keeper)
                keeper_add(keeper, value);
        else
                mutator_place(mutator, region, value);
}

static void do_upgrade(struct mutator *mutator, gca_region *region) {
        gca_value value = random_one_in(&mutator->random, 2)
                                  ? gca_hold(region, mutator_pick_kept(mutator))
                                  : gca_cell_get(region, mutator_pick_cell(mutator));

        for (size_t i = 0; i < 4 && gca_is_value(value); i++) {
                gca_value part = node_walk_down(&mutator->random, value);

                if (gca_get_type(part) == GCA_TYPE_WEAK) {
                        upgrade(mutator, region, part);
                        return;
                }
        }
}

/* ---- other types ---- */

/* A cell that holds a list that holds the cell. */
static void do_tie(struct mutator *mutator, gca_region *region) {
        gca_value cell = gca_cell_new(region, gca_nil()), node;
        gca_value children[2] = { cell, mutator_pick_kept(mutator) };

        if (!gca_is_value(cell))
                return;
        node = gca_publish(region, node_make(region, mutator_make_id(mutator), children, 2));
        if (!gca_is_value(node))
                return;
        (void)gca_cell_set(region, cell, node);
        mutator_place(mutator, region, random_one_in(&mutator->random, 2) ? node : cell);
}

static void finalize(void *payload) {
        uint64_t id = *(uint64_t *)payload;

        assert(((uint64_t *)payload)[1] == (uint64_t)node_mix(id));
        (void)atomic_fetch_add(&operations_tally.n_natives_finalized, 1);
}

static const gca_native_type native_type = {
        .size = sizeof(native_type),
        .name = "stress",
        .payload_bytes = 2 * sizeof(uint64_t),
        .n_slots = 2,
        .finalize = finalize,
};

static void do_native(struct mutator *mutator, gca_region *region) {
        uint64_t id = mutator->next_id++, payload[2] = { id, (uint64_t)node_mix(id) };
        gca_value native = gca_native_new(region, &native_type, payload), held;

        if (!gca_is_value(native))
                return;
        (void)atomic_fetch_add(&operations_tally.n_natives_made, 1);
        (void)gca_native_set_slot(region, native, 0, build(mutator, region, 1));
        (void)gca_native_set_slot(
                region, native, 1, random_one_in(&mutator->random, 2) ? native : gca_nil());
        held = gca_native_get_slot(region, native, 0);
        mutator_check(mutator, held);
        mutator_place(mutator, region, native);
}

static void do_blob(struct mutator *mutator, gca_region *region) {
        gca_value blob = gca_blob_new(region, "a blob's bytes", 14);
        const void *bytes;
        size_t size;

        if (!gca_is_value(blob))
                return;
        bytes = gca_get_bytes(blob, &size);
        assert(!bytes || (size == 14 && memcmp(bytes, "a blob's bytes", size) == 0));
        mutator_place(mutator, region, blob);
}

/* ---- keepers ---- */

static void do_drop(struct mutator *mutator, gca_region *region) {
        (void)region;
        keeper_drop(mutator_pick_keeper(mutator));
}

static void do_look(struct mutator *mutator, gca_region *region) {
        (void)region;
        mutator_check(mutator, mutator_pick_kept(mutator));
}

/* Some are given up, and some stay. */
static void do_scope(struct mutator *mutator, gca_region *region) {
        (void)region;
        keeper_turn_scope(mutator_pick_keeper(mutator), &mutator->random);
}

/* From entries to roots: the collector may have read the roots, and not yet the entries. */
static void do_entrust(struct mutator *mutator, gca_region *region) {
        struct keeper *keeper = mutator_pick_keeper(mutator);

        (void)region;
        for (size_t i = 0; i < keeper->n; i++)
                mutator_put_root(mutator, keeper->kept[i]);
        if (keeper->is_scoped)
                keeper_turn_scope(keeper, &mutator->random);
        else
                keeper_drop(keeper);
}

/* ---- roots and guards ---- */

/* Gives up anybody's root; several may try, and the owner may go meanwhile: one wins. */
static void do_unregister(struct mutator *mutator, gca_region *region) {
        struct shared_root *shared = mutator_pick_root(mutator);
        /* Acquire: pairs with the release in mutator_put_root(). */
        uint64_t name = atomic_load_explicit(&shared->name, memory_order_acquire);
        bool is_unattached = random_one_in(&mutator->random, 8);
        int r;

        (void)region;
        if (name == 0)
                return;
        r = gca_root_unregister(
                is_unattached ? NULL : mutator->thread, mutator->round->heap, root_from_name(name));
        assert(r == 0 || r == GCA_ROOT_E_STALE);
        if (r != 0)
                return;
        (void)atomic_fetch_add(&operations_tally.n_foreign_drops, 1);
        /* Release: pairs with the acquire in mutator_put_root(). */
        (void)atomic_compare_exchange_strong_explicit(
                &shared->name, &name, 0, memory_order_release, memory_order_relaxed);
}

static void do_get_root(struct mutator *mutator, gca_region *region) {
        /* Acquire: pairs with the release in mutator_put_root(). */
        uint64_t name =
                atomic_load_explicit(&mutator_pick_root(mutator)->name, memory_order_acquire);
        gca_value value = GCA_NO_VALUE;

        if (name == 0 ||
            gca_root_get(region, mutator->round->heap, root_from_name(name), &value) != 0)
                return;
        mutator_check(mutator, value);
        if (random_one_in(&mutator->random, 3))
                mutator_place(mutator, region, value);
}

/* Another value in a root of its own, which somebody may be giving up. */
static void do_set_root(struct mutator *mutator, gca_region *region) {
        struct shared_root *shared = &mutator->roots[random_below(&mutator->random, N_ROOTS)];
        /* Acquire: pairs with the release of who gives it up. */
        uint64_t name = atomic_load_explicit(&shared->name, memory_order_acquire);
        gca_value value = mutator_pick_kept(mutator);
        int r;

        (void)region;
        if (name == 0)
                return;
        r = gca_root_set(mutator->thread, mutator->round->heap, root_from_name(name), value);
        assert(r == 0 || r == GCA_ROOT_E_STALE);
        if (r == 0)
                shared->value = value;
}

static void do_move_guards(struct mutator *mutator, gca_region *region) {
        (void)region;
        mutator_move_guards(mutator);
}

static void do_drop_guard(struct mutator *mutator, gca_region *region) {
        (void)region;
        mutator_drop_guard(mutator);
}

static void do_change_owner(struct mutator *mutator, gca_region *region) {
        (void)region;
        mutator_change_owner(mutator);
}

/* ---- the choice ---- */

typedef void operation(struct mutator *mutator, gca_region *region);

static operation *const usual[] = {
        do_build,      do_build,       do_publish_again, do_build_in_publication,
        do_swap,       do_swap,        do_smuggle,       do_smuggle,
        do_steal,      do_steal,       do_weak,          do_upgrade,
        do_upgrade,    do_tie,         do_native,        do_drop,
        do_scope,      do_scope,       do_entrust,       do_look,
        do_unregister, do_unregister,  do_get_root,      do_get_root,
        do_set_root,   do_move_guards, do_move_guards,   do_drop_guard,
};

static operation *const rare[] = {
        do_build_large,
        do_blob,
        do_change_owner,
};

void operations_run_one(struct mutator *mutator) {
        struct random *random = &mutator->random;
        gca_region *region = gca_region_new_on(mutator->thread, 0);
        bool is_failing = random_one_in(random, 40);

        assert(region);
        if (is_failing)
                (void)memory_fail_at(1 + random_below(random, 12));
        if (random_one_in(random, 50))
                rare[random_below(random, sizeof(rare) / sizeof(rare[0]))](mutator, region);
        else
                usual[random_below(random, sizeof(usual) / sizeof(usual[0]))](mutator, region);
        if (is_failing)
                (void)memory_fail_at(0);
        (void)gca_region_free(region);
}
