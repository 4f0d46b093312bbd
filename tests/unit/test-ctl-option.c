/* SPDX-License-Identifier: MIT */

#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/exit-code.h"
#include "ctl/option.h"
#include "helpers/suite.h"

enum {
        FLAG = 1,
        NAME,
        INPUT,
        OTHER = 1, /* ids are unique within a table only */
};

static const struct option own[] = {
        { FLAG, 'f', "flag", NULL, "" },
        { NAME, 'n', "name", "TEXT", "" },
        { INPUT, 'i', "input", "[=FILE]", "" },
        { 0 },
};
static const struct option global[] = { { OTHER, 'o', "other", "WORD", "" }, { 0 } };
static const struct option *const tables[OPTION_TABLES_MAX] = { own, global };

static struct arguments arguments;

/* Parses the words up to NULL; what is said goes nowhere. */
static int parse(bool stop_at_operand, char **words) {
        static char *kept[16]; /* what is parsed borrows the words */
        size_t n = 0;
        int saved = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY), r;

        for (; words[n]; n++)
                kept[n] = words[n];
        arguments_deinit(&arguments);
        ck_assert_int_ge(dup2(null, STDERR_FILENO), 0);
        r = arguments_parse(&arguments, kept, n, tables, stop_at_operand);
        ck_assert_int_ge(dup2(saved, STDERR_FILENO), 0);
        (void)close(null);
        (void)close(saved);
        return r;
}

#define parse_words(...) parse(false, (char *[]){ __VA_ARGS__, NULL })

START_TEST(long_options_take_values_joined_or_apart) {
        ck_assert_int_eq(parse_words("--name=a=b", "--flag", "--other", "x"), 0);
        ck_assert_str_eq(arguments_get(&arguments, own, NAME, ""), "a=b");
        ck_assert(arguments_has(&arguments, own, FLAG));
        ck_assert_str_eq(arguments_get(&arguments, global, OTHER, ""), "x");
        ck_assert_uint_eq(arguments.n_operands, 0);
}
END_TEST

START_TEST(short_options_join) {
        ck_assert_int_eq(parse_words("-fnvalue", "-o", "x"), 0);
        ck_assert(arguments_has(&arguments, own, FLAG));
        ck_assert_str_eq(arguments_get(&arguments, own, NAME, ""), "value");
        ck_assert_str_eq(arguments_get(&arguments, global, OTHER, ""), "x");
}
END_TEST

START_TEST(optional_value_is_taken_only_after_an_equals_sign) {
        ck_assert_int_eq(parse_words("--input", "word"), 0);
        ck_assert_ptr_null(arguments_find(&arguments, own, INPUT)->value);
        ck_assert_uint_eq(arguments.n_operands, 1);
        ck_assert_int_eq(parse_words("--input=file"), 0);
        ck_assert_str_eq(arguments_find(&arguments, own, INPUT)->value, "file");
        ck_assert_int_eq(parse_words("-i", "word"), 0);
        ck_assert_uint_eq(arguments.n_operands, 1);
}
END_TEST

START_TEST(options_and_operands_mix) {
        ck_assert_int_eq(parse_words("a", "-f", "b", "-", "--name", "-x"), 0);
        ck_assert_uint_eq(arguments.n_operands, 3);
        ck_assert_str_eq(arguments.operands[2], "-");
        ck_assert_str_eq(arguments_get(&arguments, own, NAME, ""), "-x");
        ck_assert_ptr_null(arguments.rest);
}
END_TEST

START_TEST(two_dashes_end_the_options) {
        ck_assert_int_eq(parse_words("-f", "--", "-n", "--", "x"), 0);
        ck_assert_uint_eq(arguments.n_operands, 0);
        ck_assert_uint_eq(arguments.n_rest, 3);
        ck_assert_str_eq(arguments.rest[0], "-n");
        ck_assert_str_eq(arguments.rest[1], "--");
        ck_assert_int_eq(parse_words("--"), 0);
        ck_assert_ptr_nonnull(arguments.rest);
        ck_assert_uint_eq(arguments.n_rest, 0);
}
END_TEST

START_TEST(last_use_counts_and_all_can_be_walked) {
        const struct option_use *use;
        size_t index = 0, n = 0;

        ck_assert_int_eq(parse_words("-na", "-f", "--name=b", "-nc"), 0);
        ck_assert_str_eq(arguments_get(&arguments, own, NAME, ""), "c");
        while ((use = arguments_next(&arguments, own, NAME, &index)))
                ck_assert_int_eq(use->value[0], 'a' + (int)n++);
        ck_assert_uint_eq(n, 3);
        /* The same id in another table is another option. */
        ck_assert(!arguments_has(&arguments, global, OTHER));
}
END_TEST

START_TEST(parsing_stops_at_the_first_operand_if_told_to) {
        char *words[] = { "-f", "command", "-f", NULL };

        ck_assert_int_eq(parse(true, words), 0);
        ck_assert_uint_eq(arguments.n_words, 1);
        ck_assert_uint_eq(arguments.n_uses, 1);
}
END_TEST

START_TEST(mistakes_are_usage_errors) {
        ck_assert_int_eq(parse_words("--nmae=x"), EXIT_CODE_USAGE);
        ck_assert_int_eq(parse_words("--na=x"), EXIT_CODE_USAGE);
        ck_assert_int_eq(parse_words("-x"), EXIT_CODE_USAGE);
        ck_assert_int_eq(parse_words("-fx"), EXIT_CODE_USAGE);
        ck_assert_int_eq(parse_words("--name"), EXIT_CODE_USAGE);
        ck_assert_int_eq(parse_words("-n"), EXIT_CODE_USAGE);
        ck_assert_int_eq(parse_words("--flag=x"), EXIT_CODE_USAGE);
        ck_assert_int_eq(parse_words("--=x"), EXIT_CODE_USAGE);
}
END_TEST

int main(void) {
        const TTest *tests[] = {
                long_options_take_values_joined_or_apart,
                short_options_join,
                optional_value_is_taken_only_after_an_equals_sign,
                options_and_operands_mix,
                two_dashes_end_the_options,
                last_use_counts_and_all_can_be_walked,
                parsing_stops_at_the_first_operand_if_told_to,
                mistakes_are_usage_errors,
        };

        return suite_run("ctl-option", tests, SUITE_SIZE(tests), SUITE_TIMEOUT_S);
}
