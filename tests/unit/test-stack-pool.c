/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "helpers/suite.h"
#include "runtime/stack-pool.h"

enum {
        SIZE = 64 * 1024,
        ADVICE_GUARD = 102,
};

/* A kernel that has no such guards, where a test wants one. */
static bool has_no_guards;

int madvise(void *address, size_t size, int advice) {
        if (has_no_guards && advice == ADVICE_GUARD) {
                errno = EINVAL;
                return -1;
        }
        return (int)syscall(SYS_madvise, address, size, advice);
}

static struct stack *take(struct stack_pool *pool, size_t size) {
        struct stack *stack = stack_pool_take(pool, size);

        ck_assert_ptr_nonnull(stack);
        stack_pool_verify(pool);
        return stack;
}

static void give(struct stack_pool *pool, struct stack *stack) {
        stack_pool_give(pool, stack);
        stack_pool_verify(pool);
}

static void use(struct stack *stack) {
        memset(stack->low, 1, stack_get_size(stack));
}

/* How many pages of a stack are memory. */
static size_t count_pages(const struct stack *stack) {
        unsigned char pages[STACK_SIZE_MAX / 4096] = { 0 };
        size_t page_size = (size_t)sysconf(_SC_PAGESIZE);
        size_t n = (stack_get_size(stack) + page_size - 1) / page_size, n_present = 0;

        ck_assert_int_eq(mincore(stack->low, n * page_size, pages), 0);
        for (size_t i = 0; i < n; i++)
                n_present += pages[i] & 1;
        return n_present;
}

START_TEST(stack_given_back_last_is_taken_first) {
        struct stack_pool pool;
        struct stack *a, *b;

        stack_pool_init(&pool, STACK_GUARDS_INSTALLED);
        a = take(&pool, SIZE);
        b = take(&pool, SIZE);
        ck_assert_ptr_ne(a, b);
        ck_assert(a->is_fresh && b->is_fresh);
        a->is_fresh = false;
        give(&pool, b);
        give(&pool, a);
        ck_assert_ptr_eq(take(&pool, SIZE), a);
        ck_assert(!a->is_fresh);
        ck_assert_ptr_eq(take(&pool, SIZE), b);
        give(&pool, a);
        give(&pool, b);
        stack_pool_deinit(&pool);
        stack_pool_deinit(&pool);
        ck_assert_uint_eq(pool.n_mapped_bytes, 0);
}
END_TEST

START_TEST(size_is_rounded_up_to_a_class) {
        ck_assert_uint_eq(stack_get_size_for(0), STACK_SIZE_MIN);
        ck_assert_uint_eq(stack_get_size_for(STACK_SIZE_MIN / CHECKER_STACK_FACTOR),
                          STACK_SIZE_MIN);
        ck_assert_uint_eq(stack_get_size_for(STACK_SIZE_MIN / CHECKER_STACK_FACTOR + 1),
                          2 * STACK_SIZE_MIN);
        ck_assert_uint_eq(stack_get_size_for(STACK_SIZE_MAX), STACK_SIZE_MAX);
        ck_assert_uint_eq(stack_get_size_for(SIZE_MAX), STACK_SIZE_MAX);
}
END_TEST

/* But for its header, whose place varies by a cache line from stack to stack. */
START_TEST(whole_stack_of_every_class_can_be_used) {
        struct stack_pool pool;

        stack_pool_init(&pool, STACK_GUARDS_INSTALLED);
        for (size_t size = STACK_SIZE_MIN; size <= STACK_SIZE_MAX; size *= 2) {
                struct stack *stack = take(&pool, size);

                use(stack);
                ck_assert_uint_gt(stack_get_size(stack) + 2048, size);
                give(&pool, stack);
        }
        stack_pool_deinit(&pool);
}
END_TEST

/* Whether touching it is a segmentation fault. */
static bool is_deadly(volatile char *address) {
        pid_t pid = fork();
        int status;

        if (pid == 0) {
                (void)signal(SIGSEGV, SIG_DFL);
                *address = 1;
                _exit(0);
        }
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        return WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV;
}

static void expect_guards(enum stack_guards guards) {
        struct stack_pool pool;
        struct stack *stacks[4];

        stack_pool_init(&pool, guards);
        for (size_t i = 0; i < 4; i++) {
                stacks[i] = take(&pool, SIZE);
                ck_assert(is_deadly(stacks[i]->low - 1));
                ck_assert(is_deadly(stacks[i]->low - STACK_GUARD_SIZE));
                ck_assert(!is_deadly(stacks[i]->low));
                ck_assert(stack_pool_has_guard_at(&pool, stacks[i]->low - 1));
                ck_assert(!stack_pool_has_guard_at(&pool, stacks[i]->low));
        }
        ck_assert(!stack_pool_has_guard_at(&pool, &pool));
        for (size_t i = 0; i < 4; i++)
                give(&pool, stacks[i]);
        stack_pool_deinit(&pool);
}

START_TEST(below_each_stack_is_a_guard) {
        expect_guards(STACK_GUARDS_INSTALLED);
        expect_guards(STACK_GUARDS_PROTECTED);
}
END_TEST

