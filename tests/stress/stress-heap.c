/* SPDX-License-Identifier: MIT */

/*
 * Threads against the heap's collector: each builds, publishes, swaps cells, smuggles parts out of lists that it drops,
 * upgrades weak values, gives up its own roots and others', lets whole owners go, detaches and comes back, now and then
 * with an allocation that fails, while cycles follow each other. Every value that is met is checked for its contents: nothing
 * that can be reached is freed. At random instants all stop; after two more cycles what is in the heap is exactly what a shadow
 * model says can be reached, and heap_verify() holds: all else is gone.
 *
 * In half of the rounds the collector has a thread of its own; in the others the first mutator drives it, a step at a time, so that
 * with one thread ($GCASYNC_STRESS_THREADS=1) a seed repeats exactly. $GCASYNC_SEED repeats a run: each round's is
 * derived from the last one's, and a failing round says its own. $GCASYNC_STRESS_MS sets how long it takes (3000).
 */

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gcasync/heap.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "gc/heap.h"
#include "gc/memory.h"
#include "gc/object-table.h"
#include "helpers/random.h"

enum {
        N_THREADS_MAX = 8,
        N_CELLS = 12,        /* shared by all */
        N_KEEPERS = 6,       /* regions of a thread that outlive an operation */
        N_KEPT = 4,          /* values in one of them */
        N_ROOTS = 16,        /* of a thread */
        N_PAUSES = 4,        /* a round */
        N_OPERATIONS = 1000, /* between two pauses, at most */
        N_LOOKED_AT = 64,    /* objects that a check looks at */
        PATTERN_BYTES = 96,
        LARGE_ELEMENTS = 5000,
        SOFT_LIMIT_BYTES = 512 << 10,
        HARD_LIMIT_BYTES = 4 << 20,
};

#ifdef GCASYNC_GC_STRESS
#        define IS_STRESS_BUILD true
#else
#        define IS_STRESS_BUILD false
#endif

/* A region that lives on, and what its entries hold: all of it, so that the model knows. */
struct keeper {
        gca_region *region;
        gca_value kept[N_KEPT];
        size_t n;
};

/* A root that any thread may give up. */
struct shared_root {
        _Atomic uint64_t name; /* generation and slot; 0: none */
        gca_value value;       /* the owner's to write, before the name */
};

struct mutator {
        struct round *round;
        pthread_t pthread;
        struct random random;
        unsigned number;
        gca_thread *thread;
        gca_root_owner *owner;
        gca_value cells[N_CELLS];
        struct keeper keepers[N_KEEPERS];
        struct shared_root roots[N_ROOTS];
        uint64_t next_id;
};

struct round {
        uint64_t seed;
        struct random random;
        gca_heap *heap;
        bool is_manual;
        bool is_stress; /* the collector never stands still */
        unsigned n_threads;
        gca_thread *thread; /* the main thread's */
        gca_root_owner *owner;
        gca_root cell_roots[N_CELLS];
        struct mutator mutators[N_THREADS_MAX];
        pthread_barrier_t barrier;
};

static struct round the_round;
static _Atomic size_t n_natives_made, n_natives_finalized;
static size_t n_checked_objects, n_cycles, n_limited_rounds;
static _Atomic size_t n_upgrades, n_upgrades_failed, n_foreign_drops;

/* ---- nodes: [id, a number that follows from it, a pattern that follows from it, children…] ---- */

static int64_t mix(uint64_t id) {
        return (int64_t)((id * UINT64_C(0x9e3779b97f4a7c15)) >> 3);
}

static size_t pattern_size(uint64_t id) {
        return id % PATTERN_BYTES;
}

static gca_value make_pattern(gca_region *region, uint64_t id) {
        unsigned char bytes[PATTERN_BYTES];

        memset(bytes, (int)(id & 0xff), sizeof(bytes));
        return gca_bytes(region, bytes, pattern_size(id));
}

static void check_pattern(gca_value value, uint64_t id) {
        const unsigned char *bytes;
        size_t size;

        assert(gca_get_type(value) == GCA_TYPE_BYTES);
        bytes = gca_get_bytes(value, &size);
        assert(size == pattern_size(id));
        for (size_t i = 0; i < size; i++)
                assert(bytes[i] == (id & 0xff));
}

