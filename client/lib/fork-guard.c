/* SPDX-License-Identifier: MIT */

#include "lib/fork-guard.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/fault.h"

enum {
        PAGE_SIZE_ANY = 4096
};

int fork_guard_init(struct fork_guard *guard) {
        uint32_t *page;

        *guard = (struct fork_guard){ .pid = getpid() };
        page = mmap(
                NULL, PAGE_SIZE_ANY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (page == MAP_FAILED)
                return fault_raise(-ENOMEM);
        if (madvise(page, PAGE_SIZE_ANY, MADV_WIPEONFORK) < 0) {
                (void)munmap(page, PAGE_SIZE_ANY);
                return 0;
        }
        *page = 1;
        guard->page = page;
        return 0;
}

void fork_guard_deinit(struct fork_guard *guard) {
        if (guard->page)
                (void)munmap((void *)(uintptr_t)guard->page, PAGE_SIZE_ANY);
        guard->page = NULL;
}

bool fork_guard_ask_pid(const struct fork_guard *guard) {
        return getpid() != guard->pid;
}
