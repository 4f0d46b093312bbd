/* SPDX-License-Identifier: MIT */

#include "runtime/stack-pool.h"

#include <errno.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/check.h"
#include "base/log.h"

#ifndef MADV_GUARD_INSTALL
#        define MADV_GUARD_INSTALL 102
#endif

enum {
        SLAB_BYTES = 4 << 20,  /* about so large, within the bounds of a slab's number of stacks */
        N_HOT_KEPT_MAX = 1024, /* of a class: not trimmed; */
        N_HOT_KEPT_MIN = 8,
        HOT_KEPT_BYTES = 64 << 20, /* as many as are so large, within these bounds */
        N_TRIMMED = 64,            /* in a slice */
        COLOUR_BYTES = 64,         /* a cache line */
        N_COLOURS = 16,
};

struct stack_slab {
        struct list siblings; /* in its class */
        char *memory;
        size_t size, stride, guard_size;
        uint8_t class;
        unsigned n, n_cold;
        uint8_t cold[STACK_N_IN_SLAB_MAX]; /* numbers; the last one is taken next */
};

static_assert(STACK_N_IN_SLAB_MAX <= UINT8_MAX, "a stack's number fits");

static size_t round_up(size_t size, size_t unit) {
        return (size + unit - 1) / unit * unit;
}

static size_t class_get_size(unsigned class) {
        return (size_t)STACK_SIZE_MIN << class;
}

static unsigned find_class(size_t size) {
        unsigned class = 0;

        if (size > STACK_SIZE_MAX / CHECKER_STACK_FACTOR)
                return STACK_N_CLASSES - 1;
        size *= CHECKER_STACK_FACTOR;
        while (class_get_size(class) < size)
                class ++;
        return class;
}

size_t stack_get_size_for(size_t size) {
        return class_get_size(find_class(size));
}

/* ---- slabs ---- */

static char *slab_get_low(const struct stack_slab *slab, unsigned number) {
        return slab->memory + number * slab->stride + slab->guard_size;
}

/*
 * Where a stack's header lies, and with it its high end. Were that at the same place in every page, the hottest lines of
 * all stacks would compete for the same few sets of the cache, so each begins some lines lower than the one before.
 */
static struct stack *slab_get_stack(const struct stack_slab *slab, unsigned number) {
        size_t colour = (size_t)(number % N_COLOURS) * COLOUR_BYTES;
        char *end = slab->memory + (number + 1) * slab->stride - colour;

        return (struct stack *)(void *)(end - round_up(sizeof(struct stack), COLOUR_BYTES));
}

/* True: by mprotect() from here on. */
static bool pool_falls_back(struct stack_pool *pool) {
        static _Atomic bool is_told;

        if (errno != EINVAL || pool->guards == STACK_GUARDS_PROTECTED)
                return false;
        pool->guards = STACK_GUARDS_PROTECTED;
        /* Relaxed: it is about being told once, no more. */
        if (!atomic_exchange_explicit(&is_told, true, memory_order_relaxed))
                log_warning("this kernel cannot guard stacks within a mapping (MADV_GUARD_INSTALL, "
                            "Linux 6.13): each stack takes two mappings, so their number ends at "
                            "half of vm.max_map_count");
        return true;
}

static int slab_guard(struct stack_slab *slab, struct stack_pool *pool) {
        for (unsigned i = 0; i < slab->n; i++) {
                char *guard = slab->memory + i * slab->stride;
                int r = -1;

                if (pool->guards == STACK_GUARDS_INSTALLED)
                        r = madvise(guard, slab->guard_size, MADV_GUARD_INSTALL);
                if (r < 0 && (pool->guards == STACK_GUARDS_PROTECTED || pool_falls_back(pool)))
                        r = mprotect(guard, slab->guard_size, PROT_NONE);
                if (r < 0)
                        return -errno;
        }
        return 0;
}

static void slab_free(struct stack_slab *slab) {
        if (slab->memory)
                (void)munmap(slab->memory, slab->size);
        free(slab);
}

