/* SPDX-License-Identifier: MIT */

/*
 * A thread's log (src/gc/log.c): its thread appends, and links a cleared chunk on when one is full; the collector
 * drains, at any time; a thread that detaches hands over what is left, under the lock of the registry.
 *
 * Checked: each value is visited once, and what it refers to is seen by who visits it; a chunk is seen cleared.
 */

#include "relacy-run.hpp"

namespace {

rl::memory_order n_store = rl::mo_release;
rl::memory_order n_load = rl::mo_acquire;
rl::memory_order next_store = rl::mo_release;
rl::memory_order next_load = rl::mo_acquire;

enum {
        CHUNK_VALUES = 2,
        N_VALUES = 3,
};

struct log_chunk {
        rl::atomic<log_chunk *> next;
        rl::atomic<unsigned> n;
        rl::var<unsigned> n_drained;
        rl::atomic<unsigned> values[CHUNK_VALUES];
};

struct log : rl::test_suite<log, 2> {
        log_chunk chunks[2];
        log_chunk *tail;           /* the thread's */
        rl::var<log_chunk *> head; /* the collector's, until the thread detaches; the lock's */
        rl::mutex threads_lock;    /* of the next two as well */
        rl::var<log_chunk *> detached;
        rl::var<bool> is_registered;
        rl::var<int> objects[N_VALUES];
        unsigned n_visits[N_VALUES];

        static void clear(log_chunk *chunk) {
                chunk->next.store(nullptr, rl::mo_relaxed, $);
                chunk->n.store(0, rl::mo_relaxed, $);
                chunk->n_drained($) = 0;
        }

        /* The second one has been used before: what is in it is not to be seen. */
        void before() {
                clear(&chunks[0]);
                chunks[1].next($) = &chunks[0];
                chunks[1].n($) = 1;
                chunks[1].n_drained($) = 1;
                for (unsigned i = 0; i < CHUNK_VALUES; i++)
                        chunks[0].values[i]($) = chunks[1].values[i]($) = N_VALUES;
                tail = &chunks[0];
                head($) = &chunks[0];
                detached($) = nullptr;
                is_registered($) = true;
                for (unsigned i = 0; i < N_VALUES; i++) {
                        objects[i]($) = 0;
                        n_visits[i] = 0;
                }
        }

        void after() {
                for (unsigned i = 0; i < N_VALUES; i++)
                        RL_ASSERT(n_visits[i] == 1);
        }

        /* The thread: log_value(), log_advance(). */
        void append(unsigned value) {
                unsigned n = tail->n.load(rl::mo_relaxed, $);

                if (n == CHUNK_VALUES) {
                        log_chunk *spare = &chunks[1];

                        clear(spare);
                        tail->next.store(spare, next_store, $);
                        tail = spare;
                        n = 0;
                }
                tail->values[n].store(value, rl::mo_relaxed, $);
                tail->n.store(n + 1, n_store, $);
        }

        /* thread_unregister(), log_hand_over_locked() */
        void detach() {
                threads_lock.lock($);
                detached($) = head($);
                is_registered($) = false;
                threads_lock.unlock($);
        }

        /* The collector: log_visit_chunk(), log_collect(), log_drain(). */
        void visit_chunk(log_chunk *chunk) {
                unsigned n = chunk->n.load(n_load, $);

                for (unsigned i = chunk->n_drained($); i < n; i++) {
                        unsigned value = chunk->values[i].load(rl::mo_relaxed, $);

                        RL_ASSERT(value < N_VALUES);
                        RL_ASSERT(objects[value]($) == 1);
                        n_visits[value]++;
                }
                chunk->n_drained($) = n;
        }

        log_chunk *collect(log_chunk *chunk) {
                log_chunk *next;

                while ((next = chunk->next.load(next_load, $))) {
                        visit_chunk(chunk);
                        chunk = next;
                }
                visit_chunk(chunk);
                return chunk;
        }

        bool drain() {
                bool is_there;

                threads_lock.lock($);
                is_there = is_registered($);
                if (is_there)
                        head($) = collect(head($));
                else
                        collect(detached($));
                threads_lock.unlock($);
                return is_there;
        }

        void thread(unsigned index) {
                rl::linear_backoff backoff;

                if (index == 0) {
                        for (unsigned i = 0; i < N_VALUES; i++) {
                                objects[i]($) = 1;
                                append(i);
                        }
                        detach();
                        return;
                }
                while (drain())
                        backoff.yield($);
        }
};

const weakening weakenings[] = {
        { &n_store, rl::mo_relaxed, "the count written relaxed" },
        { &n_load, rl::mo_relaxed, "the count read relaxed" },
        { &next_store, rl::mo_relaxed, "the next chunk linked relaxed" },
        { &next_load, rl::mo_relaxed, "the link read relaxed" },
};

} // namespace

int main() {
        check<log>("log", weakenings);
        return has_failed;
}