static gca_value
make_node(struct mutator *mutator, gca_region *region, const gca_value *children, size_t n) {
        uint64_t id = mutator->next_id++ * N_THREADS_MAX + mutator->number;
        gca_builder builder;

        gca_builder_begin_list(&builder, region);
        gca_builder_add(&builder, gca_int(region, (int64_t)id));
        gca_builder_add(&builder, gca_int(region, mix(id)));
        gca_builder_add(&builder, make_pattern(region, id));
        for (size_t i = 0; i < n; i++)
                gca_builder_add(&builder, children[i]);
        return gca_builder_end(&builder);
}

/* A list's own contents; its children are the caller's to look at. */
static void check_node(gca_value node) {
        uint64_t id;

        assert(gca_get_count(node) >= 3);
        id = (uint64_t)gca_get_int(gca_get_element(node, 0));
        assert(gca_get_int(gca_get_element(node, 1)) == mix(id));
        check_pattern(gca_get_element(node, 2), id);
}

/* A way down at random, through lists only: they are borrowed. */
static gca_value walk_down(struct random *random, gca_value value) {
        for (size_t i = 0; i < N_LOOKED_AT && gca_get_type(value) == GCA_TYPE_LIST; i++) {
                check_node(value);
                if (gca_get_count(value) == 3 || random_one_in(random, 4))
                        return value;
                value = gca_get_element(value, 3 + random_below(random, gca_get_count(value) - 3));
        }
        return value;
}

static void check(struct mutator *mutator, gca_value value) {
        if (gca_is_value(value))
                (void)walk_down(&mutator->random, value);
}

/* ---- what a thread holds ---- */

static struct keeper *pick_keeper(struct mutator *mutator) {
        return &mutator->keepers[random_below(&mutator->random, N_KEEPERS)];
}

static void keeper_drop(struct keeper *keeper) {
        keeper->region = gca_region_free(keeper->region);
        keeper->n = 0;
}

/* One with room for a value more; NULL: no memory. */
static struct keeper *make_room(struct mutator *mutator) {
        struct keeper *keeper = pick_keeper(mutator);

        if (keeper->n == N_KEPT)
                keeper_drop(keeper);
        if (!keeper->region)
                keeper->region = gca_region_new_on(mutator->thread, 0);
        return keeper->region ? keeper : NULL;
}

/* What an entry of the keeper's holds by now. */
static void keeper_add(struct keeper *keeper, gca_value value) {
        if (gca_is_value(value))
                keeper->kept[keeper->n++] = value;
}

static void keep(struct mutator *mutator, gca_value value) {
        struct keeper *keeper = make_room(mutator);

        if (gca_is_value(value) && keeper)
                keeper_add(keeper, gca_hold(keeper->region, value));
}

/* Something that it holds, or nil. */
static gca_value pick_kept(struct mutator *mutator) {
        struct keeper *keeper = pick_keeper(mutator);

        if (keeper->n == 0)
                return gca_nil();
        return keeper->kept[random_below(&mutator->random, keeper->n)];
}

static gca_value pick_cell(struct mutator *mutator) {
        return mutator->cells[random_below(&mutator->random, N_CELLS)];
}

/* ---- operations; each in a region of its own, with nothing left in it ---- */

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
                children[i] = random_one_in(random, 5) ? pick_kept(mutator)
                                                       : build(mutator, region, depth - 1);
        /* Sharing. */
        if (n > 0 && random_one_in(random, 3))
                children[n++] = children[0];
        node = make_node(mutator, region, children, n);
        return is_scoped ? gca_scope_end(region, &scope, node) : node;
}

static void place(struct mutator *mutator, gca_region *region, gca_value value);

static void do_build(struct mutator *mutator, gca_region *region) {
        gca_value value = build(mutator, region, 4);

        if (!gca_is_value(value))
                return;
        value = gca_publish(region, value);
        check(mutator, value);
        place(mutator, region, value);
}

/* Twice published is published once; and parts of it, later on. */
static void do_publish_again(struct mutator *mutator, gca_region *region) {
        gca_value value = build(mutator, region, 3), first, again;

        if (!gca_is_value(value) || gca_get_count(value) == 3)
                return;
        first = gca_publish(region, gca_get_element(value, 3));
        again = gca_publish(region, value);
        if (!gca_is_value(first) || !gca_is_value(again))
                return;
        assert(gca_publish(region, value).word == again.word);
        assert(gca_get_element(again, 3).word == first.word);
        check(mutator, again);
        place(mutator, region, again);
}

