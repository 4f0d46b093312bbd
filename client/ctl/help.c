/* SPDX-License-Identifier: MIT */

#include "help.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "command.h"
#include "memory.h"

enum {
        COLUMN = 30, /* where explanations begin */
};

/* name, and text from COLUMN on; on a line of its own where name is too long. */
static void print_pair(FILE *file, const char *name, const char *text) {
        if (strlen(name) + 2 > COLUMN)
                (void)fprintf(file, "%s\n%*s%s\n", name, COLUMN, "", text);
        else
                (void)fprintf(file, "%-*s%s\n", COLUMN, name, text);
}

/* "  -s, --socket PATH", "      --stdin[=FILE]". */
static char *describe_option(const struct option *option) {
        char short_name[] = "    ";
        const char *value = option->value ? option->value : "";

        if (option->short_name) {
                short_name[0] = '-';
                short_name[1] = option->short_name;
                short_name[2] = ',';
        }
        return memory_format("  %s--%s%s%s",
                             short_name,
                             option->long_name,
                             *value && *value != '[' ? " " : "",
                             value);
}

static void print_options(FILE *file, const char *title, const struct option *option) {
        if (option->id == 0)
                return;
        (void)fprintf(file, "\n%s\n", title);
        for (; option->id != 0; option++) {
                cleanup_(freep) char *name = describe_option(option);

                print_pair(file, name, option->doc);
        }
}

void help_print_overview(FILE *file) {
        const struct command *command;

        (void)fputs("Usage: gcasyncctl [OPTION]... COMMAND [OPTION]... [WORD]...\n"
                    "\n"
                    "Runs and looks after the tasks of gcasyncd.\n"
                    "\n"
                    "Commands:\n",
                    file);
        for (size_t i = 0; (command = command_at(i)); i++) {
                cleanup_(freep) char *name = memory_format("  %s", command->name);

                print_pair(file, name, command->summary);
        }
        print_options(file, "Options of every command:", global_options);
        (void)fputs(
                "\n\"gcasyncctl COMMAND --help\" explains a command; gcasyncctl(1) all of it.\n",
                file);
}

static void print_forms(FILE *file, const struct command *command) {
        cleanup_(freep) char *forms = memory_copy_text(command->operands);
        char *rest = forms, *form;
        const char *title = "Usage:";

        while ((form = strsep(&rest, "\n"))) {
                (void)fprintf(file,
                              "%s gcasyncctl %s%s%s\n",
                              title,
                              command->name,
                              *form ? " " : "",
                              form);
                title = "      ";
        }
}

static void print_formats(FILE *file, const struct command *command) {
        const char *between = "\nOutput: ";

        for (int format = FORMAT_TABLE; format <= FORMAT_ID; format++) {
                if (!(command->formats & 1u << format))
                        continue;
                (void)fprintf(file, "%s%s", between, format_to_string((enum format)format));
                between = ", ";
        }
        (void)fputc('\n', file);
}

void help_print_command(FILE *file, const struct command *command) {
        print_forms(file, command);
        (void)fprintf(file, "\n%s\n", command->summary);
        print_options(file, "Options:", command->options);
        print_options(file, "Options of every command:", global_options);
        print_formats(file, command);
}
