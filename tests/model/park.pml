/* SPDX-License-Identifier: MIT */

/*
 * Sleeping and waking (src/runtime/park.h, src/runtime/submit-queue.h), for Spin. One I/O thread pushes
 * items to the shared queue and mail to a worker; two workers take mail, pull, seek and park. All shared
 * accesses are sequentially consistent in the code, so each is one step here.
 *
 * One worker may get stuck in the task that it pulled: then the other must do all the rest.
 *
 * Checked: when nothing can move any more, no mail and no item is left lying (no wake-up was lost), and
 * nobody holds the token.
 *
 * Seeded bugs: LOOK_FIRST (a worker looks for news before it says that it parks), LATE_TOKEN (it gives
 * the token back when it has pulled and sought the next), NO_SECOND_LOOK (who found nobody to wake does
 * not look again), NO_CHAIN (who leaves items behind does not wake the next).
 */

#define N_WORKERS 2
#define N_ITEMS   3
#define N_MAILS   2

mtype = { AWAKE, PARKED, SEEKING }

mtype state[N_WORKERS] = AWAKE;
bool event[N_WORKERS];  /* the eventfd has been written since the last wait */
byte mail[N_WORKERS];   /* in the inbox */
byte queue;             /* its published length */
bool is_sought;         /* the token */
bool is_stuck[N_WORKERS];

/* submit_queue_seek() */
inline seek() {
        do
        :: queue == 0 -> break
        :: else ->
                if
                :: state[0] != PARKED ->
                        if
                        :: state[1] != PARKED -> break
                        :: else
                        fi
                :: else
                fi;
                if
                :: d_step { !is_sought -> is_sought = true }
                :: else -> break
                fi;
                if
                :: d_step { state[0] == PARKED -> state[0] = SEEKING }; event[0] = true; break
                :: else
                fi;
                if
                :: d_step { state[1] == PARKED -> state[1] = SEEKING }; event[1] = true; break
                :: else
                fi;
                is_sought = false
#ifdef NO_SECOND_LOOK
                ; break
#endif
        od
}

/* worker_post(): the push, then park_wake() */
inline post(to) {
        mail[to]++;
        if
        :: d_step { state[to] == PARKED -> state[to] = AWAKE }; event[to] = true
        :: else
        fi
}

proctype io() {
        byte n_items = N_ITEMS, n_mails = N_MAILS;

        do
        :: n_items > 0 -> queue++; seek(); n_items--
        :: n_items > 1 -> queue = queue + 2; seek(); n_items = n_items - 2
        :: n_mails > 0 -> post(0); n_mails--
        :: n_mails > 0 -> post(1); n_mails--
        :: n_items == 0 && n_mails == 0 -> break
        od
}

proctype worker(byte self) {
        bool has_token;

loop:
        /* worker_take_mail(): an exchange */
        mail[self] = 0;

        /* worker_pull(), under the queue's lock: an item, then whether another worker is to come */
        if
        :: d_step { queue > 0 -> queue-- };
#ifndef NO_CHAIN
                seek();
#endif
#ifdef LATE_TOKEN
                if
                :: has_token -> is_sought = false; has_token = false
                :: else
                fi;
#endif
                if
                :: d_step { !is_stuck[1 - self] -> is_stuck[self] = true };
end_stuck:              false
                :: true
                fi;
                goto loop
        :: queue == 0
        fi;
#ifdef LATE_TOKEN
        if
        :: has_token -> is_sought = false; has_token = false
        :: else
        fi;
#endif

        /* worker_wait() */
#ifdef LOOK_FIRST
        if
        :: mail[self] > 0 || queue > 0 -> goto loop
        :: else
        fi;
#endif
        state[self] = PARKED;
#ifndef LOOK_FIRST
        if
        :: mail[self] > 0 -> goto awake
        :: else
        fi;
        if
        :: queue > 0 -> goto awake
        :: else
        fi;
#endif
end_wait:
        event[self];
        event[self] = false;
awake:
        skip;
        /* park_end(): an exchange */
        d_step {
                has_token = (state[self] == SEEKING);
                state[self] = AWAKE
        };
#ifndef LATE_TOKEN
        if
        :: has_token -> is_sought = false; has_token = false
        :: else
        fi;
#endif
        goto loop
}

proctype judge() {
        timeout;
        assert(queue == 0 && !is_sought);
        assert(is_stuck[0] || mail[0] == 0);
        assert(is_stuck[1] || mail[1] == 0)
}

init {
        atomic {
                run io();
                run worker(0);
                run worker(1);
                run judge()
        }
}