static void do_build_large(struct mutator *mutator, gca_region *region) {
        gca_builder builder;
        gca_value list;

        gca_builder_begin_list(&builder, region);
        gca_builder_add(&builder, gca_int(region, 0));
        gca_builder_add(&builder, gca_int(region, mix(0)));
        gca_builder_add(&builder, make_pattern(region, 0));
        for (size_t i = 0; i < LARGE_ELEMENTS; i++)
                gca_builder_add(&builder, i % 500 == 0 ? build(mutator, region, 1) : gca_nil());
        list = gca_builder_end(&builder);
        if (!gca_is_value(list))
                return;
        list = gca_publish(region, list);
        check(mutator, list);
        place(mutator, region, list);
}

static void do_build_in_publication(struct mutator *mutator, gca_region *region) {
        gca_region *publication = gca_publication_begin(region);
        gca_value value;

        if (!publication)
                return;
        value = gca_nil();
        for (size_t i = 0, n = random_below(&mutator->random, 200); i < n; i++) {
                gca_value children[2] = { value, pick_kept(mutator) };

                value = make_node(mutator, publication, children, 2);
                if (!gca_is_value(value))
                        break;
                /* A drop on the same thread, while the run is open. */
                if (random_one_in(&mutator->random, 100))
                        keeper_drop(pick_keeper(mutator));
        }
        value = gca_publication_end(publication, value);
        check(mutator, value);
        place(mutator, region, value);
}

static void do_swap(struct mutator *mutator, gca_region *region) {
        gca_value a = pick_cell(mutator), b = pick_cell(mutator);
        gca_value value = gca_cell_get(region, a), current = GCA_NO_VALUE;

        if (!gca_is_value(value))
                return;
        check(mutator, value);
        if (random_one_in(&mutator->random, 2)) {
                (void)gca_cell_set(region, b, value);
        } else if (gca_cell_compare_set(region, b, pick_kept(mutator), value, &current) == 0) {
                check(mutator, current);
                if (random_one_in(&mutator->random, 2))
                        (void)gca_cell_compare_set(region, b, current, gca_nil(), NULL);
        }
}

/* Takes a list, keeps a part only, drops the list. */
static void do_smuggle(struct mutator *mutator, gca_region *region) {
        gca_value cell = pick_cell(mutator), list = gca_cell_get(region, cell);

        if (!gca_is_value(list))
                return;
        keep(mutator, walk_down(&mutator->random, list));
        if (random_one_in(&mutator->random, 2))
                (void)gca_cell_set(region, cell, gca_nil());
}

/* By the keeper's own entry, which is not given up: nothing but the cell's overwriting tells of it. */
static void do_steal(struct mutator *mutator, gca_region *region) {
        gca_value cell = pick_cell(mutator);
        struct keeper *keeper = make_room(mutator);

        if (!keeper)
                return;
        keeper_add(keeper, gca_cell_get(keeper->region, cell));
        (void)gca_cell_set(region, cell, gca_nil());
}

static void do_weak(struct mutator *mutator, gca_region *region) {
        gca_value value = build(mutator, region, 2), weak, children[2];

        if (!gca_is_value(value))
                return;
        weak = random_one_in(&mutator->random, 2)
                       ? gca_weak_new(region, value)
                       : gca_ephemeron_new(region, pick_kept(mutator), value);
        if (!gca_is_value(weak))
                return;
        children[0] = weak;
        children[1] = random_one_in(&mutator->random, 2) ? value : gca_nil();
        place(mutator, region, gca_publish(region, make_node(mutator, region, children, 2)));
        place(mutator, region, weak);
}

