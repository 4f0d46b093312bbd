/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <string.h>

#include "gc/siphash.h"
#include "helpers/suite.h"

static const struct siphash_key zero_key = { { 0, 0 } };

/* What CPython 3.11 computes for bytes with PYTHONHASHSEED=0: SipHash-1-3 under a key of zeros. */
START_TEST(hashes_are_those_of_siphash_1_3) {
        char text[100];

        memset(text, 'x', sizeof(text));
        ck_assert_uint_eq(siphash(&zero_key, "a", 1), 0x407448d2b89b1813);
        ck_assert_uint_eq(siphash(&zero_key, "abcdefg", 7), 0x6db12aae9070f506);
        ck_assert_uint_eq(siphash(&zero_key, "abcdefgh", 8), 0x3f7b849c0b8e35ea);
        ck_assert_uint_eq(siphash(&zero_key, "0123456789abcdef", 16), 0x1d42b30f7e060c24);
        ck_assert_uint_eq(siphash(&zero_key, text, sizeof(text)), 0x12de6d6e12e5750c);
}
END_TEST

START_TEST(key_changes_the_hash) {
        const struct siphash_key other = { { 0, 1 } };

        ck_assert_uint_ne(siphash(&zero_key, "a", 1), siphash(&other, "a", 1));
        ck_assert_uint_ne(siphash(&zero_key, "", 0), siphash(&other, "", 0));
}
END_TEST

START_TEST(process_key_stays_and_is_not_zero) {
        const struct siphash_key *key = siphash_get_key();

        ck_assert_ptr_eq(siphash_get_key(), key);
        ck_assert(memcmp(key, &zero_key, sizeof(zero_key)) != 0);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                hashes_are_those_of_siphash_1_3,
                key_changes_the_hash,
                process_key_stays_and_is_not_zero,
        };

        return suite_run("siphash", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
