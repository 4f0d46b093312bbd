/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Objects that are born in the store singly, outside any publication, because the collector must know of them by
 * themselves (special.h) or because they change: cells, natives, weak values, blobs.
 *
 *     struct birth birth;
 *     struct object *object = birth_begin(&birth, region, type, count, size);    outside sections; opens one
 *     …                                                              fill it in; register it, if it is special
 *     value = birth_end(&birth, object);                             born, held by an entry; the section is over
 *
 * What the object is to hold is held by entries, and born: birth_begin() sees to it.
 */

#include <stddef.h>

#include <gcasync/heap.h>

struct object;

struct birth {
        struct gca_region *region;
        char *hole, *end; /* lent by the store */
        uint64_t word;    /* of the section */
};

/* An object with its header, else zero, of at most REGION_LARGE_BYTES. NULL, and no section, where there is no heap or no memory: the
 * region's fault tells which. */
struct object *birth_begin(struct birth *birth,
                           struct gca_region *region,
                           gca_type type,
                           size_t count,
                           size_t size);
gca_value birth_end(struct birth *birth, struct object *object);

/* Whether the region may be used for the heap's values; else its fault tells why not. */
bool birth_is_possible(struct gca_region *region);
