/* SPDX-License-Identifier: MIT */
#include "gc/grace.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "gc/heap.h"

bool grace_find_membarrier(void) {
#ifdef SECTION_HAS_TSAN
        return false;
#else
        return syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
#endif
}

/*
 * False: not this time, for the kernel had no memory for it.
 *
 * In a process that has registered nothing else makes it fail but a filter (seccomp) that the process lays upon itself afterwards; one
 * from outside is there before, and then sections fence. Without the barrier nothing can be told of sections that rely on it: to go on would be to
 * free what is in use, to wait would be to stand still for ever, and to make sections fence from here on takes the very barrier
 * to know which of them do. So this is a fault of the program, and ends it.
 */
static bool grace_synchronize(const struct gca_heap *heap) {
#ifdef SECTION_HAS_TSAN
        /* The accesses themselves are seq_cst: see section_enter(), heap_set_word(). */
        (void)heap;
#else
        if (heap->has_membarrier) {
                long r = syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);

                if (r < 0 && errno == ENOMEM)
                        return false;
                assert(r == 0);
                return true;
        }
        /* Separates the word's store from the counters' loads; the partner is the fence in section_enter(). */
        atomic_thread_fence(memory_order_seq_cst);
#endif
        return true;
}

static uint64_t grace_read_section(struct gca_thread *thread) {
#ifdef SECTION_HAS_TSAN
        return atomic_load_explicit(&thread->section, memory_order_seq_cst);
#else
        /* Acquire: pairs with the releases in section_exit(), and in section_enter() of a later section; what ended
         * sections did is seen. */
        return atomic_load_explicit(&thread->section, memory_order_acquire);
#endif
}

/* What the threads are at; unless there is no barrier to be had yet. */
static void grace_begin_locked(struct gca_heap *heap) {
        struct gca_thread *thread;

        lock_assert_held(&heap->threads_lock);
        heap->is_grace_pending = !grace_synchronize(heap);
        if (heap->is_grace_pending)
                return;
        list_for_each(thread, &heap->threads, siblings)
                thread->grace_section = grace_read_section(thread);
}

void grace_begin(struct gca_heap *heap) {
        LOCK_SCOPE(&heap->threads_lock);

        grace_begin_locked(heap);
}

/* A thread that attached since began with an even grace_section; one that detached is gone, and its section with it. */
bool grace_is_over(struct gca_heap *heap) {
        LOCK_SCOPE(&heap->threads_lock);
        struct gca_thread *thread;

        if (heap->is_grace_pending)
                grace_begin_locked(heap);
        if (heap->is_grace_pending)
                return false;
        list_for_each(thread, &heap->threads, siblings)
                if (thread->grace_section & 1) {
                        if (grace_read_section(thread) == thread->grace_section)
                                return false;
                        thread->grace_section = 0;
                }
        return true;
}
