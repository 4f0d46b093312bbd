/* SPDX-License-Identifier: MIT */

/*
 * The word of a tracker (src/runtime/tracker.c): two threads give up a token each, one of them with the help of another that
 * it takes and gives up first; a third closes, reopens and closes again, waits, and looks whether it is empty.
 *
 * Checked: a wait is called once, and who is told sees what the holders of all tokens wrote; so does who finds the
 * tracker empty.
 */

#include "relacy-run.hpp"

namespace {

rl::memory_order try_drop = rl::mo_release;
rl::memory_order drop_locked = rl::mo_acq_rel;
rl::memory_order close_word = rl::mo_acq_rel;
rl::memory_order query = rl::mo_acquire;

enum {
        CLOSED = 1,
        TOKEN = 2,
        N_HOLDERS = 2,
};

struct tracker : rl::test_suite<tracker, 3> {
        rl::atomic<unsigned> word;
        rl::mutex lock;
        rl::var<bool> is_listed; /* lock: the wait */
        rl::var<int> written[N_HOLDERS];
        rl::var<unsigned> n_calls;

        void before() {
                word($) = N_HOLDERS * TOKEN;
                is_listed($) = false;
                n_calls($) = 0;
                for (unsigned i = 0; i < N_HOLDERS; i++)
                        written[i]($) = 0;
        }

        void after() {
                RL_ASSERT(word($) == CLOSED);
                RL_ASSERT(n_calls($) == 1);
        }

        void look() {
                for (unsigned i = 0; i < N_HOLDERS; i++)
                        RL_ASSERT(written[i]($) == 1);
        }

        /* on_drained() */
        void call() {
                n_calls($) = n_calls($) + 1;
                look();
        }

        /* wait_list_take_locked() */
        bool take_waits() {
                bool was_listed = is_listed($);

                is_listed($) = false;
                return was_listed;
        }

        /* gca_tracker_add() */
        void add() {
                word.fetch_add(TOKEN, rl::mo_relaxed, $);
        }

        /* gca_tracker_done() */
        void done() {
                unsigned seen = word.load(rl::mo_relaxed, $);
                bool is_called = false;

                while (seen - TOKEN != CLOSED)
                        if (word.compare_exchange_weak(
                                    seen, seen - TOKEN, try_drop, $, rl::mo_relaxed, $))
                                return;
                lock.lock($);
                if (word.fetch_sub(TOKEN, drop_locked, $) - TOKEN == CLOSED)
                        is_called = take_waits();
                lock.unlock($);
                if (is_called)
                        call();
        }

        /* gca_tracker_close() */
        void close() {
                bool is_called = false;

                lock.lock($);
                if (word.fetch_or(CLOSED, close_word, $) == 0)
                        is_called = take_waits();
                lock.unlock($);
                if (is_called)
                        call();
        }

        /* gca_tracker_reopen() */
        void reopen() {
                word.fetch_and(~static_cast<unsigned>(CLOSED), rl::mo_acq_rel, $);
        }

        /* gca_tracker_wait_start(): the lock orders it after the drain that it finds. */
        void wait() {
                bool is_drained;

                lock.lock($);
                is_drained = word.load(rl::mo_acquire, $) == CLOSED;
                if (!is_drained)
                        is_listed($) = true;
                lock.unlock($);
                if (is_drained)
                        call();
        }

        void thread(unsigned index) {
                switch (index) {
                case 0:
                        written[0]($) = 1;
                        done();
                        break;
                case 1:
                        add();
                        written[1]($) = 1;
                        done();
                        done();
                        break;
                default:
                        if (rl::rand(2)) {
                                close();
                                reopen();
                        }
                        wait();
                        if (word.load(query, $) < TOKEN)
                                look();
                        close();
                }
        }
};

const weakening weakenings[] = {
        { &try_drop, rl::mo_relaxed, "a token given up relaxed" },
        { &drop_locked, rl::mo_release, "the last one given up without acquire" },
        { &close_word, rl::mo_release, "closed without acquire" },
        { &query, rl::mo_relaxed, "found empty relaxed" },
};

} // namespace

int main() {
        check<tracker>("tracker word", weakenings);
        return has_failed;
}
