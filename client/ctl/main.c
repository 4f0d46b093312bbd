/* SPDX-License-Identifier: MIT */

/*
 * gcasyncctl: the command line of gcasyncd. Global options, the command's name, then everything else, in
 * which global options may stand too.
 *
 * SIGPIPE keeps its default: a reader that goes away ends us quietly, as it ends other tools. Where it is
 * ignored, a broken pipe ends us quietly with 1.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "command.h"
#include "context.h"
#include "help.h"
#include "say.h"
#include "text.h"

/*
 * A standard stream that is closed would be the next descriptor opened, the connection's: it gets one that
 * fails to read or to write instead.
 */
static void open_standard_streams(void) {
        for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
                if (fcntl(fd, F_GETFD) < 0)
                        (void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

/* --help and --version before a command, and no command at all. */
static int main_without_command(const struct arguments *globals) {
        if (arguments_has(globals, global_options, GLOBAL_OPTION_HELP)) {
                help_print_overview(stdout);
                return EXIT_CODE_OK;
        }
        if (arguments_has(globals, global_options, GLOBAL_OPTION_VERSION)) {
                (void)puts("gcasyncctl " PACKAGE_VERSION);
                return EXIT_CODE_OK;
        }
        help_print_overview(stderr);
        return EXIT_CODE_USAGE;
}

static int run_command(const struct command *command,
                       const struct arguments *globals,
                       const struct arguments *arguments) {
        cleanup_(context_deinit) struct context context = { 0 };
        int r;

        if (arguments_has(globals, global_options, GLOBAL_OPTION_HELP) ||
            arguments_has(arguments, global_options, GLOBAL_OPTION_HELP)) {
                help_print_command(stdout, command);
                return EXIT_CODE_OK;
        }
        if (arguments_has(arguments, global_options, GLOBAL_OPTION_VERSION)) {
                (void)puts("gcasyncctl " PACKAGE_VERSION);
                return EXIT_CODE_OK;
        }
        context_init(&context, command);
        r = context_apply_options(&context, globals);
        if (r != 0)
                return r;
        r = context_apply_options(&context, arguments);
        return r != 0 ? r : command->run(&context, arguments);
}

static int parse_and_run(char **words, size_t n) {
        const struct option *const tables_first[OPTION_TABLES_MAX] = { global_options, NULL };
        cleanup_(arguments_deinit) struct arguments globals = { 0 };
        cleanup_(arguments_deinit) struct arguments arguments = { 0 };
        const struct command *command;
        size_t n_name;
        int r;

        r = arguments_parse(&globals, words, n, tables_first, true);
        if (r != 0)
                return r;
        words += globals.n_words;
        n -= globals.n_words;
        if (n == 0 || arguments_has(&globals, global_options, GLOBAL_OPTION_VERSION))
                return main_without_command(&globals);
        command = command_find(words, n, &n_name);
        if (!command)
                return EXIT_CODE_USAGE;

        const struct option *const tables[OPTION_TABLES_MAX] = { command->options, global_options };

        r = arguments_parse(&arguments, words + n_name, n - n_name, tables, false);
        return r != 0 ? r : run_command(command, &globals, &arguments);
}

/* Writes what is left; what could not be written is a failure, told unless the reader went away. */
static int close_stdout(int r) {
        bool is_broken = ferror(stdout) != 0;

        errno = 0;
        if (fflush(stdout) == 0 && !is_broken)
                return r;
        if (errno != EPIPE && errno != 0)
                say("cannot write to stdout: %s", strerror(errno));
        return r == EXIT_CODE_OK ? EXIT_CODE_FAILED : r;
}

int main(int argc, char **argv) {
        open_standard_streams();
        text_setup();
        return close_stdout(parse_and_run(argv + 1, argc > 0 ? (size_t)argc - 1 : 0));
}
