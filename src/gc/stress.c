/* SPDX-License-Identifier: MIT */
#include "gc/stress.h"

#ifdef GCASYNC_GC_STRESS

#        include <stdatomic.h>
#        include <time.h>

#        include "base/clock.h"

enum {
        STRESS_DELAY_MS_MAX = 50,
};

/* Relaxed, all: nothing is concluded from them; a thread may go on with an older seed for a while. */
static _Atomic uint64_t stress_seed = 1;
static _Atomic uint64_t stress_n_threads;
static _Atomic unsigned stress_one_in = STRESS_ONE_IN;

/* The calling thread's numbers, and the seed that they come from. */
static _Thread_local uint64_t stress_state, stress_state_seed;

void stress_set_delays(uint64_t seed, unsigned one_in) {
        atomic_store_explicit(&stress_seed, seed, memory_order_relaxed);
        atomic_store_explicit(&stress_one_in, one_in, memory_order_relaxed);
}

/* splitmix64 (Steele, Lea, Flood, OOPSLA'14). */
static uint64_t stress_draw(void) {
        uint64_t seed = atomic_load_explicit(&stress_seed, memory_order_relaxed);
        uint64_t z;

        if (stress_state_seed != seed) {
                stress_state_seed = seed;
                stress_state =
                        seed ^ atomic_fetch_add_explicit(&stress_n_threads, 1, memory_order_relaxed)
                                       << 32;
        }
        z = stress_state += UINT64_C(0x9e3779b97f4a7c15);
        z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
        return z ^ z >> 31;
}

void stress_delay(void) {
        unsigned one_in = atomic_load_explicit(&stress_one_in, memory_order_relaxed);
        uint64_t drawn;
        struct timespec delay = { 0 };

        if (one_in == 0)
                return;
        drawn = stress_draw();
        if (drawn % one_in != 0)
                return;
        delay.tv_nsec = (long)((1 + (drawn >> 32) % STRESS_DELAY_MS_MAX) * NS_PER_MS);
        (void)nanosleep(&delay, NULL);
}

#else

/* So that the file is not empty in other builds. */
typedef int stress_is_off;

#endif