static void upgrade(struct mutator *mutator, gca_region *region, gca_value weak) {
        bool is_ephemeron = object_get_count(value_get_object(weak)) == 2;
        struct keeper *keeper = random_one_in(&mutator->random, 2) ? make_room(mutator) : NULL;
        gca_region *holder = keeper ? keeper->region : region;
        gca_value value = is_ephemeron && random_one_in(&mutator->random, 2)
                                  ? gca_ephemeron_get(holder, weak)
                                  : gca_weak_get(holder, weak);

        if (!gca_is_value(value))
                return;
        (void)atomic_fetch_add(gca_is_nil(value) ? &n_upgrades_failed : &n_upgrades, 1);
        check(mutator, value);
        if (keeper)
                keeper_add(keeper, value);
        else
                place(mutator, region, value);
}

static void do_upgrade(struct mutator *mutator, gca_region *region) {
        gca_value value = random_one_in(&mutator->random, 2)
                                  ? gca_hold(region, pick_kept(mutator))
                                  : gca_cell_get(region, pick_cell(mutator));

        for (size_t i = 0; i < 4 && gca_is_value(value); i++) {
                gca_value part = walk_down(&mutator->random, value);

                if (gca_get_type(part) == GCA_TYPE_WEAK) {
                        upgrade(mutator, region, part);
                        return;
                }
        }
}

/* A cell that holds a list that holds the cell. */
static void do_tie(struct mutator *mutator, gca_region *region) {
        gca_value cell = gca_cell_new(region, gca_nil()), node;
        gca_value children[2] = { cell, pick_kept(mutator) };

        if (!gca_is_value(cell))
                return;
        node = gca_publish(region, make_node(mutator, region, children, 2));
        if (!gca_is_value(node))
                return;
        (void)gca_cell_set(region, cell, node);
        place(mutator, region, random_one_in(&mutator->random, 2) ? node : cell);
}

static void finalize(void *payload) {
        uint64_t id = *(uint64_t *)payload;

        assert(((uint64_t *)payload)[1] == (uint64_t)mix(id));
        (void)atomic_fetch_add(&n_natives_finalized, 1);
}

static const gca_native_type native_type = {
        .size = sizeof(native_type),
        .name = "stress",
        .payload_bytes = 2 * sizeof(uint64_t),
        .n_slots = 2,
        .finalize = finalize,
};

static void do_native(struct mutator *mutator, gca_region *region) {
        uint64_t id = mutator->next_id++, payload[2] = { id, (uint64_t)mix(id) };
        gca_value native = gca_native_new(region, &native_type, payload), held;

        if (!gca_is_value(native))
                return;
        (void)atomic_fetch_add(&n_natives_made, 1);
        (void)gca_native_set_slot(region, native, 0, build(mutator, region, 1));
        (void)gca_native_set_slot(
                region, native, 1, random_one_in(&mutator->random, 2) ? native : gca_nil());
        held = gca_native_get_slot(region, native, 0);
        check(mutator, held);
        place(mutator, region, native);
}

static void do_blob(struct mutator *mutator, gca_region *region) {
        gca_value blob = gca_blob_new(region, "a blob's bytes", 14);
        const void *bytes;
        size_t size;

        if (!gca_is_value(blob))
                return;
        bytes = gca_get_bytes(blob, &size);
        assert(!bytes || (size == 14 && memcmp(bytes, "a blob's bytes", size) == 0));
        place(mutator, region, blob);
}

static void do_drop(struct mutator *mutator, gca_region *region) {
        (void)region;
        keeper_drop(pick_keeper(mutator));
}

static void do_look(struct mutator *mutator, gca_region *region) {
        (void)region;
        check(mutator, pick_kept(mutator));
}

/* ---- roots ---- */

static uint64_t root_get_name(gca_root root) {
        return (uint64_t)root.generation << 32 | root.slot;
}

static gca_root root_from_name(uint64_t name) {
        return (gca_root){ .slot = (uint32_t)name, .generation = (uint32_t)(name >> 32) };
}

static void put_root(struct mutator *mutator, gca_value value) {
        struct shared_root *shared = &mutator->roots[random_below(&mutator->random, N_ROOTS)];
        gca_root root;

        /* Acquire: pairs with the release of who gave it up; it has done with the value. */
        if (atomic_load_explicit(&shared->name, memory_order_acquire) != 0 ||
            gca_root_register(mutator->thread, mutator->owner, value, &root) != 0)
                return;
        shared->value = value;
        /* Release: pairs with the acquire of who gives it up. */
        atomic_store_explicit(&shared->name, root_get_name(root), memory_order_release);
}

