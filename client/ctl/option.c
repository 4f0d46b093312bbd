/* SPDX-License-Identifier: MIT */

#include "option.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/cleanup.h"
#include "exit-code.h"
#include "memory.h"
#include "nearest.h"
#include "say.h"

/* Where in the words the parser is. */
struct parser {
        struct arguments *arguments;
        char **words;
        size_t n;
        const struct option *const *tables;
};

void arguments_deinit(struct arguments *arguments) {
        free(arguments->uses);
        free(arguments->operands);
        *arguments = (struct arguments){ 0 };
}

static bool is_value_optional(const struct option *option) {
        return option->value && option->value[0] == '[';
}

static const struct option *option_find(const struct parser *parser, char c, const char *name) {
        for (size_t i = 0; i < OPTION_TABLES_MAX; i++) {
                const struct option *option = parser->tables[i];

                for (; option && option->id != 0; option++)
                        if (name ? strcmp(option->long_name, name) == 0 : option->short_name == c)
                                return option;
        }
        return NULL;
}

static int say_unknown(const struct parser *parser, const char *name) {
        struct nearest nearest;

        say("unknown option --%s", name);
        nearest_init(&nearest, name);
        for (size_t i = 0; i < OPTION_TABLES_MAX; i++) {
                const struct option *option = parser->tables[i];

                for (; option && option->id != 0; option++)
                        nearest_offer(&nearest, option->long_name);
        }
        if (nearest.name)
                say_hint("did you mean --%s?", nearest.name);
        return EXIT_CODE_USAGE;
}

static void add_use(struct arguments *arguments, const struct option *option, const char *value) {
        arguments->uses = memory_grow(arguments->uses,
                                      &arguments->n_uses_max,
                                      arguments->n_uses + 1,
                                      sizeof(*arguments->uses));
        arguments->uses[arguments->n_uses++] = (struct option_use){ option, value };
}

static void add_operand(struct arguments *arguments, const char *word) {
        arguments->operands = memory_grow(arguments->operands,
                                          &arguments->n_operands_max,
                                          arguments->n_operands + 1,
                                          sizeof(*arguments->operands));
        arguments->operands[arguments->n_operands++] = word;
}

/* The next word as an option's value: 0 and *ret_value, or EXIT_CODE_USAGE. */
static int take_value(struct parser *parser, const struct option *option, const char **ret_value) {
        if (parser->arguments->n_words == parser->n) {
                say("--%s needs a value: %s", option->long_name, option->value);
                return EXIT_CODE_USAGE;
        }
        *ret_value = parser->words[parser->arguments->n_words++];
        return 0;
}

/* "name" or "name=value". */
static int parse_long(struct parser *parser, const char *word) {
        const char *equals = strchr(word, '=');
        cleanup_(freep) char *name =
                memory_format("%.*s", equals ? (int)(equals - word) : -1, word);
        const struct option *option = option_find(parser, '\0', name);
        const char *value = equals ? equals + 1 : NULL;
        int r;

        if (!option)
                return say_unknown(parser, name);
        if (value && !option->value) {
                say("--%s takes no value", name);
                return EXIT_CODE_USAGE;
        }
        if (!value && option->value && !is_value_optional(option)) {
                r = take_value(parser, option, &value);
                if (r != 0)
                        return r;
        }
        add_use(parser->arguments, option, value);
        return 0;
}

/* "nqVALUE": joined short options, the last of which may have its value joined to it. */
static int parse_short(struct parser *parser, const char *word) {
        for (; *word; word++) {
                const struct option *option = option_find(parser, *word, NULL);
                const char *value = NULL;
                int r;

                if (!option) {
                        say("unknown option -%c", *word);
                        return EXIT_CODE_USAGE;
                }
                if (option->value && !is_value_optional(option)) {
                        if (word[1] != '\0') {
                                add_use(parser->arguments, option, word + 1);
                                return 0;
                        }
                        r = take_value(parser, option, &value);
                        if (r != 0)
                                return r;
                }
                add_use(parser->arguments, option, value);
        }
        return 0;
}

int arguments_parse(struct arguments *arguments,
                    char **words,
                    size_t n,
                    const struct option *const tables[OPTION_TABLES_MAX],
                    bool stop_at_operand) {
        struct parser parser = { arguments, words, n, tables };
        int r;

        *arguments = (struct arguments){ 0 };
        while (arguments->n_words < n) {
                const char *word = words[arguments->n_words];

                if (word[0] != '-' || word[1] == '\0') {
                        if (stop_at_operand)
                                return 0;
                        arguments->n_words++;
                        add_operand(arguments, word);
                        continue;
                }
                arguments->n_words++;
                if (strcmp(word, "--") == 0) {
                        if (stop_at_operand)
                                return 0;
                        arguments->rest = words + arguments->n_words;
                        arguments->n_rest = n - arguments->n_words;
                        arguments->n_words = n;
                        return 0;
                }
                r = word[1] == '-' ? parse_long(&parser, word + 2) : parse_short(&parser, word + 1);
                if (r != 0)
                        return r;
        }
        return 0;
}

/* The table's row with this id: a use names its option by the row. */
static const struct option *table_find(const struct option *table, int id) {
        while (table->id != 0 && table->id != id)
                table++;
        return table;
}

const struct option_use *arguments_next(const struct arguments *arguments,
                                        const struct option *table,
                                        int id,
                                        size_t *index) {
        const struct option *option = table_find(table, id);

        while (*index < arguments->n_uses) {
                const struct option_use *use = &arguments->uses[(*index)++];

                if (use->option == option)
                        return use;
        }
        return NULL;
}

const struct option_use *
arguments_find(const struct arguments *arguments, const struct option *table, int id) {
        const struct option_use *use, *last = NULL;
        size_t index = 0;

        while ((use = arguments_next(arguments, table, id, &index)))
                last = use;
        return last;
}

bool arguments_has(const struct arguments *arguments, const struct option *table, int id) {
        return arguments_find(arguments, table, id) != NULL;
}

const char *arguments_get(const struct arguments *arguments,
                          const struct option *table,
                          int id,
                          const char *fallback) {
        const struct option_use *use = arguments_find(arguments, table, id);

        return use && use->value ? use->value : fallback;
}
