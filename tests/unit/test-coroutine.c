/* SPDX-License-Identifier: MIT */

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/list.h"
#include "helpers/suite.h"
#include "runtime/coroutine.h"

enum {
        STACK_SIZE = 64 * 1024,
        N_MANY = 200,
        N_ROUNDS = 50,
};

/* What the coroutines of these tests are. */
struct walker {
        struct coroutine coroutine;
        int n_steps, at;
        long sum;
};

static struct stack_pool pool;

static struct walker *walker_of(struct coroutine *coroutine) {
        return container_of(coroutine, struct walker, coroutine);
}

static struct walker *walker_new(void (*call)(struct coroutine *coroutine), int n_steps) {
        struct coroutine *coroutine = coroutine_new(&pool, STACK_SIZE, sizeof(struct walker), call);

        ck_assert_ptr_nonnull(coroutine);
        walker_of(coroutine)->n_steps = n_steps;
        return walker_of(coroutine);
}

static void walk(struct coroutine *coroutine) {
        struct walker *walker = walker_of(coroutine);
        long sum = 0;

        for (int i = 0; i < walker->n_steps; i++) {
                sum += i;
                walker->at = i;
                coroutine_suspend(coroutine);
        }
        walker->sum = sum;
}

static void walk_to_the_end(struct walker *walker) {
        while (!walker->coroutine.is_over)
                coroutine_resume(&walker->coroutine);
}

START_TEST(coroutine_goes_on_where_it_left_until_it_is_over) {
        struct walker *walker = walker_new(walk, 5);

        for (int i = 0; i < 5; i++) {
                coroutine_resume(&walker->coroutine);
                ck_assert_int_eq(walker->at, i);
                ck_assert(!walker->coroutine.is_over);
        }
        coroutine_resume(&walker->coroutine);
        ck_assert(walker->coroutine.is_over);
        ck_assert_int_eq(walker->sum, 0 + 1 + 2 + 3 + 4);
        coroutine_free(&walker->coroutine, &pool);
}
END_TEST

START_TEST(one_that_never_ran_can_be_freed) {
        struct walker *walker = walker_new(walk, 1);

        coroutine_free(&walker->coroutine, &pool);
        ck_assert_ptr_eq(walker_new(walk, 2), walker);
        walk_to_the_end(walker);
        ck_assert_int_eq(walker->sum, 1);
        coroutine_free(&walker->coroutine, &pool);
}
END_TEST

START_TEST(stack_serves_one_coroutine_after_the_other) {
        struct walker *first = walker_new(walk, 3);

        walk_to_the_end(first);
        coroutine_free(&first->coroutine, &pool);
        for (int i = 0; i < N_ROUNDS; i++) {
                struct walker *walker = walker_new(walk, i);

                ck_assert_ptr_eq(walker, first);
                ck_assert(walker->sum == 0 && walker->at == 0 && !walker->coroutine.is_over);
                walk_to_the_end(walker);
                ck_assert_int_eq(walker->sum, (long)i * (i - 1) / 2);
                coroutine_free(&walker->coroutine, &pool);
        }
}
END_TEST

START_TEST(many_take_turns_and_keep_their_locals) {
        struct walker *walkers[N_MANY];

        for (int i = 0; i < N_MANY; i++)
                walkers[i] = walker_new(walk, i % 20);
        for (int round = 0; round <= 20; round++)
                for (int i = 0; i < N_MANY; i++)
                        if (!walkers[i]->coroutine.is_over)
                                coroutine_resume(&walkers[i]->coroutine);
        for (int i = 0; i < N_MANY; i++) {
                ck_assert(walkers[i]->coroutine.is_over);
                ck_assert_int_eq(walkers[i]->sum, (long)(i % 20) * (i % 20 - 1) / 2);
                coroutine_free(&walkers[i]->coroutine, &pool);
        }
}
END_TEST

/* A coroutine inside a coroutine. */
static void nest(struct coroutine *coroutine) {
        struct walker *inner = walker_new(walk, 3);

        while (!inner->coroutine.is_over) {
                coroutine_resume(&inner->coroutine);
                coroutine_suspend(coroutine);
        }
        walker_of(coroutine)->sum = 10 * inner->sum;
        coroutine_free(&inner->coroutine, &pool);
}

START_TEST(coroutine_may_resume_another) {
        struct walker *walker = walker_new(nest, 0);

        walk_to_the_end(walker);
        ck_assert_int_eq(walker->sum, 30);
        coroutine_free(&walker->coroutine, &pool);
}
END_TEST

/* ---- depth ---- */

__attribute__((noinline)) static size_t use_stack(struct coroutine *coroutine, size_t n_bytes) {
        volatile char frame[1024];
        size_t depth;

        memset((char *)frame, 1, sizeof(frame));
        depth = n_bytes <= sizeof(frame) ? coroutine_get_depth(coroutine)
                                         : use_stack(coroutine, n_bytes - sizeof(frame));
        /* Not a tail call. */
        return frame[n_bytes % 1024] ? depth : 0;
}

static void dive(struct coroutine *coroutine) {
        struct walker *walker = walker_of(coroutine);

        walker->sum = (long)use_stack(coroutine, (size_t)walker->n_steps);
        walker->at = (int)coroutine_get_depth(coroutine);
}

START_TEST(depth_is_how_much_of_the_stack_is_in_use) {
        struct walker *walker = walker_new(dive, 50 * 1024);

        walk_to_the_end(walker);
#ifndef GCASYNC_SANITIZE
        ck_assert_int_ge(walker->sum, 50 * 1024);
        ck_assert_int_lt(walker->sum, STACK_SIZE);
#endif
        ck_assert_int_lt(walker->at, 4096);
        coroutine_free(&walker->coroutine, &pool);
}
END_TEST

/* ---- overflow ---- */

static void on_fault(int signal_number, siginfo_t *info, void *context) {
        (void)signal_number;
        (void)context;
        _exit(stack_pool_has_guard_at(&pool, info->si_addr) ? 33 : 34);
}

static void die_of_overflow(void) {
        static char other_stack[64 * 1024];
        stack_t alternate = { .ss_sp = other_stack, .ss_size = sizeof(other_stack) };
        struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK };
        struct walker *walker = walker_new(dive, 64 << 20);

        (void)sigaltstack(&alternate, NULL);
        (void)sigaction(SIGSEGV, &action, NULL);
        coroutine_resume(&walker->coroutine);
        _exit(35);
}

START_TEST(overflow_is_a_fault_in_the_guard) {
        pid_t pid = fork();
        int status;

        if (pid == 0)
                die_of_overflow();
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert(WIFEXITED(status));
        ck_assert_int_eq(WEXITSTATUS(status), 33);
}
END_TEST

static void setup(void) {
        stack_pool_init(&pool, STACK_GUARDS_INSTALLED);
}

static void teardown(void) {
        stack_pool_verify(&pool);
        stack_pool_deinit(&pool);
}

int main(void) {
        const TTest *tests[] = {
                coroutine_goes_on_where_it_left_until_it_is_over,
                one_that_never_ran_can_be_freed,
                stack_serves_one_coroutine_after_the_other,
                many_take_turns_and_keep_their_locals,
                coroutine_may_resume_another,
                depth_is_how_much_of_the_stack_is_in_use,
                overflow_is_a_fault_in_the_guard,
        };
        int r;

        /* Each test is in a process of its own, and leaves the pool as it found it. */
        setup();
        r = suite_run("coroutine", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
        teardown();
        return r;
}