START_TEST(kernel_without_guards_in_a_mapping_is_told_of_once) {
        char path[] = "/tmp/gcasync-stack-XXXXXX", text[2048] = "";
        int fd = mkstemp(path), old_fd = dup(STDERR_FILENO);
        const char *told;

        ck_assert_int_ge(fd, 0);
        (void)unlink(path);
        ck_assert_int_ge(dup2(fd, STDERR_FILENO), 0);
        has_no_guards = true;
        expect_guards(STACK_GUARDS_INSTALLED);
        expect_guards(STACK_GUARDS_INSTALLED);
        (void)dup2(old_fd, STDERR_FILENO);
        ck_assert_int_ge(pread(fd, text, sizeof(text) - 1, 0), 0);
        told = strstr(text, "vm.max_map_count");
        ck_assert_msg(told && !strstr(told + 1, "vm.max_map_count"), "%s", text);
        (void)close(fd);
        (void)close(old_fd);
}
END_TEST

START_TEST(what_was_not_used_takes_no_memory) {
        struct stack_pool pool;
        struct stack *stack;

        stack_pool_init(&pool, STACK_GUARDS_INSTALLED);
        stack = take(&pool, STACK_SIZE_MAX);
        ck_assert_uint_eq(count_pages(stack), 1);
        use(stack);
        ck_assert_uint_gt(count_pages(stack), STACK_SIZE_MAX / 65536);
        give(&pool, stack);
        stack_pool_deinit(&pool);
}
END_TEST

enum {
        N_MANY = 3000
};

static struct stack *stacks[N_MANY];

START_TEST(idle_pool_gives_memory_back_and_keeps_a_little) {
        struct stack_pool pool;
        size_t mapped_bytes;
        int n_slices = 0;

        stack_pool_init(&pool, STACK_GUARDS_INSTALLED);
        for (size_t i = 0; i < N_MANY; i++)
                stacks[i] = stack_pool_take(&pool, STACK_SIZE_MIN);
        mapped_bytes = pool.n_mapped_bytes;
        ck_assert(!stack_pool_trim(&pool));
        for (size_t i = 0; i < N_MANY; i++)
                stack_pool_give(&pool, stacks[i]);
        while (stack_pool_trim(&pool)) {
                stack_pool_verify(&pool);
                n_slices++;
        }
        ck_assert_int_gt(n_slices, 10);
        ck_assert_uint_lt(pool.n_mapped_bytes, mapped_bytes / 2);
        ck_assert_uint_gt(pool.n_mapped_bytes, 0);
        stack_pool_deinit(&pool);
}
END_TEST

START_TEST(trimmed_stack_is_as_new) {
        struct stack_pool pool;
        struct stack *kept;

        stack_pool_init(&pool, STACK_GUARDS_INSTALLED);
        for (size_t i = 0; i < N_MANY; i++) {
                stacks[i] = stack_pool_take(&pool, STACK_SIZE_MIN);
                stacks[i]->is_fresh = false;
        }
        /* The first of a slab, so that it stays. */
        kept = stacks[0];
        for (size_t i = N_MANY - 1; i > 0; i--)
                stack_pool_give(&pool, stacks[i]);
        while (stack_pool_trim(&pool))
                continue;
        for (size_t i = 1; i < N_MANY; i++)
                stacks[i] = take(&pool, STACK_SIZE_MIN);
        ck_assert(stacks[N_MANY - 1]->is_fresh && is_deadly(stacks[N_MANY - 1]->low - 1));
        give(&pool, kept);
        for (size_t i = 1; i < N_MANY; i++)
                stack_pool_give(&pool, stacks[i]);
        stack_pool_deinit(&pool);
}
END_TEST

#ifndef GCASYNC_SANITIZE
/* With a mapping for each guard the kernel would stop at half as many. */
START_TEST(guarded_stacks_may_be_more_than_mappings) {
        enum {
                N = 70000
        };
        static struct stack *all[N];
        struct stack_pool pool;

        stack_pool_init(&pool, STACK_GUARDS_INSTALLED);
        for (size_t i = 0; i < N; i++) {
                all[i] = stack_pool_take(&pool, STACK_SIZE_MIN);
                if (!all[i] && pool.guards == STACK_GUARDS_PROTECTED) {
                        suite_skip(guarded_stacks_may_be_more_than_mappings,
                                   "this kernel has no MADV_GUARD_INSTALL");
                        return;
                }
                ck_assert_ptr_nonnull(all[i]);
        }
        ck_assert(is_deadly(all[N - 1]->low - 1));
        for (size_t i = 0; i < N; i++)
                stack_pool_give(&pool, all[i]);
        stack_pool_deinit(&pool);
}
END_TEST
#endif

int main(void) {
        const TTest *tests[] = {
                stack_given_back_last_is_taken_first,
                size_is_rounded_up_to_a_class,
                whole_stack_of_every_class_can_be_used,
                below_each_stack_is_a_guard,
                kernel_without_guards_in_a_mapping_is_told_of_once,
                what_was_not_used_takes_no_memory,
                idle_pool_gives_memory_back_and_keeps_a_little,
                trimmed_stack_is_as_new,
#ifndef GCASYNC_SANITIZE
                guarded_stacks_may_be_more_than_mappings,
#endif
        };

        return suite_run("stack-pool", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
