/* SPDX-License-Identifier: MIT */

/*
 * A slot of the root set (src/gc/root.c, root-set.c): its owner's thread registers in it, a root that other threads know of by
 * its name alone, which may have come by any way; any of them gives it up, and who claims it finishes it: logs,
 * clears, frees; or frees it by the claim itself, where nothing is logged (gcasync/root-inline.h). The owner's thread registers in
 * it again; the collector walks past at any time.
 *
 * Checked: one thread claims a generation, and finds the value that was registered under it; a new root is not cleared
 * by who finishes the old one; reading a root gives its own value or none; who finds a value sees its object.
 */

#include "relacy-run.hpp"

namespace {

rl::memory_order register_value = rl::mo_release;
rl::memory_order register_state = rl::mo_release;
rl::memory_order claim = rl::mo_acq_rel;
rl::memory_order claim_at_once = rl::mo_release;
rl::memory_order finish_value = rl::mo_release;
rl::memory_order finish_state = rl::mo_release;
rl::memory_order peek_state = rl::mo_acquire;
rl::memory_order read_state = rl::mo_acquire;
rl::memory_order read_value = rl::mo_acquire;
rl::memory_order visit_state = rl::mo_acquire;
rl::memory_order visit_value = rl::mo_acquire;

/* The state: generation, and below it a pin and a guard. Generation g's root holds value g. */
enum {
        GUARD = 1,
        PIN = 2,
        GENERATION = 4,
        N_GENERATIONS = 2,
};

unsigned get_generation(unsigned state) {
        return state / GENERATION;
}

bool is_free(unsigned state) {
        return state % GENERATION == 0;
}

struct root : rl::test_suite<root, 3> {
        rl::atomic<unsigned> state, value;
        rl::atomic<unsigned> name; /* the generation of a root that is known of */
        rl::var<unsigned>
                user; /* who registers or finishes writes it: one at a time, one after the other */
        rl::var<int> objects[N_GENERATIONS + 1];
        unsigned n_claims[N_GENERATIONS + 1];
        rl::var<int> guarded[2]; /* what a thread did under the root before it gave that up */
        int claimant;            /* the thread that claimed at once, or -1; for the check alone */

        void before() {
                state($) = 0;
                value($) = 0;
                name($) = 0;
                user($) = 0;
                guarded[0]($) = guarded[1]($) = 0;
                claimant = -1;
                for (unsigned i = 0; i <= N_GENERATIONS; i++) {
                        objects[i]($) = 0;
                        n_claims[i] = 0;
                }
        }

        void after() {
                unsigned last = state($);

                RL_ASSERT(n_claims[1] == 1 && n_claims[2] == 0);
                if (!is_free(last))
                        RL_ASSERT(value($) == get_generation(last));
        }

        /* place_is_usable(), place_fill() */
        bool try_register() {
                unsigned before = state.load(peek_state, $);
                unsigned generation = get_generation(before) + 1;

                if (!is_free(before))
                        return false;
                if (claimant >= 0)
                        RL_ASSERT(guarded[claimant]($) == 1);
                user($) = generation;
                objects[generation]($) = 1;
                value.store(generation, register_value, $);
                state.store(generation * GENERATION + GUARD, register_state, $);
                return true;
        }

        /* gca_root_unregister() of gcasync/root-inline.h: who used the slot under the root has done with it. */
        void unregister_at_once(unsigned index, unsigned generation) {
                unsigned expected = generation * GENERATION + GUARD;

                guarded[index]($) = 1;
                if (!state.compare_exchange_strong(
                            expected, generation * GENERATION, claim_at_once, $, rl::mo_relaxed, $))
                        return;
                n_claims[generation]++;
                claimant = (int)index;
        }

        /* slot_release(), slot_finish() */
        void unregister(unsigned generation) {
                unsigned expected = generation * GENERATION + GUARD;
                unsigned claimed;

                if (!state.compare_exchange_strong(
                            expected, generation * GENERATION + PIN, claim, $, rl::mo_relaxed, $))
                        return;
                claimed = value.load(rl::mo_relaxed, $);
                RL_ASSERT(claimed == generation);
                RL_ASSERT(objects[claimed]($) == 1);
                user($) = 0;
                n_claims[generation]++;
                value.store(0, finish_value, $);
                state.store(generation * GENERATION, finish_state, $);
        }

        void unregister_either_way(unsigned index, unsigned generation) {
                if (rl::rand(2))
                        unregister_at_once(index, generation);
                else
                        unregister(generation);
        }

        /* slot_read() */
        void read(unsigned generation) {
                unsigned before = state.load(read_state, $);
                unsigned found = value.load(read_value, $);
                unsigned after = state.load(read_state, $);

                if (before != generation * GENERATION + GUARD || after != before)
                        return;
                RL_ASSERT(found == generation);
                RL_ASSERT(objects[found]($) == 1);
        }

        /* chunk_visit(). A root that is live all the time is not missed. */
        void visit() {
                unsigned before = state.load(visit_state, $);
                unsigned found;

                if (is_free(before))
                        return;
                found = value.load(visit_value, $);
                if (found != 0)
                        RL_ASSERT(objects[found]($) == 1);
                else
                        RL_ASSERT(state.load(rl::mo_relaxed, $) !=
                                  get_generation(before) * GENERATION + GUARD);
        }

        void thread(unsigned index) {
                rl::linear_backoff backoff;

                switch (index) {
                case 0:
                        (void)try_register();
                        name.store(1, rl::mo_relaxed, $);
                        if (rl::rand(2))
                                unregister_either_way(index, 1);
                        while (!try_register())
                                backoff.yield($);
                        break;
                case 1:
                        while (name.load(rl::mo_relaxed, $) == 0)
                                backoff.yield($);
                        if (rl::rand(2))
                                read(1);
                        unregister_either_way(index, 1);
                        break;
                default:
                        visit();
                        visit();
                }
        }
};

const weakening weakenings[] = {
        { &register_value, rl::mo_relaxed, "the value registered relaxed" },
        { &register_state, rl::mo_relaxed, "the state registered relaxed" },
        { &claim, rl::mo_release, "claimed without acquire" },
        { &claim_at_once, rl::mo_relaxed, "claimed and freed relaxed" },
        { &finish_value, rl::mo_relaxed, "the value cleared relaxed" },
        { &finish_state, rl::mo_relaxed, "the slot freed relaxed" },
        { &peek_state, rl::mo_relaxed, "a free slot found relaxed" },
        { &read_state, rl::mo_relaxed, "the state read relaxed" },
        { &read_value, rl::mo_relaxed, "the value read relaxed" },
        { &visit_state, rl::mo_relaxed, "the state visited relaxed" },
        { &visit_value, rl::mo_relaxed, "the value visited relaxed" },
};

} // namespace

int main() {
        check<root>("root slot", weakenings);
        return has_failed;
}
