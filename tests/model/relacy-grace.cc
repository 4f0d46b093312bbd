/* SPDX-License-Identifier: MIT */

/*
 * The grace period (src/gc/thread.h, heap.h, grace.c): a section makes the thread's counter odd, then reads the word; the
 * collector writes the word, then reads the counter, and waits while it is odd and the same. In the form with fences, and in that
 * with sequentially consistent accesses (ThreadSanitizer's); where the code has membarrier() for the mutator's fence,
 * the kernel puts it there.
 *
 * Checked, by plain data: a section that read the new word sees what was written before it; when the grace period is
 * over no section with the old word touches anything any more, and what those did is seen.
 */

#include "relacy-run.hpp"

namespace {

/* A fence is weakened to a release, which does not keep the load after it from coming before the store ahead of it. */
rl::memory_order enter_store = rl::mo_release;
rl::memory_order enter_fence = rl::mo_seq_cst;
rl::memory_order word_load = rl::mo_acquire;
rl::memory_order exit_store = rl::mo_release;
rl::memory_order word_store = rl::mo_release;
rl::memory_order begin_fence = rl::mo_seq_cst;
rl::memory_order counter_load = rl::mo_acquire;

struct grace : rl::test_suite<grace, 2> {
        rl::atomic<unsigned> section, word;
        rl::var<int> prepared; /* by the collector, for sections with the new word */
        rl::var<int>
                old; /* used by sections with the old word, taken away after the grace period */
        rl::var<int> logged; /* by sections with the old word, read after the grace period */

        void before() {
                section($) = 0;
                word($) = 0;
                prepared($) = 0;
                old($) = 1;
                logged($) = 0;
        }

        void mutate() {
                unsigned counter = section.load(rl::mo_relaxed, $);

                section.store(counter + 1, enter_store, $);
                rl::atomic_thread_fence(enter_fence, $);
                if (word.load(word_load, $) == 0) {
                        RL_ASSERT(old($) == 1);
                        logged($) = logged($) + 1;
                } else {
                        RL_ASSERT(prepared($) == 1);
                }
                section.store(counter + 2, exit_store, $);
        }

        void collect() {
                rl::linear_backoff backoff;
                unsigned counter;

                prepared($) = 1;
                word.store(1, word_store, $);
                rl::atomic_thread_fence(begin_fence, $);
                counter = section.load(counter_load, $);
                while ((counter & 1) && section.load(counter_load, $) == counter)
                        backoff.yield($);
                RL_ASSERT(logged($) <= 2);
                old($) = 0;
        }

        void thread(unsigned index) {
                if (index == 1) {
                        collect();
                        return;
                }
                mutate();
                mutate();
        }
};

const weakening with_fences[] = {
        { &enter_fence, rl::mo_release, "no fence in section_enter()" },
        { &begin_fence, rl::mo_release, "no fence in grace_begin()" },
        { &word_load, rl::mo_relaxed, "the word read relaxed" },
        { &word_store, rl::mo_relaxed, "the word written relaxed" },
        { &exit_store, rl::mo_relaxed, "a section left relaxed" },
        { &counter_load, rl::mo_relaxed, "the counter read relaxed" },
};

const weakening without_fences[] = {
        { &enter_store, rl::mo_release, "a section entered with release" },
        { &word_load, rl::mo_acquire, "the word read with acquire" },
        { &word_store, rl::mo_release, "the word written with release" },
        { &counter_load, rl::mo_acquire, "the counter read with acquire" },
        { &exit_store, rl::mo_relaxed, "a section left relaxed" },
};

} // namespace

int main() {
        check<grace>("grace period with fences", with_fences);
        enter_fence = begin_fence = rl::mo_release;
        enter_store = word_load = word_store = counter_load = rl::mo_seq_cst;
        check<grace>("grace period without fences", without_fences);
        return has_failed;
}
