/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Options, described by tables: the parser, the help texts, the completions' and the man page's check all
 * read the same rows. The dialect is GNU's: --name, --name=VALUE, --name VALUE, -n, -nVALUE, -n VALUE, short
 * ones joined; options and operands in any order; "--" ends the options. Names are written whole.
 */

#include <stdbool.h>
#include <stddef.h>

struct option {
        int id; /* unique in its table; 0 ends the table */
        char short_name;
        const char *long_name;
        const char *
                value; /* what the help calls it, "FILE"; NULL: takes none; "[=FILE]": only as --name=FILE */
        const char *doc;
};

struct option_use {
        const struct option *option;
        const char *value; /* NULL: none was given */
};

/* A command line, taken apart. Borrows the words; owns its arrays. */
struct arguments {
        struct option_use *uses; /* in the order in which they were given */
        size_t n_uses, n_uses_max;
        const char **operands;
        size_t n_operands, n_operands_max;
        char **rest; /* what follows "--": NULL where there was none */
        size_t n_rest;
        size_t n_words; /* how many words were read */
};

void arguments_deinit(struct arguments *arguments);

enum {
        OPTION_TABLES_MAX = 2,
};

/*
 * Takes n words apart by up to two tables (NULL: none). Reads up to and without the first operand if
 * stop_at_operand is set. 0, or EXIT_CODE_USAGE after it said what is wrong.
 */
int arguments_parse(struct arguments *arguments,
                    char **words,
                    size_t n,
                    const struct option *const tables[OPTION_TABLES_MAX],
                    bool stop_at_operand);

/* The last use of an option, or NULL. */
const struct option_use *
arguments_find(const struct arguments *arguments, const struct option *table, int id);
/* The uses of an option one by one: from *index on, which begins at 0; NULL after the last. */
const struct option_use *arguments_next(const struct arguments *arguments,
                                        const struct option *table,
                                        int id,
                                        size_t *index);
/* Whether the option was used at all. */
bool arguments_has(const struct arguments *arguments, const struct option *table, int id);
/* The value of its last use, or fallback. */
const char *arguments_get(const struct arguments *arguments,
                          const struct option *table,
                          int id,
                          const char *fallback);
