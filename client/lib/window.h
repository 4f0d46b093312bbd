/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Requests that wait for a reply, found by id without a hash.
 *
 * Ids go up from 1. Request `id` stands in slot `id` modulo the number of slots, a power
 * of two; an id whose slot is taken is skipped, so that no two ever meet. One request
 * that waits for days therefore holds one slot, and costs each round of ids one skip. At
 * most half of the slots are taken: when more would be, their number doubles, and as two
 * ids that differ modulo n differ modulo 2n, every request moves to a slot of its own.
 *
 * One owner, one thread at a time.
 */

#include <stddef.h>
#include <stdint.h>

struct gcasync_call;

struct window {
        struct gcasync_call **slots;
        size_t n_slots;
        size_t n_used;
        uint64_t next_id;
};

/* 0 or -ENOMEM. */
int window_init(struct window *window);
void window_deinit(struct window *window);

/* Gives call an id (call->id) and a slot. 0, or -ENOMEM, nothing changed. */
int window_add(struct window *window, struct gcasync_call *call);
void window_remove(struct window *window, struct gcasync_call *call);

/* The call of an id, or NULL. */
struct gcasync_call *window_find(const struct window *window, uint64_t id);
