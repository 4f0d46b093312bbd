/* SPDX-License-Identifier: MIT */
#pragma once

/*
 * The arguments of a task in short, for people: argv=["ls"] env={HOME,PATH}. Of a sensitive argument the
 * value is left out, of a sensitive map the names are shown. Arguments too large to be looked at in
 * passing stand as their size.
 */

#include <stdbool.h>
#include <stddef.h>

#include "gcasync/module.h"
#include "wire/graph.h"

enum {
        SUMMARY_SIZE = 240,
};

struct summary {
        char text[SUMMARY_SIZE]; /* UTF-8, NUL-terminated */
        size_t length;
        bool is_cut; /* ends with "…" */
};

/* encoded: the arguments as they came; empty for none. Without memory only their size is told. */
void summary_make(struct summary *summary, const gca_kind *kind, struct graph_chunk encoded);