/* From entries to a root: the collector may have read the roots, and not yet the entries. */
static void do_entrust(struct mutator *mutator, gca_region *region) {
        struct keeper *keeper = pick_keeper(mutator);

        (void)region;
        for (size_t i = 0; i < keeper->n; i++)
                put_root(mutator, keeper->kept[i]);
        keeper_drop(keeper);
}

static struct shared_root *pick_root(struct mutator *mutator) {
        struct round *round = mutator->round;
        struct mutator *other = &round->mutators[random_below(&mutator->random, round->n_threads)];

        return &other->roots[random_below(&mutator->random, N_ROOTS)];
}

/* Gives up anybody's root; several may try, and the owner may go meanwhile: one wins. */
static void do_unregister(struct mutator *mutator, gca_region *region) {
        struct shared_root *shared = pick_root(mutator);
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
        (void)atomic_fetch_add(&n_foreign_drops, 1);
        /* Release: pairs with the acquire in put_root(). */
        (void)atomic_compare_exchange_strong_explicit(
                &shared->name, &name, 0, memory_order_release, memory_order_relaxed);
}

static void do_get_root(struct mutator *mutator, gca_region *region) {
        uint64_t name = atomic_load_explicit(&pick_root(mutator)->name, memory_order_acquire);
        gca_value value = GCA_NO_VALUE;

        if (name == 0 ||
            gca_root_get(region, mutator->round->heap, root_from_name(name), &value) != 0)
                return;
        check(mutator, value);
        if (random_one_in(&mutator->random, 3))
                place(mutator, region, value);
}

/* All of a thread's roots go in one step. */
static void drop_owner(struct mutator *mutator) {
        mutator->owner = gca_root_owner_free(mutator->thread, mutator->owner);
        for (size_t i = 0; i < N_ROOTS; i++)
                atomic_store_explicit(&mutator->roots[i].name, 0, memory_order_release);
}

static void make_owner(struct mutator *mutator) {
        while (!mutator->owner)
                mutator->owner = gca_root_owner_new(mutator->round->heap, mutator->number + 1);
}

static void do_drop_owner(struct mutator *mutator, gca_region *region) {
        (void)region;
        drop_owner(mutator);
        make_owner(mutator);
}

/* ---- where values go ---- */

static void place(struct mutator *mutator, gca_region *region, gca_value value) {
        if (!gca_is_value(value) || !gca_is_published(value))
                return;
        switch (random_below(&mutator->random, 5)) {
        case 0:
        case 1:
                (void)gca_cell_set(region, pick_cell(mutator), value);
                break;
        case 2:
                keep(mutator, value);
                break;
        case 3:
                put_root(mutator, value);
                break;
        default:
                break;
        }
}

/* ---- threads ---- */

static void attach(struct mutator *mutator) {
        struct round *round = mutator->round;
        gca_region *region;
        int r;

        r = gca_thread_attach(round->heap, &mutator->thread);
        assert(r == 0);
        make_owner(mutator);
        /* The roots keep them; entries would go with the region. */
        region = gca_region_new_on(mutator->thread, 0);
        assert(region);
        for (size_t i = 0; i < N_CELLS; i++) {
                r = gca_root_get(region, round->heap, round->cell_roots[i], &mutator->cells[i]);
                assert(r == 0);
        }
        (void)gca_region_free(region);
}

static void detach(struct mutator *mutator) {
        for (size_t i = 0; i < N_KEEPERS; i++)
                keeper_drop(&mutator->keepers[i]);
        drop_owner(mutator);
        mutator->thread = gca_thread_detach(mutator->thread);
}

static void step_collector(struct mutator *mutator) {
        struct round *round = mutator->round;

        if (!round->is_manual || mutator->number != 0)
                return;
        /* Without a budget of time a step is as long every time. */
        for (size_t n = random_below(&mutator->random, 8) / 4; n > 0; n--)
                if (gca_heap_step_once(round->heap, 0) == GCA_HEAP_IDLE)
                        (void)gca_heap_collect(round->heap, false);
}

