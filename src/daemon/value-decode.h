/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * From the wire's value graphs to the runtime's values: iterative, however deep a value is, and a node that
 * several others refer to is made once, so a value with 2^100 paths is as large as its nodes. The
 * strings and bytes are copied into the region. Any thread, for a region of its own.
 */

#include <stddef.h>

#include "gcasync/value.h"
#include "wire/graph.h"

enum {
        VALUE_DECODE_E_MALFORMED = 1, /* *ret_reason, a static text, tells how */
        VALUE_DECODE_E_TOO_LARGE,     /* more nodes than allowed; *ret_reason tells, too */
        VALUE_DECODE_E_REGION_FULL,   /* the region's memory limit, or no memory */
};

/* Makes the value that an encoded graph describes. 0, an outcome, or -ENOMEM. */
int value_decode(gca_region *region,
                 struct graph_chunk encoded,
                 size_t n_nodes_max,
                 gca_value *ret_value,
                 const char **ret_reason);
