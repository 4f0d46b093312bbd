/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Tells the child of a fork from the process that made an object. A page that the kernel
 * wipes in a child holds a word that is not zero: asking costs a load, where getpid()
 * would cost a system call. Kernels that do not wipe pages get getpid().
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct fork_guard {
        /* Set once, before other threads see it; wiped by the kernel. */
        const volatile uint32_t *page;
        pid_t pid;
};

/* 0 or -ENOMEM. */
int fork_guard_init(struct fork_guard *guard);
void fork_guard_deinit(struct fork_guard *guard);

bool fork_guard_ask_pid(const struct fork_guard *guard);

/* Whether this process is a child of the one that called fork_guard_init(). Any thread. */
static inline bool fork_guard_is_child(const struct fork_guard *guard) {
        if (guard->page)
                return *guard->page == 0;
        return fork_guard_ask_pid(guard);
}
