/* SPDX-License-Identifier: MIT */
#pragma once

/* What core.c does for core-receive.c. */

struct core;
struct gcasync_call;

/* Resolves a pending call: its final reply came. Its outcome is in it, but for the error. */
void core_answer(struct core *core, struct gcasync_call *call, int error);
/* Resolves a pending call whose final reply may still come, with its callbacks. */
void core_give_up(struct core *core, struct gcasync_call *call, int error);
/* The final reply to a dropped call came, or never will. */
void core_forget_dropped(struct core *core, struct gcasync_call *call);
