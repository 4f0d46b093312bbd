/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The commands: one table from which main, the help texts, the completions and the checks of the man page
 * derive. Each command is a function in a file of its own, command-NAME.c, with the table of its options.
 */

#include <stddef.h>

#include "option.h"

struct context;

/* Forms of output; those that a command knows stand in its row. */
#define FORMAT_MAP(X)                         \
        X(TABLE, "table", "for people")       \
        X(WIDE, "wide", "table, all columns") \
        X(JSON, "json", "one document")       \
        X(JSONL, "jsonl", "an object a line") \
        X(ID, "id", "ids or names only, a line each")

enum format {
#define X(name, word, text) FORMAT_##name,
        FORMAT_MAP(X)
#undef X
};

enum {
        FORMATS_PLAIN = 1 << FORMAT_TABLE | 1 << FORMAT_WIDE | 1 << FORMAT_JSON | 1 << FORMAT_JSONL,
        FORMATS_ALL = FORMATS_PLAIN | 1 << FORMAT_ID,
};

/* Function and option table (command_X), name, operands ('\n' between forms), formats, summary. */
#define COMMAND_MAP(X)                                                                             \
        X(run,                                                                                     \
          "run",                                                                                   \
          "[OPTION]... KIND [KEY=VALUE|KEY=@FILE|KEY:=JSON]...\n[OPTION]... -- PROGRAM [WORD]...", \
          FORMATS_PLAIN,                                                                           \
          "run a task, show its output, exit as it does")                                          \
        X(submit,                                                                                  \
          "submit",                                                                                \
          "[OPTION]... KIND [KEY=VALUE|KEY=@FILE|KEY:=JSON]...\n[OPTION]... -- PROGRAM [WORD]...", \
          FORMATS_ALL,                                                                             \
          "start a detached task, print its id")                                                   \
        X(wait, "wait", "[OPTION]... ID...", FORMATS_ALL, "wait for tasks, exit as they did")      \
        X(abort, "abort", "[OPTION]... ID...", FORMATS_ALL, "abort tasks")                         \
        X(rm, "rm", "ID...", FORMATS_ALL, "forget finished tasks, their results and output")       \
        X(ps, "ps", "[OPTION]...", FORMATS_ALL, "list tasks")                                      \
        X(show, "show", "ID", FORMATS_PLAIN, "show one task in full")                              \
        X(log, "log", "[OPTION]... ID", FORMATS_PLAIN, "print a task's captured output")           \
        X(get, "get", "ID", FORMATS_PLAIN, "print a finished task's result")                       \
        X(kind_ls, "kind ls", "", FORMATS_ALL, "list the kinds of task")                           \
        X(kind_show, "kind show", "KIND", FORMATS_ALL, "show a kind and its arguments")            \
        X(daemon_status, "daemon status", "", FORMATS_PLAIN, "show the daemon's state and limits") \
        X(daemon_ping, "daemon ping", "", FORMATS_PLAIN, "ask the daemon for a sign of life")      \
        X(version,                                                                                 \
          "version",                                                                               \
          "",                                                                                      \
          FORMATS_PLAIN,                                                                           \
          "print the versions of gcasyncctl and the daemon")                                       \
        X(help, "help", "[COMMAND]", FORMATS_PLAIN, "explain the commands, or one of them")

struct command {
        const char *name;     /* one or two words */
        const char *operands; /* what follows the name in the usage text */
        const char *summary;
        unsigned formats; /* bits 1 << enum format */
        const struct option *options;
        /* Returns what the program exits with. */
        int (*run)(struct context *context, const struct arguments *arguments);
};

#define X(symbol, name, operands, formats, summary)              \
        extern const struct option command_##symbol##_options[]; \
        int command_##symbol(struct context *context, const struct arguments *arguments);
COMMAND_MAP(X)
#undef X

/* The options that stand before or after every command. */
#define GLOBAL_OPTION_MAP(X)                                                           \
        X(USER, '\0', "user", NULL, "talk to the user's daemon")                       \
        X(SYSTEM, '\0', "system", NULL, "talk to the system's daemon")                 \
        X(SOCKET, 's', "socket", "PATH", "talk to the daemon at this socket")          \
        X(OUTPUT, 'o', "output", "FORMAT", "table, wide, json, jsonl or id")           \
        X(TIMEOUT, '\0', "timeout", "DURATION", "give the command up after this time") \
        X(NO_LEGEND, '\0', "no-legend", NULL, "tables without their first line")       \
        X(COLOR, '\0', "color", "WHEN", "auto, always or never")                       \
        X(QUIET, 'q', "quiet", NULL, "no notes and no progress on standard error")     \
        X(HELP, 'h', "help", NULL, "explain the command")                              \
        X(VERSION, '\0', "version", NULL, "print gcasyncctl's version")

enum global_option {
        GLOBAL_OPTION_NONE = 0,
#define X(name, c, word, value, doc) GLOBAL_OPTION_##name,
        GLOBAL_OPTION_MAP(X)
#undef X
};
extern const struct option global_options[];

/* By index; NULL past the end. */
const struct command *command_at(size_t index);

/*
 * The command that the words begin with, and how many of them its name takes. NULL where there is none; it
 * has said so then, with the nearest name.
 */
const struct command *command_find(char **words, size_t n, size_t *ret_n_words);

const char *format_to_string(enum format format);
