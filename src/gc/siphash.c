/* SPDX-License-Identifier: MIT */
#include "gc/siphash.h"

#include <endian.h>
#include <pthread.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/random.h>

static struct siphash_key process_key;
static pthread_once_t process_key_once = PTHREAD_ONCE_INIT;

static void siphash_draw_key(void) {
        /* Where the call is forbidden: the 16 random bytes that the kernel gives every program. */
        if (getrandom(&process_key, sizeof(process_key), 0) != (ssize_t)sizeof(process_key))
                memcpy(&process_key, (const void *)getauxval(AT_RANDOM), sizeof(process_key));
}

const struct siphash_key *siphash_get_key(void) {
        (void)pthread_once(&process_key_once, siphash_draw_key);
        return &process_key;
}

static inline uint64_t rotate(uint64_t word, unsigned n) {
        return word << n | word >> (64 - n);
}

static inline void siphash_round(uint64_t v[4]) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = rotate(v[1], 13) ^ v[0];
        v[3] = rotate(v[3], 16) ^ v[2];
        v[0] = rotate(v[0], 32);
        v[2] += v[1];
        v[0] += v[3];
        v[1] = rotate(v[1], 17) ^ v[2];
        v[3] = rotate(v[3], 21) ^ v[0];
        v[2] = rotate(v[2], 32);
}

static inline void siphash_add_word(uint64_t v[4], uint64_t word) {
        v[3] ^= word;
        siphash_round(v);
        v[0] ^= word;
}

uint64_t siphash(const struct siphash_key *key, const void *data, size_t size) {
        const unsigned char *bytes = data;
        uint64_t v[4] = {
                UINT64_C(0x736f6d6570736575) ^ key->words[0],
                UINT64_C(0x646f72616e646f6d) ^ key->words[1],
                UINT64_C(0x6c7967656e657261) ^ key->words[0],
                UINT64_C(0x7465646279746573) ^ key->words[1],
        };
        uint64_t word;
        size_t n = size;

        for (; n >= sizeof(word); n -= sizeof(word), bytes += sizeof(word)) {
                memcpy(&word, bytes, sizeof(word));
                siphash_add_word(v, le64toh(word));
        }
        word = (uint64_t)size << 56;
        for (size_t i = 0; i < n; i++)
                word |= (uint64_t)bytes[i] << (8 * i);
        siphash_add_word(v, word);
        v[2] ^= 0xff;
        for (int i = 0; i < 3; i++)
                siphash_round(v);
        return v[0] ^ v[1] ^ v[2] ^ v[3];
}
