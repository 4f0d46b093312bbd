/* SPDX-License-Identifier: MIT */

/*
 * The switch between stacks. A program without Check, so that it can be built for another machine and run in an emulator
 * (check-context-aarch64), and once more with GCASYNC_UCONTEXT; its output is TAP.
 */

#include "runtime/context.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
        STACK_SIZE = 64 * 1024,
        N_SWITCHES = 1000,
};

static struct context here, there;
static _Alignas(16) char stack[STACK_SIZE];
static int n_calls;

static void expect(bool is_so, const char *what, int line) {
        if (is_so)
                return;
        printf("not ok line %d: %s\n", line, what);
        exit(1);
}
#define EXPECT(condition) expect((condition), #condition, __LINE__)

static void begin(void (*function)(void *argument), void *argument) {
        n_calls = 0;
        memset(stack, 0xa5, sizeof(stack));
        context_init(&there, stack, stack + sizeof(stack), function, argument);
}

/* ---- going there and back ---- */

static void count_main(void *argument) {
        for (;;) {
                n_calls += *(int *)argument;
                context_switch(&there, &here);
        }
}

static void context_goes_on_where_it_left(void) {
        int step = 3;

        begin(count_main, &step);
        for (int i = 1; i <= N_SWITCHES; i++) {
                context_switch(&here, &there);
                EXPECT(n_calls == 3 * i);
        }
}

/* ---- the stack ---- */

__attribute__((noinline)) static bool is_aligned(const void *address) {
        return (uintptr_t)address % 16 == 0;
}

static void stack_main(void *argument) {
        _Alignas(16) volatile char local[48] = { 1 };

        (void)argument;
        EXPECT((const volatile char *)local > stack &&
               (const volatile char *)local < stack + STACK_SIZE);
        EXPECT(is_aligned((const void *)local));
        /* Where alignment matters to who prints: vector registers are saved. */
        EXPECT(snprintf((char *)local, sizeof(local), "%.3f", 0.125) == 5);
        n_calls++;
        context_switch(&there, &here);
        abort();
}

static void context_runs_on_its_stack_aligned(void) {
        begin(stack_main, NULL);
        context_switch(&here, &there);
        EXPECT(n_calls == 1);
        /* Nothing below what it used. */
        EXPECT(memchr(stack, 0, STACK_SIZE / 4) == NULL && stack[0] == (char)0xa5);
}

/* ---- registers ---- */

/* Keeps more numbers alive across a switch than there are registers to keep them in. */
#define NUMBERS(X) X(a) X(b) X(c) X(d) X(e) X(f) X(g) X(h) X(i) X(j) X(k) X(l) X(m) X(n) X(o) X(p)

/* Each a value that no compiler can know. */
static uint64_t next_number(volatile uint64_t *state) {
        uint64_t x = *state;

        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        *state = x;
        return x;
}

/* The other context, or NULL for none. */
static uint64_t mix_ints(uint64_t seed, struct context *from, struct context *to) {
        volatile uint64_t state = seed;
        uint64_t sum = 0;
#define X(name) uint64_t name = next_number(&state);
        NUMBERS(X)
#undef X

        if (to)
                context_switch(from, to);
#define X(name) sum = sum * 31 + name;
        NUMBERS(X)
#undef X
        return sum;
}

static double mix_floats(uint64_t seed, struct context *from, struct context *to) {
        volatile uint64_t state = seed;
        double sum = 0;
#define X(name) double name = (double)(next_number(&state) % 1000003);
        NUMBERS(X)
#undef X

        if (to)
                context_switch(from, to);
#define X(name) sum = sum / 3 + name;
        NUMBERS(X)
#undef X
        return sum;
}

static bool is_mixed_alike(uint64_t seed, struct context *from, struct context *to) {
        double floats = mix_floats(seed, NULL, NULL), floats_too = mix_floats(seed, from, to);

        return mix_ints(seed, NULL, NULL) == mix_ints(seed, from, to) &&
               memcmp(&floats, &floats_too, sizeof(floats)) == 0;
}

static void registers_main(void *argument) {
        (void)argument;
        for (uint64_t seed = 1000000;; seed++)
                EXPECT(is_mixed_alike(seed, &there, &here));
}