static int slab_map(struct stack_slab *slab, struct stack_pool *pool) {
        /* Only what is used is accounted for, so that a hundred thousand stacks need no more than their pages. */
        slab->memory = mmap(NULL,
                            slab->size,
                            PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK,
                            -1,
                            0);
        if (slab->memory == MAP_FAILED) {
                slab->memory = NULL;
                return -errno;
        }
        /* A huge page would hold dozens of stacks, all of them for the sake of one. It fails where there are none. */
        (void)madvise(slab->memory, slab->size, MADV_NOHUGEPAGE);
        return slab_guard(slab, pool);
}

static struct stack_slab *slab_new(struct stack_pool *pool, unsigned class) {
        struct stack_slab *slab = calloc(1, sizeof(*slab));
        size_t n;

        if (!slab)
                return NULL;
        slab->class = (uint8_t) class;
        slab->guard_size = round_up(STACK_GUARD_SIZE, (size_t)sysconf(_SC_PAGESIZE));
        slab->stride = slab->guard_size + class_get_size(class);
        n = SLAB_BYTES / slab->stride;
        slab->n = n < 1 ? 1 : n > STACK_N_IN_SLAB_MAX ? STACK_N_IN_SLAB_MAX : (unsigned)n;
        slab->size = slab->n * slab->stride;
        if (slab_map(slab, pool)) {
                slab_free(slab);
                return NULL;
        }
        while (slab->n_cold < slab->n) {
                slab->cold[slab->n_cold] = (uint8_t)(slab->n - 1 - slab->n_cold);
                slab->n_cold++;
        }
        pool->n_mapped_bytes += slab->size;
        list_push_front(&pool->classes[class].slabs, &slab->siblings);
        return slab;
}

static void slab_remove(struct stack_slab *slab, struct stack_pool *pool) {
        pool->n_mapped_bytes -= slab->size;
        list_remove(&slab->siblings);
        slab_free(slab);
}

/* ---- cold stacks ---- */

static struct stack *slab_take(struct stack_slab *slab, struct stack_pool *pool) {
        unsigned number = slab->cold[--slab->n_cold];
        struct stack *stack = slab_get_stack(slab, number);

        if (slab->n_cold == 0) {
                list_remove(&slab->siblings);
                list_push_back(&pool->classes[slab->class].slabs, &slab->siblings);
        }
        *stack = (struct stack){ .slab = slab,
                                 .low = slab_get_low(slab, number),
                                 .class = slab->class,
                                 .number = (uint8_t)number,
                                 .is_fresh = true };
        checker_add_stack(&stack->checker, stack->low, stack_get_size(stack));
        return stack;
}

/* Gives the stack's memory back. */
static void stack_cool(struct stack *stack, struct stack_pool *pool) {
        struct stack_slab *slab = stack->slab;
        char *end = slab->memory + (stack->number + 1) * slab->stride;

        slab->cold[slab->n_cold++] = stack->number;
        checker_remove_stack(&stack->checker);
        (void)madvise(stack->low, (size_t)(end - stack->low), MADV_DONTNEED);
        if (slab->n_cold == slab->n) {
                slab_remove(slab, pool);
        } else if (slab->n_cold == 1) {
                list_remove(&slab->siblings);
                list_push_front(&pool->classes[slab->class].slabs, &slab->siblings);
        }
}

/* ---- the pool ---- */

void stack_pool_init(struct stack_pool *pool, enum stack_guards guards) {
        *pool = (struct stack_pool){ .guards = guards };
        for (unsigned i = 0; i < STACK_N_CLASSES; i++)
                list_init(&pool->classes[i].slabs);
}

static void class_cool_one(struct stack_class *class, struct stack_pool *pool) {
        struct stack *stack = class->hot;

        class->hot = stack->next;
        class->n_hot--;
        stack_cool(stack, pool);
}

