/* SPDX-License-Identifier: MIT */
#include "gc/grace.h"

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

static void grace_synchronize(const struct gca_heap *heap) {
#ifdef SECTION_HAS_TSAN
        /* The accesses themselves are seq_cst: see section_enter(), heap_set_word(). */
        (void)heap;
#else
        if (heap->has_membarrier) {
                long r = syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);

                /* It cannot fail in a process that has registered. */
                assert(r == 0);
                return;
        }
        /* Separates the word's store from the counters' loads; the partner is the fence in section_enter(). */
        atomic_thread_fence(memory_order_seq_cst);
#endif
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

void grace_begin(struct gca_heap *heap) {
        LOCK_SCOPE(&heap->threads_lock);
        struct gca_thread *thread;

        grace_synchronize(heap);
        list_for_each(thread, &heap->threads, siblings)
                thread->grace_section = grace_read_section(thread);
}

/* A thread that attached since began with an even grace_section; one that detached is gone, and its section with it. */
bool grace_is_over(struct gca_heap *heap) {
        LOCK_SCOPE(&heap->threads_lock);
        struct gca_thread *thread;

        list_for_each(thread, &heap->threads, siblings)
                if (thread->grace_section & 1) {
                        if (grace_read_section(thread) == thread->grace_section)
                                return false;
                        thread->grace_section = 0;
                }
        return true;
}
