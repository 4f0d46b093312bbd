/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <string.h>

#include "daemon/nearest.h"
#include "helpers/suite.h"

static const char *find(const char *wanted) {
        static const char *const names[] = { "core.echo", "core.hash", "core.sleep", "exec" };
        struct nearest nearest;

        nearest_init(&nearest, wanted, strlen(wanted));
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
                nearest_offer(&nearest, names[i]);
        return nearest.name;
}

START_TEST(slip_of_the_finger_finds_what_was_meant) {
        ck_assert_str_eq(find("core.ech"), "core.echo");
        ck_assert_str_eq(find("core.hahs"), "core.hash");
        ck_assert_str_eq(find("coresleep"), "core.sleep");
        ck_assert_str_eq(find("exce"), "exec");
}
END_TEST

START_TEST(what_is_like_nothing_finds_nothing) {
        ck_assert_ptr_null(find("lua.run"));
        ck_assert_ptr_null(find("x"));
        ck_assert_ptr_null(find(""));
}
END_TEST

START_TEST(name_too_long_is_near_to_nothing) {
        char name[NEAREST_LENGTH_MAX + 2];

        memset(name, 'a', sizeof(name) - 1);
        name[sizeof(name) - 1] = '\0';
        ck_assert_ptr_null(find(name));
}
END_TEST

START_TEST(wanted_name_needs_no_end) {
        struct nearest nearest;

        nearest_init(&nearest, "exekxxxxxx", 4);
        nearest_offer(&nearest, "exec");
        ck_assert_str_eq(nearest.name, "exec");
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                slip_of_the_finger_finds_what_was_meant,
                what_is_like_nothing_finds_nothing,
                name_too_long_is_near_to_nothing,
                wanted_name_needs_no_end,
        };

        return suite_run("nearest", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