static void operate(struct mutator *mutator) {
        static void (*const operations[])(struct mutator * mutator, gca_region * region) = {
                do_build,    do_build,    do_publish_again, do_build_in_publication,
                do_swap,     do_swap,     do_smuggle,       do_smuggle,
                do_steal,    do_entrust,  do_steal,         do_weak,
                do_upgrade,  do_upgrade,  do_tie,           do_native,
                do_drop,     do_look,     do_unregister,    do_unregister,
                do_get_root, do_get_root,
        };
        static void (*const rare[])(struct mutator * mutator, gca_region * region) = {
                do_build_large,
                do_blob,
                do_drop_owner,
        };
        struct random *random = &mutator->random;
        gca_region *region = gca_region_new_on(mutator->thread, 0);
        bool is_failing = random_one_in(random, 40);

        assert(region);
        if (is_failing)
                (void)memory_fail_at(1 + random_below(random, 12));
        if (random_one_in(random, 50))
                rare[random_below(random, sizeof(rare) / sizeof(rare[0]))](mutator, region);
        else
                operations[random_below(random, sizeof(operations) / sizeof(operations[0]))](
                        mutator, region);
        if (is_failing)
                (void)memory_fail_at(0);
        (void)gca_region_free(region);
        step_collector(mutator);
        if (random_one_in(random, 300)) {
                detach(mutator);
                attach(mutator);
        }
}

static void *mutator_main(void *data) {
        struct mutator *mutator = data;
        struct round *round = mutator->round;

        attach(mutator);
        for (int i = 0; i < N_PAUSES; i++) {
                for (size_t n = random_below(&mutator->random, N_OPERATIONS); n > 0; n--)
                        operate(mutator);
                (void)pthread_barrier_wait(&round->barrier);
                (void)pthread_barrier_wait(&round->barrier);
        }
        detach(mutator);
        return NULL;
}

/* ---- the model: what can be reached from what the threads say they hold ---- */

struct model {
        struct object_table reached;
        struct object **objects;
        size_t n, n_max, n_scanned;
        gca_census census;
};

static void reach(struct model *model, gca_value value) {
        struct object *object;
        int r;

        if (!value_is_object(value))
                return;
        object = value_get_object(value);
        assert(object_is_stored(object));
        if (object_table_find(&model->reached, object))
                return;
        r = object_table_add(&model->reached, object, 0);
        assert(r == 0);
        if (model->n == model->n_max) {
                model->n_max = model->n_max > 0 ? 2 * model->n_max : 1024;
                model->objects = realloc(model->objects, model->n_max * sizeof(struct object *));
                assert(model->objects);
        }
        model->objects[model->n++] = object;
        model->census.n_objects[object_get_type(object)]++;
}

static void scan(struct model *model, struct object *object) {
        size_t n = object_count_slots(object);

        for (size_t i = 0; i < n; i++)
                reach(model, (gca_value){ atomic_load(&object->words[i]) });
        if (object_get_type(object) == GCA_TYPE_LIST)
                check_node(value_from_object(object));
}

/* An ephemeron's value is reached when its key is. Whether that was news. */
static bool scan_ephemerons(struct model *model) {
        size_t n_before = model->n;

        for (size_t i = 0; i < n_before; i++) {
                struct object *weak = model->objects[i];
                const gca_value *slots = weak->slots;

                if (object_get_type(weak) != GCA_TYPE_WEAK || object_get_count(weak) < 2)
                        continue;
                if (!value_is_object(slots[0]) ||
                    object_table_find(&model->reached, value_get_object(slots[0])))
                        reach(model, slots[1]);
        }
        return model->n > n_before;
}

static void scan_all(struct model *model) {
        do {
                while (model->n_scanned < model->n)
                        scan(model, model->objects[model->n_scanned++]);
        } while (scan_ephemerons(model));
}

static void reach_held(struct model *model, const struct round *round) {
        for (size_t i = 0; i < N_CELLS; i++)
                reach(model, round->mutators[0].cells[i]);
        for (unsigned i = 0; i < round->n_threads; i++) {
                const struct mutator *mutator = &round->mutators[i];

                for (size_t j = 0; j < N_KEEPERS; j++)
                        for (size_t k = 0; k < mutator->keepers[j].n; k++)
                                reach(model, mutator->keepers[j].kept[k]);
                for (size_t j = 0; j < N_ROOTS; j++)
                        if (atomic_load(&mutator->roots[j].name) != 0)
                                reach(model, mutator->roots[j].value);
        }
}

