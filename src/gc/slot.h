/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The slots that change: a cell's one, a native's several. Reading one is a taking, and makes an entry. Replacing what one
 * holds logs the value that the exchange returned, in the same section. Any thread that holds the object.
 */

#include <stddef.h>

#include <gcasync/heap.h>

struct object;

/* What it holds, held by an entry; GCA_NO_VALUE and the region's fault where there is no room for one. */
gca_value slot_get(struct gca_region *region, struct object *object, size_t index);

/* The value is published first. 0; -ENOMEM or -ENOSPC: the slot is as it was. */
int slot_set(struct gca_region *region, struct object *object, size_t index, gca_value value);

/* Sets it if it holds the very value expected. 1: done; 0: it holds another, which *ret_current (may be NULL) then is,
 * held by an entry; negative as above. */
int slot_compare_set(struct gca_region *region,
                     struct object *object,
                     size_t index,
                     gca_value expected,
                     gca_value desired,
                     gca_value *ret_current);
