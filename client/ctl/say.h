/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * Talk: what is not data goes to standard error, a line a call, beginning with the program's name. What the
 * line says is escaped, so that a label or a daemon's message cannot steer the terminal.
 */

#include "text.h"

/* "gcasyncctl: text". */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A line below the one before, without the name: what one can do about it. */
void say_hint(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Each line as by say(). */
void say_lines(const struct text_list *lines);
