/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * What a task waits for, behind gca_watch. A watch belongs to its task's thread. An armed one is in its
 * task's list; firing or disarming takes it out.
 *
 * A blocking call is a thing of its own, since it cannot be taken back once it runs: the task counts it
 * until it has returned, whatever has become of the watch meanwhile.
 */

#include <gcasync/module.h>

/* The task ends: removes all its watches. Calls that run are left behind; the task counts them. */
void watch_disarm_all(gca_task *task);

/* Whether it fired and nobody has taken that yet. */
bool watch_has_fired(const gca_watch *watch);

/* For people: what the task waits for, or NULL: nothing. */
const char *watch_describe(const gca_task *task);
