/* SPDX-License-Identifier: MIT */

#include "stress/heap-mutator.h"

#include "base/check.h"
#include "stress/heap-node.h"

uint64_t mutator_make_id(struct mutator *mutator) {
        return mutator->next_id++ * N_THREADS_MAX + mutator->number;
}

void mutator_check(struct mutator *mutator, gca_value value) {
        if (gca_is_value(value))
                (void)node_walk_down(&mutator->random, value);
}

gca_value mutator_pick_cell(struct mutator *mutator) {
        return mutator->cells[random_below(&mutator->random, N_CELLS)];
}

/* ---- keepers ---- */

struct keeper *mutator_pick_keeper(struct mutator *mutator) {
        return &mutator->keepers[random_below(&mutator->random, N_KEEPERS)];
}

void keeper_drop(struct keeper *keeper) {
        keeper->region = gca_region_free(keeper->region);
        keeper->is_scoped = false;
        keeper->n = 0;
}

void keeper_add(struct keeper *keeper, gca_value value) {
        if (gca_is_value(value))
                keeper->kept[keeper->n++] = value;
}

void keeper_turn_scope(struct keeper *keeper, struct random *random) {
        gca_value result = GCA_NO_VALUE;

        if (!keeper->region)
                return;
        if (!keeper->is_scoped) {
                gca_scope_begin(keeper->region, &keeper->scope);
                keeper->is_scoped = true;
                keeper->n_outer = keeper->n;
                return;
        }
        if (keeper->n > keeper->n_outer && random_one_in(random, 2))
                result = keeper->kept[keeper->n_outer];
        result = gca_scope_end(keeper->region, &keeper->scope, result);
        keeper->is_scoped = false;
        keeper->n = keeper->n_outer;
        keeper_add(keeper, result);
}

struct keeper *mutator_make_room(struct mutator *mutator) {
        struct keeper *keeper = mutator_pick_keeper(mutator);

        if (keeper->n == N_KEPT)
                keeper_drop(keeper);
        if (!keeper->region)
                keeper->region = gca_region_new_on(mutator->thread, 0);
        return keeper->region ? keeper : NULL;
}

void mutator_keep(struct mutator *mutator, gca_value value) {
        struct keeper *keeper = mutator_make_room(mutator);

        if (gca_is_value(value) && keeper)
                keeper_add(keeper, gca_hold(keeper->region, value));
}

gca_value mutator_pick_kept(struct mutator *mutator) {
        struct keeper *keeper = mutator_pick_keeper(mutator);

        if (keeper->n == 0)
                return gca_nil();
        return keeper->kept[random_below(&mutator->random, keeper->n)];
}

/* ---- roots ---- */

static uint64_t root_get_name(gca_root root) {
        return (uint64_t)root.generation << 32 | root.slot;
}

gca_root root_from_name(uint64_t name) {
        return (gca_root){ .slot = (uint32_t)name, .generation = (uint32_t)(name >> 32) };
}

void mutator_put_root(struct mutator *mutator, gca_value value) {
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

struct shared_root *mutator_pick_root(struct mutator *mutator) {
        struct round *round = mutator->round;
        struct mutator *other = &round->mutators[random_below(&mutator->random, round->n_threads)];

        return &other->roots[random_below(&mutator->random, N_ROOTS)];
}

static void drop_owner(struct mutator *mutator) {
        for (size_t i = 0; i < N_GUARDS; i++) {
                /* Half of them find that the owner has ended their roots before. */
                if (i % 2 == 0)
                        gca_guard_deinit(&mutator->guards[i].guard);
                mutator->guards[i].value = GCA_NO_VALUE;
        }
        mutator->owner = gca_root_owner_free(mutator->thread, mutator->owner);
        for (size_t i = 0; i < N_GUARDS; i++)
                gca_guard_deinit(&mutator->guards[i].guard);
        for (size_t i = 0; i < N_ROOTS; i++)
                /* Release: pairs with the acquire of who looks for a root; the owner is gone by then. */
                atomic_store_explicit(&mutator->roots[i].name, 0, memory_order_release);
}

static void make_owner(struct mutator *mutator) {
        while (!mutator->owner)
                mutator->owner = gca_root_owner_new(mutator->round->heap, mutator->number + 1);
}

void mutator_change_owner(struct mutator *mutator) {
        drop_owner(mutator);
        make_owner(mutator);
}

/* ---- guards ---- */

static struct guarded *pick_guarded(struct mutator *mutator) {
        return &mutator->guards[random_below(&mutator->random, N_GUARDS)];
}

static void guarded_drop(struct guarded *guarded) {
        gca_guard_deinit(&guarded->guard);
        guarded->value = GCA_NO_VALUE;
}

void mutator_put_guard(struct mutator *mutator, gca_value value) {
        struct guarded *guarded = pick_guarded(mutator);

        guarded_drop(guarded);
        if (gca_guard_init(&guarded->guard, mutator->thread, mutator->owner, value) == 0)
                guarded->value = value;
}

void mutator_drop_guard(struct mutator *mutator) {
        guarded_drop(pick_guarded(mutator));
}

void mutator_move_guards(struct mutator *mutator) {
        for (size_t i = 0; i < N_GUARDS; i++) {
                struct guarded *guarded = &mutator->guards[i];
                gca_guard next;

                if (!gca_is_value(guarded->value) ||
                    gca_guard_init(&next, mutator->thread, mutator->owner, guarded->value) != 0)
                        continue;
                gca_guard_deinit(&guarded->guard);
                guarded->guard = next;
                mutator_check(mutator, guarded->value);
        }
}

/* ---- where values go ---- */

void mutator_place(struct mutator *mutator, gca_region *region, gca_value value) {
        if (!gca_is_value(value) || !gca_is_published(value))
                return;
        switch (random_below(&mutator->random, 6)) {
        case 0:
        case 1:
                (void)gca_cell_set(region, mutator_pick_cell(mutator), value);
                break;
        case 2:
                mutator_keep(mutator, value);
                break;
        case 3:
                mutator_put_root(mutator, value);
                break;
        case 4:
                mutator_put_guard(mutator, value);
                break;
        default:
                break;
        }
}

/* ---- threads ---- */

void mutator_attach(struct mutator *mutator) {
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

void mutator_detach(struct mutator *mutator) {
        for (size_t i = 0; i < N_KEEPERS; i++)
                keeper_drop(&mutator->keepers[i]);
        drop_owner(mutator);
        mutator->thread = gca_thread_detach(mutator->thread);
}
