/* SPDX-License-Identifier: MIT */

/*
 * A builder's options as text, in the form that GCASYNC_MAIN() has:
 *
 *     options:  [ option { ',' option } ]
 *     option:   name '(' value ')'
 *     value:    number | word | '"' characters '"'
 *
 * A fault costs its own option only: what follows the next comma outside parentheses is read as if nothing had been.
 * Places are those of the option's first character, or of the value where that is what is wrong.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gcasync/option.h>

#include "runtime/builder.h"

enum {
        WORD_SIZE = 256, /* what is longer is cut where it is told of */
        PLACE_SIZE = 512,
};

struct scanner {
        gca_runtime_builder *builder;
        const char *source;
        const char *next, *line; /* what is to be read; the beginning of its line */
        unsigned line_number;
};

/* One option, as it stands: a name, and the value between its parentheses. */
struct option_text {
        const char *begin, *end; /* without blanks around it */
        const char *name_end;
        const char *value, *value_end; /* NULL: there is none */
        char place[PLACE_SIZE], value_place[PLACE_SIZE];
};

/* ---- characters ---- */

static bool is_blank(char c) {
        return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_word(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_';
}

static void scanner_step(struct scanner *scanner) {
        if (*scanner->next++ != '\n')
                return;
        scanner->line = scanner->next;
        scanner->line_number++;
}

static void scanner_skip_blanks(struct scanner *scanner) {
        for (;;) {
                while (is_blank(*scanner->next))
                        scanner_step(scanner);
                if (*scanner->next != '#')
                        return;
                while (*scanner->next && *scanner->next != '\n')
                        scanner_step(scanner);
        }
}

static void scanner_write_place(const struct scanner *scanner, char place[PLACE_SIZE]) {
        (void)snprintf(place,
                       PLACE_SIZE,
                       "%s:%u:%zu",
                       scanner->source,
                       scanner->line_number,
                       (size_t)(scanner->next - scanner->line) + 1);
}

static const char *trim_end(const char *begin, const char *end) {
        while (end > begin && is_blank(end[-1]))
                end--;
        return end;
}

/* A NUL-terminated copy for a message, or a comparison with what is shorter. */
static const char *copy_word(char word[WORD_SIZE], const char *begin, const char *end) {
        size_t n = (size_t)(end - begin);

        if (n >= WORD_SIZE)
                n = WORD_SIZE - 1;
        memcpy(word, begin, n);
        word[n] = '\0';
        return word;
}

/* ---- the text of one option ---- */

/* Reads up to the comma or the end of all; parentheses and quotes hide commas. */
static void scanner_read_option(struct scanner *scanner, struct option_text *option) {
        size_t depth = 0;
        const char *end = NULL;
        bool is_quoted = false;

        scanner_skip_blanks(scanner);
        *option = (struct option_text){ .begin = scanner->next };
        scanner_write_place(scanner, option->place);
        while (*scanner->next && (depth > 0 || is_quoted || *scanner->next != ',')) {
                char c = *scanner->next;

                if (c == '#' && depth == 0 && !is_quoted) {
                        end = end ? end : scanner->next;
                        scanner_skip_blanks(scanner);
                        continue;
                }
                scanner_step(scanner);
                if (c == '"')
                        is_quoted = !is_quoted;
                else if (c == '(' && !is_quoted && depth++ == 0 && !option->value) {
                        scanner_skip_blanks(scanner);
                        option->value = scanner->next;
                        scanner_write_place(scanner, option->value_place);
                } else if (c == ')' && !is_quoted && depth > 0) {
                        depth--;
                }
        }
        option->end = trim_end(option->begin, end ? end : scanner->next);
        option->name_end = option->begin;
        while (option->name_end < option->end && is_word(*option->name_end))
                option->name_end++;
}

/* The value, if the option has the form of one: name, parentheses, nothing behind. */
static bool option_find_value(struct option_text *option) {
        const char *open = option->name_end;

        while (open < option->end && is_blank(*open))
                open++;
        if (!option->value || open == option->begin || *open != '(' || option->end[-1] != ')')
                return false;
        option->value_end = trim_end(option->value, option->end - 1);
        return true;
}

/* ---- names ---- */

static gca_option option_from_string(const char *name) {
        for (size_t i = 1; i < OPTION_N_MAX; i++)
                if (strcmp(option_rows[i].name, name) == 0)
                        return (gca_option)i;
        return (gca_option)0;
}

static const char *renamed_option(const char *name) {
#define X(old, now)                  \
        if (strcmp(name, #old) == 0) \
                return #now;
        GCA_RENAMED_OPTION_MAP(X)
#undef X
        return NULL;
}

/* What is none of the options. */
static void scanner_tell_unknown(struct scanner *scanner, const struct option_text *option) {
        char whole[WORD_SIZE], name[WORD_SIZE];
        const char *now;

        (void)copy_word(whole, option->begin, option->end);
        now = renamed_option(copy_word(name, option->begin, option->name_end));
        if (now)
                builder_tell(
                        scanner->builder, option->place, GCA_SAYS_RENAMED("%s", "%s"), name, now);
        else if (flavor_from_string(whole))
                builder_tell(scanner->builder,
                             option->place,
                             GCA_SAYS_BARE_FLAVOR("%s", "%s"),
                             whole,
                             whole);
        else
                builder_tell(scanner->builder, option->place, GCA_SAYS_UNKNOWN("%s"), whole);
}

/* ---- values ---- */

static void scanner_set_number(struct scanner *scanner,
                               gca_option which,
                               const struct option_text *option,
                               const char *value) {
        char *end;
        long long number;

        errno = 0;
        number = strtoll(value, &end, 10);
        /* What strtoll() cuts is out of every range, and is told to be. */
        if (*end)
                gca_runtime_builder_set_text(scanner->builder, which, value, option->value_place);
        else
                gca_runtime_builder_set(scanner->builder, which, number, option->value_place);
}

static void scanner_set_name(struct scanner *scanner,
                             gca_option which,
                             const struct option_text *option,
                             char *value) {
        size_t n = strlen(value);

        if (n < 2 || value[0] != '"' || value[n - 1] != '"') {
                gca_runtime_builder_set(scanner->builder, which, 0, option->value_place);
                return;
        }
        value[n - 1] = '\0';
        gca_runtime_builder_set_text(scanner->builder, which, value + 1, option->value_place);
}

static void scanner_set(struct scanner *scanner, gca_option which, struct option_text *option) {
        char value[WORD_SIZE];

        (void)copy_word(value, option->value, option->value_end);
        if (option_rows[which].is_number)
                scanner_set_number(scanner, which, option, value);
        else if (which == GCA_OPTION_FLAVOR)
                gca_runtime_builder_set_text(scanner->builder, which, value, option->value_place);
        else
                scanner_set_name(scanner, which, option, value);
}

static void scanner_take_option(struct scanner *scanner) {
        struct option_text option;
        char name[WORD_SIZE];
        bool has_value;
        gca_option which;

        scanner_read_option(scanner, &option);
        which = option_from_string(copy_word(name, option.begin, option.name_end));
        has_value = option_find_value(&option);
        if (!which || (!has_value && option.value))
                scanner_tell_unknown(scanner, &option);
        else if (!has_value || option.value == option.value_end)
                builder_tell(scanner->builder,
                             option.place,
                             GCA_SAYS_NO_ARGUMENT("%s", "%s"),
                             name,
                             name);
        else
                scanner_set(scanner, which, &option);
}

void gca_runtime_builder_parse(gca_runtime_builder *builder, const char *text, const char *source) {
        struct scanner scanner = {
                .builder = builder, .source = source, .next = text, .line = text, .line_number = 1
        };

        if (!builder)
                return;
        scanner_skip_blanks(&scanner);
        while (*scanner.next) {
                scanner_take_option(&scanner);
                if (*scanner.next == ',')
                        scanner_step(&scanner);
                scanner_skip_blanks(&scanner);
        }
}
