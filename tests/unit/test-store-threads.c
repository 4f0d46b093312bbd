/* SPDX-License-Identifier: MIT */

/* Threads that fill the store and sweep it, and a collector that runs cycles beside them. */

#include <check.h>
#include <pthread.h>
#include <sched.h>

#include "gc/grace.h"
#include "helpers/random.h"
#include "helpers/store-stand.h"
#include "helpers/suite.h"

enum {
        N_THREADS = 3,
        N_SLOTS = 1500,
#ifdef GCASYNC_SANITIZE
        N_CYCLES = 15,
#else
        N_CYCLES = 60,
#endif
};

/* What a thread holds. In a section it puts new objects into its slots; what was there is garbage then. */
struct holder {
        struct stand *stand;
        struct gca_thread *thread;
        struct random random;
        _Atomic(struct object *) slots[N_SLOTS];
        char *next, *end; /* a piece that is lent, or NULL */
        pthread_t id;
};

static struct stand stand;
static struct holder holders[N_THREADS];
static _Atomic bool is_over;

static bool object_is_sound(const struct object *object) {
        size_t n = object_get_count(object);

        for (size_t i = 0; i < n; i++)
                if (object->bytes[i] != 0x5a)
                        return false;
        return object_get_type(object) == GCA_TYPE_BYTES;
}

/* A run of a few objects at the beginning of the lent piece, born together. */
static void holder_fill(struct holder *holder, size_t size) {
        char *begin = holder->next, *at;
        size_t n = 1 + random_below(&holder->random, 4);
        uint16_t account = (uint16_t)random_below(&holder->random, 3);
        struct object *object;
        uint64_t word;

        for (; n > 0 && (size_t)(holder->end - holder->next) >= space_round(size); n--)
                holder->next = stand_put(holder->next, size, account);
        word = section_enter(holder->thread);
        store_bear(holder->thread, word, begin, holder->next);
        for (at = begin; at < holder->next; at += space_round(size)) {
                object = (struct object *)(void *)at;
                /* Release: the test's marker reads it. */
                atomic_store_explicit(&holder->slots[random_below(&holder->random, N_SLOTS)],
                                      object,
                                      memory_order_release);
        }
        section_exit(holder->thread);
}

static void holder_step(struct holder *holder) {
        size_t size = 16 + random_below(&holder->random, 300);
        const struct object *object;

        if (random_below(&holder->random, 50) == 0)
                size = 16 + random_below(&holder->random, REGION_LARGE_BYTES - 16);
        if (holder->next && (random_below(&holder->random, 4) == 0 ||
                             (size_t)(holder->end - holder->next) < space_round(size))) {
                store_give_back(holder->thread, holder->next, holder->end);
                holder->next = NULL;
        }
        if (!holder->next)
                ck_assert_int_eq(store_lend(holder->thread, size, &holder->next, &holder->end), 0);
        holder_fill(holder, size);
        /* Relaxed: the thread's own. */
        object = atomic_load_explicit(&holder->slots[random_below(&holder->random, N_SLOTS)],
                                      memory_order_relaxed);
        ck_assert(!object || object_is_sound(object));
}

static void *holder_run(void *data) {
        struct holder *holder = data;

        /* Relaxed: joining orders the rest. */
        while (!atomic_load_explicit(&is_over, memory_order_relaxed))
                holder_step(holder);
        if (holder->next)
                store_give_back(holder->thread, holder->next, holder->end);
        holder->next = NULL;
        return NULL;
}

static void wait_for_grace(void) {
        grace_begin(stand.heap);
        while (!grace_is_over(stand.heap))
                sched_yield();
}

static void run_cycle(void) {
        const struct object *object;
        bool is_complete = false;

        stand_begin_cycle(&stand);
        wait_for_grace();
        for (size_t i = 0; i < (size_t)N_THREADS * N_SLOTS; i++) {
                /* Acquire: pairs with the release in holder_fill(). */
                object = atomic_load_explicit(&holders[i / N_SLOTS].slots[i % N_SLOTS],
                                              memory_order_acquire);
                if (object)
                        stand_mark(&stand, object);
        }
        wait_for_grace();
        stand_begin_sweep(&stand);
        while (store_sweep_one(&stand.heap->store, &is_complete) || !is_complete)
                sched_yield();
        (void)store_trim(&stand.heap->store, 4 * SPACE_BLOCK_BYTES);
}

static void start(void) {
        struct random random = random_seed();

        stand_init(&stand, 256 << 20);
        for (size_t i = 0; i < N_THREADS; i++) {
                struct holder *holder = &holders[i];

                holder->stand = &stand;
                holder->thread = i == 0 ? stand.thread : stand_add_thread(&stand);
                holder->random.state = random_u64(&random) | 1;
                ck_assert_int_eq(pthread_create(&holder->id, NULL, holder_run, holder), 0);
        }
}

static void finish(void) {
        /* Relaxed: see holder_run(). */
        atomic_store_explicit(&is_over, true, memory_order_relaxed);
        for (size_t i = 0; i < N_THREADS; i++)
                ck_assert_int_eq(pthread_join(holders[i].id, NULL), 0);
        store_verify(stand.heap);
}

START_TEST(threads_and_collector_share_the_store) {
        start();
        for (int i = 0; i < N_CYCLES; i++)
                run_cycle();
        finish();
        for (size_t i = 0; i < (size_t)N_THREADS * N_SLOTS; i++) {
                const struct object *object = holders[i / N_SLOTS].slots[i % N_SLOTS];

                ck_assert(!object || object_is_sound(object));
        }
        memset((void *)holders, 0, sizeof(holders));
        run_cycle();
        run_cycle();
        for (uint16_t account = 0; account < 3; account++)
                ck_assert_uint_eq(store_get_account_bytes(stand.heap, account), 0);
        ck_assert_uint_le(stand_get_used(&stand), 2 * N_THREADS * SPACE_BLOCK_BYTES);
        store_verify(stand.heap);
        stand_deinit(&stand);
}
END_TEST

int main(void) {
        const TTest *tests[] = { threads_and_collector_share_the_store };

        return suite_run("store-threads", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
