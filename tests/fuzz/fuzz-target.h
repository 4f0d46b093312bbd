/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * A fuzz target: one function that takes any bytes, and aborts (by assert) where a promise is broken.
 * `make fuzz` links each target with libFuzzer; `make check` links it with replay-main.c and runs it over
 * its seeds in corpus/.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
