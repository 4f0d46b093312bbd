/* SPDX-License-Identifier: MIT */
#pragma once

/* Help texts, all made from the table of commands. */

#include <stdio.h>

struct command;

/* What there is: the commands and the global options. */
void help_print_overview(FILE *file);
/* One command: its forms and its options. */
void help_print_command(FILE *file, const struct command *command);
