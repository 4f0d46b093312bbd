/* SPDX-License-Identifier: MIT */

/*
 * The tracker (src/runtime/tracker.c), for Spin: threads that give tokens up, one that closes and one
 * that reopens and adds, and waits that are started at any time. Each exchange of the word is one step.
 *
 * Checked: a wait is called exactly once if the tracker was closed and empty at an instant after the
 * wait was accepted, and never if not.
 *
 * Seeded bugs: NO_LOCK (the change that drains is made before the lock is taken), NO_LOOK (a wait that
 * is accepted does not look whether the tracker is drained).
 */

#define N_TOKENS 2
#define N_WAITS  2

bool is_closed;
byte n_tokens = N_TOKENS;
bool lock;

bool is_listed[N_WAITS]; /* in the list of waits */
byte n_calls[N_WAITS];
/* What ought to be, written in the same step as the word or the acceptance. */
bool is_accepted[N_WAITS], is_owed[N_WAITS];

#define DRAINED (is_closed && n_tokens == 0)

inline take_lock() {
        d_step { !lock -> lock = true }
}

inline note_drain() {
        if
        :: DRAINED ->
                is_owed[0] = is_owed[0] || is_accepted[0];
                is_owed[1] = is_owed[1] || is_accepted[1]
        :: else
        fi
}

/* tracker_take_waits_locked() and, after the lock, tracker_call_waits() */
inline take_waits() {
        taken[0] = is_listed[0];
        taken[1] = is_listed[1];
        is_listed[0] = false;
        is_listed[1] = false
}

inline call_waits() {
        n_calls[0] = n_calls[0] + taken[0];
        n_calls[1] = n_calls[1] + taken[1];
        taken[0] = false;
        taken[1] = false
}

/* gca_tracker_done() */
inline done() {
#ifdef NO_LOCK
        d_step { n_tokens--; was_drained = DRAINED; note_drain() };
        if
        :: was_drained -> take_lock(); take_waits(); lock = false; call_waits()
        :: else
        fi
#else
        if
        :: d_step { !(is_closed && n_tokens == 1) -> n_tokens-- }
        :: else ->
                take_lock();
                d_step { n_tokens--; was_drained = DRAINED; note_drain() };
                if
                :: was_drained -> take_waits()
                :: else
                fi;
                lock = false;
                call_waits()
        fi
#endif
}

/* gca_tracker_close() */
inline close() {
#ifdef NO_LOCK
        d_step { was_drained = !is_closed && n_tokens == 0; is_closed = true; note_drain() };
        if
        :: was_drained -> take_lock(); take_waits(); lock = false; call_waits()
        :: else
        fi
#else
        take_lock();
        d_step { was_drained = !is_closed && n_tokens == 0; is_closed = true; note_drain() };
        if
        :: was_drained -> take_waits()
        :: else
        fi;
        lock = false;
        call_waits()
#endif
}

proctype holder() {
        bool taken[N_WAITS], was_drained;

        done()
}

proctype closer() {
        bool taken[N_WAITS], was_drained;

        close();
        close()
}

proctype reopener() {
        bool taken[N_WAITS], was_drained;

        is_closed = false;
        n_tokens++;
        done();
        is_closed = false
}

/* gca_tracker_wait_start() */
proctype waiter(byte self) {
        bool was_drained;

        take_lock();
        d_step {
#ifndef NO_LOOK
                was_drained = DRAINED;
#endif
                is_accepted[self] = true;
                is_owed[self] = DRAINED;
                if
                :: !was_drained -> is_listed[self] = true
                :: else
                fi
        };
        lock = false;
        if
        :: was_drained -> n_calls[self]++
        :: else
        fi
}

proctype judge() {
        timeout;
        assert(n_calls[0] == is_owed[0]);
        assert(n_calls[1] == is_owed[1])
}

init {
        atomic {
                run holder();
                run holder();
                run closer();
                run reopener();
                run waiter(0);
                run waiter(1);
                run judge()
        }
}
