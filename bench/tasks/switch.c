/* SPDX-License-Identifier: MIT */
#include "switch.h"

#include <stdint.h>
#include <stdlib.h>
#include <ucontext.h>

#include "../common.h"
#include "runtime/context.h"
#include "runtime/coroutine.h"

enum {
        STACK_SIZE = 64 * 1024,
        N_SWITCHES = 20000000, /* there and back each */
        N_SYSTEM = N_SWITCHES / 20,
};

/* Of libboost_context: plain functions, declared in C++ headers only. */
typedef void *fcontext_t;
typedef struct {
        fcontext_t context;
        void *data;
} transfer_t;
extern transfer_t jump_fcontext(fcontext_t to, void *data);
extern fcontext_t make_fcontext(void *top, size_t size, void (*call)(transfer_t transfer));

static char *stack_new(void) {
        char *stack = aligned_alloc(4096, STACK_SIZE);

        if (!stack)
                bench_die("no memory");
        return stack;
}

static double per_switch(uint64_t begin_ns, double n) {
        return (double)(bench_now_ns() - begin_ns) / n;
}

/* ---- ours ---- */

static struct context here, there;

static void ours_main(void *data) {
        (void)data;
        for (;;)
                context_switch(&there, &here);
}

double switch_measure_ours(void) {
        char *stack = stack_new();
        uint64_t begin_ns;
        double ns;

        context_init(&there, stack, stack + STACK_SIZE, ours_main, NULL);
        context_switch(&here, &there);
        begin_ns = bench_now_ns();
        for (int i = 0; i < N_SWITCHES; i++)
                context_switch(&here, &there);
        ns = per_switch(begin_ns, 2.0 * N_SWITCHES);
        free(stack);
        return ns;
}

/* ---- Boost's ---- */

static void fcontext_main(transfer_t transfer) {
        for (;;)
                transfer = jump_fcontext(transfer.context, transfer.data);
}

double switch_measure_fcontext(void) {
        char *stack = stack_new();
        transfer_t transfer = { make_fcontext(stack + STACK_SIZE, STACK_SIZE, fcontext_main),
                                NULL };
        uint64_t begin_ns;
        double ns;

        transfer = jump_fcontext(transfer.context, NULL);
        begin_ns = bench_now_ns();
        for (int i = 0; i < N_SWITCHES; i++)
                transfer = jump_fcontext(transfer.context, NULL);
        ns = per_switch(begin_ns, 2.0 * N_SWITCHES);
        free(stack);
        return ns;
}

/* ---- the C library's ---- */

static ucontext_t system_here, system_there;

static void ucontext_main(void) {
        for (;;)
                (void)swapcontext(&system_there, &system_here);
}

double switch_measure_ucontext(void) {
        char *stack = stack_new();
        uint64_t begin_ns;
        double ns;

        (void)getcontext(&system_there);
        system_there.uc_stack.ss_sp = stack;
        system_there.uc_stack.ss_size = STACK_SIZE;
        makecontext(&system_there, ucontext_main, 0);
        (void)swapcontext(&system_here, &system_there);
        begin_ns = bench_now_ns();
        for (int i = 0; i < N_SYSTEM; i++)
                (void)swapcontext(&system_here, &system_there);
        ns = per_switch(begin_ns, 2.0 * N_SYSTEM);
        free(stack);
        return ns;
}

/* ---- a coroutine's step ---- */

static void coroutine_main(struct coroutine *coroutine) {
        for (int i = 0; i < N_SWITCHES; i++)
                coroutine_suspend(coroutine);
}

double switch_measure_coroutine(void) {
        struct stack_pool pool;
        struct coroutine *coroutine;
        uint64_t begin_ns;
        double ns;

        stack_pool_init(&pool, STACK_GUARDS_INSTALLED);
        coroutine = coroutine_new(&pool, STACK_SIZE, sizeof(*coroutine), coroutine_main);
        if (!coroutine)
                bench_die("no memory");
        begin_ns = bench_now_ns();
        while (!coroutine->is_over)
                coroutine_resume(coroutine);
        ns = per_switch(begin_ns, N_SWITCHES);
        coroutine_free(coroutine, &pool);
        stack_pool_deinit(&pool);
        return ns;
}