void stack_pool_deinit(struct stack_pool *pool) {
        assert(pool->n_taken == 0);
        for (unsigned i = 0; i < STACK_N_CLASSES; i++)
                while (pool->classes[i].hot)
                        class_cool_one(&pool->classes[i], pool);
        assert(pool->n_mapped_bytes == 0);
}

static struct stack *class_take_cold(struct stack_class *class, struct stack_pool *pool) {
        struct stack_slab *slab = NULL;

        if (!list_is_empty(&class->slabs))
                slab = list_entry(class->slabs.next, struct stack_slab, siblings);
        if (!slab || slab->n_cold == 0)
                slab = slab_new(pool, (unsigned)(class - pool->classes));
        return slab ? slab_take(slab, pool) : NULL;
}

struct stack *stack_pool_take(struct stack_pool *pool, size_t size) {
        struct stack_class *class = &pool->classes[find_class(size)];
        struct stack *stack = class->hot;

        if (stack) {
                class->hot = stack->next;
                class->n_hot--;
        } else {
                stack = class_take_cold(class, pool);
        }
        if (stack)
                pool->n_taken++;
        return stack;
}

void stack_pool_give(struct stack_pool *pool, struct stack *stack) {
        struct stack_class *class = &pool->classes[stack->class];

        assert_slow(pool->n_taken > 0);
        stack->next = class->hot;
        class->hot = stack;
        class->n_hot++;
        pool->n_taken--;
}

/* ---- trimming ---- */

static size_t class_get_n_kept(unsigned class) {
        size_t n = HOT_KEPT_BYTES / class_get_size(class);

        return n < N_HOT_KEPT_MIN ? N_HOT_KEPT_MIN : n > N_HOT_KEPT_MAX ? N_HOT_KEPT_MAX : n;
}

bool stack_pool_trim(struct stack_pool *pool) {
        size_t n_left = N_TRIMMED;

        for (unsigned i = 0; i < STACK_N_CLASSES; i++) {
                struct stack_class *class = &pool->classes[i];

                for (size_t n_kept = class_get_n_kept(i); class->n_hot > n_kept && n_left > 0;
                     n_left--)
                        class_cool_one(class, pool);
        }
        return n_left < N_TRIMMED;
}

/* ---- queries ---- */

bool stack_pool_has_guard_at(const struct stack_pool *pool, const void *address) {
        for (unsigned i = 0; i < STACK_N_CLASSES; i++) {
                const struct stack_slab *slab;

                list_for_each(slab, &pool->classes[i].slabs, siblings) {
                        size_t offset = (size_t)((uintptr_t)address - (uintptr_t)slab->memory);

                        if ((uintptr_t)address >= (uintptr_t)slab->memory && offset < slab->size)
                                return offset % slab->stride < slab->guard_size;
                }
        }
        return false;
}

static void class_verify(const struct stack_class *class, size_t *n_taken, size_t *n_bytes) {
        const struct stack_slab *slab;
        size_t n_hot = 0;
        bool was_full = false;

        for (const struct stack *stack = class->hot; stack; stack = stack->next) {
                assert(slab_get_stack(stack->slab, stack->number) == stack);
                assert(stack->low == slab_get_low(stack->slab, stack->number));
                n_hot++;
        }
        assert(n_hot == class->n_hot);
        list_for_each(slab, &class->slabs, siblings) {
                assert(slab->n_cold < slab->n && (slab->n_cold == 0 || !was_full));
                was_full = slab->n_cold == 0;
                *n_taken += slab->n - slab->n_cold;
                *n_bytes += slab->size;
        }
        *n_taken -= n_hot;
}

void stack_pool_verify(const struct stack_pool *pool) {
        size_t n_taken = 0, n_bytes = 0;

        for (unsigned i = 0; i < STACK_N_CLASSES; i++)
                class_verify(&pool->classes[i], &n_taken, &n_bytes);
        assert(n_taken == pool->n_taken && n_bytes == pool->n_mapped_bytes);
}
