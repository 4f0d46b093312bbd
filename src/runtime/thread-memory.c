/* SPDX-License-Identifier: MIT */
#include "runtime/thread-memory.h"

#include "base/fault.h"
#include "gc/publication.h"
#include "gc/region.h"
#include "gc/thread.h"

int thread_memory_init(struct thread_memory *memory, gca_heap *heap) {
        int r = 0;

        memory->thread = NULL;
        region_cache_init(&memory->regions);
        if (heap)
                r = gca_thread_attach(heap, &memory->thread);
        return fault_pass(r);
}

void thread_memory_deinit(struct thread_memory *memory) {
        memory->thread = gca_thread_detach(memory->thread);
        region_cache_deinit(&memory->regions);
}

void thread_memory_begin_region(struct thread_memory *memory,
                                struct gca_region *region,
                                size_t limit_bytes) {
        struct gca_thread *thread = memory->thread;

        region_init(region, thread ? &thread->cache : &memory->regions, limit_bytes);
        if (thread)
                region_set_thread(region, thread);
}

bool thread_memory_is_in_section(const struct thread_memory *memory) {
        return memory->thread && section_is_open(memory->thread);
}

void thread_memory_settle(struct thread_memory *memory) {
        if (memory->thread && memory->thread->publishing)
                publication_settle(memory->thread);
}