static void check_weak_values(const struct model *model) {
        for (size_t i = 0; i < model->n; i++) {
                struct object *weak = model->objects[i];

                if (object_get_type(weak) != GCA_TYPE_WEAK)
                        continue;
                for (size_t j = 0; j < object_get_count(weak); j++)
                        assert(!value_is_object(weak->slots[j]) ||
                               object_table_find(&model->reached,
                                                 value_get_object(weak->slots[j])));
        }
}

static size_t count_registered(const struct round *round) {
        size_t n = N_CELLS;

        for (unsigned i = 0; i < round->n_threads; i++)
                for (size_t j = 0; j < N_ROOTS; j++)
                        n += atomic_load(&round->mutators[i].roots[j].name) != 0;
        return n;
}

/* ---- pauses ---- */

static void drain_finalizers(struct round *round) {
        gca_finalizer *finalizer;

        while ((finalizer = gca_heap_take_finalizer(round->heap)) != NULL) {
                gca_finalizer_run(finalizer);
                (void)gca_finalizer_free(finalizer);
        }
}

/* Two cycles that begin after the call. */
static void run_two_cycles(struct round *round) {
        for (int i = 0; i < 2; i++) {
                int r = round->is_manual ? 0 : gca_heap_collect(round->heap, true);

                assert(r == 0);
                if (round->is_manual)
                        gca_heap_collect_now(round->heap);
        }
        drain_finalizers(round);
}

static void compare_with_model(struct round *round) {
        struct model model = { 0 };
        gca_census census;

        reach_held(&model, round);
        scan_all(&model);
        check_weak_values(&model);
        gca_heap_get_census(round->heap, &census);
        for (gca_type type = GCA_TYPE_INT; type <= GCA_TYPE_WEAK; type++)
                if (census.n_objects[type] != model.census.n_objects[type]) {
                        fprintf(stderr,
                                "%s: %zu in the heap, %zu in the model\n",
                                gca_type_to_string(type),
                                (size_t)census.n_objects[type],
                                (size_t)model.census.n_objects[type]);
                        abort();
                }
        assert(gca_heap_count_roots(round->heap) == count_registered(round));
        assert(atomic_load(&n_natives_made) - atomic_load(&n_natives_finalized) ==
               model.census.n_objects[GCA_TYPE_NATIVE]);
        n_checked_objects += model.n;
        object_table_deinit(&model.reached);
        free(model.objects);
}

/* All have stopped, each where its own numbers say. */
static void pause_and_compare(struct round *round) {
        (void)pthread_barrier_wait(&round->barrier);
        /* The cycle under way stands still. */
        if (round->is_manual)
                heap_verify(round->heap);
        run_two_cycles(round);
        if (!round->is_stress) {
                heap_verify(round->heap);
                (void)collector_check_marks(round->heap);
        }
        compare_with_model(round);
        (void)pthread_barrier_wait(&round->barrier);
}

/* ---- rounds ---- */

static void make_cells(struct round *round) {
        gca_region *region = gca_region_new_on(round->thread, 0);

        assert(region);
        for (size_t i = 0; i < N_CELLS; i++) {
                gca_value cell = gca_cell_new(region, gca_nil());
                int r = gca_root_register(round->thread, round->owner, cell, &round->cell_roots[i]);

                assert(r == 0);
        }
        (void)gca_region_free(region);
}

static unsigned choose_n_threads(struct round *round) {
        const char *text = getenv("GCASYNC_STRESS_THREADS");
        unsigned n = text ? (unsigned)strtoul(text, NULL, 10) : 0;

        if (n == 0)
                n = 2 + (unsigned)random_below(&round->random, N_THREADS_MAX - 1);
        return n < N_THREADS_MAX ? n : N_THREADS_MAX;
}

