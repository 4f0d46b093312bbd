/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A task's arguments against its kind's schema. Every fault is told, in one message, with the code
 * "invalid-argument": an unknown name with the nearest valid one, a missing argument, a wrong type.
 *
 * An argument that is not required and given as nil counts as not given. An int for GCA_TYPE_FLOAT
 * becomes a float, a string for GCA_TYPE_BYTES becomes bytes, so the kind finds the type it declared.
 */

#include <gcasync/module.h>

/* map: the arguments, or GCA_NO_VALUE for none. Fills in an array in the task's region, one value a row of
 * the schema. 0, or -EINVAL or -ENOMEM after the task's failure was set. */
int arguments_check(gca_task *task, gca_value map, gca_value **ret_arguments);
