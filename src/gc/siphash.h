/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * SipHash-1-3 (Aumasson and Bernstein) under a key drawn once a process: keys of maps come from clients,
 * who must not be able to choose them so that they collide. Any thread.
 */

#include <stddef.h>
#include <stdint.h>

struct siphash_key {
        uint64_t words[2];
};

/* The process's key. */
const struct siphash_key *siphash_get_key(void);

uint64_t siphash(const struct siphash_key *key, const void *data, size_t size);