static void round_open(struct round *round) {
        gca_heap_options options = {
                .size = sizeof(options),
                .growth_floor_bytes = 1,
                .growth_percent = 1,
                .idle_ns = 3600 * NS_PER_S,
        };
        int r;

        round->random = (struct random){ .state = round->seed | 1 };
        round->is_manual = random_one_in(&round->random, 2);
        round->n_threads = choose_n_threads(round);
        if (round->n_threads == 1)
                round->is_manual = true;
        options.is_manual = round->is_manual;
        /* Threads wait for cycles, and publication may fail. */
        if (!round->is_manual && random_one_in(&round->random, 3)) {
                options.soft_limit_bytes = SOFT_LIMIT_BYTES;
                options.hard_limit_bytes = HARD_LIMIT_BYTES;
        }
        round->is_stress =
                !round->is_manual && (IS_STRESS_BUILD || random_one_in(&round->random, 2));
        options.is_stress = round->is_stress;
        r = gca_heap_new(&options, &round->heap);
        assert(r == 0);
        r = gca_thread_attach(round->heap, &round->thread);
        assert(r == 0);
        round->owner = gca_root_owner_new(round->heap, 100);
        assert(round->owner);
        make_cells(round);
        atomic_store(&n_natives_made, 0);
        atomic_store(&n_natives_finalized, 0);
        r = pthread_barrier_init(&round->barrier, NULL, round->n_threads + 1);
        assert(r == 0);
}

static void start_mutators(struct round *round) {
        for (unsigned i = 0; i < round->n_threads; i++)
                round->mutators[i] = (struct mutator){
                        .round = round,
                        .number = i,
                        .random = { .state = random_u64(&round->random) | 1 },
                };
        for (unsigned i = 0; i < round->n_threads; i++) {
                struct mutator *mutator = &round->mutators[i];
                int r = pthread_create(&mutator->pthread, NULL, mutator_main, mutator);

                assert(r == 0);
        }
}

/* Nothing is held any more: all goes, and every finaliser has run once. */
static void round_close(struct round *round) {
        gca_census census;
        gca_heap_info info;

        round->owner = gca_root_owner_free(round->thread, round->owner);
        run_two_cycles(round);
        if (!round->is_stress)
                heap_verify(round->heap);
        gca_heap_get_census(round->heap, &census);
        for (gca_type type = GCA_TYPE_INT; type <= GCA_TYPE_WEAK; type++)
                assert(census.n_objects[type] == 0);
        assert(atomic_load(&n_natives_made) == atomic_load(&n_natives_finalized));
        gca_heap_get_info(round->heap, &info);
        n_cycles += info.n_cycles;
        n_limited_rounds += info.pause_max_ns > 0;
        round->thread = gca_thread_detach(round->thread);
        round->heap = gca_heap_free(round->heap);
        (void)pthread_barrier_destroy(&round->barrier);
}

static void round_run(struct round *round) {
        round_open(round);
        start_mutators(round);
        for (int i = 0; i < N_PAUSES; i++)
                pause_and_compare(round);
        for (unsigned i = 0; i < round->n_threads; i++)
                (void)pthread_join(round->mutators[i].pthread, NULL);
        round_close(round);
}

static void tell_seed(int number) {
        char text[64];
        int length = snprintf(text,
                              sizeof(text),
                              "# failed in the round of GCASYNC_SEED=%llu\n",
                              (unsigned long long)the_round.seed);

        (void)!write(STDERR_FILENO, text, (size_t)length);
        (void)signal(number, SIG_DFL);
        (void)raise(number);
}

int main(void) {
        const char *text = getenv("GCASYNC_STRESS_MS");
        uint64_t duration_ns = (text ? strtoull(text, NULL, 10) : 3000) * NS_PER_MS;
        uint64_t end_ns = clock_monotonic_ns() + duration_ns;
        size_t n_rounds = 0;

        log_setup("stress-heap", LOG_LEVEL_ERROR, LOG_FORMAT_PLAIN);
        (void)signal(SIGABRT, tell_seed);
        the_round.seed = random_seed().state;
        do {
                struct random next;

                round_run(&the_round);
                n_rounds++;
                next.state = the_round.seed;
                the_round.seed = random_u64(&next) | 1;
        } while (clock_monotonic_ns() < end_ns);
        printf("%zu rounds, %zu of them at the soft limit, %zu cycles\n",
               n_rounds,
               n_limited_rounds,
               n_cycles);
        printf("%zu objects compared\n", n_checked_objects);
        printf("%zu upgrades, %zu of what was gone\n",
               atomic_load(&n_upgrades),
               atomic_load(&n_upgrades_failed));
        printf("%zu roots given up by anybody\n", atomic_load(&n_foreign_drops));
        return 0;
}