static void registers_survive_a_switch(void) {
        begin(registers_main, NULL);
        for (uint64_t seed = 1; seed <= N_SWITCHES; seed++)
                EXPECT(is_mixed_alike(seed, &here, &there));
}

struct kept {
        uint64_t ints[4];
        double floats[4];
};

/* Locals of a loop, which live in registers that a call keeps, against copies in memory. */
static void keep_main(void *argument) {
        volatile struct kept *kept = argument;
        uint64_t a = kept->ints[0], b = kept->ints[1], c = kept->ints[2], d = kept->ints[3];
        double v = kept->floats[0], w = kept->floats[1], x = kept->floats[2], y = kept->floats[3];

        for (;;) {
                context_switch(&there, &here);
                EXPECT(a == kept->ints[0] && b == kept->ints[1]);
                EXPECT(c == kept->ints[2] && d == kept->ints[3]);
                EXPECT(v >= kept->floats[0] && v <= kept->floats[0]);
                EXPECT(w >= kept->floats[1] && w <= kept->floats[1]);
                EXPECT(x >= kept->floats[2] && x <= kept->floats[2]);
                EXPECT(y >= kept->floats[3] && y <= kept->floats[3]);
                a = kept->ints[0] = a * 3 + d;
                b = kept->ints[1] = b * 5 + a;
                c = kept->ints[2] = c * 7 + b;
                d = kept->ints[3] = d * 9 + c;
                v = kept->floats[0] = v / 2 + y;
                w = kept->floats[1] = w / 2 + v;
                x = kept->floats[2] = x / 2 + w;
                y = kept->floats[3] = y / 2 + x;
                n_calls++;
        }
}

static void locals_survive_what_the_other_side_does(void) {
        struct kept kept = { { 1, 2, 3, 4 }, { 0.5, 1.5, 2.5, 3.5 } };

        begin(keep_main, &kept);
        context_switch(&here, &there);
        for (int i = 0; i < N_SWITCHES; i++)
                EXPECT(is_mixed_alike((uint64_t)i + 1, &here, &there));
        EXPECT(n_calls == 2 * N_SWITCHES);
}

/* A leaf function may keep its locals below the stack pointer. */
__attribute__((noinline)) static uint64_t use_red_zone(struct context *from, struct context *to) {
        volatile uint64_t numbers[12];
        uint64_t sum = 0;

        for (unsigned i = 0; i < 12; i++)
                numbers[i] = i + 1;
        context_switch(from, to);
        for (unsigned i = 0; i < 12; i++)
                sum += numbers[i];
        return sum;
}

static void red_zone_main(void *argument) {
        (void)argument;
        for (;;)
                EXPECT(use_red_zone(&there, &here) == 78);
}

static void locals_below_the_stack_pointer_survive(void) {
        begin(red_zone_main, NULL);
        for (int i = 0; i < N_SWITCHES; i++)
                EXPECT(use_red_zone(&here, &there) == 78);
}

/* ---- what stays ---- */

static void mode_main(void *argument) {
        unsigned *mode = argument;

        for (;;) {
                *mode = context_get_float_mode();
                context_switch(&there, &here);
        }
}

static void float_mode_is_the_threads(void) {
        unsigned mode = 1;

        begin(mode_main, &mode);
        context_switch(&here, &there);
        EXPECT(mode == context_get_float_mode());
}

int main(void) {
#ifdef GCASYNC_SANITIZE
        /* It switches behind the sanitizer's back; test-coroutine does not. */
        printf("# skip: test-context: the sanitizer is not told of its stacks\n");
        return 77;
#endif
        static const struct {
                const char *name;
                void (*run)(void);
        } tests[] = {
#define TEST(name) { #name, name }
                TEST(context_goes_on_where_it_left),
                TEST(context_runs_on_its_stack_aligned),
                TEST(registers_survive_a_switch),
                TEST(locals_survive_what_the_other_side_does),
                TEST(locals_below_the_stack_pointer_survive),
                TEST(float_mode_is_the_threads),
        };

        printf("1..%zu\n", sizeof(tests) / sizeof(tests[0]));
        for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
                tests[i].run();
                printf("ok %zu - %s\n", i + 1, tests[i].name);
        }
        return 0;
}
