/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <string.h>

#include "base/utf8.h"
#include "helpers/suite.h"

/* text is a literal: NUL bytes inside count. */
#define is_valid(text) utf8_is_valid("" text, sizeof(text) - 1)

static size_t decode(const char *text, uint32_t *ret_character) {
        return utf8_decode(text, strlen(text), ret_character);
}

START_TEST(ascii_nul_and_nothing_are_valid) {
        ck_assert(utf8_is_valid(NULL, 0));
        ck_assert(is_valid("a"));
        ck_assert(is_valid("exactly8"));
        ck_assert(is_valid("longer than one word of eight bytes"));
        ck_assert(is_valid("a\0b"));
}
END_TEST

START_TEST(first_and_last_character_of_each_length_decode) {
        uint32_t character;

        ck_assert_uint_eq(decode("\x7f", &character), 1);
        ck_assert_uint_eq(character, 0x7f);
        ck_assert_uint_eq(decode("\xc2\x80", &character), 2);
        ck_assert_uint_eq(character, 0x80);
        ck_assert_uint_eq(decode("\xdf\xbf", &character), 2);
        ck_assert_uint_eq(character, 0x7ff);
        ck_assert_uint_eq(decode("\xe0\xa0\x80", &character), 3);
        ck_assert_uint_eq(character, 0x800);
        ck_assert_uint_eq(decode("\xef\xbf\xbf", &character), 3);
        ck_assert_uint_eq(character, 0xffff);
        ck_assert_uint_eq(decode("\xf0\x90\x80\x80", &character), 4);
        ck_assert_uint_eq(character, 0x10000);
        ck_assert_uint_eq(decode("\xf4\x8f\xbf\xbf", &character), 4);
        ck_assert_uint_eq(character, 0x10ffff);
}
END_TEST

START_TEST(overlong_forms_are_refused) {
        ck_assert(!is_valid("\xc0\x80"));
        ck_assert(!is_valid("\xc1\xbf"));
        ck_assert(!is_valid("\xe0\x9f\xbf"));
        ck_assert(!is_valid("\xf0\x8f\xbf\xbf"));
}
END_TEST

START_TEST(surrogates_and_what_lies_past_unicode_are_refused) {
        ck_assert(is_valid("\xed\x9f\xbf"));
        ck_assert(!is_valid("\xed\xa0\x80"));
        ck_assert(!is_valid("\xed\xbf\xbf"));
        ck_assert(is_valid("\xee\x80\x80"));
        ck_assert(!is_valid("\xf4\x90\x80\x80"));
        ck_assert(!is_valid("\xf5\x80\x80\x80"));
        ck_assert(!is_valid("\xff"));
}
END_TEST

START_TEST(truncated_characters_are_refused_wherever_they_stand) {
        ck_assert(!is_valid("\x80"));
        ck_assert(!is_valid("\xc3"));
        ck_assert(!is_valid("\xe2\x82"));
        ck_assert(!is_valid("\xf0\x9f\x98"));
        ck_assert(!is_valid("\xe2\x82 text"));
        ck_assert(!is_valid("text of some length \xe2\x82"));
}
END_TEST

START_TEST(bad_byte_is_found_at_every_offset) {
        char text[40];

        for (size_t i = 0; i < sizeof(text); i++) {
                memset(text, 'x', sizeof(text));
                text[i] = '\xbf';
                ck_assert(!utf8_is_valid(text, sizeof(text)));
                ck_assert(utf8_is_valid(text, i));
        }
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                ascii_nul_and_nothing_are_valid,
                first_and_last_character_of_each_length_decode,
                overlong_forms_are_refused,
                surrogates_and_what_lies_past_unicode_are_refused,
                truncated_characters_are_refused_wherever_they_stand,
                bad_byte_is_found_at_every_offset,
        };

        return suite_run("utf8", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
