/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * One uid's share of the daemon: what its limits are counted against, and its finished tasks. An account
 * exists while anything of the uid does. I/O thread.
 */

#include <stdint.h>

#include "base/list.h"
#include "daemon/history.h"

struct account {
        struct list link; /* of the daemon's accounts */
        uint32_t uid;
        uint64_t n_sessions;
        uint64_t n_tasks;      /* unfinished */
        uint64_t queued_bytes; /* of their arguments */
        struct history history;
};

/* The account of a uid, made if there is none; NULL when out of memory. */
struct account *account_find(struct list *accounts, uint32_t uid);

/* To be called when something of the account went: frees it when nothing is left. */
void account_release(struct account *account);
