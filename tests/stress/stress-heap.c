/* SPDX-License-Identifier: MIT */

/*
 * Threads against the heap's collector: each builds, publishes, swaps cells, smuggles parts out of lists that it drops,
 * upgrades weak values, moves values between entries, roots and guards, gives up its own roots and others', lets whole owners go, detaches and comes back, now and then
 * with an allocation that fails, while cycles follow each other. Every value that is met is checked for its contents: nothing
 * that can be reached is freed. At random instants all stop; after two more cycles what is in the heap is exactly what a shadow
 * model says can be reached, and heap_verify() holds: all else is gone.
 *
 * In half of the rounds the collector has a thread of its own; in the others the first mutator drives it, a step at a time, so that
 * with one thread ($GCASYNC_STRESS_THREADS=1) a seed repeats exactly. $GCASYNC_SEED repeats a run: each round's is
 * derived from the last one's, and a failing round says its own. $GCASYNC_STRESS_MS sets how long it takes (3000).
 */

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "gc/heap.h"
#include "stress/heap-model.h"
#include "stress/heap-mutator.h"
#include "stress/heap-operations.h"

enum {
        N_PAUSES = 4,        /* a round */
        N_OPERATIONS = 1000, /* between two pauses, at most */
        SOFT_LIMIT_BYTES = 512 << 10,
        HARD_LIMIT_BYTES = 4 << 20,
};

#ifdef GCASYNC_GC_STRESS
#        define IS_STRESS_BUILD true
#else
#        define IS_STRESS_BUILD false
#endif

static struct round the_round;
static size_t n_compared, n_cycles, n_limited_rounds;

/* ---- threads ---- */

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
        operations_run_one(mutator);
        step_collector(mutator);
        if (random_one_in(&mutator->random, 300)) {
                mutator_detach(mutator);
                mutator_attach(mutator);
        }
}

static void *mutator_main(void *data) {
        struct mutator *mutator = data;
        struct round *round = mutator->round;

        mutator_attach(mutator);
        for (int i = 0; i < N_PAUSES; i++) {
                for (size_t n = random_below(&mutator->random, N_OPERATIONS); n > 0; n--)
                        operate(mutator);
                (void)pthread_barrier_wait(&round->barrier);
                (void)pthread_barrier_wait(&round->barrier);
        }
        mutator_detach(mutator);
        return NULL;
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
        n_compared += model_compare(round);
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
        atomic_store(&operations_tally.n_natives_made, 0);
        atomic_store(&operations_tally.n_natives_finalized, 0);
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
        assert(atomic_load(&operations_tally.n_natives_made) ==
               atomic_load(&operations_tally.n_natives_finalized));
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
        printf("%zu objects compared\n", n_compared);
        printf("%zu upgrades, %zu of what was gone\n",
               atomic_load(&operations_tally.n_upgrades),
               atomic_load(&operations_tally.n_upgrades_failed));
        printf("%zu roots given up by anybody\n", atomic_load(&operations_tally.n_foreign_drops));
        return 0;
}
