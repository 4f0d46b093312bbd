/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "gcasync/client.h"

/*
 * The finished map in its encoded form, borrowed; INVALID for a value that is no map,
 * else as gcasync_builder_finish().
 */
int builder_finish_map(gcasync_builder *builder, const void **ret_data, size_t *ret_size);
