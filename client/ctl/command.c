/* SPDX-License-Identifier: MIT */

#include "command.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "memory.h"
#include "nearest.h"
#include "say.h"

const struct option global_options[] = {
#define X(name, c, word, value, doc) { GLOBAL_OPTION_##name, c, word, value, doc },
        GLOBAL_OPTION_MAP(X)
#undef X
                { 0 },
};

static const struct command commands[] = {
#define X(symbol, name, operands, formats, summary) \
        { name, operands, summary, formats, command_##symbol##_options, command_##symbol },
        COMMAND_MAP(X)
#undef X
};

const struct command *command_at(size_t index) {
        return index < sizeof(commands) / sizeof(commands[0]) ? &commands[index] : NULL;
}

/* How many words the name takes if words begin with it; 0 if they do not. */
static size_t name_match(const char *name, char **words, size_t n) {
        const char *blank = strchr(name, ' ');
        size_t n_first = blank ? (size_t)(blank - name) : strlen(name);

        if (strncmp(name, words[0], n_first) != 0 || words[0][n_first] != '\0')
                return 0;
        if (!blank)
                return 1;
        return n > 1 && strcmp(blank + 1, words[1]) == 0 ? 2 : 0;
}

/* "kind" alone or with a second word that it does not have: says which ones it has. */
static bool say_second_word(char **words, size_t n) {
        cleanup_(freep) char *prefix = memory_format("%s ", words[0]);
        bool is_first = true;

        for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
                if (strncmp(commands[i].name, prefix, strlen(prefix)) != 0)
                        continue;
                if (is_first && n > 1)
                        say("unknown command \"%s %s\"", words[0], words[1]);
                else if (is_first)
                        say("\"%s\" needs a second word", words[0]);
                is_first = false;
                say_hint("gcasyncctl %s: %s", commands[i].name, commands[i].summary);
        }
        return !is_first;
}

const struct command *command_find(char **words, size_t n, size_t *ret_n_words) {
        struct nearest nearest;

        nearest_init(&nearest, words[0]);
        for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
                *ret_n_words = name_match(commands[i].name, words, n);
                if (*ret_n_words > 0)
                        return &commands[i];
                nearest_offer_n(&nearest, commands[i].name, strcspn(commands[i].name, " "));
        }
        if (say_second_word(words, n))
                return NULL;
        say("unknown command \"%s\"", words[0]);
        if (nearest.name)
                say_hint("did you mean \"gcasyncctl %s\"?", nearest.name);
        else
                say_hint("\"gcasyncctl help\" lists the commands");
        return NULL;
}

const char *format_to_string(enum format format) {
        static const char *const names[] = {
#define X(name, word, text) word,
                FORMAT_MAP(X)
#undef X
        };

        return names[format];
}
